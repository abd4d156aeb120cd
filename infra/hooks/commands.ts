import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs the Azure CLI or azd with these arguments and gives back what it prints. */
export type Command = (...args: readonly string[]) => Promise<string>;

/** What the hooks work with. */
export interface Hook {
  readonly az: Command;
  readonly azd: Command;
  readonly say: (line: string) => void;
  /** The azd environment: its values are in the environment of every hook. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const OUTPUT_BYTES = 16 * 1_024 * 1_024;
const run = promisify(execFile);

/** A command by its name. Errors: what the command wrote to standard error. Safety: no shell, so no value is ever read as a command. */
export function command(name: string): Command {
  return async (...args) => {
    const { stdout } = await run(name, [...args], { maxBuffer: OUTPUT_BYTES });
    return stdout.trim();
  };
}

/** A value of the azd environment. Errors: throws where it is missing. */
export function environmentValue({ environment }: Pick<Hook, 'environment'>, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`The azd environment has no ${name}`);
  return value;
}
