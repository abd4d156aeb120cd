import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExchangeRecord, type RecordedExchange } from '../../../src/sandbox/azure/exchange-record.ts';
import { armRoutes } from '../../../src/sandbox/azure/route-table.ts';
import { DISK_PATH, DISK_VERSION, type Run, SNAPSHOT_PATH, snapshotBody, startRun } from '../azure/start.ts';
import { checkExchange, routeKey, routeTypes } from './check-exchange.ts';
import { exerciseEveryRoute } from './every-route.ts';
import { havePublishedTypes } from './published-types.ts';
import { notFitting } from './show-findings.ts';

/** Routes that are answered but not exercised here, each with its reason. None so far. */
const NOT_COVERED: Readonly<Record<string, string>> = {};

if (!havePublishedTypes)
  it.skip('answers are of the published shape: the published types do not lie beside the project', () => {});
else {
  describe('what the sandbox answers is of the published shape', () => {
    let run: Run;
    let exchanges: readonly RecordedExchange[] = [];

    beforeAll(async () => {
      run = await startRun();
      const record = new ExchangeRecord();
      run.sandbox.state.exchanges = record;
      await exerciseEveryRoute(run);
      exchanges = record.list();
    });
    afterAll(() => run.close());

    const computeRoutes = armRoutes.flatMap((route) => {
      const key = routeKey(route);
      return key === null ? [] : [{ key, name: `${route.method} ${route.path}` }];
    });

    it.each(computeRoutes)('$name', ({ key, name }) => {
      const of = exchanges.filter((each) => `${each.method} ${each.route}` === name);
      expect(of.flatMap(checkExchange).filter(notFitting)).toEqual([]);
      const answered = of.some(({ status }) => status < 300);
      expect(answered || key in NOT_COVERED, 'is asked and answered well at least once').toBe(true);
    });

    it('every route of Microsoft.Compute has its types named, and none that is not there', () => {
      expect([...new Set(computeRoutes.map(({ key }) => key))].sort()).toEqual(Object.keys(routeTypes()).sort());
    });

    it('the sandbox refuses what is not published', async () => {
      const wrong = snapshotBody(`${DISK_PATH}/data`, { magic: true });
      expect((await run.arm('PUT', `${SNAPSHOT_PATH}/wrong?${DISK_VERSION}`, wrong)).status).toBe(400);
    });

    it('what is listed as not covered is not covered', () => {
      const keys = exchanges
        .filter(({ status }) => status < 300)
        .map((each) => routeKey({ method: each.method, path: each.route }));
      expect(Object.keys(NOT_COVERED).filter((key) => keys.includes(key))).toEqual([]);
    });
  });
}
