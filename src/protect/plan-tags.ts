import { formatIso } from '../base/time.ts';
import type { Tags } from '../inventory/inventory.ts';
import type { SnapshotSettings } from '../policy/policy.ts';
import { originTag } from './origin-tag.ts';
import { TAG_ORIGIN, TAG_POINT, TAG_POLICY, TAG_SLOT, TAG_SOURCE } from './plan-point.ts';
import type { Point } from './point.ts';

/** Most tags a resource may have, and the longest value. Source: Azure Resource Manager, tag limits. */
const MAX_TAGS = 50;
const MAX_VALUE_LENGTH = 256;

/** Room kept for the tags that Holdfast adds later: a hold and a mark. */
const RESERVED = 2;

/**
 * The tags of a new snapshot: the source's own where the policy copies them, the policy's over them, Holdfast's over all.
 *
 * Shape:  at most 48 tags; where there are more, Holdfast's and the policy's come first and the source's are cut.
 */
export function planTags(point: Point, settings: SnapshotSettings): Tags {
  const own: Tags = {
    [TAG_POINT]: point.id,
    [TAG_POLICY]: point.policy,
    [TAG_SOURCE]: point.source.key,
    [TAG_SLOT]: formatIso(point.slot),
    [TAG_ORIGIN]: originTag(point),
  };
  const tags: Record<string, string> = { ...own };
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const add = (more: Tags) => {
    for (const [name, value] of Object.entries(more)) {
      if (taken.has(name.toLowerCase()) || taken.size >= MAX_TAGS - RESERVED) continue;
      taken.add(name.toLowerCase());
      tags[name] = value.slice(0, MAX_VALUE_LENGTH);
    }
  };
  add(settings.tags);
  if (settings.copyTags) add(point.source.tags);
  return tags;
}
