/** What a page says after something was done: the address names one of these and nothing else. */
export const notices = {
  held: 'The point is held.',
  released: 'The hold is lifted: retention decides again.',
  unmarked: 'The point is taken back.',
  taken: 'The point is being taken. It is complete when Azure says so, usually within a minute.',
  started: 'The restore has begun.',
  cancelled: 'The restore is asked to stop and to undo what it made.',
  undoing: 'The undo has begun.',
} as const;
export type NoticeName = keyof typeof notices;

/** The words of a notice; null for a name that is none. */
export function noticeOf(name: string | null): string | null {
  return name !== null && Object.hasOwn(notices, name) ? notices[name as NoticeName] : null;
}

/** Fields of each kind that are texts: those left empty are left out. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  disk: ['disk', 'name', 'resourceGroup', 'sku', 'zone'],
  vm: ['name', 'resourceGroup', 'subnet', 'privateAddress', 'size', 'zone'],
  swap: [],
  files: ['disk', 'path', 'container'],
};

/**
 * The body of `POST restores` that a form stands for. Pure.
 *
 * Shape: nothing is checked here: the use case behind it tells every problem.
 */
export function restoreBody(point: string, fields: URLSearchParams): Readonly<Record<string, unknown>> {
  const kind = fields.get('kind') ?? '';
  const target: Record<string, unknown> = {};
  for (const name of TEXTS[kind] ?? []) {
    const value = (fields.get(name) ?? '').trim();
    if (value !== '') target[name] = value;
  }
  const isOn = (name: string) => fields.get(name) === 'true';
  if (kind === 'disk') {
    const size = (fields.get('sizeGiB') ?? '').trim();
    if (size !== '') target.sizeGiB = /^\d{1,6}$/.test(size) ? Number(size) : size;
  }
  if (kind === 'vm') {
    if (isOn('interfaces')) target.interfaces = 'original';
    if (isOn('isolated')) target.isolated = true;
  }
  if (kind === 'swap') {
    target.disks = fields.getAll('disks');
    if (!isOn('safetyPoint')) target.safetyPoint = false;
    if (isOn('start')) target.start = true;
  }
  const expiresAfter = (fields.get('expiresAfter') ?? '').trim();
  const expires = kind === 'disk' || kind === 'vm' ? expiresAfter : '';
  return { kind, point, target, ...(expires === '' ? {} : { expiresAfter: expires }) };
}
