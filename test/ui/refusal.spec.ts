import type { QuantizeReport } from '../../src/protocol/reports';
import { makeComparison, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

test('a refusal gives the figures, and one can keep either file', async ({ subject, page }) => {
  const rows = makeRows(3);
  const report = makeComparison(rows).comparison as QuantizeReport;
  await subject.open('model', {
    ...modelAnswers(rows),
    quantize: () => ({
      status: 'refused',
      reason: 'Every mix of int8 and float was slower than the cleaned float model on this computer.',
      report,
    }),
    keepCandidate: ({ which }) => ({ path: `/models/kept.${which}.onnx` }),
  });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByText('Nothing was written.')).toBeVisible();
  await expect(page.getByRole('row', { name: /^Cleaned float/ })).toContainText('4.71 ms');
  await page.getByRole('button', { name: 'Keep the cleaned float model' }).click();
  await expect(page.getByText('/models/kept.cleaned.onnx')).toBeVisible();
  expect(subject.asked('keepCandidate')).toEqual([{ which: 'cleaned' }]);
  await expect(page.getByText('Nothing was written.')).toBeHidden();
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect.poll(() => subject.asked('openModel')).toEqual([{ path: '/models/kept.cleaned.onnx' }]);
});

test('quantizing is cancelled by its button', async ({ subject, page }) => {
  let stop = () => undefined as undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = () => void resolve();
  });
  await subject.open('model', {
    ...modelAnswers(makeRows(3)),
    cancel: () => {
      stop();
      return null;
    },
    quantize: async () => {
      await stopped;
      return { status: 'cancelled' };
    },
  });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await subject.send({ kind: 'progress', job: 'quantize', message: 'Calibrating', fraction: null });
  await expect(page.getByText('Calibrating')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Calibrating')).toBeHidden();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Quantize…' })).toBeEnabled();
});
