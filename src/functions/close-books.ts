import type { App } from '../app.ts';
import { GIB } from '../base/bytes.ts';
import { isAppError } from '../base/errors.ts';
import { parseResourceId } from '../base/ids.ts';
import { DAY_MS, utcDay } from '../base/time.ts';
import { closeDay, isClosed, liveChains, type MadeDisk, openPriceBook } from '../cost/cost.ts';
import { dropOldMonths } from '../cost/drop-months.ts';
import { noteSettled, settledThrough } from '../cost/ledger-table.ts';
import { planDiskMeter } from '../cost/plan-disk-meter.ts';
import { settleDays } from '../cost/settle-days.ts';
import { tidyOutbox } from '../notify/notify.ts';
import { madeDisks } from '../restore/made-disks.ts';
import { startMonths } from '../send/start-months.ts';

/**
 * Keeps the books: closes yesterday, settles what came late, drops months that are kept no longer, and starts the reports of finished months.
 *
 * Shape:  once a day is enough; it may be called as often as one likes.
 * Errors: the price list's failure, while a day waits for it: call again.
 */
export async function closeBooks(holdfast: App): Promise<void> {
  const { store, clock, currency } = holdfast;
  const yesterday = utcDay(clock.now() - DAY_MS);
  if (!(await isClosed(store, yesterday, currency))) await closeYesterday(holdfast, yesterday);
  // Noted by itself: a crash after the closing must not leave what came late for another day.
  if ((await settledThrough(store)) !== yesterday) await settle(holdfast, yesterday);
  await startMonths(holdfast);
}

async function settle(holdfast: App, yesterday: string): Promise<void> {
  const { store, log, clock, ledgerMonths } = holdfast;
  await settleDays(holdfast, clock.now());
  await dropOldMonths({ store, log }, ledgerMonths, clock.now());
  await tidyOutbox(holdfast);
  await noteSettled(store, yesterday);
}

async function closeYesterday(holdfast: App, yesterday: string): Promise<void> {
  const { store, clock, log, currency, chains } = holdfast;
  const now = clock.now();
  const prices = openPriceBook({ store, source: holdfast.prices, log }, currency, now, yesterday);
  const made = await listMadeDisks(holdfast);
  const closed = await closeDay({ store, prices, log }, yesterday, liveChains(chains), now, made);
  log.info('a day is closed', { ...closed });
}

/** What each kind of disk costs, asked for once. A price list that does not answer is a missing price: the line shows it as missing, never as 0. */
function openDiskPrices({ diskPrices, currency }: App) {
  const asked = new Map<string, Promise<number | null>>();
  return (region: string, sku: string, sizeBytes: number): Promise<number | null> => {
    const meter = planDiskMeter(sku, sizeBytes);
    if (meter === null || !diskPrices) return Promise.resolve(null);
    const key = `${region}|${meter.meterName}`;
    const answer =
      asked.get(key) ??
      diskPrices.diskPrice(region.toLowerCase(), meter, currency).catch((error: unknown) => {
        if (isAppError(error)) return null;
        throw error;
      });
    asked.set(key, answer);
    return answer;
  };
}

/** The disks that restores have made, or swaps have taken out, and that Azure still has. One that it does not tell about is counted: it may be there. */
async function listMadeDisks(holdfast: App): Promise<readonly MadeDisk[]> {
  const found: MadeDisk[] = [];
  const priceOf = openDiskPrices(holdfast);
  for await (const disk of madeDisks(holdfast.store)) {
    const at = parseResourceId(disk.id);
    if (!at || (await isGone(holdfast, at))) continue;
    const sizeBytes = disk.sizeGiB * GIB;
    found.push({
      diskId: disk.id,
      diskName: disk.name,
      sku: disk.sku,
      sizeBytes,
      madeFor: disk.drill ? 'drill' : disk.role === 'replaced' ? 'undo' : 'restore',
      restoreId: disk.restoreId,
      source: {
        key: disk.sourceKey,
        kind: 'disk',
        id: disk.id,
        name: disk.sourceName,
        subscriptionId: disk.subscriptionId,
        resourceGroup: at.resourceGroup,
        region: disk.region,
        tags: {},
      },
      microUnitsPerMonth: await priceOf(disk.region, disk.sku, sizeBytes),
    });
  }
  return found;
}

async function isGone(
  { disks }: App,
  at: { subscriptionId: string; resourceGroup: string; name: string },
): Promise<boolean> {
  try {
    return (await disks.getDisk(at.subscriptionId, at.resourceGroup, at.name)) === null;
  } catch (error) {
    if (isAppError(error)) return false;
    throw error;
  }
}
