import { createHash } from 'node:crypto';
import { html, type SafeHtml } from '../reports/html.ts';
import { CONSOLE } from './addresses.ts';
import { drillsPage } from './drills-page.ts';
import { filesPage, historyPage } from './files-page.ts';
import { followScript } from './follow-script.ts';
import { overviewPage } from './overview-page.ts';
import { problemList } from './parts.ts';
import { pointPage } from './point-page.ts';
import { policiesPage, policyPage } from './policies-page.ts';
import { recyclePage } from './recycle-page.ts';
import { restoreForm } from './restore-form.ts';
import { restorePage, restoresPage } from './restores-page.ts';
import { type Place, pageStyle, shell } from './shell.ts';
import { sourcePage, sourcesPage } from './sources-page.ts';
import type { ConsoleView, FailureView, Viewer } from './views.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only our own style and script run, forms go to us alone, and nobody shows us in a frame. */
const policy = [
  "default-src 'none'",
  `style-src ${hashOf(pageStyle)}`,
  `script-src ${hashOf(followScript)}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** A page as it is sent. */
export interface RenderedPage {
  readonly body: string;
  readonly contentSecurityPolicy: string;
}

/**
 * Renders a page of the console. Loaded when the first page is asked for: a file of its own in the built app.
 *
 * Safety: every value of a view is escaped where it is put in; addresses are encoded part by part.
 */
export function renderConsole(view: ConsoleView, viewer: Viewer, notice: string | null = null): RenderedPage {
  const isOpen = view.kind === 'restore' && view.isOpen;
  const parts = {
    title: titleOf(view),
    place: places[view.kind],
    body: bodyOf(view, viewer),
    followSeconds: isOpen ? 5 : null,
  };
  return { body: shell(parts, viewer, notice), contentSecurityPolicy: policy };
}

const places: Readonly<Record<ConsoleView['kind'], Place | null>> = {
  overview: 'overview',
  sources: 'sources',
  source: 'sources',
  point: 'sources',
  files: 'sources',
  history: 'sources',
  'restore-form': 'sources',
  restores: 'restores',
  restore: 'restores',
  recycle: 'recycle',
  policies: 'policies',
  policy: 'policies',
  drills: 'drills',
  failure: null,
};

function titleOf(view: ConsoleView): string {
  switch (view.kind) {
    case 'source':
      return view.source.name;
    case 'point':
      return view.source.name;
    case 'files':
    case 'history':
      return view.path;
    case 'restore-form':
      return `Restore ${view.point.sourceName}`;
    case 'restore':
      return `${view.restore.percent} % ${view.restore.source}`;
    case 'policy':
      return view.name;
    case 'failure':
      return view.title;
    default:
      return view.kind.slice(0, 1).toUpperCase() + view.kind.slice(1);
  }
}

function bodyOf(view: ConsoleView, viewer: Viewer): SafeHtml {
  switch (view.kind) {
    case 'overview':
      return overviewPage(view);
    case 'sources':
      return sourcesPage(view);
    case 'source':
      return sourcePage(view, viewer);
    case 'point':
      return pointPage(view, viewer);
    case 'files':
      return filesPage(view);
    case 'history':
      return historyPage(view);
    case 'restore-form':
      return restoreForm(view);
    case 'restores':
      return restoresPage(view);
    case 'restore':
      return restorePage(view, viewer);
    case 'recycle':
      return recyclePage(view, viewer);
    case 'policies':
      return policiesPage(view);
    case 'policy':
      return policyPage(view);
    case 'drills':
      return drillsPage(view);
    case 'failure':
      return failurePage(view);
  }
}

function failurePage({ title, detail, facts, problems }: FailureView): SafeHtml {
  return html`<h1>${title}</h1><p>${detail}</p>
${problemList(problems)}
${facts.length === 0 ? '' : html`<dl class="facts">${facts.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}
<p class="actions"><a class="button" href="${CONSOLE}">Overview</a></p>`;
}
