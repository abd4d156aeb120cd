/** What the app's HTTP API answers, as far as the sandbox reads it. Written down here on purpose, not imported: they meet on the wire. */

export interface SourceAnswer {
  readonly key: string;
  readonly kind: 'virtualMachine' | 'disk';
  readonly id: string;
  readonly name: string;
  readonly policies: readonly string[];
}

export interface PointAnswer {
  readonly id: string;
  readonly source: string;
  readonly sourceName: string;
  readonly policy: string;
  readonly slot: string;
  readonly state: string;
  readonly takenAt: string | null;
  readonly storedBytes: number | null;
  readonly held: object | null;
  readonly marked: { readonly deleteAfter: string } | null;
  readonly snapshots: readonly SnapshotAnswer[];
}

export interface SnapshotAnswer {
  readonly id: string;
  readonly disk: string;
  readonly diskId: string;
  readonly state: string;
  readonly storedBytes: number | null;
}

export interface RestoreAnswer {
  readonly id: string;
  readonly state: string;
  readonly step: string | null;
  readonly percent: number;
  readonly created: readonly { readonly id?: string; readonly diskId?: string }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}
