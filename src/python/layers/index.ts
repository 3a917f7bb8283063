import type { Layer, TensorShape } from '../evaluate/values';
import type { Framework } from '../sourceFile';
import { LayerArguments } from './arguments';
import { KERAS, KERAS_ALIASES } from './keras';
import type { LayerSpec, WeightSpec } from './spec';
import { TORCH } from './torch';

export interface LayerName {
  readonly framework: Framework;
  /** In `torch.nn` or `keras.layers`. */
  readonly layer: string;
}

/** What is known of a layer, for one that `layerOf` or `frameworkNames` names. */
export function specOf({ framework, layer }: LayerName): LayerSpec {
  return (framework === 'torch' ? TORCH : KERAS).get(layer) ?? { signature: [] };
}

/** The layer of a full name such as `torch.nn.Conv2d`; null where it is none that is known. */
export function layerOf(path: string): LayerName | null {
  const [, torch] = /^torch\.nn\.(\w+)$/.exec(path) ?? [];
  if (torch !== undefined) return TORCH.has(torch) ? { framework: 'torch', layer: torch } : null;
  const [, keras] = /^keras\.layers\.(\w+)$/.exec(path) ?? [];
  if (keras === undefined) return null;
  const layer = KERAS_ALIASES.get(keras) ?? keras;
  return KERAS.has(layer) ? { framework: 'keras', layer } : null;
}

const TORCH_MODULES =
  /^(torch\.nn\.\w+|torch\.jit\.ScriptModule|(pytorch_lightning|lightning(\.pytorch)?|pl)\.(core\.)?LightningModule)$/;
const KERAS_MODULES = /^keras\.(Model|Sequential|Layer|Functional|layers\.\w+)$/;

/** The framework of a class that others derive from. */
export function frameworkOfModule(path: string): Framework | null {
  if (TORCH_MODULES.test(path)) return 'torch';
  return KERAS_MODULES.test(path) ? 'keras' : null;
}

/** Names that `from module import *` gives. */
export function frameworkNames(module: string): string[] {
  if (module === 'torch.nn')
    return [...TORCH.keys(), 'Module', 'Sequential', 'ModuleList', 'ModuleDict', 'Parameter'];
  return module === 'keras.layers' ? [...KERAS.keys(), ...KERAS_ALIASES.keys(), 'Input', 'Layer'] : [];
}

/** Tensors that a layer makes; null where what decides them is not known. */
export function weightsOf(layer: Layer): readonly WeightSpec[] | null {
  const args = new LayerArguments(layer);
  const made = specOf(layer).weights?.(args) ?? (specOf(layer).weights ? null : []);
  return args.undecided.size > 0 ? null : made;
}

/** Shape of a Keras layer's output for its inputs, batch included; null = not known. */
export function kerasOutput(layer: Layer, inputs: readonly (TensorShape | null)[]): TensorShape | null {
  const shape = specOf(layer).output?.(new LayerArguments({ args: layer.args, inputs })) ?? null;
  // What stands for any number of axes leaves even their number open.
  if (shape === null || shape.includes('…')) return null;
  return shape.map((size) => (typeof size === 'number' ? size : null));
}
