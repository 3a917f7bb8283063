import { describe, expect, it } from 'vitest';
import { recordedProfile } from '../../../test/unit/litertProfiles';
import { itemAt } from '../../model/assert';
import { ProfileRows } from './profileRows';
import type { ProfilerEvent } from './profilerEvent';

function profileOf(...batches: readonly ProfilerEvent[][]) {
  const rows = new ProfileRows();
  for (const events of batches) rows.add(events);
  return rows.profile();
}

/** The same run, later. */
const later = (events: readonly ProfilerEvent[], by: number) =>
  events.map((event) => ({ ...event, start: event.start === 0 ? 0 : event.start + by }));

describe('ProfileRows', () => {
  const recorded = recordedProfile('control_flow');

  it('takes from an operator’s time what ran inside it, and the looking up of memory around that', () => {
    const { rows, events } = profileOf(recorded);
    const loop = itemAt(
      rows.filter(({ op }) => op === 'WHILE'),
      0,
    );
    const inside = recorded
      .filter(({ type, graph }) => (type === 2 || type === 8) && (graph === 1 || graph === 2))
      .reduce((total, { microseconds }) => total + microseconds, 0);
    // Six runs of the condition, five of the body, and each got memory once; the quickest took 14 µs beyond its rows.
    const lookedUp = 13 * 2 * 14;
    expect(loop.runs).toEqual([{ microseconds: 1179 - inside - lookedUp, calls: 1, nested: 26 }]);
    expect(rows.reduce((total, { runs }) => total + itemAt(runs, 0).calls, 0)).toBe(events);
  });

  it('keeps runs apart, also where they are read one by one', () => {
    const second = later(recorded, 10_000);
    const together = profileOf([...recorded, ...second]);
    expect(together.runs).toBe(2);
    expect(together).toEqual(profileOf(recorded, second));
    for (const { runs } of together.rows) expect(runs[0]).toEqual(runs[1]);
  });

  it('gives a row that did not run in one of them nothing there', () => {
    const without = later(
      recorded.filter(({ graph, tag }) => graph !== 3 && tag !== 'IF'),
      10_000,
    );
    const { rows } = profileOf(recorded, without);
    const branch = itemAt(
      rows.filter(({ op }) => op === 'Exp (NC)'),
      0,
    );
    expect(branch.runs.map(({ calls }) => calls)).toEqual([1, 0]);
  });

  it('tells equal operators of a delegate apart by its parts', () => {
    const { rows } = profileOf(recordedProfile('ultraface'));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows).toHaveLength(101);
  });
});
