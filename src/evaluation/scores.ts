import type { InferredGraph } from '../model/inference';
import type { Node } from '../model/model';
import type { OperatorKind } from '../model/operatorKind';

/** What squeezes scores into probabilities or indices, so that large errors hide behind it, and small ones grow. */
const DECIDING: ReadonlySet<OperatorKind | null> = new Set(['softmax', 'sigmoid', 'index of maximum']);
/** What leaves all values as they are, between such an operator and the output. */
const MOVING: ReadonlySet<OperatorKind | null> = new Set([
  ...(['reshape', 'transpose', 'identity', 'cast', 'quantize', 'dequantize'] as const),
]);

/**
 * The tensors that a model's outputs are best judged by: for an output that comes from a Softmax, a Sigmoid or an ArgMax
 * what goes into it, for any other one itself.
 */
export function scoreTensors({ graph, tensors }: InferredGraph): string[] {
  const producers = new Map<string, Node>(
    graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const isReal = (name: string) =>
    tensors.get(name)?.type === 'float32' || graph.valueInfo.get(name)?.quantization !== undefined;
  const judged = graph.outputs.map(({ name }) => {
    let tensor = name;
    for (let node = producers.get(tensor); node !== undefined; node = producers.get(tensor)) {
      const [input = ''] = node.inputs;
      if (DECIDING.has(node.kind)) return isReal(input) ? input : name;
      if (!MOVING.has(node.kind)) return name;
      tensor = input;
    }
    return name;
  });
  return [...new Set(judged)];
}
