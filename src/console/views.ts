import type { EpochMs } from '../base/time.ts';
import type {
  DrillsView,
  FilesView,
  FormProblem,
  HistoryView,
  RestoreFormView,
  RestoreLine,
  RestoresView,
  RestoreView,
} from './restore-views.ts';

/** Who looks at a page, and what he may do: what he may not do is not shown. */
export interface Viewer {
  readonly name: string;
  readonly mayOperate: boolean;
  readonly maySeeCosts: boolean;
}

/** What is open and what to do about it. Shape: `severity` 1 is the worst. */
export interface ConditionView {
  readonly severity: number;
  readonly title: string;
  readonly name: string;
  readonly facts: string;
  readonly openedAt: EpochMs;
  readonly todo: string;
}

/** A source under one policy. Units: milliseconds. */
export interface SourceState {
  readonly key: string;
  readonly name: string;
  readonly policy: string;
  readonly targetMs: number | null;
  readonly ageMs: number | null;
  readonly isOver: boolean;
  readonly provenAt: EpochMs | null;
}

export interface UncoveredView {
  readonly kind: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly region: string;
}

/** How a budget stands. Units: micro-units a month. */
export interface BudgetView {
  readonly policy: string;
  readonly group: string;
  readonly currency: string;
  readonly amountMicroUnits: number;
  readonly costMicroUnits: number;
  readonly fits: boolean;
  readonly givenUp: number;
  readonly at: EpochMs;
}

export interface OverviewView {
  readonly kind: 'overview';
  readonly at: EpochMs;
  readonly watchedAt: EpochMs | null;
  /** Null where the estate could not be read; `coverageError` then says why. */
  readonly coverage: {
    readonly machines: { readonly total: number; readonly covered: number };
    readonly disks: { readonly total: number; readonly covered: number };
    readonly uncovered: readonly UncoveredView[];
    readonly uncoveredTotal: number;
  } | null;
  readonly coverageError: string | null;
  readonly conditions: readonly ConditionView[];
  readonly sources: readonly SourceState[];
  readonly sourcesTotal: number;
  readonly over: number;
  readonly missed: number;
  readonly missedDays: number;
  readonly policies: number;
  readonly budgets: readonly BudgetView[];
  readonly marked: number;
  readonly running: readonly RestoreLine[];
}

/** A source in the list, with all policies that protect it. */
export interface SourceLine {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly resourceGroup: string;
  readonly region: string;
  readonly policies: readonly string[];
  readonly disks: number;
  readonly sizeBytes: number;
  readonly lastPointAt: EpochMs | null;
  readonly isLeft: boolean;
}

export interface SourcesView {
  readonly kind: 'sources';
  readonly at: EpochMs;
  readonly query: string;
  readonly sources: readonly SourceLine[];
  readonly found: number;
  readonly total: number;
}

/** A point as lists show it. Units: bytes; micro-units a month at today's price, null where either is not known. */
export interface PointLine {
  readonly id: string;
  readonly policy: string;
  readonly schedules: readonly string[];
  readonly state: string;
  readonly slot: EpochMs;
  readonly takenAt: EpochMs | null;
  readonly storedBytes: number | null;
  readonly costMicroUnits: number | null;
  readonly heldUntil: EpochMs | null;
  readonly isHeld: boolean;
  readonly deleteAfter: EpochMs | null;
}

export interface SourceView {
  readonly kind: 'source';
  readonly at: EpochMs;
  readonly source: SourceLine;
  readonly currency: string;
  /** Names of the disks that the newest point shown has. */
  readonly diskNames: readonly string[];
  readonly points: readonly PointLine[];
  /** Where older points begin. */
  readonly before: string | null;
  readonly once: string;
}

export interface PointView {
  readonly kind: 'point';
  readonly at: EpochMs;
  readonly currency: string;
  readonly point: PointLine;
  readonly source: { readonly key: string; readonly name: string };
  readonly trigger: string;
  readonly skewMs: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly hold: { readonly reason: string; readonly by: string; readonly until: EpochMs | null } | null;
  readonly mark: { readonly because: string; readonly deleteAfter: EpochMs } | null;
  readonly hasManifest: boolean;
  readonly snapshots: readonly {
    readonly id: string;
    readonly disk: string;
    readonly lun: number | null;
    readonly sizeBytes: number;
    readonly storedBytes: number | null;
    readonly measured: string;
    readonly state: string;
  }[];
  readonly problems: readonly FormProblem[];
  readonly sent: Readonly<Record<string, string>>;
}

export interface RecycleView {
  readonly kind: 'recycle';
  readonly at: EpochMs;
  readonly points: readonly {
    readonly id: string;
    readonly source: string;
    readonly sourceName: string;
    readonly policy: string;
    readonly takenAt: string | null;
    readonly because: string;
    readonly deleteAfter: string;
    readonly freesBytes: number | null;
  }[];
  readonly freesBytes: number | null;
  readonly next: string | null;
}

export interface PoliciesView {
  readonly kind: 'policies';
  readonly policies: readonly {
    readonly name: string;
    readonly enabled: boolean;
    readonly timeZone: string;
    readonly schedules: readonly { readonly name: string; readonly cron: string }[];
    readonly sources: number;
    readonly awaitsConfirmation: boolean;
    readonly updatedAt: EpochMs;
    readonly updatedBy: string;
  }[];
}

export interface PolicyView {
  readonly kind: 'policy';
  readonly at: EpochMs;
  readonly name: string;
  readonly enabled: boolean;
  readonly document: string;
  readonly points: number;
  readonly deletes: number;
  readonly unmeasured: number;
  readonly storedBytes: { readonly before: number; readonly after: number } | null;
  /** Units of the currency. */
  readonly monthlyCost: { readonly before: number; readonly after: number; readonly currency: string } | null;
  readonly budget: { readonly fits: boolean; readonly gapPercent: number; readonly change: string | null } | null;
  readonly sources: readonly {
    readonly source: string;
    readonly name: string;
    readonly points: number;
    readonly deletes: number;
    readonly storedBytes: { readonly before: number; readonly after: number } | null;
  }[];
  readonly deleted: readonly {
    readonly id: string;
    readonly source: string;
    readonly because: string;
    readonly freedBytes: number | null;
  }[];
  readonly next: string | null;
}

/** A request that could not be answered as it was meant. */
export interface FailureView {
  readonly kind: 'failure';
  readonly title: string;
  readonly detail: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly problems: readonly FormProblem[];
}

/** What a page of the console is made from: plain values alone. */
export type ConsoleView =
  | OverviewView
  | SourcesView
  | SourceView
  | PointView
  | FilesView
  | HistoryView
  | RestoreFormView
  | RestoresView
  | RestoreView
  | RecycleView
  | PoliciesView
  | PolicyView
  | DrillsView
  | FailureView;
