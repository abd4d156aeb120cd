/** What a request asks to do, and where: the names that Azure's role definitions use. */
export interface Access {
  readonly action: string;
  readonly scope: string;
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
};

/**
 * The action and scope of a request, by its method and path alone.
 *
 * Shape:  null for what needs no role: tenants, the list of subscriptions, and the status of operations.
 * Source: Azure resource provider operations: `{provider}/{types}/read|write|delete`, POST is `…/{name of the action}/action`.
 */
export function accessOf(method: string, path: string): Access | null {
  const segments = path.split('/').slice(1);
  const at = segments.findLastIndex((each) => each.toLowerCase() === 'providers');
  if (at < 0) return accessOfGroup(method, segments);
  const [namespace = '', ...rest] = segments.slice(at + 1);
  if (rest[0]?.toLowerCase() === 'locations' && rest[2]?.toLowerCase() !== 'usages') return null;
  const isAction = method === 'POST' && rest.length % 2 === 1;
  const types = rest.filter((_, index) => index % 2 === 0);
  const named = rest.length - (rest.length % 2);
  return {
    action: `${namespace}/${types.join('/')}/${isAction ? 'action' : (VERBS[method] ?? 'action')}`,
    scope: `/${segments.slice(0, named === 0 || isExtension(namespace) ? at : at + 2 + named).join('/')}`,
  };
}

/** Locks, tags and costs are asked for at the scope that they belong to. */
function isExtension(namespace: string): boolean {
  return ['microsoft.authorization', 'microsoft.resources', 'microsoft.costmanagement'].includes(
    namespace.toLowerCase(),
  );
}

function accessOfGroup(method: string, segments: readonly string[]): Access | null {
  const [, subscription, ...rest] = segments;
  if (subscription === undefined) return null;
  const verb = VERBS[method] ?? 'action';
  if (rest.length === 0)
    return { action: `Microsoft.Resources/subscriptions/${verb}`, scope: `/subscriptions/${subscription}` };
  const types = rest.filter((_, index) => index % 2 === 0);
  const named = rest.length - (rest.length % 2);
  return {
    action: `Microsoft.Resources/subscriptions/${types.join('/')}/${verb}`,
    scope: `/${segments.slice(0, 2 + named).join('/')}`,
  };
}
