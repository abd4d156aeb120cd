import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What starts the app's functions, as the app registers it. */
export interface Triggers {
  /** Schedules of the timers, six fields in UTC; `monitored` where the host notes each run in a blob. */
  readonly timers: readonly { readonly name: string; readonly schedule: string; readonly monitored: boolean }[];
  readonly queues: readonly string[];
}

const ROOT = join(import.meta.dirname, '../..');
/** In a process of its own: a loaded app opens its own http server, and stays. */
const READ = `
import { loadApp } from ${JSON.stringify(join(ROOT, 'src/sandbox/host/core-module.ts'))};
const { functions } = await loadApp(process.argv[1], ${JSON.stringify(ROOT)}, { write() {} });
const timers = [], queues = [];
for (const { name, trigger, metadata } of functions) {
  const monitored = !Object.values(metadata.bindings).some((binding) => binding.useMonitor === false);
  if (trigger.kind === 'timer') timers.push({ name, schedule: trigger.schedule, monitored });
  if (trigger.kind === 'queue') queues.push(trigger.queueName);
}
console.log('@' + JSON.stringify({ timers, queues }));
process.exit(0);`;

/** Reads what the app registers, from the sources as they are. */
export function readTriggers(): Promise<Triggers> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(process.execPath, ['--input-type=module', '-e', READ, join(ROOT, 'src/main.ts')], {
      stdio: [...stdio],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      const line = output.split('\n').find((each) => each.startsWith('@'));
      if (line === undefined) reject(new Error(`Loading the app ended with ${code}`));
      else resolve(JSON.parse(line.slice(1)));
    });
  });
}
