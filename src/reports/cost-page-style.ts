/** The look of the cost page: calm on a desk, a phone, in the dark and on paper. */
export const costPageStyle = `
:root { --ink: #1d2733; --soft: #5f6b7a; --line: #e3e7ec; --paper: #ffffff; --tile: #f6f8fa; --bar: #9dbfe3; --over: #d0694f; --warn: #8a5a00; --warnpaper: #fff7e6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ef; --soft: #98a4b3; --line: #2c3642; --paper: #12181f; --tile: #1a222b; --bar: #35618f; --over: #b3543d; --warn: #f0c674; --warnpaper: #2a2415; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 48px 0 8px; font-weight: 620; letter-spacing: -0.005em; }
h3 { font-size: 14.5px; margin: 22px 0 4px; font-weight: 600; }
h3 small { font-weight: 400; color: var(--soft); }
.hint, p.empty { margin: 8px 0 0; color: var(--soft); font-size: 13.5px; max-width: 80ch; }
.lead { margin: 4px 0 0; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; margin: 24px 0 0; }
.tile { background: var(--tile); border-radius: 10px; padding: 14px 16px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { margin: 2px 0 0; font-size: 24px; font-weight: 620; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; white-space: nowrap; }
.tile .unit { font-size: 13px; font-weight: 500; color: var(--soft); letter-spacing: 0; }
.tile dd.note { font-size: 12.5px; font-weight: 400; color: var(--soft); white-space: normal; letter-spacing: 0; line-height: 1.4; }
.notices { margin: 16px 0 0; padding: 10px 16px 10px 32px; background: var(--warnpaper); color: var(--warn); border-radius: 10px; font-size: 14px; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 8px; font-size: 13px; color: var(--soft); }
.key { overflow-wrap: anywhere; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.key i.gap { background: rgba(123, 132, 145, 0.25); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; font-weight: 400; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: 12.5px; line-height: 1.35; vertical-align: bottom; border-bottom-color: var(--soft); }
tbody th { overflow-wrap: anywhere; min-width: 10em; }
tbody small { color: var(--soft); font-size: 12.5px; }
tfoot th, tfoot td { font-weight: 620; border-bottom: 0; border-top: 1px solid var(--soft); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .n { white-space: normal; max-width: 9em; }
.bar { width: 14%; min-width: 60px; }
.bar i.over { background: var(--over); }
.soft th, .soft td { color: var(--soft); }
.soft .bar i { opacity: 0.45; }
.nowrap { white-space: nowrap; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 36px; }
.short { width: auto; min-width: 62%; }
.short .bar { width: 180px; }
td small { color: var(--soft); font-size: 12.5px; }
td b { font-weight: 600; }
code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.bar i { display: block; height: 8px; border-radius: 2px; background: var(--bar); min-width: 1px; }
.days { width: auto; min-width: 60%; }
.days .state { color: var(--soft); font-size: 12.5px; }
.days .missing th, .days .missing td { color: var(--soft); }
.empty { color: var(--soft); }
footer { margin-top: 40px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13.5px; max-width: 70ch; }
footer h2 { margin-top: 20px; color: var(--ink); }
footer ul { padding-left: 18px; }
@media screen and (max-width: 720px) {
  main { padding: 20px 16px 32px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .tile { padding: 10px 12px; }
  .tile dd { font-size: 19px; }
  .wide { display: none; }
  .narrow { display: block; }
  .bar, thead th:nth-child(2):empty, tfoot td:nth-child(2):empty { display: none; }
  table { font-size: 13.5px; }
  th, td { padding: 6px; }
  .days, .short { width: 100%; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  tbody th { min-width: 6.5em; }
  .cards thead { display: none; }
  .cards, .cards tbody, .cards tfoot, .cards tr { display: block; }
  .cards tr { padding: 8px 0; border-bottom: 1px solid var(--line); }
  .cards th, .cards td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 2px 0; text-align: right; white-space: normal; }
  .cards th { text-align: left; font-weight: 600; display: block; }
  .cards td:empty { display: none; }
  .cards td[data-label]::before { content: attr(data-label); color: var(--soft); text-align: left; white-space: nowrap; }
  .cards .said { display: block; text-align: left; }
  .cards .said::before { display: block; }
}
@media print {
  @page { size: A4; margin: 14mm; }
  :root { --ink: #000; --soft: #444; --line: #ccc; --paper: #fff; --tile: #f4f4f4; --bar: #b5c9de; --over: #888; --warn: #000; --warnpaper: #f4f4f4; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .tiles { grid-template-columns: repeat(3, 1fr); }
  .tile dd { font-size: 15pt; }
  table { font-size: 9pt; }
  .wide { display: block; }
  th.wide, td.wide { display: table-cell; }
  .narrow { display: none; }
  h2 { margin-top: 22pt; font-size: 12.5pt; }
  h3 { font-size: 10.5pt; break-after: avoid; }
  .hint { font-size: 8.5pt; }
  .pair { gap: 0 18pt; }
  .bar { width: 9%; min-width: 36px; }
  th, td { padding: 4px 6px; }
  .bar i, .key i, .tile, .notices { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  tr, .tile, figure { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
}
`;
