import { AnonymousCredential, PageBlobClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISK_PATH, GIB, type Run, startRun } from './start.ts';

const QUICK = { updateIntervalInMs: 1 };

let run: Run;
beforeEach(async () => {
  run = await startRun();
});
afterEach(() => run.close());

async function open(name: string): Promise<{ blob: PageBlobClient; url: string }> {
  await run.client.snapshots.createOrUpdate(
    'holdfast',
    name,
    {
      location: 'westeurope',
      incremental: true,
      creationData: { createOption: 'Copy', sourceResourceId: `${DISK_PATH}/loose` },
    },
    QUICK,
  );
  const { accessSAS: url = '' } = await run.client.snapshots.grantAccess(
    'holdfast',
    name,
    { access: 'Read', durationInSeconds: 600 },
    QUICK,
  );
  const options: StoragePipelineOptions & { tlsOptions: { ca: string } } = { tlsOptions: { ca: run.ca } };
  return { blob: new PageBlobClient(url, new AnonymousCredential(), options), url };
}

describe('an exported snapshot is a fixed VHD', () => {
  it('the bytes of the disk, and a footer behind them', async () => {
    const end = { diskId: `${DISK_PATH}/loose`, offset: GIB - 4096, seededLength: 4096 };
    await run.admin('POST', '/sandbox/estate/write', end);
    const { blob } = await open('s1');
    expect((await blob.getProperties()).contentLength).toBe(GIB + 512);
    const last = await blob.downloadToBuffer(GIB - 512, 1024);
    const disk = (await run.admin('GET', `/sandbox/estate/read?id=${DISK_PATH}/loose&offset=${GIB - 512}&length=512`))
      .body;
    expect(last.subarray(0, 512).equals(disk as Buffer)).toBe(true);
    const footer = last.subarray(512);
    expect(footer.toString('latin1', 0, 8)).toBe('conectix');
    expect(Number(footer.readBigUInt64BE(48))).toBe(GIB);
    expect(footer.readUInt32BE(60)).toBe(2);
    const sum = footer.reduce((total, byte, at) => (at >= 64 && at < 68 ? total : total + byte), 0);
    expect(footer.readUInt32BE(64)).toBe(~sum >>> 0);
    expect([footer.readUInt16BE(56), footer[58], footer[59]]).toEqual([2080, 16, 63]);
    expect((await blob.downloadToBuffer(GIB + 100, 50)).equals(footer.subarray(100, 150))).toBe(true);
  });

  it('of which the ranges tell, and differences do not', async () => {
    const first = await open('s1');
    const pages = async (blob: PageBlobClient, offset?: number, count?: number) => {
      const found: { start: number; end: number }[] = [];
      for await (const { start, end } of blob.listPageRanges(offset, count)) found.push({ start, end });
      return found;
    };
    expect(await pages(first.blob)).toEqual([{ start: GIB, end: GIB + 511 }]);
    expect(await pages(first.blob, 0, GIB)).toEqual([]);
    await run.admin('POST', '/sandbox/estate/write', {
      diskId: `${DISK_PATH}/loose`,
      offset: GIB - 512,
      seededLength: 512,
    });
    const second = await open('s2');
    expect(await pages(second.blob)).toEqual([{ start: GIB - 512, end: GIB + 511 }]);
    expect(await pages(second.blob, GIB, 512)).toEqual([{ start: GIB, end: GIB + 511 }]);
    const diff = await second.blob.getPageRangesDiffForManagedDisks(0, GIB + 512, first.url);
    expect(diff.pageRange).toEqual([{ offset: GIB - 512, count: 511 }]);
  });
});
