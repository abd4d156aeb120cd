import * as z from 'zod';
import { type Problem, showFound } from './problem.ts';

/** Unknown input may be wrong in a million places: more problems than this help nobody. */
export const MAX_PROBLEMS = 200;

type Path = readonly PropertyKey[];

/**
 * Holds an input to a schema and says everything that is wrong with it.
 *
 * Shape:  [] where it fits. Each problem says what was found at its path, and what is allowed there: the description of that part of the schema.
 */
export function schemaProblems(schema: z.ZodType, input: unknown): readonly Problem[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  const problems = new Map<string, Problem>();
  for (const issue of result.error.issues) {
    // One place breaks several rules at once (too short, wrong form): the first says it, and what is allowed says the rest.
    for (const problem of problemsOf(issue, schema, input, [])) {
      if (problems.size < MAX_PROBLEMS && !problems.has(problem.path)) problems.set(problem.path, problem);
    }
  }
  return [...problems.values()];
}

/** Writes a path as JSON path from the document's root: `$.schedules[0].cron`, `$.tags['a b']`. */
export function jsonPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = String(part);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `${text}.${key}` : `${text}['${key.replace(/['\\]/g, '\\$&')}']`;
  }, '$');
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown, under: Path): readonly Problem[] {
  const path = [...under, ...issue.path];
  const found = valueAt(input, path);
  const at = { path: jsonPath(path), found: showFound(found) };
  if (issue.code === 'unrecognized_keys') return unknownFields(issue.keys, path, schemaAt(schema, path), found);
  if (issue.code === 'invalid_union') {
    const closest = closestForm(schemaAt(schema, path), found);
    if (closest) {
      const result = closest.safeParse(found);
      const issues = result.success ? [] : result.error.issues;
      return issues.flatMap((inner) => problemsOf(inner, schema, input, path));
    }
  }
  return [{ ...at, message: messageOf(issue, found), ...allowedAt(schemaAt(schema, path)) }];
}

function messageOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (found === undefined) return 'is required';
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      return 'is not of the right type';
    case 'invalid_value':
      return 'is not one of the known values';
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? 'is too small' : 'is too short';
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int' ? 'is too big' : 'is too long';
    case 'invalid_key':
      return 'has a name that is not allowed';
    default:
      return 'has none of the forms that are allowed';
  }
}

function unknownFields(
  keys: readonly string[],
  path: Path,
  schema: z.core.$ZodType | null,
  found: unknown,
): readonly Problem[] {
  const known = fieldsOf(schema);
  return keys.map((key) => ({
    path: jsonPath([...path, key]),
    message: 'is not a known field',
    found: showFound(valueAt(found, [key])),
    ...(known.length > 0 ? { allowed: known.join(', ') } : {}),
  }));
}

/** The value at a path; undefined where there is none. */
export function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The part of a schema that a path leads to, wrappers taken off; null where the path leaves the schema. Of a union the form with that field. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | null {
  let here: z.core.$ZodType | null = schema;
  for (const key of path) {
    const bare: z.core.$ZodType | null = here && unwrap(here);
    if (bare instanceof z.ZodObject) here = bare.shape[String(key)] ?? null;
    else if (bare instanceof z.ZodArray) here = bare.element;
    else if (bare instanceof z.ZodRecord) here = bare.valueType;
    else if (bare instanceof z.ZodUnion) here = formsOf(bare).find((form) => String(key) in form.shape) ?? null;
    else return null;
    if (bare instanceof z.ZodUnion && here instanceof z.ZodObject) here = here.shape[String(key)] ?? null;
  }
  return here;
}

function allowedAt(schema: z.core.$ZodType | null): { readonly allowed?: string } {
  let here = schema;
  while (here) {
    const text = z.globalRegistry.get(here)?.description;
    if (text) return { allowed: text };
    const inner = unwrapOnce(here);
    here = inner === here ? null : inner;
  }
  return {};
}

function unwrapOnce(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return schema.unwrap();
  }
  return schema;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = unwrapOnce(schema);
  return inner === schema ? schema : unwrap(inner);
}

function formsOf(union: z.ZodUnion): readonly z.ZodObject[] {
  return union.options.filter((option) => option instanceof z.ZodObject);
}

/** Of a union of objects the one whose fields are exactly those found: its own problems are the ones to tell. */
function closestForm(schema: z.core.$ZodType | null, found: unknown): z.ZodObject | null {
  const bare = schema && unwrap(schema);
  if (!(bare instanceof z.ZodUnion) || typeof found !== 'object' || found === null) return null;
  const fields = Object.keys(found).sort().join();
  return formsOf(bare).find((form) => Object.keys(form.shape).sort().join() === fields) ?? null;
}

function fieldsOf(schema: z.core.$ZodType | null): readonly string[] {
  const bare = schema && unwrap(schema);
  if (bare instanceof z.ZodObject) return Object.keys(bare.shape);
  if (bare instanceof z.ZodUnion) return [...new Set(formsOf(bare).flatMap((form) => Object.keys(form.shape)))];
  return [];
}
