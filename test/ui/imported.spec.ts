import type { ImportedProfile } from '../../src/protocol/imported';
import type { LayerRow } from '../../src/protocol/page';
import { makeOpened, makeProfile, makeRows, modelAnswers } from './fixtures';
import { expect, Refused, test } from './harness';

/** Convolutions are twice as slow there; clips are in them; of the last layer nothing is known. */
function makeImported(
  rows: readonly LayerRow[],
  name: string,
  source = '/home/me/pixel8.txt',
): ImportedProfile {
  const last = rows.length - 1;
  return {
    version: 1,
    file: '/models/mobilenetv2.onnx',
    source,
    tool: 'benchmark_model',
    device: { kind: 'imported', name },
    engine: 'TensorFlow Lite with XNNPACK',
    threads: 4,
    runs: 64,
    latencyMs: { statistic: 'average', value: 15.5, min: 14.7, max: 17.6, ci95: null },
    rowStatistic: 'average',
    layers: rows.map(({ id, name: layer, op }, index) => ({
      id,
      name: layer,
      op,
      ms: op === 'Clip' || index === last ? null : 0.5,
      share: op === 'Clip' || index === last ? null : 0.01,
      ...(op === 'Clip' ? { fusedInto: 'TfLiteGpuDelegateV2' } : {}),
    })),
    others: [
      { name: 'Delegate/Copy (NC, X32):3', op: 'Copy (NC, X32)', ms: 0.2, share: 0.01, kind: 'unattributed' },
      { name: 'AllocateTensors/0', op: 'AllocateTensors', ms: null, share: null, kind: 'engine' },
    ],
    unattributed: 1,
    notes: ['1 of 12 rows may be layers of the model, but the file does not say which.'],
  };
}

function column(page: import('@playwright/test').Page, name: string) {
  return page.getByRole('columnheader', { name, exact: true });
}

test('stands beside this computer’s latency as a column', async ({ subject, page }) => {
  await page.setViewportSize({ width: 1500, height: 900 });
  const rows = makeRows(12);
  const opened = {
    ...makeOpened(rows),
    profile: makeProfile(rows),
    imported: [makeImported(rows, 'Pixel 8')],
  };
  await subject.open('model', modelAnswers(rows, opened));
  await expect(column(page, 'Latency')).toBeVisible();
  await expect(column(page, 'Latency, Pixel 8')).toBeVisible();
  const cells = page.locator('caliper-layers .row').first().getByRole('gridcell');
  const index = await page.getByRole('columnheader').allTextContents();
  const at = index.findIndex((text) => text.includes('Pixel 8'));
  await expect(cells.nth(at)).toHaveText('0.500 ms');
  await expect(cells.nth(at)).toHaveAttribute('title', /0\.5000 ms on Pixel 8/);
  const section = page.getByRole('region', { name: 'Measured on Pixel 8' });
  await expect(section).toContainText('15.5 ms average, 14.7 ms to 17.6 ms');
  await expect(section).toContainText(
    'benchmark_model with TensorFlow Lite with XNNPACK, 64 runs, 4 threads',
  );
  await expect(section).toContainText('the file does not say which');
  await section.getByText('1 not attributed to a layer, 1 added by the engine').click();
  await expect(section.getByText('Delegate/Copy (NC, X32):3')).toBeVisible();
  // Devices are never divided by each other.
  await expect(page.getByText(/faster|slower|×\s*$/)).toHaveCount(0);
});

test('says unknown where the file says nothing, and what became of layers without a row', async ({
  subject,
  page,
}) => {
  const rows = makeRows(12);
  await subject.open(
    'model',
    modelAnswers(rows, { ...makeOpened(rows), imported: [makeImported(rows, 'Pixel 8')] }),
  );
  const header = column(page, 'Latency, Pixel 8');
  await expect(header).toBeVisible();
  const clip = page.locator('caliper-layers .row').nth(rows.findIndex(({ op }) => op === 'Clip'));
  await expect(clip.getByText('TfLiteGpuDelegateV2')).toBeVisible();
  const last = page.locator('caliper-layers .row').nth(rows.length - 1);
  await expect(last.getByTitle(/Unknown: no row of the file/)).toBeVisible();
});

test('is asked for by the page, which shows what the host tells', async ({ subject, page }) => {
  await page.setViewportSize({ width: 1500, height: 900 });
  const rows = makeRows(12);
  await subject.open('model', { ...modelAnswers(rows), importMeasurements: () => null });
  const button = page.getByRole('button', { name: 'Import Measurements…' });
  await button.click();
  await expect.poll(() => subject.asked('importMeasurements')).toHaveLength(1);
  const two = [makeImported(rows, 'Pixel 8'), makeImported(rows, 'Board', '/home/me/board.txt')];
  await subject.send({ kind: 'imported', imported: two });
  await expect(column(page, 'Latency, Pixel 8')).toBeVisible();
  await expect(column(page, 'Latency, Board')).toBeVisible();
});

test('that cannot be imported is said in the host’s sentence', async ({ subject, page }) => {
  const rows = makeRows(3);
  const message = 'It was measured on another model: 12 of its 12 rows name nothing of mobilenetv2.onnx.';
  await subject.open('model', {
    ...modelAnswers(rows),
    importMeasurements: () => {
      throw new Refused({ message, kind: 'model' });
    },
  });
  await page.getByRole('button', { name: 'Import Measurements…' }).click();
  await expect(page.getByRole('alert')).toContainText(message);
});
