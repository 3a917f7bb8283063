import type { Preprocessing, Preset } from './options';

/**
 * How images usually become inputs. Mean and std are in the order of the input's channels, and apply after the
 * pixel (0..255) was multiplied by the scale.
 */
export const PRESET_VALUES: Readonly<Record<Preset, Readonly<Preprocessing>>> = {
  imagenet: preset(1 / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  half: preset(1 / 255, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
  unit: preset(1 / 255, [0, 0, 0], [1, 1, 1]),
  caffe: { ...preset(1, [104, 117, 123], [1, 1, 1]), channels: 'bgr' },
  none: preset(1, [0, 0, 0], [1, 1, 1]),
};

/** What is used, with a warning, when nobody says how a model with floating-point images was trained. */
export const DEFAULT_PRESET: Preset = 'imagenet';

function preset(scale: number, mean: number[], std: number[]): Preprocessing {
  return { mean, std, scale, channels: 'rgb', layout: null, resize: null, crop: null };
}
