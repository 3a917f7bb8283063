import type { NodeId } from '../../../model/nodeId';
import type { Precision } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { ModelPlan, PlanNode } from '../../plan';
import { BlobFiles } from '../blobs';
import { CoreMlFile } from '../file';
import type { GraphContext } from '../graph';
import { weightedModels } from './models';
import { NETWORK_PRECISIONS, PROGRAM_PRECISIONS } from './policy';

/** What each layer's weights can be stored in. Core ML itself chooses how it computes. */
export function planModel(cleaned: ModelFile): ModelPlan {
  const { precisions, refusals } = possibilities(cleaned);
  const nodes = cleaned.model.graph.nodes.map(({ id, name, inputs, outputs }): PlanNode => {
    const refusal = refusals.get(id);
    const own = precisions.get(id) ?? [];
    return {
      id,
      name,
      inputs,
      outputs,
      precisions: own,
      refusals: own.length === 0 && refusal !== undefined ? { weights: refusal } : {},
      role: null,
      clamp: null,
      onlyReader: null,
      product: null,
      mention: 'never',
    };
  });
  return { nodes };
}

/** By node, what its weights can be stored in, and why others of its weights stay as they are. */
export function possibilities(file: ModelFile): {
  precisions: Map<NodeId, readonly Precision[]>;
  refusals: Map<NodeId, string>;
} {
  if (!(file instanceof CoreMlFile)) throw new Error('Only Core ML files are rewritten here.');
  const blobs = new BlobFiles(file.place.folder);
  const context: GraphContext = {
    path: file.place.specification,
    blobs,
    stored: new WeakMap(),
    decompress: new WeakMap(),
    lost: { add: () => undefined },
    report: () => undefined,
  };
  const precisions = new Map<NodeId, readonly Precision[]>();
  const refusals = new Map<NodeId, string>();
  try {
    for (const { kind, found } of weightedModels(file.proto, file.model.graph, context)) {
      for (const { nodes, reason } of found.left)
        for (const id of nodes) if (id !== null) refusals.set(id, reason);
      for (const { nodes, type } of found.weights) {
        const possible = kind === 'program' ? PROGRAM_PRECISIONS : NETWORK_PRECISIONS;
        const fewer = possible.filter(({ weights }) => weights !== 'float16' || type === 'float32');
        for (const id of nodes) if (id !== null) precisions.set(id, fewer);
      }
    }
  } finally {
    blobs.close();
  }
  return { precisions, refusals };
}
