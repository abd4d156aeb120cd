import { costPageStyle } from '../reports/cost-page-style.ts';
import { html, rawHtml, type SafeHtml } from '../reports/html.ts';
import { protectionStyle } from '../reports/protection-text.ts';
import { CONSOLE, consoleAddress } from './addresses.ts';
import { consoleStyle } from './console-style.ts';
import { followScript } from './follow-script.ts';
import type { Viewer } from './views.ts';

/** All styles of the console: one text, so that the security policy can name it by its hash. */
export const pageStyle = `${costPageStyle}${protectionStyle}${consoleStyle}`;

/** A page before it is put into the shell. */
export interface PageParts {
  readonly title: string;
  /** Which entry of the navigation it belongs to. */
  readonly place: Place | null;
  readonly body: SafeHtml;
  /** Seconds after which it is looked at again while something is under way; null for a page that stays. */
  readonly followSeconds: number | null;
}

const places = [
  ['overview', 'Overview', []],
  ['sources', 'Sources', ['sources']],
  ['restores', 'Restores', ['restores']],
  ['recycle', 'Recycle', ['recycle']],
  ['policies', 'Policies', ['policies']],
  ['drills', 'Drills', ['drills']],
] as const satisfies readonly (readonly [string, string, readonly string[]])[];
export type Place = (typeof places)[number][0];

/**
 * Puts a page together: navigation, what was just done, the page, the script where something is followed.
 *
 * Safety: style and script are constants that the security policy names by their hashes; everything else is escaped.
 */
export function shell({ title, place, body, followSeconds }: PageParts, viewer: Viewer, notice: string | null): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title} · Holdfast</title>
${followSeconds === null ? '' : html`<noscript><meta http-equiv="refresh" content="${followSeconds}"></noscript>`}
<style>${rawHtml(pageStyle)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="bar-top"><div><b>Holdfast</b><nav aria-label="Console"><ul>
${places.map(([name, label, parts]) => html`<li><a href="${parts.length === 0 ? CONSOLE : consoleAddress(parts)}"${name === place ? html` aria-current="page"` : ''}>${label}</a></li>`)}
<li><a href="/api/reports/protection?format=html">Protection report</a></li>
${viewer.maySeeCosts ? html`<li><a href="/api/reports/cost?format=html">Cost report</a></li>` : ''}
</ul></nav><span>${viewer.name}</span></div></div>
<main id="content">
${notice === null ? '' : html`<p class="said-so" role="status">${notice}</p>`}
${body}
</main>
${followSeconds === null ? '' : html`<script>${rawHtml(followScript)}</script>`}
</body>
</html>
`.text;
}
