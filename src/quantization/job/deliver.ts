import { discard } from '../../evaluation/copies';
import { place, placePackage } from '../../files/place';
import type { QuantizeReport } from '../../protocol/reports';
import { CLEANED, isWithin, lossText } from '../../protocol/search';
import { whyRefused } from '../resultWarnings';
import type { Product, QuantizeOutcome } from './outcome';
import type { Prepared } from './prepare';
import { reportOf } from './report';
import { bytesOf, underItsName, type Work } from './work';

const STOPPED = 'The search was stopped, so nothing was written: what it found until then can be saved.';

/**
 * Checks, measures and names what was made; or says why it is not worth a name.
 * @throws CheckError when the result is no good
 */
export async function deliver(work: Work, prepared: Prepared, product: Product): Promise<QuantizeOutcome> {
  const { found } = product;
  const { cleaned } = prepared;
  const result = underItsName(work, product.path, 'result');
  if (product.path !== cleaned) discard(product.path);
  const report = saidWhole(await reportOf(work, prepared, product, result));
  if (found === undefined) {
    placed(work, result);
    return { status: 'written', report };
  }
  const files = Object.fromEntries(found.files);
  const verdict = report.latencyMs?.speedupOverCleaned?.verdict;
  const gainsNothing = verdict !== 'faster' && report.bytes.after >= bytesOf(work, cleaned);
  const reason = found.stopped
    ? STOPPED
    : found.report.chosen === CLEANED
      ? found.report.headline
      : verdict === 'slower' || gainsNothing
        ? whyRefused(report.latencyMs)
        : null;
  if (reason !== null) {
    const float = underItsName(work, cleaned, 'cleaned');
    return {
      status: 'refused',
      reason,
      report,
      candidates: { quantized: result, cleaned: float },
      files,
    };
  }
  placed(work, result);
  return { status: 'written', report, files };
}

/** Gives a finished file the name that the user wants. */
export function placed({ options, files, writing }: Work, result: string): string {
  const { output } = options;
  const file = files.open(result);
  const companions = file.model.externalFiles.map(({ path }) => path);
  file.close();
  if (writing.isPackage === undefined) place(result, companions, output, writing);
  else placePackage(result, output, writing);
  return output;
}

/** Candidates are scored on a part of large data: the headline says so where all of it shows that more is lost. */
function saidWhole(report: QuantizeReport): QuantizeReport {
  const { search, accuracy } = report;
  if (search === undefined || accuracy === null || accuracy.samples === search.samples) return report;
  const chosen = search.candidates.find(({ id }) => id === search.chosen);
  if (chosen === undefined || search.chosen === CLEANED) return report;
  const whole = { ...chosen, accuracy };
  if (isWithin(whole, search.maxLoss)) return report;
  const headline = `${search.headline} On all ${accuracy.samples} samples more is lost than that: ${lossText(whole)}.`;
  return { ...report, search: { ...search, headline } };
}
