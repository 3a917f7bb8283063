import type { Graph, Node } from '../../model/model';
import type { Profiling } from '../profiling';
import { attribute } from './attribution';
import { OnnxFile } from './file';
import { inputRoles } from './inputRoles';
import { INSTRUMENTED_NAME, instrument } from './instrument';
import { writeModel } from './writer';

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
