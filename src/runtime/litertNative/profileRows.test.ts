import { describe, expect, it } from 'vitest';
import { recordedProfile } from '../../../test/unit/litertProfiles';
import { itemAt } from '../../model/assert';
import { ProfileRows, type ProfilerEvent } from './profileRows';

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

  it('takes what ran inside an operator from its time', () => {
    const { rows, events } = profileOf(recorded);
    const sum = rows.reduce((total, { runs }) => total + itemAt(runs, 0).microseconds, 0);
    const outermost = recorded
      .filter(({ type, graph }) => (type === 2 || type === 8) && graph === 0)
      .reduce((total, { microseconds }) => total + microseconds, 0);
    expect(sum).toBe(outermost);
    expect(
      itemAt(
        rows.filter(({ op }) => op === 'WHILE'),
        0,
      ).runs,
    ).toMatchObject([{ calls: 1, nested: 26 }]);
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
