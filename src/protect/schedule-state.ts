import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, RowKeys, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { standingKeys, standingRange, WORK_TABLE } from '../work/work.ts';

const PREFIX = 'schedule|';

/** A moment that never comes: what is paused is due then. */
export const NEVER: EpochMs = 999_999_999_999_999;

/** How far each schedule of a policy has been evaluated, and when the policy is due next. */
export interface ScheduleState {
  readonly policy: string;
  readonly evaluatedUpTo: ReadonlyMap<string, EpochMs>;
  readonly nextDueAt: EpochMs;
  readonly etag: string;
}

const stateSchema = z.record(z.string(), z.number().int());

/**
 * Where the schedules stand: beside the agenda, not with the policies, so that a tick with nothing due makes one call for both.
 *
 * Shape:  table `work`, standing rows `schedule|<policy name>`.
 */
export class ScheduleStates {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(): Promise<readonly ScheduleState[]> {
    const states: ScheduleState[] = [];
    for await (const page of this.#store.table(WORK_TABLE).list(standingRange(PREFIX)))
      states.push(...readStates(page));
    return states;
  }

  /** Asks for a policy to be looked at from a moment on; what was evaluated is kept unless `forget` says that it starts anew. */
  async wake(policy: string, nextDueAt: EpochMs, options: { forget: boolean }): Promise<void> {
    const table = this.#store.table(WORK_TABLE);
    const keys = keysOf(policy);
    const row = await table.get(keys);
    const evaluatedUpTo = row && !options.forget ? readState(row).evaluatedUpTo : new Map<string, EpochMs>();
    await table.put(keys, cellsOf(evaluatedUpTo, nextDueAt));
  }

  /** Writes where a policy stands; `changed` where another tick was first. */
  async advance(
    state: ScheduleState,
    evaluatedUpTo: ReadonlyMap<string, EpochMs>,
    nextDueAt: EpochMs,
  ): Promise<'done' | 'changed'> {
    return (
      await this.#store.table(WORK_TABLE).replace(keysOf(state.policy), cellsOf(evaluatedUpTo, nextDueAt), state.etag)
    ).kind;
  }

  async remove(state: ScheduleState): Promise<void> {
    await this.#store.table(WORK_TABLE).delete(keysOf(state.policy), state.etag);
  }
}

/** The states among the agenda's standing rows. */
export function readStates(standing: readonly Row[]): readonly ScheduleState[] {
  const start = keysOf('').rowKey;
  return standing.filter((row) => row.rowKey.startsWith(start)).map(readState);
}

function keysOf(policy: string): RowKeys {
  return standingKeys(`${PREFIX}${policy}`);
}

function cellsOf(evaluatedUpTo: ReadonlyMap<string, EpochMs>, nextDueAt: EpochMs): Cells {
  return { ...spreadText('evaluatedUpTo', JSON.stringify(Object.fromEntries(evaluatedUpTo))), nextDueAt };
}

function readState(row: Row): ScheduleState {
  const evaluatedUpTo = new Map(Object.entries(readDocument(row, 'evaluatedUpTo', stateSchema)));
  return {
    policy: row.rowKey.slice(keysOf('').rowKey.length),
    evaluatedUpTo,
    nextDueAt: readCells(row).number('nextDueAt'),
    etag: row.etag,
  };
}
