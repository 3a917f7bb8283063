import { ModelError } from '../model/modelError';
import type { DataOptions, Preprocessing } from '../protocol/options';
import type { DataInput } from '../runtime/dataInput';
import type { Dataset } from './data/dataset';
import { openDataset } from './data/openDataset';
import { readableSamples } from './data/readable';
import { sampleDataset, splitDataset } from './data/split';
import { cachedSamples, type Samples } from './samples';

/** Random samples are as good as each other: a few calibrate, a few show the difference. */
const RANDOM_CALIBRATION = 16;
const RANDOM_VALIDATION = 8;

export interface DataChoice {
  readonly calibration: DataOptions | null;
  readonly validation: DataOptions | null;
  readonly preprocessing: Preprocessing | null;
  readonly calibrationSamples: number;
  readonly seed: number;
}

export interface ChosenData {
  readonly calibration: Samples;
  /** Other samples than those for calibration, where there is more than one. */
  readonly validation: Samples;
  readonly warnings: readonly string[];
}

/** Random samples of which `from` is the number of the first. */
export type RandomSamples = (from: number, size: number) => Samples;

/** The samples to calibrate on and to measure on; random ones where none were given. */
export async function chooseData(
  choice: DataChoice,
  inputs: readonly DataInput[],
  random: RandomSamples,
  calibrates: boolean,
): Promise<ChosenData> {
  const open = (options: DataOptions) => openDataset(options, choice.preprocessing, inputs);
  const { calibration, validation, seed } = choice;
  if (calibration !== null && validation !== null && calibrates) {
    const first = sampleDataset(await open(calibration), choice.calibrationSamples, seed);
    const second = await open(validation);
    return chosen(first, second, []);
  }
  const only = validation ?? calibration;
  if (only === null) {
    return {
      calibration: cachedSamples(random(0, RANDOM_CALIBRATION)),
      validation: cachedSamples(random(RANDOM_CALIBRATION, RANDOM_VALIDATION)),
      warnings: [
        calibrates
          ? 'Calibrated on random numbers, because no data was given: the accuracy on real data will suffer, and the figures here do not show it.'
          : 'Accuracy was measured on random numbers, because no data was given.',
      ],
    };
  }
  const dataset = await open(only);
  if (!calibrates) return chosen(dataset, dataset, []);
  try {
    return await splitInTwo(dataset, choice);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    // Nothing in one of the halves can be read; there may be enough for both in the other.
    return splitInTwo(await readableSamples(dataset), choice);
  }
}

function splitInTwo(dataset: Dataset, { calibrationSamples, seed }: DataChoice): Promise<ChosenData> {
  const split = splitDataset(dataset, calibrationSamples, seed);
  return chosen(split.calibration, split.validation, [
    dataset.size < 2
      ? 'The data holds one sample: it was calibrated and measured on the same.'
      : `One set of data was given, so it was split: ${split.calibration.size} samples to calibrate on, ${split.validation.size} others to measure on.`,
  ]);
}

async function chosen(
  forCalibration: Dataset,
  forValidation: Dataset,
  warnings: readonly string[],
): Promise<ChosenData> {
  const calibration = await readableSamples(forCalibration);
  const validation = forValidation === forCalibration ? calibration : await readableSamples(forValidation);
  return {
    calibration: samplesOf(calibration),
    validation: samplesOf(validation),
    // Both halves of a split set carry what was said of the whole.
    warnings: [...new Set([...warnings, ...calibration.warnings, ...validation.warnings])],
  };
}

/** A data set as samples for a run. */
export function samplesOf(dataset: Dataset): Samples {
  return cachedSamples({
    name: dataset.name,
    size: dataset.size,
    labels: dataset.labels,
    feeds: (index) => dataset.feeds(index),
  });
}
