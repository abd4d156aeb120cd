import { formatBytes } from '../base/bytes.ts';
import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import type { EpochMs } from '../base/time.ts';
import { html, type SafeHtml } from '../reports/html.ts';
import { showMoment } from '../reports/protection-text.ts';
import type { FormProblem } from './restore-views.ts';
import type { PointLine } from './views.ts';

/** Nothing known: a dash, never a zero. */
const NONE = html`<span class="soft">–</span>`;

/** A moment to the minute in UTC, readable for machines as well; a dash for none. */
export function moment(at: EpochMs | string | null): SafeHtml {
  if (at === null || at === '') return NONE;
  const text = typeof at === 'number' ? showMoment(at) : at.slice(0, 16).replace('T', ' ');
  return html`<time class="nowrap" datetime="${text.replace(' ', 'T')}Z">${text}</time>`;
}

/** Bytes as people say them. */
export function size(bytes: number | null): SafeHtml {
  return bytes === null ? NONE : html`${formatBytes(bytes)}`;
}

/** Money in its currency: as many decimals as a small amount needs to be seen. */
export function money(microUnits: number | null, currency: string): SafeHtml {
  if (microUnits === null) return NONE;
  const units = microUnits / MICRO_UNITS_PER_UNIT;
  const decimals = units !== 0 && Math.abs(units) < 0.1 ? 4 : 2;
  const text = units.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return html`${units > 0 && Number(text) === 0 ? '<0.0001' : text} ${currency}`;
}

/** A figure with its name. */
export function tile(name: string, value: SafeHtml | string, note: SafeHtml | string): SafeHtml {
  return html`<div class="tile"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
}

/** Everything that stands against what was sent. */
export function problemList(problems: readonly FormProblem[], title = 'This cannot be done as it stands'): SafeHtml {
  if (problems.length === 0) return html``;
  return html`<div class="problems" role="alert"><h2>${title}</h2><ul>${problems.map(
    ({ path, message, found, allowed }) =>
      html`<li><b>${fieldName(path)}</b> ${message}${found === undefined ? '' : html` <small>(found: ${found})</small>`}${allowed === undefined ? '' : html` <small>allowed: ${allowed}</small>`}</li>`,
  )}</ul></div>`;
}

function fieldName(path: string): string {
  return path.replace(/^\$\.(target\.)?/, '').replace(/^\?/, '');
}

/** How a point stands, in one word that is also its colour. */
export function pointLook(point: Pick<PointLine, 'state' | 'isHeld' | 'deleteAfter'>): string {
  if (point.state === 'failed') return 'failed';
  if (point.state !== 'succeeded') return 'pending';
  if (point.isHeld) return 'held';
  return point.deleteAfter === null ? 'ok' : 'marked';
}

/** How a point stands, as a mark beside it; nothing where all is well. */
export function pointBadge(point: PointLine): SafeHtml {
  const look = pointLook(point);
  if (look === 'ok') return html``;
  if (look === 'held')
    return html`<span class="badge held">held${point.heldUntil === null ? '' : html` until ${moment(point.heldUntil)}`}</span>`;
  if (look === 'marked') return html`<span class="badge marked">goes after ${moment(point.deleteAfter)}</span>`;
  return html`<span class="badge ${look}">${point.state}</span>`;
}

const stateLooks: Readonly<Record<string, string>> = {
  succeeded: 'good',
  failed: 'failed',
  cancelled: 'failed',
  queued: 'pending',
  running: 'pending',
  undoing: 'pending',
};

/** How a restore stands. */
export function restoreBadge(state: string): SafeHtml {
  return html`<span class="badge ${stateLooks[state] ?? ''}">${state}</span>`;
}

/** A number and its noun: `1 point`, `2 points`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const rules: Readonly<Record<string, string>> = {
  unkept: 'no rule keeps it',
  'max-age': 'older than maxAge',
  failed: 'it failed',
  budget: 'given up for the budget',
};

/** Why a point goes, in words. */
export function ruleText(rule: string): string {
  return rules[rule] ?? rule;
}
