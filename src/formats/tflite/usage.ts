import { ModelError } from '../../model/modelError';
import type { InputUsage, OutputUsage, Usage } from '../../model/usage';
import { type ZipEntry, zipEntries } from '../zip';
import { ENUMS } from './enums';
import { AXIS_LABELS, labelsOf, type Metadata, type TensorMetadata } from './metadata';

/** What the metadata says of the main graph's inputs and outputs. Unpacks lists of labels to count them. */
export function usageOf(path: string, metadata: Metadata): Usage {
  const [main] = metadata.subgraphMetadata ?? [];
  const entries = zipEntries(path);
  return {
    inputs: (main?.inputTensorMetadata ?? []).map(inputUsage),
    outputs: (main?.outputTensorMetadata ?? []).map((tensor) => outputUsage(path, tensor, entries)),
  };
}

function inputUsage({ content, processUnits = [] }: TensorMetadata): InputUsage {
  const unit = processUnits.find(({ options }) => options?.table === 'NormalizationOptions');
  const properties = content?.contentProperties;
  const isImage = properties?.table === 'ImageProperties';
  const space = isImage ? Number(properties.value['colorSpace'] ?? 0) : 0;
  return {
    normalization: unit?.options
      ? { mean: numbers(unit.options.value['mean']), std: numbers(unit.options.value['std']) }
      : null,
    // 0 is its UNKNOWN.
    colorSpace: space === 0 ? null : (ENUMS['ColorSpaceType']?.names[space] ?? String(space)),
  };
}

function outputUsage(path: string, tensor: TensorMetadata, entries: readonly ZipEntry[]): OutputUsage {
  const file = (tensor.associatedFiles ?? []).find(({ type }) => type === AXIS_LABELS);
  return {
    labels: file ? { name: file.name ?? '', labels: labelCount(path, tensor, entries) } : null,
    boundingBoxes: tensor.content?.contentProperties?.table === 'BoundingBoxProperties',
  };
}

function labelCount(path: string, tensor: TensorMetadata, entries: readonly ZipEntry[]): number | null {
  try {
    return labelsOf(path, tensor, AXIS_LABELS, entries)?.length ?? null;
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

function numbers(values: unknown): number[] {
  return Array.isArray(values) ? values.map(Number) : [];
}
