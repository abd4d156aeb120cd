import { breaches, follow, isObject, type Json } from './openapi-schema.ts';

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Json;
}

type Fields = { readonly [name: string]: Json };

/**
 * The fixed fields of each object of a description: those in capitals are required.
 *
 * Source: https://spec.openapis.org/oas/v3.1.1.html, section 4.8. Extensions (`x-…`) may stand everywhere.
 */
const FIELDS = {
  root: 'OPENAPI INFO jsonSchemaDialect servers paths webhooks components security tags externalDocs',
  info: 'TITLE VERSION summary description termsOfService contact license',
  license: 'NAME identifier url',
  server: 'URL description variables',
  tag: 'NAME description externalDocs',
  components: 'schemas responses parameters examples requestBodies headers securitySchemes links callbacks pathItems',
  securityScheme: 'TYPE description name in scheme bearerFormat flows openIdConnectUrl',
  pathItem: '$ref summary description get put post delete options head patch trace servers parameters',
  operation:
    'tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers',
  parameter:
    'NAME IN description required deprecated allowEmptyValue style explode allowReserved schema example examples content',
  header: 'description required deprecated style explode schema example examples content',
  requestBody: 'CONTENT description required',
  response: 'DESCRIPTION headers content links',
  mediaType: 'schema example examples encoding',
  example: 'summary description value externalValue',
  reference: '$REF summary description',
} as const;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const STATUS = /^([1-5]\d\d|[1-5]XX|default)$/;
const COMPONENT = /^[A-Za-z0-9._-]+$/;

/** An operation with its place. */
export interface Described {
  readonly path: string;
  readonly method: string;
  readonly operation: Fields;
}

/** Every operation of a description. */
export function listOperations(document: Json): readonly Described[] {
  return entries(fields(document).paths).flatMap(([path, item]) =>
    entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ path, method, operation: fields(operation) })),
  );
}

/** Everything in which a document is no OpenAPI 3.1, or in which its examples are not what its schemas say. */
export function openApiBreaches(document: Json): readonly string[] {
  const found: string[] = [];
  const check = new Check(document, found);
  const root = fields(document);
  check.object('root', root, '#');
  if (!/^3\.1\.\d+$/.test(String(root.openapi))) found.push(`# is ${root.openapi}, not OpenAPI 3.1`);
  if (!['paths', 'components', 'webhooks'].some((name) => name in root)) found.push('# describes nothing');
  check.object('info', fields(root.info), '#/info');
  if (fields(root.info).license) check.object('license', fields(fields(root.info).license), '#/info/license');
  for (const server of list(root.servers)) check.object('server', fields(server), '#/servers');
  const tags = list(root.tags).map((tag) => String(fields(tag).name));
  if (new Set(tags).size !== tags.length) found.push('#/tags has one twice');
  check.components(fields(root.components));
  const ids = new Set<string>();
  const shapes = new Map<string, string>();
  for (const path of entries(root.paths).map(([name]) => name)) {
    if (!path.startsWith('/')) found.push(`${path} does not begin with a slash`);
    const shape = path.replace(/\{[^}]*\}/g, '{}');
    if (shapes.has(shape)) found.push(`${path} and ${shapes.get(shape)} are the same`);
    shapes.set(shape, path);
  }
  for (const [path, item] of entries(root.paths)) check.object('pathItem', fields(item), path);
  for (const described of listOperations(document)) {
    const id = String(described.operation.operationId);
    if (ids.has(id)) found.push(`${id} stands twice`);
    ids.add(id);
    for (const tag of list(described.operation.tags))
      if (!tags.includes(String(tag))) found.push(`${id}: no tag ${tag}`);
    check.operation(described);
  }
  check.references(document, '#');
  return found;
}

class Check {
  readonly #document: Json;
  readonly #found: string[];

  constructor(document: Json, found: string[]) {
    this.#document = document;
    this.#found = found;
  }

  object(kind: keyof typeof FIELDS, value: Fields, at: string): void {
    const known = FIELDS[kind].split(' ');
    const required = known.filter((name) => name === name.toUpperCase());
    for (const name of required)
      if (!Object.hasOwn(value, lower(name))) this.#found.push(`${at} (${kind}) lacks ${lower(name)}`);
    for (const name of Object.keys(value))
      if (!name.startsWith('x-') && !known.some((field) => field === name || lower(field) === name))
        this.#found.push(`${at} (${kind}) has ${name}`);
  }

  components(components: Fields): void {
    this.object('components', components, '#/components');
    for (const [kind, all] of entries(components))
      for (const [name] of entries(all))
        if (!COMPONENT.test(name)) this.#found.push(`#/components/${kind}/${name} is no name`);
    for (const [name, response] of entries(components.responses))
      this.response(fields(response), `#/components/responses/${name}`);
    for (const [name, scheme] of entries(components.securitySchemes)) {
      this.object('securityScheme', fields(scheme), name);
      if (!['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'].includes(String(fields(scheme).type)))
        this.#found.push(`${name} is no kind of security scheme`);
    }
  }

  operation({ path, method, operation }: Described): void {
    const at = `${method} ${path}`;
    this.object('operation', operation, at);
    const parameters = list(operation.parameters).map(fields);
    const places = parameters.map(({ in: place, name }) => `${place} ${name}`);
    if (new Set(places).size !== places.length) this.#found.push(`${at} has a parameter twice`);
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => String(name));
    const inTemplate = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => String(name));
    if (inPath.toSorted().join() !== inTemplate.toSorted().join())
      this.#found.push(`${at} has other parameters than its address`);
    for (const parameter of parameters) this.parameter(parameter, `${at} ${parameter.name}`);
    if (operation.requestBody !== undefined) {
      if (['get', 'head', 'delete'].includes(method)) this.#found.push(`${at} has a body`);
      this.object('requestBody', fields(operation.requestBody), at);
      this.content(fields(operation.requestBody).content, at);
    }
    if (entries(operation.responses).length === 0) this.#found.push(`${at} answers nothing`);
    for (const [status, response] of entries(operation.responses)) {
      if (!STATUS.test(status)) this.#found.push(`${at} answers ${status}`);
      this.response(fields(response), `${at} ${status}`);
    }
    const schemes = fields(fields(fields(this.#document).components).securitySchemes);
    for (const requirement of list(operation.security))
      for (const [name] of entries(requirement)) if (!(name in schemes)) this.#found.push(`${at} asks for ${name}`);
  }

  parameter(parameter: Fields, at: string): void {
    this.object('parameter', parameter, at);
    if (!['query', 'header', 'path', 'cookie'].includes(String(parameter.in))) this.#found.push(`${at} is nowhere`);
    if (parameter.in === 'path' && parameter.required !== true)
      this.#found.push(`${at} is in the path and not required`);
    if ('schema' in parameter === 'content' in parameter) this.#found.push(`${at} needs a schema or content`);
    if (parameter.example !== undefined) this.value(parameter.schema, parameter.example, at);
  }

  response(response: Fields, at: string): void {
    if ('$ref' in response) {
      this.object('reference', response, at);
      return;
    }
    this.object('response', response, at);
    for (const [name, header] of entries(response.headers)) this.object('header', fields(header), `${at} ${name}`);
    this.content(response.content, at);
  }

  content(content: Json | undefined, at: string): void {
    for (const [type, one] of entries(content)) {
      const media = fields(one);
      this.object('mediaType', media, `${at} ${type}`);
      if (!/^[a-z]+\/[a-z0-9.+-]+$/.test(type)) this.#found.push(`${at}: ${type} is no media type`);
      if ('example' in media && 'examples' in media) this.#found.push(`${at} has example and examples`);
      if (media.example !== undefined) this.value(media.schema, media.example, `${at} ${type}`);
      for (const [name, example] of entries(media.examples)) {
        this.object('example', fields(example), `${at} ${name}`);
        this.value(media.schema, fields(example).value ?? null, `${at} ${name}`);
      }
    }
  }

  value(schema: Json | undefined, value: Json, at: string): void {
    for (const breach of breaches(this.#document, schema ?? null, value)) this.#found.push(`${at}: example ${breach}`);
  }

  references(value: Json, at: string): void {
    for (const one of list(value)) this.references(one, at);
    for (const [name, one] of entries(value)) {
      if (name === '$ref' && typeof one === 'string') this.reference(one, at);
      this.references(one, `${at}/${name}`);
    }
  }

  reference(ref: string, at: string): void {
    try {
      follow(this.#document, ref);
    } catch {
      this.#found.push(`${at}: ${ref} leads nowhere`);
    }
  }
}

function lower(name: string): string {
  return name === '$REF' ? '$ref' : name.toLowerCase();
}

/** How an answer is not what the description says of it. */
export function answerBreaches(
  document: Json,
  { operation }: Described,
  { status, headers, text, json }: Answer,
): readonly string[] {
  let response = fields(fields(operation.responses)[status]);
  if (Object.keys(response).length === 0) return [`${status} is not described: ${text.slice(0, 500)}`];
  if (typeof response.$ref === 'string') response = fields(follow(document, response.$ref));
  const missing = Object.keys(fields(response.headers)).filter(
    (name) => name === 'Location' && !(name.toLowerCase() in headers),
  );
  const lacking = missing.map((name) => `${status} lacks ${name}`);
  const type = headers['content-type']?.split(';')[0] ?? '';
  const media = fields(response.content)[type];
  if (text === '') return [...lacking, ...(response.content === undefined ? [] : [`${status} has no body`])];
  if (media === undefined) return [...lacking, `${status} is ${type}, which is not described`];
  const schema = fields(media).schema;
  return [...lacking, ...(schema === undefined ? [] : breaches(document, schema, json))];
}

/** The fields of an object; none of anything else. */
export function fields(value: Json | undefined): Fields {
  return isObject(value) ? value : {};
}

function entries(value: Json | undefined): readonly [string, Json][] {
  return Object.entries(fields(value));
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
