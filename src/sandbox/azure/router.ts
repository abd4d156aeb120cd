/** A route as the router needs it. Shape: `path` with `{name}` for one segment; a leading `{scope}` for any number of them. */
export interface Routed {
  readonly method: string;
  readonly path: string;
}

/** A route that fits, with the values of its parameters in the order of its path. */
export interface Match<R> {
  readonly route: R;
  readonly values: readonly string[];
}

interface Node<R> {
  readonly literals: Map<string, Node<R>>;
  parameter: Node<R> | null;
  readonly routes: Map<string, R>;
}

const SCOPE = '/{scope}';

/**
 * Finds the route of a request: paths without regard to case, a tree of segments and no pattern matching.
 *
 * Shape: null when no route has this path; a route of `null` when the path is known but not with this method.
 */
export class Router<R extends Routed> {
  private readonly root = nodeOf<R>();
  private readonly scoped = nodeOf<R>();

  constructor(routes: readonly R[]) {
    for (const route of routes) {
      const isScoped = route.path.startsWith(SCOPE);
      const path = isScoped ? route.path.slice(SCOPE.length) : route.path;
      let node = isScoped ? this.scoped : this.root;
      for (const segment of path.split('/').slice(1)) node = childOf(node, segment);
      node.routes.set(route.method, route);
    }
  }

  find(method: string, path: string): Match<R> | { readonly route: null; readonly methods: readonly string[] } | null {
    const segments = path.split('/').slice(1);
    const keys = path.toLowerCase().split('/').slice(1);
    const exact = walk(this.root, segments, keys, 0, []);
    if (exact !== null) return pick(exact, method);
    const at = keys.lastIndexOf('providers');
    if (at < 0) return null;
    const scope = at === 0 ? '' : `/${segments.slice(0, at).join('/')}`;
    const scoped = walk(this.scoped, segments, keys, at, [scope]);
    return scoped === null ? null : pick(scoped, method);
  }
}

function nodeOf<R>(): Node<R> {
  return { literals: new Map(), parameter: null, routes: new Map() };
}

function childOf<R>(node: Node<R>, segment: string): Node<R> {
  if (segment.startsWith('{')) {
    node.parameter ??= nodeOf<R>();
    return node.parameter;
  }
  const key = segment.toLowerCase();
  const known = node.literals.get(key);
  if (known !== undefined) return known;
  const child = nodeOf<R>();
  node.literals.set(key, child);
  return child;
}

function walk<R>(
  start: Node<R>,
  segments: readonly string[],
  keys: readonly string[],
  from: number,
  values: string[],
): { node: Node<R>; values: string[] } | null {
  let node = start;
  for (let index = from; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    const literal = node.literals.get(key);
    if (literal !== undefined) node = literal;
    else if (node.parameter !== null && key !== '') {
      node = node.parameter;
      values.push(decode(segments[index] ?? ''));
    } else return null;
  }
  return node.routes.size === 0 ? null : { node, values };
}

function pick<R>(
  found: { node: Node<R>; values: string[] },
  method: string,
): Match<R> | { route: null; methods: readonly string[] } {
  const route = found.node.routes.get(method);
  if (route === undefined) return { route: null, methods: [...found.node.routes.keys()] };
  return { route, values: found.values };
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
