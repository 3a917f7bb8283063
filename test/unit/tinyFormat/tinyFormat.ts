import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Format, ModelFile } from '../../../src/formats/format';
import type { ModelPlan, Role } from '../../../src/formats/plan';
import type { Observing, Rewriter } from '../../../src/formats/rewriter';
import { affineOf, quantizeWeights, weightGroups } from '../../../src/formats/uniform';
import { present } from '../../../src/model/assert';
import type { InferredTensor } from '../../../src/model/inference';
import type { Graph, Tensor } from '../../../src/model/model';

/** A made-up format: JSON, dense layers on matrices [features, columns], so that channels are axis 0. */
export interface Tiny {
  input: { name: string; features: number };
  output: string;
  nodes: TinyNode[];
  /** What else it gives: statistics of tensors. */
  extra?: { name: string; of: string; what: 'min' | 'max' | 'means' }[];
}

export interface TinyNode {
  name: string;
  /** `reverse` turns the features around; `squash` goes to −1 … 1, which its kernel takes for granted; `round` goes to 8 bits and back; `match` sets the means of features. */
  op: 'dense' | 'relu' | 'squash' | 'reverse' | 'round' | 'match';
  input: string;
  output: string;
  /** dense: [inputs, outputs]; integers where there are `scales`, one an output. */
  weights?: number[][];
  scales?: number[];
  bias?: number[];
  /** round. */
  affine?: { scale: number; zeroPoint: number };
  /** match: an input and an output of the model. */
  match?: { mean: string; shift: string };
}

export const read = (path: string): Tiny => JSON.parse(readFileSync(path, 'utf8'));
const write = (path: string, tiny: Tiny) => writeFileSync(path, JSON.stringify(tiny), { flag: 'wx' });
const COLUMNS = 5;

export function openTiny(path: string): ModelFile {
  const { input, output, nodes } = read(path);
  const graph: Graph = {
    name: 'tiny',
    nodes: nodes.map((node, index) => ({
      id: String(index),
      kind: null,
      name: node.name,
      op: node.op,
      inputs: [node.input],
      outputs: [node.output],
      attributes: [],
      bodies: [],
    })),
    inputs: [{ name: input.name, type: 'float32', declaredShape: [input.features, null] }],
    outputs: [{ name: output, type: 'float32', declaredShape: null }],
    valueInfo: new Map(),
    constants: new Map(),
  };
  const tensors = new Map<string, InferredTensor>();
  const add = (name: string, features: number) =>
    tensors.set(name, {
      name,
      type: 'float32',
      shape: [features, COLUMNS],
      declaredShape: null,
      constant: false,
    });
  add(input.name, input.features);
  for (const node of nodes)
    add(node.output, node.weights?.[0]?.length ?? tensors.get(node.input)?.shape?.[0] ?? 0);
  const no = () => {
    throw new Error('not needed');
  };
  return {
    model: {
      format: 'tiny',
      file: path,
      fileBytes: readFileSync(path).length,
      externalFiles: [],
      properties: [],
      metadata: [],
      graph,
      problems: [],
    },
    format: tinyFormat,
    infer: () => ({
      dims: new Map(),
      assumedInputs: [],
      problems: [],
      graph: {
        graph,
        tensors,
        nodes: graph.nodes.map((node) => ({
          node,
          macs: 0,
          elementOps: null,
          bodies: [],
          alternatives: false,
        })),
        runs: 1,
      },
    }),
    readTensor: no,
    parameterTensors: () =>
      nodes.flatMap(({ name, weights }, index) => {
        const shape = [weights?.length ?? 0, weights?.[0]?.length ?? 0];
        const elements = weights?.flat().length ?? 0;
        const tensor: Tensor = {
          name: `${name}.weights`,
          type: 'float32',
          shape,
          bytes: 4 * elements,
          storedElements: elements,
          sparse: false,
          location: null,
        };
        return weights ? [{ tensor, users: [index] }] : [];
      }),
    text: no,
    write: (target) => copyFileSync(path, target),
    close: () => {},
  };
}

const DENSE: Role = { kind: 'product', data: [0], weightAxis: 1, biasAxis: 0, givesFloat: true };
const REVERSE: Role = { kind: 'same-scale', data: [0], weightAxis: null, biasAxis: null, givesFloat: false };
const SQUASH: Role = {
  ...REVERSE,
  kind: 'arithmetic',
  outputRange: { min: -1, max: 1 },
};
const ROLES = new Map([
  ['dense', DENSE],
  ['reverse', REVERSE],
  ['squash', SQUASH],
]);

function plan(cleaned: ModelFile): ModelPlan {
  const { nodes } = read(cleaned.model.file);
  return {
    nodes: nodes.map(({ name, op, input, output }, index) => {
      const readers = nodes.flatMap((node, index) => (node.input === output ? [index] : []));
      const role = ROLES.get(op) ?? null;
      return {
        id: String(index),
        name,
        inputs: [input],
        outputs: [output],
        precisions: role === null ? [] : [{ weights: 'int8', activations: 'uint8', granularity: 'channel' }],
        refusals: role === null ? { static: `${op} has no kernel` } : {},
        role,
        product: null,
        clamp: op === 'relu' ? { min: 0, max: Number.POSITIVE_INFINITY } : null,
        onlyReader: readers.length === 1 ? (readers[0] ?? null) : null,
        mention: op === 'dense' ? 'always' : 'beside int8',
      };
    }),
  };
}

const writeLayout: Rewriter['write'] = (cleaned, layout, settings, target) => {
  const { ranges, biasCorrections, reduceRange } = settings;
  const tiny = read(cleaned.model.file);
  const folded = new Set(layout.layers.map(({ activation }) => activation));
  const origins = new Map<string, string>();
  const rounded = (input: string, output: string): TinyNode => {
    const root = layout.roots.get(output) ?? layout.roots.get(input) ?? '';
    const range = present(ranges.get(root), `range of ${root}`);
    return { name: `${output}/round`, op: 'round', input, output, affine: affineOf(range, 'uint8') };
  };
  const nodes = tiny.nodes.flatMap((node, index): TinyNode[] => {
    if (folded.has(index)) return [];
    const layer = layout.layers.find((one) => one.node === index);
    if (layer === undefined || layer.role.kind === 'same-scale') return [node];
    if (layer.role.kind === 'arithmetic') {
      const raw = `${node.output}/raw`;
      return [{ ...node, output: raw }, rounded(raw, node.output)];
    }
    const input = `${node.input}/8`;
    const before = rounded(node.input, input);
    const [outputs = 0, flat = []] = [node.weights?.[0]?.length, node.weights?.flat()];
    const groups = weightGroups([flat.length / outputs, outputs], 1);
    const stored = quantizeWeights(flat, groups, reduceRange ? 'int8 reduced' : 'int8', null);
    const correction = biasCorrections.get(layer.id);
    const dense: TinyNode = {
      ...node,
      input,
      weights: (node.weights ?? []).map((_, row) => [
        ...stored.values.subarray(row * outputs, (row + 1) * outputs),
      ]),
      scales: [...stored.scales],
      bias: (node.bias ?? []).map((value, c) => value + (correction?.[c] ?? 0)),
    };
    return layer.activation === null
      ? [before, dense]
      : [before, dense, rounded(layer.rawOutput, layer.output)];
  });
  nodes.forEach(({ name }, index) => {
    const origin = tiny.nodes.findIndex((node) => node.name === name);
    if (origin >= 0) origins.set(String(index), String(origin));
  });
  write(target, { ...tiny, nodes });
  return { origins, kept: new Map() };
};

const observing: Observing = {
  withRanges(cleaned, tensors, target) {
    const extra = tensors.flatMap((of) =>
      (['min', 'max'] as const).map((what) => ({ name: `${of}/${what}`, of, what })),
    );
    write(target, { ...read(cleaned.model.file), extra });
    return new Map(tensors.map((name) => [name, { min: `${name}/min`, max: `${name}/max` }]));
  },
  withChannelMeans(file, tensors, target) {
    const extra = tensors.map((of) => ({ name: `${of}/means`, of, what: 'means' as const }));
    write(target, { ...read(file.model.file), extra });
    return new Map(tensors.map((name) => [name, `${name}/means`]));
  },
  withMatchedMeans(file, tensors, target) {
    const tiny = read(file.model.file);
    const matches = new Map(
      tensors.map((name) => [name, { mean: `${name}/wanted`, shift: `${name}/shift` }]),
    );
    const nodes = tiny.nodes.flatMap((node): TinyNode[] => {
      const input = matches.has(node.input) ? `${node.input}/matched` : node.input;
      const match = matches.get(node.output);
      const output = `${node.output}/matched`;
      const own = { ...node, input };
      return match ? [own, { name: output, op: 'match', input: node.output, output, match }] : [own];
    });
    write(target, { ...tiny, nodes });
    return matches;
  },
  probe(target) {
    const weights = Array.from({ length: 8 }, (_, i) =>
      Array.from({ length: 8 }, (_, j) => ((i + j) % 5) / 5),
    );
    const bias = new Array<number>(8).fill(0);
    const nodes: TinyNode[] = [{ name: 'd', op: 'dense', input: 'x', output: 'y', weights, bias }];
    write(target, { input: { name: 'x', features: 8 }, output: 'y', nodes });
  },
};

const rewriter: Rewriter = {
  refusal: () => null,
  suggest: () => ({ recipe: 'int8', reason: 'dense layers' }),
  clean: async (source, target) => {
    source.write(target);
    return new Map(source.model.graph.nodes.map(({ id }) => [id, id]));
  },
  plan,
  write: writeLayout,
  observing,
};

export const tinyFormat: Format = {
  id: 'tiny',
  name: 'Tiny',
  extensions: ['.tiny'],
  layout: 'channels first',
  recognizes: () => false,
  open: openTiny,
  rewriter,
  profiling: null,
};
