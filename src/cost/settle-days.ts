import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { DAY_MS, daysInUtcMonth, type EpochMs, MINUTE_MS, utcDay } from '../base/time.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import type { Chains } from './chains.ts';
import { correctDay, refreshStale } from './correct-ledger.ts';
import { decideCorrection, lateBytes, type RecordedDay, sumRows } from './decide-correction.ts';
import { readGroups } from './group-book.ts';
import type { LedgerDeps } from './ledger.ts';
import type { CorrectionReason, RowPrice, ValuedRow } from './ledger-row.ts';
import type { PriceSource } from './ports.ts';
import { redundancyOfSku } from './price.ts';
import { openPriceBook, type PriceBook } from './price-book.ts';

/** A point that is not measured by then is given up by metering, and Azure's bill has told it or never will. */
const LATE_DAYS = 7;

/** Days that one new price sheet can change: further back its months are closed in every book. */
const REPRICE_DAYS_MAX = 800;

/** Days are asked for before their new prices are written, so that no crash loses them: they are valued when that is long done. */
const REPRICE_AFTER_MS = 5 * MINUTE_MS;

export interface SettleDeps {
  readonly store: Store;
  readonly log: Log;
  readonly prices: PriceSource;
  readonly currency: string;
  readonly chains: Pick<Chains, 'nodes'>;
}

/**
 * Settles closed days: what came late (a point's metering, a price that was missing, a deletion) becomes rows of their own, and sums are made again.
 *
 * Shape:  how many rows were added. Once a day is enough: only days of the last week that are marked as incomplete are read.
 * Safety: may be called twice or at once, and again after a crash.
 */
export async function settleDays(deps: SettleDeps, now: EpochMs): Promise<number> {
  const { store, currency } = deps;
  await refreshStale(ledgerOn(deps, now, utcDay(now)));
  const range = { from: utcDay(now - LATE_DAYS * DAY_MS), to: utcDay(now - DAY_MS) };
  const incomplete: string[] = [];
  for await (const { day, figures } of readGroups(store, 'total', currency, range))
    if (figures.unmeasuredPoints > 0 || figures.unpricedBytes > 0) incomplete.push(day);
  let added = 0;
  for (const day of incomplete.sort()) {
    const ledger = ledgerOn(deps, now, day);
    added += await correctDay(ledger, day, now, lateness(deps.chains, ledger.prices, day));
  }
  return added;
}

/** The ledger with the prices that hold on a day. */
function ledgerOn({ store, log, prices, currency }: Omit<SettleDeps, 'chains'>, now: EpochMs, day: string): LedgerDeps {
  return { store, log, prices: openPriceBook({ store, source: prices, log }, currency, now, day) };
}

function lateness(chains: SettleDeps['chains'], prices: PriceBook, day: string) {
  const isIncomplete = (recorded: RecordedDay) =>
    recorded.price === null || recorded.points.some(({ storedBytes }) => storedBytes === null);
  return {
    needs: (rows: readonly ValuedRow[]) => isIncomplete(sumRows(rows)),
    decide: async (rows: readonly ValuedRow[]) => {
      const recorded = sumRows(rows);
      const [row] = rows;
      if (!row || !isIncomplete(recorded)) return null;
      const isUnmeasured = recorded.points.some(({ storedBytes }) => storedBytes === null);
      const bytesByPoint = isUnmeasured ? lateBytes(recorded.points, await chains.nodes(row.chainKey)) : new Map();
      const price = recorded.price ?? (await askPrice(prices, row));
      const reason: CorrectionReason = bytesByPoint.size > 0 ? 'late-metering' : 'late-price';
      return decideCorrection(recorded, { bytesByPoint, price }, reason, daysInUtcMonth(Date.parse(day)));
    },
  };
}

/** Errors: the price list's failure where `mustAnswer`. */
async function askPrice(prices: PriceBook, row: ValuedRow, mustAnswer = false): Promise<RowPrice | null> {
  const answer = await prices.priceOf(row.source.region, redundancyOfSku(row.sku));
  if (answer.kind === 'unavailable' && mustAnswer) throw answer.error;
  return answer.kind === 'known'
    ? { microUnitsPerGiBMonth: answer.price.microUnitsPerGiBMonth, asOf: answer.asOf }
    : null;
}

export interface RepriceDeps {
  readonly store: Store;
  readonly agenda: Agenda;
  readonly clock: Clock;
  readonly log: Log;
  readonly prices: PriceSource;
  readonly currency: string;
}

/**
 * Asks for days to be valued again, because a price sheet has changed their prices: one item of the agenda a day.
 *
 * Shape:  how many days were asked for: those up to yesterday, REPRICE_DAYS_MAX at most, the newest first.
 */
export async function askReprice(
  { agenda, clock }: Pick<RepriceDeps, 'agenda' | 'clock'>,
  range: { readonly from: string; readonly to: string },
): Promise<number> {
  const now = clock.now();
  const last = [range.to, utcDay(now - DAY_MS)].sort()[0] ?? range.to;
  const items: WorkItem[] = [];
  for (let day = last; day >= range.from && items.length < REPRICE_DAYS_MAX; day = utcDay(Date.parse(day) - DAY_MS))
    items.push({ kind: 'reprice', id: day, dueAt: now + REPRICE_AFTER_MS });
  await agenda.change(items);
  return items.length;
}

/** Values one day again at the prices that hold for it now; what differs is added as rows of their own. A chain whose price is missing stays as it is. */
export async function repriceDay(deps: RepriceDeps, message: Message): Promise<void> {
  const { agenda, clock } = deps;
  const day = message.id;
  const now = clock.now();
  const ledger = ledgerOn(deps, now, day);
  await correctDay(ledger, day, now, {
    needs: () => true,
    decide: async (rows) => {
      const [row] = rows;
      const price = row ? await askPrice(ledger.prices, row, true) : null;
      if (!row || price === null) return null;
      const recorded = sumRows(rows);
      if (recorded.price?.microUnitsPerGiBMonth === price.microUnitsPerGiBMonth) return null;
      const truth = { bytesByPoint: new Map<string, number>(), price };
      return decideCorrection(recorded, truth, 'price-sheet', daysInUtcMonth(Date.parse(day)));
    },
  });
  await agenda.change([], [{ kind: 'reprice', id: day, dueAt: message.dueAt }]);
}
