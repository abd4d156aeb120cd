import { type EpochMs, formatIso } from '../base/time.ts';
import type { Severity, Topic, WebhookKind } from './ports.ts';

/** A message as it is kept and sent. */
export interface StoredNotice {
  readonly id: string;
  readonly at: EpochMs;
  readonly topic: Topic;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly link: string | null;
}

/**
 * The body that a kind of webhook takes. The same message is the same body at every try.
 *
 * Safety: names and tags of Azure stand in texts as people typed them. They are put where no markup is read, so that `[click](http://…)`, `<!channel>`
 *         or `*bold*` are these characters and nothing else.
 */
export function planPayload(kind: WebhookKind, notice: StoredNotice): string {
  const body = kind === 'teams' ? teamsBody(notice) : kind === 'slack' ? slackBody(notice) : jsonBody(notice);
  return JSON.stringify(body);
}

const cardColors: Readonly<Record<Severity, string>> = {
  info: 'Default',
  resolved: 'Good',
  warning: 'Warning',
  critical: 'Attention',
};

/**
 * An adaptive card for a Teams workflow ("When a Teams webhook request is received").
 *
 * Source: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: a message with one attachment, cards alone,
 *         28 KB at most; adaptivecards.io: TextBlock and FactSet read Markdown, the runs of a RichTextBlock do not.
 */
function teamsBody({ severity, title, text, facts, link }: StoredNotice) {
  const run = (content: string, more: object = {}) => ({ type: 'TextRun', text: content, ...more });
  const block = (...inlines: readonly object[]) => ({ type: 'RichTextBlock', inlines });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            block(run(title, { weight: 'Bolder', size: 'Medium', color: cardColors[severity] })),
            ...(text === '' ? [] : [block(run(text))]),
            ...facts.map(({ name, value }) => block(run(`${name}: `, { weight: 'Bolder' }), run(value))),
          ],
          ...(link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
        },
      },
    ],
  };
}

const marks: Readonly<Record<Severity, string>> = {
  info: '',
  resolved: 'Resolved: ',
  warning: 'Warning: ',
  critical: 'Critical: ',
};

/** Source: docs.slack.dev/reference/block-kit/blocks: a header takes 150 characters, a section 3,000 and 10 fields of 2,000. */
const SLACK_HEADER_MAX = 150;

/**
 * Blocks for a Slack incoming webhook.
 *
 * Source: docs.slack.dev/messaging/formatting-message-text: `plain_text` reads no markup; in `text`, which notifications show, &, < and > are escaped.
 */
function slackBody({ severity, title, text, facts, link }: StoredNotice) {
  const plain = (content: string) => ({ type: 'plain_text', text: content, emoji: false });
  const heading = `${marks[severity]}${title}`;
  const fields = facts.map(({ name, value }) => plain(`${name}: ${value}`));
  return {
    text: heading.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    blocks: [
      { type: 'header', text: plain(cut(heading, SLACK_HEADER_MAX)) },
      ...(text === '' ? [] : [{ type: 'section', text: plain(text) }]),
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      ...(link === null ? [] : [{ type: 'actions', elements: [{ type: 'button', text: plain('Open'), url: link }] }]),
    ],
  };
}

/** Source: Standard Webhooks 1.0.0, "Payload structure": `type`, `timestamp` and `data`. */
function jsonBody({ id, at, topic, severity, title, text, facts, link }: StoredNotice) {
  return {
    type: `holdfast.${topic}`,
    timestamp: formatIso(at),
    data: { id, severity, title, text, facts, ...(link === null ? {} : { link }) },
  };
}

/** Cuts a text to a length, and says so. Never within a character of two units. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
