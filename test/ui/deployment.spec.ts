import type { CheckReport } from '../../src/protocol/reports';
import { makeOpened, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

const target = { id: 'mlkit', name: 'ML Kit custom classifier' };
const report: CheckReport = {
  version: 1,
  file: '/models/m.tflite',
  target: target.id,
  targetName: target.name,
  rules: [
    { rule: 'one-input', title: 'One input', status: 'pass', reason: 'Its name is x.' },
    {
      rule: 'input-type',
      title: 'UINT8 or FLOAT32',
      status: 'fail',
      reason: 'It is INT8.',
      fix: 'Convert it.',
    },
    { rule: 'labels', title: 'As many labels', status: 'unknown', reason: 'There are <b>none</b>.' },
  ],
};
const rows = makeRows(6);
const opened = { ...makeOpened(rows), targets: [target] };

test('shows every rule with its reason and what to change, by keyboard too', async ({ subject, page }) => {
  await subject.open('model', { ...modelAnswers(rows, opened), check: () => report });
  const button = page.getByRole('button', { name: 'Check for ML Kit custom classifier…' });
  await button.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: target.name });
  await expect(dialog.getByRole('status')).toHaveText('1 of 3 rules fails, 1 is unknown.');
  expect(subject.asked('check')).toEqual([{ target: 'mlkit' }]);
  const rules = dialog.getByRole('list', { name: 'Rules' }).getByRole('listitem');
  await expect(rules).toHaveText([
    /pass:\s*One input\s*Its name is x\./,
    /fail:\s*UINT8 or FLOAT32\s*It is INT8\.\s*Convert it\./,
    /unknown:\s*As many labels\s*There are <b>none<\/b>\./,
  ]);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await button.click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
});

test('says why a model cannot be checked', async ({ subject, page }) => {
  const check = () => {
    throw new Error('m.tflite cannot be read any more.');
  };
  await subject.open('model', { ...modelAnswers(rows, opened), check });
  await page.getByRole('button', { name: 'Check for ML Kit' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('cannot be read any more');
});

test('offers no check where the format has no target', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(rows));
  await expect(page.getByRole('heading', { name: 'mobilenetv2.onnx' })).toBeVisible();
  await expect(page.getByRole('button', { name: /Check for/ })).toHaveCount(0);
});
