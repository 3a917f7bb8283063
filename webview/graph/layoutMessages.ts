import type { GraphInput } from './hierarchy';
import type { Scene } from './scene';

/** What the layout's worker may be asked. */
export interface LayoutRequests {
  load: { params: GraphInput; result: LoadedGraph };
  /** Groups that are open; those in one that is shut do not show. */
  scene: { params: readonly number[]; result: { scene: Scene; milliseconds: number } };
}

export interface LoadedGraph {
  /** Around each group, those that were made too; −1 = the model. */
  readonly parentOf: readonly number[];
  /** Neighbours that were put together because there are too many, as items; the numbers of these groups follow the others. */
  readonly made: readonly Int32Array[];
  readonly milliseconds: number;
}
