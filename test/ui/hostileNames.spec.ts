import { makeOpened, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

test('shows inputs of any names, with no shape that nobody gave them', async ({ subject, page }) => {
  const rows = makeRows(3);
  const opened = makeOpened(rows);
  const [input] = opened.report.inputs;
  if (input === undefined) throw new Error('no input');
  const names = ['constructor', 'toString', '__proto__'];
  opened.report.inputs = names.map((name) => ({ ...input, name, shape: null, declaredShape: null }));
  await subject.open('model', modelAnswers(rows, opened));
  await page.getByLabel('Inputs, outputs and properties').click();
  for (const name of names) await expect(page.getByLabel(`Shape of ${name}`)).toHaveValue('');
});
