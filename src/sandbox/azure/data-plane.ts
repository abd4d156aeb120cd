import type { IncomingMessage, ServerResponse } from 'node:http';
import { type SnapshotBytes, vhdFooter } from '../bytes/bytes.ts';
import { answerPageBlob } from '../bytes/page-blob-endpoint.ts';
import { PageBlobError } from '../bytes/page-blob-error.ts';
import type { Trace } from './arm.ts';
import { creationOf, sectorBytesOf } from './disk-kinds.ts';
import type { Grant } from './grants.ts';
import { COMPARABLE_SIZE_GIB } from './limits.ts';
import type { Disk, Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';
import { TENANT_ID } from './token.ts';

/** Where signatures lead. Shape: `/md/<token>/abcd`. */
export const DATA_PLANE_PREFIX = '/md/';

/**
 * Audience of the token that `dataAccessAuthMode: AzureActiveDirectory` wants beside the signature, to the letter.
 *
 * Source: ACD, secure disk upload and download; azcopy's `MDResource`: the service checks for the slash at the end.
 */
const DISK_AUDIENCE = 'https://disk.azure.com/';

/** What a 401 asks for. Source: the challenge that the storage SDKs read: authorization_uri and resource_id. */
const CHALLENGE = `Bearer authorization_uri="https://login.microsoftonline.com/${TENANT_ID}/oauth2/authorize" resource_id="${DISK_AUDIENCE}"`;

interface Opened {
  readonly resource: Disk | Snapshot;
  readonly bytes: SnapshotBytes;
}

/** Answers requests to the bytes behind a shared access signature. */
export async function answerDataPlane(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  url: { path: string; query: URLSearchParams },
  trace: Trace,
): Promise<void> {
  const comp = url.query.get('comp');
  const plain = `${DATA_PLANE_PREFIX}{token}/abcd`;
  trace.route = comp === null ? plain : `${plain}?comp=${comp.slice(0, 20)}`;
  trace.caller = 'signature';
  const fault = state.faults.strike(request.method ?? 'GET', `${url.path}${comp === null ? '' : `?comp=${comp}`}`);
  trace.fault = fault === null ? null : typeof fault === 'string' ? fault : fault.kind;
  if (fault === 'lost-request' || fault === 'lost-answer') return void request.socket.destroy();
  if (typeof fault === 'object' && fault?.kind === 'delay')
    await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (typeof fault === 'object' && fault?.kind === 'answer') {
    const wait = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    return refuse(response, trace, fault.status, fault.code, fault.message ?? 'A fault that was ordered.', wait);
  }
  const opened = open(state, url, request.headers.authorization);
  if ('code' in opened) {
    const challenge = opened.status === 401 ? { 'www-authenticate': CHALLENGE } : {};
    return refuse(response, trace, opened.status, opened.code, opened.message, challenge);
  }
  const { resource } = opened;
  const noPages = refusalOfVhdx(resource, comp);
  if (noPages !== null) return refuse(response, trace, noPages.status, noPages.code, noPages.message);
  response.setHeader('x-ms-request-id', trace.requestId);
  const etag = `"0x8D${resource.sequence.toString(16).toUpperCase().padStart(12, '0')}"`;
  await answerPageBlob(
    request,
    response,
    { snapshot: opened.bytes, etag, lastModified: resource.createdMs, ...tailOf(state, opened) },
    (previous) => {
      const before = previousOf(state, previous, request.headers.authorization);
      if (before !== null) checkComparable(before.resource, resource);
      return before === null ? null : before.bytes;
    },
  );
}

/**
 * What has sectors of 4096 bytes is exported as a VHDX file: its pages are the file's, not the disk's.
 *
 * Source: ACD, incremental snapshots of Premium SSD v2 and Ultra disks. ⚠ Which code a list of page ranges is refused with is not documented: the one that the
 *         blob service has for a kind of blob without them.
 */
function refusalOfVhdx(resource: Disk | Snapshot, comp: string | null) {
  if (sectorBytesOf('volume' in resource ? creationOf(resource.settings) : resource.creation) === 512) return null;
  if (comp === 'pagelist')
    return { status: 409, code: 'InvalidBlobType', message: 'The blob type is invalid for this operation.' };
  return { status: 501, code: 'NotImplemented', message: 'The sandbox writes no VHDX files.' };
}

/** What is exported is a fixed VHD: the disk's bytes and a footer. Source: sizes of exported snapshots, `diskSizeBytes` + 512, as migration scripts report them. */
function tailOf(state: AzureState, { resource, bytes }: Opened): { tail?: Uint8Array } {
  if (state.rawExports) return {};
  const id = 'sourceUniqueId' in resource ? resource.originUniqueId : resource.uniqueId;
  return { tail: vhdFooter({ sizeBytes: bytes.sizeBytes, createdMs: 0, id }) };
}

/** Source: incremental snapshot restrictions: no difference across a resize over 4 TiB. ⚠ The code is not documented. */
function checkComparable(before: Disk | Snapshot, after: Disk | Snapshot): void {
  if (before.sizeGiB >= COMPARABLE_SIZE_GIB || after.sizeGiB < COMPARABLE_SIZE_GIB) return;
  throw new PageBlobError(
    'PreviousSnapshotOperationNotSupported',
    'The disk was resized across 4 TiB between the two.',
  );
}

/** Opens what a URL's signature gives access to. Source: Blob service error codes. */
function open(
  state: AzureState,
  url: { path: string; query: URLSearchParams },
  authorization: string | undefined,
): Opened | { status: number; code: string; message: string } {
  const token = url.path.split('/')[2] ?? '';
  const grant = state.grants.check(token, url.query.get('sig'), state.clock.now());
  if (typeof grant === 'string') {
    return { status: 403, code: 'AuthenticationFailed', message: `The signature is ${grant}.` };
  }
  const found = resourceOf(state, grant);
  if (found === null)
    return { status: 404, code: 'ResourceNotFound', message: 'The specified resource does not exist.' };
  const { networkAccessPolicy, publicNetworkAccess, dataAccessAuthMode } = found.resource.settings;
  const isPrivate = networkAccessPolicy === 'AllowPrivate';
  const isOpen = isPrivate
    ? state.privateEndpoints
    : networkAccessPolicy !== 'DenyAll' && publicNetworkAccess !== 'Disabled';
  if (!isOpen) {
    return { status: 403, code: 'AuthorizationFailure', message: 'Network access to this resource is closed.' };
  }
  if (dataAccessAuthMode !== 'AzureActiveDirectory') return found;
  const clientId = diskTokenOf(state, authorization);
  if (clientId === null) {
    return { status: 401, code: 'NoAuthenticationInformation', message: 'A token is required beside the signature.' };
  }
  const access = { action: `${found.resource.type}/download/action`, scope: found.resource.id };
  if (state.roles.allows(clientId, access, 'dataAction')) return found;
  return { status: 403, code: 'AuthorizationPermissionMismatch', message: `The caller lacks ${access.action}.` };
}

/** The client of a token for the bytes of disks. */
function diskTokenOf(state: AzureState, authorization: string | undefined): string | null {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  const verdict = token === undefined ? null : state.authority.verify(token);
  if (verdict?.kind !== 'valid' || verdict.audience !== DISK_AUDIENCE) return null;
  return verdict.principal.clientId;
}

function resourceOf(state: AzureState, grant: Grant): Opened | null {
  const snapshot = state.snapshots.get(grant.resourceKey);
  if (snapshot !== undefined) return { resource: snapshot, bytes: snapshot.bytes };
  const disk = state.disks.get(grant.resourceKey);
  const bytes = state.exports.get(grant.resourceKey);
  return disk === undefined || bytes === undefined ? null : { resource: disk, bytes };
}

/** The snapshot of `x-ms-previous-snapshot-url`: its signature must be in force as well. */
function previousOf(state: AzureState, text: string, authorization: string | undefined): Opened | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.origin !== state.baseUrl || !url.pathname.startsWith(DATA_PLANE_PREFIX)) return null;
  const opened = open(state, { path: url.pathname, query: url.searchParams }, authorization);
  return 'code' in opened ? null : opened;
}

function refuse(
  response: ServerResponse,
  trace: Trace,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  trace.code = code;
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  response
    .writeHead(status, {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
      'x-ms-error-code': code,
      'x-ms-request-id': trace.requestId,
      ...headers,
    })
    .end(body);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
