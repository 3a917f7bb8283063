import { expect, it } from 'vitest';
import { variantsOf } from './variants';

it('finds models that are named after the same network', () => {
  const names = [
    'net.onnx',
    'net.int8.onnx',
    'net.tflite',
    'net.mlpackage',
    'net.py',
    'network.onnx',
    'net2.onnx',
    '.net.onnx',
  ];
  expect(variantsOf('net.onnx', names)).toEqual(['net.int8.onnx', 'net.mlpackage', 'net.tflite']);
  expect(variantsOf('net.int8.onnx', names)).toEqual(['net.mlpackage', 'net.onnx', 'net.tflite']);
  expect(variantsOf('network.onnx', names)).toEqual([]);
});
