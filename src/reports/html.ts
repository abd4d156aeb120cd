/** Markup that is safe to send: made by `html` and `rawHtml` alone. */
export class SafeHtml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | SafeHtml | readonly SafeHtml[];

/**
 * Builds markup from a template: everything put in is escaped, unless it is markup already.
 *
 * Safety: fit for text and for attributes in double quotes; never for scripts, styles or addresses.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): SafeHtml {
  return new SafeHtml(
    strings.map((text, index) => (index === 0 ? text : show(parts[index - 1] ?? '') + text)).join(''),
  );
}

/** Takes text as markup that a trusted program has made, such as the chart library. */
export function rawHtml(text: string): SafeHtml {
  return new SafeHtml(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function show(part: Part): string {
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === 'object') return part.map((each) => each.text).join('');
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
