import type { EpochMs } from '../base/time.ts';

/** Something wrong with a form that was sent. */
export interface FormProblem {
  readonly path: string;
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
}

export interface FileLine {
  readonly name: string;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly modified: string | null;
  readonly note: string;
}

export interface FilesView {
  readonly kind: 'files';
  readonly point: { readonly id: string; readonly sourceKey: string; readonly sourceName: string };
  readonly takenAt: string | null;
  readonly disk: string | null;
  readonly path: string;
  readonly notes: readonly string[];
  readonly entries: readonly FileLine[];
  readonly next: string | null;
}

export interface HistoryView {
  readonly kind: 'history';
  readonly source: { readonly key: string; readonly name: string };
  readonly disk: string | null;
  readonly path: string;
  readonly points: readonly {
    readonly point: string;
    readonly takenAt: string | null;
    readonly state: string;
    readonly changed: boolean | null;
    readonly sizeBytes: number | null;
    readonly modified: string | null;
    readonly note: string;
  }[];
  readonly next: string | null;
}

export const restoreKinds = ['disk', 'vm', 'swap', 'files'] as const;
export type RestoreKind = (typeof restoreKinds)[number];

/** The form that starts a restore. `review` is the step before a swap: what will happen, and the name to type. */
export interface RestoreFormView {
  readonly kind: 'restore-form';
  readonly restoreKind: RestoreKind;
  readonly point: {
    readonly id: string;
    readonly sourceKey: string;
    readonly sourceName: string;
    readonly takenAt: EpochMs | null;
  };
  readonly isMachine: boolean;
  readonly hasManifest: boolean;
  readonly disks: readonly { readonly name: string; readonly lun: number | null; readonly sizeBytes: number }[];
  readonly review: boolean;
  readonly once: string;
  readonly problems: readonly FormProblem[];
  /** What was filled in, by field: a field may have been sent several times. */
  readonly sent: Readonly<Record<string, readonly string[]>>;
  /** What a fresh form begins with, by field. */
  readonly suggested: Readonly<Record<string, string>>;
}

export interface RestoreLine {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly source: string;
  readonly percent: number;
  readonly by: string;
  readonly drill: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface RestoresView {
  readonly kind: 'restores';
  readonly restores: readonly RestoreLine[];
}

export interface RestoreView {
  readonly kind: 'restore';
  readonly restore: RestoreLine;
  readonly point: string;
  readonly takenAt: string | null;
  readonly sourceKey: string;
  readonly step: string | null;
  readonly expectedAt: string | null;
  readonly expiresAt: string | null;
  readonly isOpen: boolean;
  readonly mayUndo: boolean;
  readonly steps: readonly { readonly name: string; readonly startedAt: string; readonly finishedAt: string | null }[];
  readonly created: readonly { readonly type: string; readonly id: string; readonly removedAt: string | null }[];
  readonly outcome: string | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly step: string | null;
    readonly azureCode: string | null;
    readonly reasons: readonly FormProblem[];
  } | null;
  readonly swap: {
    readonly machine: string;
    readonly safetyPoint: string | null;
    readonly disks: readonly { readonly lun: number | null; readonly from: string; readonly to: string }[];
    readonly terraform: readonly string[];
  } | null;
}

export interface DrillsView {
  readonly kind: 'drills';
  readonly drills: readonly DrillView[];
  readonly unproven: readonly { readonly key: string; readonly name: string }[];
  readonly unprovenTotal: number;
}

/** The newest drill of a source under a policy: what it proved, and how long its steps took. */
export interface DrillView {
  readonly drillId: string;
  readonly sourceKey: string;
  readonly sourceName: string;
  readonly policy: string;
  readonly at: EpochMs;
  readonly kind: string;
  readonly pick: string;
  readonly result: string;
  readonly reason: string | null;
  readonly pointId: string | null;
  readonly takenAt: EpochMs | null;
  /** When a drill of it passed last. */
  readonly lastPassedAt: EpochMs | null;
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
  readonly checks: readonly { readonly name: string; readonly result: string; readonly detail: string }[];
}
