import type { RegisteredFunction } from './registered-function.ts';

/** One segment of a route. */
type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly name: string };

interface Route {
  readonly target: RegisteredFunction;
  readonly methods: readonly string[];
  readonly segments: readonly Segment[];
}

/** A function found for a call, with the values of its route's parameters. */
export interface RouteMatch {
  readonly target: RegisteredFunction;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the function for a method and a path; null where there is none. */
export type RouteTable = (method: string, path: string) => RouteMatch | null;

/** Literal segments come before parameters, those before a rest: the route that says more wins. Source: ASP.NET Core route precedence. */
const PRECEDENCE = { literal: 0, parameter: 1, rest: 2 } as const;

/**
 * Makes the routes of an app: `{name}`, `{name?}` at the end, `{*name}` for the rest; literals without regard to case.
 *
 * Shape:  a method that no route has is no match (404), as the real host answers it.
 * Errors: throws for constraints and defaults inside braces, which are not played.
 */
export function createRouteTable(functions: readonly RegisteredFunction[], prefix: string): RouteTable {
  const routes = functions.flatMap((target): Route[] => {
    if (target.trigger.kind !== 'http') return [];
    const path = `${prefix}/${target.trigger.route}`;
    return [{ target, methods: target.trigger.methods, segments: split(path).map(readSegment) }];
  });
  routes.sort(comparePrecedence);
  return (method, path) => {
    const parts = split(path).map(decode);
    if (parts.includes(null)) return null;
    for (const route of routes) {
      if (!route.methods.includes(method)) continue;
      const parameters = match(route.segments, parts as string[]);
      if (parameters !== null) return { target: route.target, parameters };
    }
    return null;
  };
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function readSegment(text: string): Segment {
  if (!text.includes('{')) return { kind: 'literal', text: text.toLowerCase() };
  const parts = /^\{(\*?)(\w+)(\??)\}$/.exec(text);
  if (!parts) throw new Error(`The route segment "${text}" is not of a form that this host plays`);
  const name = parts[2] ?? '';
  return parts[1] === '*' ? { kind: 'rest', name } : { kind: 'parameter', name, optional: parts[3] === '?' };
}

function comparePrecedence(a: Route, b: Route): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.segments[index], b.segments[index]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const difference = PRECEDENCE[left.kind] - PRECEDENCE[right.kind];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Decodes a segment, but not `%2F`, which would make two of one. Null where it cannot be decoded. */
function decode(part: string): string | null {
  try {
    return part
      .split(/(%2F)/i)
      .map((piece) => (/^%2F$/i.test(piece) ? piece : decodeURIComponent(piece)))
      .join('');
  } catch {
    return null;
  }
}

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (segment.kind === 'rest') {
      parameters[segment.name] = parts.slice(index).join('/');
      return parameters;
    }
    if (part === undefined) {
      if (segment.kind === 'parameter' && segment.optional) continue;
      return null;
    }
    if (segment.kind === 'literal' && part.toLowerCase() !== segment.text) return null;
    if (segment.kind === 'parameter') parameters[segment.name] = part;
  }
  return parts.length > segments.length ? null : parameters;
}
