import type { HttpResponseInit } from '@azure/functions';
import { AppError, errorRules, isAppError } from '../base/errors.ts';
import type { FormProblem } from '../console/restore-views.ts';
import type { ConsoleView, FailureView, Viewer } from '../console/views.ts';
import { type Acted, cancel, hold, release, restore, type SentForm, take, undo, unmark } from './console-actions.ts';
import { type Looked, readFiles, readHistory } from './console-files.ts';
import { readOverview, readPolicies, readPolicy, readRecycle } from './console-overview.ts';
import { readDrills, readRestore, readRestoreForm, readRestores } from './console-restores.ts';
import { readPoint, readSource, readSources } from './console-sources.ts';
import { type ApiRequest, route, type TextBody } from './http-entry.ts';
import { noticeOf } from './plan-form.ts';
import { mayCall, type Principal, type RequiredRole } from './principal.ts';
import { isOwnForm } from './same-origin.ts';

const FORM = 'application/x-www-form-urlencoded';
const NO_SOURCE = 'There is no source of this key with points';

page('overview', 'console', 'reader', ({ app }) => readOverview(app));
page('sources', 'console/sources', 'reader', ({ app, query }) => readSources(app, query.get('q')));
page('source', 'console/sources/{id}', 'reader', ({ app, params, query }) =>
  readSource(app, params.id ?? '', query.get('before')),
);
page('history', 'console/sources/{id}/history', 'operator', async ({ app, params, query }) => {
  const looked = viewOf(await readHistory(app, params.id ?? '', query));
  if (looked === null) throw new AppError('not-found', NO_SOURCE, { source: (params.id ?? '').slice(0, 100) });
  return looked;
});
page('point', 'console/points/{id}', 'reader', ({ app, params }) => readPoint(app, params.id ?? ''));
page('files', 'console/points/{id}/files', 'operator', async ({ app, params, query }) =>
  viewOf(await readFiles(app, params.id ?? '', query)),
);
page('restore-form', 'console/points/{id}/restore', 'operator', ({ app, params, query }) =>
  readRestoreForm(app, params.id ?? '', query),
);
page('restores', 'console/restores', 'reader', ({ app }) => readRestores(app));
page('restore', 'console/restores/{id}', 'reader', ({ app, params }) => readRestore(app, params.id ?? ''));
page('recycle', 'console/recycle', 'reader', ({ app, query }) => readRecycle(app, query.get('after')));
page('policies', 'console/policies', 'reader', ({ app }) => readPolicies(app));
page('policy', 'console/policies/{name}', 'reader', ({ app, params, query }) =>
  readPolicy(app, params.name ?? '', query.get('after')),
);
page('drills', 'console/drills', 'reader', ({ app }) => readDrills(app));

form('take', 'console/sources/{id}/take', take);
form('hold', 'console/points/{id}/hold', hold);
form('release', 'console/points/{id}/release', release);
form('unmark', 'console/points/{id}/unmark', unmark);
form('restore-start', 'console/points/{id}/restore', restore);
form('restore-cancel', 'console/restores/{id}/cancel', cancel);
form('restore-undo', 'console/restores/{id}/undo', undo);

/** A page: what goes wrong in an expected way is a page as well. */
function page(
  name: string,
  path: string,
  role: RequiredRole,
  read: (request: ApiRequest) => Promise<ConsoleView>,
): void {
  route({
    name: `console-${name}`,
    method: 'GET',
    route: path,
    role,
    handle: (request) =>
      orFailure(request, async () => send(request, await read(request), 200, noticeOf(request.query.get('done')))),
  });
}

/**
 * A form of operators: it is done, and a page says so (303); or a page says what is wrong.
 *
 * Safety: only forms of our own pages count; anything else is refused before the form is looked at, and audited as every refusal is.
 */
function form(name: string, path: string, act: (form: SentForm) => Promise<Acted>): void {
  route({
    name: `console-${name}`,
    method: 'POST',
    route: path,
    role: 'operator',
    takesText: true,
    handle: async (request) => {
      if (!isOwnForm(request.header))
        throw new AppError('forbidden', 'Forms are taken from pages of this site alone', { needs: 'same origin' });
      return orFailure(request, async () => {
        const { app, caller, params } = request;
        const acted = await act({ app, by: caller.name, id: params.id ?? '', fields: fieldsOf(request.body) });
        return acted.kind === 'done'
          ? { status: 303, headers: { location: acted.address, 'cache-control': 'no-store' } }
          : send(request, acted.view, acted.status, null);
      });
    },
  });
}

function fieldsOf(body: unknown): URLSearchParams {
  const sent = body as TextBody | undefined;
  if (sent === undefined) return new URLSearchParams();
  if (sent.type !== FORM)
    throw new AppError('unsupported-media-type', 'This is no form', { found: sent.type.slice(0, 80), allowed: FORM });
  return new URLSearchParams(sent.text);
}

function viewOf<T>(looked: Looked<T>): T | FailureView {
  return 'view' in looked ? looked.view : failure('The request is not valid', '', {}, looked.problems);
}

async function orFailure(request: ApiRequest, work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { httpStatus, title } = errorRules[error.code];
    if (httpStatus >= 500) request.app.log.warn('a page failed', { code: error.code, reason: error.message });
    return send(request, failure(title, error.message, error.facts), httpStatus, null);
  }
}

function failure(
  title: string,
  detail: string,
  facts: Readonly<Record<string, unknown>>,
  problems: readonly FormProblem[] = [],
): FailureView {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined);
  return {
    kind: 'failure',
    title,
    detail,
    facts: shown.map(([name, value]) => ({ name, value: String(value) })),
    problems,
  };
}

async function send(
  { caller }: Pick<ApiRequest, 'caller'>,
  view: ConsoleView,
  status: number,
  notice: string | null,
): Promise<HttpResponseInit> {
  const { renderConsole } = await import('../console/render-console.ts');
  const { body, contentSecurityPolicy } = renderConsole(view, viewerOf(caller), notice);
  return {
    status: view.kind === 'failure' && status === 200 ? 400 : status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    },
    body,
  };
}

function viewerOf(caller: Principal): Viewer {
  return { name: caller.name, mayOperate: mayCall(caller, 'operator'), maySeeCosts: mayCall(caller, 'finance') };
}
