import { guidOf } from './token.ts';

/** A row of the retail price list, with the field names of the service. */
export interface PriceRow {
  readonly currencyCode: string;
  readonly tierMinimumUnits: number;
  readonly retailPrice: number;
  readonly unitPrice: number;
  readonly armRegionName: string;
  readonly location: string;
  readonly effectiveStartDate: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly productId: string;
  readonly skuId: string;
  readonly productName: string;
  readonly skuName: string;
  readonly serviceName: string;
  readonly serviceId: string;
  readonly serviceFamily: string;
  readonly unitOfMeasure: string;
  readonly type: string;
  readonly isPrimaryMeterRegion: boolean;
  readonly armSkuName: string;
}

/** What a price query answers: rows, or why it is refused. */
export type PriceAnswer =
  | { readonly kind: 'rows'; readonly body: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly message: string };

/** Source: Retail Prices API: a page has 1,000 rows at most. */
const ROWS_PER_PAGE = 1_000;

/** The sandbox's rate of exchange: fixed, so that figures can be checked. Units: currency a US dollar. */
const RATE_BY_CURRENCY: Readonly<Record<string, number>> = { USD: 1, EUR: 0.92 };

/** Price of the meters in Sweden Central; elsewhere those of East US. Units: USD per GiB and month. Source: stored captures of the price list, 2026-07. */
const DEAR_REGION = 'swedencentral';

const REGIONS: Readonly<Record<string, string>> = {
  eastus: 'US East',
  eastus2: 'US East 2',
  westus2: 'US West 2',
  centralus: 'US Central',
  northeurope: 'EU North',
  westeurope: 'EU West',
  uksouth: 'UK South',
  francecentral: 'FR Central',
  germanywestcentral: 'DE West Central',
  swedencentral: 'SE Central',
  switzerlandnorth: 'CH North',
  southeastasia: 'AP Southeast',
  japaneast: 'JA East',
  australiaeast: 'AU East',
};

/** Meters with "Snapshots" in their names, of which only the first two are those of incremental snapshots. Source: as above; the doubled words are Azure's. */
const METERS: readonly (readonly [product: string, sku: string, meter: string, usd: number, dearUsd: number])[] = [
  ['Standard HDD Managed Disks', 'Snapshots LRS', 'LRS Snapshots', 0.05, 0.05],
  ['Standard HDD Managed Disks', 'Snapshots ZRS', 'ZRS Snapshots', 0.05, 0.05],
  ['Premium SSD Managed Disks', 'Snapshots LRS', 'LRS Snapshots', 0.132, 0.145],
  ['Premium SSD Managed Disks', 'Snapshots ZRS', 'ZRS Snapshots', 0.198, 0.2175],
  ['Standard SSD Managed Disks', 'Snapshots LRS', 'Snapshots LRS Snapshots', 0.132, 0.145],
  ['Standard SSD Managed Disks', 'Snapshots ZRS', 'Snapshots ZRS Snapshots', 0.198, 0.2175],
  ['Premium Page Blob', 'Premium LRS', 'LRS Snapshots', 0.12, 0.132],
  ['Premium Files', 'Premium LRS', 'LRS Snapshots', 0.136, 0.15],
  ['Premium Files', 'Premium ZRS', 'ZRS Snapshots', 0.17, 0.187],
];

function rowsIn(currency: string, rate: number): PriceRow[] {
  return Object.entries(REGIONS).flatMap(([region, location]) =>
    METERS.map(([productName, skuName, meterName, usd, dearUsd]) => {
      const price = Math.round((region === DEAR_REGION ? dearUsd : usd) * rate * 1e6) / 1e6;
      const meterId = guidOf(`${region} ${productName} ${meterName}`);
      const productId = `DZH318Z0${guidOf(productName).slice(0, 4).toUpperCase()}`;
      return {
        currencyCode: currency,
        tierMinimumUnits: 0,
        retailPrice: price,
        unitPrice: price,
        armRegionName: region,
        location,
        effectiveStartDate: '2024-09-01T00:00:00Z',
        meterId,
        meterName,
        productId,
        skuId: `${productId}/${meterId.slice(0, 4).toUpperCase()}`,
        productName,
        skuName,
        serviceName: 'Storage',
        serviceId: 'DZH317F1HKN0',
        serviceFamily: 'Storage',
        unitOfMeasure: '1 GB/Month',
        type: 'Consumption',
        isPrimaryMeterRegion: true,
        armSkuName: '',
      };
    }),
  );
}

/** Answers `GET /api/retail/prices`. Shape: case-sensitive values, as in api-version 2023-01-01-preview. */
export function answerPrices(query: URLSearchParams, baseUrl: string): PriceAnswer {
  const currency = (query.get('currencyCode') ?? 'USD').replaceAll("'", '');
  const rate = RATE_BY_CURRENCY[currency];
  if (rate === undefined)
    return { kind: 'refused', message: `The currency code '${currency.slice(0, 20)}' is not supported.` };
  const filter = parseFilter(query.get('$filter') ?? '');
  if (filter === null) return { kind: 'refused', message: 'Invalid OData parameters supplied' };
  const skip = Number(query.get('$skip') ?? 0);
  const top = Math.min(Number(query.get('$top') ?? ROWS_PER_PAGE), ROWS_PER_PAGE);
  if (!Number.isSafeInteger(skip) || skip < 0 || !Number.isSafeInteger(top) || top < 1) {
    return { kind: 'refused', message: 'Invalid OData parameters supplied' };
  }
  const rows = rowsIn(currency, rate).filter(filter);
  const items = rows.slice(skip, skip + top);
  const next = new URLSearchParams(query);
  next.set('$skip', String(skip + top));
  return {
    kind: 'rows',
    body: {
      BillingCurrency: currency,
      CustomerEntityId: 'Default',
      CustomerEntityType: 'Retail',
      Items: items,
      NextPageLink: skip + top < rows.length ? `${baseUrl}/api/retail/prices?${next}` : null,
      Count: items.length,
    },
  };
}

type Test = (row: PriceRow) => boolean;

const TOKEN = /\s*(?:(\()|(\))|(,)|'((?:[^']|'')*)'|([A-Za-z][A-Za-z0-9]*))/y;

/** Parses `field eq 'x' and (contains(field,'y') or …)`. Shape: null where it is no filter that the service takes. */
function parseFilter(text: string): Test | null {
  if (text.trim() === '') return () => true;
  const tokens = tokensOf(text);
  if (tokens === null) return null;
  const parser = { tokens, at: 0 };
  const test = parseOr(parser);
  return parser.at === tokens.length ? test : null;
}

interface Token {
  readonly kind: '(' | ')' | ',' | 'text' | 'word';
  readonly value: string;
}

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) return null;
    const [, open, close, comma, quoted, word] = match;
    if (open !== undefined) tokens.push({ kind: '(', value: open });
    else if (close !== undefined) tokens.push({ kind: ')', value: close });
    else if (comma !== undefined) tokens.push({ kind: ',', value: comma });
    else if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.replaceAll("''", "'") });
    else tokens.push({ kind: 'word', value: word ?? '' });
  }
  return tokens;
}

interface Parser {
  readonly tokens: readonly Token[];
  at: number;
}

function take(parser: Parser, kind: Token['kind'], value?: string): Token | null {
  const token = parser.tokens[parser.at];
  if (token === undefined || token.kind !== kind || (value !== undefined && token.value !== value)) return null;
  parser.at += 1;
  return token;
}

function parseOr(parser: Parser): Test | null {
  let left = parseAnd(parser);
  while (left !== null && take(parser, 'word', 'or') !== null) {
    const [first, second] = [left, parseAnd(parser)];
    left = second === null ? null : (row) => first(row) || second(row);
  }
  return left;
}

function parseAnd(parser: Parser): Test | null {
  let left = parseTerm(parser);
  while (left !== null && take(parser, 'word', 'and') !== null) {
    const [first, second] = [left, parseTerm(parser)];
    left = second === null ? null : (row) => first(row) && second(row);
  }
  return left;
}

function parseTerm(parser: Parser): Test | null {
  if (take(parser, '(') !== null) {
    const inner = parseOr(parser);
    return take(parser, ')') === null ? null : inner;
  }
  const word = take(parser, 'word');
  if (word === null) return null;
  if (word.value === 'contains' || word.value === 'startswith') {
    if (take(parser, '(') === null) return null;
    const [field, comma, text, close] = [
      take(parser, 'word'),
      take(parser, ','),
      take(parser, 'text'),
      take(parser, ')'),
    ];
    if (field === null || comma === null || text === null || close === null) return null;
    const read = fieldOf(field.value);
    if (read === null) return null;
    return word.value === 'contains'
      ? (row) => read(row).includes(text.value)
      : (row) => read(row).startsWith(text.value);
  }
  const read = fieldOf(word.value);
  const operator = take(parser, 'word');
  const text = take(parser, 'text');
  if (read === null || operator === null || text === null) return null;
  if (operator.value === 'eq') return (row) => read(row) === text.value;
  return operator.value === 'ne' ? (row) => read(row) !== text.value : null;
}

const TEXT_FIELDS: ReadonlySet<string> = new Set([
  'armRegionName', 'location', 'meterId', 'meterName', 'productId', 'skuId', 'productName', 'skuName', 'serviceName',
  'serviceId', 'serviceFamily', 'armSkuName', 'type',
]); // biome-ignore format: a list of names

/** The filter calls the row's `type` priceType. Source: Retail Prices API. */
function fieldOf(name: string): ((row: PriceRow) => string) | null {
  const field = name === 'priceType' ? 'type' : name;
  return TEXT_FIELDS.has(field) ? (row) => String(row[field as keyof PriceRow]) : null;
}
