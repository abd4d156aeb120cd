/** What other rooms may use of this one. */
export { Catalogue, type StoredPoint } from './catalogue.ts';
export { askForDrill } from './due-drill.ts';
export { holdTag, readHoldTag } from './hold-tag.ts';
export { PointsInUse } from './in-use.ts';
export { ManifestBook } from './manifest-book.ts';
export { type Origin, readOrigin } from './origin-tag.ts';
export { TAG_DELETE_AFTER, TAG_HOLD, TAG_ORIGIN, TAG_POINT, TAG_POLICY, TAG_SOURCE } from './plan-point.ts';
export { type Hold, isHeld, type Mark, type Point, type PointSnapshot } from './point.ts';
export { PolicyBook, type StoredPolicy } from './policy-book.ts';
export { ScheduleStates } from './schedule-state.ts';
export { type DayGap, type ProtectedSource, SourceBook } from './source-book.ts';
export { type TakeNowDeps, takeNow } from './take-now.ts';
export { groupOf, nextMinute } from './take-point.ts';
export { groupKey, type SnapshotGroup, Unconfirmed } from './unconfirmed.ts';
