import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginLife, type Life } from '../../src/sandbox/play/life.ts';
import { cast, HOUR_MS, START_MS, startWorld, type World } from './small-world.ts';

/** Debian's; playwright's own is a download that many networks refuse. */
const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
const REPORT = '/api/reports/cost?format=html';

describe.skipIf(!existsSync(CHROMIUM))('pages in headless Chromium', () => {
  let world: World;
  let life: Life;
  let browser: BrowserContext;
  let profile: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
    life = await beginLife(world.azure, await world.startHost(), cast, START_MS);
    await life.play(START_MS + 30 * HOUR_MS);
    profile = await mkdtemp(join(tmpdir(), 'holdfast-chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: QUIET,
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    if (profile) await rm(profile, { recursive: true, force: true });
  });

  async function open(url: string, size = DESK): Promise<Page> {
    const page = await browser.newPage();
    await page.setViewportSize(size);
    const own = new URL(url).origin;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(own) && !request.url().startsWith('data:'))
        complaints.push(`asks ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  test('who is not signed in comes to the sign-in page, picks a role, and lands on the report', async () => {
    const page = await open(`${life.host.url}${REPORT}`);
    expect(page.url()).toContain('/.auth/login/');
    await page.getByRole('textbox').fill('finance@example.com');
    await page.getByRole('button').click();
    await page.waitForURL((url) => url.pathname === '/api/reports/cost');
    expect(await page.locator('h1').count()).toBe(1);
    await page.close();
  });

  test('the cost report names the policy, the machine and its owner, and draws the days', async () => {
    const page = await open(`${life.host.url}${REPORT}`);
    const text = (await page.locator('body').textContent()) ?? '';
    for (const word of ['closely', 'vm-shop', 'EUR']) expect(text).toContain(word);
    expect(await page.locator('svg').count()).toBeGreaterThan(0);
    expect(await page.locator('table').count()).toBeGreaterThan(0);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    await page.close();
  });

  test.each([
    ['a phone', PHONE],
    ['a desk', DESK],
  ])('the report fits %s without scrolling sideways', async (_name, size) => {
    const page = await open(`${life.host.url}${REPORT}`, size);
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
    await page.close();
  });

  test('the report prints on A4', async () => {
    const page = await open(`${life.host.url}${REPORT}`);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });

  test.each([
    ['a phone', PHONE],
    ['a desk', DESK],
  ])(
    'on %s the console leads from the overview to a point, holds it by the keyboard, and restores a disk',
    async (_name, size) => {
      const page = await open(`${life.host.url}/api/console`, size);
      const wide: string[] = [];
      const look = async () => {
        if ((await sidewaysPixels(page)) > 0) wide.push(page.url());
        expect(await page.locator('main').textContent()).not.toMatch(/undefined|NaN|\[object/);
      };
      await look();
      await page.getByRole('link', { name: 'Sources', exact: true }).click();
      await look();
      await page.getByRole('searchbox').fill('shop closely');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'vm-shop' }).click();
      await look();
      expect(await page.locator('svg rect:visible').count()).toBeGreaterThan(2);
      await page.locator('tbody th a').first().click();
      await look();
      const point = page.url();
      await page.getByText(/Hold this point|Change the hold/).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.type('<b>kept</b> for a look');
      await page.keyboard.press('Enter');
      await page.waitForURL(/done=held/);
      expect(await page.getByText('“<b>kept</b> for a look”').count()).toBe(1);
      await page.getByRole('link', { name: 'Restore', exact: true }).click();
      await look();
      await page.getByLabel('Disk', { exact: true }).selectOption('vm-shop-data');
      await page.getByRole('button', { name: 'Start the restore' }).click();
      await page.waitForURL(/console\/restores\//);
      await look();
      expect(await page.getByRole('progressbar').count()).toBe(1);
      expect((await (await page.goto(`${point}/restore?kind=swap`))?.text()) ?? '').toContain('In place');
      await look();
      expect(wide).toEqual([]);
      await page.close();
    },
  );

  test.each([
    ['cross-site', 403],
    ['same-site', 403],
    ['same-origin', 404],
  ])(
    'a form of the console that is sent %s, with the cookie of who is signed in, is answered %i',
    async (site, status) => {
      const answer = await browser.request.post(`${life.host.url}/api/console/points/none/hold`, {
        headers: { 'sec-fetch-site': site },
        form: { reason: 'x' },
      });
      expect(answer.status()).toBe(status);
    },
  );

  test('the page of the sandbox shows the disks, their chains and the last requests', async () => {
    const page = await open(`${world.azure.adminUrl}/`);
    const text = (await page.locator('body').textContent()) ?? '';
    for (const word of ['vm-shop-data', 'disk-notes', 'Last requests']) expect(text).toContain(word);
    await page.close();
  });

  test('no page complained or asked anybody else for anything', () => {
    expect(complaints.filter((complaint) => !complaint.includes('favicon'))).toEqual([]);
  });
});

/** How far the page is wider than the window: tables may scroll inside their own box. */
function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  ) as Promise<number>;
}
