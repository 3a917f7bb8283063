import type { Graph, Node } from '../../../model/model';
import type { Profiling } from '../../profiling';
import { inputRoles } from '../inputRoles';
import { readModel } from '../reading/reader';
import { scanModel } from '../reading/scanner';
import { onnxFile } from '../rewrite/protos';
import { writeModel } from '../writing/writer';
import { attribute } from './attribution';
import { INSTRUMENTED_NAME, instrument } from './instrument';
import { placeRows } from './placeRows';
import { writeYardsticks } from './yardsticks';

export const profiling: Profiling = {
  instrument(file, inferred, target) {
    const { proto, layers } = instrument(onnxFile(file).proto, inferred);
    writeModel(proto, target);
    return {
      path: target,
      layers,
      label: (row) => row.replace(INSTRUMENTED_NAME, (_, layer) => layers[Number(layer)]?.name ?? ''),
      attribute: (rows, optimized) =>
        attribute(layers, rows, optimized === null ? [] : nodesOfFile(optimized)),
    };
  },
  inputRoles,
  placeRows,
  writeYardsticks,
};

function nodesOfFile(path: string): Node[] {
  return allNodes(readModel(scanModel(path), path).model.graph);
}

function allNodes(graph: Graph): Node[] {
  return graph.nodes.flatMap((node) => [node, ...node.bodies.flatMap((body) => allNodes(body.graph))]);
}
