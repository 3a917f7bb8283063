import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHARED_TFLITE } from '../support';
import { indexOf, linked, parse } from './support';

const FLOAT = join(SHARED_TFLITE, 'mlperf_tiny_ic_resnet8_float.tflite');
const INT8 = join(SHARED_TFLITE, 'mlperf_tiny_ic_resnet8_int8.tflite');

/** Rows of the file by layer, read off the names that TensorFlow's converter gave them. */
const ROWS = {
  conv2d: 0,
  activation: 0,
  conv2d_1: 1,
  activation_1: 1,
  conv2d_2: 2,
  add: 3,
  activation_2: 3,
  conv2d_3: 4,
  activation_3: 4,
  conv2d_4: 5,
  conv2d_5: 6,
  add_1: 7,
  activation_4: 7,
  conv2d_6: 8,
  activation_5: 8,
  conv2d_7: 9,
  conv2d_8: 10,
  add_2: 11,
  activation_6: 11,
  average_pooling2d: 12,
  flatten: 13,
  dense: 14,
};

describe.skipIf(!existsSync(FLOAT))('ResNet8 of MLPerf Tiny', () => {
  it.each([FLOAT, INT8])('has its layers in %s', async (file) => {
    const source = readFileSync(resolve('test/unit/linking/resnet8.py'), 'utf8');
    const { layers } = linked((await parse(source))[0], indexOf(file));
    const rows: Record<string, number> = {};
    for (const [path, layer] of layers) {
      if (layer.state !== 'linked') continue;
      expect(layer.rows).toHaveLength(1);
      rows[path] = layer.rows[0]?.row ?? -1;
    }
    expect(rows).toEqual(ROWS);
    const folded = [...layers.values()].filter(({ state }) => state === 'folded');
    expect(folded).toHaveLength(7);
  });
});
