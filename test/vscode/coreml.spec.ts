import { chooseInExplorer, expect, openFile, test, webview } from './workbench';

const PACKAGE = 'shapes_mobilenetv2.mlpackage';

test('a package is opened by its folder, and says that nothing here runs it', async ({
  page,
  bench: { screenshot },
}) => {
  await chooseInExplorer(page, PACKAGE, 'Inspect Model…');
  const frame = webview(page);
  await expect(frame.getByText('relu6', { exact: true }).first()).toBeVisible();
  await expect(frame.getByRole('heading', { name: PACKAGE })).toBeVisible();
  await expect(frame.getByText('run on macOS only').first()).toBeVisible();
  await screenshot('coreml');
});

test('a package is opened by its manifest and by the file inside', async ({ page }) => {
  for (const name of ['Manifest.json', 'model.mlmodel']) {
    await page.keyboard.press('Control+W');
    await openFile(page, name);
    await expect(webview(page).getByRole('heading', { name: PACKAGE })).toBeVisible();
  }
});
