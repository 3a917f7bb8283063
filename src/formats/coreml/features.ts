import type { DataType } from '../../model/dataType';
import type { ValueInfo } from '../../model/model';
import type {
  ArrayFeatureType,
  FeatureDescription,
  FunctionDescription,
  ImageFeatureType,
  ModelDescription,
  SizeRange,
} from './coreml_pb';
import { arrayType } from './dataTypes';

/** A dimension that a model leaves open: which sizes it may have, and the one that it has by default. */
export interface FlexibleDimension {
  /** As `--dim` names it: `image[2]`. */
  readonly name: string;
  readonly byDefault: number;
  readonly low: number;
  /** null: without bound. */
  readonly high: number | null;
}

/** An input or output as the model describes it to an app. */
export interface Feature {
  readonly name: string;
  /** `image`, `array`, `number`, `dictionary` … */
  readonly kind: string;
  readonly info: ValueInfo;
  readonly flexible: readonly FlexibleDimension[];
  /** Whole shapes to choose from, where they are listed. */
  readonly choices: readonly (readonly number[])[];
}

export interface Features {
  readonly inputs: readonly Feature[];
  readonly outputs: readonly Feature[];
}

/** The inputs and outputs of a function, or of the model where functions are not described one by one. */
export function featuresOf(description: ModelDescription | undefined, name: string): Features {
  const described = description?.functions.find((one) => one.name === name);
  const from: Pick<FunctionDescription, 'input' | 'output' | 'state'> = described ?? {
    input: description?.input ?? [],
    output: description?.output ?? [],
    state: description?.state ?? [],
  };
  return { inputs: [...from.input, ...from.state].map(feature), outputs: from.output.map(feature) };
}

const COLOURS: ReadonlyMap<number, { channels: number; type: DataType }> = new Map([
  [10, { channels: 1, type: 'float32' }],
  [20, { channels: 3, type: 'float32' }],
  [30, { channels: 3, type: 'float32' }],
  [40, { channels: 1, type: 'float16' }],
]);

function feature({ name, type: described }: FeatureDescription): Feature {
  const type = described?.type;
  switch (type?.case) {
    case 'imageType':
      return image(name, type.value);
    case 'multiArrayType':
      return array(name, type.value, 'array');
    case 'stateType': {
      const inside = type.value.arrayType;
      return inside ? array(name, inside, 'state') : plain(name, 'state', null, null);
    }
    case 'int64Type':
      return plain(name, 'integer', 'int64', []);
    case 'doubleType':
      return plain(name, 'number', 'float64', []);
    case 'stringType':
      return plain(name, 'text', 'string', []);
    case 'dictionaryType':
      return plain(name, 'dictionary', null, null);
    case 'sequenceType':
      return plain(name, 'sequence', null, null);
    default:
      return plain(name, 'unknown', null, null);
  }
}

function plain(name: string, kind: string, type: DataType | null, declaredShape: number[] | null): Feature {
  return { name, kind, info: { name, type, declaredShape }, flexible: [], choices: [] };
}

/** An image as a network sees it: [1, channels, height, width], whatever its pixels are stored as. */
function image(name: string, described: ImageFeatureType): Feature {
  const { channels, type } = COLOURS.get(described.colorSpace) ?? { channels: null, type: null };
  const { sizeFlexibility } = described;
  const sizes: [number, number] = [Number(described.height), Number(described.width)];
  let ranges: (SizeRange | undefined)[] = [];
  let choices: number[][] = [];
  if (sizeFlexibility.case === 'imageSizeRange') {
    ranges = [undefined, undefined, sizeFlexibility.value.heightRange, sizeFlexibility.value.widthRange];
  } else if (sizeFlexibility.case === 'enumeratedSizes') {
    choices = sizeFlexibility.value.sizes.map(({ height, width }) => [
      1,
      channels ?? 1,
      Number(height),
      Number(width),
    ]);
  }
  const byDefault = [1, channels, ...sizes];
  return flexibleFeature(name, 'image', type, byDefault, ranges, choices);
}

function array(name: string, described: ArrayFeatureType, kind: string): Feature {
  const type = arrayType(described.dataType);
  const { shapeFlexibility } = described;
  let ranges: readonly SizeRange[] = [];
  let choices: number[][] = [];
  if (shapeFlexibility.case === 'shapeRange') ranges = shapeFlexibility.value.sizeRanges;
  if (shapeFlexibility.case === 'enumeratedShapes') {
    choices = shapeFlexibility.value.shapes.map(({ shape }) => shape.map(Number));
  }
  const stated = described.shape.map(Number);
  const byDefault =
    stated.length > 0 ? stated : (choices[0] ?? ranges.map(({ lowerBound }) => Number(lowerBound)));
  return flexibleFeature(name, kind, type, byDefault, ranges, choices);
}

function flexibleFeature(
  name: string,
  kind: string,
  type: DataType | null,
  byDefault: readonly (number | null)[],
  ranges: readonly (SizeRange | undefined)[],
  choices: readonly (readonly number[])[],
): Feature {
  const flexible: FlexibleDimension[] = [];
  const listedDefault = choices.some((one) => one.every((size, axis) => size === (byDefault[axis] ?? size)));
  // A default that is none of the shapes to choose from is none.
  const [first = byDefault] = listedDefault ? [byDefault] : choices;
  const declaredShape = first.map((size, axis) => {
    const range = ranges[axis];
    const listed = choices.map((shape) => shape[axis] ?? 0);
    const low = range
      ? Number(range.lowerBound)
      : listed.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const high = range
      ? range.upperBound < 0n
        ? null
        : Number(range.upperBound)
      : listed.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const open = range !== undefined || listed.length > 0;
    if (!open || low === high || size === null) return size;
    const within = Math.min(Math.max(size, low), high ?? size);
    const dimension = { name: `${name}[${axis}]`, byDefault: within, low, high };
    flexible.push(dimension);
    return dimension.name;
  });
  return { name, kind, info: { name, type, declaredShape }, flexible, choices };
}

/** The sizes that an input may have, for people: `image: 1 × 3 × 64 to 1024 × 64 or more`. */
export function describeFlexibility({ name, info, flexible, choices }: Feature): string {
  if (choices.length > 0) return `${name}: ${choices.map((shape) => shape.join(' × ')).join(' or ')}`;
  const sizes = info.declaredShape?.map((dimension) => {
    const open = flexible.find((one) => one.name === dimension);
    if (!open) return String(dimension ?? '?');
    return open.high === null ? `${open.low} or more` : `${open.low} to ${open.high}`;
  });
  return `${name}: ${(sizes ?? []).join(' × ')}`;
}
