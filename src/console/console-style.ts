/** What the console has beyond the look of the reports. */
export const consoleStyle = `
:root { --act: #1f5fa8; --actink: #ffffff; --ok: #2f6db3; --held: #8a5fc0; --marked: #c8902f; --failed: #c8502f; --pending: #8b95a1; }
@media (prefers-color-scheme: dark) { :root { --act: #7fb2ea; --actink: #10161d; --ok: #5b95d6; --held: #ab8ae0; --marked: #d9a94f; --failed: #e0704f; --pending: #7b8794; } }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 8px 12px; z-index: 2; }
a { color: var(--act); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--act); outline-offset: 2px; border-radius: 3px; }
.bar-top { border-bottom: 1px solid var(--line); background: var(--tile); }
.bar-top div { max-width: 1040px; margin: 0 auto; padding: 10px 24px; display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; }
.bar-top b { font-weight: 650; margin-right: 8px; }
.bar-top ul { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0; padding: 0; flex: 1; }
.bar-top nav { flex: 1; }
.bar-top a { color: var(--ink); text-decoration: none; padding: 6px 0; display: inline-block; }
.bar-top a:hover { text-decoration: underline; }
.bar-top a[aria-current] { color: var(--act); font-weight: 600; }
.bar-top span { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.crumbs { font-size: 13.5px; color: var(--soft); margin: 0 0 10px; overflow-wrap: anywhere; }
main h1 { overflow-wrap: anywhere; }
.said-so { margin: 0 0 20px; padding: 10px 16px; border-radius: 10px; background: var(--tile); border-left: 4px solid var(--act); }
.problems { margin: 16px 0; padding: 10px 16px; border-radius: 10px; background: var(--warnpaper); color: var(--warn); overflow-wrap: anywhere; }
.problems h2 { margin: 0 0 4px; font-size: 15px; }
.problems ul { margin: 0; padding-left: 18px; }
form.line { display: inline; }
.search { display: flex; gap: 8px; margin: 16px 0; }
.search input { flex: 1; max-width: 420px; }
input, select, button, .button { font: inherit; font-size: 15px; border-radius: 7px; border: 1px solid var(--soft); background: var(--paper); color: var(--ink); padding: 7px 11px; min-height: 38px; }
input[type=checkbox], input[type=radio] { min-height: 0; width: 17px; height: 17px; margin: 0 8px 0 0; vertical-align: -3px; }
button, .button { cursor: pointer; text-decoration: none; display: inline-block; }
button.main, .button.main { background: var(--act); border-color: var(--act); color: var(--actink); font-weight: 600; }
button.grave { border-color: var(--failed); color: var(--failed); }
button.small, .button.small { min-height: 30px; padding: 3px 9px; font-size: 13.5px; }
.actions { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0 0; align-items: center; }
.fields { display: grid; grid-template-columns: minmax(0, 15em) minmax(0, 26em); gap: 12px 18px; margin: 18px 0; align-items: baseline; }
.fields input:not([type=checkbox]), .fields select { width: 100%; }
.fields small { display: block; color: var(--soft); font-size: 12.5px; margin-top: 2px; }
.fields label small { display: inline; font-weight: 400; }
.actions form { display: flex; flex-wrap: wrap; gap: 8px; max-width: 100%; }
fieldset { border: 0; margin: 0; padding: 0; }
legend { padding: 0; position: absolute; left: -999px; }
fieldset > div { padding: 3px 0; }
.actions + table { margin-top: 22px; }
.tabs { display: flex; flex-wrap: wrap; gap: 8px; margin: 18px 0; }
.tabs a[aria-current] { background: var(--tile); border-color: var(--act); color: var(--act); font-weight: 600; }
.badge { display: inline-block; font-size: 12.5px; line-height: 1.5; padding: 0 8px; border-radius: 9px; border: 1px solid currentColor; white-space: nowrap; }
.badge.held { color: var(--held); } .badge.marked, .badge.pending { color: var(--marked); } .badge.failed { color: var(--failed); } .badge.good { color: var(--in); }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 20px; margin: 16px 0 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.time { margin: 20px 0 20px; }
.time rect.ok { fill: var(--ok); } .time rect.held { fill: var(--held); } .time rect.marked { fill: var(--marked); } .time rect.failed { fill: var(--failed); } .time rect.pending { fill: var(--pending); }
.time a:hover rect { fill-opacity: 0.7; }
.key i.ok { background: var(--ok); } .key i.held { background: var(--held); } .key i.marked { background: var(--marked); } .key i.failed { background: var(--failed); } .key i.pending { background: var(--pending); }
progress { width: 100%; max-width: 520px; height: 12px; accent-color: var(--act); }
pre { background: var(--tile); padding: 12px 14px; border-radius: 8px; overflow-x: auto; font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
summary { cursor: pointer; padding: 6px 0; color: var(--act); }
.wrap { overflow-wrap: anywhere; }
.good { color: var(--in); }
@media screen and (max-width: 720px) {
  .bar-top div { padding: 8px 16px; justify-content: space-between; }
  .bar-top nav { order: 3; flex-basis: 100%; }
  .bar-top a { padding: 8px 0; }
  .actions form { flex: 1 1 100%; }
  .actions form input:not([type]) { flex: 1; min-width: 0; }
  .fields { grid-template-columns: minmax(0, 1fr); gap: 4px; }
  .fields > :nth-child(even) { margin-bottom: 10px; }
  input, select, button, .button { min-height: 42px; font-size: 16px; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .facts dd { margin: 0 0 8px; }
  .cards td form { margin-left: auto; }
}
@media print {
  .bar-top, .actions, .search, .tabs, form, .skip, .said-so { display: none; }
  a { color: inherit; text-decoration: none; }
  .time rect { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  details > summary { display: none; }
}
`;
