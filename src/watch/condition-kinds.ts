/** Everything that Holdfast watches for. Each kind is a metric, `holdfast-<kind>`: how many conditions of it are open. */
export const conditionKinds = [
  'missed-slots',
  'never-ran',
  'paused-too-long',
  'rpo-over-target',
  'snapshot-headroom',
  'metering-failed',
  'poison-messages',
  'drift',
  'budget-burn',
  'lock-conflicts',
  'sweep-stopped',
  'undelivered-notices',
] as const;
export type ConditionKind = (typeof conditionKinds)[number];

/**
 * What a kind of condition says to people.
 *
 * Shape:  `severity` as Azure Monitor counts it, 0 is the worst; `clears` says what ends it: nobody has to close anything.
 */
export interface ConditionRule {
  readonly severity: 1 | 2 | 3;
  readonly title: string;
  readonly text: string;
  readonly todo: string;
  readonly clears: string;
}

/** One line for each kind. The metric alert rules of infra/alert-conditions.json say the same, which a test compares. */
export const conditionRules: Readonly<Record<ConditionKind, ConditionRule>> = {
  'missed-slots': {
    severity: 1,
    title: 'Slots were missed',
    text: 'A policy was due for a source and no recovery point came of it.',
    todo: 'Look at reports/protection for the sources and at the log for the reason; POST points takes one now.',
    clears: 'when the source has a newer point; for slots that nothing was planned for, 24 hours after the last',
  },
  'never-ran': {
    severity: 2,
    title: 'A policy never ran',
    text: 'A policy that is enabled has not yielded a single recovery point since its first slot was due.',
    todo: 'Preview the policy: its selector may match nothing, or the resource group for its snapshots may be missing.',
    clears: 'with its first point',
  },
  'paused-too-long': {
    severity: 3,
    title: 'A policy is paused for long',
    text: 'A policy has been switched off for longer than anybody pauses on purpose.',
    todo: 'Enable it again, or delete it.',
    clears: 'when the policy is enabled, deleted or saved anew',
  },
  'rpo-over-target': {
    severity: 1,
    title: 'Sources are older than their target',
    text: 'The newest recovery point of a source is older than its policy allows.',
    todo: 'Look at reports/protection: it names the sources, what they have and what they should have.',
    clears: 'with the next point of the source, or when the policy no longer matches it',
  },
  'snapshot-headroom': {
    severity: 2,
    title: 'A disk nears 500 snapshots',
    text: 'Azure refuses the 501st incremental snapshot of a disk, and a disk is close to it.',
    todo: "Shorten the retention of the policies that match the disk, or lift holds; other tools' snapshots count too.",
    clears: 'when the disk has fewer snapshots, seen every six hours',
  },
  'metering-failed': {
    severity: 3,
    title: 'Used size cannot be measured',
    text: 'Snapshots could not be measured for so long that the report shows estimates in place of figures.',
    todo: 'See the log for the reason: rights on the resource group for snapshots, or the network to their storage.',
    clears: 'when they are measured or billed, seen every six hours',
  },
  'poison-messages': {
    severity: 2,
    title: 'Work failed again and again',
    text: 'A message ended in a poison queue: what it was to do is marked failed.',
    todo: 'The log names the message and its error; the work is sent again by itself where that is safe.',
    clears: '24 hours after the last such message of the queue',
  },
  drift: {
    severity: 1,
    title: 'Catalogue and Azure disagree',
    text: "Snapshots of the catalogue are gone from Azure, or snapshots with Holdfast's tag are not in the catalogue.",
    todo: 'The activity log of the resource group says who deleted them; health/details lists them.',
    clears:
      'when both agree, seen every six hours; 24 hours after snapshots were found deleted and taken out of the books',
  },
  'budget-burn': {
    severity: 3,
    title: 'A budget will not hold',
    text: 'What a policy keeps costs more than its budget, or will before the month ends.',
    todo: 'Preview the policy: it names the single change that would fit.',
    clears: 'with the first sweep in which the budget fits',
  },
  'lock-conflicts': {
    severity: 3,
    title: 'Locks stand in the way',
    text: 'A management lock keeps Holdfast from deleting what its policies give up.',
    todo: 'Remove the lock, or hold the points, so that the report says why they stay.',
    clears: 'when the lock is gone, seen every six hours; 24 hours after Azure last refused a deletion',
  },
  'sweep-stopped': {
    severity: 2,
    title: 'A sweep waits for approval',
    text: 'A sweep would delete suspiciously many points of a policy at once and has stopped before the first.',
    todo: 'GET sweeps/stopped shows the number; POST policies/{name}/approval says yes to it.',
    clears: 'when it is approved, or when a later sweep would delete less',
  },
  'undelivered-notices': {
    severity: 3,
    title: 'Messages were not delivered',
    text: 'A webhook did not take a message in two days of trying: somebody was not told.',
    todo: 'See the log for what the receiver answers; check HOLDFAST_WEBHOOKS.',
    clears: '24 hours after the last message that was given up',
  },
};

/** The metric of a kind. */
export function metricName(kind: ConditionKind): string {
  return `holdfast-${kind}`;
}
