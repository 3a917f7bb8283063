import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelFile } from '../../src/formats/format';
import { openModel } from '../../src/formats/index';
import { attribute, type RowRole } from '../../src/formats/tflite/profiling/attribution';
import { layersOf } from '../../src/formats/tflite/profiling/layers';
import type { TfliteModel } from '../../src/formats/tflite/reader';
import { itemAt } from '../../src/model/assert';
import { ProfileRows } from '../../src/runtime/litertNative/profileRows';
import { controlFlow } from './controlFlow';
import { recordedProfile } from './litertProfiles';
import { mixedWeights } from './mixedWeights';
import { SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from './support';
import { reopenTflite } from './tflite';

const folder = scratchFolder();

function attributed(file: ModelFile, recorded: string) {
  const collected = new ProfileRows();
  collected.add(recordedProfile(recorded));
  const { rows } = collected.profile();
  const layers = layersOf((file.model as TfliteModel).root, file.infer({ dims: {}, shapes: {} }).graph);
  const { owners, roles, fates } = attribute(layers, rows);
  const layerOf = (index: number) => itemAt(layers.all, index);
  return {
    rows,
    layers: layers.all,
    told: rows.map(({ op }, row) => {
      const owner = itemAt(owners, row);
      return [op, owner === null ? null : layerOf(owner).id, itemAt(roles, row)] as const;
    }),
    fates: [...fates].map(([index, fate]) => {
      const { id, op } = layerOf(index);
      return [id, op, typeof fate === 'number' ? layerOf(fate).id : fate] as const;
    }),
    count: (role: RowRole) => roles.filter((one) => one === role).length,
  };
}

describe('rows of a recorded profile of LiteRT', () => {
  it('belong to the operators of the sample, whose padding is in the convolutions', () => {
    const { told, fates, layers, count } = attributed(openModel(SAMPLE_TFLITE), 'sample');
    expect([count('own'), count('helper'), count(null)]).toEqual([64, 1, 0]);
    const ops = new Map(layers.map(({ id, op }) => [id, op]));
    for (const [row, id] of told) {
      const op = ops.get(id ?? '') ?? '';
      if (row.endsWith('DWConv')) expect(op).toBe('DEPTHWISE_CONV_2D');
      else if (row.endsWith('IGEMM')) expect(op).toBe('CONV_2D');
      else if (row.startsWith('Add')) expect(op).toBe('ADD');
    }
    // Each in the convolution right behind it.
    for (const [id, op, fate] of fates) expect([op, fate]).toEqual(['PAD', String(Number(id) + 1)]);
    expect(fates).toHaveLength(5);
  });

  it('that quantize activations, take reshapes or clamp belong to the operators that need it', () => {
    const { told, fates } = attributed(reopenTflite(mixedWeights(), folder), 'mixed_weights');
    expect(told.map(([row, id, role]) => `${row.replace(/ \(.*/, '')} ${id} ${role}`)).toEqual([
      'Static Reshape 0 helper',
      'Fully Connected 0 own',
      'Abs 1 own',
      'Static Reshape 2 helper',
      'Fully Connected 2 own',
      'Add 3 own',
      'Clamp 3 helper',
      'Static Reshape 5 helper',
      'Fully Connected 5 own',
      'Static Reshape 6 own',
      'Convert 7 helper',
      'Convolution 7 own',
      'Resize Bilinear 9 own',
      'Max Pooling 10 own',
      'Softmax 11 own',
      'HardSwish 12 own',
    ]);
    expect(fates).toEqual([
      ['4', 'DEQUANTIZE', 'a constant'],
      ['8', 'RELU', '7'],
    ]);
  });

  it('belong to nodes of bodies where a node calls a graph, with their own time alone', () => {
    const { rows, told, fates } = attributed(reopenTflite(controlFlow(), folder), 'control_flow');
    expect(told).toEqual([
      ['TanH (NC)', '0', 'own'],
      ['WHILE', '1', 'pinned'],
      ['LESS', '1/cond/0', 'pinned'],
      ['Sigmoid (NC)', '1/body/0', 'own'],
      ['ADD', '1/body/1', 'pinned'],
      ['FLOOR_MOD', '1/body/2', 'pinned'],
      ['TanH (NC)', '1/body/3', 'own'],
      ['LESS', '2', 'pinned'],
      ['IF', '3', 'pinned'],
      ['Exp (NC)', '3/then/0', 'own'],
    ]);
    expect(fates).toEqual([['3/else/0', 'ABS', 'nothing: it did not run']]);
    expect(rows.map(({ runs }) => itemAt(runs, 0).calls)).toEqual([1, 1, 6, 5, 5, 5, 5, 1, 1, 1]);
  });

  it('of a graph that one node calls twice belong to that node', () => {
    const made = controlFlow();
    const file = reopenTflite(
      {
        ...made,
        subgraphs: (made.subgraphs ?? []).map((graph, at) =>
          at > 0
            ? graph
            : {
                ...graph,
                operators: (graph.operators ?? []).map((operator, index) =>
                  index === 3
                    ? {
                        ...operator,
                        builtinOptions: {
                          table: 'IfOptions',
                          value: { thenSubgraphIndex: 3, elseSubgraphIndex: 3 },
                        },
                      }
                    : operator,
                ),
              },
        ),
      },
      folder,
    );
    const { told, fates } = attributed(file, 'control_flow');
    expect(told.at(-1)).toEqual(['Exp (NC)', '3', 'helper']);
    expect(fates).toEqual([
      ['3/then/0', 'EXP', '3'],
      ['3/else/0', 'EXP', '3'],
    ]);
  });

  it('belong to nobody where the engine speaks of another file', () => {
    const { told } = attributed(openModel(SAMPLE_TFLITE), 'control_flow');
    expect(told.filter(([op]) => op === 'WHILE' || op === 'IF' || op === 'LESS')).toEqual([
      ['WHILE', null, null],
      ['LESS', null, null],
      ['LESS', null, null],
      ['IF', null, null],
    ]);
  });
});

const ULTRAFACE = join(SHARED_TFLITE, 'ultraface_version-RFB-320_without_postprocessing.tflite');
const DTLN = join(SHARED_TFLITE, 'dtln_model_1.tflite');
const KV_CACHE = join(SHARED_TFLITE, 'aieq_toy_model_with_kv_cache_multi_signature.tflite');

describe.skipIf(!existsSync(ULTRAFACE))('rows of the models in ../shared/models', () => {
  it('are aligned between those that name their operators, where some of equal operators are absorbed', () => {
    const { told, fates, count } = attributed(openModel(ULTRAFACE), 'ultraface');
    expect([count('pinned'), count('own'), count('helper'), count(null)]).toEqual([34, 66, 1, 0]);
    const pads = told.filter(([op]) => op.startsWith('Constant Pad')).map(([, id]) => id);
    // What pads for several readers, or for one behind an operator of TensorFlow Lite's own, does it itself.
    expect(pads).toEqual(['21', '23', '30', '46', '55', '61']);
    expect(fates.every(([, op]) => op === 'PAD')).toBe(true);
    // It pads for a convolution that comes two operators later.
    expect(fates.find(([id]) => id === '27')).toEqual(['27', 'PAD', '29']);
  });

  it('are aligned in an unrolled recurrent network, with equal operators side by side', () => {
    const { told, fates, count } = attributed(openModel(DTLN), 'dtln');
    expect([count('pinned'), count('own'), count('helper'), count(null)]).toEqual([11, 32, 5, 0]);
    expect(fates).toEqual([]);
    const own = told.filter(([, , role]) => role === 'own').map(([, id]) => Number(id));
    expect(own).toEqual([...new Set(own)].sort((a, b) => a - b));
  });

  it('say that squares are in the sums that normalizing takes of them', () => {
    const { fates, count } = attributed(openModel(KV_CACHE), 'kv_cache');
    expect(count(null)).toBe(0);
    expect(fates).toEqual([
      ['6', 'MUL', '7'],
      ['67', 'MUL', '68'],
      ['89', 'MUL', '90'],
    ]);
  });
});
