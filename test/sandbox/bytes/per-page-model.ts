/** The naive model of a disk, page by page, that the sandbox's bytes are held against. */
type PageOp = 'write' | 'clear';
export type ModelSnapshot = { state: Map<number, string>; since: Map<number, PageOp> };
export type ModelChange = { page: number; cleared: boolean };

/** Keeps, for each page, the bytes that were read right after they were written. */
export class PerPageModel {
  state = new Map<number, string>();
  since = new Map<number, PageOp>();
  snapshots: ModelSnapshot[] = [];

  write(page: number, bytes: string): void {
    this.state.set(page, bytes);
    this.since.set(page, 'write');
  }

  clear(page: number): void {
    this.state.delete(page);
    this.since.set(page, 'clear');
  }

  snapshot(): void {
    this.snapshots.push({ state: new Map(this.state), since: this.since });
    this.since = new Map();
  }

  /** What the next one did to a page stays; where it did nothing, it takes over what the removed one did. */
  remove(index: number): void {
    const removed = this.snapshots[index];
    if (removed === undefined) throw new Error('no such snapshot in the model');
    const next = this.snapshots[index + 1];
    const merged = new Map([...removed.since, ...(next?.since ?? this.since)]);
    if (next === undefined) this.since = merged;
    else next.since = merged;
    this.snapshots.splice(index, 1);
  }

  /** Pages whose last change in the snapshot's own stretch is a write. */
  storedPages(index: number): number {
    return [...(this.snapshots[index]?.since.values() ?? [])].filter((op) => op === 'write').length;
  }

  /** Every page's last change after `from` up to `to`; a clear counts only where `from` had the page. */
  changes(from: number, to: number): ModelChange[] {
    const last = new Map<number, PageOp>();
    for (const snapshot of this.snapshots.slice(from + 1, to + 1))
      for (const [page, op] of snapshot.since) last.set(page, op);
    const before = this.snapshots[from]?.state;
    return [...last]
      .filter(([page, op]) => op === 'write' || before?.has(page) === true)
      .map(([page, op]) => ({ page, cleared: op === 'clear' }))
      .sort((a, b) => a.page - b.page);
  }
}
