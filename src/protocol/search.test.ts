import { expect, it } from 'vitest';
import { mergeSearches, whyNotMerged } from './mergeSearches';
import type { Accuracy, Speedup } from './reports';
import {
  type CandidateReport,
  choose,
  frontOf,
  headlineOf,
  isWithin,
  lossOf,
  lossText,
  type SearchReport,
} from './search';

const speed = (ratio: number, verdict?: Speedup['verdict']): Speedup => ({
  ratio,
  ci95: [ratio * 0.98, ratio * 1.02],
  verdict: verdict ?? (ratio > 1.04 ? 'faster' : ratio < 0.96 ? 'slower' : 'no difference measured'),
});
const accuracy = (change: Partial<Accuracy>): Accuracy => ({
  samples: 200,
  data: 'photographs',
  sqnrDb: 25,
  identical: false,
  top1Agreement: null,
  ...change,
});
const top1 = (after: number): Accuracy => accuracy({ top1Agreement: 0.9, top1: { before: 0.8, after } });

function candidate(id: string, change: Partial<CandidateReport> = {}): CandidateReport {
  const latency = { median: 1, p90: 1, ci95: [1, 1] as [number, number] };
  return {
    id,
    label: id,
    bytes: 400,
    latencyMs: latency,
    speedupOverCleaned: speed(1.5),
    accuracy: top1(0.8),
    scoreDb: 25,
    int8Layers: 10,
    kept: [],
    onFront: false,
    ...change,
  };
}

const FLOAT = candidate('float', {
  bytes: 1000,
  accuracy: null,
  scoreDb: null,
  speedupOverCleaned: speed(0.9),
});
const CLEANED = candidate('cleaned', {
  bytes: 900,
  accuracy: top1(0.8),
  scoreDb: null,
  speedupOverCleaned: null,
});

it('takes the fastest within the limit', () => {
  const all = [
    FLOAT,
    CLEANED,
    candidate('int8-all', { accuracy: top1(0.75), speedupOverCleaned: speed(2) }),
    candidate('a', { accuracy: top1(0.791), speedupOverCleaned: speed(1.6) }),
    candidate('b', { accuracy: top1(0.8), speedupOverCleaned: speed(1.3) }),
  ];
  expect(choose(all, 1, 'top-1')).toBe('a');
  expect(choose(all, 5, 'top-1')).toBe('int8-all');
  expect(choose(all, 0, 'top-1')).toBe('b');
  expect([...frontOf(all, 'top-1')].sort()).toEqual(['a', 'b', 'int8-all']);
});

it('takes the more accurate of two that are as fast as each other', () => {
  const all = [
    FLOAT,
    CLEANED,
    candidate('a', { accuracy: top1(0.795), speedupOverCleaned: speed(1.51) }),
    candidate('b', { accuracy: top1(0.8), speedupOverCleaned: speed(1.5) }),
  ];
  expect(choose(all, 1, 'top-1')).toBe('b');
});

it('keeps the cleaned float model where nothing is faster, nor as fast and smaller', () => {
  const slower = candidate('a', { speedupOverCleaned: speed(0.8) });
  const larger = candidate('b', { speedupOverCleaned: speed(1), bytes: 950 });
  const smaller = candidate('c', { speedupOverCleaned: speed(1), bytes: 500 });
  expect(choose([FLOAT, CLEANED, slower, larger], 1, 'top-1')).toBe('cleaned');
  expect(headlineOf([FLOAT, CLEANED, slower, larger], 'cleaned', 1, 'top-1')).toBe(
    'Keep the cleaned float: nothing is faster here within that limit (1 point of top-1).',
  );
  expect(choose([FLOAT, CLEANED, slower, smaller], 1, 'top-1')).toBe('c');
});

it('takes the smallest within the limit where nothing could be timed', () => {
  const untimed = { speedupOverCleaned: null, latencyMs: null };
  const all = [
    { ...FLOAT, ...untimed },
    { ...CLEANED, ...untimed },
    candidate('int8-all', { ...untimed, accuracy: top1(0.7), bytes: 300 }),
    candidate('a', { ...untimed, bytes: 500 }),
    candidate('b', { ...untimed, bytes: 450 }),
  ];
  expect(choose(all, 1, 'top-1')).toBe('b');
  expect(headlineOf(all, 'b', 1, 'top-1')).toContain('nothing could be timed');
});

it('asks for 20 dB where no labels of enough samples say what is lost', () => {
  const quiet = (samples: number, agreement: number | null, scoreDb: number) =>
    isWithin(candidate('a', { accuracy: accuracy({ samples, top1Agreement: agreement }), scoreDb }), 1);
  expect(quiet(8, null, 19.9)).toBe(false);
  expect(quiet(8, null, 20)).toBe(true);
  expect(quiet(8, 1, 15)).toBe(false);
  // The same class for nearly all may be because there are few classes.
  expect(quiet(200, 0.995, 15)).toBe(false);
  expect(quiet(200, 0.995, 20)).toBe(true);
  const labelled = (samples: number) =>
    isWithin(candidate('a', { accuracy: { ...top1(0.8), samples }, scoreDb: 15 }), 1);
  expect(labelled(200)).toBe(true);
  expect(labelled(50)).toBe(false);
  expect(quiet(200, 0.98, 30)).toBe(false);
  // 0.99 is not a hundredth below 1 in binary.
  expect(quiet(200, 0.99, 30)).toBe(true);
});

it('says what is lost', () => {
  expect(lossOf(candidate('a', { accuracy: top1(0.79) }))).toBeCloseTo(1, 9);
  expect(lossText(candidate('a', { accuracy: top1(0.79) }))).toBe('1.0 points of top-1 lost, 25.0 dB');
  expect(lossText(candidate('a', { accuracy: top1(0.81) }))).toBe('no top-1 lost, 25.0 dB');
  const some = candidate('a', { accuracy: accuracy({ top1Agreement: 0.97 }), kept: [] });
  expect(headlineOf([FLOAT, CLEANED, some], 'a', 1, 'agreement')).toContain('and 20 dB of SQNR at least');
  expect(headlineOf([FLOAT, CLEANED, some], 'a', 1, 'agreement')).toMatch(
    /More is lost than that limit allows\.$/,
  );
});

function report(candidates: CandidateReport[], change: Partial<SearchReport> = {}): SearchReport {
  return {
    pair: 'uint8/int8',
    engine: 'ONNX Runtime 1.30.0',
    cpu: 'A',
    threads: 1,
    subject: 'one',
    maxLoss: 1,
    measure: 'top-1',
    samples: 200,
    data: 'photographs',
    candidates,
    chosen: 'cleaned',
    headline: '',
    notes: [],
    seconds: 10,
    ...change,
  };
}

it('merges what several machines found: each candidate once, and the choice among all', () => {
  const slow = candidate('mix-1', { speedupOverCleaned: speed(1.2), scoreDb: 30 });
  const fast = candidate('mix-2', { speedupOverCleaned: speed(1.9), scoreDb: 28 });
  const parts = [report([FLOAT, CLEANED, slow]), report([FLOAT, CLEANED, fast], { cpu: 'B' })] as const;
  const merged = mergeSearches(parts);
  expect(merged.candidates.map(({ id }) => id)).toEqual(['float', 'cleaned', 'mix-2', 'mix-1']);
  expect(merged.chosen).toBe('mix-2');
  expect(merged.headline).toContain('fastest found within 1 point of top-1');
  expect(merged.notes).toEqual([expect.stringContaining('different processors (A; B)')]);
  expect(merged.seconds).toBe(20);
  expect(mergeSearches([report([FLOAT, CLEANED, slow])]).chosen).toBe('mix-1');
});

it('does not merge searches of different things', () => {
  expect(whyNotMerged([report([]), report([])])).toBeNull();
  expect(whyNotMerged([report([]), report([], { subject: 'other' })])).toMatch(/not of the same model/);
  expect(whyNotMerged([report([]), report([], { engine: 'other' })])).toMatch(/different engines/);
});

it('takes no model of which weights alone are in fewer bits where nothing could be timed', () => {
  const untimed = { speedupOverCleaned: null, latencyMs: null };
  const found = [
    { ...FLOAT, ...untimed },
    CLEANED,
    candidate('int8-all', { ...untimed, bytes: 400 }),
    candidate('int8-weights', { ...untimed, bytes: 300, stored: true }),
  ];
  expect(choose(found, 1, 'top-1')).toBe('int8-all');
  expect(choose(found.slice(0, 2).concat(found.slice(3)), 1, 'top-1')).toBe('cleaned');
});

it('takes one that was timed, as fast and smaller, where nothing is faster, and says so', () => {
  const same = { speedupOverCleaned: speed(1), stored: true as const, label: 'int8 weights', bytes: 300 };
  const found = [FLOAT, CLEANED, candidate('int8-weights', same)];
  expect(choose(found, 1, 'top-1')).toBe('int8-weights');
  expect(headlineOf(found, 'int8-weights', 1, 'top-1')).toBe(
    'Nothing is faster here within that limit (1 point of top-1), but int8 weights is as fast as the cleaned float and smaller: no top-1 lost, 25.0 dB.',
  );
  const slower = [FLOAT, CLEANED, candidate('int8-weights', { ...same, speedupOverCleaned: speed(0.6) })];
  expect(choose(slower, 1, 'top-1')).toBe('cleaned');
});

it('keeps the name of what is no mix when searches are merged', () => {
  const report = (candidates: CandidateReport[]): SearchReport => ({
    ...({
      subject: 's',
      engine: 'e',
      cpu: 'c',
      threads: 1,
      pair: 'p',
      maxLoss: 1,
      measure: 'top-1',
    } as const),
    ...{ samples: 200, data: 'd', chosen: 'cleaned', headline: '', notes: [], seconds: 1, candidates },
  });
  const stored = candidate('int8-weights', { stored: true, label: 'int8 weights' });
  const merged = mergeSearches([report([FLOAT, CLEANED, candidate('mix-a')]), report([stored])]);
  const labels = new Map(merged.candidates.map(({ id, label }) => [id, label]));
  expect(labels.get('int8-weights')).toBe('int8 weights');
  expect(labels.get('mix-a')).toBe('Mix 1');
});
