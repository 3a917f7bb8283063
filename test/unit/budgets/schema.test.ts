import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseBudgets } from '../../../src/budgets/config';
import { LIMIT_FIELDS } from '../../../src/budgets/fields';
import { FIGURES } from '../../../src/budgets/figures';
import { PRECISIONS } from '../../../src/budgets/precision';
import { PRESETS } from '../../../src/protocol/options';
import { targets } from '../../../src/targets/targets';

/** What the editor completes and marks is what the program understands. */
const schema = JSON.parse(readFileSync('media/caliper.schema.json', 'utf8'));
const budget = schema.properties.budgets.items.properties;
const valid = new Ajv({ strict: false }).compile(schema);

const understood = (text: string) => {
  try {
    parseBudgets('/caliper.json', text);
    return true;
  } catch {
    return false;
  }
};

describe('the schema of caliper.json', () => {
  it('has the fields that are read, each with its explanation', () => {
    expect(Object.keys(budget).sort()).toEqual(
      ['name', 'models', 'dims', 'shapes', ...Object.keys(LIMIT_FIELDS)].sort(),
    );
    expect(Object.keys(budget.precision.properties)).toEqual([...PRECISIONS]);
    expect(Object.keys(budget.maxGrowth.properties)).toEqual(Object.keys(FIGURES));
    const ids = targets.map(({ id }) => id);
    const [one, list, shares] = budget.targets.anyOf;
    expect([one.enum, list.items.enum, Object.keys(shares.properties)]).toEqual([ids, ids, ids]);
    expect(budget.accuracy.properties.preset.enum).toEqual([...PRESETS]);
    for (const [name, { markdownDescription }] of Object.entries<Record<string, string>>(budget))
      expect(markdownDescription, name).toMatch(/^[A-Z].*[.`]$/s);
  });

  it.each([
    '"fileSize": "2 MB"',
    '"fileSize": 2000',
    '"fileSize": "2 Mb"',
    '"fileSize": -1',
    '"macs": "300 M"',
    '"macs": "300 MB"',
    '"weightBytes": "1 kB"',
    '"weightBytes": { "float32": 0 }',
    '"weightBytes": { "float32": "no" }',
    '"operators": { "forbidden": "Conv" }',
    '"operators": { "forbidden": [] }',
    '"precision": { "int8": "95 %" }',
    '"precision": { "int8": 95 }',
    '"opset": 17',
    '"opset": { "min": 13, "max": 17 }',
    '"opset": {}',
    '"maxGrowth": "2 %"',
    '"maxGrowth": { "macs": "2 %" }',
    '"maxGrowth": { "opset": "2 %" }',
    '"latency": { "reference": "a.onnx", "max": "1.1×" }',
    '"latency": { "device": "adb", "maxMs": "12 ms" }',
    '"accuracy": { "reference": "a.onnx", "data": "photos", "top1": "70 %" }',
    '"accuracy": { "reference": "a.onnx", "top1": "70 %" }',
    '"targets": ["mlkit"]',
    '"targets": "xnnpack"',
    '"targets": { "xnnpack": "95 %" }',
    '"targets": ["moon"]',
    '"targets": { "moon": 1 }',
    '"filesize": 1',
  ])('takes %s where the program does', (fields) => {
    const text = `{ "budgets": [{ "models": "*.onnx", ${fields} }] }`;
    expect(valid(JSON.parse(text))).toBe(understood(text));
  });
});
