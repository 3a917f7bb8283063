import { itemAt } from '../../model/assert';
import type { ExternalFile, Model, Problem, Property, Signature, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { readRange } from '../binary';
import { checkTopology } from '../topology';
import { Constants } from './constants';
import type { Decoded } from './decode';
import type { TfliteGraph } from './graph';
import { describeMetadata, type Metadata, readMetadata } from './metadata';
import { Subgraphs } from './subgraphs';
import type { Bytes, ModelTable, TensorMapTable } from './tables';

export interface TfliteModel extends Model {
  /** The tables of the file, as they were read when it was opened. */
  readonly root: ModelTable;
  readonly graph: TfliteGraph;
  /** All graphs, the main one first: other signatures, and what operators call. */
  readonly graphs: readonly TfliteGraph[];
}

/** Problems of a file that are worth listing: a damaged one can have as many as it has tensors (CWE-770). */
const MAX_PROBLEMS = 200;

/** Names that tensors share; real files share few (CWE-770). */
const MAX_SHARED_NAMES = 16;

/** A version is a word; a buffer that is longer holds something else (CWE-789). */
const MAX_VERSION_BYTES = 64;

/** The model of decoded tables, what they say of it in words, and where its tensors' elements are. */
export function readModel(
  { root, bytes, problems: damage }: Decoded<ModelTable> & { readonly bytes: number },
  path: string,
): { model: TfliteModel; metadata: Metadata | null; elements: WeakMap<Tensor, Bytes> } {
  checkParts(root, path, bytes);
  const problems: Problem[] = [...damage];
  const report = (problem: Problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const constants = new Constants(path, root);
  const subgraphs = new Subgraphs(root, constants, report);
  const graphs = (root.subgraphs ?? []).flatMap((_, index) => subgraphs.graph(index) ?? []);
  const [graph] = graphs;
  if (!graph && root.subgraphs === undefined && damage.length > 0) {
    throw new ModelError(
      `${path} is truncated: its graph lies behind the ${bytes} bytes that there are. Fetch the file again.`,
      { file: path },
    );
  }
  if (!graph) {
    throw new ModelError(`${path} is a TensorFlow Lite file without a graph: there is nothing to show.`, {
      file: path,
    });
  }
  constants.lost.problems.forEach(report);
  for (const one of graphs) checkGraph(one, report);
  const metadata = readMetadata(root, path, report);
  const model: TfliteModel = {
    root,
    format: 'tflite',
    file: path,
    fileBytes: bytes,
    externalFiles: [...constants.files.values()].filter(
      (file): file is ExternalFile => typeof file !== 'string',
    ),
    properties: propertiesOf(root, graphs),
    metadata: metadata === null ? [] : describeMetadata(metadata),
    graph,
    graphs,
    signatures: signaturesOf(root, graphs),
    problems,
  };
  return { model, metadata, elements: constants.bytes };
}

/**
 * Parts that share what they refer to could make a small file a large model: a thousand graphs of the same tensors,
 * or tensors of one long name. In undamaged files every part has bytes of its own.
 */
function checkParts({ subgraphs = [] }: ModelTable, path: string, bytes: number): void {
  let parts = 0;
  let letters = 0;
  for (const { tensors = [], operators = [], inputs = [], outputs = [] } of subgraphs) {
    parts += tensors.length + inputs.length + outputs.length;
    for (const one of operators) parts += 1 + (one.inputs?.length ?? 0) + (one.outputs?.length ?? 0);
    for (const { name, shape } of tensors) {
      letters += name?.length ?? 0;
      parts += shape?.length ?? 0;
    }
  }
  if (parts > bytes || letters > MAX_SHARED_NAMES * bytes) {
    throw new ModelError(`${path} is damaged: it has more parts than it has room for.`, { file: path });
  }
}

/** A body sees only its own tensors. Variables exist before the first node. */
function checkGraph(graph: TfliteGraph, report: (problem: Problem) => void): void {
  const given = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  for (const [index, tensor] of (graph.table.tensors ?? []).entries()) {
    if (tensor.isVariable) given.add(itemAt(graph.tensorNames, index));
  }
  checkTopology(graph, given, report, () => false);
}

function signaturesOf({ signatureDefs = [] }: ModelTable, graphs: readonly TfliteGraph[]): Signature[] {
  return signatureDefs.map(({ signatureKey = '', subgraphIndex = 0, inputs, outputs }) => {
    const graph = graphs[subgraphIndex];
    const mapped = (maps: readonly TensorMapTable[] = []) =>
      maps.map(({ name = '', tensorIndex = 0 }) => ({
        name,
        tensor: graph?.tensorNames[tensorIndex] ?? '',
      }));
    return {
      name: signatureKey,
      graph: graph?.name ?? '',
      inputs: mapped(inputs),
      outputs: mapped(outputs),
    };
  });
}

function propertiesOf(root: ModelTable, graphs: readonly TfliteGraph[]): Property[] {
  const signatures = (root.signatureDefs ?? []).map(({ signatureKey }) => signatureKey ?? '');
  const stated: [string, string][] = [
    ['Schema version', String(root.version ?? 0)],
    ['Minimum runtime', minimumRuntime(root)],
    ['Description', root.description ?? ''],
    ['Graph', graphs[0]?.name ?? ''],
    ['Graphs', graphs.length === 1 ? '' : String(graphs.length)],
    ['Signatures', signatures.join(', ')],
  ];
  return stated.filter(([, value]) => value !== '').map(([name, value]) => ({ name, value }));
}

/** A buffer that metadata names holds the version in text, with zeros behind it. */
function minimumRuntime({ metadata = [], buffers = [] }: ModelTable): string {
  const entry = metadata.find(({ name }) => name === 'min_runtime_version');
  const data = buffers[entry?.buffer ?? -1]?.data;
  if (!data || data.length > MAX_VERSION_BYTES) return '';
  const bytes = data instanceof Uint8Array ? data : readRange(data.path, data.offset, data.length);
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
}
