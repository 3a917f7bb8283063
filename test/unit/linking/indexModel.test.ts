import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/inspect';
import { StringStringEntryProtoSchema } from '../../../src/formats/onnx/onnx_pb';
import { makeNode } from '../../../src/formats/onnx/writing/make';
import { indexModel } from '../../../src/python/linking/indexModel';
import { makeModel, reopen, SAMPLE_TFLITE, scratchFolder } from '../support';
import { indexOf } from './support';

const folder = scratchFolder();
const FLOAT = 1;

const tensor = (name: string, ...dims: number[]) => ({
  name,
  dims: dims.map(BigInt),
  dataType: FLOAT,
  rawData: new Uint8Array(4 * dims.reduce((product, size) => product * size, 1)),
});

describe('the index of a model', () => {
  it('has the modules that PyTorch notes of its nodes, as torch.onnx 2.15 writes them', () => {
    const conv = makeNode('Conv', ['x', 'val_1'], ['conv2d'], {}, { name: 'node_conv2d' });
    conv.metadataProps = [
      create(StringStringEntryProtoSchema, {
        key: 'pkg.torch.onnx.name_scopes',
        value: "['', 'body', 'body.0', 'conv2d']",
      }),
    ];
    const model = makeModel({
      node: [conv, makeNode('Relu', ['conv2d'], ['y'], {}, { name: 'node_relu' })],
      initializer: [tensor('val_1', 4, 3, 3, 3)],
    });
    const file = reopen(model, folder);
    const { rows } = indexModel(file.format, analyze(file, { dims: {}, shapes: {} }));
    expect(rows.map(({ name, paths }) => [name, paths])).toEqual([['node_conv2d', ['body.0']]]);
    file.close();
  });

  it('keeps no node that has neither weights nor a module', () => {
    const model = makeModel({ node: [makeNode('Relu', ['x'], ['y'], {}, { name: 'Relu_1' })] });
    const file = reopen(model, folder);
    expect(indexModel(file.format, analyze(file, { dims: {}, shapes: {} })).rows).toEqual([]);
    file.close();
  });

  it("has the names of Keras's layers that TensorFlow's converter joined", () => {
    const { rows } = indexOf(SAMPLE_TFLITE);
    const row = rows.find(({ op }) => op === 'CONV_2D');
    expect(row?.paths).toContain('functional_1.conv2d_1.BiasAdd');
    expect(row?.paths).toContain('functional_1.re_lu_1.Relu6');
    expect(row?.weights.map(({ shape }) => shape)).toContainEqual([16, 3, 3, 3]);
  });
});
