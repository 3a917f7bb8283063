import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats';
import { type ModelProto, ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { mobilenetV1, mobilenetV2 } from '../models/mobilenet';
import { scratchFolder } from './support';

const folder = scratchFolder();

function totals(model: ModelProto) {
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, toBinary(ModelProtoSchema, model));
  return inspect(openModel(file), { dims: {}, shapes: {} }).totals;
}

/** Multiply-adds and parameters (in millions) as the papers state them. */
describe('published figures', () => {
  it.each([
    ['MobileNetV1 1.0/224', mobilenetV1, 569, 4.2],
    ['MobileNetV2 1.0/224', mobilenetV2, 300, 3.4],
  ])('%s', (_, build, millions, parameters) => {
    for (const options of [{}, { batchNorm: true, opset: 9 }]) {
      const found = totals(build({ seed: 1, ...options }));
      expect(Math.abs((found.macs ?? 0) / 1e6 / millions - 1)).toBeLessThan(0.01);
      expect(Math.abs(found.parameters / 1e6 / parameters - 1)).toBeLessThan(0.05);
    }
  });

  it('MobileNetV1 0.25/128 has 14 million', () => {
    expect((totals(mobilenetV1({ seed: 1, width: 0.25, size: 128 })).macs ?? 0) / 1e6).toBeCloseTo(14, 0);
  });
});
