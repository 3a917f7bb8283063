import type { Model, Problem, Property, Tensor } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import type { Scan } from '../../protobuf/scanner';
import { checkTopology } from '../../topology';
import type { ModelProto, ModelProtoSchema, TensorProto } from '../onnx_pb';
import { locateExternalData } from './externalData';
import { FunctionTable } from './functions';
import { buildGraph, type GraphContext, isDefaultDomain, type OnnxGraph } from './graph';
import { givenNames, visibleNames } from './names';

export interface OnnxModel extends Model {
  readonly graph: OnnxGraph;
}

/** Problems of a file that are worth listing: a damaged one can have as many as it has nodes (CWE-770). */
const MAX_PROBLEMS = 200;

/** The operator set of ONNX 1.21, the newest whose operators were looked at; a later one may mean others by a name. */
const NEWEST_OPSET = 26n;

/** The model of a scanned file, and the messages that hold its tensors' values. */
export function readModel(
  { proto, bytes, flagged: external, problems: damage }: Scan<typeof ModelProtoSchema>,
  path: string,
): { model: OnnxModel; values: WeakMap<Tensor, TensorProto> } {
  if (!proto.graph) {
    throw new ModelError(`${path} is an ONNX file without a graph: there is nothing to show.`, {
      file: path,
    });
  }
  const problems: Problem[] = [...damage];
  const report = (problem: Problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const located = external ? locateExternalData(proto, path) : { files: [], problems: [] };
  located.problems.forEach(report);
  const opset = proto.opsetImport.find(({ domain }) => isDefaultDomain(domain))?.version ?? 0n;
  if (opset > NEWEST_OPSET) {
    report({
      message: `Operator set ${opset} is newer than ${NEWEST_OPSET}, the newest that is known here: shapes and MACs may be wrong, and an engine may refuse the model.`,
    });
  }
  const functions = new FunctionTable(proto);
  const context: GraphContext = {
    path,
    values: new WeakMap(),
    report,
    functionBody: (proto, node) => functions.body(proto, node, context),
  };
  const graph = buildGraph(proto.graph, context);
  let checked = false;
  const model = {
    format: 'onnx',
    file: path,
    fileBytes: bytes,
    externalFiles: located.files,
    properties: propertiesOf(proto),
    metadata: proto.metadataProps.map(({ key, value }) => ({ name: key, value })),
    graph,
    /** Connections are checked when somebody asks: of 100,000 nodes that takes as long as half of the reading. */
    get problems() {
      if (!checked) checkGraphs(graph, report);
      checked = true;
      return problems;
    },
  };
  return { model, values: context.values };
}

/** A body sees the names of the graphs around it; a function sees only its own. */
function checkGraphs(main: OnnxGraph, report: (problem: Problem) => void): void {
  const functions = new Set<OnnxGraph>();
  const check = (graph: OnnxGraph, outer: (name: string) => boolean) => {
    checkTopology(graph, givenNames(graph), report, outer);
    let names: Set<string> | null = null;
    for (const node of graph.nodes) {
      for (const { graph: body } of node.bodies) {
        if (body.proto.$typeName === 'caliper.onnx.FunctionProto') {
          if (!functions.has(body)) {
            functions.add(body);
            check(body, () => false);
          }
        } else {
          names ??= visibleNames(graph);
          const own = names;
          check(body, (name) => own.has(name) || outer(name));
        }
      }
    }
  };
  check(main, () => false);
}

function propertiesOf(proto: ModelProto): Property[] {
  const opsets = proto.opsetImport.map(
    ({ domain, version }) => `${isDefaultDomain(domain) ? 'ai.onnx' : domain} ${version}`,
  );
  const stated: [string, string][] = [
    ['IR version', proto.irVersion === 0n ? '' : String(proto.irVersion)],
    ['Opset', opsets.join(', ')],
    ['Producer', [proto.producerName, proto.producerVersion].filter((text) => text !== '').join(' ')],
    ['Domain', proto.domain],
    ['Model version', proto.modelVersion === 0n ? '' : String(proto.modelVersion)],
    ['Graph', proto.graph?.name ?? ''],
    ['Description', proto.docString || (proto.graph?.docString ?? '')],
    ['Functions', proto.functions.length === 0 ? '' : String(proto.functions.length)],
  ];
  return stated.filter(([, value]) => value !== '').map(([name, value]) => ({ name, value }));
}
