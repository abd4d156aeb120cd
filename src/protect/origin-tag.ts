import type { SourceKind } from '../policy/policy.ts';
import type { Point } from './point.ts';

/** What the origin tag says of a point's source: enough to name it when both it and the tables are gone. */
export interface Origin {
  readonly kind: SourceKind;
  /** How many snapshots the point has: fewer in Azure means that the point is not whole. */
  readonly disks: number;
  readonly resourceGroup: string;
  readonly name: string;
}

/** As long as Azure's longest: a kind, three digits, a group of 90 and a name of 80 characters. */
const ORIGIN = /^(virtualMachine|disk) (\d{1,3}) ([^/]{1,90})\/([^/]{1,80})$/;

/** The value of the origin tag: `<kind> <snapshots> <resource group>/<name>`. */
export function originTag({ source, snapshots }: Pick<Point, 'source' | 'snapshots'>): string {
  return `${source.kind} ${snapshots.length} ${source.resourceGroup}/${source.name}`;
}

/** Reads an origin tag; null where it is none. */
export function readOrigin(value: string | undefined): Origin | null {
  const [, kind, disks, resourceGroup, name] = ORIGIN.exec(value ?? '') ?? [];
  if ((kind !== 'virtualMachine' && kind !== 'disk') || !disks || !resourceGroup || !name) return null;
  return { kind, disks: Number(disks), resourceGroup, name };
}
