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

type Test = (row: PriceRow) => boolean;

const TOKEN = /\s*(?:(\()|(\))|(,)|'((?:[^']|'')*)'|([A-Za-z][A-Za-z0-9]*))/y;

/** Parses a price query's `$filter`, such as `field eq 'x' and (contains(field,'y') or …)`. Shape: null where it is no filter that the service takes. */
export function parsePriceFilter(text: string): Test | null {
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
