import type { Problem, Property } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { readZipEntry, type ZipEntry, zipEntries } from '../zip';
import { decodePart } from './decode';
import { ENUMS } from './enums';
import { shortest } from './options';
import type { ModelTable, Union } from './tables';

/** What whoever made the model says of it (ModelMetadata of tflite-support); files that belong to it are packed into its end. */
export interface Metadata {
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly author?: string;
  readonly license?: string;
  readonly minParserVersion?: string;
  readonly subgraphMetadata?: readonly SubGraphMetadata[];
  readonly associatedFiles?: readonly AssociatedFile[];
}

export interface SubGraphMetadata {
  readonly name?: string;
  readonly description?: string;
  readonly inputTensorMetadata?: readonly TensorMetadata[];
  readonly outputTensorMetadata?: readonly TensorMetadata[];
  readonly associatedFiles?: readonly AssociatedFile[];
}

export interface TensorMetadata {
  readonly name?: string;
  readonly description?: string;
  readonly dimensionNames?: readonly string[];
  readonly content?: { readonly contentProperties?: Union };
  readonly processUnits?: readonly { readonly options?: Union }[];
  readonly stats?: { readonly max?: readonly number[]; readonly min?: readonly number[] };
  readonly associatedFiles?: readonly AssociatedFile[];
}

export interface AssociatedFile {
  readonly name?: string;
  readonly description?: string;
  /** Number of AssociatedFileType. */
  readonly type?: number;
  readonly locale?: string;
}

/** Name of the buffer that holds the metadata. */
const METADATA = 'TFLITE_METADATA';

/** Lists of labels have thousands of lines; more is something else (CWE-789). */
const MAX_LABEL_BYTES = 16 * 2 ** 20;

/** Labels of an output by the position along its last axis (AssociatedFileType). */
export const AXIS_LABELS = 2;

/** null when the model has none, or none that can be read. */
export function readMetadata(
  { metadata = [], buffers = [] }: ModelTable,
  path: string,
  report: (problem: Problem) => void,
): Metadata | null {
  const entry = metadata.find(({ name }) => name === METADATA);
  const data = buffers[entry?.buffer ?? -1]?.data;
  if (!data || data instanceof Uint8Array) return null;
  try {
    const { root, problems } = decodePart<Metadata>(path, data.offset, data.length, 'ModelMetadata');
    problems.forEach(report);
    return root;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    report({ message: `The metadata of ${path} cannot be read: it is damaged.` });
    return null;
  }
}

/** Labels that belong to an output, one a line; null when it has none of this type, or they cannot be read. */
export function labelsOf(
  path: string,
  { associatedFiles = [] }: TensorMetadata,
  type: number,
  entries: readonly ZipEntry[] = zipEntries(path),
): readonly string[] | null {
  const file = associatedFiles.find((one) => one.type === type);
  const entry = entries.find(({ name }) => name === file?.name);
  if (!entry) return null;
  const text = new TextDecoder().decode(readZipEntry(path, entry, MAX_LABEL_BYTES));
  // The last line may be ended or not.
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The metadata in words. */
export function describeMetadata(metadata: Metadata): Property[] {
  const stated: [string, string | undefined][] = [
    ['Name', metadata.name],
    ['Description', metadata.description],
    ['Version', metadata.version],
    ['Author', metadata.author],
    ['License', metadata.license],
    ['Minimum metadata parser', metadata.minParserVersion],
  ];
  const [main] = metadata.subgraphMetadata ?? [];
  for (const [index, tensor] of (main?.inputTensorMetadata ?? []).entries()) {
    stated.push([`Input ${tensor.name || index}`, describeTensor(tensor)]);
  }
  for (const [index, tensor] of (main?.outputTensorMetadata ?? []).entries()) {
    stated.push([`Output ${tensor.name || index}`, describeTensor(tensor)]);
  }
  const files = [...(metadata.associatedFiles ?? []), ...(main?.associatedFiles ?? [])];
  stated.push(['Files', files.map(describeFile).join(', ')]);
  return stated.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

function describeTensor(tensor: TensorMetadata): string {
  const parts = [tensor.description ?? ''];
  const content = tensor.content?.contentProperties;
  if (content?.table === 'ImageProperties') {
    const space = ENUMS['ColorSpaceType']?.names[Number(content.value['colorSpace'] ?? 0)] ?? '';
    parts.push(space === 'UNKNOWN' ? 'image' : `image, ${space}`);
  }
  if (content?.table === 'BoundingBoxProperties') parts.push('bounding boxes');
  for (const { options } of tensor.processUnits ?? []) {
    if (options?.table === 'NormalizationOptions') {
      parts.push(
        `mean ${numbers(options.value['mean'])}, standard deviation ${numbers(options.value['std'])}`,
      );
    }
    if (options?.table === 'ScoreThresholdingOptions') {
      parts.push(`scores from ${numbers([options.value['globalScoreThreshold'] ?? 0])}`);
    }
  }
  const files = (tensor.associatedFiles ?? []).map(describeFile);
  return [...parts, ...files].filter((part) => part !== '').join('; ');
}

function describeFile({ name = '', type = 0, locale }: AssociatedFile): string {
  const kind = ENUMS['AssociatedFileType']?.names[type]?.toLowerCase().replaceAll('_', ' ') ?? '';
  return `${name} (${[kind, locale].filter(Boolean).join(', ')})`;
}

function numbers(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => shortest(Number(value))).join(', ') : 'unknown';
}
