import { addFigures, addStored, type Figures, noFigures } from './figures.ts';
import type { ChainLabels, FreedRow, LedgerRow, MadeRow } from './ledger-row.ts';

/** What sums are kept for, beside tags. */
type Kept = 'policy' | 'vm' | 'disk' | 'subscription' | 'resourceGroup' | 'region';

/** What a report can be grouped by. An owner and a cost centre are tags with a name of their own. */
export const groupings = [
  'policy',
  'owner',
  'costCentre',
  'vm',
  'disk',
  'subscription',
  'resourceGroup',
  'region',
] as const satisfies readonly (Kept | 'owner' | 'costCentre')[];
export type GroupBy = (typeof groupings)[number] | `tag:${string}`;

/** What sums are kept for. `total` is the dimension with one group. Tag names are in lower case: Azure does not tell their case apart. */
export type Dimension = 'total' | Kept | `tag:${string}`;

/** The names of the tags that say whose something is. */
export interface GroupTags {
  readonly owner: string;
  readonly costCentre: string;
}

/** The dimension that answers for a grouping. */
export function dimensionOf(groupBy: GroupBy, tags: GroupTags): Dimension {
  if (groupBy === 'owner' || groupBy === 'costCentre') return `tag:${tags[groupBy].toLowerCase()}`;
  return groupBy;
}

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
/** Restored disks are no policy's: they would not add up by policy otherwise. */
const MADE_DISKS = '(restored disks)';
const NO_MACHINE = '(no virtual machine)';

interface Sum {
  readonly group: Group;
  readonly figures: Figures;
}

type Sums = Map<string, Sum>;

/**
 * The sums of one day by every dimension, in one pass over its rows. All rows are of one currency.
 *
 * A year of ten thousand disks is four million rows: nothing is made for a row but where it is the first of its group.
 */
export class DayGroups {
  readonly #byDimension = new Map<Dimension, Sums>();
  readonly #policies = this.#open('policy');
  readonly #machines = this.#open('vm');
  readonly #disks = this.#open('disk');
  readonly #subscriptions = this.#open('subscription');
  readonly #resourceGroups = this.#open('resourceGroup');
  readonly #regions = this.#open('region');
  readonly #total = noFigures();
  /** Sums of a tag by its name as written. */
  readonly #tags = new Map<string, Sums>();
  /** Sums of resource groups by subscription and group as written. */
  readonly #groupsAsWritten = new Map<string, Map<string, Figures>>();

  add(row: ChainLabels & Pick<LedgerRow, 'shares'>): void {
    for (const share of row.shares) addStored(named(this.#policies, share.policy), share);
    for (const sum of this.#sumsOf(row)) for (const share of row.shares) addStored(sum, share);
  }

  addFreed(row: FreedRow): void {
    const figures: Figures = {
      ...noFigures(),
      freedPoints: 1,
      freedBytes: row.freedBytes ?? 0,
      naiveBytes: row.naiveBytes ?? 0,
      freedMicroUnitsPerMonth: row.microUnitsPerMonth,
    };
    addFigures(named(this.#policies, row.policy), figures);
    for (const sum of this.#sumsOf(row)) addFigures(sum, figures);
  }

  addMade(row: MadeRow): void {
    const figures: Figures = {
      ...noFigures(),
      madeDisks: 1,
      madeDiskBytes: row.sizeBytes,
      unpricedMadeDisks: row.microUnitsPerMonth === null ? 1 : 0,
      madeDiskMicroUnits: row.microUnits,
    };
    addFigures(sumOf(this.#policies, MADE_DISKS, MADE_DISKS, ''), figures);
    for (const sum of this.#sumsOf(row)) addFigures(sum, figures);
  }

  total(): Readonly<Figures> {
    return this.#total;
  }

  /** Every dimension with its groups; the total is last. */
  *dimensions(): Iterable<
    readonly [Dimension, readonly { readonly group: Group; readonly figures: Readonly<Figures> }[]]
  > {
    for (const [dimension, sums] of this.#byDimension) yield [dimension, foldSmallest(dimension, [...sums.values()])];
    yield ['total', [{ group: TOTAL, figures: this.#total }]];
  }

  /** The sums that a row counts in whole: all but those of policies, which share it. */
  #sumsOf({ chainKey, diskName, source }: ChainLabels): readonly Figures[] {
    const machine =
      source.kind === 'disk'
        ? sumOf(this.#machines, NO_MACHINE, NO_MACHINE, '')
        : sumOf(this.#machines, source.key, source.name, source.resourceGroup);
    const sums = [
      this.#total,
      sumOf(this.#disks, chainKey, diskName, source.name),
      machine,
      named(this.#subscriptions, source.subscriptionId.toLowerCase()),
      this.#resourceGroup(source.subscriptionId, source.resourceGroup),
      named(this.#regions, source.region.toLowerCase()),
    ];
    for (const name of Object.keys(source.tags)) sums.push(named(this.#tag(name), source.tags[name] ?? ''));
    return sums;
  }

  #resourceGroup(subscriptionId: string, name: string): Figures {
    let groups = this.#groupsAsWritten.get(subscriptionId);
    if (!groups) {
      groups = new Map();
      this.#groupsAsWritten.set(subscriptionId, groups);
    }
    let figures = groups.get(name);
    if (!figures) {
      const [detail, label] = [subscriptionId.toLowerCase(), name.toLowerCase()];
      figures = sumOf(this.#resourceGroups, `${detail}/${label}`, label, detail);
      groups.set(name, figures);
    }
    return figures;
  }

  #tag(name: string): Sums {
    let sums = this.#tags.get(name);
    if (!sums) {
      sums = this.#open(`tag:${name.toLowerCase()}`);
      this.#tags.set(name, sums);
    }
    return sums;
  }

  #open(dimension: Dimension): Sums {
    const sums = this.#byDimension.get(dimension) ?? new Map();
    this.#byDimension.set(dimension, sums);
    return sums;
  }
}

function named(sums: Sums, text: string): Figures {
  return sumOf(sums, text, text === '' ? '(empty)' : text, '');
}

function sumOf(sums: Sums, key: string, label: string, detail: string): Figures {
  let sum = sums.get(key);
  if (!sum) {
    sum = { group: { key, label, detail }, figures: noFigures() };
    sums.set(key, sum);
  }
  return sum.figures;
}

/** Keeps the largest groups of a tag and puts the rest together, so that a tag with a value for each machine does not fill the table. */
function foldSmallest(dimension: Dimension, sums: readonly Sum[]): readonly Sum[] {
  if (!dimension.startsWith('tag:') || sums.length <= TAG_VALUES_MAX) return sums;
  const bySize = sums.toSorted(
    (a, b) => b.figures.storedBytes - a.figures.storedBytes || (a.group.key < b.group.key ? -1 : 1),
  );
  const rest = noFigures();
  for (const { figures } of bySize.slice(TAG_VALUES_MAX - 1)) addFigures(rest, figures);
  return [...bySize.slice(0, TAG_VALUES_MAX - 1), { group: OTHER_VALUES, figures: rest }];
}
