import { DAY_MS, type EpochMs, formatIso, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Protection } from '../watch/watch.ts';
import { html, type SafeHtml } from './html.ts';

/** What the protection page has beyond the cost page's look. */
export const protectionStyle = `
:root { --in: #4f9d69; --out: #c8502f; --none: #c3cad3; }
@media (prefers-color-scheme: dark) { :root { --in: #57a773; --out: #e0704f; --none: #43505f; } }
.late { color: var(--out); font-weight: 620; }
.good { color: var(--in); }
.soft { color: var(--soft); }
.strip { width: 27%; min-width: 140px; }
.strip svg { display: block; width: 100%; max-width: 255px; height: 16px; }
.sources thead th { white-space: nowrap; }
@media screen and (max-width: 720px) { .strip { width: auto; } .strip svg { max-width: 200px; } }
path.in { fill: var(--in); }
path.out { fill: var(--out); }
path.none { fill: var(--none); }
.key i.in { background: var(--in); }
.key i.out { background: var(--out); }
.key i.none { background: var(--none); height: 3px; vertical-align: middle; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px; background: var(--warn); }
.dot.s1 { background: var(--out); }
.dot.s3 { background: var(--soft); }
.keys { display: flex; flex-wrap: wrap; gap: 4px 18px; }
td.said { font-size: 13.5px; color: var(--soft); }
.cards td > span { overflow-wrap: anywhere; }
.sources th { min-width: 9em; }
.cards th small { font-weight: 400; }
@media print {
  :root { --in: #9a9a9a; --out: #000; --none: #ccc; }
  .strip { width: 20%; min-width: 110px; }
  td.said, td small, th small { font-size: 8.5pt; }
  path, .dot, .key i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;

/** A span of time as people say it, rounded down: `45 min`, `6 h`, `6 h 20 min`, `2 d 4 h`. */
export function showSpan(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(ms / HOUR_MS);
  const rest = minutes % 60;
  if (hours < 24) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
  const days = Math.floor(ms / DAY_MS);
  if (days >= 10 || hours % 24 === 0) return `${days} d`;
  return `${days} d ${hours % 24} h`;
}

/** A moment to the minute, in UTC: `2026-03-01 02:30`. */
export function showMoment(at: EpochMs): string {
  return formatIso(at).slice(0, 16).replace('T', ' ');
}

/** The figures that matter most. */
export function headline(report: Protection): SafeHtml {
  const { coverage, sources, missed, conditions, at } = report;
  const over = sources.filter(({ isOver }) => isOver).length;
  const last = Math.max(0, ...sources.map(({ lastProof }) => lastProof?.at ?? 0));
  const proven = new Set(sources.filter(({ lastProof }) => lastProof !== null).map(({ key }) => key)).size;
  const all = new Set(sources.map(({ key }) => key)).size;
  return html`<dl class="tiles">
${part('Machines protected', coverage?.machines ?? null)}
${part('Disks protected', coverage?.disks ?? null)}
${tile('Sources within target', html`${sources.length - over}<span class="unit"> of ${sources.length}</span>`, over > 0 ? html`<span class="late">${over} over their target</span>` : html`all of them`)}
${tile('Missed slots', html`${missed.length}`, html`in ${report.days.length} days`)}
${tile('Open conditions', html`${conditions.length}`, conditions.length === 0 ? html`all is well` : html`see below`)}
${tile('Last proof', last === 0 ? html`never` : html`${showSpan(at - last)}<span class="unit"> ago</span>`, html`${proven} of ${all} sources restored or drilled`)}
</dl>`;
}

function part(name: string, counted: { readonly total: number; readonly covered: number } | null): SafeHtml {
  if (counted === null) return tile(name, html`–`, html`the estate could not be read`);
  const { total, covered } = counted;
  const open = total - covered;
  const note = open > 0 ? html`<span class="late">${open} not protected</span>` : html`all of them`;
  return tile(name, html`${covered}<span class="unit"> of ${total}</span>`, note);
}

function tile(name: string, value: SafeHtml, note: SafeHtml): SafeHtml {
  return html`<div class="tile"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
}
