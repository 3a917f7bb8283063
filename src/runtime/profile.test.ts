import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFit } from '../../test/unit/rows';
import type { ModelFile } from '../formats/format';
import { openModel } from '../formats/index';
import {
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
} from '../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import type { LayerLatency } from '../protocol/reports';
import { modelInputs } from './inputs';
import { onnxRuntime } from './onnxruntime';
import { type LayerProfile, profileLayers, profileModel } from './profile';
import { randomFeeds } from './randomInputs';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-profile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function profile(path: string, shapes: Record<string, number[]> = {}, trace: string | null = null) {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const settings = { threads: 1, runs: 3, scratch: folder, trace };
  return { file, inferred, feeds, result: await profileLayers(onnxRuntime, file, inferred, feeds, settings) };
}

/** Every layer has a time, or says which layer has it or why there is none. */
function expectAttributed(file: ModelFile, result: LayerProfile): void {
  const { layers, sum } = result;
  const timed = new Set(layers.filter((layer) => layer.medianMs !== null).map((layer) => layer.name));
  const words = /^(a constant|its own body|nothing: .+)$/;
  for (const layer of layers) {
    if (layer.medianMs !== null) expect(layer.medianMs, layer.name).toBeGreaterThan(0);
    else
      expect(timed.has(layer.fusedInto ?? '') || words.test(layer.fusedInto ?? ''), layer.fusedInto).toBe(
        true,
      );
  }
  expect(timed.size).toBeGreaterThan(0);
  expect(layers.length).toBeGreaterThanOrEqual(file.model.graph.nodes.length);
  // How near to 1 depends on how busy the computer is: bench/profile.ts reports it.
  expect(sum?.factor).toBeGreaterThanOrEqual(0);
  expect(sum?.factor).toBeLessThan(Number.POSITIVE_INFINITY);
  expectFit(result, result.medianMs ?? Number.NaN);
}

// ../shared/models holds real models of others; the test passes without it.
const SHARED = resolve('../shared/models');
const EXPECTED = join(SHARED, 'expected-onnx.json');

describe.skipIf(!existsSync(EXPECTED))('profiles of the models in ../shared/models', () => {
  const expected: Record<string, { run_inputs?: Record<string, number[]> }> = existsSync(EXPECTED)
    ? JSON.parse(readFileSync(EXPECTED, 'utf8'))
    : {};
  const runnable = Object.entries(expected).filter(([, { run_inputs }]) => run_inputs !== undefined);

  it.each(runnable)('attributes every row of %s', async (name, { run_inputs }) => {
    const { file, result } = await profile(join(SHARED, name), run_inputs);
    expectAttributed(file, result);
  });

  it('says of activations that they are in the convolutions', async () => {
    const { result } = await profile(join(SHARED, 'onnx/mnist_cntk.onnx'));
    const fate = (name: string) => result.layers.find((layer) => layer.name === name)?.fusedInto;
    expect(fate('ReLU32')).toBe('Convolution28');
    expect(fate('Plus30')).toBe('Convolution28');
    expect(fate('Plus214')).toBe('Times212');
    expect(result.added.map((row) => row.op)).toContain('ReorderOutput');
  });

  it('saves a trace with the names of the model', async () => {
    const trace = join(folder, 'trace.json');
    await profile(join(SHARED, 'onnx/mnist_cntk.onnx'), {}, trace);
    const events: { cat: string; name: string; ph: string; ts: number; dur: number }[] = JSON.parse(
      readFileSync(trace, 'utf8'),
    );
    const nodes = events.filter((event) => event.cat === 'Node');
    expect(nodes.map((event) => event.name)).toContain('Convolution28');
    expect(events.every(({ ph, ts, dur }) => ph === 'X' && ts >= 0 && dur >= 0)).toBe(true);
    expect(nodes.some((event) => event.name.includes('@'))).toBe(false);
  });
});

const scalarBool = (name: string, value: number) => makeTensor(name, 'bool', [], Uint8Array.of(value));
const float4 = (name: string) => makeValueInfo(name, 'float32', [4]);

function model(graph: GraphProto, functions: ModelProto['functions'] = []): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [
      { domain: '', version: 15n },
      { domain: 'my', version: 1n },
    ],
    graph,
    functions,
  });
}

/** Functions in functions, branches with a constant and an open condition, a loop. */
function nested(): ModelProto {
  const opsetImport = [
    { domain: '', version: 15n },
    { domain: 'my', version: 1n },
  ];
  const inner = create(FunctionProtoSchema, {
    domain: 'my',
    name: 'Inner',
    input: ['x'],
    output: ['y'],
    opsetImport,
    node: [makeNode('Sin', ['x'], ['t']), makeNode('Exp', ['t'], ['y'], {}, { name: 'inner exp' })],
  });
  const outer = create(FunctionProtoSchema, {
    domain: 'my',
    name: 'Outer',
    input: ['x'],
    output: ['y'],
    opsetImport,
    node: [
      makeNode('Inner', ['x'], ['t'], {}, { domain: 'my', name: 'first' }),
      makeNode('Inner', ['t'], ['u'], {}, { domain: 'my', name: 'second' }),
      makeNode('Cos', ['u'], ['y'], {}, { name: 'cos' }),
    ],
  });
  const body = (name: string, node: GraphProto['node']) =>
    create(GraphProtoSchema, { name, node, output: [makeValueInfo('r', 'float32', [])] });
  const branches = () => ({
    then_branch: body('then', [
      makeNode('Outer', ['a'], ['r1'], {}, { domain: 'my', name: 'in branch' }),
      makeNode('Neg', ['r1'], ['r'], {}, { name: 'taken' }),
    ]),
    else_branch: body('else', [makeNode('Abs', ['a'], ['r'], {}, { name: 'not taken' })]),
  });
  const loop = create(GraphProtoSchema, {
    name: 'loop',
    node: [
      makeNode('Identity', ['c in'], ['c out'], {}, { name: 'go on' }),
      makeNode('Sqrt', ['s'], ['s out'], {}, { name: 'root' }),
    ],
    input: [makeValueInfo('i', 'int64', []), makeValueInfo('c in', 'bool', []), float4('s')],
    output: [makeValueInfo('c out', 'bool', []), float4('s out')],
  });
  return model(
    create(GraphProtoSchema, {
      name: 'main',
      node: [
        makeNode('Outer', ['x'], ['a'], {}, { domain: 'my', name: 'call' }),
        makeNode('If', ['c'], ['d'], branches(), { name: 'open if' }),
        makeNode('If', ['true'], ['d2'], branches(), { name: 'constant if' }),
        makeNode('Loop', ['five', 'c', 'd'], ['e'], { body: loop }, { name: 'loop' }),
        makeNode('Add', ['d2', 'e'], ['sum'], {}, { name: 'sum' }),
        makeNode('Identity', ['sum'], ['y'], {}, { name: 'same' }),
        makeNode('Mul', ['two', 'two'], ['four'], {}, { name: 'two by two' }),
        makeNode('Add', ['y', 'four'], ['z'], {}, { name: 'last' }),
      ],
      initializer: [
        scalarBool('true', 1),
        makeTensor('five', 'int64', [], new Uint8Array(BigInt64Array.of(5n).buffer)),
        makeFloatTensor('two', [], [2]),
      ],
      input: [float4('x'), makeValueInfo('c', 'bool', [])],
      output: [float4('y'), float4('z')],
    }),
    [inner, outer],
  );
}

describe('a model with functions, branches and loops', () => {
  let layers: LayerLatency[] = [];
  const named = (name: string) => layers.filter((layer) => layer.name === name);

  beforeAll(async () => {
    const path = join(folder, 'nested.onnx');
    writeModel(nested(), path);
    const { file, result } = await profile(path);
    expectAttributed(file, result);
    layers = result.layers;
  });

  it('lists a node, then those of its bodies', () => {
    const names = layers.slice(0, 9).map((layer) => layer.name);
    expect(names).toEqual(['call', 'first', 't', 'inner exp', 'second', 't', 'inner exp', 'cos', 'open if']);
  });

  it('times each call of a function apart', () => {
    // Outer is called three times, and Inner twice in each.
    expect(named('inner exp').map((layer) => layer.medianMs !== null)).toEqual(Array(6).fill(true));
    expect(named('call')[0]?.fusedInto).toBe('its own body');
  });

  it('times the branch that runs, and says which did not', () => {
    expect(named('taken').map((layer) => layer.medianMs !== null)).toEqual([true, true]);
    expect(named('not taken').map((layer) => layer.fusedInto)).toEqual(
      Array(2).fill('nothing: it did not run'),
    );
    expect(named('root')[0]?.medianMs).toBeGreaterThan(0);
  });

  it('knows what is constant and what gives on what it gets', () => {
    expect(named('two by two')[0]?.fusedInto).toBe('a constant');
    expect(named('same')[0]?.medianMs ?? named('same')[0]?.fusedInto).toBeTruthy();
  });
});

describe('profileModel', () => {
  it('fits the rows to the latency, and leaves no files behind', async () => {
    const path = join(folder, 'small.onnx');
    const node = [
      makeNode('MatMul', ['x', 'w'], ['h'], {}, { name: 'product' }),
      makeNode('Relu', ['h'], ['y'], {}, { name: 'relu' }),
    ];
    const graph = create(GraphProtoSchema, {
      name: 'small',
      node,
      initializer: [makeFloatTensor('w', [4, 4], Array(16).fill(1))],
      input: [makeValueInfo('x', 'float32', [1, 4])],
      output: [makeValueInfo('y', 'float32', [1, 4])],
    });
    writeModel(model(graph), path);
    const file = openModel(path);
    const inferred = file.infer({ dims: {}, shapes: {} }).graph;
    const feeds = randomFeeds(modelInputs(inferred), new Map(), 1);
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    const report = await profileModel(onnxRuntime, file, inferred, feeds, {
      threads: 1,
      runs: 3,
      seed: 1,
      scratch,
      inputs: 'random',
      onProgress: () => {},
    });
    expect(readdirSync(scratch)).toEqual([]);
    expect(report).toMatchObject({ version: 1, file: path, threads: 1, inputs: 'random' });
    expect(report.engine).toMatch(/^ONNX Runtime \d+\.\d+\.\d+$/);
    expect(report.layers.map((layer) => layer.name)).toEqual(['product', 'relu']);
    expectFit(report, report.latencyMs.median);
  });
});
