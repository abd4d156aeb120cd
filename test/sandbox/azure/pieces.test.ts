import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Collection, type Held } from '../../../src/sandbox/azure/collection.ts';
import type { PriceRow } from '../../../src/sandbox/azure/price-filter.ts';
import { parseResourceId } from '../../../src/sandbox/azure/resource-id.ts';
import { answerPrices } from '../../../src/sandbox/azure/retail-prices.ts';
import { armRoutes } from '../../../src/sandbox/azure/route-table.ts';
import { Router } from '../../../src/sandbox/azure/router.ts';
import { supportMatrix } from '../../../src/sandbox/azure/support-matrix.ts';

describe('the router', () => {
  const router = new Router([
    { method: 'GET', path: '/a/{x}/b' },
    { method: 'PUT', path: '/a/{x}/b/{y}' },
    { method: 'GET', path: '/{scope}/providers/Locks/{name}' },
  ]);
  it.each([
    ['a parameter keeps its case', 'GET', '/A/One/B', ['One']],
    ['an encoded parameter', 'PUT', '/a/o%20ne/b/two', ['o ne', 'two']],
    ['a scope of any length', 'GET', '/x/1/y/2/providers/locks/Keep', ['/x/1/y/2', 'Keep']],
    ['the last of several providers', 'GET', '/x/providers/p/q/providers/locks/k', ['/x/providers/p/q', 'k']],
  ])('%s', (_name, method, path, values) => {
    expect(router.find(method, path)).toMatchObject({ values });
  });
  it.each([
    ['an unknown path', 'GET', '/b/x', null],
    ['an empty parameter', 'GET', '/a//b', null],
    ['a method that is not there', 'POST', '/a/x/b', { route: null, methods: ['GET'] }],
  ])('%s', (_name, method, path, found) => {
    expect(router.find(method, path)).toEqual(found);
  });
});

describe('a collection', () => {
  it('never skips or repeats by paging what is there all the time, whatever is added or removed between pages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat(60)),
        (count, size, changes) => {
          const collection = new Collection<Held>();
          const items = Array.from({ length: count + changes.length }, (_, at) => ({
            key: `k${at}`,
            subscriptionKey: 's',
            groupKey: 'g',
            sequence: at + 1,
          }));
          for (const item of items.slice(0, count)) collection.add(item);
          const touched = new Set<string>();
          const seen: string[] = [];
          let after: number | null = 0;
          let change = 0;
          while (after !== null) {
            const page = collection.page('g', after, size);
            seen.push(...page.items.map((each) => each.key));
            after = page.next;
            const at = changes[change];
            const added = items[count + change];
            const removed = at === undefined ? undefined : items[at];
            if (removed !== undefined) {
              collection.remove(removed);
              touched.add(removed.key);
            }
            if (added !== undefined && !touched.has(added.key)) {
              collection.add(added);
              touched.add(added.key);
            }
            change += 1;
          }
          const stable = items
            .slice(0, count)
            .map((each) => each.key)
            .filter((key) => !touched.has(key));
          expect(seen.filter((key) => stable.includes(key))).toEqual(stable);
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
    );
  });
});

describe('resource ids', () => {
  it.each([
    [
      'a disk',
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d',
      'Microsoft.Compute/disks',
      ['d'],
    ],
    ['a child', '/subscriptions/s/resourcegroups/g/providers/N/a/x/b/y', 'N/a/b', ['x', 'y']],
  ])('%s', (_name, id, type, names) => {
    expect(parseResourceId(id)).toEqual({ subscriptionId: 's', group: 'g', type, names });
  });
  it.each([
    '',
    '/',
    '/subscriptions/s',
    '/subscriptions/s/resourceGroups/g/providers/N/a',
    '/x/s/resourceGroups/g/providers/N/a/b',
  ])('none: %s', (id) => {
    expect(parseResourceId(id)).toBeNull();
  });
});

describe('retail prices', () => {
  const ask = (query: Record<string, string>) => answerPrices(new URLSearchParams(query), 'https://x');
  const rowsOf = (filter: string, more = {}) => {
    const answer = ask({ $filter: filter, ...more });
    return answer.kind === 'rows' ? (answer.body.Items as PriceRow[]) : answer.message;
  };
  const SNAPSHOTS =
    "serviceName eq 'Storage' and armRegionName eq 'westeurope' and contains(meterName,'Snapshots') and priceType eq 'Consumption'";

  it('hold misleading siblings beside the right meter', () => {
    const rows = rowsOf(SNAPSHOTS) as PriceRow[];
    expect(rows.length).toBe(9);
    expect(rows.filter((row) => row.meterName === 'LRS Snapshots').length).toBeGreaterThan(2);
    expect(
      rows.filter((row) => row.productName === 'Standard HDD Managed Disks').map((row) => row.retailPrice),
    ).toEqual([0.05, 0.05]);
  });
  it.each([
    ['values mind case', "armRegionName eq 'WestEurope'", 0],
    [
      'or and parentheses',
      "(armRegionName eq 'eastus' or armRegionName eq 'westeurope') and productName eq 'Premium Files'",
      4,
    ],
    ['and binds closer than or', "armRegionName eq 'x' or armRegionName eq 'eastus' and skuName eq 'Snapshots ZRS'", 3],
    ['startswith', "startswith(meterName,'Snapshots ') and armRegionName eq 'eastus'", 2],
  ])('%s', (_name, filter, count) => {
    expect(rowsOf(filter)).toHaveLength(count);
  });
  it.each([
    'nonsense',
    "a eq 'b'",
    'armRegionName eq',
    "armRegionName gt 'x'",
    "(armRegionName eq 'x'",
    "armRegionName eq 'x' 'y'",
  ])('refuse %s', (filter) => {
    expect(rowsOf(filter)).toBe('Invalid OData parameters supplied');
  });
  it('come in other currencies by a fixed rate, and not in unknown ones', () => {
    expect((rowsOf(SNAPSHOTS, { currencyCode: "'EUR'" }) as PriceRow[])[0]).toMatchObject({
      retailPrice: 0.046,
      currencyCode: 'EUR',
    });
    expect((rowsOf(SNAPSHOTS, { currencyCode: "'JPY'" }) as PriceRow[])[0]).toMatchObject({ retailPrice: 7.5 });
    expect(ask({ currencyCode: 'XXX' }).kind).toBe('refused');
  });
  it('come in pages', () => {
    const first = ask({ $top: '100' });
    expect(first.kind === 'rows' && first.body.NextPageLink).toContain('%24skip=100');
  });
});

describe('the support matrix', () => {
  it('of the README is that of the routes', () => {
    const readme = readFileSync(new URL('../../../src/sandbox/azure/README.md', import.meta.url), 'utf8');
    const matrix = /<!-- matrix -->\n([\s\S]*?)\n<!-- \/matrix -->/.exec(readme)?.[1];
    // The formatter pads the cells of a table.
    const bare = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();
    expect(bare(matrix ?? '')).toBe(bare(supportMatrix(armRoutes)));
  });
});
