import { readArguments, usage } from './alone/arguments.ts';

/**
 * `npm run sandbox`: Azure on this machine by itself, for the Azure CLI, SDKs and whatever else speaks to Azure.
 *
 * Shape: what clients need on standard output, faults on standard error.
 */
async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if ('problem' in asked) {
    process.stderr.write(`${asked.problem}\n\n${usage}\n`);
    return 2;
  }
  if (asked.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const { runSandbox } = await import('./alone/run-sandbox.ts');
  try {
    return await runSandbox(asked);
  } finally {
    // A pipe that is being read keeps the process alive.
    process.stdin.pause();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
