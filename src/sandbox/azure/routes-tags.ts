import { ArmError } from './arm-error.ts';
import { tagsOf } from './body-rules.ts';
import { type Json, objectAt, textAt } from './json.ts';
import { keyOf } from './resource-id.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf, subscriptionOf } from './route.ts';
import { RESOURCE_API_VERSIONS } from './routes-resources.ts';

const tagsPath = '/{scope}/providers/Microsoft.Resources/tags/default';

function tagged(request: ArmRequest): {
  id: string;
  get(): Record<string, string>;
  set(tags: Record<string, string>): void;
} {
  const { state } = request;
  const scope = parameterOf(request, 0);
  const [, , subscriptionId = ''] = scope.split('/');
  const subscription = subscriptionOf(state, subscriptionId);
  if (scope.split('/').length === 3) {
    return { id: scope, get: () => subscription.tags, set: (tags) => Object.assign(subscription, { tags }) };
  }
  const resource = state.anyResource(scope);
  if (resource === null) throw new ArmError(404, 'ResourceNotFound', `The resource '${scope}' was not found.`);
  return {
    id: resource.id,
    get: () => resource.tags,
    set: (tags) => {
      resource.tags = tags;
      resource.changedMs = state.clock.now();
    },
  };
}

function tagsJson(id: string, tags: Record<string, string>): Json {
  return {
    id: `${id}/providers/Microsoft.Resources/tags/default`,
    name: 'default',
    type: 'Microsoft.Resources/tags',
    properties: { tags },
  };
}

function patchTags(request: ArmRequest): ArmAnswer {
  const target = tagged(request);
  const given = tagsOf(objectAt(request.body, 'properties').tags);
  const operation = (textAt(request.body, 'operation') ?? '').toLowerCase();
  if (!['merge', 'replace', 'delete'].includes(operation))
    throw new ArmError(400, 'InvalidRequestContent', 'operation must be Merge, Replace or Delete.');
  const before = operation === 'replace' ? {} : target.get();
  const removed = operation === 'delete' ? given : {};
  const kept = Object.entries(before).filter(([name]) => !(name in removed));
  target.set(tagsOf({ ...Object.fromEntries(kept), ...(operation === 'delete' ? {} : given) }));
  return { status: 200, body: tagsJson(target.id, target.get()) };
}

/** How often a tag name or value is in use. */
function countJson(value: number): Json {
  return { type: 'Total', value };
}

/** The tag names in use in a subscription, with their values. Source: ARM, Tags - List. */
function listTagNames(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const subscription = subscriptionOf(state, parameterOf(request, 0));
  const scope = `/subscriptions/${subscription.id}`;
  const names = new Map<string, Map<string, number>>();
  for (const { tags } of [subscription, ...state.groups.all(keyOf(scope)), ...state.resourcesOf(keyOf(scope))]) {
    for (const [name, value] of Object.entries(tags)) {
      const values = names.get(name) ?? new Map<string, number>();
      names.set(name, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  const value = [...names].map(([tagName, values]) => {
    const id = `${scope}/tagNames/${tagName}`;
    const counted = [...values].map(([tagValue, count]) => ({
      id: `${id}/tagValues/${tagValue}`,
      tagValue,
      count: countJson(count),
    }));
    const total = [...values.values()].reduce((sum, count) => sum + count, 0);
    return { id, tagName, count: countJson(total), values: counted };
  });
  return { status: 200, body: { value } };
}

const versions = RESOURCE_API_VERSIONS;

/** Routes of tags. */
export const tagRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/tagNames',
    versions,
    does: 'lists the tag names and values in use',
    answer: listTagNames,
  },
  {
    method: 'GET',
    path: tagsPath,
    versions,
    does: 'reads the tags of a resource, group or subscription',
    answer: (request) => {
      const target = tagged(request);
      return { status: 200, body: tagsJson(target.id, target.get()) };
    },
  },
  {
    method: 'PUT',
    path: tagsPath,
    versions,
    does: 'replaces all tags',
    answer: (request) => {
      const target = tagged(request);
      target.set(tagsOf(objectAt(request.body, 'properties').tags));
      return { status: 200, body: tagsJson(target.id, target.get()) };
    },
  },
  { method: 'PATCH', path: tagsPath, versions, does: 'merges, replaces or deletes tags', answer: patchTags },
  {
    method: 'DELETE',
    path: tagsPath,
    versions,
    does: 'removes all tags',
    answer: (request) => {
      tagged(request).set({});
      return { status: 200 };
    },
  },
];
