import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clone, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type Model,
  ModelSchema,
  type NeuralNetworkLayer,
  NeuralNetworkLayerSchema,
  type Operation,
  OperationSchema,
} from '../../../src/formats/coreml/coreml_pb';
import { encode, immediate, MIL, type ModelInit, operation, program } from '../coreml';
import { mutate } from '../mutate';
import { damageMessage, oddMessage } from './message';
import { below, ODD_NAMES, pick, type Random } from './odd';

const TRIALS = path.resolve(import.meta.dirname, '../../trials');
const PACKAGES = ['enumerated_shapes', 'lut4', 'u8'].map((name) =>
  path.join(TRIALS, 'coreml', `${name}.mlpackage`),
);
const SPECIFICATION = 'Data/com.apple.CoreML/model.mlmodel';
const WEIGHTS = 'Data/com.apple.CoreML/weights/weight.bin';

/** Operations and parameters of ML Programs. */
const OPERATIONS = (
  'conv conv_transpose linear matmul einsum lstm gru rnn add mul relu softmax concat stack split transpose reshape ' +
  'squeeze expand_dims slice_by_index slice_by_size pad tile gather gather_nd scatter reduce_mean reduce_sum max_pool ' +
  'avg_pool l2_pool upsample_nearest_neighbor resize_bilinear batch_norm layer_norm instance_norm const cond ' +
  'while_loop list_read list_write list_scatter list_gather make_list shape fill topk band_part cumsum one_hot ' +
  'pixel_shuffle depth_to_space space_to_depth crop cast select identity argsort non_zero read_state ' +
  'scaled_dot_product_attention constexpr_lut_to_dense constexpr_affine_dequantize constexpr_sparse_to_dense ' +
  'constexpr_blockwise_shift_scale constexpr_cast custom'
).split(' ');
const PARAMETERS = (
  'x y weight bias kernel_sizes strides pad pad_type dilations groups axes axis perm shape begin end size indices ' +
  'values ls value gamma beta mean variance epsilon transpose_x transpose_y equation num_splits split_sizes interleave ' +
  'begin_mask end_mask squeeze_mask stride reps data scale offset lut quantized_data nonzero_data mask zero_point val ' +
  'keep_dims weight_ih weight_hh hidden_size direction cond pred loop_vars _cond _body query key'
).split(' ');
const words = [...OPERATIONS, ...PARAMETERS];

const array = (name: string, shape: readonly number[]) => ({
  name,
  type: { type: { case: 'multiArrayType' as const, value: { shape: shape.map(BigInt), dataType: 65_568 } } },
});
const description = { input: [array('x', [3, 8, 8])], output: [{ name: 'y' }] };
const one = (content: Partial<ModelInit>) =>
  fromBinary(ModelSchema, encode({ specificationVersion: 4, description, ...content } as ModelInit));
const weights = (count: number) => ({ floatValue: [new Uint8Array(count * 4)] });

/** Models of one file: networks, a pipeline of them, programs, classical ones. */
const models: readonly Model[] = [
  ...['mlmodel-1360', 'mlmodel-1002990'].map((name) => read(path.join(TRIALS, 'hostile', `${name}.mlmodel`))),
  one({
    neuralNetworkClassifier: {
      layers: [
        {
          name: 'conv',
          input: ['x'],
          output: ['t'],
          layer: {
            case: 'convolution',
            value: { outputChannels: 4n, kernelChannels: 3n, kernelSize: [3n, 3n], weights: weights(108) },
          },
        },
        {
          name: 'pool',
          input: ['t'],
          output: ['y'],
          layer: { case: 'pooling', value: { globalPooling: true } },
        },
      ],
    },
  }),
  one({ glmRegressor: Uint8Array.from([10, 10, 10, 8, 0, 0, 0, 0, 0, 0, 0, 0]) }),
  one(
    program(
      [
        operation('const', {}, [['c', MIL.int32, [2]]], { val: immediate(MIL.int32, [2], [1, 8]) }),
        operation('reshape', { x: 'x', shape: 'c' }, [['r', MIL.float32, [1, null]]]),
        operation('cond', { pred: 'r' }, [['y', MIL.float32, [1, 8]]], {}, [
          { operations: [operation('relu', { x: 'r' }, [['z', MIL.float32, [1, 8]]])], outputs: ['z'] },
          { outputs: ['r'] },
        ]),
      ],
      [['x', [8]]],
      ['y'],
      description,
    ),
  ),
];
const pipeline = one({ pipeline: { models: models.slice(1, 4), names: ['a', 'b', 'a'] } });
const specifications = PACKAGES.map((folder) => read(path.join(folder, SPECIFICATION)));
const contents = PACKAGES.map((folder) =>
  [SPECIFICATION, WEIGHTS, 'Manifest.json'].map(
    (name) => [name, readFileSync(path.join(folder, name))] as const,
  ),
);

function read(file: string): Model {
  return fromBinary(ModelSchema, readFileSync(file));
}

/** A damaged model in one file. */
export function writeMlmodel(random: Random, folder: string): string {
  const file = path.join(folder, 'damaged.mlmodel');
  const model = clone(ModelSchema, random() < 0.1 ? pipeline : pick(random, models));
  writeFileSync(file, damaged(model, random));
  return file;
}

/** A damaged package: its specification, its weights, its manifest, and links that lead out of it. */
export function writeMlpackage(random: Random, folder: string): string {
  const target = path.join(folder, 'damaged.mlpackage');
  const index = below(random, PACKAGES.length);
  const [files, model] = [contents[index], specifications[index]];
  if (files === undefined || model === undefined) throw new Error('There is no such package.');
  const file = (name: string) => path.join(target, name);
  mkdirSync(path.dirname(file(WEIGHTS)), { recursive: true });
  for (const [name, content] of files) writeFileSync(file(name), content);
  if (random() < 0.85) writeFileSync(file(SPECIFICATION), damaged(clone(ModelSchema, model), random));
  if (random() < 0.2) damageBytes(file(WEIGHTS), random);
  if (random() < 0.1) damageBytes(file('Manifest.json'), random);
  if (random() < 0.1) renameInManifest(file('Manifest.json'), random);
  if (random() < 0.1) makeLink(file(pick(random, [SPECIFICATION, WEIGHTS, 'Manifest.json'])), random);
  return random() < 0.5 ? target : file('Manifest.json');
}

function damaged(model: Model, random: Random): Uint8Array {
  addLayers(model, random);
  damageMessage(ModelSchema, model, random, words, below(random, 6));
  const bytes = toBinary(ModelSchema, model);
  return random() < 0.2 ? mutate(Buffer.from(bytes), random, (length) => below(random, length)) : bytes;
}

/** Layers and operations of any type, behind or between those that are there. */
function addLayers({ neuralNetwork, neuralNetworkClassifier, mlProgram }: Model, random: Random): void {
  const network = neuralNetwork ?? neuralNetworkClassifier;
  for (let count = below(random, 3); network && count > 0; count--) {
    const layer = oddMessage(NeuralNetworkLayerSchema, random, words) as NeuralNetworkLayer;
    const types = NeuralNetworkLayerSchema.fields.filter(({ oneof }) => oneof !== undefined);
    const type = pick(random, types);
    if (type.message)
      layer.layer = { case: type.localName, value: oddMessage(type.message, random, words) } as never;
    layer.input = ['x', 't'].slice(below(random, 2));
    layer.output = [pick(random, ['y', 't', 'u'])];
    network.layers.splice(below(random, network.layers.length + 1), 0, layer);
  }
  const block = mlProgram?.functions[0]?.value?.blockSpecializations[0]?.value;
  for (let count = below(random, 3); block && count > 0; count--) {
    const added = oddMessage(OperationSchema, random, words) as Operation;
    added.type = pick(random, OPERATIONS);
    block.operations.splice(below(random, block.operations.length + 1), 0, added);
  }
}

function damageBytes(file: string, random: Random): void {
  writeFileSync(
    file,
    mutate(readFileSync(file), random, (length) => below(random, length)),
  );
}

function renameInManifest(file: string, random: Random): void {
  const name = JSON.stringify(pick(random, ODD_NAMES)).slice(1, -1);
  const text = readFileSync(file, 'utf8');
  const old = pick(random, [
    'com.apple.CoreML/model.mlmodel',
    'rootModelIdentifier',
    'path',
    'itemInfoEntries',
  ]);
  writeFileSync(
    file,
    text.replace(old, () => name),
  );
}

function makeLink(file: string, random: Random): void {
  rmSync(file);
  symlinkSync(
    pick(random, ['/etc/passwd', '/dev/zero', path.basename(file), '..', '/nowhere', 'model.mlmodel']),
    file,
  );
}
