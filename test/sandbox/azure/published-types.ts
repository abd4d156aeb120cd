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
  readonly itemType?: Ref;
  readonly elements?: readonly Ref[];
  readonly properties?: Readonly<Record<string, PropertyType>>;
  readonly additionalProperties?: Ref;
  readonly minValue?: number;
}

const REQUIRED = 1;
const READ_ONLY = 2;
const WRITE_ONLY = 4;
/** Enumerations that the types list only in part: new machine sizes come each year. */
const OPEN_ENDED = /\.vmSize$/;
const FOLDER = new URL('../../../../shared/azure-types/', import.meta.url);

/** Whether the published types lie beside the project. */
export const havePublishedTypes = existsSync(FOLDER);

/** Checks answers and requests against the resource types that Azure publishes. Shape: problems with their path, none when all fits. */
export class PublishedTypes {
  private readonly types: readonly PublishedType[];

  constructor(file: string) {
    this.types = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  }

  check(resource: string, value: unknown, way: 'answer' | 'request'): string[] {
    const found = this.types.find((each) => each.$type === 'ResourceType' && each.name?.startsWith(`${resource}@`));
    if (found?.body === undefined) throw new Error(`no published type ${resource}`);
    const problems: string[] = [];
    this.walk(found.body, value, resource, way, problems);
    return problems;
  }

  private walk(ref: Ref, value: unknown, path: string, way: 'answer' | 'request', problems: string[]): void {
    const type = this.types[Number(ref.$ref.slice(2))];
    if (type === undefined) throw new Error(`no type ${ref.$ref}`);
    const wrong = (what: string) => problems.push(`${path}: ${what}, is ${JSON.stringify(value)?.slice(0, 80)}`);
    if (type.$type === 'StringType' && typeof value !== 'string') wrong('must be a string');
    if (type.$type === 'StringLiteralType' && value !== type.value) wrong(`must be ${type.value}`);
    if (type.$type === 'IntegerType' && !Number.isInteger(value)) wrong('must be an integer');
    if (type.$type === 'BooleanType' && typeof value !== 'boolean') wrong('must be a boolean');
    if (type.$type === 'UnionType' && !OPEN_ENDED.test(path)) this.walkUnion(type, value, wrong);
    if (type.$type === 'ArrayType') {
      if (!Array.isArray(value)) wrong('must be a list');
      else
        for (const [at, item] of value.entries())
          this.walk(type.itemType as Ref, item, `${path}[${at}]`, way, problems);
    }
    if (type.$type === 'ObjectType') this.walkObject(type, value, path, way, problems);
  }

  /** Known values are held strictly, although the types leave room for others to come. */
  private walkUnion(type: PublishedType, value: unknown, wrong: (what: string) => void): void {
    const literals = (type.elements ?? []).map((each) => this.types[Number(each.$ref.slice(2))]);
    const values = literals.flatMap((each) => (each?.$type === 'StringLiteralType' ? [each.value] : []));
    if (values.length > 0 && !values.includes(value as string)) wrong(`must be one of ${values.join(', ')}`);
  }

  private walkObject(
    type: PublishedType,
    value: unknown,
    path: string,
    way: 'answer' | 'request',
    problems: string[],
  ): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push(`${path}: must be an object`);
      return;
    }
    const known = type.properties ?? {};
    for (const [name, item] of Object.entries(value)) {
      const property = known[name];
      const at = `${path}.${name}`;
      if (property === undefined) {
        if (type.additionalProperties === undefined) problems.push(`${at}: is not published`);
        else this.walk(type.additionalProperties, item, at, way, problems);
        continue;
      }
      if (way === 'answer' && (property.flags & WRITE_ONLY) !== 0) problems.push(`${at}: is only written`);
      if (way === 'request' && (property.flags & READ_ONLY) !== 0) problems.push(`${at}: is only read`);
      this.walk(property.type, item, at, way, problems);
    }
    for (const [name, property] of Object.entries(known)) {
      const needed =
        (property.flags & REQUIRED) !== 0 && name !== 'apiVersion' && !(way === 'request' && name === 'name');
      if (needed && !(name in value)) problems.push(`${path}.${name}: is missing`);
    }
  }
}
