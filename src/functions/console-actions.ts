import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { parseIso } from '../base/time.ts';
import { consoleAddress } from '../console/addresses.ts';
import type { FormProblem } from '../console/restore-views.ts';
import type { ConsoleView } from '../console/views.ts';
import { takeNow } from '../protect/take-now.ts';
import { checkRestore } from '../restore/check-restore.ts';
import { startRestore } from '../restore/start-restore.ts';
import { cancelRestore, undoRestore } from '../restore/undo-restore.ts';
import { holdPoint, releasePoint, unmarkPoint } from '../retain/marks.ts';
import { plainProblem, readRestoreForm } from './console-restores.ts';
import { findPoint, readPoint } from './console-sources.ts';
import { beginOnce } from './idempotency.ts';
import { type NoticeName, restoreBody } from './plan-form.ts';

/** A form that somebody has sent: who, for what, and with which fields. */
export interface SentForm {
  readonly app: App;
  readonly by: string;
  readonly id: string;
  readonly fields: URLSearchParams;
}

/** Where to go once it is done, with what to say there; or a page to show instead, with what is wrong. */
export type Acted =
  | { readonly kind: 'done'; readonly address: string; readonly notice: NoticeName }
  | { readonly kind: 'shown'; readonly status: 200 | 400; readonly view: ConsoleView };

function done(parts: readonly string[], notice: NoticeName): Acted {
  return { kind: 'done', address: consoleAddress(parts, { done: notice }), notice };
}

const REASON_MAX = 200;

/** Holds a point, or holds it otherwise. */
export async function hold({ app, by, id, fields }: SentForm): Promise<Acted> {
  const sent = { reason: (fields.get('reason') ?? '').trim(), until: fields.get('until') ?? '' };
  const problems: FormProblem[] = [];
  if (sent.reason === '' || sent.reason.length > REASON_MAX)
    problems.push({ path: '$.reason', message: 'must say why', allowed: `1 to ${REASON_MAX} characters` });
  // What a browser sends for a date and time has no zone: the page says that it is UTC.
  const until = sent.until === '' ? null : parseIso(`${sent.until}Z`);
  if (sent.until !== '' && (until === null || until <= app.clock.now()))
    problems.push({
      ...{ path: '$.until', message: 'is no moment to come', found: sent.until.slice(0, 80) },
      allowed: 'a date and time in UTC that lies ahead, or nothing',
    });
  if (problems.length > 0) return { kind: 'shown', status: 400, view: await readPoint(app, id, { problems, sent }) };
  if (!(await holdPoint(app, id, { reason: sent.reason, until, by }))) throw gone(id);
  return done(['points', id], 'held');
}

export async function release({ app, by, id }: SentForm): Promise<Acted> {
  if (!(await releasePoint(app, id, by))) throw gone(id);
  return done(['points', id], 'released');
}

export async function unmark({ app, by, id, fields }: SentForm): Promise<Acted> {
  const point = await unmarkPoint(app, id, { actor: by, because: 'asked for' });
  if (!point) throw gone(id);
  if (point.state === 'deleting') throw new AppError('conflict', 'The point is being deleted already', { point: id });
  return done(fields.get('from') === 'recycle' ? ['recycle'] : ['points', id], 'unmarked');
}

/** Takes a point of a source now. */
export async function take({ app, by, id, fields }: SentForm): Promise<Acted> {
  const { at } = await operationOf(app, 'console-take', by, id, fields);
  const taken = await takeNow(app, { source: id, policy: fields.get('policy') || null, by, at });
  if (taken.kind === 'planned') return done(['points', taken.point.id], 'taken');
  const title = 'No point can be taken';
  const problems = taken.problems.map(plainProblem);
  return { kind: 'shown', status: 400, view: { kind: 'failure', title, detail: '', facts: [], problems } };
}

/** Starts a restore that could work; a swap only once its machine's name was typed. */
export async function restore({ app, by, id, fields }: SentForm): Promise<Acted> {
  const { name } = (await findPoint(app, id)).source;
  const isSwap = fields.get('kind') === 'swap';
  const isConfirmed = fields.get('confirm') === name;
  const operation = await operationOf(app, 'console-restore', by, id, fields);
  const order = { body: restoreBody(id, fields), by, operationId: operation.id, at: operation.at };
  if (isSwap && fields.getAll('disks').length === 0)
    return refused(app, id, fields, [{ path: '$.disks', message: 'names no disk', allowed: 'at least one disk' }]);
  const checked = await checkRestore(app, order);
  const obstacles = checked.ok ? checked.value : checked.problems;
  if (obstacles.length > 0) return refused(app, id, fields, obstacles.map(plainProblem));
  if (isSwap && !isConfirmed) {
    const wrong = { path: '$.confirm', message: 'is not the name of the machine', allowed: name };
    const problems = fields.get('step') === 'confirm' ? [wrong] : [];
    const view = await readRestoreForm(app, id, fields, { problems, review: true });
    return { kind: 'shown', status: problems.length > 0 ? 400 : 200, view };
  }
  const started = await startRestore(app, order);
  if (!started.ok) return refused(app, id, fields, started.problems.map(plainProblem));
  if (started.value.kind === 'no-point') throw gone(id);
  return done(['restores', started.value.restores[0]?.id ?? ''], 'started');
}

/** The form again, with what stands against it. A try that was refused is over: the next one is another. */
async function refused(
  app: App,
  id: string,
  fields: URLSearchParams,
  problems: readonly FormProblem[],
): Promise<Acted> {
  const again = new URLSearchParams(fields);
  again.delete('once');
  return { kind: 'shown', status: 400, view: await readRestoreForm(app, id, again, { problems, review: false }) };
}

export async function cancel({ app, by, id }: SentForm): Promise<Acted> {
  if (!(await cancelRestore(app, id, by))) throw noRestore(id);
  return done(['restores', id], 'cancelled');
}

export async function undo({ app, by, id, fields }: SentForm): Promise<Acted> {
  if (fields.get('sure') !== 'true')
    throw new AppError('bad-request', 'Say that you are sure: tick the box beside the button', { restore: id });
  const turned = await undoRestore(app, id, by);
  if (turned.kind === 'none') throw noRestore(id);
  if (turned.kind === 'refused')
    throw new AppError('conflict', 'This restore cannot be undone', { restore: id, because: turned.why });
  return done(['restores', id], 'undoing');
}

/** A form that is sent twice is one operation: the page gave it a name of its own. Sent again with other fields it is another. */
async function operationOf(app: App, route: string, caller: string, path: string, fields: URLSearchParams) {
  const bodyHash = hashId(fields.toString());
  return beginOnce(app, { route, path, caller, key: fields.has('once') ? bodyHash : null, bodyHash });
}

function gone(id: string): AppError {
  return new AppError('not-found', 'There is no point of this id', { point: id.slice(0, 100) });
}

function noRestore(id: string): AppError {
  return new AppError('not-found', 'There is no restore of this id', { restore: id.slice(0, 100) });
}
