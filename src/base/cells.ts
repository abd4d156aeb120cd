import type { z } from 'zod';
import { AppError } from './errors.ts';
import { gatherText } from './long-text.ts';
import { readJson } from './read-json.ts';
import type { Row } from './store.ts';

/**
 * Reads columns of a stored row by type.
 *
 * Errors: 'data-unreadable' with the row's keys and the column, where a column is missing or of another type: a row is never guessed at.
 */
export function readCells(row: Row): {
  text(name: string): string;
  number(name: string): number;
  flag(name: string): boolean;
  textOrNull(name: string): string | null;
  numberOrNull(name: string): number | null;
} {
  const fail = (name: string): never => {
    throw new AppError('data-unreadable', 'A column of a stored row is missing or of another type', {
      partitionKey: row.partitionKey,
      rowKey: row.rowKey,
      column: name,
    });
  };
  const read = <T>(name: string, is: (value: unknown) => value is T): T => {
    const value: unknown = row.cells[name];
    return is(value) ? value : fail(name);
  };
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
  return {
    text: (name) => read(name, isText),
    number: (name) => read(name, isNumber),
    flag: (name) => read(name, isFlag),
    textOrNull: (name) => (row.cells[name] === undefined ? null : read(name, isText)),
    numberOrNull: (name) => (row.cells[name] === undefined ? null : read(name, isNumber)),
  };
}

/**
 * Reads a JSON document that `spreadText` has spread over a row's columns, strictly.
 *
 * Errors: 'data-unreadable' where it is absent, no JSON, or not of the schema's form.
 */
export function readDocument<T>(row: Row, name: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(readJson(gatherText(name, row.cells)));
  if (parsed.success) return parsed.data;
  throw new AppError('data-unreadable', 'A document in a stored row cannot be read', {
    partitionKey: row.partitionKey,
    rowKey: row.rowKey,
    document: name,
  });
}
