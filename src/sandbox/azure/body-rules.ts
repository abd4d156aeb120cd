import { ArmError, invalidParameter, notInSandbox } from './arm-error.ts';
import { isObject, type Json, objectAt, textAt, valueAt } from './json.ts';
import {
  DISK_NAME_LENGTH_MAX,
  GROUP_NAME_LENGTH_MAX,
  TAG_NAME_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  TAGS_MAX,
} from './limits.ts';
import { regionOf } from './resource-id.ts';

const DISK_NAME = /^[a-z0-9]([a-z0-9_.-]*[a-z0-9_])?$/i;
const GROUP_NAME = /^[\p{L}\p{N}_()-]([\p{L}\p{N}_().-]*[\p{L}\p{N}_()-])?$/u;
/** Source: ARM tag limitations: these characters may not stand in a tag's name. */
const TAG_NAME_FORBIDDEN = /[<>%&\\?/]/;

/** Names of disks, snapshots and machines. Source: resource name rules, Microsoft.Compute. Errors: 400. */
export function checkComputeName(kind: string, name: string): void {
  if (name.length <= DISK_NAME_LENGTH_MAX && DISK_NAME.test(name)) return;
  throw invalidParameter(
    `${kind}.name`,
    `The ${kind} name '${name.slice(0, 100)}' must have 1 to ${DISK_NAME_LENGTH_MAX} characters, begin with a letter or number, ` +
      'end with a letter, number or underscore, and hold only letters, numbers, underscores, periods or hyphens.',
  );
}

/** Names of resource groups. Source: resource name rules, Microsoft.Resources. Errors: 400. */
export function checkGroupName(name: string): void {
  if (name.length <= GROUP_NAME_LENGTH_MAX && GROUP_NAME.test(name)) return;
  throw new ArmError(
    400,
    'InvalidResourceGroup',
    `The provided resource group name '${name.slice(0, 100)}' is not valid.`,
  );
}

/** The tags of a body. Source: ARM tag limitations; ⚠ the error codes are not documented in one place. Errors: 400. */
export function tagsOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new ArmError(400, 'InvalidRequestContent', "The property 'tags' must be an object.");
  const entries = Object.entries(value);
  if (entries.length > TAGS_MAX) {
    throw new ArmError(
      400,
      'InvalidTagsCount',
      `A resource has at most ${TAGS_MAX} tags; ${entries.length} were given.`,
    );
  }
  const names = new Set<string>();
  const tags: Record<string, string> = {};
  for (const [name, text] of entries) {
    if (names.has(name.toLowerCase())) throw new ArmError(400, 'DuplicateTagName', `The tag '${name}' is given twice.`);
    names.add(name.toLowerCase());
    tags[name] = checkTag(name, text);
  }
  return tags;
}

function checkTag(name: string, value: unknown): string {
  if (name === '' || name.length > TAG_NAME_LENGTH_MAX) {
    throw new ArmError(400, 'InvalidTagNameLength', `Tag names have 1 to ${TAG_NAME_LENGTH_MAX} characters.`);
  }
  if (TAG_NAME_FORBIDDEN.test(name)) {
    throw new ArmError(400, 'InvalidTagNameCharacters', `The tag name '${name}' holds one of <>%&\\?/.`);
  }
  const text = value === null ? '' : value;
  if (typeof text !== 'string') throw new ArmError(400, 'InvalidRequestContent', `The tag '${name}' must be a string.`);
  if (text.length > TAG_VALUE_LENGTH_MAX) {
    throw new ArmError(400, 'InvalidTagValueLength', `Tag values have at most ${TAG_VALUE_LENGTH_MAX} characters.`);
  }
  return text;
}

/** The region of a body. Errors: 400 LocationRequired. */
export function regionOfBody(body: unknown): string {
  const location = textAt(body, 'location');
  if (location === null || location === '') {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  return regionOf(location);
}

/** Refuses to make a resource of a name that another region has. Errors: 409 InvalidResourceLocation. */
export function checkSameRegion(existing: { name: string; region: string; group: string }, region: string): void {
  if (existing.region === region) return;
  throw new ArmError(
    409,
    'InvalidResourceLocation',
    `The resource '${existing.name}' already exists in location '${existing.region}' in resource group '${existing.group}'. ` +
      `A resource with the same name cannot be created in location '${region}'. Please select a new resource name.`,
  );
}

/** One of several texts. Errors: 400 with what is allowed. */
export function oneOf<T extends string>(target: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  throw invalidParameter(target, `The value '${value}' of ${target} is not one of ${allowed.join(', ')}.`);
}

/** The writable properties of a body that a resource keeps as they are. Errors: 400 for a property that the type does not have. */
export function keptProperties(type: string, body: unknown, known: ReadonlySet<string>): Json {
  const properties = objectAt(body, 'properties');
  for (const name of Object.keys(properties)) {
    if (!known.has(name)) {
      throw new ArmError(400, 'BadRequest', `Could not find member '${name}' on object of type '${type}'`, {
        target: name,
      });
    }
  }
  return { ...properties };
}

const PLATFORM_KEY = 'EncryptionAtRestWithPlatformKey';

/** Settles who may reach a disk's or snapshot's bytes, in the service's own spelling. Source: SDK, NetworkAccessPolicy, PublicNetworkAccess, DataAccessAuthMode. Errors: 400; 501 for keys of customers. */
export function checkAccessSettings(settings: Json): void {
  const allowed: [string, readonly string[]][] = [
    ['networkAccessPolicy', ['AllowAll', 'AllowPrivate', 'DenyAll']],
    ['publicNetworkAccess', ['Enabled', 'Disabled']],
    ['dataAccessAuthMode', ['AzureActiveDirectory', 'None']],
  ];
  for (const [name, values] of allowed) {
    const value = textAt(settings, name);
    if (value !== null) settings[name] = oneOf(name, value, values);
  }
  const encryption = textAt(settings, 'encryption', 'type') ?? PLATFORM_KEY;
  if (encryption !== PLATFORM_KEY || valueAt(settings, 'encryption', 'diskEncryptionSetId') !== undefined) {
    throw notInSandbox('disk encryption sets');
  }
}
