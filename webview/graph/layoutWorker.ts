import { answer, type Request } from '../../src/protocol/rpc';
import { Hierarchy } from './hierarchy';
import type { LayoutRequests, LoadedGraph } from './layoutMessages';
import { Levels } from './levels';
import { makeScene } from './scene';

/** The layout's worker: keeps one graph, and lays it out with the groups open that it is asked for. */
let levels: Levels | null = null;

const handlers = {
  load(input: LayoutRequests['load']['params']): LoadedGraph {
    const start = performance.now();
    const hierarchy = new Hierarchy(input);
    levels = new Levels(hierarchy);
    const { made, groups, parentOf } = hierarchy;
    return {
      parentOf,
      made: Array.from({ length: groups - made }, (_, place) => hierarchy.childrenOf(made + place)),
      milliseconds: performance.now() - start,
    };
  },
  scene(open: LayoutRequests['scene']['params']): LayoutRequests['scene']['result'] {
    if (levels === null) throw new Error('No graph was loaded.');
    const start = performance.now();
    const scene = makeScene(levels, new Set(open));
    return { scene, milliseconds: performance.now() - start };
  },
};

self.addEventListener('message', ({ data }: MessageEvent<Request<LayoutRequests>>) =>
  answer<LayoutRequests>(
    data,
    (kind, params) => (handlers[kind] as (params: unknown) => LayoutRequests[typeof kind]['result'])(params),
    (response) => self.postMessage(response),
    (error) => ({ message: error instanceof Error ? error.message : String(error), kind: 'internal' }),
  ),
);
