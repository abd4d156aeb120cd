import { ArmError, invalidParameter, notAllowed } from './arm-error.ts';
import { oneOf } from './body-rules.ts';
import { decideImmutability } from './decide-immutability.ts';
import { snapshotJson } from './disk-json.ts';
import { numberAt, textAt } from './json.ts';
import { begin } from './long-running.ts';
import type { ArmAnswer, ArmRequest, ArmRoute } from './route.ts';
import { SNAPSHOT_PATH, snapshotOf } from './routes-snapshots.ts';

/** The first version that has immutability policies. Source: SDK, arm-compute 25. */
const VERSIONS = ['2026-03-02'];

function update(request: ArmRequest, through: 'update' | 'lock'): ArmAnswer {
  const { state, body } = request;
  const snapshot = snapshotOf(request);
  const days = numberAt(body, 'immutabilityDurationDays');
  const type = textAt(body, 'type');
  if (days === null) throw invalidParameter('immutabilityDurationDays');
  if (type === null) throw invalidParameter('type');
  const asked = { days, type: oneOf('type', type, ['Unlocked', 'Locked'] as const) };
  const verdict = decideImmutability(snapshot.immutability, asked, through, state.clock.now());
  if ('refused' in verdict) {
    throw verdict.refused === 'conflict'
      ? notAllowed(`${verdict.message} Snapshot: ${snapshot.name}.`)
      : new ArmError(400, 'InvalidParameter', verdict.message, { target: 'immutabilityDurationDays' });
  }
  snapshot.immutability = verdict.policy;
  return begin(request, {
    subscriptionId: snapshot.subscriptionId,
    region: snapshot.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    complete: () => snapshotJson(state, snapshot),
  });
}

/** Routes of immutability policies. */
export const immutabilityRoutes: readonly ArmRoute[] = [
  {
    method: 'POST',
    path: `${SNAPSHOT_PATH}/updateImmutabilityPolicy`,
    versions: VERSIONS,
    does: 'protects a snapshot from deletion for some days, or for more days',
    compute: 'CreateUpdateSnapshots3Min',
    answer: (request) => update(request, 'update'),
  },
  {
    method: 'POST',
    path: `${SNAPSHOT_PATH}/updateImmutabilityPolicyLock`,
    versions: VERSIONS,
    does: 'locks that protection (then it can only be extended), shortens or ends an unlocked one',
    compute: 'CreateUpdateSnapshots3Min',
    answer: (request) => update(request, 'lock'),
  },
];
