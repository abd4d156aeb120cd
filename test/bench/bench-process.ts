import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What a process has used so far. Shape: null where it is gone, or where the machine has no /proc. Units: seconds of processor time; bytes. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Clock ticks a second in /proc/…/stat. Source: proc(5): sysconf(_SC_CLK_TCK), 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 250;

/** Reads what a process has used: from outside, so that it is counted as the operating system does. */
export function readUse(pid: number): ProcessUse | null {
  try {
    // The name, in brackets, may hold blanks: the fields are counted from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peakKib = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN);
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(peakKib) ? { cpuSeconds: ticks / TICKS_PER_SECOND, peakBytes: peakKib * 1_024 } : null;
  } catch {
    return null;
  }
}

/**
 * Watches the children of a process, and remembers the last that was seen of each.
 *
 * Shape:  `stop` gives what each has used, with its command line.
 */
export function watchChildren(parentPid: number): { stop(): readonly (ProcessUse & { readonly command: string })[] } {
  const seen = new Map<number, ProcessUse & { readonly command: string }>();
  const look = () => {
    for (const pid of childrenOf(parentPid)) {
      const use = readUse(pid);
      if (use) seen.set(pid, { ...use, command: seen.get(pid)?.command ?? commandOf(pid) });
    }
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return [...seen.values()];
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) => {
    try {
      const listed = readFileSync(`${tasks}/${task}/children`, 'utf8').trim();
      return listed === '' ? [] : listed.split(/\s+/).map(Number);
    } catch {
      // A thread that has ended meanwhile.
      return [];
    }
  });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
