import { addFigures, type Figures, noFigures } from './figures.ts';
import type { ChainLabels, FreedRow, LedgerRow } from './ledger-row.ts';

/** What a report can be grouped by. Tag names are in lower case: Azure does not tell their case apart. */
export const groupings = ['policy', 'vm', 'disk', 'subscription', 'resourceGroup', 'region'] as const;
export type GroupBy = (typeof groupings)[number] | `tag:${string}`;

/** `total` is the dimension with one group. */
export type Dimension = 'total' | GroupBy;

/** A group of one dimension. `key` tells it apart, `label` names it to people, `detail` says which of several with that name. */
export interface Group {
  readonly key: string;
  readonly label: string;
  readonly detail: string;
}

/** So many values of one tag are kept apart on one day; the smallest of more are put together. */
export const TAG_VALUES_MAX = 1_000;

export const OTHER_VALUES: Group = { key: '(other values)', label: '(other values)', detail: '' };
const TOTAL: Group = { key: 'total', label: 'Total', detail: '' };
const NO_MACHINE: Group = { key: '(no virtual machine)', label: '(no virtual machine)', detail: '' };

const NO_FREED = { freedPoints: 0, freedBytes: 0, naiveBytes: 0, freedMicroUnitsPerMonth: 0 } as const;

type Sums = Map<string, { readonly group: Group; readonly figures: Figures }>;

/** The sums of one day by every dimension, in one pass over its rows. All rows are of one currency. */
export class DayGroups {
  readonly #sums = new Map<Dimension, Sums>([['total', new Map()]]);

  constructor() {
    this.#sumOf('total', TOTAL);
  }

  add(row: LedgerRow): void {
    const sum = noFigures();
    for (const share of row.shares) {
      const figures: Figures = { ...NO_FREED, ...share };
      addFigures(this.#sumOf('policy', named(share.policy)), figures);
      addFigures(sum, figures);
    }
    this.#addByLabels(row, sum);
  }

  addFreed(row: FreedRow): void {
    const figures: Figures = {
      ...noFigures(),
      freedPoints: 1,
      freedBytes: row.freedBytes ?? 0,
      naiveBytes: row.naiveBytes ?? 0,
      freedMicroUnitsPerMonth: row.microUnitsPerMonth,
    };
    addFigures(this.#sumOf('policy', named(row.policy)), figures);
    this.#addByLabels(row, figures);
  }

  total(): Readonly<Figures> {
    return this.#sumOf('total', TOTAL);
  }

  /** Every dimension with its groups; the total is last. */
  *dimensions(): Iterable<
    readonly [Dimension, readonly { readonly group: Group; readonly figures: Readonly<Figures> }[]]
  > {
    for (const [dimension, sums] of this.#sums) {
      if (dimension !== 'total') yield [dimension, foldSmallest(dimension, [...sums.values()])];
    }
    yield ['total', [...(this.#sums.get('total')?.values() ?? [])]];
  }

  #addByLabels(labels: ChainLabels, figures: Figures): void {
    const { source } = labels;
    addFigures(this.#sumOf('total', TOTAL), figures);
    addFigures(this.#sumOf('disk', { key: labels.chainKey, label: labels.diskName, detail: source.name }), figures);
    const machine =
      source.kind === 'disk' ? NO_MACHINE : { key: source.key, label: source.name, detail: source.resourceGroup };
    addFigures(this.#sumOf('vm', machine), figures);
    addFigures(this.#sumOf('subscription', named(source.subscriptionId.toLowerCase())), figures);
    const group = source.resourceGroup.toLowerCase();
    const detail = source.subscriptionId.toLowerCase();
    addFigures(this.#sumOf('resourceGroup', { key: `${detail}/${group}`, label: group, detail }), figures);
    addFigures(this.#sumOf('region', named(source.region.toLowerCase())), figures);
    for (const name of Object.keys(source.tags)) {
      addFigures(this.#sumOf(`tag:${name.toLowerCase()}`, named(source.tags[name] ?? '')), figures);
    }
  }

  #sumOf(dimension: Dimension, group: Group): Figures {
    let sums = this.#sums.get(dimension);
    if (!sums) {
      sums = new Map();
      this.#sums.set(dimension, sums);
    }
    let sum = sums.get(group.key);
    if (!sum) {
      sum = { group, figures: noFigures() };
      sums.set(group.key, sum);
    }
    return sum.figures;
  }
}

function named(text: string): Group {
  return { key: text, label: text === '' ? '(empty)' : text, detail: '' };
}

/** Keeps the largest groups of a tag and puts the rest together, so that a tag with a value for each machine does not fill the table. */
function foldSmallest(
  dimension: Dimension,
  sums: readonly { readonly group: Group; readonly figures: Figures }[],
): readonly { readonly group: Group; readonly figures: Figures }[] {
  if (!dimension.startsWith('tag:') || sums.length <= TAG_VALUES_MAX) return sums;
  const bySize = sums.toSorted(
    (a, b) => b.figures.storedBytes - a.figures.storedBytes || (a.group.key < b.group.key ? -1 : 1),
  );
  const rest = noFigures();
  for (const { figures } of bySize.slice(TAG_VALUES_MAX - 1)) addFigures(rest, figures);
  return [...bySize.slice(0, TAG_VALUES_MAX - 1), { group: OTHER_VALUES, figures: rest }];
}
