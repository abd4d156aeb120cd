import { completionPercent } from './background-copies.ts';
import { type BilledChain, billOf } from './bill.ts';
import { diskStateOf } from './disk-json.ts';
import type { AzureState } from './state.ts';

const ROWS_MAX = 300;
const REQUESTS_SHOWN = 40;

/** The page at the sandbox's root: what exists, chains as a picture, the bill, the last requests. Self-contained, nothing unescaped. */
export function pageOf(state: AzureState): string {
  const bill = billOf(state);
  const clock = state.clock.state();
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox Azure</title><style>${STYLE}</style></head><body>
<h1>Sandbox Azure</h1>
<p>${esc(new Date(clock.now).toISOString())}, clock ${esc(clock.mode)}${clock.mode === 'running' ? ` at rate ${clock.rate}` : ''}; ${clock.waits.count} waits;
${state.operations.pending} operations under way; limits ${state.throttle.enabled ? 'on' : 'off'}; ${state.faults.list().length} fault rules.
Resource Manager: <code>${esc(state.baseUrl)}</code></p>
<h2>Chains <small>${bytes(bill.totalBytes)} billed</small></h2>
<p class="key">One bar a snapshot, oldest first; its height grows with the logarithm of what it stores.</p>
${bill.chains.slice(0, ROWS_MAX).map(chainHtml).join('') || '<p>No snapshots yet.</p>'}
${copiesHtml(state)}
<h2>Virtual machines</h2>
${table(
  ['Name', 'Group', 'Region', 'Power', 'Tags'],
  [...state.machines.values()].map((each) => [each.name, each.group, each.region, each.power, tagsText(each.tags)]),
)}
<h2>Disks</h2>
${table(
  ['Name', 'Group', 'Region', 'Size', 'Used', 'State', 'Sku'],
  [...state.disks.values()]
    .slice(0, ROWS_MAX)
    .map((each) => [
      each.name,
      each.group,
      each.region,
      `${each.sizeGiB} GiB`,
      bytes(state.volumeNow(each).usedBytes()),
      diskStateOf(state, each),
      each.sku,
    ]),
)}
<h2>Last requests</h2>
${table(
  ['When', 'Request', 'Status', 'Code', 'Fault', 'Caller', 'ms'],
  state.log
    .last(REQUESTS_SHOWN)
    .map((each) => [
      new Date(each.at).toISOString(),
      `${each.method} ${each.path.replace(/^\/subscriptions\/[^/]+\//, '…/')}`,
      String(each.status),
      each.code ?? '',
      each.fault ?? '',
      each.caller,
      each.ms.toFixed(1),
    ]),
)}
</body></html>`;
}

function copiesHtml(state: AzureState): string {
  const copies = state.copies.all();
  if (copies.length === 0) return '';
  const now = state.clock.now();
  return `<h2>Bytes on their way</h2>${table(
    ['Snapshot', 'Group', 'Region', 'From', 'Complete'],
    copies.map((each) => {
      const from = each.background?.sourceKey.split('/').at(-1) ?? '';
      return [each.name, each.group, each.region, from, `${completionPercent(each, now)} %`];
    }),
  )}`;
}

const BAR_WIDTH = 7;
const BAR_HEIGHT = 48;

function chainHtml(chain: BilledChain): string {
  const most = Math.max(1, ...chain.snapshots.map((each) => each.storedBytes));
  const bars = chain.snapshots.map((each, index) => {
    const height = Math.max(1, Math.round((Math.log1p(each.storedBytes) / Math.log1p(most)) * BAR_HEIGHT));
    const title = `${each.name}, ${each.createdAt}, ${bytes(each.storedBytes)}`;
    return `<rect x="${index * BAR_WIDTH}" y="${BAR_HEIGHT - height}" width="${BAR_WIDTH - 1}" height="${height}"><title>${esc(title)}</title></rect>`;
  });
  const width = chain.snapshots.length * BAR_WIDTH;
  return `<figure><svg width="${width}" height="${BAR_HEIGHT}" role="img" aria-label="${esc(`${chain.snapshots.length} snapshots of ${chain.diskName}`)}">${bars.join('')}</svg>
<figcaption>${esc(chain.diskName)}: ${chain.snapshots.length} ${chain.familyId === null ? 'full' : 'incremental'}, ${bytes(chain.storedBytes)}</figcaption></figure>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((each) => `<th>${esc(each)}</th>`).join('');
  const body = rows.slice(0, ROWS_MAX).map((row) => `<tr>${row.map((cell) => `<td>${esc(cell)}</td>`).join('')}</tr>`);
  const more = rows.length > ROWS_MAX ? `<p>${rows.length - ROWS_MAX} more are not shown.</p>` : '';
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>${more}`;
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function esc(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}body{max-width:72rem;margin:1rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem}small,.key,figcaption{color:GrayText;font-weight:400}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .7rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:break-word}
figure{display:inline-block;margin:0 1.2rem .8rem 0;vertical-align:bottom;max-width:100%;overflow-x:auto}rect{fill:#2f7dd1}code{font-size:.95em}`;
