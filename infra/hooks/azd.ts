import { join } from 'node:path';
import { buildApp } from '../../src/build.ts';
import { command, type Hook } from './commands.ts';
import { deployEstate, leaveEstate } from './estate.ts';
import { layOutPackage } from './package.ts';
import { finishSignIn, prepareSignIn, removeSignIn } from './sign-in.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What azure.yaml calls, by name. Every one may run again. */
const hooks: Readonly<Record<string, (hook: Hook) => Promise<void>>> = {
  'sign-in': prepareSignIn,
  estate: async (hook) => {
    await finishSignIn(hook);
    await deployEstate(hook);
    if (!hook.environment.HOLDFAST_ALERT_EMAILS) {
      hook.say('no HOLDFAST_ALERT_EMAILS: alerts are seen in the portal only, nobody gets a mail');
    }
  },
  package: async () => layOutPackage(ROOT, await buildApp(), join(ROOT, 'dist/azure')),
  leave: async (hook) => {
    await leaveEstate(hook);
    await removeSignIn(hook);
  },
};

const asked = hooks[process.argv[2] ?? ''];
if (asked === undefined) {
  process.stderr.write(`Usage: node infra/hooks/azd.ts ${Object.keys(hooks).join('|')}\n`);
  process.exitCode = 2;
} else {
  process.chdir(ROOT);
  const say = (line: string) => void process.stdout.write(`holdfast: ${line}\n`);
  await asked({ az: command('az'), azd: command('azd'), say, environment: process.env }).catch((error: unknown) => {
    process.stderr.write(`holdfast: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
