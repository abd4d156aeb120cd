import type { Money } from '../base/money.ts';
import type { CalendarDuration, ZoneId } from '../base/time.ts';
import type { DrillSettings } from './drill-settings.ts';

/** What a policy can protect. */
export type SourceKind = 'virtualMachine' | 'disk';

/** One condition on a tag, a name or a LUN. Names match by glob (`*`, `?`), without regard to case; tag names without, tag values with regard to case. */
export type Matcher =
  | { readonly kind: 'tagEquals'; readonly tag: string; readonly equals: string }
  | { readonly kind: 'tagIn'; readonly tag: string; readonly in: readonly string[] }
  | { readonly kind: 'tagExists'; readonly tag: string; readonly exists: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'lun'; readonly lun: number };

/** A subscription, or resource groups of it by glob. */
export interface SubscriptionScope {
  readonly subscriptionId: string;
  /** Glob over resource group names; null for the whole subscription. */
  readonly resourceGroup: string | null;
}

/** Every subscription below a management group, at any depth, those of tomorrow included. */
export interface ManagementGroupScope {
  /** The group's id, which is the last part of its resource id, as written. */
  readonly managementGroup: string;
}

export type Scope = SubscriptionScope | ManagementGroupScope;

/** Which sources a policy protects: in a scope, of a kind, every `include` and no `exclude`. */
export interface Selector {
  readonly scopes: readonly Scope[];
  readonly kinds: readonly SourceKind[];
  readonly include: readonly Matcher[];
  readonly exclude: readonly Matcher[];
  readonly excludeDisks: readonly Matcher[];
}

export interface Schedule {
  readonly name: string;
  /** Five-field cron, as written. */
  readonly cron: string;
  /** How late a slot may still start; later counts as missed. */
  readonly startWindow: CalendarDuration;
  /** Up to how much later than its slot a source is started, spread by the source's name. Null for none. */
  readonly jitter: CalendarDuration | null;
  readonly catchUp: 'none' | 'latest';
}

export type KeepCount = number | 'all';

/** How long points are kept. A rule that is absent is null. */
export interface Retention {
  readonly keepLast: KeepCount | null;
  readonly keepHourly: KeepCount | null;
  readonly keepDaily: KeepCount | null;
  readonly keepWeekly: KeepCount | null;
  readonly keepMonthly: KeepCount | null;
  readonly keepYearly: KeepCount | null;
  readonly keepWithin: CalendarDuration | null;
  readonly keepWithinHourly: CalendarDuration | null;
  readonly keepWithinDaily: CalendarDuration | null;
  readonly keepWithinWeekly: CalendarDuration | null;
  readonly keepWithinMonthly: CalendarDuration | null;
  readonly keepWithinYearly: CalendarDuration | null;
  readonly maxAge: CalendarDuration | null;
  /** Succeeded points that are kept whatever else says; at least 1. */
  readonly minimum: number;
  readonly graceHours: number;
  readonly maxDeletePercent: number;
}

/** The rule names of a retention that may be a budget's floor. */
export const floorRules = [
  'keepLast',
  'keepHourly',
  'keepDaily',
  'keepWeekly',
  'keepMonthly',
  'keepYearly',
  'keepWithin',
  'keepWithinHourly',
  'keepWithinDaily',
  'keepWithinWeekly',
  'keepWithinMonthly',
  'keepWithinYearly',
] as const;
export type FloorRule = (typeof floorRules)[number];

export interface Budget {
  readonly amountPerMonth: Money;
  readonly per:
    | { readonly kind: 'policy' }
    | { readonly kind: 'subscription' }
    | { readonly kind: 'tag'; readonly tag: string };
  readonly floors: readonly FloorRule[];
}

export interface SnapshotSettings {
  /** Name of Holdfast's own resource group; `{region}` stands for the source's region. */
  readonly resourceGroup: string;
  /** Incremental snapshots always lie on Standard HDD media: the redundancy is the only choice. */
  readonly sku: 'Standard_LRS' | 'Standard_ZRS';
  readonly copyTags: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly networkAccess: 'deny' | 'private' | 'allow';
  /** With `private` alone: the disk access resource whose private endpoints lead to the snapshots; `{region}` stands for the source's region. */
  readonly diskAccessId?: string | undefined;
}

/** When a policy has its points proven, and how. */
export interface Drills extends DrillSettings {
  /** Five-field cron in the policy's zone, as written. */
  readonly cron: string;
}

export type Consistency = 'application' | 'crash' | 'disk';

/** A parsed policy: every default filled in, every text checked. `parsePolicy` alone makes it. */
export interface Policy {
  readonly name: string;
  readonly enabled: boolean;
  readonly timeZone: ZoneId;
  readonly select: Selector;
  readonly schedules: readonly Schedule[];
  readonly retention: Retention;
  readonly budget: Budget | null;
  readonly onDelete: 'keep' | 'expire';
  readonly drills: Drills | null;
  readonly consistency: { readonly prefer: Consistency; readonly minimum: Consistency };
  readonly snapshot: SnapshotSettings;
}
