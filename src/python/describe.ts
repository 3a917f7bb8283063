import { isKind, type Layer, python, reasonOf, type Weight } from './evaluate/values';
import { specOf } from './layers';
import { LayerArguments } from './layers/arguments';
import type { SignatureParameter } from './layers/signature';
import { type Dim, product } from './layers/sizes';
import type { WeightSpec } from './layers/spec';
import type { LayerArgument, LayerInstance, LayerWeight } from './sourceFile';

/** What is known of a layer wherever it stands. */
export type Description = Omit<LayerInstance, 'module' | 'path' | 'uncertain'>;

/** @param role name of a weight that a module holds itself */
export function describe(layer: Layer | Weight, role: string | null): Description {
  return layer.kind === 'weight' ? describeWeight(layer, role) : describeLayer(layer);
}

function describeWeight({ shape, trainable }: Weight, role: string | null): Description {
  const sizes = shape?.map((size) => size ?? '?') ?? null;
  const specs = sizes && [{ role: role ?? '', shape: sizes, trainable }];
  return {
    args: [],
    ...counted(specs),
    output: sizes,
    unknown:
      specs && total(specs, true) !== null
        ? []
        : ['Its shape is not known: it does not follow from what stands in this file.'],
  };
}

function describeLayer(layer: Layer): Description {
  const spec = specOf(layer);
  const args = new LayerArguments(layer);
  const made = spec.weights ? spec.weights(args) : [];
  const specs = made && [...made.filter((one) => !isReplaced(layer, one)), ...ownWeights(layer, made)];
  const decided = specs !== null && args.undecided.size === 0;
  const needed = decided && specs.every(({ shape }) => product(shape) !== null) ? [] : [...args.unknown];
  const output = spec.output?.(args) ?? null;
  const unknown = needed.map(([name, reason]) => `\`${name}\` is not known: ${reason}.`);
  const changed = changesOf(layer, made ?? []);
  unknown.push(...changed);
  const known = decided && changed.length === 0 ? specs : null;
  if (unknown.length === 0 && total(known, true) === null)
    unknown.push(
      layer.framework === 'keras'
        ? 'The size of its input is not known: nothing that is followed gives a shape of it.'
        : 'Its sizes are not known: it finds them when it first runs.',
    );
  return { args: argumentsOf(layer), ...counted(known), output, unknown };
}

/** The program took one of its weights away, or put another in its place, which is counted where it was made. */
function isReplaced({ attributes }: Layer, { role }: WeightSpec): boolean {
  return attributes.has(role) || [...attributes.keys()].some((name) => role.startsWith(`${name}.`));
}

/** Weights that the layer got in the place of those that it was made with, such as a direction and a length. */
function ownWeights(layer: Layer, made: readonly WeightSpec[]): WeightSpec[] {
  return [...layer.attributes].flatMap(([role, value]) => {
    if (!isKind(value, 'weight') || value.of?.layer !== layer) return [];
    const same = made.find((one) => one.role === value.of?.role && one.role === role);
    return [
      same ?? { role, shape: value.shape?.map((size) => size ?? '?') ?? ['?'], trainable: value.trainable },
    ];
  });
}

/** What was done to a layer that is not followed. */
function changesOf({ attributes, touched }: Layer, made: readonly WeightSpec[]): string[] {
  const changes = touched === null ? [] : [`Its weights are not known: ${touched}.`];
  for (const { role } of made) {
    const value = attributes.get(role) ?? null;
    if (value === null || isKind(value, 'weight')) continue;
    changes.push(
      `\`${role}\` is not known: ${reasonOf(value) ?? 'what is put in its place is not followed'}.`,
    );
  }
  return changes;
}

function argumentsOf(layer: Layer): LayerArgument[] {
  const { signature } = specOf(layer);
  const defaults = defaultsOf(layer.framework, layer.layer, signature);
  return [...layer.args].map(([name, value], index) => {
    const given = layer.given.has(name);
    const usual = defaults[index];
    if (!given && usual?.name === name && signature[index]?.default === value) return usual;
    return { name, value: reasonOf(value) === null ? python(value) : null, given };
  });
}

const DEFAULTS = new Map<string, readonly LayerArgument[]>();

/** Defaults are the same for all layers of a kind, so each is written once. */
function defaultsOf(
  framework: string,
  layer: string,
  signature: readonly SignatureParameter[],
): readonly LayerArgument[] {
  const key = `${framework}.${layer}`;
  const known = DEFAULTS.get(key);
  if (known) return known;
  const made = signature.map(({ name, default: value }) => ({ name, value: python(value), given: false }));
  DEFAULTS.set(key, made);
  return made;
}

function counted(
  specs: readonly WeightSpec[] | null,
): Pick<LayerInstance, 'weights' | 'parameters' | 'buffers' | 'formula'> {
  return {
    weights: specs?.map(weightOf) ?? null,
    parameters: total(specs, true),
    buffers: total(specs, false),
    formula: formulaOf(specs),
  };
}

function weightOf({ role, shape, trainable = true }: WeightSpec): LayerWeight {
  return { role, shape: shape.map((size) => (typeof size === 'number' ? size : null)), trainable };
}

/** Elements of all weights that are trainable, or of all that are not; null where one is not known. */
function total(specs: readonly WeightSpec[] | null, trainable: boolean): number | null {
  const sizes = specs
    ?.filter((one) => (one.trainable ?? true) === trainable)
    .map(({ shape }) => product(shape));
  return sizes?.every((size) => size !== null) ? sizes.reduce((sum, size) => sum + size, 0) : null;
}

/** More terms than these are put together where they are equal. */
const TERMS = 6;

/** The count of the trainable weights as people write it. */
function formulaOf(specs: readonly WeightSpec[] | null): string | null {
  const terms =
    specs?.filter(({ trainable = true }) => trainable).map(({ shape, factors = shape }) => term(factors)) ??
    [];
  if (terms.length === 0) return null;
  if (terms.length <= TERMS) return terms.join(' + ');
  const times = new Map<string, number>();
  for (const one of terms) times.set(one, (times.get(one) ?? 0) + 1);
  return [...times].map(([one, count]) => (count === 1 ? one : `${count}·${one}`)).join(' + ');
}

function term(factors: readonly Dim[]): string {
  if (factors.length === 0) return '1';
  return factors
    .map((factor) => (typeof factor === 'string' && /[ ·/]/.test(factor) ? `(${factor})` : factor))
    .join('·');
}
