import * as z from 'zod';
import type { Route } from '../http-entry.ts';
import { costAnswers } from './answers-cost.ts';
import { drillAnswers } from './answers-drills.ts';
import { healthAnswers } from './answers-health.ts';
import { pointAnswers } from './answers-points.ts';
import { policyAnswers } from './answers-policies.ts';
import { restoreAnswers } from './answers-restores.ts';
import {
  describeAnswers,
  describeProblemResponses,
  describeProblems,
  type ErrorRules,
  problemSchema,
} from './describe-answers.ts';
import type { JsonSchema, Operation, Parameter, RequestHeader, Schemas } from './operation.ts';
import { drillOperations } from './operations-drills.ts';
import { pointOperations } from './operations-points.ts';
import { policyOperations } from './operations-policies.ts';
import { reportOperations } from './operations-reports.ts';
import { restoreOperations } from './operations-restores.ts';
import { EXAMPLE } from './schema-parts.ts';

/** What the description needs of a route. */
export type DescribedRoute = Pick<Route, 'name' | 'method' | 'route' | 'role' | 'body'>;

/** What the app hands over: this file is loaded lazily and may hold none of its classes and tables itself. */
export interface ApiParts {
  readonly routes: readonly DescribedRoute[];
  readonly rules: ErrorRules;
  /** Schemas that a body leaves open, such as the targets of a restore by its kind. */
  readonly named: Schemas;
  /** Which of them stand where: by the name of a body and of its field. */
  readonly forms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** All operations by the names of their routes. */
export const operations: Readonly<Record<string, Operation>> = {
  ...policyOperations,
  ...pointOperations,
  ...restoreOperations,
  ...drillOperations,
  ...reportOperations,
};

const answerSchemas: Schemas = {
  ...policyAnswers,
  ...pointAnswers,
  ...restoreAnswers,
  ...drillAnswers,
  ...costAnswers,
  ...healthAnswers,
  Problem: problemSchema,
  OpenApi: z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) }),
};

const API_VERSION = '1';

const ROLE_NAMES = {
  reader: 'Holdfast.Reader',
  operator: 'Holdfast.Operator',
  finance: 'Holdfast.Finance',
  admin: 'Holdfast.Admin',
} as const;

const PARAMETER_EXAMPLES: Readonly<Record<string, Readonly<Record<string, { text: string; example: string }>>>> = {
  policies: { name: { text: 'the name of the policy', example: EXAMPLE.policy } },
  points: { id: { text: 'the id of the point', example: EXAMPLE.point } },
  sources: { id: { text: 'the key of the source', example: EXAMPLE.source } },
  drills: { id: { text: 'the id of the drill', example: EXAMPLE.restore } },
  restores: { id: { text: 'the id of the restore', example: EXAMPLE.restore } },
  rebuilds: { id: { text: 'the id of the rebuild', example: EXAMPLE.restore } },
};

const HEADERS: Readonly<Record<RequestHeader, Parameter>> = {
  'If-Match': { text: 'the version that is meant, as ETag told it', schema: { type: 'string' } },
  'If-None-Match': {
    text: 'the version that is known; with PUT `*`: only where there is none',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    text: 'names the operation: the same key and body is the same operation, another body is refused',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
    example: '6b1f2c0e-restore-web',
  },
  Range: { text: 'a part of the file', schema: { type: 'string' } },
  'If-Range': { text: 'the version that the part is meant of', schema: { type: 'string' } },
};

/**
 * Describes the API as OpenAPI 3.1.
 *
 * Shape:  one operation a route, its `operationId` the function's name. A route without an entry in `operations` is left out: a test holds the two together.
 * Source: https://spec.openapis.org/oas/v3.1.1.html
 */
export function describeApi({ routes, rules, named, forms }: ApiParts) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = operations[route.name];
    if (!operation) continue;
    const path = `/${route.route}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route, operation, rules) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      summary: 'Managed snapshots of Azure disks and virtual machines, kept by age and by what they really cost.',
      description:
        'Errors are problem documents (RFC 9457) with a stable `code`. Moments are ISO 8601 with offset, sizes are bytes, amounts stand beside their currency.',
      version: API_VERSION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: withForms(describeSchemas(routes, named), forms),
      responses: describeProblemResponses(rules),
      securitySchemes: {
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A token of Microsoft Entra ID for the app. Each operation names the least role; Holdfast.Admin may do everything.',
        },
      },
    },
  };
}

function describeOperation(route: DescribedRoute, operation: Operation, rules: ErrorRules) {
  const { tag, summary, text, query = {}, headers = [], body } = operation;
  const parameters = [
    ...[...route.route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => describePathParameter(route.route, name)),
    ...Object.entries(query).map(([name, parameter]) => describeParameter(name, 'query', parameter)),
    ...headers.map((name) => describeParameter(name, 'header', HEADERS[name])),
  ];
  return {
    operationId: route.name,
    tags: [tag],
    summary,
    ...(text === undefined ? {} : { description: text }),
    security: route.role === null ? [] : [{ entra: [ROLE_NAMES[route.role]] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.entries(body.examples).map(([type, example]) => [
                type,
                { schema: type === 'application/json' ? refTo(body.name) : { type: 'string' }, example },
              ]),
            ),
          },
        }
      : {}),
    responses: {
      ...describeProblems(route.role !== null, operation.problems ?? [], rules),
      ...describeAnswers(operation.answers),
    },
  };
}

function describePathParameter(address: string, name: string) {
  const known = PARAMETER_EXAMPLES[address.split('/')[0] ?? '']?.[name];
  return {
    name,
    in: 'path',
    required: true,
    ...(known ? { description: known.text, example: known.example } : {}),
    schema: { type: 'string', minLength: 1 },
  };
}

function describeParameter(name: string, place: 'query' | 'header', { text, schema, required, example }: Parameter) {
  return {
    name,
    in: place,
    description: text,
    required: required ?? false,
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

/** Every schema by its name: bodies as they may be written, answers as they are sent. */
function describeSchemas(routes: readonly DescribedRoute[], named: Schemas): Readonly<Record<string, JsonSchema>> {
  const bodies: Record<string, z.ZodType> = { ...named };
  for (const { name, body } of routes) {
    const as = operations[name]?.body?.name;
    if (as !== undefined && body) bodies[as] = body;
  }
  const schemas = { ...convert(bodies, 'input'), ...convert(answerSchemas, 'output') };
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function convert(schemas: Schemas, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) if (!registry.has(schema)) registry.add(schema, { id });
  const converted = z.toJSONSchema(registry, {
    io,
    target: 'draft-2020-12',
    // What code alone can check is told in words, by the description.
    unrepresentable: 'any',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(converted.schemas).map(([id, { $schema: _dialect, $id: _own, ...schema }]) => [
      id,
      schema as JsonSchema,
    ]),
  );
}

/** Names, in fields that a schema leaves open, the forms that code holds them to by what stands beside them. */
function withForms(schemas: Readonly<Record<string, JsonSchema>>, forms: ApiParts['forms']) {
  const changed: Record<string, JsonSchema> = { ...schemas };
  for (const [name, fields] of Object.entries(forms)) {
    const schema = changed[name];
    const properties: Record<string, object> = { ...(schema?.properties ?? {}) };
    for (const [field, names] of Object.entries(fields))
      properties[field] = { ...properties[field], anyOf: names.map(refTo) };
    changed[name] = { ...schema, properties };
  }
  return changed;
}

function refTo(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}
