import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GROUP_PATH, type Run, startRun } from './start.ts';

const SUBSCRIPTION = GROUP_PATH.split('/resourceGroups')[0] ?? '';
const COMPUTE = `${SUBSCRIPTION}/providers/Microsoft.Compute`;
const VERSION = 'api-version=2026-04-01';

let run: Run;
beforeEach(async () => {
  run = await startRun();
});
afterEach(() => run.close());

const resize = (vmSize: string) =>
  run.arm('PATCH', `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1?${VERSION}`, {
    properties: { hardwareProfile: { vmSize } },
  });

describe('sizes of virtual machines', () => {
  it('are listed for a region, with their zones and cores', async () => {
    const { body } = await run.arm('GET', `${COMPUTE}/skus?api-version=2021-07-01&$filter=location eq 'westeurope'`);
    const size = body.value.find((each: { name: string }) => each.name === 'Standard_F4s_v2');
    expect(size).toMatchObject({
      resourceType: 'virtualMachines',
      locationInfo: [{ location: 'westeurope', zones: ['1'] }],
    });
    expect(size.capabilities).toContainEqual({ name: 'vCPUs', value: '4' });
  });

  it('refuse another filter', async () => {
    const { status } = await run.arm('GET', `${COMPUTE}/skus?api-version=2021-07-01&$filter=name eq 'x'`);
    expect(status).toBe(400);
  });

  it('are counted against a quota', async () => {
    const { body } = await run.arm('GET', `${COMPUTE}/locations/westeurope/usages?${VERSION}`);
    const cores = body.value.find((each: { name: { value: string } }) => each.name.value === 'cores');
    expect(cores).toMatchObject({ currentValue: 2, limit: 350 });
    run.sandbox.state.settings.coreQuota = 4;
    expect((await resize('Standard_D8s_v5')).body.error.code).toBe('OperationNotAllowed');
    expect((await resize('Standard_D4s_v5')).status).toBe(200);
  });

  it('are not what anybody writes', async () => {
    expect((await resize('Standard_Z9')).body.error.code).toBe('InvalidParameter');
  });
});
