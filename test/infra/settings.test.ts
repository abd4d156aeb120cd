import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../src/config.ts';
import { readInfra } from './infra-files.ts';

/** What the Functions host, App Service or the Node worker reads, not the app. Sources: Functions "App settings reference", App Service "Environment variables". */
const READ_BY_THE_PLATFORM = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'languageWorkers__node__arguments',
  'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
  'WEBSITE_AUTH_AAD_ALLOWED_TENANTS',
];
/** A setting whose description says so is for the sandbox. */
const NEVER_IN_AZURE = /never set in Azure/;

/** The names that infra/modules/app.bicep sets, by its text: this test needs no compiler. */
function settingsOfTemplate(): readonly string[] {
  const block = /name: 'appsettings'\n\s+properties: union\(\n\s+\{\n([\s\S]*?)\n {4}\},/.exec(
    readInfra('modules/app.bicep'),
  )?.[1];
  return [...(block ?? '').matchAll(/^\s+(\w+):/gm)].map((match) => match[1] ?? '');
}

describe('app settings', () => {
  const set = settingsOfTemplate();
  const known = Object.entries(settingsSchema.shape).map(([name, schema]) => ({
    name,
    inAzure: !NEVER_IN_AZURE.test(schema.description ?? ''),
  }));

  it('are found in the template', () => {
    expect(set.length).toBeGreaterThan(10);
    expect(new Set(set).size).toBe(set.length);
  });

  it('every setting of the template is one that config.ts knows, or the platform', () => {
    const names = [...known.map(({ name }) => name), ...READ_BY_THE_PLATFORM];
    expect(set.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('every setting that config.ts knows is set by the template', () => {
    expect(known.filter(({ name, inAzure }) => inAzure && !set.includes(name)).map(({ name }) => name)).toEqual([]);
  });

  it('the template never sets what is for the sandbox', () => {
    const forSandbox = known.filter(({ inAzure }) => !inAzure).map(({ name }) => name);
    expect(forSandbox).toContain('HOLDFAST_CLOCK_URL');
    expect(set.filter((name) => forSandbox.includes(name))).toEqual([]);
  });

  it('what the template sets for Node is what the figures of memory were measured with', () => {
    expect(readInfra('modules/app.bicep')).toContain("'--max-old-space-size=256 --max-semi-space-size=16'");
  });
});
