import { expect, it } from 'vitest';
import { formats } from '../formats';
import { RECIPES } from '../protocol/recipes';
import { outputPath } from './outputPath';

it('are offered for formats that can be quantized, and for every such format', () => {
  const quantized = formats.filter(({ rewriter }) => rewriter !== null).map(({ id }) => id);
  expect(new Set(RECIPES.flatMap((recipe) => recipe.formats))).toEqual(new Set(quantized));
});

it.each([
  ['int8', '/m/a.b.int8.onnx'],
  ['int8-all', '/m/a.b.int8.onnx'],
  ['int8-dynamic', '/m/a.b.int8-dynamic.onnx'],
  ['float16', '/m/a.b.float16.onnx'],
  ['float32', '/m/a.b.float32.onnx'],
] as const)('%s names its file %s', (recipe, path) => {
  expect(outputPath('/m/a.b.onnx', recipe)).toBe(path);
});

it('name packages as they name files', () => {
  expect(outputPath('/m/A.mlpackage', 'palette-4')).toBe('/m/A.palette-4.mlpackage');
  expect(outputPath('/m/A.mlpackage/', 'sparse')).toBe('/m/A.sparse.mlpackage');
});
