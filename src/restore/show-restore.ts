import { parseResourceId } from '../base/ids.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, formatIso } from '../base/time.ts';
import { decideProgress } from './decide-progress.ts';
import { isFinished, type Restore, type SwapPlan } from './restore.ts';
import { readStepTimes, type StepTimes } from './restore-times.ts';
import { stepsByKind } from './steps.ts';

/** Shows restores as the API does, reading what earlier ones took once for each kind. */
export class RestoreView {
  readonly #store: Store;
  readonly #now: EpochMs;
  readonly #timesByKind = new Map<string, Promise<StepTimes>>();

  constructor(store: Store, now: EpochMs) {
    this.#store = store;
    this.#now = now;
  }

  async show(restore: Restore) {
    const { id, kind, state, by, drill, set, pointId, sourceKey, sourceName, machine, swap } = restore;
    const ended = isFinished(restore);
    const names = stepsByKind[kind].map((step) => step.name);
    const progress = decideProgress(restore, names, ended ? {} : await this.#times(kind), this.#now);
    const [target] = kind === 'disk' ? restore.disks : [];
    return {
      id,
      kind,
      state,
      by,
      ...(drill === null ? {} : { drill }),
      ...(set === null ? {} : { set }),
      point: pointId,
      takenAt: iso(restore.takenAt),
      source: sourceName,
      sourceKey,
      ...(target ? { target } : {}),
      ...(machine ? { machine: showMachine(restore, machine) } : {}),
      ...(swap ? { swap: showSwap(swap) } : {}),
      ...(restore.files ? { files: restore.files } : {}),
      step: ended ? null : (names[restore.step] ?? null),
      percent: progress.percent,
      expectedAt: iso(progress.expectedAt),
      steps: restore.steps.map((step) => ({
        name: step.name,
        startedAt: formatIso(step.startedAt),
        finishedAt: iso(step.finishedAt),
      })),
      created: restore.created.map((made) => ({ type: made.type, id: made.id, removedAt: iso(made.removedAt) })),
      outcome: restore.outcome,
      error: restore.error,
      createdAt: formatIso(restore.createdAt),
      finishedAt: iso(restore.finishedAt),
      expiresAt: iso(restore.expiresAt),
    };
  }

  #times(kind: Restore['kind']): Promise<StepTimes> {
    const times = this.#timesByKind.get(kind) ?? readStepTimes(this.#store, kind);
    this.#timesByKind.set(kind, times);
    return times;
  }
}

function iso(instant: EpochMs | null): string | null {
  return instant === null ? null : formatIso(instant);
}

function showMachine(restore: Restore, machine: NonNullable<Restore['machine']>) {
  const { id, size, zone, availabilitySetId, isolated, newInterfaces, originalInterfaces, extensions } = machine;
  return {
    id,
    size,
    zone,
    availabilitySet: availabilitySetId,
    isolated,
    interfaces: [...newInterfaces, ...originalInterfaces].map((each) => each.id),
    disks: restore.disks.map(({ name, sourceName, lun }) => ({ name, of: sourceName, lun })),
    notInstalled: extensions,
  };
}

/** The table from the old disks to the new, and the lines with which Terraform learns of it. */
function showSwap(swap: SwapPlan) {
  return {
    machine: swap.machineId,
    safetyPoint: swap.safetyPointId,
    disks: swap.disks.map(({ lun, fromId, toId }) => ({ lun, from: fromId, to: toId })),
    terraform: swap.disks.flatMap(({ lun, fromId, toId }) => terraformLines(swap.machineId, lun, fromId, toId)),
  };
}

/**
 * Lines for a configuration that names its disks as Azure does; who has named them otherwise puts that name in.
 *
 * Source: registry.terraform.io/providers/hashicorp/azurerm, managed_disk and virtual_machine_data_disk_attachment, Import.
 */
function terraformLines(machineId: string, lun: number | null, fromId: string, toId: string): readonly string[] {
  const name = parseResourceId(fromId)?.name ?? '';
  const label = name.replace(/[^A-Za-z0-9_-]/g, '_');
  const disk = `azurerm_managed_disk.${label}`;
  const lines = [`terraform state rm ${disk}`, `terraform import ${disk} ${toId}`];
  if (lun === null) return lines;
  const attachment = `azurerm_virtual_machine_data_disk_attachment.${label}`;
  const attached = `${machineId}/dataDisks/${parseResourceId(toId)?.name ?? ''}`;
  return [...lines, `terraform state rm ${attachment}`, `terraform import ${attachment} ${attached}`];
}
