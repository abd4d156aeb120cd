import type * as z from 'zod';
import type { ErrorCode } from '../../base/errors.ts';

/** A schema as it stands in the document: JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A parameter of the query or a header. It is optional unless it says otherwise. */
export interface Parameter {
  readonly text: string;
  readonly schema: JsonSchema;
  readonly required?: true;
  /** What a call could send; where there is none the parameter is left out of the example. */
  readonly example?: string | number | boolean;
}

/**
 * One form of an answer.
 *
 * Shape: `schema` is a name of `answerSchemas`; bytes and text have a media type alone. `example` is held to the schema by the tests.
 */
export interface Content {
  readonly type: string;
  readonly schema?: string;
  readonly example?: unknown;
}

export interface Answer {
  readonly text: string;
  readonly headers?: readonly AnswerHeader[];
  readonly content?: readonly Content[];
}

export type AnswerHeader =
  | 'ETag'
  | 'Location'
  | 'Retry-After'
  | 'Content-Disposition'
  | 'Content-Range'
  | 'Accept-Ranges';
export type RequestHeader = 'If-Match' | 'If-None-Match' | 'Idempotency-Key' | 'Range' | 'If-Range';

/** What a route is to its callers, beside what the route itself says: method, address, role and the body's schema. */
export interface Operation {
  readonly tag: string;
  readonly summary: string;
  readonly text?: string;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: readonly RequestHeader[];
  /** The body: the name of its schema in the document, and an example of each media type that is taken. */
  readonly body?: {
    readonly name: string;
    readonly required: boolean;
    readonly examples: Readonly<Record<string, unknown>>;
  };
  readonly answers: Readonly<Record<number, Answer>>;
  /** What can go wrong beside a missing sign-in or role and storage that does not answer. */
  readonly problems?: readonly ErrorCode[];
}

/** What can go wrong wherever Azure is asked. */
export const AZURE_PROBLEMS: readonly ErrorCode[] = [
  'throttled',
  'azure-unavailable',
  'azure-denied',
  'azure-rejected',
  'operation-failed',
];

/** An answer of JSON. */
export function jsonAnswer(
  text: string,
  schema: string,
  example: unknown,
  headers: readonly AnswerHeader[] = [],
): Answer {
  return { text, headers, content: [{ type: 'application/json', schema, example }] };
}

/** Schemas by their names in the document. */
export type Schemas = Readonly<Record<string, z.ZodType>>;
