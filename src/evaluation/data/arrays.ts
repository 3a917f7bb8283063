import { extname } from 'node:path';
import { ModelError } from '../../model/modelError';
import type { DataOptions } from '../../protocol/options';
import type { DataInput } from '../../runtime/dataInput';
import type { Feeds } from '../../runtime/engine';
import { feedsFrom } from '../../runtime/feeds';
import type { Dataset } from './dataset';
import { toElements } from './elements';
import type { DataFile, DataFiles } from './files';
import { labelFiles, leftOut } from './labels';
import { fileSource, type NumpyArray, openNpy } from './npy';
import { openNpz } from './npz';
import { planSamples, type SamplePlan } from './samples';

/** Names under which a .npz may carry the class of each sample. */
const LABEL_KEYS = ['labels', 'label', 'y'];

type Arrays = ReadonlyMap<string, NumpyArray>;

/**
 * NumPy arrays as a data set: each array is split into samples of the input that it is for.
 * @throws ModelError when they do not fit.
 */
export function openArrays(options: DataOptions, inputs: readonly DataInput[], files: DataFiles): Dataset {
  const { files: named, labels: fileLabels, warnings } = labelFiles(options, files.arrays, files.classes);
  const load = arrayLoader();
  const samples: { path: string; index: number }[] = [];
  const labels: (number | null)[] = [];
  const problems: ModelError[] = [];
  for (const [i, file] of named.entries()) {
    try {
      const arrays = load(file);
      const count = sampleCount(planInputs(file.path, arrays, inputs));
      const own = ownLabels(file.path, arrays, inputs, count);
      for (let index = 0; index < count; index++) {
        samples.push({ path: file.path, index });
        const label = own?.[index];
        labels.push(label === undefined ? (fileLabels?.[i] ?? null) : label + options.labelOffset);
      }
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      problems.push(error);
    }
  }
  if (samples.length === 0) {
    throw problems[0] ?? new ModelError(`There are no samples in ${options.path}.`, { file: options.path });
  }
  return {
    name: options.path,
    kind: 'arrays',
    size: samples.length,
    labels: labels.every((label) => label !== null) ? labels : null,
    warnings: [
      ...warnings,
      ...problems.slice(0, 1).map((first) => leftOut(problems.length, sentence(first))),
    ],
    async feeds(index): Promise<Feeds> {
      const sample = samples[index];
      if (sample === undefined) throw new RangeError(`no sample ${index} among ${samples.length}`);
      const arrays = load({ path: sample.path, folder: null });
      return feedsOf(planInputs(sample.path, arrays, inputs), sample.index);
    },
  };
}

function sentence(error: ModelError): string {
  return error.message.replace(/\.$/, '');
}

/** Keeps the file that was read last: samples of one file are mostly asked for one after the other. */
function arrayLoader(): (file: DataFile) => Arrays {
  let last: { path: string; arrays: Arrays } | null = null;
  return ({ path }) => {
    if (last?.path !== path) {
      const arrays =
        extname(path).toLowerCase() === '.npz' ? openNpz(path) : new Map([['', openNpy(fileSource(path))]]);
      last = { path, arrays };
    }
    return last.arrays;
  };
}

interface PlannedInput {
  readonly input: DataInput;
  readonly array: NumpyArray;
  readonly plan: SamplePlan;
}

function planInputs(path: string, arrays: Arrays, inputs: readonly DataInput[]): PlannedInput[] {
  const planned = inputs.map((input, place) => {
    const array = arrayFor(arrays, inputs, place);
    if (array === undefined) {
      const names = inputs.map(({ name }) => `"${name}"`).join(', ');
      throw new ModelError(
        inputs.length > 1 && extname(path) === '.npy'
          ? `One .npy file cannot feed a model of ${inputs.length} inputs: give a .npz with arrays named ${names}.`
          : `${path} has no array named "${input.name}": the model's inputs are ${names}.`,
        { file: path },
      );
    }
    const plan = planSamples(array.shape, input);
    if (plan === null) {
      throw new ModelError(
        `An array of shape [${array.shape.join(', ')}] in ${path} does not fit input "${input.name}" of shape [${input.shape.join(', ')}].`,
        { file: path },
      );
    }
    return { input, array, plan };
  });
  const counts = new Set(planned.map(({ plan }) => plan.samples).filter((count) => count !== 1));
  if (counts.size > 1) {
    throw new ModelError(
      `The arrays in ${path} have different numbers of samples: ${[...counts].join(', ')}.`,
      {
        file: path,
      },
    );
  }
  return planned;
}

/** By name; the only array for the only input; `arr_0`, `arr_1` … as numpy.savez names them, by place. */
function arrayFor(arrays: Arrays, inputs: readonly DataInput[], place: number): NumpyArray | undefined {
  const named = arrays.get(inputs[place]?.name ?? '') ?? arrays.get(`arr_${place}`);
  if (named !== undefined || inputs.length > 1) return named;
  const data = [...arrays].filter(([name]) => !LABEL_KEYS.includes(name));
  return data.length === 1 ? data[0]?.[1] : undefined;
}

function sampleCount(planned: readonly PlannedInput[]): number {
  // An input with one sample, such as a sampling rate, serves all samples of the others.
  return planned.find(({ plan }) => plan.samples !== 1)?.plan.samples ?? 1;
}

function ownLabels(
  path: string,
  arrays: Arrays,
  inputs: readonly DataInput[],
  count: number,
): number[] | undefined {
  const key = LABEL_KEYS.find((name) => arrays.has(name) && !inputs.some((input) => input.name === name));
  const array = key === undefined ? undefined : arrays.get(key);
  if (array === undefined) return undefined;
  const size = array.shape.reduce((product, dimension) => product * dimension, 1);
  if (size !== count) {
    throw new ModelError(`${path} has ${size} labels for ${count} samples.`, { file: path });
  }
  return Array.from(array.read(0, count) as ArrayLike<number | bigint>, Number);
}

function feedsOf(planned: readonly PlannedInput[], index: number): Feeds {
  const feeds = feedsFrom();
  for (const { input, array, plan } of planned) {
    const size = plan.shape.reduce((product, dimension) => product * dimension, 1);
    const values = array.read(plan.samples === 1 ? 0 : index * size, size);
    feeds[input.name] = {
      type: input.type,
      shape: plan.shape,
      data: toElements(input.type, values, input.quantization),
    };
  }
  return feeds;
}
