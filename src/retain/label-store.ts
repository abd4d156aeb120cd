/** Partial paths by number, in arrays that grow: loss and cost so far, and the label, source and node that each one comes from. */
export class LabelStore {
  losses = new Float64Array(4096);
  costs = new Float64Array(4096);
  previous = new Int32Array(4096);
  sources = new Int32Array(4096);
  nodes = new Int32Array(4096);
  #count = 0;

  add(loss: number, cost: number, previous: number, source: number, node: number): number {
    const label = this.#count;
    if (label === this.losses.length) this.#grow();
    this.losses[label] = loss;
    this.costs[label] = cost;
    this.previous[label] = previous;
    this.sources[label] = source;
    this.nodes[label] = node;
    this.#count += 1;
    return label;
  }

  #grow(): void {
    const size = this.#count * 2;
    const { losses, costs, previous, sources, nodes } = this;
    this.losses = new Float64Array(size);
    this.costs = new Float64Array(size);
    this.previous = new Int32Array(size);
    this.sources = new Int32Array(size);
    this.nodes = new Int32Array(size);
    this.losses.set(losses);
    this.costs.set(costs);
    this.previous.set(previous);
    this.sources.set(sources);
    this.nodes.set(nodes);
  }
}
