import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conditionKinds, conditionRules } from '../../src/watch/condition-kinds.ts';

interface AlertCondition {
  readonly kind: string;
  readonly severity: number;
  readonly title: string;
  readonly text: string;
  readonly todo: string;
}

describe('the table of conditions', () => {
  const file = new URL('../../infra/alert-conditions.json', import.meta.url);
  const alerts = JSON.parse(readFileSync(file, 'utf8')) as AlertCondition[];

  it('has an alert rule for every kind', () => {
    expect(alerts.map(({ kind }) => kind).sort()).toEqual(conditionKinds.toSorted());
  });

  it.each(conditionKinds)('says the same as its alert rule, and what clears it: %s', (kind) => {
    const { clears, ...rule } = conditionRules[kind];
    const alert = alerts.find((each) => each.kind === kind);
    expect(alert).toEqual({ kind, ...rule });
    expect(clears).not.toBe('');
  });
});
