import type { Cell, Cells } from './store.ts';

/** A string property of a table row holds at most 32 Ki UTF-16 units; some room is left. Source: Table Storage limits, 64 KiB a string property. */
const CHUNK_LENGTH = 30_000;

/** Spreads a long text over as many numbered columns as it needs: `name0`, `name1`, … */
export function spreadText(name: string, text: string): Cells {
  const cells: Record<string, Cell> = {};
  for (let index = 0; index === 0 || index * CHUNK_LENGTH < text.length; index += 1) {
    cells[`${name}${index}`] = text.slice(index * CHUNK_LENGTH, (index + 1) * CHUNK_LENGTH);
  }
  return cells;
}

/** Puts a text together again that `spreadText` has spread; empty where there is none. */
export function gatherText(name: string, cells: Readonly<Record<string, Cell>>): string {
  let text = '';
  for (let index = 0; ; index += 1) {
    const chunk = cells[`${name}${index}`];
    if (typeof chunk !== 'string') return text;
    text += chunk;
  }
}
