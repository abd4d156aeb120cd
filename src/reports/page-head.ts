import { costPageStyle } from './cost-page-style.ts';
import { html, rawHtml, type SafeHtml } from './html.ts';

/**
 * How each report page begins, up to its body.
 *
 * Safety: a content security policy forbids everything that is not in the page; `style` must be a constant.
 */
export function pageHead(title: string, style = ''): SafeHtml {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${rawHtml(costPageStyle + style)}</style>
</head>`;
}
