import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, planPayload, type StoredNotice } from '../../src/notify/plan-payload.ts';
import { signPayload } from '../../src/notify/sign-payload.ts';

const notice: StoredNotice = {
  id: 'msg_1',
  at: Date.UTC(2026, 3, 6, 5, 40),
  topic: 'report',
  severity: 'warning',
  title: 'Cost <of> March',
  text: '[click](http://evil.test) *bold* <!channel>',
  facts: [{ name: 'owner', value: '=HYPERLINK("x")' }],
  link: 'https://holdfast.example.test/api/reports/cost',
};

describe('planPayload', () => {
  it('makes a card of runs for Teams, which read no markup', () => {
    const body = JSON.parse(planPayload('teams', notice));
    expect(body).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } }],
    });
    const [{ content }] = body.attachments;
    expect(content.body.map((block: { type: string }) => block.type)).toEqual(Array(3).fill('RichTextBlock'));
    expect(content.body[0].inlines).toMatchObject([{ text: 'Cost <of> March', color: 'Warning' }]);
    expect(content.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open', url: notice.link }]);
  });

  it('makes plain text for Slack, and escapes what notifications show', () => {
    const body = JSON.parse(planPayload('slack', notice));
    expect(body.text).toBe('Warning: Cost &lt;of&gt; March');
    expect(planPayload('slack', notice)).not.toContain('mrkdwn');
    expect(body.blocks.map((block: { type: string }) => block.type)).toEqual([
      'header',
      'section',
      'section',
      'actions',
    ]);
  });

  it('makes type, time and data for everybody else', () => {
    expect(JSON.parse(planPayload('json', notice))).toEqual({
      type: 'holdfast.report',
      timestamp: '2026-04-06T05:40:00Z',
      data: {
        id: 'msg_1',
        severity: 'warning',
        title: 'Cost <of> March',
        text: '[click](http://evil.test) *bold* <!channel>',
        facts: [{ name: 'owner', value: '=HYPERLINK("x")' }],
        link: 'https://holdfast.example.test/api/reports/cost',
      },
    });
  });

  it('leaves out what is not there', () => {
    const bare = { ...notice, text: '', facts: [], link: null };
    expect(JSON.parse(planPayload('teams', bare)).attachments[0].content.body).toHaveLength(1);
    expect(JSON.parse(planPayload('slack', bare)).blocks).toHaveLength(1);
  });
});

describe('signPayload', () => {
  it('signs as the published example does', () => {
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    const headers = signPayload(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id,
      1_614_265_330_999,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});

describe('cut', () => {
  it('never is longer than asked, and never ends within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, length) => {
        const short = cut(text, length);
        expect(short.length).toBeLessThanOrEqual(length);
        if (text.isWellFormed()) expect(short.isWellFormed()).toBe(true);
        if (text.length <= length) expect(short).toBe(text);
      }),
    );
  });
});
