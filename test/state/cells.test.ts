import { describe, expect, it } from 'vitest';
import { decodeRow, encodeRow } from '../../src/state/cells.ts';

const keys = { partitionKey: 'p', rowKey: 'r' };

describe('cells on the wire', () => {
  it.each<[string, number, unknown]>([
    ['a whole number within 32 bits', 2_147_483_647, 2_147_483_647],
    ['the least of them', -2_147_483_648, -2_147_483_648],
    ['a whole number beyond', 2_147_483_648, { type: 'Int64', value: '2147483648' }],
    ['a negative one beyond', -2_147_483_649, { type: 'Int64', value: '-2147483649' }],
    ['a time', 1_772_323_200_000, { type: 'Int64', value: '1772323200000' }],
    ['a fraction', 0.5, { type: 'Double', value: 0.5 }],
    ['zero without its sign', -0, 0],
  ])('write %s', (_, cell, sent) => {
    expect(encodeRow(keys, { cell })).toEqual({ ...keys, cell: sent });
  });

  it('are read whatever type storage gives', () => {
    const entity = { ...keys, etag: 'e', timestamp: 't', 'odata.metadata': 'm', a: 5n, b: 0.5, c: 'x', d: false };
    expect(decodeRow(entity)).toEqual({ ...keys, etag: 'e', cells: { a: 5, b: 0.5, c: 'x', d: false } });
  });

  it('stop at a type that Holdfast never writes', () => {
    const read = () => decodeRow({ ...keys, etag: 'e', a: new Uint8Array(1) });
    expect(read).toThrow(expect.objectContaining({ code: 'data-unreadable', facts: { column: 'a' } }));
  });
});
