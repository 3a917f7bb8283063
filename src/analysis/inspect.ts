import type { ModelFile } from '../formats/format';
import type { DimensionChoice, Inference } from '../model/inference';
import type { Graph, Model } from '../model/model';
import type { LayerRow, OpenedModel } from '../protocol/page';
import { CONTRACT_VERSION, type InspectReport, type Totals } from '../protocol/reports';
import { arenaBytes } from './arena';
import { layerEnergy, totalEnergy } from './energy';
import { describeTensor, nest, parametersKnown, toLayerRow } from './layers';
import { activationMemory } from './memory';
import { findModules } from './modules/modules';
import { flatten, ParameterIndex, type Row } from './rows';
import { workOf } from './work';

/** A model looked at with given dimensions: the report, and what details of single layers are made of. */
export interface Analysis {
  readonly report: InspectReport;
  /** The flat table, and behind each of its rows the node that it shows. */
  readonly rows: readonly LayerRow[];
  readonly nodes: readonly Row[];
  /** Largest value of each figure. */
  readonly maxima: OpenedModel['maxima'];
  readonly inference: Inference;
}

/**
 * What a model costs, layer by layer, without running it or reading its weights.
 *
 * @throws UsageError when the choice contradicts itself or the file.
 */
export function inspect(file: ModelFile, choice: DimensionChoice): InspectReport {
  return analyze(file, choice).report;
}

/**
 * Infers a model under a choice of dimensions and counts its layers.
 * @throws UsageError when the choice contradicts itself or the file.
 */
export function analyze(file: ModelFile, choice: DimensionChoice): Analysis {
  const { model } = file;
  const inference = file.infer(choice);
  const parameters = new ParameterIndex(file);
  const nodes = flatten(inference.graph, parameters);
  const plain = nodes.map((node): LayerRow => {
    const row = toLayerRow(node);
    return { ...row, energyPicojoules: layerEnergy(node, row) };
  });
  const { modules, of } = findModules(nodes, plain);
  const rows = plain.map((row, index): LayerRow => {
    const module = of[index];
    return module ? { ...row, module } : row;
  });
  const { tensors } = inference.graph;
  const report: InspectReport = {
    version: CONTRACT_VERSION,
    format: model.format,
    file: model.file,
    fileBytes: model.fileBytes,
    externalBytes: model.externalFiles.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    inputs: model.graph.inputs.map(({ name }) => describeTensor(name, tensors.get(name))),
    outputs: model.graph.outputs.map(({ name }) => describeTensor(name, tensors.get(name))),
    dims: Object.fromEntries(inference.dims),
    assumedInputs: [...inference.assumedInputs],
    totals: totals(file, inference, parameters, nodes),
    layers: nest(rows),
    modules,
    properties: model.properties.map((property) => ({ ...property })),
    metadata: model.metadata.map((property) => ({ ...property })),
    bytesByType: bytesByType(parameters),
    ...numbered(model, inference),
    problems: [...model.problems, ...inference.problems].map((problem) => ({ ...problem })),
    energy: totalEnergy(rows.map(({ energyPicojoules }) => energyPicojoules ?? null)),
  };
  return { report, rows, nodes, maxima: maxima(rows), inference };
}

function totals(
  file: ModelFile,
  { graph }: Inference,
  parameters: ParameterIndex,
  rows: readonly Row[],
): Totals {
  const memory = activationMemory(graph);
  const macs = workOf(graph, (node) => node.macs);
  const elementOps = workOf(graph, (node) => node.elementOps);
  let elements = 0;
  let bytes = 0;
  for (const { tensor } of parameters.all) {
    elements += tensor.storedElements;
    bytes += tensor.bytes;
  }
  const known = rows.every(({ entry }) => parametersKnown(entry.node));
  return {
    layers: graph.nodes.length,
    nodesWithSubgraphs: rows.length,
    ...(rows.some(({ entry }) => entry.node.bodiesHidden) && { nodesAtLeast: true as const }),
    initializerElements: initializerElements(file.model.graph),
    parameters: known ? elements : null,
    parameterBytes: known ? bytes : null,
    knownParameters: elements,
    knownParameterBytes: bytes,
    activationBytes: memory.total,
    knownActivationBytes: memory.known,
    peakActivationBytes: memory.peak,
    knownPeakActivationBytes: memory.knownPeak,
    peakNode: memory.peakNode,
    ...(memory.peakNodeId !== null && { peakNodeId: memory.peakNodeId }),
    ...(file.format.arena && { arenaBytes: arenaBytes(graph, file.format.arena.alignment) }),
    macs: macs.total,
    knownMacs: macs.atLeast,
    elementOps: elementOps.total,
    knownElementOps: elementOps.atLeast,
  };
}

/** What formats have that number their tensors and name ways to call a model. */
function numbered(
  { graph, signatures }: Model,
  { graph: { tensors } }: Inference,
): Pick<InspectReport, 'signatures' | 'tensors'> {
  return {
    ...(signatures && {
      signatures: signatures.map(({ name, graph: called, inputs, outputs }) => ({
        name,
        graph: called,
        inputs: inputs.map((one) => ({ ...one })),
        outputs: outputs.map((one) => ({ ...one })),
      })),
    }),
    ...(graph.tensorNames && {
      tensors: graph.tensorNames.map((name) => {
        const info = graph.valueInfo.get(name);
        return {
          ...describeTensor(name, tensors.get(name) ?? (info && { ...info, shape: null, constant: false })),
          statedShape: info?.statedShape ? [...info.statedShape] : null,
          constant: tensors.get(name)?.constant ?? false,
        };
      }),
    }),
  };
}

/** Constants that no node gives. */
function initializerElements(graph: Graph): number {
  const given = new Set(graph.nodes.flatMap((node) => node.outputs));
  let elements = 0;
  for (const [name, tensor] of graph.constants) if (!given.has(name)) elements += tensor.storedElements;
  return elements;
}

function bytesByType({ all }: ParameterIndex): Record<string, number> {
  const bytes = new Map<string, number>();
  for (const { tensor } of all) bytes.set(tensor.type, (bytes.get(tensor.type) ?? 0) + tensor.bytes);
  return Object.fromEntries([...bytes].sort(([, a], [, b]) => b - a));
}

function maxima(rows: readonly LayerRow[]): Analysis['maxima'] {
  const largest = { parameters: 0, parameterBytes: 0, activationBytes: 0, macs: 0 };
  for (const row of rows) {
    largest.parameters = Math.max(largest.parameters, row.parameters ?? 0);
    largest.parameterBytes = Math.max(largest.parameterBytes, row.parameterBytes ?? 0);
    largest.activationBytes = Math.max(largest.activationBytes, row.activationBytes ?? 0);
    largest.macs = Math.max(largest.macs, row.macs ?? 0);
  }
  return largest;
}
