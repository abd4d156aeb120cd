/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Schema = { readonly [name: string]: Json };

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Keywords that say nothing about a value. */
const WORDS = ['description', 'default', 'examples', 'title', '$schema', '$id', 'deprecated'];

/** Follows a reference inside a document: `#/components/schemas/Point`. */
export function follow(document: Json, ref: string): Json {
  let here: Json | undefined = document;
  for (const part of ref.replace(/^#\//, '').split('/').map(decodePointer)) {
    if (!isObject(here) || !Object.hasOwn(here, part)) throw new Error(`${ref} leads nowhere`);
    here = here[part];
  }
  return here ?? null;
}

function decodePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

export function isObject(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Holds a value to a JSON Schema by rules of its own, so that the library that makes the schemas is not asked about itself. A keyword that it does not know is a
 * breach: nothing is passed over.
 *
 * Source: https://json-schema.org/draft/2020-12/json-schema-validation
 */
export function breaches(document: Json, schema: Json, value: Json, path = '$'): readonly string[] {
  if (schema === true) return [];
  if (!isObject(schema)) return [`${path}: no schema`];
  const found: string[] = [];
  const say = (text: string) => void found.push(`${path}: ${text}`);
  for (const [keyword, rule] of Object.entries(schema)) {
    if (WORDS.includes(keyword)) continue;
    const check = checks[keyword];
    if (!check) say(`the keyword ${keyword} is not known`);
    else check(rule, value, { document, schema, path, say, add: (more) => void found.push(...more) });
  }
  return found;
}

interface Context {
  readonly document: Json;
  readonly schema: Schema;
  readonly path: string;
  say(text: string): void;
  add(more: readonly string[]): void;
}

const listOf = (rule: Json): readonly Json[] => (Array.isArray(rule) ? rule : []);
const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b);
const show = (value: Json) => JSON.stringify(value).slice(0, 60);

const ofNumber =
  (holds: (value: number, rule: number) => boolean) =>
  (rule: Json, value: Json, { say, schema }: Context) => {
    if (typeof value === 'number' && !holds(value, Number(rule))) say(`${value} breaks ${JSON.stringify(schema)}`);
  };
const ofLength =
  (kind: 'string' | 'array', holds: (length: number, rule: number) => boolean) =>
  (rule: Json, value: Json, { say }: Context) => {
    const length =
      kind === 'string'
        ? typeof value === 'string'
          ? [...value].length
          : null
        : Array.isArray(value)
          ? value.length
          : null;
    if (length !== null && !holds(length, Number(rule))) say(`has a length of ${length}, the limit is ${rule}`);
  };

const checks: Readonly<Record<string, (rule: Json, value: Json, context: Context) => void>> = {
  $ref: (rule, value, { document, path, add }) => add(breaches(document, follow(document, String(rule)), value, path)),
  type: (rule, value, { say }) => {
    const types = Array.isArray(rule) ? rule : [rule];
    if (!types.some((type) => isOfType(String(type), value)))
      say(`${show(value)} is not of type ${types.join(' or ')}`);
  },
  enum: (rule, value, { say }) => {
    if (!listOf(rule).some((one) => same(one, value))) say(`${show(value)} is none of ${JSON.stringify(rule)}`);
  },
  const: (rule, value, { say }) => {
    if (!same(rule, value)) say(`${show(value)} is not ${JSON.stringify(rule)}`);
  },
  anyOf: (rule, value, { document, path, add }) => {
    const all = listOf(rule).map((form) => breaches(document, form, value, path));
    if (!all.some((form) => form.length === 0)) add([`${path}: has none of the forms`, ...all.flat()]);
  },
  oneOf: (rule, value, { document, path, say }) => {
    const fits = listOf(rule).filter((form) => breaches(document, form, value, path).length === 0).length;
    if (fits !== 1) say(`fits ${fits} forms of ${listOf(rule).length}`);
  },
  allOf: (rule, value, { document, path, add }) => {
    for (const form of listOf(rule)) add(breaches(document, form, value, path));
  },
  properties: (rule, value, { document, path, add }) => {
    if (!isObject(value) || !isObject(rule)) return;
    for (const [name, schema] of Object.entries(rule))
      if (Object.hasOwn(value, name)) add(breaches(document, schema, value[name] ?? null, `${path}.${name}`));
  },
  required: (rule, value, { say }) => {
    if (!isObject(value)) return;
    for (const name of listOf(rule)) if (!Object.hasOwn(value, String(name))) say(`lacks ${name}`);
  },
  additionalProperties: (rule, value, { document, schema, path, say, add }) => {
    if (!isObject(value)) return;
    const known = isObject(schema.properties) ? Object.keys(schema.properties) : [];
    for (const [name, one] of Object.entries(value)) {
      if (known.includes(name)) continue;
      if (rule === false) say(`has ${name}, which is not described`);
      else add(breaches(document, rule, one, `${path}.${name}`));
    }
  },
  propertyNames: (rule, value, { document, path, add }) => {
    if (isObject(value)) for (const name of Object.keys(value)) add(breaches(document, rule, name, `${path} (name)`));
  },
  items: (rule, value, { document, path, add }) => {
    if (!Array.isArray(value)) return;
    for (const [at, one] of value.entries()) add(breaches(document, rule, one as Json, `${path}[${at}]`));
  },
  minimum: ofNumber((value, rule) => value >= rule),
  maximum: ofNumber((value, rule) => value <= rule),
  exclusiveMinimum: ofNumber((value, rule) => value > rule),
  exclusiveMaximum: ofNumber((value, rule) => value < rule),
  minLength: ofLength('string', (length, rule) => length >= rule),
  maxLength: ofLength('string', (length, rule) => length <= rule),
  minItems: ofLength('array', (length, rule) => length >= rule),
  maxItems: ofLength('array', (length, rule) => length <= rule),
  pattern: (rule, value, { say }) => {
    if (typeof value === 'string' && !new RegExp(String(rule), 'u').test(value)) say(`${show(value)} breaks ${rule}`);
  },
  format: (rule, value, { say }) => {
    if (typeof value === 'string' && !isOfFormat(String(rule), value)) say(`${show(value)} is no ${rule}`);
  },
};

function isOfType(type: string, value: Json): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return ['string', 'number', 'boolean'].some((known) => known === type && typeof value === known);
  }
}

function isOfFormat(format: string, text: string): boolean {
  switch (format) {
    case 'date-time':
      return MOMENT.test(text) && !Number.isNaN(Date.parse(text));
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
    case 'ipv4':
      return /^(\d{1,3}\.){3}\d{1,3}$/.test(text);
    default:
      return false;
  }
}
