import { existsSync, readFileSync } from 'node:fs';

interface Ref {
  readonly $ref: string;
}
interface PropertyType {
  readonly type: Ref;
  readonly flags: number;
}
interface PublishedType {
  readonly $type: string;
  readonly name?: string;
  readonly value?: string;
  readonly body?: Ref;
  readonly resourceType?: string;
  readonly input?: Ref;
  readonly output?: Ref;
  readonly itemType?: Ref;
  readonly elements?: readonly Ref[];
  readonly properties?: Readonly<Record<string, PropertyType>>;
  readonly additionalProperties?: Ref;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/**
 * What a body is: `answer` a resource as it is read; `accepted` what a 202 says of it (no id yet); `request` one that is sent whole;
 * `update` one that is sent in part. Source: the update types of PATCH are not published on their own; they are those of PUT with nothing required.
 */
export type Way = 'answer' | 'accepted' | 'request' | 'update';

/** What does not fit. Shape: a `warning` is a value that is not among those known by now; Azure adds some each year. */
export interface Finding {
  readonly severity: 'problem' | 'warning';
  readonly path: string;
  readonly what: string;
}

/** A type and where it is defined. */
export interface TypeRef {
  readonly file: string;
  readonly ref: Ref;
  readonly name: string;
}

const REQUIRED = 1;
const READ_ONLY = 2;
const WRITE_ONLY = 4;
const FOLDER = new URL('../../../../shared/azure-types/', import.meta.url);
/** Disks and snapshots in the first, machines in the second: two resource providers with versions of their own. */
export const DISK_TYPES = 'compute.2026-03-02.types.json';
export const MACHINE_TYPES = 'compute.2026-04-01.types.json';
/** Answers carry it where a PUT is accepted; Azure's own examples do, its types do not. */
const UNPUBLISHED = ['isArmResource'];
const SHOWN_LENGTH = 80;

/** Whether the published types lie beside the project: they are data of others, and are not part of it. */
export const havePublishedTypes = existsSync(FOLDER);

const filesByName = new Map<string, readonly PublishedType[]>();

function typesOf(file: string): readonly PublishedType[] {
  const known = filesByName.get(file);
  if (known !== undefined) return known;
  const types: readonly PublishedType[] = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  filesByName.set(file, types);
  return types;
}

/** The type of a resource. Errors: a bug where it is not published. */
export function resourceType(file: string, name: string): TypeRef {
  const found = typesOf(file).find((each) => each.$type === 'ResourceType' && each.name?.startsWith(`${name}@`));
  if (found?.body === undefined) throw new Error(`no published type ${name}`);
  return { file, ref: found.body, name };
}

/** What an action of a resource takes or gives. Errors: a bug where it is not published. */
export function actionType(file: string, resource: string, action: string, end: 'input' | 'output'): TypeRef {
  const found = typesOf(file).find(
    (each) => each.$type === 'ResourceFunctionType' && each.name === action && each.resourceType === resource,
  );
  const ref = found?.[end];
  if (ref === undefined) throw new Error(`no published ${end} of ${resource}/${action}`);
  return { file, ref, name: `${resource}/${action} ${end}` };
}

/** The type of what lies at a path inside a type. Errors: a bug where there is no such property. */
export function typeAt(type: TypeRef, ...path: readonly string[]): TypeRef {
  return path.reduce((at, name) => {
    const property = deref(at).properties?.[name];
    if (property === undefined) throw new Error(`no published ${at.name}.${name}`);
    return { file: at.file, ref: property.type, name: `${at.name}.${name}` };
  }, type);
}

function deref(type: TypeRef): PublishedType {
  const found = typesOf(type.file)[Number(type.ref.$ref.slice('#/'.length))];
  if (found === undefined) throw new Error(`no type ${type.ref.$ref}`);
  return found;
}

/** Holds a value against a published type. Shape: what does not fit, none when all does. */
export function checkType(type: TypeRef, value: unknown, way: Way): readonly Finding[] {
  const findings: Finding[] = [];
  walk({ type, value, path: type.name, way, top: true }, findings);
  return findings;
}

interface Place {
  readonly type: TypeRef;
  readonly value: unknown;
  readonly path: string;
  readonly way: Way;
  readonly top: boolean;
}

function walk(place: Place, findings: Finding[]): void {
  const { value, path } = place;
  const type = deref(place.type);
  const inside = (ref: Ref, item: unknown, at: string): void =>
    walk({ type: { ...place.type, ref, name: at }, value: item, path: at, way: place.way, top: false }, findings);
  const add = (what: string, severity: Finding['severity'] = 'problem'): void => {
    findings.push({ severity, path, what: `${what}, is ${JSON.stringify(value)?.slice(0, SHOWN_LENGTH)}` });
  };
  switch (type.$type) {
    case 'StringType':
      if (typeof value !== 'string') add('must be a string');
      else if (value.length < (type.minLength ?? 0)) add(`must have ${type.minLength} characters at least`);
      else if (value.length > (type.maxLength ?? value.length)) add(`must have ${type.maxLength} characters at most`);
      return;
    case 'StringLiteralType':
      if (value !== type.value) add(`must be ${type.value}`);
      return;
    case 'IntegerType':
      if (!Number.isInteger(value)) add('must be an integer');
      else if (Number(value) < (type.minValue ?? -Infinity)) add(`must be ${type.minValue} at least`);
      else if (Number(value) > (type.maxValue ?? Infinity)) add(`must be ${type.maxValue} at most`);
      return;
    case 'BooleanType':
      if (typeof value !== 'boolean') add('must be a boolean');
      return;
    case 'AnyType':
      return;
    case 'UnionType':
      walkUnion(place.type.file, type, value, add);
      return;
    case 'ArrayType':
      if (Array.isArray(value))
        for (const [at, item] of value.entries()) inside(type.itemType as Ref, item, `${path}[${at}]`);
      else add('must be a list');
      return;
    case 'ObjectType':
      walkObject(type, place, inside, findings);
      return;
    default:
      throw new Error(`the checker does not know ${type.$type}`);
  }
}

function walkUnion(
  file: string,
  type: PublishedType,
  value: unknown,
  add: (what: string, severity?: Finding['severity']) => void,
): void {
  const elements = (type.elements ?? []).map((ref) => deref({ file, ref, name: '' }));
  const known = elements.flatMap((each) => (each.$type === 'StringLiteralType' ? [each.value] : []));
  if (known.includes(value as string)) return;
  const isOpen = elements.some((each) => each.$type === 'StringType');
  if (typeof value !== 'string' || !isOpen) add(`must be one of ${known.join(', ')}`);
  else add(`is not known among ${known.join(', ')}`, 'warning');
}

function walkObject(
  type: PublishedType,
  { value, path, way, top }: Place,
  inside: (ref: Ref, item: unknown, at: string) => void,
  findings: Finding[],
): void {
  const problem = (at: string, what: string): void => {
    findings.push({ severity: 'problem', path: at, what });
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problem(path, 'must be an object');
    return;
  }
  const known = type.properties ?? {};
  const isSent = way === 'request' || way === 'update';
  for (const [name, item] of Object.entries(value)) {
    const property = known[name];
    const at = `${path}.${name}`;
    if (property === undefined) {
      if (type.additionalProperties !== undefined) inside(type.additionalProperties, item, at);
      else if (!(way === 'accepted' && UNPUBLISHED.includes(name))) problem(at, 'is not published');
      continue;
    }
    if (!isSent && (property.flags & WRITE_ONLY) !== 0) problem(at, 'is only written');
    if (isSent && (property.flags & READ_ONLY) !== 0) problem(at, 'is only read');
    inside(property.type, item, at);
  }
  if (way === 'update') return;
  for (const [name, property] of Object.entries(known)) {
    const isNeeded = (property.flags & REQUIRED) !== 0 || (top && way === 'answer' && IDENTITY.includes(name));
    // The name of a resource stands in the path of a request; the API version in its query, and never in an answer.
    if (isNeeded && !(top && isSent && name === 'name') && !(name in value)) problem(`${path}.${name}`, 'is missing');
  }
}

/** What every resource says of itself, although the types call it read-only and no more. */
const IDENTITY = ['id', 'name', 'type'];
