import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import type { LayerReport, TensorReport } from '../../protocol/reports';
import { openModel } from '../index';

/** What TensorFlow's interpreter says of each model in ../shared/models, where they are. */
interface Expected {
  readonly ops: Record<string, number>;
  readonly operators: number;
  readonly inputs: [name: string, type: string, signature: number[]][];
  readonly outputs: [name: string, type: string, signature: number[]][];
  readonly signatures: string[];
  readonly tensors: Record<string, [name: string, type: string, shape: number[], scales: number]>;
}

const LIST = resolve('../shared/models/expected-tflite.json');
const expected: Record<string, Expected> = existsSync(LIST) ? JSON.parse(readFileSync(LIST, 'utf8')) : {};

/** Shapes that are computed in a run are not those that the file states for it. */
const COMPUTED: Record<string, number> = { 'ultraface_version-RFB-320_without_postprocessing.tflite': 13 };

it('the sample costs what it costs as ONNX', () => {
  const [tflite, onnx] = [SAMPLE_TFLITE, SAMPLE].map(
    (path) => inspect(openModel(path), { dims: {}, shapes: {} }).totals,
  );
  expect(tflite?.parameters).toBe(onnx?.parameters);
  expect(tflite?.parameterBytes).toBe(onnx?.parameterBytes);
  expect(tflite?.macs).toBe(onnx?.macs);
});

describe.each(Object.entries(expected))('%s (../shared/models)', (file, model) => {
  const path = resolve('../shared/models', file);
  const report = inspect(openModel(path), { dims: {}, shapes: {} });
  const tensors = report.tensors ?? [];

  it('has the operators that TensorFlow finds', () => {
    const ops = new Map<string, number>();
    for (const { op } of report.layers as LayerReport[]) ops.set(op, (ops.get(op) ?? 0) + 1);
    expect(Object.fromEntries(ops)).toEqual(model.ops);
    expect(report.totals.layers).toBe(model.operators);
  });

  it('has its inputs, outputs and signatures', () => {
    const described = (list: readonly TensorReport[]) =>
      list.map(({ name, type, declaredShape }) => [name, type, declaredShape?.map((one) => one ?? -1)]);
    expect(described(report.inputs)).toEqual(model.inputs);
    expect(described(report.outputs).map(([name, type]) => [name, type])).toEqual(
      model.outputs.map(([name, type]) => [name, type]),
    );
    expect((report.signatures ?? []).map(({ name }) => name)).toEqual(model.signatures);
  });

  it('has all its tensors by index', () => {
    expect(tensors).toHaveLength(Object.keys(model.tensors).length);
    const seen = new Map<string, number>();
    for (const [index, [name, type, shape, scales]] of Object.entries(model.tensors)) {
      const tensor = tensors[Number(index)];
      const twin = seen.has(name);
      seen.set(name, 1);
      expect(tensor?.name, `tensor ${index}`).toBe(twin ? `${name}#${index}` : name);
      expect(tensor?.type, name).toBe(type);
      expect(tensor?.statedShape, name).toEqual(shape);
      expect(tensor?.quantization?.scales ?? 0, name).toBe(scales);
    }
    expect(new Set(tensors.map(({ name }) => name)).size).toBe(tensors.length);
  });

  it('finds the shapes that are stated anew', () => {
    const others = tensors.filter(({ shape, statedShape }) => `${shape}` !== `${statedShape}`);
    expect(others).toHaveLength(COMPUTED[basename(file)] ?? 0);
    expect(tensors.every(({ shape }) => shape !== null && !shape.includes(null))).toBe(true);
  });
});
