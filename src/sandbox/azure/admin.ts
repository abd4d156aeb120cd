import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type SnapshotBytes, type VolumeBytes } from '../bytes/bytes.ts';
import { parseFaultRules, parseSettings } from './admin-bodies.ts';
import { answerClock } from './admin-clock.ts';
import { answerRoles } from './admin-roles.ts';
import { ArmError } from './arm-error.ts';
import { answerIdentity } from './authority-endpoint.ts';
import { hasBytes } from './background-copies.ts';
import { billOf } from './bill.ts';
import { checkEstate } from './estate.ts';
import { readJson, sendJson, splitUrl } from './exchange.ts';
import { listAt, numberAt, textAt } from './json.ts';
import { pageOf } from './page.ts';
import { seedEstate } from './seed-estate.ts';
import type { AzureState } from './state.ts';
import { guidOf } from './token.ts';

/** A read of bytes answers this much at most. */
const READ_BYTES_MAX = 64 * 1024 * 1024;
const LOG_LIMIT_DEFAULT = 100;

type AdminAnswer = (
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => void | Promise<void>;

const routes: Readonly<Record<string, AdminAnswer>> = {
  'GET /': (state, _request, response) => {
    const html = pageOf(state);
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'content-length': Buffer.byteLength(html),
    });
    response.end(html);
  },
  'GET /msi/token': answerIdentity,
  'GET /sandbox/clock': answerClock,
  'POST /sandbox/clock': answerClock,
  'POST /sandbox/clock/waits': answerClock,
  'POST /sandbox/token': async (state, request, response) => {
    const body = await readJson(request);
    const audience = textAt(body, 'audience') ?? '';
    if (audience === '') throw new ArmError(400, 'BadRequest', 'audience is missing.');
    const name = textAt(body, 'name') ?? 'sandbox user';
    const clientId = textAt(body, 'clientId') ?? guidOf(`client ${name}`);
    const { token, expiresOn } = state.authority.issue({
      audience,
      clientId,
      name,
      roles: listAt(body, 'roles').map(String),
    });
    sendJson(response, 200, { token, expiresOn });
  },
  'POST /sandbox/estate': async (state, request, response) => {
    const checked = checkEstate(await readJson(request));
    if ('problems' in checked)
      return sendJson(response, 400, { error: { code: 'BadRequest', problems: checked.problems } });
    return sendJson(response, 200, seedEstate(state, checked.estate));
  },
  'POST /sandbox/estate/write': async (state, request, response) => {
    const body = await readJson(request);
    const disk = state.disks.get(textAt(body, 'diskId') ?? '');
    if (disk === undefined) throw new ArmError(404, 'NotFound', 'There is no such disk.');
    const offset = numberAt(body, 'offset') ?? 0;
    const base64 = textAt(body, 'base64');
    const seeded = numberAt(body, 'seededLength');
    const cleared = numberAt(body, 'clearLength');
    const volume = state.volumeNow(disk);
    inside(() => {
      if (base64 !== null) volume.writeBytes(offset, Buffer.from(base64, 'base64'));
      else if (seeded !== null) volume.writeSeeded(offset, seeded);
      else if (cleared !== null) volume.clear(offset, cleared);
      else throw new RangeError('one of base64, seededLength and clearLength is needed');
    });
    sendJson(response, 200, { usedBytes: volume.usedBytes() });
  },
  'GET /sandbox/estate/read': (state, _request, response, query) => {
    const bytes = bytesOf(state, query.get('id') ?? '');
    const offset = Number(query.get('offset') ?? 0);
    const length = Number(query.get('length') ?? 512);
    if (!(length <= READ_BYTES_MAX)) throw new ArmError(400, 'BadRequest', `length is at most ${READ_BYTES_MAX}.`);
    const read = inside(() => bytes.read(offset, length));
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': read.length }).end(read);
  },
  'GET /sandbox/estate/digest': (state, _request, response, query) => {
    const bytes = bytesOf(state, query.get('id') ?? '');
    sendJson(response, 200, { digest: digest(bytes), sizeBytes: bytes.sizeBytes, usedBytes: bytes.usedBytes() });
  },
  'GET /sandbox/bill': (state, _request, response) => {
    sendJson(response, 200, billOf(state));
  },
  'GET /sandbox/faults': (state, _request, response) => sendJson(response, 200, { faults: state.faults.list() }),
  'POST /sandbox/faults': async (state, request, response) => {
    const rules = parseFaultRules(await readJson(request));
    sendJson(response, 200, { ids: rules.map((rule) => state.faults.add(rule)) });
  },
  'DELETE /sandbox/faults': (state, _request, response) => {
    state.faults.clear();
    sendJson(response, 204, undefined);
  },
  'GET /sandbox/roles': answerRoles,
  'POST /sandbox/roles': answerRoles,
  'DELETE /sandbox/roles': answerRoles,
  'GET /sandbox/log': (state, _request, response, query) => {
    const limit = Number(query.get('limit') ?? LOG_LIMIT_DEFAULT);
    sendJson(response, 200, { requests: state.log.last(Number.isFinite(limit) ? limit : LOG_LIMIT_DEFAULT) });
  },
  'GET /sandbox/exchanges': (state, _request, response) => {
    if (state.exchanges === null)
      throw new ArmError(409, 'Conflict', 'Nothing is recorded: start with SANDBOX_RECORD=1.');
    sendJson(response, 200, { exchanges: state.exchanges.list() });
  },
  'GET /sandbox/counts': (state, _request, response) => sendJson(response, 200, state.log.counts()),
  'POST /sandbox/counts/reset': (state, _request, response) => {
    state.log.resetCounts();
    sendJson(response, 204, undefined);
  },
  'GET /sandbox/settings': (state, _request, response) => sendJson(response, 200, settingsOf(state)),
  'POST /sandbox/settings': async (state, request, response) => {
    const { throttled, billingCurrency, privateEndpoints, ...settings } = parseSettings(await readJson(request));
    Object.assign(state.settings, settings);
    if (privateEndpoints !== undefined) state.privateEndpoints = privateEndpoints;
    if (billingCurrency !== undefined) state.billingCurrency = billingCurrency;
    if (throttled !== undefined) state.throttle.enabled = throttled;
    sendJson(response, 200, settingsOf(state));
  },
};

/** Answers the sandbox's own endpoints: clock, estate, faults, bill, log, tokens, the identity endpoint and the page. */
export async function answerAdmin(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { path, query } = splitUrl(request);
  if (!isFromHere(request)) {
    request.resume();
    return sendJson(response, 403, {
      error: { code: 'Forbidden', message: 'The sandbox answers this machine only, and no other site.' },
    });
  }
  // The Azure CLI asks for a managed identity's token at `/msi/token/?resource=…`.
  const answer = routes[`${request.method} ${path.replace(/(?<=.)\/$/, '')}`];
  if (answer === undefined) {
    request.resume();
    return sendJson(response, 404, {
      error: { code: 'NotFound', message: `There is no ${request.method} ${path}.`, known: Object.keys(routes) },
    });
  }
  if (!path.startsWith('/sandbox/clock')) state.settle();
  try {
    await answer(state, request, response, query);
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    request.resume();
    sendJson(response, error.status, error.toBody());
  }
}

/** A page of another site in a browser of this machine must not reach us, whatever name it gives to loopback. */
function isFromHere(request: IncomingMessage): boolean {
  const host = request.headers.host ?? '';
  const { origin } = request.headers;
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}

function settingsOf(state: AzureState): Record<string, unknown> {
  const { billingCurrency, privateEndpoints, throttle } = state;
  return { ...state.settings, billingCurrency, privateEndpoints, throttled: throttle.enabled };
}

/** The bytes of a disk, now, or of a snapshot. Errors: 404, 409 for a snapshot without bytes. */
function bytesOf(state: AzureState, id: string): VolumeBytes | SnapshotBytes {
  const disk = state.disks.get(id);
  if (disk !== undefined) return state.volumeNow(disk);
  const snapshot = state.snapshots.get(id);
  if (snapshot === undefined) throw new ArmError(404, 'NotFound', 'There is no such disk or snapshot.');
  if (!hasBytes(snapshot)) throw new ArmError(409, 'Conflict', 'The snapshot failed and has no bytes.');
  return snapshot.bytes;
}

/** Turns what lies outside a disk into a 400. */
function inside<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw new ArmError(400, 'BadRequest', error.message);
    throw error;
  }
}
