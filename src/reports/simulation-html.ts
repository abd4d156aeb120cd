import { GIB, MIB } from '../base/bytes.ts';
import { fromMicroUnits } from '../base/money.ts';
import { bucketKey, DAY_MS, daysInUtcMonth, formatIso, utcDay } from '../base/time.ts';
import type { PlayedDay, Simulation } from '../retain/retain.ts';
import { drawArea } from './area-chart.ts';
import { decimalsFor, showAmount, showGiB, showSize } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';
import { pageHead } from './page-head.ts';
import { drawLives, drawMonth, type PointDay, points } from './point-calendar.ts';

const TIB = 1_024 * GIB;

/** Months on the last day's calendar; what is older stands in the picture above it. */
const CALENDAR_MONTHS = 36;

const style = `
.months { display: flex; flex-wrap: wrap; gap: 14px 18px; }
.month span { display: block; font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
.month svg { width: 112px; height: 96px; }
@media (max-width: 720px) { .months { gap: 12px; } .month svg { width: 104px; height: 89px; } }
.charts { display: grid; grid-template-columns: 1fr; gap: 4px; }
h3 { font-size: 13.5px; font-weight: 600; margin: 18px 0 4px; color: var(--soft); }
.key i.full { background: #2f6db3; } .key i.some { background: #2f6db3; opacity: 0.4; }
`;

/**
 * A policy played forward, as one page that needs nothing else: no script, no font, no address.
 *
 * Safety: everything from outside is escaped; a content security policy forbids whatever would slip through.
 */
export function simulationHtml(simulation: Simulation): string {
  const { policy, from, days, played } = simulation;
  const last = played.days.at(-1);
  const title = `What ${policy.name} keeps, played over ${days} days`;
  const page = html`${pageHead(title, style)}
<body>
<main>
<header>
<h1>${title}</h1>
<p class="lead">${utcDay(from)} to ${utcDay(from + days * DAY_MS)} · ${policy.timeZone} · ${policy.schedules.map(({ name, cron }) => `${name} (${cron})`).join(', ')}</p>
<p class="lead">Nothing is written: the same rules that the sweep follows, for a source that is protected from today on.</p>
</header>
${last ? headline(simulation, last) : ''}
${notices(simulation)}
${lives(simulation)}
${calendar(simulation)}
${charts(simulation)}
${table(simulation)}
${basis(simulation)}
</main>
</body>
</html>
`;
  return page.text;
}

function headline({ played, currency, sources }: Simulation, last: PlayedDay): SafeHtml {
  const tile = (label: string, value: SafeHtml, note: string) =>
    html`<div class="tile"><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
  const most = played.days.reduce((max, { points: count }) => Math.max(max, count), 0);
  const oldest = played.points.find(({ goneAt }) => goneAt === null)?.takenAt;
  const age =
    oldest === undefined
      ? html`–`
      : html`${Math.floor((last.endsAt - oldest) / DAY_MS)} <span class="unit">days</span>`;
  const cost =
    last.microUnitsPerMonth === null
      ? html`–`
      : html`<span class="unit">${currency}</span> ${showAmount(last.microUnitsPerMonth, decimalsFor(last.microUnitsPerMonth))}`;
  const all = sources === 1 ? 'for the one source' : `for all ${sources.toLocaleString('en')} sources`;
  return html`<dl class="tiles">
${tile('Points of each source', html`${last.points.toLocaleString('en')}`, `on the last day, ${last.marked} of them in grace; at most ${most}`)}
${tile('Oldest', age, oldest === undefined ? 'nothing is left' : `taken ${utcDay(oldest)}`)}
${tile('Stored at the end', html`${last.storedBytes === null ? '–' : showSize(last.storedBytes)}`, last.storedBytes === null ? 'nothing measured yet' : all)}
${tile('A month of that', cost, last.microUnitsPerMonth === null ? 'no price or no figures' : all)}
</dl>`;
}

function notices({ played, basis: model, policy, budgetMicroUnits, currency }: Simulation): SafeHtml {
  const list: string[] = [];
  if (played.points.length === 0) list.push('The schedules are never due in this time: nothing is taken.');
  if (!model)
    list.push('Nothing has been measured yet, so bytes and money are not known. Say ?changeGiB= to assume a change.');
  if (model?.assumedUsed)
    list.push('No disk has been measured yet: each counts as full, so bytes and money are too high.');
  if (policy.budget && budgetMicroUnits === null)
    list.push('The budget is not played: it needs measured bytes, and prices in its own currency.');
  if (policy.budget && budgetMicroUnits !== null && policy.budget.per.kind !== 'policy')
    list.push(
      `The budget is played for all sources together: ${currency} ${fromMicroUnits(budgetMicroUnits)} a month.`,
    );
  if (played.fits === false) list.push('On some days the points that the budget may not give up exceed it.');
  return list.length === 0 ? html`` : html`<ul class="notices">${list.map((text) => html`<li>${text}</li>`)}</ul>`;
}

/** The points of each day in the policy's zone, and how long they live, counted in played days. */
function pointDays({ policy, from, days, played }: Simulation): readonly PointDay[] {
  const byDay = new Map<string, { from: number; counts: number[] }>();
  for (const { takenAt, goneAt } of played.points) {
    const day = bucketKey(takenAt, 'daily', policy.timeZone);
    // Played day n ends n + 1 times 24 hours after the start.
    const first = Math.max(0, Math.ceil((takenAt - from) / DAY_MS) - 1);
    const end = goneAt === null ? days : Math.min(days, Math.max(first, Math.ceil((goneAt - from) / DAY_MS) - 1));
    const entry = byDay.get(day) ?? { from: first, counts: [] };
    byDay.set(day, entry);
    for (let at = first; at < end; at += 1) {
      const place = at - entry.from;
      while (entry.counts.length <= place) entry.counts.push(0);
      entry.counts[place] = (entry.counts[place] ?? 0) + 1;
    }
  }
  return [...byDay].map(([day, entry]) => ({ day, ...entry }));
}

/** Played days that begin a month, thinned out until their labels have room. */
function monthLabels({ played }: Simulation, most: number): ReadonlyMap<number, string> {
  const starts: [number, string][] = [];
  for (const [at, { endsAt }] of played.days.entries()) {
    const month = utcDay(endsAt).slice(0, 7);
    if (at === 0 || utcDay(endsAt - DAY_MS).slice(0, 7) !== month) starts.push([at, month]);
  }
  const every = Math.max(1, Math.ceil(starts.length / most));
  // Not the last stretch: its label would stand over the edge.
  return new Map(starts.filter(([at], index) => index % every === 0 && at < played.days.length * 0.88));
}

function lives(simulation: Simulation): SafeHtml {
  const days = pointDays(simulation);
  if (days.length === 0) return html``;
  const draw = (widthPx: number, heightPx: number, most: number) =>
    drawLives(days, simulation.days, monthLabels(simulation, most), { widthPx, heightPx });
  return html`<section>
<h2>What exists on each day</h2>
<figure role="img" aria-label="Across the days that pass, downwards the days that points were taken on; a line is as long as its points live">
<div class="wide">${draw(960, 420, 12)}</div>
<div class="narrow">${draw(360, 320, 5)}</div>
<figcaption><span>Across: the days that pass. Down: the days that points were taken on. A line is as long as its points live, darker where there are several of a day.</span></figcaption>
</figure>
</section>`;
}

function calendar(simulation: Simulation): SafeHtml {
  const { policy, from, played } = simulation;
  const last = played.days.at(-1);
  if (!last) return html``;
  const counts = new Map<string, number>();
  for (const { takenAt, goneAt } of played.points) {
    if (goneAt !== null) continue;
    const day = bucketKey(takenAt, 'daily', policy.timeZone);
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  const firstDay = bucketKey(from, 'daily', policy.timeZone);
  const lastDay = bucketKey(last.endsAt, 'daily', policy.timeZone);
  const months = monthsBetween(firstDay.slice(0, 7), lastDay.slice(0, 7)).slice(-CALENDAR_MONTHS);
  const countOf = (day: string) => (day < firstDay || day > lastDay ? null : (counts.get(day) ?? 0));
  return html`<section>
<h2>What is there on ${lastDay}</h2>
<div class="months">${months.map((month) => drawMonth(month, countOf))}</div>
<figure><figcaption><span class="key"><i class="some"></i>a point of the day exists</span><span class="key"><i class="full"></i>several</span><span class="key"><i class="gap"></i>none</span></figcaption></figure>
</section>`;
}

function monthsBetween(first: string, last: string): readonly string[] {
  const months: string[] = [];
  for (let at = Date.parse(`${first}-01T00:00:00Z`); ; ) {
    const month = new Date(at).toISOString().slice(0, 7);
    if (month > last) return months;
    months.push(month);
    at += daysInUtcMonth(at) * DAY_MS;
  }
}

function charts(simulation: Simulation): SafeHtml {
  const { days } = simulation.played;
  const money = days.map(({ microUnitsPerMonth }) => fromMicroUnits(microUnitsPerMonth ?? 0));
  const dearest = Math.max(...money, 0);
  const decimals = Math.min(4, dearest >= 20 ? 0 : dearest >= 2 ? 1 : decimalsFor(dearest * 1e6));
  const series: { title: string; color: string; values: number[]; formatValue: (value: number) => string }[] = [
    {
      title: 'Points of each source',
      color: '#2f6db3',
      values: days.map(({ points: count }) => count),
      formatValue: (value) => value.toLocaleString('en'),
    },
  ];
  if (days.some(({ storedBytes }) => storedBytes !== null)) {
    const { unit, bytes } = unitFor(days.reduce((max, { storedBytes }) => Math.max(max, storedBytes ?? 0), 0));
    series.push({
      title: `${unit} stored, all sources`,
      color: '#4fa58c',
      values: days.map(({ storedBytes }) => (storedBytes ?? 0) / bytes),
      formatValue: (value) => Number(value.toPrecision(3)).toLocaleString('en'),
    });
  }
  if (days.some(({ microUnitsPerMonth }) => microUnitsPerMonth !== null))
    series.push({
      title: `${simulation.currency} a month at that day’s rate, all sources`,
      color: '#e2a336',
      values: money,
      formatValue: (value) => value.toFixed(decimals),
    });
  const draw = (each: (typeof series)[number], widthPx: number, heightPx: number, most: number) =>
    drawArea({ ...each, labels: monthLabels(simulation, most), widthPx, heightPx });
  return html`<section>
<h2>Over time</h2>
<div class="charts">${series.map(
    (
      each,
    ) => html`<figure role="img" aria-label="${each.title}: the figures are in the table below"><h3>${each.title}</h3>
<div class="wide">${draw(each, 960, 170, 12)}</div><div class="narrow">${draw(each, 360, 170, 4)}</div></figure>`,
  )}</div>
</section>`;
}

/** The unit that a chart's ticks are round in. */
function unitFor(largest: number): { unit: string; bytes: number } {
  if (largest >= 4 * TIB) return { unit: 'TiB', bytes: TIB };
  return largest >= GIB ? { unit: 'GiB', bytes: GIB } : { unit: 'MiB', bytes: MIB };
}

function table({ played, currency }: Simulation): SafeHtml {
  const ends = played.days.filter(({ endsAt }, at) => {
    const next = played.days[at + 1];
    return !next || utcDay(next.endsAt).slice(0, 7) !== utcDay(endsAt).slice(0, 7);
  });
  const decimals = decimalsFor(Math.max(...ends.map(({ microUnitsPerMonth }) => microUnitsPerMonth ?? 0)));
  const rows = ends.map(
    ({ endsAt, points: count, marked, storedBytes, microUnitsPerMonth }) =>
      html`<tr><th scope="row">${utcDay(endsAt)}</th><td class="n">${count}</td><td class="n">${marked}</td><td class="n">${storedBytes === null ? '–' : showGiB(storedBytes)}</td><td class="n">${microUnitsPerMonth === null ? '–' : showAmount(microUnitsPerMonth, decimals)}</td></tr>`,
  );
  return html`<section>
<h2>At the end of each month</h2>
<div class="scroll"><table class="days">
<thead><tr><th scope="col">Day (UTC)</th><th scope="col" class="n">Points of each source</th><th scope="col" class="n">of these in grace</th><th scope="col" class="n">Stored, GiB</th><th scope="col" class="n">${currency} a month</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
</section>`;
}

function basis({ basis: model, sources, played, from }: Simulation): SafeHtml {
  const stands = model
    ? html`<p>The bytes stand on ${model.given ? 'the change that was given' : 'what was measured'}: ${model.disks.toLocaleString('en')} disks of ${sources.toLocaleString('en')} sources hold ${showSize(model.usedBytes)} and change ${showSize(model.changeBytesPerPoint)} a point and disk${model.given ? '' : ` (measured on ${model.measuredDisks.toLocaleString('en')} of them)`}. Changes are thought to fall evenly and anywhere on a disk; disks are thought not to grow.</p>`
    : html``;
  return html`<footer>
<h2>What these figures are</h2>
<p>A play, not a promise: ${points(played.points.length)} taken on schedule, none of them failed or held, swept four times a day, deleted after their grace.</p>
${stands}
<p>Made by Holdfast at ${formatIso(from)}.</p>
</footer>`;
}
