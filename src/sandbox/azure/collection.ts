/** What a collection holds: a resource with its place and the number it was created under. */
export interface Held {
  readonly key: string;
  readonly subscriptionKey: string;
  readonly groupKey: string;
  readonly sequence: number;
}

/** One page of a list, and where the next begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: number | null;
}

/**
 * Resources of one type: found by id, listed by subscription and by group in the order of their creation.
 *
 * Shape: a page begins after a sequence number, so that a deletion between two pages skips nothing.
 */
export class Collection<T extends Held> {
  private readonly byKey = new Map<string, T>();
  private readonly lists = new Map<string, T[]>();

  get size(): number {
    return this.byKey.size;
  }

  get(id: string): T | undefined {
    return this.byKey.get(id.toLowerCase());
  }

  values(): IterableIterator<T> {
    return this.byKey.values();
  }

  add(item: T): void {
    this.byKey.set(item.key, item);
    this.listOf(item.subscriptionKey).push(item);
    this.listOf(item.groupKey).push(item);
  }

  remove(item: T): void {
    if (this.byKey.get(item.key) !== item) return;
    this.byKey.delete(item.key);
    for (const scope of [item.subscriptionKey, item.groupKey]) {
      const list = this.listOf(scope);
      const at = positionAfter(list, item.sequence - 1);
      if (list[at] === item) list.splice(at, 1);
    }
  }

  /** Everything below a subscription or group key. */
  all(scopeKey: string): readonly T[] {
    return this.lists.get(scopeKey) ?? [];
  }

  /** A page of what lies below a subscription or group key. */
  page(scopeKey: string, after: number, size: number): Page<T> {
    const list = this.lists.get(scopeKey) ?? [];
    const from = positionAfter(list, after);
    const items = list.slice(from, from + size);
    const last = items[items.length - 1];
    const more = from + items.length < list.length;
    return { items, next: more && last !== undefined ? last.sequence : null };
  }

  private listOf(scopeKey: string): T[] {
    let list = this.lists.get(scopeKey);
    if (list === undefined) {
      list = [];
      this.lists.set(scopeKey, list);
    }
    return list;
  }
}

/** Index of the first item whose sequence number is greater. Lists grow by ever greater numbers, so they are sorted. */
function positionAfter(list: readonly Held[], sequence: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && item.sequence <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
