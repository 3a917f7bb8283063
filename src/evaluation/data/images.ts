import { createRequire } from 'node:module';
import type { Sharp } from 'sharp';
import { readHead } from '../../files/readHead';
import { InstallationError, ModelError } from '../../model/modelError';
import type { DataOptions, Preprocessing } from '../../protocol/options';
import { DEFAULT_PRESET } from '../../protocol/presets';
import type { DataInput } from '../../runtime/dataInput';
import type { Feeds } from '../../runtime/engine';
import type { Dataset } from './dataset';
import type { DataFile, DataFiles } from './files';
import { labelFiles, leftOut } from './labels';
import {
  checkPreprocessing,
  defaultPreprocessing,
  fit,
  type ImageInput,
  imageInput,
  MAX_PIXELS,
  toTensor,
} from './preprocess';
import type { Pixels } from './resample';

/** Pictures as a data set, decoded when they are asked for. @throws ModelError when the model has no input for them. */
export async function openImages(
  options: DataOptions,
  given: Preprocessing | null,
  inputs: readonly DataInput[],
  files: DataFiles,
): Promise<Dataset> {
  const { quantization } = inputs[0] ?? {};
  const input: ImageInput = {
    ...onlyImageInput(inputs, given?.layout ?? null),
    ...(given === null || quantization === undefined ? {} : { quantization }),
  };
  const preprocessing = given ?? defaultPreprocessing(input.type);
  checkPreprocessing(preprocessing, input);
  const decode = decoder();
  const readable = files.images.filter(looksLikeImage);
  if (readable.length === 0) {
    throw new ModelError(`None of the ${files.images.length} image files in ${options.path} can be read.`, {
      file: options.path,
    });
  }
  const { files: images, labels, warnings } = labelFiles(options, readable, files.classes);
  const unreadable = files.images.length - readable.length;
  return {
    name: options.path,
    kind: 'images',
    size: images.length,
    labels,
    warnings: [
      ...(given === null && /float/.test(input.type) ? [preprocessingWarning()] : []),
      ...(unreadable === 0 ? [] : [leftOut(unreadable, `not images, or damaged ones, in ${options.path}`)]),
      ...(files.arrays.length === 0
        ? []
        : [leftOut(files.arrays.length, 'images and arrays cannot be mixed')]),
      ...(input.batch === 1 ? [] : [`The batch of ${input.batch} is filled with copies of each image.`]),
      ...warnings,
    ],
    async feeds(index): Promise<Feeds> {
      const image = images[index];
      if (image === undefined) throw new RangeError(`no sample ${index} among ${images.length}`);
      const pixels = fit(await decode(image.path), input, preprocessing);
      return { [input.name]: toTensor(pixels, input, preprocessing) };
    },
  };
}

function preprocessingWarning(): string {
  return `Preprocessing was not given, so images were prepared as for ImageNet (preset ${DEFAULT_PRESET}): accuracy is wrong if the model was trained otherwise.`;
}

function onlyImageInput(inputs: readonly DataInput[], layout: Preprocessing['layout']): ImageInput {
  const [input] = inputs;
  if (input === undefined) throw new ModelError('The model has no inputs that data could feed.');
  if (inputs.length > 1) {
    const names = inputs.map(({ name }) => `"${name}"`).join(', ');
    throw new ModelError(
      `Images cannot feed a model of ${inputs.length} inputs: give .npz files with arrays named ${names}.`,
    );
  }
  return imageInput(input, layout);
}

/** Bytes at which the picture formats that the decoder reads say what they are. */
const SIGNATURES: readonly { readonly at: number; readonly text: string }[] = [
  { at: 0, text: '\xff\xd8\xff' },
  { at: 0, text: '\x89PNG\r\n\x1a\n' },
  { at: 0, text: 'GIF8' },
  { at: 8, text: 'WEBP' },
  { at: 0, text: 'II*\0' },
  { at: 0, text: 'MM\0*' },
  { at: 4, text: 'ftypavi' },
];

/** As many as the longest signature ends at. */
const SIGNATURE_BYTES = 16;

/** A look at the first bytes: cheap enough for a folder of 50,000, and keeps out pictures that run code or load files (SVG). */
function looksLikeImage({ path }: DataFile): boolean {
  let head: Buffer;
  try {
    head = readHead(path, SIGNATURE_BYTES);
  } catch {
    return false;
  }
  const text = head.toString('latin1');
  return SIGNATURES.some((signature) => text.startsWith(signature.text, signature.at));
}

type Decoder = typeof import('sharp').default;

/** By `require`: the package's ES modules take twice as long to load, and are not shipped. @throws InstallationError */
function loadSharp(): Decoder {
  try {
    return createRequire(__filename)('sharp') as Decoder;
  } catch (error) {
    throw InstallationError.of('sharp', error);
  }
}

/** The decoder is native code, so it is loaded only when there are images. */
function decoder(): (path: string) => Promise<Pixels> {
  const sharp = loadSharp();
  // Every picture is read once or twice: a cache would only hold memory.
  sharp.cache(false);
  return (path) =>
    decodePixels(
      path,
      // As training code reads them: pixels as stored, without rotation and colour profiles.
      sharp(path, { failOn: 'truncated', limitInputPixels: MAX_PIXELS, ignoreIcc: true }),
    );
}

async function decodePixels(path: string, image: Sharp): Promise<Pixels> {
  try {
    const { data, info } = await image
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ModelError(`The image ${path} cannot be decoded (${reason}): repair it or take it out.`, {
      file: path,
    });
  }
}

function toRgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const count = Math.floor(data.length / channels);
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)] ?? 0;
  }
  return rgb;
}
