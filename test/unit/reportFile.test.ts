import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareFiles } from '../../src/analysis/difference/fileDifferences';
import { readMeasured } from '../../src/cli/report/measuredFile';
import { comparisonData, modelData } from '../../src/cli/report/reportData';
import { reportHtml } from '../../src/cli/report/reportHtml';
import { SAMPLE, SAMPLE_TFLITE } from './places';
import { scratchFolder } from './support';

const folder = scratchFolder();
const SIZES = { dims: {}, shapes: {} };
const icons = { css: '', font: '' };

describe('a report as a file', () => {
  const data = modelData(SAMPLE, SIZES, null);
  const html = reportHtml({
    title: '"><script>',
    script: 'let a = 1;\n//# sourceMappingURL=a.map\n',
    data,
    icons,
  });

  it('lets its own script run alone, and asks no address', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update('let a = 1;\n').digest('base64');
    expect(policy).toContain(`default-src 'none'; script-src 'sha256-${hash}';`);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(html).not.toContain('sourceMappingURL');
    expect(html.match(/<script/g)).toHaveLength(2);
  });

  it('holds all rows and details, and no path of the computer that made it', () => {
    const payload = /id="caliper-report">([A-Za-z0-9+/=]*)</.exec(html)?.[1] ?? '';
    const text = gunzipSync(Buffer.from(payload, 'base64')).toString();
    expect(JSON.parse(text).data.rows).toHaveLength(data.opened.rows);
    expect(JSON.parse(text).data.details).toHaveLength(data.opened.rows);
    expect(text).not.toContain(process.cwd());
  });

  it('refuses a script that could not stand in HTML', () => {
    for (const script of ['"</script>"', '"<!--"'])
      expect(() => reportHtml({ title: '', script, data, icons })).toThrow(/cannot stand/);
  });

  it('names models of a comparison without their folders', () => {
    const comparison = compareFiles({ before: SAMPLE, after: SAMPLE_TFLITE, choice: SIZES });
    const text = JSON.stringify(comparisonData([comparison]));
    expect(text).toContain('shapes_mobilenetv2.tflite');
    expect(text).not.toContain(process.cwd());
  });

  it('gives more than two models a column each, and tells those apart that are called alike', () => {
    const [one, other] = ['one', 'other'].map((name) => join(folder, name, 'model.onnx')) as [string, string];
    for (const copy of [one, other]) {
      mkdirSync(dirname(copy));
      copyFileSync(SAMPLE, copy);
    }
    const compared = (after: string) => compareFiles({ before: SAMPLE, after, choice: SIZES });
    const data = comparisonData([compared(one), compared(other)]);
    if (data.page !== 'board') throw new Error('no board');
    expect(data.board.models.map(({ name }) => name)).toEqual([
      'shapes_mobilenetv2.onnx',
      'one/model.onnx',
      'other/model.onnx',
    ]);
    expect(data.comparisons.map(({ afterName }) => afterName)).toEqual(['model.onnx', 'model.onnx']);
    expect(JSON.stringify(data)).not.toContain(folder);
  });
});

describe('measurements to show', () => {
  const write = (content: string) => {
    const file = join(folder, 'measured.json');
    writeFileSync(file, content);
    return file;
  };

  it('are a comparison or a profile', () => {
    const comparison = compareFiles({ before: SAMPLE, after: SAMPLE_TFLITE, choice: SIZES });
    expect(readMeasured(write(JSON.stringify(comparison))).kind).toBe('comparison');
    const { version } = comparison;
    const profile = { version, file: 'm.onnx', engine: '', layers: [], added: [], latencyMs: {} };
    expect(readMeasured(write(JSON.stringify(profile))).kind).toBe('profile');
    for (const other of [
      { ...profile, version: version + 1 },
      { ...profile, version: version - 1 },
    ])
      expect(() => readMeasured(write(JSON.stringify(other)))).toThrow(/measure again/);
  });

  it.each([
    ['{', /no JSON/],
    ['null', /no measurements/],
    ['{"version":1,"layers":{}}', /no measurements/],
    ['[1]', /no measurements/],
  ])('are not %s', (content, message) => {
    expect(() => readMeasured(write(content))).toThrow(message);
  });
});
