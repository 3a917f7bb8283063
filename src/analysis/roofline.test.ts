import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../test/unit/support';
import { makeTflite, reopenTflite } from '../../test/unit/tflite';
import { itemAt } from '../model/assert';
import type { LayerLatency, ProfileReport } from '../protocol/reports';
import type { CeilingsReport } from '../protocol/roofline';
import { analyze } from './inspect';
import { roofline } from './roofline';

const folder = scratchFolder();

const FLOAT = 0;
const INT8 = 9;

/** A product 4·8 → 16, an activation, a sum with the other input; `type` is that of everything. */
function analysisOf(type: number, weights = type) {
  const scaled = type === FLOAT ? {} : { quantization: { scale: [0.1], zeroPoint: [0] } };
  const tensor = (shape: number[]) => ({ shape, type, ...scaled });
  const data = weights === FLOAT ? new Float32Array(128) : new Int8Array(128);
  const file = reopenTflite(
    makeTflite({
      tensors: {
        x: tensor([4, 8]),
        other: tensor([4, 16]),
        w: { ...tensor([16, 8]), type: weights, data },
        a: tensor([4, 16]),
        b: tensor([4, 16]),
        y: tensor([4, 16]),
        z: tensor([64]),
      },
      inputs: ['x', 'other'],
      outputs: ['z'],
      operators: [
        { op: 'FULLY_CONNECTED', inputs: ['x', 'w', ''], outputs: ['a'] },
        { op: 'RELU', inputs: ['a'], outputs: ['b'] },
        { op: 'ADD', inputs: ['b', 'other'], outputs: ['y'] },
        { op: 'RESHAPE', inputs: ['y'], outputs: ['z'] },
      ],
    }),
    folder,
  );
  return analyze(file, { dims: {}, shapes: {} });
}

const CEILINGS: CeilingsReport = {
  ...{ engine: 'LiteRT 2.3.0', threads: 1, cpu: 'a processor', float: 1e9, int8: 4e9 },
  memory: [{ workingBytes: 1e6, bytesPerSecond: 1e9 }],
};

function profileOf(layers: Partial<LayerLatency>[], change: Partial<ProfileReport> = {}): ProfileReport {
  return {
    ...{ version: 1, file: 'made.tflite', inputs: 'random', profileFactor: 1, added: [], runs: 1 },
    ...{ engine: CEILINGS.engine, threads: 1, cpu: CEILINGS.cpu },
    latencyMs: { median: 1, p90: 1, ci95: [1, 1] },
    layers: layers.map((layer, at) => ({
      ...{ id: String(at), name: String(at), op: '', medianMs: null, share: null },
      ...layer,
    })),
    ...change,
  };
}

/** 512 MACs at 1 GMAC/s are 0.512 µs. */
const TIMED = [{ medianMs: 0.001 }, { medianMs: 0.001 }, { medianMs: 0.001 }, { medianMs: 0.0001 }];

describe('the roofline of a model', () => {
  it('counts weights, inputs and outputs of each layer once; a view moves nothing', () => {
    const { layers } = roofline(analysisOf(FLOAT), null, null);
    // Floats: x 32, w 128, a, b, other and y 64 each.
    expect(layers.map(({ movedBytes }) => movedBytes)).toEqual([4 * 224, 4 * 128, 4 * 192, 0]);
    expect(layers.map(({ macs }) => macs)).toEqual([512, 0, 0, 0]);
    expect(layers[0]?.intensity).toBeCloseTo(512 / 896, 9);
    expect(layers[3]?.intensity).toBeNull();
  });

  it('leaves out what stays between layers that were folded into one', () => {
    const profile = profileOf([{ medianMs: 0.001 }, { fusedIntoId: '0' }, { fusedIntoId: '1' }, {}]);
    const { layers } = roofline(analysisOf(FLOAT), profile, CEILINGS);
    expect(layers.map(({ id }) => id)).toEqual(['0', '3']);
    // x 32, w 128, other 64 and y 64; a and b do not leave.
    expect(layers[0]?.movedBytes).toBe(4 * 288);
    expect(layers[0]?.macs).toBe(512);
  });

  it('does not follow folding that leads in a circle', () => {
    const profile = profileOf([{ fusedIntoId: '1' }, { fusedIntoId: '0' }, {}, {}]);
    const ids = roofline(analysisOf(FLOAT), profile, CEILINGS).layers.map(({ id }) => id);
    expect(ids).toHaveLength(4);
  });

  it('sets floats and integers against ceilings of their own', () => {
    const of = (type: number, weights = type) =>
      itemAt(roofline(analysisOf(type, weights), profileOf(TIMED), CEILINGS).layers, 0);
    expect(of(FLOAT)).toMatchObject({ macsCeiling: 1e9, macsPerSecond: 512e6 });
    expect(of(INT8)).toMatchObject({ macsCeiling: 4e9, movedBytes: 224 });
    // Engines multiply these in either.
    expect(of(FLOAT, INT8)).toMatchObject({ macsCeiling: null, bound: null });
  });

  it('says what bounds each layer', () => {
    const { layers, unknown } = roofline(analysisOf(FLOAT), profileOf(TIMED), CEILINGS);
    // 896 bytes at 1 GB/s are 0.896 of the µs that it took, its MACs 0.512.
    expect(layers[0]).toMatchObject({ bound: 'memory', bytesPerSecond: 896e6 });
    expect(layers[0]?.reached).toBeCloseTo(0.896, 6);
    expect(layers[3]?.bound).toBe('overhead');
    expect(unknown).toBeUndefined();
  });

  it.each<[string, Partial<ProfileReport> | null, RegExp]>([
    ['nothing was timed', null, /profile the latency first/],
    ['another engine ran it', { engine: 'LiteRT 2.2.0' }, /this computer can reach at most was not measured/],
    ['more threads ran it', { threads: 2 }, /was not measured/],
    ['another processor did', { cpu: 'another' }, /was not measured/],
    [
      'it ran on a phone',
      {
        device: {
          ...{ id: 'a', kind: 'adb', name: 'Pixel 8', model: null, soc: null, system: null, abi: null },
          state: 'ready',
        },
      },
      /^What Pixel 8 can reach at most was not measured/,
    ],
    ['no layer was timed', { layers: [] }, /does not say what each layer takes/],
  ])('has no bounds where %s, and says so', (_, change, reason) => {
    const profile = change === null ? null : profileOf(TIMED, change);
    const report = roofline(analysisOf(FLOAT), profile, CEILINGS);
    expect(report.layers.map(({ bound }) => bound)).toEqual([null, null, null, null]);
    expect(report.unknown).toMatch(reason);
  });
});
