import { resolve } from 'node:path';
import { ReadingModel } from '../../src/jobs/readingModel';
import type { TargetReport } from '../../src/protocol/targets';
import { THEMES } from '../../webview/report/themes';
import { makeOpened, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';
import { readAnswers } from './realModel';

/** The colour of what runs on a target in the dark theme. */
const GREEN = THEMES.dark['charts-green'] ?? '';
const sample = resolve('models/shapes_mobilenetv2.tflite');

test('says where layers run on the chosen target, why others do not, and what to change', async ({
  subject,
  page,
}) => {
  await subject.open('model', readAnswers(sample));
  await page.getByRole('tab', { name: 'Targets' }).click();
  const panel = page.locator('caliper-targets');
  await panel.getByRole('combobox', { name: 'Deployment target' }).selectOption('XNNPACK in LiteRT');
  await expect(panel.getByRole('status')).toHaveText(
    /^69 of 69 layers run on XNNPACK\. They are one part .* 0 switches/,
  );
  await expect(panel.getByRole('img')).toHaveAttribute('aria-label', '100.0 % of the MACs');
  await panel.getByRole('combobox', { name: 'Deployment target' }).selectOption('Edge TPU');
  await expect(panel.getByRole('status')).toHaveText(
    /^0 of 69 layers run on the Edge TPU; 69 layers run on the CPU\./,
  );
  await expect(panel.getByText('Quantize the whole model to int8, inputs and outputs too.')).toBeVisible();
  const elsewhere = panel.getByRole('list', { name: 'Layers elsewhere' }).getByRole('listitem');
  await expect(elsewhere).toHaveCount(61);
  await expect(elsewhere.first()).toContainText(/falls back: PAD .* is float32\./);
  await elsewhere.nth(1).getByRole('button').click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText('CONV_2D');
  expect(subject.asked('target')).toEqual([
    { target: 'mlkit' },
    { target: 'xnnpack' },
    { target: 'edgetpu' },
  ]);
});

test('shows whether it fits devices, what a server would change, and the documents', async ({
  subject,
  page,
}) => {
  await subject.open('model', readAnswers(sample));
  await page.getByRole('tab', { name: 'Targets' }).click();
  const panel = page.locator('caliper-targets');
  await panel.getByRole('combobox').selectOption('TensorFlow Lite Micro');
  await expect(panel.getByText(/of activations and .* that it keeps/)).toBeVisible();
  await expect(panel.getByRole('row', { name: /^esp32-s3 fits, .* left .* over$/ })).toBeVisible();
  await expect(panel.getByRole('row', { name: 'works without a network yes no' })).toBeVisible();
  await expect(panel.getByText(/Assumed: 10 Mbit\/s to the server/)).toBeVisible();
  await expect(panel.getByText(/commit 90b983c, 2026-08-20; looked at on/)).toBeVisible();
});

test('the device that the model is for is chosen where it is shown, and What next says that it is too small', async ({
  subject,
  page,
}) => {
  const model = new ReadingModel(sample);
  const adviceFacts = () => model.adviceFacts({ choice: { dims: {}, shapes: {} } });
  await subject.open('model', { ...readAnswers(sample), adviceFacts });
  await page.getByRole('tab', { name: 'Targets' }).click();
  const devices = page.getByRole('table', { name: 'Devices' });
  const chip = devices.getByRole('button', { name: 'esp32-s3', exact: true });
  await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'true');
  const finding = page.locator('[data-rule="too large for the device"]');
  await expect(finding).toContainText(/does not fit the ESP32-S3 .* it has 524 kB of RAM/);
  await page.getByRole('tab', { name: 'Map' }).click();
  await finding.getByRole('button', { name: 'Show what fits' }).click();
  await expect(devices).toBeVisible();
  await devices.getByRole('button', { name: 'raspberry-pi-5' }).click();
  await expect(finding).toHaveCount(0);
  await chip.click();
  await chip.click();
  await expect(finding).toHaveCount(0);
});

test('colours map and graph by where layers run', async ({ subject, page }) => {
  await subject.open('model', readAnswers(sample));
  const byTarget = page.getByRole('button', { name: 'By target' });
  await byTarget.click();
  await expect(byTarget).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('tab', { name: 'Targets' }).click();
  await page.locator('caliper-targets').getByRole('combobox').selectOption('XNNPACK in LiteRT');
  await page.getByRole('tab', { name: 'Map' }).click();
  const tile = page.locator('caliper-treemap button:not(.module)').first();
  await expect(tile).toHaveCSS('--tile', GREEN);
  await expect(page.getByRole('group', { name: 'Where layers run: XNNPACK in LiteRT' })).toContainText(
    'falls back',
  );
  await byTarget.click();
  await expect(tile).not.toHaveCSS('--tile', GREEN);
  await page.getByRole('button', { name: 'Graph', exact: true }).click();
  await page.getByRole('combobox', { name: 'Colour by' }).selectOption('target');
  await expect(page.locator('caliper-graph .legend')).toContainText('falls back');
  await page.locator('caliper-graph canvas').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('caliper-graph #spoken')).toContainText(/there/);
});

test('shows names of layers as text, an error in place of a report, and nothing without targets', async ({
  subject,
  page,
}) => {
  const rows = makeRows(3);
  const opened = { ...makeOpened(rows), targets: [{ id: 'gpu', name: 'GPU <b>' }] };
  const report: TargetReport = {
    ...{ version: 1, file: 'm', target: 'gpu', targetName: 'GPU <b>', rules: [], sources: [] },
    ...{ place: 'the GPU', otherwise: 'run on the CPU' },
    layers: [
      {
        id: '0',
        name: '<img src=x>',
        op: 'A',
        depth: 0,
        where: 'unknown',
        rule: 'r',
        reason: 'Nobody <i>says</i>.',
        macs: 1,
        knownMacs: 1,
      },
    ],
    summary: {
      there: 0,
      fallsBack: 0,
      unknown: 1,
      macs: 1,
      knownMacs: 1,
      macsThere: 0,
      share: 0,
      atLeast: true,
      partitions: 0,
      switches: 0,
    },
  };
  let broken = false;
  const answers = {
    ...modelAnswers(rows, opened),
    target: () => {
      if (broken) throw new Error('m.onnx cannot be read any more.');
      return report;
    },
    deployment: () => ({
      devices: [],
      server: {
        assumed: { uplink: 1, roundTrip: 1, faster: 1 },
        inputBytes: null,
        sendMs: null,
        deviceMs: null,
        serverMs: null,
        breakEvenMs: null,
      },
    }),
  };
  await subject.open('model', answers);
  await page.getByRole('tab', { name: 'Targets' }).click();
  const panel = page.locator('caliper-targets');
  await expect(panel.getByRole('status')).toHaveText(
    '0 of 1 layers run on the GPU; of 1 layer it is not known.',
  );
  await expect(panel.getByRole('img')).toHaveAttribute(
    'aria-label',
    'Which part of the MACs runs there is not known',
  );
  await expect(panel.getByRole('list', { name: 'Layers elsewhere' })).toContainText('Nobody <i>says</i>.');
  broken = true;
  await subject.send({ kind: 'changed' });
  await expect(panel.getByRole('alert')).toContainText('cannot be read any more');
});
