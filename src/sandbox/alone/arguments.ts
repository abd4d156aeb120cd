/** What `npm run sandbox` was asked for. */
export interface SandboxArguments {
  /** Of Resource Manager; the four after it are taken too. 0 for free ones. */
  readonly port: number;
  /** Where the clock starts; null for now. Units: epoch milliseconds. */
  readonly startMs: number | null;
  /** `demo`, `empty`, or a file. */
  readonly estate: string;
  readonly unthrottled: boolean;
  /** Keep what is asked and answered, bodies too. */
  readonly record: boolean;
  /** What clients need as one JSON document, and nothing else on standard output. */
  readonly json: boolean;
  readonly help: boolean;
}

const PORT_MAX = 65_535;
/** Ports taken from the first on: Resource Manager, admin, blobs, queues, tables. */
const PORTS = 5;

export const usage = `Usage: npm run sandbox [-- --port N] [--start TIME] [--estate demo|empty|FILE] [--unthrottled] [--record] [--json]

  --port N       Resource Manager's port; the four after it are the admin address, blobs, queues
                 and tables (default: five free ports)
  --start TIME   where the sandbox's clock starts, as 2026-03-01T00:00:00Z (default: now);
                 it runs on from there in real time
  --estate E     what there is at the start: demo (8 machines, 20 disks), empty, or a JSON file
                 of the form src/sandbox/azure/estate.ts tells (default: demo)
  --unthrottled  no token buckets: nothing is answered 429
  --record       keep what is asked and answered, for GET /sandbox/exchanges
  --json         print what clients need as one JSON document (use npm run -s sandbox), and end with standard input`;

const FLAGS = ['--unthrottled', '--record', '--json', '--help', '-h'];

/** Reads the command line. Shape: the arguments, or what is wrong with them. */
export function readArguments(args: readonly string[]): SandboxArguments | { readonly problem: string } {
  let [port, startMs, estate]: [number, number | null, string] = [0, null, 'demo'];
  const flags = new Set<string>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name = '', joined] = arg.split('=', 2);
    const value = () => joined ?? rest.shift() ?? '';
    if (FLAGS.includes(arg)) flags.add(arg);
    else if (name === '--port') {
      const text = value();
      port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(port === 0 || (port >= 1_024 && port <= PORT_MAX - PORTS + 1)))
        return { problem: `--port is "${text}": a number from 1024 to ${PORT_MAX - PORTS + 1} is allowed` };
    } else if (name === '--start') {
      const text = value();
      startMs = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
        ? Date.parse(text)
        : Number.NaN;
      if (Number.isNaN(startMs)) return { problem: `--start is "${text}": a time as 2026-03-01T00:00:00Z is needed` };
    } else if (name === '--estate') {
      estate = value();
      if (estate === '') return { problem: '--estate needs demo, empty, or a file' };
    } else return { problem: `"${arg}" is not known` };
  }
  return {
    port,
    startMs,
    estate,
    unthrottled: flags.has('--unthrottled'),
    record: flags.has('--record'),
    json: flags.has('--json'),
    help: flags.has('--help') || flags.has('-h'),
  };
}
