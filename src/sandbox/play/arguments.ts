/** What `npm start` was asked for. */
export interface PlayArguments {
  readonly days: number;
  /** End after the summary instead of staying up. */
  readonly exit: boolean;
  /** The summary as one JSON document, and nothing else on standard output. */
  readonly json: boolean;
  readonly help: boolean;
}

const DAYS_DEFAULT = 30;
const DAYS_MAX = 1_000;

export const usage = `Usage: npm start [-- --days N] [--exit] [--json]

  --days N   days to play on the sandbox, 0 to ${DAYS_MAX} (default ${DAYS_DEFAULT}); 0 only starts it
  --exit     end after the summary; exit code 1 when a slot was missed, something was deleted
             that a rule keeps, or the restored disk differs
  --json     print the summary as one JSON document (use npm start -s)`;

/** Reads the command line. Shape: the arguments, or what is wrong with them. */
export function readArguments(args: readonly string[]): PlayArguments | { readonly problem: string } {
  const read = { days: DAYS_DEFAULT, exit: false, json: false, help: false };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name, joined] = arg.split('=', 2);
    if (arg === '--exit') read.exit = true;
    else if (arg === '--json') read.json = true;
    else if (arg === '--help' || arg === '-h') read.help = true;
    else if (name === '--days') {
      const text = joined ?? rest.shift() ?? '';
      read.days = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(read.days <= DAYS_MAX))
        return { problem: `--days is "${text}": a whole number from 0 to ${DAYS_MAX} is allowed` };
    } else return { problem: `"${arg}" is not known` };
  }
  return read;
}
