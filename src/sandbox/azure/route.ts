import type { IncomingHttpHeaders } from 'node:http';
import { ArmError, groupNotFound, subscriptionNotFound } from './arm-error.ts';
import type { Collection } from './collection.ts';
import type { ComputeBucket } from './limits.ts';
import type { OperationFault } from './operations.ts';
import { groupId, keyOf } from './resource-id.ts';
import type { Group, Resource, Subscription } from './resources.ts';
import type { AzureState } from './state.ts';
import type { Principal } from './token.ts';

/** A request as a route sees it. Shape: `values` are the parameters of its path, in order. */
export interface ArmRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly values: readonly string[];
  readonly body: unknown;
  readonly apiVersion: string;
  readonly principal: Principal;
  readonly operationFault: OperationFault | null;
  readonly staleList: boolean;
  readonly state: AzureState;
}

/** What a route answers. */
export interface ArmAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One line of the route table, from which requests are answered and the support matrix is written. */
export interface ArmRoute {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly versions: readonly string[];
  /** What it does, for the support matrix. */
  readonly does: string;
  readonly compute?: ComputeBucket;
  answer(request: ArmRequest): ArmAnswer | Promise<ArmAnswer>;
}

/** The parameter of a path by its place. Errors: a bug when the route has no such parameter. */
export function parameterOf(request: ArmRequest, index: number): string {
  const value = request.values[index];
  if (value === undefined) throw new Error('The route has no such parameter.');
  return value;
}

/** The subscription of a path. Errors: 404 SubscriptionNotFound. */
export function subscriptionOf(state: AzureState, id: string): Subscription {
  const subscription = state.subscriptions.get(id.toLowerCase());
  if (subscription === undefined) throw subscriptionNotFound(id);
  return subscription;
}

/** The resource group of a path. Errors: 404 SubscriptionNotFound, 404 ResourceGroupNotFound. */
export function groupOf(state: AzureState, subscriptionId: string, name: string): Group {
  subscriptionOf(state, subscriptionId);
  const group = state.groups.get(groupId(subscriptionId, name));
  if (group === undefined) throw groupNotFound(name);
  return group;
}

/** A page of a collection as ARM writes it: `value` and, where more follows, an absolute `nextLink` with `$skiptoken`. */
export function listPage<T extends Resource>(
  request: ArmRequest,
  collection: Collection<T>,
  scope: string,
  toJson: (item: T) => unknown,
): ArmAnswer {
  const { state, query } = request;
  const after = Number(query.get('$skiptoken') ?? query.get('$skipToken') ?? 0);
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new ArmError(400, 'InvalidParameter', 'The $skiptoken is not one that this list has given.');
  }
  const page = collection.page(keyOf(scope), after, state.settings.pageSize);
  const items = request.staleList ? staleItems(request, page.items, scope) : page.items;
  const value = items.map(toJson);
  if (page.next === null) return { status: 200, body: { value } };
  const link = new URLSearchParams(query);
  link.delete('$skiptoken');
  link.set('$skiptoken', String(page.next));
  return { status: 200, body: { value, nextLink: `${state.baseUrl}${encodeURI(request.path)}?${link}` } };
}

/** How old a list is that was ordered to be stale. Units: milliseconds on the sandbox clock. */
const STALE_MS = 60_000;

function staleItems<T extends Resource>(request: ArmRequest, items: readonly T[], scope: string): readonly T[] {
  const { state } = request;
  const since = state.clock.now() - STALE_MS;
  const scopeKey = keyOf(scope);
  const type = items[0]?.type;
  const gone = state.tombstones
    .filter((each) => each.removedMs >= since && each.resource.createdMs < since && each.resource.type === type)
    .map((each) => each.resource as T)
    .filter((each) => each.subscriptionKey === scopeKey || each.groupKey === scopeKey);
  return [...items.filter((each) => each.createdMs < since), ...gone];
}
