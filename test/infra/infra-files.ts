import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const INFRA = join(import.meta.dirname, '../../infra');

/** A custom role as infra/roles.json has it. */
export interface CustomRole {
  readonly name: string;
  readonly identity: 'snapshot' | 'restore';
  readonly on: 'protected' | 'own' | 'restore' | 'subscription';
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

/** A condition that has an alert rule. */
export interface AlertCondition {
  readonly kind: string;
  readonly severity: number;
  readonly title: string;
  readonly text: string;
  readonly todo: string;
}

export function readInfra(name: string): string {
  return readFileSync(join(INFRA, name), 'utf8');
}

export const customRoles: readonly CustomRole[] = JSON.parse(readInfra('roles.json'));
export const alertConditions: readonly AlertCondition[] = JSON.parse(readInfra('alert-conditions.json'));

/** Every file below infra/ by its path there. */
export function infraFiles(): readonly string[] {
  return readdirSync(INFRA, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(INFRA.length + 1))
    .sort();
}
