import { resourceSlice, type ResourceSlice } from '../../api/resource-v1/resource-slice.ts';
import type { Informer, Informers } from '../../client/informer.ts';

const byNode = 'slices-by-node';
const byPool = 'slices-by-pool';

/** The slices that a node may be concerned with, found without looking at those of thousands of others. */
export class SliceView {
  readonly #slices: Informer<ResourceSlice>;

  constructor(informers: Informers) {
    this.#slices = informers.of(resourceSlice);
    this.#slices.addIndex(byNode, ({ spec }) => [spec.nodeName ?? '']);
    this.#slices.addIndex(byPool, (slice) => [poolKey(slice)]);
  }

  /** All slices of each pool that has one for the node, or for more than one node. */
  near(nodeName: string): ResourceSlice[] {
    const some = [...this.#slices.byIndex(byNode, nodeName), ...this.#slices.byIndex(byNode, '')];
    return [...new Set(some.map(poolKey))].flatMap((pool) => this.#slices.byIndex(byPool, pool));
  }
}

function poolKey({ spec }: ResourceSlice): string {
  return `${spec.driver}/${spec.pool.name}`;
}
