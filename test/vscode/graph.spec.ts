import { expect, openFile, SAMPLE, test, webview } from './workbench';

test('the graph is laid out in a worker of the page, and walked by keyboard', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByRole('row', { name: /^features 97 layers/ })).toBeVisible();
  await screenshot('tree-table');
  await frame.getByRole('button', { name: 'Graph', exact: true }).click();
  // It is there before its layout is.
  await expect(frame.locator('caliper-graph canvas')).toBeVisible();
  await expect(frame.locator('caliper-graph .waiting')).toHaveCount(0);
  const spoken = frame.locator('caliper-graph #spoken');
  await frame.locator('caliper-graph canvas').focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter'])
    await page.keyboard.press(key);
  await expect(spoken).toHaveText(/^features\.2, module, open/);
  await frame.getByRole('searchbox').fill('features.3/Add');
  await frame.getByRole('searchbox').press('Enter');
  await expect(spoken).toHaveText(/^Add, layer, Add 1×8×24×24/);
  await frame.getByRole('combobox', { name: 'Colour by' }).selectOption('MACs');
  await screenshot('graph');
  // The editor is shared, and remembers what its page shows.
  await frame.getByRole('searchbox').fill('');
  await frame.getByRole('button', { name: 'Graph', exact: true }).click();
  await expect(frame.locator('caliper-grid .row').first()).toBeVisible();
});
