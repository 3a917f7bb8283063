import type { DeclaredShape, Shape } from '../model/dataType';
import type { InferredTensor } from '../model/inference';
import type { Node, Quantization } from '../model/model';
import type { LayerRow } from '../protocol/page';
import type { LayerReport, QuantizationReport, TensorReport } from '../protocol/reports';
import type { Row } from './rows';
import { tensorBytes } from './tensorBytes';

/** A tensor as reports have it; type and shape are null where they are not known. */
export function describeTensor(name: string, tensor: InferredTensor | undefined): TensorReport {
  return {
    name,
    type: tensor?.type ?? null,
    shape: copy(tensor?.shape),
    declaredShape: copy(tensor?.declaredShape),
    ...(tensor?.quantization && { quantization: describeQuantization(tensor.quantization) }),
  };
}

function describeQuantization({
  scales,
  zeroPoints,
  axis,
  blockSize,
  scaleTensor,
}: Quantization): QuantizationReport {
  const [scale = null] = scales;
  const single = scales.length === 1;
  return {
    scales: scaleTensor === null ? scales.length : null,
    scale: single ? scale : null,
    zeroPoint: single ? (zeroPoints[0] ?? 0) : null,
    axis,
    blockSize,
  };
}

function copy<T extends Shape | DeclaredShape>(shape: T | null | undefined): T[number][] | null {
  return shape ? [...shape] : null;
}

/** Figures of one layer: bytes of its outputs and weights, MACs. null where they are not known. */
export function toLayerRow({ id, index, depth, parent, entry, graph, position }: Row): LayerRow {
  const { node, macs, elementOps, bodies } = entry;
  const { tensors } = graph.inferred;
  const named = node.outputs.filter((name) => name !== '');
  let activationBytes: number | null = 0;
  const outputs = named.map((name) => {
    const tensor = tensors.get(name);
    const bytes = tensorBytes(tensor);
    if (tensor?.constant !== true) {
      activationBytes = activationBytes === null || bytes === null ? null : activationBytes + bytes;
    }
    return { ...describeTensor(name, tensor), bytes };
  });
  let parameters = 0;
  let parameterBytes = 0;
  let shared = false;
  for (const { tensor, users } of graph.parameters.get(position) ?? []) {
    parameters += tensor.storedElements;
    parameterBytes += tensor.bytes;
    shared ||= users.length > 1;
  }
  const known = parametersKnown(node);
  return {
    index,
    depth,
    parent,
    hasBody: bodies.length > 0,
    id,
    name: node.name,
    op: node.op,
    outputs,
    parameters: known ? parameters : null,
    parameterBytes: known ? parameterBytes : null,
    shared,
    activationBytes,
    macs,
    elementOps,
  };
}

/** Weights are listed by graph, so those of graphs that are not shown are in no list. */
export function parametersKnown({ parametersUnknown, bodiesHidden }: Node): boolean {
  return !parametersUnknown && !bodiesHidden;
}

/** The same rows as a tree: what lies in bodies under the layer that they belong to. */
export function nest(rows: readonly LayerRow[]): LayerReport[] {
  const layers: LayerReport[] = [];
  const byRow: LayerReport[] = [];
  for (const { index, depth, parent, hasBody, ...figures } of rows) {
    const layer: LayerReport = hasBody ? { ...figures, body: [] } : figures;
    byRow[index] = layer;
    (parent === null ? layers : byRow[parent]?.body)?.push(layer);
  }
  return layers;
}
