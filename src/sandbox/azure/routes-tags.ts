import { ArmError } from './arm-error.ts';
import { tagsOf } from './body-rules.ts';
import { type Json, objectAt, textAt } from './json.ts';
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

const versions = RESOURCE_API_VERSIONS;

/** Routes of tags at any scope. */
export const tagRoutes: readonly ArmRoute[] = [
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
