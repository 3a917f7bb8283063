import { describe, expect, it } from 'vitest';
import { realModels } from '../../../../test/unit/support';
import { textOf } from '../../../../test/unit/texts';
import { analyze } from '../../../analysis/inspect';
import { parseText } from '../../../onnxtxt/parser';
import { openModel } from '../..';
import type { OnnxFile } from '../file';
import { modelOfText } from '../format';

const CHOICE = { dims: {}, shapes: {} };

function ofText(text: string): OnnxFile {
  const { model, places } = parseText(text);
  expect(places.problems).toEqual([]);
  return modelOfText(model, 'model.onnxtxt', text.length);
}

describe('a model that a text states', () => {
  // Elided elements matter to few shapes; where they do, the figures are unknown and so at most the model's own.
  it.each(realModels())('costs what %s costs', (path) => {
    const file = openModel(path);
    const { rows, report } = analyze(file, CHOICE);
    const stated = analyze(ofText(textOf(file.text())), CHOICE);
    expect(stated.rows.map(({ name, op }) => `${name} ${op}`)).toEqual(
      rows.map(({ name, op }) => `${name} ${op}`),
    );
    expect(stated.report.totals.parameters).toBe(report.totals.parameters);
    expect(stated.report.totals.parameterBytes).toBe(report.totals.parameterBytes);
    for (const [index, { macs, outputs, parameters }] of stated.rows.entries()) {
      expect(parameters).toBe(rows[index]?.parameters);
      if (macs !== null && rows[index]?.macs !== null) expect(macs).toBe(rows[index]?.macs);
      expect(outputs.map(({ type }) => type)).toEqual(rows[index]?.outputs.map(({ type }) => type));
    }
    file.close();
  });

  it('has all of the figures of a plain convolutional network', () => {
    const [sample] = realModels();
    const file = openModel(sample ?? '');
    const { totals } = analyze(file, CHOICE).report;
    expect(analyze(ofText(textOf(file.text())), CHOICE).report.totals).toEqual(totals);
    file.close();
  });

  it('computes shapes with the constants that it lists, and enters functions', () => {
    const file = ofText(`
<ir_version: 9, opset_import: ["": 17, "local": 1]>
g (float[2,6] x) => (float[a,b] y)
<int64[2] shape = {3, -1}>
{
  t = Reshape(x, shape)
  y = local.twice <axes = [1]> (t)
}
<domain: "local", opset_import: ["": 17]>
twice <axes> (v) => (w)
{
  s = ReduceSum <keepdims: int = 1> (v)
  w = Add(v, s)
}`);
    const { rows } = analyze(file, CHOICE);
    expect(rows.map(({ op, depth, outputs }) => [op, depth, outputs[0]?.shape])).toEqual([
      ['Reshape', 0, [3, 4]],
      ['local.twice', 0, [3, 4]],
      ['ReduceSum', 1, [1, 1]],
      ['Add', 1, [3, 4]],
    ]);
  });
});
