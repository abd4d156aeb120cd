import { describe, expect, it } from 'vitest';
import { planTags } from '../../src/protect/plan-tags.ts';
import { startedPoint } from './points.ts';

const settings = {
  resourceGroup: 'rg',
  sku: 'Standard_ZRS',
  copyTags: true,
  tags: { costCentre: '4711' },
  networkAccess: 'deny',
} as const;

describe('planTags', () => {
  it('puts Holdfast over the policy over the source', () => {
    const point = startedPoint();
    const source = { ...point.source, tags: { owner: 'shop', CostCentre: '1', 'Holdfast-Point': 'forged' } };
    const tags = planTags({ ...point, source }, settings);
    expect(tags).toMatchObject({
      owner: 'shop',
      costCentre: '4711',
      'holdfast-point': point.id,
      'holdfast-slot': '2026-03-01T02:30:00Z',
    });
    expect(Object.keys(tags).filter((name) => name.toLowerCase() === 'holdfast-point')).toEqual(['holdfast-point']);
    expect(Object.keys(tags).filter((name) => name.toLowerCase() === 'costcentre')).toEqual(['costCentre']);
  });

  it('leaves room for a hold and a mark, and never cuts its own tags', () => {
    const point = startedPoint();
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag${index}`, 'x'.repeat(300)]));
    const tags = planTags({ ...point, source: { ...point.source, tags: many } }, settings);
    expect(Object.keys(tags)).toHaveLength(48);
    expect(tags['holdfast-source']).toBe(point.source.key);
    expect(Object.values(tags).every((value) => value.length <= 256)).toBe(true);
  });

  it('copies nothing of the source where the policy says so', () => {
    const point = startedPoint();
    const tags = planTags(
      { ...point, source: { ...point.source, tags: { owner: 'shop' } } },
      { ...settings, copyTags: false },
    );
    expect(tags).not.toHaveProperty('owner');
  });
});
