import { hashOf } from '../../files/contentHash';
import { present } from '../../model/assert';
import { CLEANED } from '../../protocol/search';
import { type Remembered, SearchMemory, searchKey } from '../searchMemory';
import { placed } from './deliver';
import { fallbackOf } from './fallback';
import type { Found, QuantizeOutcome } from './outcome';
import { searches, underItsName, type Work } from './work';

/** Where searches like this one are remembered; null: what is made is no search, or consists of several files. */
export async function memoryOf(work: Work): Promise<SearchMemory | null> {
  const { options, around, engine, source, share } = work;
  if (!searches(work) || engine === null || source.model.externalFiles.length > 0) return null;
  const { search, runs, activations, ports } = options;
  const settings = [search, runs, activations, ports, share];
  return new SearchMemory(around.memory, searchKey(await subjectOf(work), engine.name, settings));
}

const subjects = new WeakMap<Work, Promise<string>>();

/** What searches must have in common, so that their candidates can be set against each other. */
export function subjectOf(work: Work): Promise<string> {
  const { calibrationSamples, seed, threads, dims, shapes, keep, preprocessing, search } = work.options;
  const { calibration, validation } = work.options;
  const data = [calibration, validation].map(
    (one) => one && { labels: one.labels !== null, offset: one.labelOffset },
  );
  const known = subjects.get(work);
  if (known !== undefined) return known;
  const subject = hashOf(work.writing.inputs, [
    { calibrationSamples, seed, threads, dims, shapes, keep, preprocessing, maxLoss: search.maxLoss },
    data,
  ]);
  subjects.set(work, subject);
  return subject;
}

/** Delivers what an earlier run on this computer made with the same model, data and settings. */
export function again(
  work: Work,
  { search, files }: Remembered,
  { status, report }: NonNullable<Remembered['outcome']>,
): QuantizeOutcome {
  const { options } = work;
  const own = { ...report, input: options.model, output: options.output, search };
  const all = Object.fromEntries(files);
  const quantized = present(
    files.get(status === 'written' ? search.chosen : fallbackOf(search)),
    'candidate',
  );
  const result = underItsName(work, quantized, 'result');
  if (status === 'refused') {
    const cleaned = underItsName(work, present(files.get(CLEANED), 'cleaned model'), 'cleaned');
    return {
      status,
      reason: search.headline,
      report: own,
      candidates: { quantized: result, cleaned },
      files: all,
    };
  }
  placed(work, result);
  return { status, report: own, files: all };
}

/** Nothing is remembered that the same work would find more of on a quieter computer, or without being stopped. */
export function isWhole({ stopped, busy }: Found): boolean {
  return !stopped && !busy;
}
