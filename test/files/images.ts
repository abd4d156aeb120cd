import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FileSystem, Tools } from '../../src/files/ports.ts';
import { readDisk } from '../../src/files/read-disk.ts';

const IMAGES = join(import.meta.dirname, '../../src/sandbox/images');
const BLOCK = 4_096;

/** What a reader threw on purpose. */
export class Fault extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;
  constructor(code: string, message: string, facts: Readonly<Record<string, string | number>>) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

export const tools: Tools = {
  fault: (code, message, facts = {}) => new Fault(code, message, facts),
  isFault: (error) => error instanceof Fault,
  limitTime: async (limitMs, work) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), limitMs);
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(timer);
    }
  },
};

/** A disk in memory: what is not there is zeros. */
export class ImageDisk {
  readonly sizeBytes: number;
  readonly #blocks: Map<number, Uint8Array>;
  reads = 0;
  bytes = 0;

  constructor(sizeBytes: number, blocks = new Map<number, Uint8Array>()) {
    this.sizeBytes = sizeBytes;
    this.#blocks = blocks;
  }

  /** The same disk, to be changed by itself. */
  copy(): ImageDisk {
    return new ImageDisk(this.sizeBytes, new Map(this.#blocks));
  }

  write(offset: number, bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length; ) {
      const block = Math.floor((offset + at) / BLOCK);
      const from = (offset + at) % BLOCK;
      const length = Math.min(BLOCK - from, bytes.length - at);
      const content = Uint8Array.from(this.#blocks.get(block) ?? new Uint8Array(BLOCK));
      content.set(bytes.subarray(at, at + length), from);
      this.#blocks.set(block, content);
      at += length;
    }
    return this;
  }

  peek(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const from = (offset + at) % BLOCK;
      const part = Math.min(BLOCK - from, length - at);
      const content = this.#blocks.get(Math.floor((offset + at) / BLOCK));
      if (content) bytes.set(content.subarray(from, from + part), at);
      at += part;
    }
    return bytes;
  }

  readonly fetch = async (offset: number, length: number): Promise<Uint8Array> => {
    this.reads += 1;
    this.bytes += length;
    return this.peek(offset, length);
  };
}

/** An image of `src/sandbox/images`, packed by its script there. */
export function loadImage(name: string): ImageDisk {
  const packed = gunzipSync(readFileSync(join(IMAGES, `${name}.blocks.gz`)));
  const disk = new ImageDisk(Number(packed.readBigUInt64LE(0)));
  for (let at = 8; at < packed.length; ) {
    const [offset, length] = [Number(packed.readBigUInt64LE(at)), packed.readUInt32LE(at + 8)];
    disk.write(offset, packed.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return disk;
}

/** Opens a volume of a disk. */
export async function openImage(disk: ImageDisk, volume = 'p0'): Promise<FileSystem> {
  const contents = await readDisk(disk, tools);
  const found = contents.volumes.find(({ name }) => name === volume);
  if (!found) throw new Error(`there is no ${volume}`);
  return contents.open(found);
}

export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export async function readText(fileSystem: FileSystem, path: string): Promise<string> {
  const names = path.split('/');
  const entry = await fileSystem.stat(names);
  return (await readAll(fileSystem.read(names, 0, entry?.sizeBytes ?? 0))).toString('utf8');
}

/** The rows that the images' script wrote. */
export function readings(bytes: number): string {
  let text = '';
  for (let i = 0; text.length < bytes; i += 1) {
    const day = String(1 + (i % 28)).padStart(2, '0');
    const sensor = String((i * 7_919) % 40).padStart(2, '0');
    text += `${i},2025-06-${day},sensor-${sensor},${(((i * 104_729) % 100_000) / 100).toFixed(2)}\n`;
  }
  return text.slice(0, bytes);
}
