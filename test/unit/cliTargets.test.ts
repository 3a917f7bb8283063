import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/inspect';
import { describe as printed } from '../../src/cli/targets';
import { openModel } from '../../src/formats';
import type { TargetsReport } from '../../src/protocol/targets';
import { deviceProfiles } from '../../src/targets/devices/profiles';
import { ASSUMED } from '../../src/targets/devices/server';
import { overview } from '../../src/targets/overview';
import { targetOf, targetsFor } from '../../src/targets/targets';
import { BuiltCli } from './builtCli';
import { SAMPLE, SAMPLE_TFLITE, SHARED_TFLITE } from './support';

const TERMINAL = 80;
const cli = new BuiltCli();

function reportOf(path: string, ...ids: string[]): TargetsReport {
  const file = openModel(path);
  return overview(file, analyze(file, { dims: {}, shapes: {} }), {
    targets: ids.length > 0 ? ids.map(targetOf) : targetsFor(file),
    devices: deviceProfiles,
    server: ASSUMED,
    runMs: null,
  });
}

/** Lines of tables, which must fit; sentences may be longer, and the terminal breaks them. */
const tableLines = (text: string) =>
  text.split('\n').filter((line) => /\S {2,}\S/.test(line) || line.includes('──'));

describe('caliper targets in a terminal of 80 columns', () => {
  it.each([
    [SAMPLE_TFLITE, []],
    [SAMPLE, []],
    [SAMPLE_TFLITE, ['edgetpu']],
    [SAMPLE, ['nnapi-ep', 'webnn']],
  ] as const)('fits for %s %j', (path, ids) => {
    const text = [...printed(reportOf(path, ...ids), ids.length > 0, TERMINAL)].join('');
    const wide = tableLines(text).filter((line) => line.length > TERMINAL);
    expect(wide).toEqual([]);
    expect(text).toContain('works without a network  yes            no');
  });

  it('shows each target in a line, and says that NNAPI is deprecated', () => {
    const text = [...printed(reportOf(SAMPLE_TFLITE), false, TERMINAL)].join('');
    expect(text).toMatch(/^xnnpack .* 69 of 69 +100\.0 % +0 +0$/m);
    expect(text).toContain('nnapi: NNAPI is deprecated since Android 15.');
  });

  it.skipIf(!existsSync(join(SHARED_TFLITE, 'mlperf_tiny_vww_96_int8.tflite')))(
    'shows layers with their rule and reason',
    () => {
      const path = join(SHARED_TFLITE, 'mlperf_tiny_vww_96_int8.tflite');
      const text = [...printed(reportOf(path, 'xnnpack'), true, null)].join('');
      expect(text).toMatch(/AVERAGE_POOL_2D +falls back +float +Its input is int8\./);
      expect(text).toContain('Keep this operator in float32. (2 × AVERAGE_POOL_2D, SOFTMAX)');
      expect(text).toMatch(/From LiteRT: tflite\/delegates\/xnnpack.*looked at on 2026-11-26/);
    },
  );
});

describe('caliper targets', () => {
  it('prints the same as JSON', async () => {
    const { status, stdout } = await cli.start([
      'targets',
      SAMPLE_TFLITE,
      '--target',
      'gpu',
      '--device',
      'stm32h743',
      '--run',
      '20',
      '--json',
    ]).ended;
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as TargetsReport;
    expect(report.targets.map(({ target }) => target)).toEqual(['gpu']);
    expect(report.targets[0]?.layers).toHaveLength(69);
    expect(report.devices.map((fit) => fit.device)).toEqual(['stm32h743']);
    expect(report.server.deviceMs).toBe(20);
  });

  it.each([
    [['targets', SAMPLE, '--target', 'nowhere'], /no deployment target 'nowhere'/],
    [['targets', SAMPLE, '--device', 'toaster'], /no device profile 'toaster'/],
    [['targets', SAMPLE, '--run', '-1'], /number above 0/],
  ])('answers %j as wrong usage', async (args, message) => {
    const { status, stderr } = await cli.start(args).ended;
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
