import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, utcDay } from '../../src/base/time.ts';
import { parsePriceCsv } from '../../src/cost/parse-price-csv.ts';
import { parsePriceSheet } from '../../src/cost/parse-price-sheet.ts';
import type { Price } from '../../src/cost/ports.ts';
import { openPriceBook } from '../../src/cost/price-book.ts';
import { daysChanged, type PriceSheet, sheetPriceOn } from '../../src/cost/price-sheet.ts';
import { readPriceSheet, writePriceSheet } from '../../src/cost/price-sheet-book.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { price as retail, silent } from './ledger-bench.ts';

const RULES = { currency: 'EUR', force: false };
const METER = '0ba5c9c2-8a1c-4f3c-9e37-1f3b1a2c3d4e';

const line = (changes: object = {}) => ({
  region: 'westeurope',
  sku: 'Standard_ZRS',
  price: 0.041,
  from: '2026-01-01',
  ...changes,
});
const document = (...prices: readonly object[]) => ({ name: 'EA 2026', currency: 'EUR', prices });
const parse = (input: unknown, rules: Partial<typeof RULES> = {}) => parsePriceSheet(input, { ...RULES, ...rules });

function problems(input: unknown): readonly string[] {
  const parsed = parse(input);
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`);
}

function sheet(...prices: readonly object[]): PriceSheet {
  const parsed = parse(document(...prices));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

describe('a price sheet as JSON', () => {
  it('is read with blocks, short skus and names of regions as people write them', () => {
    expect(
      sheet(
        line({ region: 'West Europe', sku: 'LRS', price: '4.15', unit: '100 GB/Month', to: '2026-06-30' }),
        line({ sku: 'zrs', meterId: METER.toUpperCase() }),
      ),
    ).toEqual({
      name: 'EA 2026',
      currency: 'EUR',
      prices: [
        {
          ...{ region: 'westeurope', redundancy: 'LRS', microUnitsPerGiBMonth: 41_500 },
          ...{ from: '2026-01-01', to: '2026-06-30', meterId: null },
        },
        {
          ...{ region: 'westeurope', redundancy: 'ZRS', microUnitsPerGiBMonth: 41_000 },
          ...{ from: '2026-01-01', to: null, meterId: METER },
        },
      ],
    });
  });

  const wrong: readonly { name: string; input: unknown; said: readonly string[] }[] = [
    { name: 'nothing', input: undefined, said: ['$ is required'] },
    { name: 'a list', input: [], said: ['$ is not of the right type'] },
    { name: 'no prices', input: document(), said: ['$.prices is too short'] },
    {
      name: 'another currency',
      input: { ...document(line()), currency: 'USD' },
      said: ['$.currency is not the currency of the reports'],
    },
    { name: 'no currency', input: { prices: [line()] }, said: ['$.currency is required'] },
    {
      name: 'an unknown field',
      input: document(line({ discount: 5 })),
      said: ['$.prices[0].discount is not a known field'],
    },
    {
      name: 'a region that is none',
      input: document(line({ region: 'west-europe' })),
      said: ['$.prices[0].region is no known region'],
    },
    {
      name: 'a region that nobody knows',
      input: document(line({ region: 'marsnorth' })),
      said: ['$.prices[0].region is no known region'],
    },
    {
      name: 'a premium sku',
      input: document(line({ sku: 'Premium_LRS' })),
      said: ['$.prices[0].sku is no sku of incremental snapshots'],
    },
    { name: 'a price below zero', input: document(line({ price: -0.04 })), said: ['$.prices[0].price is not above 0'] },
    { name: 'a price of zero', input: document(line({ price: 0 })), said: ['$.prices[0].price is not above 0'] },
    {
      name: 'noise of floats',
      input: document(line({ price: 0.1 + 0.2 })),
      said: ['$.prices[0].price is finer than a micro-unit for one GB and month'],
    },
    {
      name: 'a tiny price',
      input: document(line({ price: 1e-7 })),
      said: ['$.prices[0].price is finer than a micro-unit for one GB and month'],
    },
    {
      name: 'a block that does not divide',
      input: document(line({ price: 1, unit: '3 GB/Month' })),
      said: ['$.prices[0].price is finer than a micro-unit for one GB and month'],
    },
    { name: 'a decimal comma', input: document(line({ price: '0,041' })), said: ['$.prices[0].price is no number'] },
    { name: 'a price in words', input: document(line({ price: 'NaN' })), said: ['$.prices[0].price is no number'] },
    {
      name: 'a price of a slipped comma',
      input: document(line({ price: 4_100_000 })),
      said: ['$.prices[0].price is too big to be a price'],
    },
    {
      name: 'a unit of another kind',
      input: document(line({ unit: '1 GB/Day' })),
      said: ['$.prices[0].unit is no unit of stored bytes'],
    },
    {
      name: 'a block of nothing',
      input: document(line({ unit: '0 GB/Month' })),
      said: ['$.prices[0].unit is no unit of stored bytes'],
    },
    {
      name: 'a day that is none',
      input: document(line({ from: '2026-02-30' })),
      said: ['$.prices[0].from is no day of the calendar'],
    },
    {
      name: 'an end before the beginning',
      input: document(line({ to: '2025-12-31' })),
      said: ['$.prices[0].to lies before from'],
    },
    {
      name: 'a meter that is no id',
      input: document(line({ meterId: 'm1' })),
      said: ['$.prices[0].meterId is no id of a meter'],
    },
    {
      name: 'the same price twice',
      input: document(line(), line()),
      said: ['$.prices[1].from stands twice: see $.prices[0].from'],
    },
    {
      name: 'two prices on some days',
      input: document(line({ to: '2026-06-30' }), line({ from: '2026-06-30' })),
      said: ['$.prices[1].from overlaps $.prices[0].from'],
    },
    {
      name: 'a price without an end before another',
      input: document(line(), line({ from: '2027-01-01' })),
      said: ['$.prices[1].from overlaps $.prices[0].from'],
    },
    {
      name: 'one meter for two places',
      input: document(line({ meterId: METER }), line({ region: 'northeurope', meterId: METER })),
      said: ['$.prices[1].meterId is the meter of westeurope ZRS too'],
    },
    {
      name: 'everything in one price at once',
      input: document({ region: 'x', sku: 'y', price: -1, unit: 'z', from: 'soon', to: 'late', meterId: 'm' }),
      said: [
        '$.prices[0].region is no known region',
        '$.prices[0].sku is no sku of incremental snapshots',
        '$.prices[0].unit is no unit of stored bytes',
        '$.prices[0].price is not above 0',
        '$.prices[0].from is no day of the calendar',
        '$.prices[0].to is no day of the calendar',
        '$.prices[0].meterId is no id of a meter',
      ],
    },
    {
      name: 'everything at once',
      input: {
        ...document(
          line({ price: -1, region: 'x y z!' }),
          line(),
          line({ to: '2025-01-01' }),
          line({ from: '2026-05-01' }),
        ),
        currency: 'USD',
      },
      said: [
        '$.currency is not the currency of the reports',
        '$.prices[0].region is no known region',
        '$.prices[0].price is not above 0',
        '$.prices[2].to lies before from',
        '$.prices[3].from overlaps $.prices[1].from',
      ],
    },
  ];
  it.each(wrong)('with $name is refused', ({ input, said }) => {
    expect(problems(input)).toEqual(said);
  });

  it('says what was found and what is allowed', () => {
    const parsed = parse(document(line({ region: 'marsnorth' })));
    expect(!parsed.ok && parsed.problems[0]).toMatchObject({
      found: '"marsnorth"',
      allowed: expect.stringContaining('westeurope'),
    });
  });

  it('takes a region that is newer than the list where it is forced', () => {
    expect(parse(document(line({ region: 'marsnorth' })), { force: true }).ok).toBe(true);
    expect(parse(document(line({ region: "x'y" })), { force: true }).ok).toBe(false);
  });

  it('never has two prices for one place and day, whatever is sent', () => {
    const day = (offset: number) => utcDay(Date.UTC(2026, 0, 1) + offset * DAY_MS);
    const prices = fc.array(
      fc.record({
        region: fc.constantFrom('westeurope', 'northeurope'),
        sku: fc.constantFrom('LRS', 'ZRS'),
        price: fc.integer({ min: 1, max: 9_999 }).map((units) => units / 10_000),
        from: fc.integer({ min: 0, max: 40 }).map(day),
        to: fc.option(fc.integer({ min: 0, max: 60 }).map(day)),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(prices, fc.integer({ min: 0, max: 70 }), (sent, offset) => {
        const parsed = parse(document(...sent));
        const holds = ({ region, sku, from, to }: (typeof sent)[number], on: string) =>
          region === 'westeurope' && sku === 'ZRS' && from <= on && (to === null || on <= to);
        if (!parsed.ok) return;
        const on = day(offset);
        const expected = sent.filter((each) => holds(each, on));
        expect(expected.length).toBeLessThanOrEqual(1);
        const found = sheetPriceOn(parsed.value, { region: 'westeurope', redundancy: 'ZRS' }, on);
        const amount = expected[0] ? Math.round(expected[0].price * 1e6) : null;
        expect(found?.microUnitsPerGiBMonth ?? null).toBe(amount);
      }),
    );
  });
});

describe('a price sheet as CSV', () => {
  const head = 'region,sku,price,currency,unit,from,to,meterId';
  const csv = (...lines: readonly string[]) => `${[head, ...lines].join('\r\n')}\r\n`;
  const said = (text: string) => {
    const parsed = parsePriceCsv(text, RULES);
    return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
  };

  it('says the same as in JSON', () => {
    const text = csv(
      `westeurope,Standard_ZRS,0.041,EUR,,2026-01-01,,${METER}`,
      'westeurope,LRS,4.15,EUR,100 GB/Month,2026-01-01,2026-06-30,',
    );
    const parsed = parsePriceCsv(text, RULES);
    const json = sheet(
      line({ meterId: METER }),
      line({ sku: 'LRS', price: 4.15, unit: '100 GB/Month', to: '2026-06-30' }),
    );
    expect(parsed).toEqual({ ok: true, value: { ...json, name: null } });
  });

  it.each([
    ['a byte order mark and LF', '\ufeffregion,sku,price,currency,from\nwesteurope,ZRS,0.041,EUR,2026-01-01\n'],
    ['semicolons and no line end', 'region;sku;price;currency;from\nwesteurope;ZRS;0.041;EUR;2026-01-01'],
    ['tabs and empty lines', 'region\tsku\tprice\tcurrency\tfrom\n\nwesteurope\tZRS\t0.041\tEUR\t2026-01-01\n\n'],
    [
      'another order, capitals and quotes',
      'From,"SKU",Currency,Price,Region\n"2026-01-01",ZRS,EUR,"0.041","westeurope"\n',
    ],
  ])('is read with %s', (_, text) => {
    expect(parsePriceCsv(text, RULES)).toMatchObject({
      ok: true,
      value: { prices: [{ region: 'westeurope', redundancy: 'ZRS', microUnitsPerGiBMonth: 41_000 }] },
    });
  });

  it.each<[string, string, readonly string[]]>([
    [
      'no text',
      '',
      [
        'line 1, region: is a column that is missing',
        'line 1, sku: is a column that is missing',
        'line 1, price: is a column that is missing',
        'line 1, currency: is a column that is missing',
        'line 1, from: is a column that is missing',
      ],
    ],
    ['an unknown column', `${head},discount\r\n`, ['line 1: is no known column']],
    ['a column twice', `${head},price\r\n`, ['line 1: is a column that stands twice']],
    ['a head alone', csv(), ['$.currency: is no currency code', '$.prices: is too short']],
    [
      'a line that is too short',
      csv('westeurope,ZRS,0.041,EUR'),
      ['line 2: has another number of cells than the head', 'line 2, from: is no day of the calendar'],
    ],
    ['a quote without an end', csv('"westeurope,ZRS'), ['line 2: a quote is not closed']],
    [
      'a quote in the middle',
      csv('west"europe,ZRS,1,EUR,,2026-01-01,,'),
      ['line 2: a quote stands inside a cell that does not begin with one'],
    ],
    [
      'text behind a quote',
      csv('"west"europe,ZRS,1,EUR,,2026-01-01,,'),
      ['line 2: something stands behind the closing quote of a cell'],
    ],
    [
      'problems in many lines',
      csv(
        'westeurope,ZRS,-1,EUR,,2026-01-01,,',
        'nowhere,ZRS,1,EUR,,2026-01-01,,',
        'westeurope,LRS,1,EUR,,2026-13-01,,',
      ),
      [
        'line 2, price: is not above 0',
        'line 3, region: is no known region',
        'line 4, from: is no day of the calendar',
      ],
    ],
    [
      'prices and regions of many lines',
      csv('westeurope,ZRS,-1,EUR,,2026-01-01,,', 'nowhere,ZRS,1,EUR,,2026-01-01,,'),
      ['line 2, price: is not above 0', 'line 3, region: is no known region'],
    ],
    [
      'another currency in one line',
      csv('westeurope,ZRS,1,EUR,,2026-01-01,,', 'westeurope,LRS,1,USD,,2026-01-01,,'),
      ['line 3, currency: is not the currency of the reports'],
    ],
    [
      'another currency in all',
      csv('westeurope,ZRS,1,USD,,2026-01-01,,'),
      ['$.currency: is not the currency of the reports'],
    ],
    [
      'a duplicate',
      csv('westeurope,ZRS,1,EUR,,2026-01-01,,', 'westeurope,ZRS,1,EUR,,2026-01-01,,'),
      ['line 3, from: stands twice: see line 2, from'],
    ],
  ])('with %s is refused', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it('never fails otherwise, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', '0', '.') }), (text) => {
        expect(parsePriceCsv(`${head}\n${text}`, RULES).ok).toBe(false);
      }),
    );
  });
});

describe('the price that holds', () => {
  const noon = Date.parse('2026-03-15T12:00:00Z');
  const negotiated = sheet(
    line({ price: 0.04, from: '2026-03-10', to: '2026-03-15' }),
    line({ price: 0.03, from: '2026-03-16' }),
  );

  async function bench(stored: PriceSheet | null, list: Price | null = retail) {
    const store = createMemoryStore();
    const asked: (number | undefined)[] = [];
    const warnings: string[] = [];
    const source = {
      snapshotPrice: async (_region: string, _redundancy: string, _currency: string, at?: number) => {
        asked.push(at);
        return list;
      },
    };
    if (stored) await writePriceSheet(store, { sheet: stored, by: 'ann', now: noon });
    const log = { ...silent, warn: (message: string) => void warnings.push(message) };
    const open = (day?: string, now = noon) => openPriceBook({ store, source, log }, 'EUR', now, day);
    return { store, asked, warnings, open };
  }

  const cases: readonly { day: string; amount: number; source: 'retail' | 'sheet' }[] = [
    { day: '2026-03-09', amount: 50_000, source: 'retail' },
    { day: '2026-03-10', amount: 40_000, source: 'sheet' },
    { day: '2026-03-15', amount: 40_000, source: 'sheet' },
    { day: '2026-03-16', amount: 30_000, source: 'sheet' },
    { day: '2027-01-01', amount: 30_000, source: 'sheet' },
  ];
  it.each(cases)('on $day is that of the $source', async ({ day, amount, source }) => {
    const { open } = await bench(negotiated);
    expect(await open(day).priceOf('WestEurope', 'ZRS')).toMatchObject({
      kind: 'known',
      price: { microUnitsPerGiBMonth: amount, source },
      asOf: day,
    });
  });

  it('is the list price where the sheet has another region or redundancy', async () => {
    const { open, asked } = await bench(negotiated);
    expect(await open().priceOf('northeurope', 'ZRS')).toMatchObject({ price: { source: 'retail' } });
    expect(await open().priceOf('westeurope', 'LRS')).toMatchObject({ price: { source: 'retail' } });
    expect(asked).toHaveLength(2);
    await open().priceOf('westeurope', 'ZRS');
    expect(asked).toHaveLength(2);
  });

  it('is the list price where the sheet is in another currency, and says so', async () => {
    const { open, warnings } = await bench({ ...negotiated, currency: 'USD' });
    expect(await open().priceOf('westeurope', 'ZRS')).toMatchObject({ price: { source: 'retail' } });
    expect(warnings).toEqual(['the price sheet is in another currency than the reports']);
  });

  it('is asked for as of the day that is meant, and kept under it', async () => {
    const { open, asked, store } = await bench(null);
    await open('2026-03-14').priceOf('westeurope', 'ZRS');
    await open('2026-03-14').priceOf('westeurope', 'ZRS');
    await open().priceOf('westeurope', 'ZRS');
    expect(asked).toEqual([Date.parse('2026-03-15T00:00:00Z') - 1, noon]);
    expect((store.dump().prices ?? []).map(({ rowKey }) => rowKey)).toEqual(['2026-03-14', '2026-03-15']);
  });

  it('is missing, never zero, where nobody knows one; of a day that is over an earlier answer stands in', async () => {
    const { open } = await bench(null, null);
    expect(await open().priceOf('westeurope', 'ZRS')).toEqual({ kind: 'none' });
    const { open: later, store } = await bench(null, null);
    await openPriceBook({ store, source: { snapshotPrice: async () => retail }, log: silent }, 'EUR', noon).priceOf(
      'westeurope',
      'ZRS',
    );
    // A price that began on the 17th is all that the list tells then: it knows none for the 16th.
    expect(await later('2026-03-16', noon + 2 * DAY_MS).priceOf('westeurope', 'ZRS')).toMatchObject({
      kind: 'known',
      asOf: '2026-03-15',
    });
  });
});

describe('a change of the sheet', () => {
  const before = sheet(line({ to: '2026-03-31' }), line({ sku: 'LRS' }));
  const cases: readonly { name: string; old: PriceSheet | null; young: PriceSheet | null; days: unknown }[] = [
    { name: 'a first sheet', old: null, young: before, days: { from: '2026-01-01', to: '2026-05-01' } },
    { name: 'the same sheet', old: before, young: before, days: null },
    {
      name: 'one price that has ended is another',
      old: before,
      young: sheet(line({ to: '2026-03-31', price: 0.04 }), line({ sku: 'LRS' })),
      days: { from: '2026-01-01', to: '2026-03-31' },
    },
    {
      name: 'a price begins in the future',
      old: before,
      young: sheet(line({ to: '2026-03-31' }), line({ sku: 'LRS' }), line({ from: '2026-06-01' })),
      days: null,
    },
    { name: 'no sheet any more', old: before, young: null, days: { from: '2026-01-01', to: '2026-05-01' } },
  ];
  it.each(cases)('$name', ({ old, young, days }) => {
    expect(daysChanged(old, young, '2026-05-01')).toEqual(days);
  });

  it('is refused where somebody else has changed it meanwhile', async () => {
    const store = createMemoryStore();
    const write = (of: PriceSheet, ifMatch?: string | null) =>
      writePriceSheet(store, { sheet: of, by: 'ann', now: 1, ifMatch });
    const first = await write(before, null);
    expect(first.kind).toBe('created');
    expect(await write(before)).toMatchObject({ kind: 'unchanged', version: first.version });
    const other = { ...before, name: 'other' };
    expect(await write(other, null)).toMatchObject({ kind: 'changed', version: first.version });
    expect(await write(other, first.version ?? '')).toMatchObject({ kind: 'replaced' });
    expect((await readPriceSheet(store))?.sheet).toEqual(other);
  });
});
