import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consoleAddress } from '../../src/console/addresses.ts';
import { renderConsole } from '../../src/console/render-console.ts';
import type { PointLine, Viewer } from '../../src/console/views.ts';
import { allViews } from './views.ts';

const operator: Viewer = { name: 'ann@example.com', mayOperate: true, maySeeCosts: true };
const reader: Viewer = { name: 'ann@example.com', mayOperate: false, maySeeCosts: false };
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>' onclick='x' {{x}} javascript:x &amp;`;

const named = allViews(HOSTILE).map((view, index) => [`${index} ${view.kind}`, view] as const);

/** The tags of a page, without the style and script of our own. */
function tagsOf(body: string): readonly string[] {
  const own = body.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, '');
  return [...own.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
}

const attributes = /\s([a-zA-Z:-]+)(?:="([^"]*)")?/g;

describe('what others have named stays text', () => {
  test.each(named)('%s', (_name, view) => {
    const { body } = renderConsole(view, { ...operator, name: HOSTILE });
    const tags = tagsOf(body);
    expect(body).toContain('&lt;script&gt;alert(1)');
    expect(body.match(/<script/g)?.length ?? 0).toBe(view.kind === 'restore' && view.isOpen ? 1 : 0);
    for (const tag of tags) {
      expect(tag).toMatch(/^<(!doctype|\/?[a-z][a-z0-9]*)[\s>/]/);
      expect(tag.slice(1)).not.toContain('<');
      expect(tag).not.toMatch(/^<(img|iframe|object|embed|base)/);
      for (const [, attribute = '', value = ''] of tag.replace(/^<\S+/, '').matchAll(attributes)) {
        expect(attribute).not.toMatch(/^(on|style$)/i);
        if (['href', 'action', 'src'].includes(attribute)) expect(value).toMatch(/^(\/api\/|#content$|data:,$)/);
      }
    }
  });

  test('any name in an address is one part of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (part, value) => {
        const address = consoleAddress(['points', part, 'files'], { path: value, disk: null });
        expect(address).toMatch(/^\/api\/console\/points\/[^/?#"<>\s]*\/files\?path=[^"<>\s#]*$/);
        expect(decodeURIComponent(address.split('/')[4] ?? '')).toBe(part.toWellFormed());
        expect(new URLSearchParams(address.split('?')[1]).get('path')).toBe(value.toWellFormed());
      }),
      { numRuns: 50 },
    );
  });
});

describe('the security policy', () => {
  test('names the style and the script of the page by their hashes, and allows nothing else', () => {
    const view = allViews('x').find((each) => each.kind === 'restore' && each.isOpen);
    if (!view) throw new Error('there is a restore under way');
    const { body, contentSecurityPolicy } = renderConsole(view, operator);
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(body)?.[1] ?? '';
      const hash = createHash('sha256').update(text).digest('base64');
      expect(contentSecurityPolicy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(contentSecurityPolicy).not.toContain('unsafe');
    for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(contentSecurityPolicy.split('; ')).toContain(part);
  });
});

describe('who may only read', () => {
  test.each(named)('%s: sees nothing to press but what reads', (_name, view) => {
    // The form for a restore itself is a page of operators.
    const posts = renderConsole(view, reader).body.match(/method="post"/g) ?? [];
    expect(posts.length > 0).toBe(view.kind === 'restore-form');
  });

  test('operators have something to press on points, sources, recycle and restores', () => {
    const kinds = allViews('x').flatMap((view) =>
      renderConsole(view, operator).body.includes('method="post"') ? [view.kind] : [],
    );
    expect(new Set(kinds)).toEqual(new Set(['source', 'point', 'restore-form', 'restore', 'recycle']));
  });

  test('the cost report is linked for those who may see it', () => {
    const [overview] = allViews('x');
    if (!overview) throw new Error('there is an overview');
    expect(renderConsole(overview, operator).body).toContain('/api/reports/cost');
    expect(renderConsole(overview, reader).body).not.toContain('/api/reports/cost');
  });
});

describe('without scripts', () => {
  test('what is under way reloads by itself, what has ended does not', () => {
    const bodies = allViews('x').flatMap((view) =>
      view.kind === 'restore' ? [{ isOpen: view.isOpen, body: renderConsole(view, operator).body }] : [],
    );
    expect(bodies.map(({ isOpen }) => isOpen)).toEqual([true, false]);
    for (const { isOpen, body } of bodies) expect(body.includes('<noscript><meta http-equiv="refresh"')).toBe(isOpen);
  });
});

describe('the timeline', () => {
  const line = (changes: Partial<PointLine>): PointLine => ({
    ...{ id: 'p', policy: 'gold', schedules: [], state: 'succeeded', slot: 0, takenAt: 0, storedBytes: 0 },
    ...{ costMicroUnits: null, heldUntil: null, isHeld: false, deleteAfter: null },
    ...changes,
  });
  function draw(points: readonly PointLine[], at: number): string {
    const source = allViews('x').find((view) => view.kind === 'source');
    if (source?.kind !== 'source') throw new Error('there is a source');
    return renderConsole({ ...source, points, at }, reader).body;
  }

  test.each([
    ['kept', {}, 'ok'],
    ['held', { isHeld: true }, 'held'],
    ['held and marked', { isHeld: true, deleteAfter: 5 }, 'held'],
    ['marked', { deleteAfter: 5 }, 'marked'],
    ['failed', { state: 'failed' }, 'failed'],
    ['under way', { state: 'pending' }, 'pending'],
    ['being deleted', { state: 'deleting', deleteAfter: 5 }, 'pending'],
  ])('a point that is %s', (_name, changes, look) => {
    expect(draw([line(changes)], 10)).toContain(`<rect class="${look}"`);
  });

  test('every bar lies within the picture, whatever the points', () => {
    const moment = fc.integer({ min: 0, max: Date.UTC(2040, 0) });
    const points = fc.array(fc.record({ at: moment, bytes: fc.option(fc.integer({ min: 0, max: 2 ** 46 })) }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(points, moment, (drawn, now) => {
        const body = draw(
          drawn.map(({ at, bytes }) => line({ takenAt: at, storedBytes: bytes })),
          now,
        );
        expect(body).not.toContain('NaN');
        const [wide = ''] = /<svg viewBox="0 0 1000 170"[\s\S]*?<\/svg>/.exec(body) ?? [];
        const bars = [
          ...wide.matchAll(/<rect class="\w+" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
        ];
        expect(bars).toHaveLength(drawn.length);
        for (const [, x, y, width, height] of bars) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(x) + Number(width)).toBeLessThanOrEqual(1000);
          expect(Number(y)).toBeGreaterThanOrEqual(0);
          expect(Number(y) + Number(height)).toBeLessThanOrEqual(149);
        }
      }),
      { numRuns: 40 },
    );
  });
});
