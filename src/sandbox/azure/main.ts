import { readFileSync } from 'node:fs';
import { startSandbox } from './server.ts';

/** Reads a variable that must be there. Errors: ends the process with its name. */
function required(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  console.error(`${name} is not set`);
  process.exit(2);
}

const startText = required('SANDBOX_START');
const startMs = Date.parse(startText);
if (Number.isNaN(startMs)) {
  console.error(`SANDBOX_START is no ISO time: ${startText}`);
  process.exit(2);
}

const sandbox = await startSandbox({
  cert: readFileSync(required('SANDBOX_CERT'), 'utf8'),
  key: readFileSync(required('SANDBOX_KEY'), 'utf8'),
  secret: required('SANDBOX_SECRET'),
  startMs,
  armPort: Number(process.env.SANDBOX_ARM_PORT ?? 0),
  adminPort: Number(process.env.SANDBOX_ADMIN_PORT ?? 0),
  throttled: process.env.SANDBOX_UNTHROTTLED !== '1',
  identityHeader: process.env.SANDBOX_IDENTITY_HEADER ?? '',
  rawExports: process.env.SANDBOX_RAW_EXPORTS === '1',
  openRoles: process.env.SANDBOX_ROLES === 'open',
  record: process.env.SANDBOX_RECORD === '1',
});

console.log(JSON.stringify({ ready: true, arm: sandbox.armUrl, admin: sandbox.adminUrl }));

// The parent holds our standard input: when it is gone, so are we.
process.stdin.on('end', () => process.exit(0));
process.stdin.on('close', () => process.exit(0));
process.stdin.resume();
