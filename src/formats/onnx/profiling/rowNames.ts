import type { Graph, Node } from '../../../model/model';
import type { Profiling } from '../../profiling';
import { OnnxFile } from '../file';
import { inputRoles } from '../inputRoles';
import { writeModel } from '../writing/writer';
import { attribute } from './attribution';
import { INSTRUMENTED_NAME, instrument } from './instrument';

export const profiling: Profiling = {
  instrument(file, inferred, target) {
    const { proto, layers } = instrument((file as OnnxFile).proto, inferred);
    writeModel(proto, target);
    return {
      layers,
      label: (row) => row.replace(INSTRUMENTED_NAME, (_, layer) => layers[Number(layer)]?.name ?? ''),
      attribute: (rows, optimized) =>
        attribute(layers, rows, optimized === null ? [] : allNodes(OnnxFile.open(optimized).model.graph)),
    };
  },
  inputRoles,
};

function allNodes(graph: Graph): Node[] {
  return graph.nodes.flatMap((node) => [node, ...node.bodies.flatMap((body) => allNodes(body.graph))]);
}
