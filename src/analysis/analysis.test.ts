import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../test/unit/support';
import { GraphProtoSchema } from '../formats/onnx/onnx_pb';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../formats/onnx/writing/make';
import { seededNormal } from '../runtime/random';
import { layerDetails } from './details';
import { analyze } from './inspect';
import { summarize, tensorStatistics } from './statistics';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };

/** Two products share a weight; a third takes quantized ones; a branch uses the first product. */
function open() {
  const branch = (op: string, output: string) =>
    create(GraphProtoSchema, {
      name: 'branch',
      node: [makeNode(op, ['first'], [output], {}, { name: output })],
      output: [makeValueInfo(output, 'float32', [2, 3])],
    });
  const model = makeModel({
    name: 'shared',
    node: [
      makeNode('MatMul', ['x', 'w'], ['first'], {}, { name: 'one' }),
      makeNode('MatMul', ['first', 'w'], ['second']),
      makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['decoded'], { axis: 0 }, { name: 'decode' }),
      makeNode('MatMul', ['second', 'decoded'], ['third'], {}, { name: 'three' }),
      makeNode(
        'If',
        ['flag'],
        ['fourth'],
        { then_branch: branch('Relu', 'then'), else_branch: branch('Neg', 'else') },
        { name: 'choose' },
      ),
      makeNode('Reshape', ['third', 'shape'], ['flat'], {}, { name: 'reshape' }),
    ],
    initializer: [
      makeFloatTensor('w', [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      makeTensor('q', 'int8', [3, 5], new Uint8Array(15).fill(255)),
      makeFloatTensor('scale', [], [0.5]),
      makeTensor('zero', 'int8', [], new Uint8Array(1)),
      makeInt64Tensor('shape', [1], [-1]),
    ],
    input: [makeValueInfo('x', 'float32', ['n', 3]), makeValueInfo('flag', 'bool', [])],
    output: [makeValueInfo('flat', 'float32', ['m']), makeValueInfo('fourth', 'float32', [2, 3])],
  });
  return reopen(model, folder);
}

describe('the report', () => {
  const file = open();
  const { report, rows, maxima } = analyze(file, { dims: { n: 2 }, shapes: {} });

  it('counts a shared weight once, and leaves out scales, zero points and shapes', () => {
    expect(report.totals).toMatchObject({
      layers: 6,
      nodesWithSubgraphs: 8,
      initializerElements: 9 + 15 + 1 + 1 + 1,
      parameters: 9 + 15,
      parameterBytes: 36 + 15,
      macs: 2 * 3 * 3 + 2 * 3 * 3 + 2 * 3 * 5,
    });
    expect(report.bytesByType).toEqual({ float32: 36, int8: 15 });
    const figures = report.layers.map(({ name, parameters, shared }) => [name, parameters, shared]);
    expect(figures).toEqual([
      ['one', 9, true],
      ['second', 9, true],
      ['decode', 0, false],
      ['three', 15, false],
      ['choose', 0, false],
      ['reshape', 0, false],
    ]);
  });

  it('leaves constants out of the activations', () => {
    const decode = report.layers[2];
    expect(decode?.outputs[0]).toMatchObject({ name: 'decoded', shape: [3, 5], bytes: 60 });
    expect(decode?.activationBytes).toBe(0);
    // Each branch gives the output of the node, which counts once.
    expect(report.totals.activationBytes).toBe(4 * (6 + 6 + 10 + 6 + 10));
  });

  it('keeps declared names beside inferred shapes', () => {
    expect(report.inputs[0]).toEqual({ name: 'x', type: 'float32', shape: [2, 3], declaredShape: ['n', 3] });
    expect(report.outputs[0]).toEqual({ name: 'flat', type: 'float32', shape: [10], declaredShape: ['m'] });
    expect(report.dims).toEqual({ n: { value: 2, assumed: false } });
  });

  it('nests and flattens alike', () => {
    expect(rows.map(({ name, depth, parent, hasBody }) => [name, depth, parent, hasBody])).toEqual([
      ['one', 0, null, false],
      ['second', 0, null, false],
      ['decode', 0, null, false],
      ['three', 0, null, false],
      ['choose', 0, null, true],
      ['then', 1, 4, false],
      ['else', 1, 4, false],
      ['reshape', 0, null, false],
    ]);
    expect(report.layers[4]?.body?.map(({ name }) => name)).toEqual(['then', 'else']);
    expect(maxima).toEqual({ parameters: 15, parameterBytes: 36, activationBytes: 40, macs: 30 });
  });

  it('survives JSON, so that host, page and terminal see the same', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('details of a layer', () => {
  const analysis = analyze(open(), { dims: { n: 2 }, shapes: {} });

  it('say who gives its inputs and who uses its outputs, bodies included', () => {
    expect(layerDetails(analysis, 0)).toMatchObject({
      name: 'one',
      inputs: [
        { name: 'x', producer: null, constant: false },
        { name: 'w', producer: null, constant: true },
      ],
      outputs: [{ name: 'first', bytes: 24, consumers: [1, 5, 6] }],
      weights: [{ name: 'w', elements: 9, bytes: 36, shape: [3, 3], shared: true }],
    });
    expect(layerDetails(analysis, 5).inputs).toMatchObject([{ name: 'first', producer: 0, shape: [2, 3] }]);
    expect(layerDetails(analysis, 3).weights).toMatchObject([{ name: 'q', type: 'int8', shared: false }]);
    expect(layerDetails(analysis, 2).attributes).toEqual([{ name: 'axis', value: '0' }]);
  });

  it('are refused for a row that there is not', () => {
    expect(() => layerDetails(analysis, 8)).toThrow(RangeError);
  });
});

describe('statistics of a tensor', () => {
  it('are those of its elements', () => {
    const file = open();
    const analysis = analyze(file, NOTHING);
    const statistics = tensorStatistics(file, analysis, 0, 'w');
    expect(statistics).toMatchObject({
      elements: 9,
      read: 9,
      min: 1,
      max: 9,
      mean: 5,
      zeros: 0,
      nonFinite: 0,
    });
    expect(statistics.std).toBeCloseTo(Math.sqrt(60 / 9));
    expect(tensorStatistics(file, analysis, 3, 'q')).toMatchObject({ min: -1, max: -1, std: 0 });
    expect(tensorStatistics(file, analysis, 0, 'w', 4)).toMatchObject({ elements: 9, read: 4, max: 4 });
    expect(() => tensorStatistics(file, analysis, 0, 'nothing')).toThrow("no stored tensor named 'nothing'");
  });

  it('count what is not finite apart', () => {
    const found = summarize('t', 5, [Number.NaN, 0, 2, Number.POSITIVE_INFINITY, 4]);
    expect(found).toMatchObject({ nonFinite: 2, zeros: 1, min: 0, max: 4, mean: 2 });
    expect(summarize('t', 1, [Number.NaN])).toMatchObject({ min: null, mean: null, histogram: null });
  });

  it.each([
    ['too long a range', [-1.7e308, -1.7e308, 0, 1.7e308], [2, 1, 1]],
    ['too short a range', [0, 5e-324], [1, 1]],
  ])('counts every value of %s once', (_, values, wanted) => {
    const counts = summarize('t', values.length, values).histogram?.counts ?? [];
    expect(Object.keys(counts).length).toBe(64);
    expect(counts.filter((count) => count > 0)).toEqual(wanted);
  });

  it('have a histogram with every value in the bin of its size', () => {
    const seed = 7;
    const normal = seededNormal(seed);
    const values = Float64Array.from({ length: 5000 }, () => normal() * 3 + 1);
    const { histogram, mean, std } = summarize('t', values.length, values);
    const { from, to, counts } = histogram ?? { from: 0, to: 0, counts: [] };
    const width = (to - from) / counts.length;
    counts.forEach((count, bin) => {
      const last = bin === counts.length - 1;
      const inside = values.filter((value) => {
        const place = (value - from) / width;
        return place >= bin && (place < bin + 1 || last);
      });
      expect(Math.abs(inside.length - count)).toBeLessThanOrEqual(1);
    });
    expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
    expect(mean).toBeCloseTo(1, 0);
    expect(std).toBeCloseTo(3, 0);
  });
});
