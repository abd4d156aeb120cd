import type { GroupDay } from './group-book.ts';
import type { Redundancy } from './price.ts';
import type { PriceBook } from './price-book.ts';
import type { PriceUsed } from './report-days.ts';

/** More regions than this are not named on a page. */
const REGIONS_MAX = 20;
const REDUNDANCIES: readonly Redundancy[] = ['LRS', 'ZRS'];

/**
 * The prices of the regions of a day: for a report that reads no chain and so does not know which of them its figures rest on.
 *
 * Shape:  one line a region where both redundancies cost the same, as they do for snapshots on Standard HDD.
 */
export async function pricesOfRegions(
  prices: PriceBook,
  regions: AsyncIterable<GroupDay>,
): Promise<readonly PriceUsed[]> {
  const names = new Set<string>();
  for await (const { group } of regions) if (names.size < REGIONS_MAX) names.add(group.key);
  const used: PriceUsed[] = [];
  for (const region of [...names].sort()) {
    const known: PriceUsed[] = [];
    for (const redundancy of REDUNDANCIES) {
      const answer = await prices.priceOf(region, redundancy);
      if (answer.kind === 'known') known.push({ region, redundancy, price: answer.price, asOf: answer.asOf });
    }
    const [first, second] = known;
    const isSame = first && second?.price.microUnitsPerGiBMonth === first.price.microUnitsPerGiBMonth;
    used.push(...(isSame ? [{ ...first, redundancy: REDUNDANCIES.join(' and ') }] : known));
  }
  return used;
}
