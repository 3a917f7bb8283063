import type { Command } from 'commander';
import type { CompareOptions } from '../protocol/options';
import { addDeviceOptions } from './deviceOptions';
import {
  addDataOptions,
  addDimensionOptions,
  addMeasureOptions,
  addOutputOptions,
  addPreprocessingOptions,
  type DataFlags,
  type DimensionFlags,
  dataOf,
  dimensionsOf,
  type MeasureFlags,
  measureOf,
  type OutputFlags,
} from './options';
import { type PreprocessingFlags, preprocessingOf } from './preprocessing';

/** Options of commands that run models and print their layers. */
export type RunFlags = DimensionFlags & MeasureFlags & DataFlags & PreprocessingFlags & OutputFlags;

/** `data`: what samples are for. `measuring` adds the command's own options to those about measuring. */
export function addRunOptions(command: Command, data: string, measuring: (command: Command) => void): void {
  addMeasureOptions(command);
  measuring(command);
  addDeviceOptions(command);
  addDimensionOptions(command);
  addDataOptions(command, data);
  addPreprocessingOptions(command);
  addOutputOptions(command, 'the layers');
}

export function runOptionsOf(flags: RunFlags): Omit<CompareOptions, 'models' | 'measure'> {
  return {
    ...measureOf(flags),
    ...dimensionsOf(flags),
    data: dataOf(flags),
    preprocessing: preprocessingOf(flags),
  };
}
