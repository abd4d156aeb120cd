import { createHash } from 'node:crypto';
import { MINUTE_MS } from '../base/time.ts';
import { type NotifyDeps, notify } from '../notify/notify.ts';
import { underLease } from '../work/lease.ts';
import type { Message } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import { type MonthFile, readSentMonth, type SentMonth, writeSentMonth } from './month-book.ts';
import { type MonthState, monthDays } from './plan-months.ts';
import { planSummary } from './plan-summary.ts';
import { type MonthFormat, type MonthRenderer, monthFormats } from './ports.ts';

/** The blob container of monthly reports: what finance takes them from. */
const CONTAINER = 'reports';

const nameByFormat: Readonly<Record<MonthFormat, string>> = {
  html: 'cost.html',
  csv: 'cost.csv',
  json: 'cost.json',
  focus: 'focus.csv',
};

export interface SendDeps extends NotifyDeps {
  readonly renderer: MonthRenderer;
}

/** What an item of the agenda asks for: a month as preliminary or final, or again because somebody wants it. Shape: `<month>.<as or again-…>`. */
export function sendItemId(month: string, what: MonthState | `again-${string}`): string {
  return `${month}.${what}`;
}

/**
 * Writes the report of a month to the blob container, and tells about it.
 *
 * Shape:  blobs `<month>/cost.html`, `cost.csv`, `cost.json`, `focus.csv`, and `manifest.json` last, with the size and hash of each.
 * Errors: those of the renderer; 'storage-unavailable'.
 * Safety: a month that is noted as final is never written again, only told again. Until then the same names are written over: a crash anywhere repeats the
 *         whole. The message is in the outbox before the item leaves the agenda, and its key keeps it from being sent twice.
 */
export async function sendMonth(deps: SendDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'report', id: message.id, dueAt: message.dueAt };
  const [month = '', what = ''] = message.id.split('.');
  const turn = await underLease(deps, `report|${month}`, async () => {
    const before = await readSentMonth(deps.store, month);
    const isThere = before?.state === 'final' || before?.state === what;
    const sent = isThere ? before : await writeMonth(deps, month, what === 'final' ? 'final' : 'preliminary');
    // A late or doubled item: the month was told as final before.
    if (what === 'preliminary' && sent.state === 'final') return;
    await notify(deps, planSummary(sent, `report|${message.id}`));
  });
  const again = turn.kind === 'busy' ? [{ ...item, dueAt: deps.clock.now() + MINUTE_MS }] : [];
  await deps.agenda.change(again, [item]);
}

async function writeMonth(deps: SendDeps, month: string, state: MonthState): Promise<SentMonth> {
  const { store, clock, log, renderer } = deps;
  const days = monthDays(month);
  const blobs = store.blobs(CONTAINER);
  const files: MonthFile[] = [];
  for (const format of monthFormats) {
    const name = `${month}/${nameByFormat[format]}`;
    const rendered = await renderer.render(days, format);
    if (rendered === null) {
      // Left from a time when it was allowed: a folder never holds files of two runs.
      await blobs.delete(name);
      continue;
    }
    const content = await collect(rendered.body);
    await blobs.write(name, content, rendered.contentType);
    files.push({ name, bytes: content.byteLength, sha256: createHash('sha256').update(content).digest('hex') });
  }
  const sent: SentMonth = {
    month,
    state,
    writtenAt: clock.now(),
    files,
    summary: await renderer.summarize(days),
  };
  const manifest = Buffer.from(JSON.stringify(sent, null, 2), 'utf8');
  await blobs.write(`${month}/manifest.json`, manifest, 'application/json');
  await writeSentMonth(store, sent);
  log.info('the report of a month was written', { month, state, files: files.length });
  return sent;
}

async function collect(body: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
  return Buffer.concat(chunks);
}
