import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { layerDetails } from '../../src/analysis/details';
import { analyze } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats/index';
import { FunctionProtoSchema, GraphProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import type { Graph } from '../../src/model/model';
import { latenciesOf } from '../../src/protocol/latencies';
import type { LayerReport, ProfileReport } from '../../src/protocol/reports';
import { indexModel } from '../../src/python/linking/indexModel';
import { RowLatencies } from '../../src/python/linking/latency';
import { modelInputs } from '../../src/runtime/inputs';
import { onnxRuntime } from '../../src/runtime/onnxruntime';
import { profileLayers } from '../../src/runtime/profile';
import { randomFeeds } from '../../src/runtime/randomInputs';
import { makeModel, reopen, SAMPLE, SAMPLE_TFLITE, scratchFolder } from './support';
import { makeTflite, reopenTflite } from './tflite';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };
const float4 = (name: string) => makeValueInfo(name, 'float32', [4]);

/** Ids of layers with those in their bodies, in order. */
const idsOf = (layers: readonly LayerReport[]): string[] =>
  layers.flatMap(({ id, body = [] }) => [id, ...idsOf(body)]);

/** Two nodes are called `twice`, one as the first output of another, two have no name at all and nothing to take one from. */
function confused(extra: Parameters<typeof makeNode>[0] = 'Relu') {
  return makeModel({
    name: 'confused',
    node: [
      makeNode('Exp', ['x'], ['a'], {}, { name: 'twice' }),
      makeNode('Tanh', ['a'], ['b'], {}, { name: 'twice' }),
      makeNode('Sigmoid', ['b'], ['twice']),
      makeNode(extra, ['twice'], ['c'], {}, { name: 'twice' }),
      makeNode('Relu', ['c'], ['y']),
    ],
    input: [float4('x')],
    output: [float4('y')],
  });
}

describe('a model whose nodes share a name', () => {
  it('has rows with ids of their own', () => {
    const { report } = analyze(reopen(confused(), folder), NOTHING);
    expect(report.layers.map(({ id, name }) => [id, name])).toEqual([
      ['0', 'twice'],
      ['1', 'twice'],
      ['2', 'twice'],
      ['3', 'twice'],
      ['4', 'y'],
    ]);
  });

  it('has problems that say which of them they are about, in its details too', () => {
    const analysis = analyze(reopen(confused('Unheard'), folder), NOTHING);
    expect(analysis.report.problems).toMatchObject([{ node: 'twice', nodeId: '3' }]);
    const told = analysis.rows.map(({ index }) => layerDetails(analysis, index).problems.length);
    expect(told).toEqual([0, 0, 0, 1, 0]);
  });

  it('says which of them the peak is at', () => {
    const model = makeModel({
      name: 'peak',
      node: [
        makeNode('Relu', ['x'], ['a'], {}, { name: 'same' }),
        makeNode('Concat', ['a', 'a', 'a'], ['b'], { axis: 0 }, { name: 'same' }),
        makeNode('ReduceSum', ['b'], ['y'], {}, { name: 'same' }),
      ],
      input: [float4('x')],
      output: [makeValueInfo('y', 'float32', [1])],
    });
    const { totals } = analyze(reopen(model, folder), NOTHING).report;
    expect([totals.peakNode, totals.peakNodeId]).toEqual(['same', '1']);
  });

  it('has a time for each of them, which names the right one of what holds it', async () => {
    const weights = (name: string) => makeFloatTensor(name, [4, 4, 3, 3], Array(144).fill(0.1));
    const model = makeModel({
      name: 'convolutions',
      node: [
        makeNode('Conv', ['x', 'v'], ['a'], {}, { name: 'same' }),
        makeNode('Relu', ['a'], ['b'], {}, { name: 'same' }),
        makeNode('Conv', ['b', 'w'], ['c'], {}, { name: 'same' }),
        makeNode('Relu', ['c'], ['y'], {}, { name: 'same' }),
      ],
      initializer: [weights('v'), weights('w')],
      input: [makeValueInfo('x', 'float32', [1, 4, 12, 12])],
      output: [makeValueInfo('y', 'float32', [1, 4, 8, 8])],
    });
    const file = reopen(model, folder);
    const { graph } = file.infer(NOTHING);
    const settings = { threads: 1, runs: 3, scratch: folder };
    const { layers } = await profileLayers(
      onnxRuntime,
      file,
      graph,
      randomFeeds(modelInputs(graph), new Map(), 1),
      settings,
    );
    const found = layers.map(({ id, medianMs, fusedIntoId }) => [
      id,
      medianMs === null ? fusedIntoId : 'timed',
    ]);
    expect(found).toEqual([
      ['0', 'timed'],
      ['1', '0'],
      ['2', 'timed'],
      ['3', '2'],
    ]);
  });
});

describe('latencies of layers of one name', () => {
  const times = (layers: ProfileReport['layers']) => ({ layers }) as unknown as ProfileReport;
  const row = (id: string) => ({ id, name: 'same' });
  const report = times([
    { id: '0', name: 'same', op: 'Relu', medianMs: 1, share: 0.1 },
    { id: '1/body/0', name: 'same', op: 'Relu', medianMs: 2, share: 0.2 },
  ]);

  it('belong to the rows of their ids, whichever others are there', () => {
    const found = latenciesOf([row('1/body/0'), row('2'), row('0')], report);
    expect(found.map((one) => one?.medianMs)).toEqual([2, undefined, 1]);
  });

  it('are said of the layer of a source that the row is', () => {
    const file = reopen(confused(), folder);
    const { rows } = indexModel(file.format, analyze(file, NOTHING));
    const [indexed] = indexModel(file.format, analyze(openModel(SAMPLE), NOTHING)).rows;
    expect(rows.every(({ id, row }) => id === String(row))).toBe(true);
    if (indexed === undefined) throw new Error('no row');
    const second = { ...indexed, id: '1/body/0', name: 'same' };
    expect(new RowLatencies(report).text([second])).toBe('2.00 ms, 20.0 %');
  });
});

describe('ids of nodes in bodies', () => {
  const body = (op: string) =>
    create(GraphProtoSchema, {
      name: 'body',
      node: [
        makeNode('Exp', ['x'], ['inner'], {}, { name: 'same' }),
        makeNode(op, ['inner'], ['out'], {}, { name: 'same' }),
      ],
      output: [float4('out')],
    });
  const odd = 'my / odd\nfunction';
  const functions = ['plain', odd].map((name) =>
    create(FunctionProtoSchema, {
      name,
      domain: 'my',
      input: ['i'],
      output: ['o'],
      node: [makeNode('Unheard', ['i'], ['o'], {}, { name: 'same' })],
      opsetImport: [{ domain: '', version: 17n }],
    }),
  );
  const model = makeModel(
    {
      name: 'bodies',
      node: [
        makeNode('If', ['flag'], ['a'], { then_branch: body('Neg'), else_branch: body('Abs') }),
        makeNode('plain', ['a'], ['b'], {}, { domain: 'my' }),
        makeNode('plain', ['b'], ['c'], {}, { domain: 'my' }),
        makeNode(odd, ['c'], ['y'], {}, { domain: 'my' }),
      ],
      input: [float4('x'), makeValueInfo('flag', 'bool', [])],
      output: [float4('y')],
    },
    {
      opsetImport: makeModel({}).opsetImport.concat(
        makeModel({}).opsetImport.map((one) => ({ ...one, domain: 'my' })),
      ),
      functions,
    },
  );

  it('are the way there, in each call of a function another one', () => {
    const { report } = analyze(reopen(model, folder), NOTHING);
    expect(idsOf(report.layers)).toEqual([
      ...['0', '0/then_branch/0', '0/then_branch/1', '0/else_branch/0', '0/else_branch/1'],
      ...['1', '1/plain/0', '2', '2/plain/0', '3', '3/0/0'],
    ]);
  });

  it('are those of the first call where a problem is about a function', () => {
    const { report } = analyze(reopen(model, folder), NOTHING);
    const about = report.problems.flatMap(({ nodeId }) => nodeId ?? []);
    expect(about).toContain('1/plain/0');
  });

  it('are those of the call where a graph of TensorFlow Lite has several', () => {
    const tensors = {
      a: { shape: [2] },
      b: { shape: [2] },
      c: { shape: [2] },
      flag: { shape: [1], type: 6 },
    };
    const branches = { table: 'IfOptions', thenSubgraphIndex: 1, elseSubgraphIndex: 1 } as const;
    const file = reopenTflite(
      makeTflite(
        {
          tensors,
          inputs: ['a', 'flag'],
          outputs: ['c'],
          operators: [
            { op: 'IF', inputs: ['flag', 'a'], outputs: ['b'], options: branches },
            { op: 'IF', inputs: ['flag', 'b'], outputs: ['c'], options: branches },
          ],
        },
        {
          tensors: { i: { shape: [2] }, o: { shape: [2] } },
          inputs: ['i'],
          outputs: ['o'],
          operators: [{ op: 'RELU', inputs: ['i'], outputs: ['o'] }],
        },
      ),
      folder,
    );
    const { report } = analyze(file, NOTHING);
    expect(idsOf(report.layers)).toEqual(['0', '0/then/0', '0/else/0', '1', '1/then/0', '1/else/0']);
    expect(file.model.graph.nodes[1]?.bodies[0]?.graph.nodes[0]?.id).toBe('0/then/0');
  });
});

describe('ids of whole models', () => {
  const bodiesOf = (graph: Graph): Graph[] =>
    graph.nodes.flatMap(({ bodies }) => bodies.flatMap((one) => [one.graph, ...bodiesOf(one.graph)]));

  it.each([
    SAMPLE,
    SAMPLE_TFLITE,
    'models/shapes_mobilenetv2.mlpackage',
    join('test/trials/tflite/composite.tflite'),
    join('test/trials/onnx/sequences.onnx'),
  ])('are unique in %s, and name a row', (path) => {
    const file = openModel(path);
    const { rows } = analyze(file, NOTHING);
    const ids = new Set(rows.map(({ id }) => id));
    expect(ids.size).toBe(rows.length);
    const { graph } = file.model;
    const nodes = [graph, ...bodiesOf(graph)].flatMap((one) => one.nodes);
    expect(nodes.filter(({ id }) => !ids.has(id))).toEqual([]);
  });
});
