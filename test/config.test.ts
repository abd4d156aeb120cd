import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, settingsSchema } from '../src/config.ts';

const least = {
  AzureWebJobsStorage__blobServiceUri: 'https://a.blob.core.windows.net',
  AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.windows.net',
  AzureWebJobsStorage__tableServiceUri: 'https://a.table.core.windows.net',
};

describe('readConfig', () => {
  it('fills in the defaults', () => {
    expect(readConfig(least)).toMatchObject({
      armEndpoint: 'https://management.azure.com',
      currency: 'USD',
      clockUrl: null,
      managedIdentity: false,
    });
  });

  it('names every problem at once and shows no value', () => {
    const wrong = {
      ...least,
      AzureWebJobsStorage__blobServiceUri: 'secret',
      HOLDFAST_CURRENCY: 'euro',
      HOLDFAST_SNAPSHOT_CLIENT_ID: 'secret',
    };
    let failure: unknown;
    try {
      readConfig(wrong);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(ConfigError);
    const error = failure as ConfigError;
    expect(error.problems.map((problem) => problem.path).sort()).toEqual([
      'AzureWebJobsStorage__blobServiceUri',
      'HOLDFAST_CURRENCY',
      'HOLDFAST_SNAPSHOT_CLIENT_ID',
    ]);
    expect(error.message).not.toContain('secret');
  });

  it('reads webhooks, and shows nothing of them when they are wrong', () => {
    const target = { name: 'ops', kind: 'slack', url: 'https://hooks.example.test/secret' };
    const config = readConfig({ ...least, HOLDFAST_WEBHOOKS: JSON.stringify([target]) });
    expect(config.webhookTargets.map(({ name }) => name)).toEqual(['ops']);
    expect(JSON.stringify(config)).not.toContain('secret');
    for (const wrong of ['secret', JSON.stringify([{ ...target, from: 'secret', url: 'http://secret' }])]) {
      const read = () => readConfig({ ...least, HOLDFAST_WEBHOOKS: wrong });
      expect(read).toThrow(/HOLDFAST_WEBHOOKS \$/);
      expect(read).not.toThrow(/secret/);
    }
  });

  it.each(['0', '1.5', 'two', '241'])('keeps the ledger for a number of months, not %s', (months) => {
    expect(() => readConfig({ ...least, HOLDFAST_LEDGER_MONTHS: months })).toThrow('HOLDFAST_LEDGER_MONTHS');
  });

  it.each(['http://127.0.0.1:1/sandbox/clock', 'http://localhost:1/x', 'http://[::1]:1/x'])(
    'follows a clock on this machine: %s',
    (url) => {
      expect(readConfig({ ...least, HOLDFAST_CLOCK_URL: url }).clockUrl).toBe(url);
    },
  );

  it('follows no clock elsewhere', () => {
    expect(() => readConfig({ ...least, HOLDFAST_CLOCK_URL: 'http://169.254.169.254/clock' })).toThrow(ConfigError);
  });
});

describe('local.settings.sample.json', () => {
  it('names exactly the settings that the app knows', () => {
    const sample = JSON.parse(readFileSync(new URL('../local.settings.sample.json', import.meta.url), 'utf8')) as {
      Values: Record<string, string>;
    };
    const { FUNCTIONS_WORKER_RUNTIME, ...values } = sample.Values;
    expect(FUNCTIONS_WORKER_RUNTIME).toBe('node');
    expect(Object.keys(values).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
    expect(() => readConfig(values)).not.toThrow();
  });
});
