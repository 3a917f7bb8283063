import { expect, it } from 'vitest';
import { byName, bySiblings } from './siblings';

const models = (...paths: string[]) => paths.map((path) => ({ path }));
const paths = (placed: readonly { path: string }[]) => placed.map(({ path }) => path);

it('offers variants of a model first, then what lies beside it', () => {
  const all = models(
    '/b/net.onnx',
    '/a/zoo.onnx',
    '/a/net.int8.onnx',
    '/a/net.tflite',
    '/a/network.onnx',
    '/a/net.cleaned.onnx',
  );
  const { siblings, rest } = bySiblings(all, '/a/net.onnx');
  expect(paths(siblings)).toEqual([
    '/a/net.cleaned.onnx',
    '/a/net.int8.onnx',
    '/a/net.tflite',
    '/a/network.onnx',
    '/a/zoo.onnx',
  ]);
  expect(paths(rest)).toEqual(['/b/net.onnx']);
});

it('finds what a variant was made of', () => {
  const { siblings } = bySiblings(models('/a/aaa.onnx', '/a/net.onnx'), '/a/net.int8.onnx');
  expect(paths(siblings)).toEqual(['/a/net.onnx', '/a/aaa.onnx']);
});

it('counts as people do', () => {
  expect(paths(byName(models('/a/net10.onnx', '/a/net2.onnx')))).toEqual(['/a/net2.onnx', '/a/net10.onnx']);
});
