import { expect, it } from 'vitest';
import { countedRuns } from './countedRuns';

it('says how many runs counted, where a report has it', () => {
  const latency = { median: 1, p90: 1, ci95: [1, 1] as [number, number] };
  expect(countedRuns({ ...latency, runs: 1210, counted: 196 })).toBe('196 of 1,210 runs counted');
  expect(countedRuns(latency)).toBeNull();
});
