import type { Page } from '@playwright/test';
import type { BoardPage } from '../../src/protocol/board';
import { THEMES, type ThemeName } from '../../webview/report/themes';
import { BESIDE, makeBoard, makeRows, makeSearched } from './fixtures';
import { expect, test } from './harness';

const rows = makeRows(60);
const INT8 = 'mobilenetv2.int8.onnx';

const figures = (page: Page) => page.getByRole('region', { name: 'Figures of the models' });
const line = (page: Page, label: string) => figures(page).getByRole('row', { name: new RegExp(`^${label}`) });

test('models are columns, with what each is to the first, and the trade-off on top', async ({
  subject,
  page,
}) => {
  await subject.open('board', { board: () => makeBoard(rows), ...BESIDE });
  await expect(figures(page).getByRole('columnheader')).toHaveCount(5);
  await expect(line(page, 'File size').getByRole('cell')).toHaveText([
    '14.2 MB',
    /3\.73 MB\s*−73\.7 %/,
    /7\.12 MB\s*−49\.8 %/,
    /14\.3 MB\s*\+0\.6 %/,
  ]);
  await expect(line(page, 'Latency').getByRole('cell')).toHaveText([
    '5.12 ms',
    /2\.93 ms\s*1\.75× \(1\.70–1\.79\)/,
    /6\.40 ms\s*0\.80×/,
    'not measured',
  ]);
  const color = (place: number) =>
    line(page, 'Latency')
      .getByRole('cell')
      .nth(place)
      .locator('i')
      .evaluate((bar) => getComputedStyle(bar).backgroundColor);
  expect(await color(1)).not.toBe(await color(2));
  // What was not run has no place in the picture.
  await expect(
    page.getByRole('listbox', { name: 'Top-1 accuracy against latency of 3 models' }),
  ).toBeVisible();
  await expect(
    page.getByRole('option', {
      name: /^mobilenetv2\.int8\.onnx: 2\.93 ms, 1\.75 times the speed of mobilenetv2\.onnx/,
    }),
  ).toBeVisible();
  await expect(page.getByText('came later: Measure All sets it beside the others')).toBeVisible();
  await page.getByRole('combobox', { name: 'Shown by' }).selectOption('SQNR, dB');
  await expect(page.getByRole('listbox', { name: 'SQNR, dB against latency of 3 models' })).toBeVisible();
});

test('the layers of all models are in one table', async ({ subject, page }) => {
  await subject.open('board', { board: () => makeBoard(rows), ...BESIDE });
  const grid = page.locator('caliper-grid');
  await page.getByRole('combobox', { name: 'Layers by' }).selectOption('Latency');
  await expect(grid.getByRole('columnheader').filter({ hasText: INT8 })).toHaveCount(1);
  await page.getByRole('searchbox').fill('clip');
  await expect(grid.locator('.row')).not.toHaveCount(0);
  // Its folded rows are of use as long as one model has the layer itself.
  await expect(grid.locator('.row').first()).toContainText('Clip');
  await page.getByRole('combobox', { name: 'Layers by' }).selectOption('SQNR');
  await page.getByRole('searchbox').fill('');
  // The fixture's SQNR falls from layer to layer: the worst comes first.
  await expect(grid.locator('.row').first()).toContainText('33.2 dB');
});

test('columns go, come first, are opened and compared', async ({ subject, page }) => {
  let shown = makeBoard(rows);
  const without = (id: string): BoardPage => ({
    ...shown,
    models: shown.models.filter((one) => one.id !== id),
  });
  await subject.open('board', {
    ...BESIDE,
    board: () => shown,
    removeFromBoard: ({ id }) => {
      shown = without(id);
      return shown;
    },
    setAgainst: () => shown,
    compareOnBoard: () => null,
    pickForBoard: () => shown,
  });
  await figures(page)
    .getByRole('button', { name: `Compare with the first: ${INT8}` })
    .click();
  await figures(page)
    .getByRole('button', { name: `Set the others against it: ${INT8}` })
    .click();
  await figures(page).getByRole('button', { name: INT8, exact: true }).click();
  await figures(page)
    .getByRole('button', { name: `Take off the board: ${INT8}` })
    .click();
  await expect(figures(page).getByRole('columnheader')).toHaveCount(4);
  await page.getByRole('button', { name: 'Add Models…' }).click();
  await expect.poll(() => subject.asked('pickForBoard')).toHaveLength(1);
  expect(subject.asked('compareOnBoard')).toEqual([{ id: 'b' }]);
  expect(subject.asked('setAgainst')).toEqual([{ id: 'b' }]);
  expect(subject.asked('openModel')).toEqual([{ path: '/models/mobilenetv2.int8.onnx' }]);
  // The first has nothing to be set against.
  await expect(page.getByRole('button', { name: /^Compare with the first: mobilenetv2\.onnx/ })).toHaveCount(
    0,
  );
});

test('all are measured in one run, which can be cancelled', async ({ subject, page }) => {
  const measured = makeBoard(rows);
  const before = { ...measured, models: measured.models.filter(({ id }) => id === 'a' || id === 'd') };
  let finish: () => void = () => undefined;
  await subject.open('board', {
    ...BESIDE,
    board: () => before,
    cancel: () => null,
    measureBoard: () =>
      new Promise((resolve) => {
        finish = () => resolve(measured);
      }),
  });
  await expect(page.getByText('Nothing was run yet')).toBeVisible();
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await page.getByRole('button', { name: 'Measure All' }).click();
  await subject.send({
    kind: 'progress',
    job: 'compare',
    message: 'Timing the models in turns',
    fraction: 0.4,
  });
  await expect(page.getByText('Timing the models in turns · 40 %')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(subject.asked('cancel')).toHaveLength(1);
  finish();
  await expect(page.getByRole('listbox')).toBeVisible();
  expect(subject.asked('measureBoard')).toEqual([{ latency: true }]);
});

test('a comparison and the candidates of its search are added to it', async ({ subject, page }) => {
  const searched = makeSearched(rows);
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => searched,
    engines: () => null,
    candidateLayers: () => searched.comparison,
    addToBoard: () => null,
  });
  await page.locator('header').getByRole('button', { name: 'Add to Board' }).click();
  await page
    .locator('caliper-front')
    .getByRole('option', { name: /^Mix 2/ })
    .click();
  await page.locator('caliper-candidates').getByRole('button', { name: 'Add to Board' }).click();
  await expect.poll(() => subject.asked('addToBoard')).toEqual([{ candidate: null }, { candidate: 'mix-2' }]);
});

test('a column of a file that changed is greyed, and read again', async ({ subject, page }) => {
  const now = makeBoard(rows);
  const old = {
    ...now,
    models: now.models.map((one) => (one.id === 'b' ? { ...one, became: 'changed' as const } : one)),
  };
  await subject.open('board', { ...BESIDE, board: () => old, readBoardAgain: () => now });
  const cell = (place: number) => line(page, 'File size').getByRole('cell').nth(place);
  await expect(cell(1)).toHaveCSS('opacity', '0.5');
  await expect(cell(2)).toHaveCSS('opacity', '1');
  await page.getByRole('button', { name: 'Read Again' }).click();
  await expect(cell(1)).toHaveCSS('opacity', '1');
});

test('an empty board says how it is filled, and one model waits for another', async ({ subject, page }) => {
  const full = makeBoard(rows);
  let shown: BoardPage = { models: [], cannotRun: null };
  await subject.open('board', { ...BESIDE, board: () => shown });
  await expect(page.getByText('The board is empty.')).toBeVisible();
  shown = { ...full, models: full.models.slice(0, 1) };
  await subject.send({ kind: 'changed' });
  await expect(line(page, 'File size').getByRole('cell')).toHaveText(['14.2 MB']);
  await expect(page.getByText('Add another model to see what differs.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Measure All' })).toHaveCount(0);
});

for (const theme of Object.keys(THEMES) as ThemeName[])
  for (const width of [700, 1400])
    test(`the board looks as it should: ${theme}, ${width} px`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await subject.open('board', { board: () => makeBoard(rows), ...BESIDE }, theme);
      await expect(page.getByRole('listbox')).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.screenshot({ path: info.outputPath(`board-${theme}-${width}.png`) });
    });
