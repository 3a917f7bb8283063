import { readFileSync } from 'node:fs';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { onnx as peer } from 'onnx-proto';
import { expect, it } from 'vitest';
import { openModel } from '../../../src/formats';
import { GraphProtoSchema, type NodeProto, type TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeInt64Tensor, makeNode, makeTensor, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import type { Recipe } from '../../../src/protocol/recipes';
import { assignRecipe, schemesOf } from '../../../src/quantization/layout';
import { writeAssigned } from '../../../src/quantization/writeAssigned';
import { randomTensors, workshop } from './small';
import { decibels, evaluate, run } from './support';

const { fresh, model } = workshop();
const { tensor } = randomTensors(5);

/** x [2, 64] by a weight of the branch's own, or of the main graph, called alike in both branches. */
function branch(name: string, own: TensorProto[], nodes: NodeProto[], output: string) {
  return create(GraphProtoSchema, {
    name,
    node: nodes,
    initializer: own,
    output: [makeValueInfo(output, 'float32', [2, 64])],
  });
}

/** Both branches of an If multiply by weights of their own, of one name, and by one of the main graph; a loop by that again. */
function withBodies() {
  const own = (factor: number) => ({ ...tensor('w', [64, 64], factor) });
  const products = (out: string) => [
    makeNode('MatMul', ['x', 'w'], ['t'], {}, { name: `own ${out}` }),
    makeNode('MatMul', ['t', 'shared'], [out], {}, { name: `shared ${out}` }),
  ];
  const loop = create(GraphProtoSchema, {
    name: 'turn',
    input: [
      makeValueInfo('i', 'int64', []),
      makeValueInfo('go', 'bool', []),
      makeValueInfo('state', 'float32', [2, 64]),
    ],
    node: [
      makeNode('Identity', ['go'], ['go on']),
      makeNode('MatMul', ['state', 'shared'], ['next'], {}, { name: 'in the loop' }),
    ],
    output: [makeValueInfo('go on', 'bool', []), makeValueInfo('next', 'float32', [2, 64])],
  });
  return model({
    inputs: { x: [2, 64] },
    initializers: [
      tensor('shared', [64, 64], 0.1),
      makeTensor('yes', 'bool', [], Uint8Array.of(1)),
      makeInt64Tensor('turns', [], [2]),
      tensor('limit', [1], 0),
    ],
    nodes: [
      makeNode('ReduceSum', ['x'], ['sum'], { keepdims: 0 }),
      makeNode('Greater', ['sum', 'limit'], ['is large']),
      makeNode('Squeeze', ['is large'], ['chosen']),
      makeNode('If', ['chosen'], ['picked'], {
        then_branch: branch('then', [own(0.1)], products('a'), 'a'),
        else_branch: branch('else', [own(0.2)], products('b'), 'b'),
      }),
      makeNode('Loop', ['turns', 'yes', 'picked'], ['y'], { body: loop }),
    ],
  });
}

/** Nodes of a graph and of all bodies in it, as another reader finds them. */
function nested(graph: peer.IGraphProto): peer.INodeProto[] {
  return (graph.node ?? []).flatMap((node) => [
    node,
    ...(node.attribute ?? []).flatMap(({ g }) => (g ? nested(g) : [])),
  ]);
}

const RECIPES: [Recipe, string, number, number][] = [
  ['int8-dynamic', 'MatMulInteger', 5, 25],
  // The one that all bodies share is made float in the main graph.
  ['int8-weights', 'DequantizeLinear', 3, 35],
  ['int4-weights', 'MatMulNBits', 5, 12],
  ['float16', 'MatMul', 5, 50],
];

it.each(RECIPES)('layers in bodies become %s', async (recipe, op, count, atLeast) => {
  const float = withBodies();
  const cleaned = fresh();
  await rewriter.clean(float, cleaned, async () => new Map());
  const file = openModel(cleaned);
  const plan = rewriter.plan(file);
  const target = fresh();
  const { kept } = writeAssigned(
    rewriter,
    file,
    plan,
    assignRecipe(plan, recipe, []),
    { asked: schemesOf(recipe) },
    target,
  );
  expect([...kept.values()].filter((reason) => !/stays float32|does not take|bodies/.test(reason))).toEqual(
    [],
  );
  // An independent reader finds the nodes in the bodies, and no float weight is left.
  const read = peer.ModelProto.decode(readFileSync(target));
  const found = nested(read.graph ?? {}).filter((node) => node.opType === op);
  expect(found).toHaveLength(count);
  const floats = (read.graph?.initializer ?? []).filter(
    ({ dataType, dims }) =>
      dataType === 1 && dims?.length === 2 && Number(dims[0]) === 64 && Number(dims[1]) === 64,
  );
  expect(floats.map(({ name }) => name)).toEqual([]);
  for (const sign of [1, -1]) {
    const x = Float32Array.from({ length: 128 }, (_, i) => sign * (0.1 + Math.abs(Math.sin(i))));
    const feeds = { x: { type: 'float32' as const, shape: [2, 64], data: x } };
    const [before, after] = [await run(float.path, feeds), await run(target, feeds)];
    expect(decibels(before, after), path.basename(target)).toBeGreaterThan(atLeast);
  }
});

it('static integers leave them in float, and say why', () => {
  const file = withBodies();
  const plan = rewriter.plan(file);
  const layer = plan.nodes.find(({ name }) => name === 'in the loop');
  expect(layer?.role).toBeNull();
  expect(layer?.refusals.static).toMatch(/body of control flow/);
});

/** Both branches of an If in a branch turn the same weights round, each by axes of its own. */
function turnedInBranches(more: NodeProto[]) {
  const turned = (out: string) =>
    branch(
      out,
      [],
      [
        makeNode('Constant', [], [`axes ${out}`], { value: makeInt64Tensor('', [2], [64, 64]) }),
        makeNode('Reshape', ['flat', `axes ${out}`], [`square ${out}`]),
        makeNode('Transpose', [`square ${out}`], [`turned ${out}`], { perm: [1, 0] }),
        makeNode('MatMul', ['x', `turned ${out}`], [out]),
      ],
      out,
    );
  const inner = makeNode('If', ['chosen'], ['inner'], { then_branch: turned('a'), else_branch: turned('b') });
  return model({
    inputs: { x: [2, 64] },
    initializers: [tensor('w', [64, 64], 0.1), tensor('limit', [1], 0), makeInt64Tensor('all', [1], [-1])],
    nodes: [
      makeNode('ReduceSum', ['x'], ['sum'], { keepdims: 0 }),
      makeNode('Greater', ['sum', 'limit'], ['is large']),
      makeNode('Squeeze', ['is large'], ['chosen']),
      makeNode('If', ['chosen'], ['y'], {
        then_branch: branch('then', [], [makeNode('Reshape', ['w', 'all'], ['flat']), inner], 'inner'),
        else_branch: branch('else', [], [makeNode('Neg', ['x'], ['other'])], 'other'),
      }),
      ...more,
    ],
    outputs: ['y', ...more.flatMap(({ output }) => output)],
  });
}

it.each([
  { name: 'once', more: [], left: 0 },
  { name: 'once, in the main graph, where it takes too many bytes to be stored', more: ['w'], left: 1 },
])('what two branches make of the same weights is made $name', async ({ more, left }) => {
  const float = turnedInBranches(more.map((name) => makeNode('MatMul', ['x', name], ['z'])));
  const cleaned = fresh();
  await rewriter.clean(float, cleaned, evaluate);
  const graph = peer.ModelProto.decode(readFileSync(cleaned)).graph ?? {};
  const count = (nodes: readonly peer.INodeProto[], op: string) =>
    nodes.filter(({ opType }) => opType === op).length;
  expect(count(graph.node ?? [], 'Transpose')).toBe(left);
  expect(count(nested(graph), 'Transpose')).toBe(left);
  expect(count(nested(graph), 'MatMul')).toBe(2 + more.length);
  for (const sign of [1, -1]) {
    const x = Float32Array.from({ length: 128 }, (_, i) => sign * (0.1 + Math.abs(Math.sin(i))));
    const feeds = { x: { type: 'float32' as const, shape: [2, 64], data: x } };
    const [before, after] = [await run(float.path, feeds), await run(cleaned, feeds)];
    expect(decibels(before, after)).toBeGreaterThan(120);
  }
});
