import type { IncomingHttpHeaders } from 'node:http';
import { ArmError } from './arm-error.ts';
import { guidOf } from './token.ts';

/** The ETag of a resource: follows from what it holds, so that it changes when that does and only then. */
export function etagOf(content: unknown): string {
  return `W/"${guidOf(JSON.stringify(content))}"`;
}

/**
 * Checks If-Match and If-None-Match of a change.
 *
 * Shape:  `current` is null where the resource is not there. Errors: 412 PreconditionFailed; 400 for an If-None-Match other than `*`.
 * Source: SDK, options of virtual machines: "Other values will result in error from server as they are not supported".
 */
export function checkConditions(headers: IncomingHttpHeaders, current: string | null): void {
  const match = headers['if-match'];
  if (match !== undefined && (current === null || !named(match, current))) {
    throw new ArmError(412, 'PreconditionFailed', 'The resource is not the one that If-Match names.');
  }
  const noneMatch = headers['if-none-match'];
  if (noneMatch === undefined) return;
  if (noneMatch.trim() !== '*') throw new ArmError(400, 'BadRequest', "If-None-Match takes only '*'.");
  if (current !== null) throw new ArmError(412, 'PreconditionFailed', 'The resource exists already.');
}

function named(list: string, etag: string): boolean {
  return list.split(',').some((each) => each.trim() === '*' || bare(each.trim()) === bare(etag));
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}
