import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Bench, numberedPaths } from '../../evaluation/bench';
import { linkOrWrite } from '../../evaluation/copies';
import type { Elsewhere } from '../../evaluation/elsewhere';
import type { JobContext } from '../../evaluation/jobContext';
import type { MeasureChoice } from '../../evaluation/measureModels';
import type { Writing } from '../../files/targets';
import type { ModelFile } from '../../formats/format';
import { sizeOf } from '../../formats/inputFiles';
import type { Rewriter } from '../../formats/rewriter';
import type { NodeId } from '../../model/nodeId';
import type { QuantizeOptions, SearchOptions } from '../../protocol/options';
import type { Recipe } from '../../protocol/recipes';
import type { Engine } from '../../runtime/engine';
import { roundsByData } from '../layout';
import type { Workbench } from '../workbench';

/** Which part of the candidates this machine makes, and which one it goes on from. */
export type Share = Pick<SearchOptions, 'from' | 'shard'>;
export const NO_SHARE: Share = { from: null, shard: null };

/** One model that is to be made smaller: what was asked for, and what it is done with. */
export interface Work {
  readonly options: QuantizeOptions;
  readonly share: Share;
  readonly around: JobContext;
  readonly source: ModelFile;
  /** Nodes of the source that stay in float. */
  readonly keep: ReadonlySet<NodeId>;
  readonly rewriter: Rewriter;
  /** null: nothing here runs models of this format. */
  readonly engine: Engine | null;
  /** Why the model is not run, so that nothing is calibrated, checked or measured; null where it is. */
  readonly unrun: string | null;
  readonly recipe: Recipe;
  /** Files that must stay as they are, and what may be replaced. */
  readonly writing: Omit<Writing, 'targets'>;
  /** When it began, as the process counts. */
  readonly start: number;
  /** Where the result is measured, if not on this computer. */
  readonly elsewhere: Elsewhere | null;
  /** Files are read and written by it, whether an engine runs them or not. */
  readonly files: Omit<Bench, 'engine'>;
  readonly measure: MeasureChoice;
}

/** What follows from the rest. */
export function workOn(given: Omit<Work, 'files' | 'measure'>): Work {
  const { options, around, source } = given;
  const { threads, runs, seed } = options;
  const newPath = numberedPaths(around.scratch, source.model.file);
  const files = { open: (path: string) => source.format.open(path), threads, newPath };
  return { ...given, files, measure: { threads, runs, seed } };
}

/** What copies are observed with; null where nothing here runs them, or the format has none. */
export function workbenchOf({ engine, files, rewriter }: Work): Workbench | null {
  const { observing } = rewriter;
  return engine === null || observing === null ? null : { ...files, engine, rewriter, observing };
}

/** Weights are rounded by what calibration data give their layers. */
export function roundsBySamples({ recipe, options }: Work): boolean {
  return options.calibration !== null && roundsByData(recipe);
}

/** The user gave data. */
export function hasData({ options }: Work): boolean {
  return options.calibration !== null || options.validation !== null;
}

/** Candidates between int8 and float are searched, and timed on this computer. */
export function searches({ recipe, options, elsewhere }: Work): boolean {
  return recipe === 'int8' && options.measure && elsewhere === null;
}

/** Seconds since the work began. */
export function secondsOf({ start }: Work): number {
  return (performance.now() - start) / 1000;
}

/** A copy in a folder of its own, called as the result will be: weights beside it are named after it. */
export function underItsName({ around, options, files }: Work, path: string, folder: string): string {
  const target = join(around.scratch, folder, basename(options.output));
  mkdirSync(join(around.scratch, folder), { recursive: true });
  const file = files.open(path);
  try {
    linkOrWrite(file, target);
  } finally {
    file.close();
  }
  return target;
}

/** Bytes of a model with all that belongs to it. */
export function bytesOf({ files }: Work, path: string): number {
  const file = files.open(path);
  file.close();
  return sizeOf(file);
}

/**
 * Tells how far a part of the work is, from one fraction of all of it to another.
 * @param keeps while it lasts, what was made until then can be kept
 */
export function tell(
  { around }: Work,
  from: number,
  to: number,
  keeps = false,
): (message: string, fraction: number) => void {
  return (message, fraction) =>
    around.progress({
      message,
      fraction: from + (to - from) * Math.min(1, Math.max(0, fraction)),
      ...(keeps ? { keeps } : {}),
    });
}
