/** What other rooms may use of this one. */
export { Catalogue, type StoredPoint } from './catalogue.ts';
export { PointsInUse } from './in-use.ts';
export { TAG_DELETE_AFTER, TAG_HOLD, TAG_POINT } from './plan-point.ts';
export { type Hold, isHeld, type Mark, type Point, type PointSnapshot } from './point.ts';
export { PolicyBook, type StoredPolicy } from './policy-book.ts';
export { type ProtectedSource, SourceBook } from './source-book.ts';
export { groupOf, nextMinute } from './take-point.ts';
export { groupKey, type SnapshotGroup, Unconfirmed } from './unconfirmed.ts';
