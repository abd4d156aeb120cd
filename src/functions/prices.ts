import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { Parsed } from '../base/problem.ts';
import { formatIso } from '../base/time.ts';
import {
  dropPriceSheet,
  type PriceSheet,
  parsePriceCsv,
  parsePriceSheet,
  putPriceSheet,
  readPriceSheet,
  type StoredSheet,
} from '../cost/cost.ts';
import { sheetSchema } from '../cost/parse-price-sheet.ts';
import { type ApiRequest, badRequest, json, parseJson, route, type TextBody } from './http-entry.ts';

route({
  name: 'prices-sheet-get',
  method: 'GET',
  route: 'prices/sheet',
  role: 'reader',
  handle: async ({ app, ifNoneMatch }) => {
    const stored = await readPriceSheet(app.store);
    if (!stored) throw notFound();
    const headers = { etag: `"${stored.version}"` };
    return ifNoneMatch === stored.version ? { status: 304, headers } : json(shown(stored), { headers });
  },
});

route({
  name: 'prices-sheet-put',
  method: 'PUT',
  route: 'prices/sheet',
  role: 'admin',
  body: sheetSchema,
  takesText: true,
  handle: async ({ app, query, body, caller, ifMatch, ifNoneMatch }) => {
    const parsed = readSheet(app, body, query.get('force') === 'true');
    if (!parsed.ok) return badRequest(parsed.problems);
    const expected = ifNoneMatch === '*' ? { ifMatch: null } : ifMatch === null || ifMatch === '*' ? {} : { ifMatch };
    const written = await putPriceSheet(app, parsed.value, { by: caller.name, ...expected });
    if (written.kind === 'changed') throw changed(written.version);
    const stored = await readPriceSheet(app.store);
    if (!stored) throw notFound();
    const headers = { etag: `"${written.version}"` };
    return json(shown(stored), { status: written.kind === 'created' ? 201 : 200, headers });
  },
});

route({ name: 'prices-sheet-delete', method: 'DELETE', route: 'prices/sheet', role: 'admin', handle: remove });

async function remove({ app, caller, ifMatch }: ApiRequest): Promise<HttpResponseInit> {
  const expected = ifMatch === null || ifMatch === '*' ? {} : { ifMatch };
  const done = await dropPriceSheet(app, { by: caller.name, ...expected });
  if (!done) throw notFound();
  if (done.kind === 'changed') throw changed(done.sheet.version);
  return { status: 204 };
}

/** JSON or CSV, as the type of the body says. */
function readSheet(app: App, body: unknown, force: boolean): Parsed<PriceSheet> {
  if (body === undefined) {
    throw new AppError('bad-request', 'The body is empty', { path: '$', allowed: 'a price sheet as JSON or CSV' });
  }
  const { type, text } = body as TextBody;
  const rules = { currency: app.currency, force };
  switch (type) {
    case 'application/json':
      return parsePriceSheet(parseJson(text), rules);
    case 'text/csv':
      return parsePriceCsv(text, rules);
    default: {
      const facts = {
        found: type === '' ? 'no content type' : type.slice(0, 80),
        allowed: 'application/json, text/csv',
      };
      throw new AppError('unsupported-media-type', 'A price sheet is JSON or CSV', facts);
    }
  }
}

function shown({ sheet, version, updatedAt, updatedBy }: StoredSheet) {
  return {
    name: sheet.name,
    currency: sheet.currency,
    prices: sheet.prices.map(({ region, redundancy, microUnitsPerGiBMonth, from, to, meterId }) => ({
      region,
      sku: `Standard_${redundancy}`,
      price: fromMicroUnits(microUnitsPerGiBMonth),
      unit: '1 GB/Month',
      from,
      to,
      meterId,
    })),
    version,
    updatedAt: formatIso(updatedAt),
    updatedBy,
  };
}

function notFound(): AppError {
  return new AppError('not-found', 'There is no price sheet: list prices hold', {});
}

function changed(version: string | null): AppError {
  return new AppError('precondition-failed', 'The price sheet is not the one that If-Match names', {
    current: version,
  });
}
