import { itemAt } from '../../model/assert';
import type { DataType } from '../../model/dataType';
import { ModelError } from '../../model/modelError';
import { roundHalfToEven } from '../../model/rounding';
import type { Preprocessing } from '../../protocol/options';
import { DEFAULT_PRESET, PRESET_VALUES } from '../../protocol/presets';
import type { DataInput } from '../../runtime/dataInput';
import type { Quantized, RuntimeTensor } from '../../runtime/engine';
import { toElements } from './elements';
import { type Pixels, resample } from './resample';

/** How an input wants its image. */
export interface ImageInput {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly batch: number;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly layout: 'nchw' | 'nhwc';
  /** What integers stand for, where preprocessing gives real numbers. */
  readonly quantization?: Quantized;
}

/** A picture of 100 million pixels is 300 MB decoded; no input of a model needs more (CWE-409). */
export const MAX_PIXELS = 100_000_000;

/**
 * Pixels that a picture is cropped to before it gets the input's size, or as many as that has. Networks are trained on
 * less, and resampling one picture of 100 million pixels to this size takes 250 MB (CWE-789).
 */
const MAX_CROP_PIXELS = 2048 ** 2;

/** The shorter side of a whole picture before cropping; only the crop is computed (CWE-789). */
const MAX_SIDE = 10_000;

/** Shorter side before cropping, as networks for ImageNet are evaluated: 256 for a crop of 224. */
const RESIZE_TO_CROP = 256 / 224;

/**
 * The input as an image: [N,C,H,W], [N,H,W,C] or the same without N, with 1 or 3 channels.
 * @throws ModelError when images cannot feed it.
 */
export function imageInput(input: DataInput, layout: Preprocessing['layout']): ImageInput {
  const { name, type, shape } = input;
  const [batch, sizes] = shape.length === 4 ? [itemAt(shape, 0), shape.slice(1)] : [1, shape];
  const [a = 0, b = 0, c = 0] = sizes;
  const isChannels = (count: number): count is 1 | 3 => count === 1 || count === 3;
  if (sizes.length === 3) {
    // [3,H,3] reads either way: the channels come first unless the user says otherwise.
    const first = isChannels(a) && layout !== 'nhwc' && !(layout === null && a === 1 && c === 3);
    if (first) return sized({ name, type, shape, batch, channels: a, height: b, width: c, layout: 'nchw' });
    if (isChannels(c) && layout !== 'nchw') {
      return sized({ name, type, shape, batch, channels: c, height: a, width: b, layout: 'nhwc' });
    }
  }
  throw new ModelError(
    `Images cannot feed input "${name}" of shape [${shape.join(', ')}]${layout ? ` as ${layout.toUpperCase()}` : ''}: give the data as .npy or .npz.`,
  );
}

function sized(input: ImageInput): ImageInput {
  if (input.height === 1 && input.width === 1) {
    const example = input.layout === 'nchw' ? `${input.channels},224,224` : `224,224,${input.channels}`;
    throw new ModelError(
      `The model leaves the size of its images open: give a shape for its input "${input.name}", such as 1,${example}.`,
    );
  }
  if (input.height * input.width > MAX_PIXELS || input.batch < 1) {
    throw new ModelError(`Input "${input.name}" of shape [${input.shape.join(', ')}] is no image.`);
  }
  return input;
}

/** What is used when nobody says: the default preset for floating-point inputs, the pixels as they are for integers. */
export function defaultPreprocessing(type: DataType): Preprocessing {
  // Signed bytes hold pixels from -128 on.
  if (type === 'int8') return { ...PRESET_VALUES.none, mean: [128] };
  return { ...PRESET_VALUES[/float/.test(type) ? DEFAULT_PRESET : 'none'] };
}

/** Cuts a picture to the input's size: taken as it is when it has that size, else resized and cropped at the centre. */
export function fit(
  pixels: Pixels,
  input: { width: number; height: number },
  preprocessing: Pick<Preprocessing, 'resize' | 'crop'>,
): Pixels {
  const { resize, crop } = preprocessing;
  const { width, height } = input;
  const fits = pixels.width === width && pixels.height === height;
  if (fits && resize === null && crop === null) return pixels;
  const cropWidth = crop ?? width;
  const cropHeight = crop ?? height;
  const shorter = Math.min(pixels.width, pixels.height);
  const wanted = resize ?? Math.round(Math.min(cropWidth, cropHeight) * RESIZE_TO_CROP);
  // An input that is not square may need more than its shorter side asks for: the crop must be covered.
  const scale = Math.max(wanted / shorter, cropWidth / pixels.width, cropHeight / pixels.height);
  const resized = {
    width: Math.max(cropWidth, Math.trunc(pixels.width * scale + 1e-9)),
    height: Math.max(cropHeight, Math.trunc(pixels.height * scale + 1e-9)),
  };
  // Python rounds halves to even, and so does the crop that networks were trained and published with.
  const cropped = resample(pixels, {
    ...resized,
    left: roundHalfToEven((resized.width - cropWidth) / 2),
    top: roundHalfToEven((resized.height - cropHeight) / 2),
    windowWidth: cropWidth,
    windowHeight: cropHeight,
  });
  if (cropWidth === width && cropHeight === height) return cropped;
  return resample(cropped, { width, height, left: 0, top: 0, windowWidth: width, windowHeight: height });
}

/** `(pixel · scale − mean) / std` in the input's layout and type; a batch is filled with copies of the image. */
export function toTensor(pixels: Pixels, input: ImageInput, preprocessing: Preprocessing): RuntimeTensor {
  const { channels, height, width, batch } = input;
  const area = height * width;
  const values = new Float32Array(batch * channels * area);
  for (let channel = 0; channel < channels; channel++) {
    const mean = ofChannel(preprocessing.mean, channel, channels);
    const std = ofChannel(preprocessing.std, channel, channels);
    const table = Float32Array.from(
      { length: 256 },
      (_, pixel) => (pixel * preprocessing.scale - mean) / std,
    );
    const source = preprocessing.channels === 'bgr' ? 2 - channel : channel;
    const [offset, step] = input.layout === 'nchw' ? [channel * area, 1] : [channel, channels];
    for (let i = 0; i < area; i++) {
      const pixel = channels === 1 ? luminance(pixels.data, i * 3) : pixels.data[i * 3 + source];
      values[offset + i * step] = table[pixel ?? -1] ?? Number.NaN;
    }
  }
  for (let copy = 1; copy < batch; copy++) values.copyWithin(copy * channels * area, 0, channels * area);
  return { type: input.type, shape: input.shape, data: toElements(input.type, values, input.quantization) };
}

/** One number serves all channels; three for a grey input give their average. */
function ofChannel(numbers: readonly number[], channel: number, channels: number): number {
  if (channels === 1) return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return itemAt(numbers, numbers.length === 1 ? 0 : channel);
}

/** ITU-R BT.601 luma in 16-bit fixed point; grey pixels keep their value. */
function luminance(data: Uint8Array, at: number): number {
  return (
    (19_595 * itemAt(data, at) + 38_470 * itemAt(data, at + 1) + 7_471 * itemAt(data, at + 2) + 32_768) >> 16
  );
}

/** @throws ModelError in terms of the options that the user gave. */
export function checkPreprocessing(preprocessing: Preprocessing, input: ImageInput): void {
  for (const [name, numbers] of [
    ['mean', preprocessing.mean],
    ['std', preprocessing.std],
  ] as const) {
    if ((numbers.length !== 1 && numbers.length !== 3) || !numbers.every(Number.isFinite)) {
      throw new ModelError(`The ${name} must be one number, or three, one for each channel.`);
    }
  }
  if (preprocessing.std.includes(0)) throw new ModelError('The std must not be 0.');
  if (!Number.isFinite(preprocessing.scale)) throw new ModelError('The scale must be a number.');
  const { resize, crop } = preprocessing;
  const side = crop ?? Math.min(input.width, input.height);
  if (resize !== null && resize < side) {
    throw new ModelError(
      `Images resized to ${resize} are smaller than the crop of ${side}: give a larger size or a smaller crop.`,
    );
  }
  const most = Math.floor(Math.max(MAX_CROP_PIXELS, input.width * input.height) ** 0.5);
  if (crop !== null && crop > most) {
    throw new ModelError(
      `A crop of ${crop} is too large for an input of ${input.width} by ${input.height}: it may have ${most} pixels at most.`,
    );
  }
  if ((resize ?? 0) > MAX_SIDE) {
    throw new ModelError(`Images are resized to ${MAX_SIDE} pixels at most, not to ${resize}.`);
  }
}
