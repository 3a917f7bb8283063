import type { Model, Problem, Property, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { bodyPath } from '../../model/nodeId';
import { LostWeights } from '../lostWeights';
import { checkTopology } from '../topology';
import { BlobFiles } from './blobs';
import { classicalGraph } from './classical';
import type { Model as ModelProto, NeuralNetwork, Pipeline } from './coreml_pb';
import { describeFlexibility, type Features, featuresOf } from './features';
import type { CoreMlGraph, CoreMlNode, GraphContext } from './graph';
import { functionsOf, programGraph } from './mil/graph';
import { networkGraph } from './neuralNetwork/graph';
import type { PackagePath } from './package';
import { scanModel } from './scanner';
import type { Stored } from './stored';

export interface CoreMlModel extends Model {
  readonly graph: CoreMlGraph;
}

export interface ReadModel {
  readonly proto: ModelProto;
  readonly model: CoreMlModel;
  readonly features: Features;
  readonly stored: WeakMap<Tensor, Stored>;
  readonly decompress: GraphContext['decompress'];
}

/** Problems of a file that are worth listing: a damaged one can have as many as it has nodes (CWE-770). */
const MAX_PROBLEMS = 200;

/** @throws ModelError when the file cannot be read or says of no model that is known. */
export function readModel(at: PackagePath): ReadModel {
  const { proto, bytes, problems: damage } = scanModel(at.specification);
  const problems: Problem[] = [...damage];
  const report = (problem: Problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const blobs = new BlobFiles(at.folder);
  const [stored, decompress] = [new WeakMap(), new WeakMap()];
  const lost = new LostWeights();
  const context: GraphContext = { path: at.specification, blobs, stored, decompress, lost, report };
  try {
    const { graph, features } = graphOf(proto, context, null, 0);
    lost.problems.forEach(report);
    checkGraph(graph, report, () => false);
    const model = {
      format: 'coreml',
      file: at.path,
      fileBytes: bytes + at.otherBytes,
      externalFiles: blobs.files,
      properties: propertiesOf(proto, graph, features),
      metadata: (proto.description?.metadata?.userDefined ?? []).map(({ key, value }) => ({
        name: key,
        value,
      })),
      graph,
      problems,
    };
    return { proto, model, features, stored, decompress };
  } finally {
    blobs.close();
  }
}

/** Pipelines within pipelines; Core ML allows none (CWE-674). */
const MAX_PIPELINES = 8;

/** @param node that the model is in a pipeline; null where it is the file's. */
function graphOf(
  proto: ModelProto,
  context: GraphContext,
  node: Pick<CoreMlNode, 'id' | 'name'> | null,
  depth: number,
): { graph: CoreMlGraph; features: Features } {
  const path = node === null ? '' : bodyPath(node.id, node.name, 0);
  if (proto.mlProgram) {
    const { main, names } = functionsOf(proto.mlProgram, proto.description?.defaultFunctionName ?? '');
    const graph = programGraph(proto.mlProgram, main, context, path);
    if (!graph)
      throw empty(context, names.length === 0 ? 'no function' : `nothing in its function '${main}'`);
    const features = featuresOf(proto.description, main);
    return { graph: withFeatures(graph, features), features };
  }
  const features = featuresOf(proto.description, '');
  const network = networkOf(proto);
  if (network) return { graph: networkGraph(network, 'neural network', features, context, path), features };
  const pipeline = pipelineOf(proto);
  if (pipeline) {
    if (depth >= MAX_PIPELINES) throw empty(context, 'too many pipelines within pipelines');
    return { graph: pipelineGraph(pipeline, features, context, path, depth), features };
  }
  const graph = classicalGraph(proto, features, context, node ?? { name: '', id: '0' });
  if (graph === null) throw empty(context, 'a kind of model that is not known');
  return { graph, features };
}

function empty({ path }: GraphContext, what: string): ModelError {
  return new ModelError(`${path} is a Core ML file with ${what}: there is nothing to show.`, { file: path });
}

/** The neural network that a model is or classifies and estimates by; undefined where it is another kind of model. */
export function networkOf(proto: ModelProto): NeuralNetwork | undefined {
  return proto.neuralNetwork ?? proto.neuralNetworkClassifier ?? proto.neuralNetworkRegressor;
}

/** The models that are run one after the other; undefined where it is one model. */
export function pipelineOf(proto: ModelProto): Pipeline | undefined {
  return proto.pipeline ?? proto.pipelineClassifier?.pipeline ?? proto.pipelineRegressor?.pipeline;
}

/** A program's function says which shapes are open, the description how far. */
function withFeatures(graph: CoreMlGraph, { inputs, outputs }: Features): CoreMlGraph {
  const described = new Map(inputs.map((feature) => [feature.name, feature]));
  const merged = graph.inputs.map((input) => {
    const info = described.get(input.name)?.info;
    const declaredShape = input.declaredShape?.map((size, axis) => {
      const named = info?.declaredShape?.[axis];
      return size === null && info?.declaredShape?.length === input.declaredShape?.length
        ? (named ?? null)
        : size;
    });
    return { ...input, declaredShape: declaredShape ?? info?.declaredShape ?? null };
  });
  const names = new Set(outputs.map(({ name }) => name));
  const given = new Set(graph.outputs.map(({ name }) => name));
  // A classifier's label and probabilities are made of the program's outputs, by Core ML itself.
  const made = outputs.filter(({ name }) => !given.has(name)).map(({ info }) => info);
  const order = graph.outputs.filter(({ name }) => names.has(name) || made.length > 0 || names.size === 0);
  return { ...graph, inputs: merged, outputs: [...order, ...made] };
}

function pipelineGraph(
  { models, names }: Pipeline,
  features: Features,
  context: GraphContext,
  path: string,
  depth: number,
): CoreMlGraph {
  const valueInfo = new Map(features.inputs.map(({ name, info }) => [name, info]));
  const constants = new Map<string, Tensor>();
  const read = models.map((model, index) => {
    const given = names[index];
    // Weights are named after their node.
    const name = given && names.indexOf(given) === index ? given : `model${index}`;
    const id = `${path}${index}`;
    return { id, model, name, ...graphOf(model, context, { id, name }, depth + 1) };
  });
  // A model may give a feature that another one gave before, under the same name: the last one keeps it.
  const lastGiver = new Map(
    read.flatMap(({ features: own }, index) => own.outputs.map(({ name }) => [name, index])),
  );
  const ownInputs = new Set(features.inputs.map(({ name }) => name));
  const current = new Map<string, string>();
  const nodes = read.map(({ id, model, name, graph, features: own }, index): CoreMlNode => {
    const inputs = own.inputs.map((input) => current.get(input.name) ?? input.name);
    const outputs = own.outputs.map((output) => {
      const keeps = lastGiver.get(output.name) === index && !ownInputs.has(output.name);
      const tensor = keeps ? output.name : `${output.name} of ${name}`;
      current.set(output.name, tensor);
      valueInfo.set(tensor, { ...output.info, name: tensor });
      return tensor;
    });
    const [only] = graph.nodes;
    // A classical model is one node anyway.
    if (only?.source.kind === 'model' && !pipelineOf(model)) {
      for (const tensor of graph.constants.values()) constants.set(tensor.name, tensor);
      return { ...only, id, inputs: [...inputs, ...only.inputs.slice(own.inputs.length)], outputs };
    }
    return {
      id,
      name,
      op: kindOf(model),
      kind: null,
      inputs,
      outputs,
      attributes: [],
      bodies: [{ role: name, graph }],
      source: {
        kind: 'model',
        macs: 0,
        elementOps: 0,
        given: new Map(own.inputs.map((input, at) => [input.name, inputs[at] ?? ''])),
        gives: own.outputs.map((output) => output.name),
      },
    };
  });
  return {
    name: 'pipeline',
    nodes,
    inputs: features.inputs.map(({ info }) => info),
    outputs: features.outputs.map(({ name, info }) => ({ ...info, name: current.get(name) ?? name })),
    valueInfo,
    constants,
    mappedInputs: new Map(),
  };
}

/** What a model is, by the name of its field. */
function kindOf(proto: ModelProto): string {
  if (proto.mlProgram) return 'mlProgram';
  if (proto.neuralNetworkClassifier) return 'neuralNetworkClassifier';
  if (proto.neuralNetworkRegressor) return 'neuralNetworkRegressor';
  return networkOf(proto) ? 'neuralNetwork' : 'pipeline';
}

function checkGraph(
  graph: CoreMlGraph,
  report: (problem: Problem) => void,
  outer: (name: string) => boolean,
): void {
  const given = new Set([...graph.inputs.map((input) => input.name), ...graph.constants.keys()]);
  // Networks inside a layer give names to the layers behind it, and a copy may write to an existing one.
  const loose = graph.nodes.some(
    ({ source, bodies, op }) => source.kind === 'layer' && (bodies.length > 0 || op === 'copy'),
  );
  const inside = new Set(given);
  for (const node of graph.nodes) for (const output of node.outputs) inside.add(output);
  const made = graph.outputs.filter(({ name }) => !inside.has(name) && !outer(name));
  const real = graph.outputs.filter((output) => !made.includes(output));
  if (!loose) checkTopology({ ...graph, outputs: real }, given, report, outer);
  for (const node of graph.nodes) {
    for (const body of node.bodies) {
      if (node.source.kind === 'model') checkGraph(body.graph, report, () => false);
      else if (!loose) checkGraph(body.graph, report, (name) => inside.has(name) || outer(name));
    }
  }
}

/** Core ML 1 to 8, by specification version (Model.proto). */
function propertiesOf(proto: ModelProto, graph: CoreMlGraph, features: Features): Property[] {
  const { description, mlProgram } = proto;
  const metadata = description?.metadata;
  const functions = mlProgram ? functionsOf(mlProgram, description?.defaultFunctionName ?? '') : null;
  const opset = mlProgram?.functions.find((entry) => entry.key === functions?.main)?.value?.opset ?? '';
  const flexible = features.inputs.filter((feature) => feature.flexible.length > 0);
  const [only] = graph.nodes;
  const classical = only?.source.kind === 'model' && only.bodies.length === 0;
  const stated: [string, string][] = [
    ['Specification', String(proto.specificationVersion)],
    ['Kind', classical && graph.nodes.length === 1 ? only.op : kindOf(proto)],
    ['Operator set', opset],
    [
      'Functions',
      functions && functions.names.length > 1
        ? `${functions.names.join(', ')} (shown: ${functions.main})`
        : '',
    ],
    ['Flexible shapes', flexible.map(describeFlexibility).join('; ')],
    ['Updatable', proto.isUpdatable ? 'yes' : ''],
    ['Author', metadata?.author ?? ''],
    ['Version', metadata?.versionString ?? ''],
    ['License', metadata?.license ?? ''],
    ['Description', metadata?.shortDescription ?? ''],
  ];
  return stated.filter(([, value]) => value !== '').map(([name, value]) => ({ name, value }));
}
