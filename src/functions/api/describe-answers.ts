import * as z from 'zod';
import type { ErrorCode } from '../../base/errors.ts';
import type { Answer, AnswerHeader, Content } from './operation.ts';

/** What the table of errors says of a code. */
export type ErrorRules = Readonly<Record<string, { readonly httpStatus: number; readonly title: string }>>;

/** An RFC 9457 problem document. */
export const problemSchema = z.looseObject({
  type: z.string().describe('a URN of the code'),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  code: z.string().describe('stable: what programs go by'),
  detail: z.string(),
  problems: z
    .array(
      z.strictObject({
        path: z.string().describe('where in the input it lies'),
        message: z.string(),
        found: z.string().optional(),
        allowed: z.string().optional(),
      }),
    )
    .optional()
    .describe('everything that is wrong with the input'),
});

/** What every call may meet, and what every call of a signed-in person may. */
const ALWAYS = ['internal'];
const SIGNED_IN = ['not-signed-in', 'forbidden', 'storage-unavailable', 'data-unreadable'];

const HEADERS: Readonly<Record<AnswerHeader, string>> = {
  ETag: 'the version',
  Location: 'where to follow it',
  'Retry-After': 'seconds to wait before asking again',
  'Content-Disposition': 'under which name it is to be saved',
  'Content-Range': 'which part it is',
  'Accept-Ranges': 'that parts can be asked for',
};

const INTERNAL = { httpStatus: 500, title: 'Something went wrong in Holdfast' };

/** The problem documents of an operation by their status. */
export function describeProblems(signedIn: boolean, codes: readonly ErrorCode[], rules: ErrorRules) {
  const byStatus = new Map<number, Set<string>>();
  for (const code of [...ALWAYS, ...(signedIn ? SIGNED_IN : []), ...codes]) {
    const { httpStatus: status } = rules[code] ?? INTERNAL;
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, found]) => [
      status,
      { $ref: `#/components/responses/Problem${status}`, description: [...found].join(', ') },
    ]),
  );
}

/** A problem document of each status, with an example of every code. */
export function describeProblemResponses(rules: ErrorRules) {
  const byStatus = new Map<number, Map<string, unknown>>();
  for (const [code, { httpStatus: status, title }] of [...Object.entries(rules), ['internal', INTERNAL] as const]) {
    const value = { type: `urn:holdfast:problem:${code}`, title, status, code, detail: title };
    byStatus.set(status, (byStatus.get(status) ?? new Map()).set(code, { value }));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, examples]) => [
      `Problem${status}`,
      {
        description: [...examples.keys()].join(', '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(examples),
          },
        },
      },
    ]),
  );
}

/** What an operation answers by status. */
export function describeAnswers(answers: Readonly<Record<number, Answer>>) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { text, headers = [], content = [] }]) => [
      status,
      {
        description: text,
        ...(headers.length > 0
          ? {
              headers: Object.fromEntries(
                headers.map((name) => [name, { description: HEADERS[name], schema: { type: 'string' } }]),
              ),
            }
          : {}),
        ...(content.length > 0 ? { content: describeContent(content) } : {}),
      },
    ]),
  );
}

function describeContent(content: readonly Content[]) {
  const types = [...new Set(content.map(({ type }) => type))];
  return Object.fromEntries(
    types.map((type) => {
      const forms = content.filter((form) => form.type === type);
      const refs = forms.flatMap(({ schema }) => (schema ? [{ $ref: `#/components/schemas/${schema}` }] : []));
      const examples = forms.flatMap(({ schema, example }) =>
        schema !== undefined && example !== undefined ? [[schema, { value: example }] as const] : [],
      );
      const [first] = refs;
      return [
        type,
        {
          ...(first ? { schema: refs.length === 1 ? first : { anyOf: refs } } : {}),
          ...(examples.length > 0 ? { examples: Object.fromEntries(examples) } : {}),
        },
      ];
    }),
  );
}
