import { formatDb, formatInteger, formatPercent } from './numbers';
import type { Accuracy } from './reports';

/** Below this, a tenth of the outputs is error (a hundredth of their power): results on real data will differ visibly. */
const POOR_SQNR_DB = 20;

/** More than one sample in fifty with another top class is more than rounding explains. */
const POOR_AGREEMENT = 0.98;

/** The SQNR over all outputs, the worst output's where it is much below it, and that before a last Softmax, Sigmoid or ArgMax. */
export function sqnrText({ identical, sqnrDb, scoresSqnrDb, worstOutput }: Accuracy): string {
  if (identical) return 'identical';
  const beside: string[] = [];
  if (worstOutput !== undefined) beside.push(worstText(worstOutput));
  const scores = scoresSqnrDb === undefined || scoresSqnrDb === null ? '' : formatDb(scoresSqnrDb);
  if (scores !== '' && scores !== formatDb(sqnrDb))
    beside.push(`${scores} before the last Softmax or Sigmoid`);
  return `${formatDb(sqnrDb)}${beside.length === 0 ? '' : ` (${beside.join('; ')})`}`;
}

/** The worst of several outputs by its name: `boxes: 7.3 dB`. */
export function worstText({ name, sqnrDb }: NonNullable<Accuracy['worstOutput']>): string {
  return `${name}: ${decibels(sqnrDb)}`;
}

/** Nobody gave data: outputs were compared on random numbers, which says nothing of how good a model is at its task. */
export function isRandom({ data }: Pick<Accuracy, 'data'>): boolean {
  return data === 'random';
}

/** What a fraction with the same top class is one of: `8 samples`, or `1,024 positions of 8 samples` of sequences. */
export function classifiedText({ samples, positions }: Pick<Accuracy, 'samples' | 'positions'>): string {
  const all = `${formatInteger(samples)} ${samples === 1 ? 'sample' : 'samples'}`;
  if (positions === undefined) return all;
  return `${formatInteger(positions)} ${positions === 1 ? 'position' : 'positions'} of ${all}`;
}

/** What is poor about a result, as a clause: `5.3 dB SQNR, the same top class for 91.0 %`; '' where nothing is. */
export function poorAccuracy(accuracy: Accuracy): string {
  const { sqnrDb, top1Agreement, worstOutput, notFinite } = accuracy;
  if (notFinite) return 'no output is a finite number, so that nothing can be said of the accuracy';
  const said: string[] = [];
  if (sqnrDb !== null && sqnrDb < POOR_SQNR_DB) said.push(`${formatDb(sqnrDb)} SQNR`);
  if (worstOutput !== undefined && (worstOutput.sqnrDb ?? Number.NEGATIVE_INFINITY) < POOR_SQNR_DB)
    said.push(`${decibels(worstOutput.sqnrDb)} at the worst output`);
  if (top1Agreement !== null && top1Agreement < POOR_AGREEMENT)
    said.push(`the same top class for only ${formatPercent(top1Agreement)}`);
  return said.join(', ');
}

/** null: noise where the float model gives zeros. */
function decibels(value: number | null): string {
  return value === null ? 'noise alone' : formatDb(value);
}
