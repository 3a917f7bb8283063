import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/inspect';
import { openModel } from '../../../src/formats';
import { jsonLines } from '../../../src/protocol/json';

/** Twenty functions, of which each calls the next twice: 2^20 nodes in a file of 1,533 bytes. */
const BOMB = resolve('test/trials/hostile/fn_bomb20.onnx');

describe('functions that call functions twice', () => {
  const file = openModel(BOMB);
  const { report, rows } = analyze(file, { dims: {}, shapes: {} });

  it('are written out as far as 100,000 nodes go, and the rest is said to be missing', () => {
    expect(rows.length).toBeLessThanOrEqual(100_000);
    expect(report.totals).toMatchObject({ nodesWithSubgraphs: rows.length, nodesAtLeast: true });
    expect(report.problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/is not shown inside it, since all calls together have more than 100000 nodes/),
      ]),
    );
    // They are functions of the file, so nobody says that such an operator is not known.
    expect(report.problems.map(({ message }) => message).join()).not.toContain('is not known');
  });

  it('have no total, as a part of it is not looked at', () => {
    expect(report.totals).toMatchObject({ parameters: null, parameterBytes: null, macs: null });
    expect(report.totals.peakActivationBytes).toBeNull();
    expect(report.totals.activationBytes).toBeNull();
  });

  it('are a report of bounded size, in small pieces', () => {
    let total = 0;
    let longest = 0;
    for (const piece of jsonLines(report)) {
      total += piece.length;
      longest = Math.max(longest, piece.length);
    }
    expect(total).toBeLessThan(2 ** 28);
    expect(longest).toBeLessThan(2 ** 20);
  });
});
