import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import type { Store } from '../base/store.ts';
import { utcDay } from '../base/time.ts';
import type { Agenda } from '../work/work.ts';
import { daysChanged, type PriceSheet } from './price-sheet.ts';
import {
  deletePriceSheet,
  readPriceSheet,
  type SheetWrite,
  type StoredSheet,
  writePriceSheet,
} from './price-sheet-book.ts';
import { askReprice } from './settle-days.ts';

export interface SheetDeps {
  readonly store: Store;
  readonly agenda: Agenda;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Who changes the sheet, and the version that they have seen: see `writePriceSheet`. */
export interface SheetChange {
  readonly by: string;
  readonly ifMatch?: string | null | undefined;
}

/**
 * Puts a price sheet in force. Days of the ledger that it prices differently are valued again.
 *
 * Safety: the days are asked for before the sheet is written, and are valued by whatever sheet is there then: a crash in between costs a look, not a price.
 */
export async function putPriceSheet(deps: SheetDeps, sheet: PriceSheet, change: SheetChange): Promise<SheetWrite> {
  const { store, audit, clock } = deps;
  const now = clock.now();
  const before = await readPriceSheet(store);
  await reprice(deps, before?.sheet ?? null, sheet);
  const written = await writePriceSheet(store, { sheet, now, ...change });
  if (written.kind === 'created' || written.kind === 'replaced') {
    await audit.record({
      at: now,
      actor: change.by,
      action: 'prices.save',
      target: 'prices/sheet',
      facts: {
        version: written.version,
        before: before?.version ?? null,
        prices: sheet.prices.length,
        name: sheet.name,
      },
    });
  }
  return written;
}

/** Takes the price sheet out of force: list prices hold again, also for the days that it priced. Shape: null where there is none. */
export async function dropPriceSheet(
  deps: SheetDeps,
  change: { readonly by: string; readonly ifMatch?: string | undefined },
): Promise<{ readonly kind: 'deleted' | 'changed'; readonly sheet: StoredSheet } | null> {
  const { store, audit, clock } = deps;
  const before = await readPriceSheet(store);
  if (before && (change.ifMatch === undefined || change.ifMatch === before.version))
    await reprice(deps, before.sheet, null);
  const done = await deletePriceSheet(store, change.ifMatch);
  if (done?.kind === 'deleted') {
    const facts = { version: done.sheet.version, prices: done.sheet.sheet.prices.length };
    await audit.record({ at: clock.now(), actor: change.by, action: 'prices.delete', target: 'prices/sheet', facts });
  }
  return done;
}

async function reprice(deps: SheetDeps, before: PriceSheet | null, after: PriceSheet | null): Promise<void> {
  const days = daysChanged(before, after, utcDay(deps.clock.now()));
  if (days) await askReprice(deps, days);
}
