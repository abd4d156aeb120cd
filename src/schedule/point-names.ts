import { assert } from '../base/assert.ts';
import { hashId } from '../base/ids.ts';
import { approximateMs, type CalendarDuration, type EpochMs } from '../base/time.ts';

/**
 * The names of points and snapshots: functions of policy, source or disk, and slot alone, so that whatever is retried, doubled or restarted
 * meets what it made before instead of making it twice.
 */

const SLOT_DIGITS = 15;
const LAST_SLOT: EpochMs = 999_999_999_999_999;
const POLICY_KEY_LENGTH = 8;
/** Sources share their slots: what is left of the source keeps row keys apart for stores that index them by themselves, as Azurite does. */
const SOURCE_MARK_LENGTH = 6;
const POINT_ID = /^([A-Za-z0-9_-]{22})\.(\d{15})\.([A-Za-z0-9_-]{8})$/;

/** A slot as a key that sorts newest first: 15 digits. */
export function invertedSlot(slot: EpochMs): string {
  assert(
    Number.isInteger(slot) && slot >= 0 && slot <= LAST_SLOT,
    'a slot is a whole number of milliseconds since 1970',
  );
  return String(LAST_SLOT - slot).padStart(SLOT_DIGITS, '0');
}

/** Where the slots before a moment begin, in keys that sort newest first; null where there can be none. The moment may be any that a calendar holds. */
export function invertedBefore(before: EpochMs): string | null {
  return before < 1 ? null : invertedSlot(Math.min(before - 1, LAST_SLOT));
}

/** A policy's name as a short key, fit for table keys. */
export function policyKey(policy: string): string {
  return hashId('policy', policy).slice(0, POLICY_KEY_LENGTH);
}

/** The id of the point of a source under a policy at a slot: `<source key>.<inverted slot>.<policy key>`. */
export function pointId(point: {
  readonly sourceKey: string;
  readonly policy: string;
  readonly slot: EpochMs;
}): string {
  return `${point.sourceKey}.${invertedSlot(point.slot)}.${policyKey(point.policy)}`;
}

/** What a point's id says: its table keys (newest first within a source) and its slot. Null for any text that is no point id. */
export function pointKeys(
  id: string,
): { readonly partitionKey: string; readonly rowKey: string; readonly slot: EpochMs } | null {
  const parts = POINT_ID.exec(id);
  const [, source, inverted, policy] = parts ?? [];
  if (!source || !inverted || !policy) return null;
  const rowKey = `${inverted}.${policy}.${source.slice(-SOURCE_MARK_LENGTH)}`;
  return { partitionKey: source, rowKey, slot: LAST_SLOT - Number(inverted) };
}

/**
 * Azure's rule for snapshot names: up to 80 letters, digits, `_`, `.` and `-`; ours start with a letter and end with a digit or letter.
 *
 * Source: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, Microsoft.Compute/snapshots.
 */
const DISK_NAME_LENGTH = 40;
const HASH_LENGTH = 16;

/**
 * The name of the snapshot of a disk under a policy at a slot: `hf-<disk>-<yyyymmddThhmmZ>-<hash>`, at most 75 characters.
 * The readable parts are for people; the hash alone makes it the snapshot of this policy, this disk (by Azure's identity) and this slot.
 */
export function snapshotName(snapshot: {
  readonly policy: string;
  readonly diskName: string;
  readonly diskUniqueId: string;
  readonly slot: EpochMs;
}): string {
  const disk = snapshot.diskName.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, DISK_NAME_LENGTH);
  const minute = new Date(snapshot.slot).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  const id = hashId('snapshot', snapshot.policy, snapshot.diskUniqueId.toLowerCase(), String(snapshot.slot));
  // Hexadecimal, as Azure compares names without regard to case.
  const hash = Buffer.from(id, 'base64url').toString('hex').slice(0, HASH_LENGTH);
  return `hf-${disk}-${minute}Z-${hash}`;
}

/** How much later than its slot a source is started: the same for one source at every slot, spread evenly over sources. From 0 to below `jitter`. */
export function jitterMs(sourceKey: string, jitter: CalendarDuration | null): number {
  if (jitter === null) return 0;
  const share = Buffer.from(hashId('jitter', sourceKey), 'base64url').readUInt32BE(0) / 2 ** 32;
  return Math.floor(share * approximateMs(jitter));
}
