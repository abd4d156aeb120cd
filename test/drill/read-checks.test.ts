import { describe, expect, it, test } from 'vitest';
import { checkExpected, checkFileSystems } from '../../src/drill/read-checks.ts';
import { useBytes } from '../../src/files/use-bytes.ts';
import { ImageDisk, loadImage } from '../files/images.ts';

const source = (disk: ImageDisk) => ({ sizeBytes: disk.sizeBytes, fetch: disk.fetch });

describe('the file systems of a restored disk', () => {
  it.each<{ name: string; disk: () => ImageDisk; result: string; detail: RegExp }>([
    { name: 'ext4 with a dirty journal', disk: () => loadImage('ext4-dirty'), result: 'passed', detail: /p0 ext4/ },
    { name: 'an empty disk', disk: () => new ImageDisk(8_388_608), result: 'skipped', detail: /./ },
    {
      name: 'one whose root is gone',
      // Everything but the superblock and what lies before it is zeros.
      disk: () => {
        const whole = loadImage('ext4-dirty');
        return new ImageDisk(whole.sizeBytes).write(0, whole.peek(0, 2_048));
      },
      result: 'failed',
      detail: /p0 ext4/,
    },
  ])('$name: $result', async ({ disk, result, detail }) => {
    const check = await useBytes(source(disk()), checkFileSystems);
    expect([check.name, check.result]).toEqual(['file-system', result]);
    expect(check.detail).toMatch(detail);
  });

  test('expected files are there, or named', async () => {
    const check = (paths: readonly string[]) =>
      useBytes(source(loadImage('ext4-dirty')), (disk) => checkExpected(disk, paths));
    expect(await check([])).toBeNull();
    expect(await check(['/p0/late.txt', '/p0/late folder'])).toMatchObject({ result: 'passed' });
    expect(await check(['/p0/late.txt', '/p0/none', '/p3/x'])).toMatchObject({
      result: 'failed',
      detail: '/p0/none is not there, /p3/x cannot be looked for: The disk has no such partition',
    });
  });
});
