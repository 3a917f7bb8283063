import type { ThemeName } from '../../webview/report/themes';
import { expect, type PageUnderTest, test } from './harness';
import { readAnswers } from './realModel';

const SAMPLE = 'models/shapes_mobilenetv2.onnx';
type Page = import('@playwright/test').Page;

/** What the graph says to a screen reader: the node that has the keyboard. */
function spoken(page: Page) {
  return page.locator('caliper-graph #spoken');
}

async function openGraph(
  subject: PageUnderTest,
  page: Page,
  path = SAMPLE,
  theme: ThemeName = 'dark',
): Promise<void> {
  await subject.open('model', readAnswers(path), theme);
  await page.getByRole('button', { name: 'Graph', exact: true }).click();
  await focusGraph(page);
}

/** It is there before its layout is. */
async function focusGraph(page: Page): Promise<void> {
  await expect(page.locator('caliper-graph canvas')).toBeVisible();
  await expect(page.locator('caliper-graph .waiting')).toHaveCount(0);
  await page.locator('caliper-graph canvas').focus();
}

test('the table groups layers by module, with sums, and hides what costs nothing', async ({
  subject,
  page,
}) => {
  await subject.open('model', readAnswers(SAMPLE));
  const row = page.getByRole('row', { name: /^features 97 layers/ });
  await expect(row).toContainText('10.7 M');
  await expect(row).toContainText('406 µJ');
  await expect(page.getByRole('status').filter({ hasText: '70 without cost hidden' })).toBeVisible();
  await expect(page.getByText('Constant', { exact: true })).toHaveCount(0);
  const block = page.getByRole('row', { name: /^features\/features\.0 2 layers/ });
  await expect(block).toHaveAttribute('aria-expanded', 'true');
  await block.click();
  await expect(block).toHaveAttribute('aria-expanded', 'false');
  await page.getByRole('button', { name: 'Layers without cost (70)' }).click();
  await expect(page.getByText('Constant', { exact: true }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Modules', exact: true }).click();
  await expect(row).toHaveCount(0);
});

test('the name stays in sight when the table is scrolled sideways', async ({ subject, page }) => {
  await page.setViewportSize({ width: 600, height: 800 });
  await subject.open('model', readAnswers(SAMPLE));
  const cell = page.locator('caliper-layers .row [role=gridcell]:first-child').first();
  await expect(cell).toBeVisible();
  const before = await cell.boundingBox();
  const scroller = page.locator('caliper-grid .scroller');
  const moved = await scroller.evaluate((element) => {
    element.scrollLeft = 10_000;
    return element.scrollLeft;
  });
  expect(moved).toBeGreaterThan(50);
  expect((await cell.boundingBox())?.x).toBe(before?.x);
});

test('the graph is walked by keyboard along its edges, opened, and shares its selection', async ({
  subject,
  page,
}) => {
  await openGraph(subject, page);
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/^image, input/);
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/^features\.0, module, shut, 2 layers/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(spoken(page)).toHaveText(/^features\.2, module, open/);
  // Into it, and to the layer that adds what goes in to what comes out.
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/^conv\/conv\.0\/Conv, layer, Conv 1×48×48×48/);
  await page.keyboard.press('Enter');
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await expect(details).toContainText('/features/features.2/conv/conv.0/Conv');
  await page.locator('caliper-graph canvas').focus();
  await page.keyboard.press('Backspace');
  await expect(spoken(page)).toHaveText(/^features\.2, module, shut/);
  await page.getByRole('button', { name: 'Graph', exact: true }).click();
  await expect(page.locator('caliper-layers .row.chosen')).toContainText('conv/conv.0/Conv');
});

test('finds layers in the graph, one after the other', async ({ subject, page }) => {
  await openGraph(subject, page);
  const search = page.getByRole('searchbox');
  await search.fill('Add');
  await search.press('Enter');
  await expect(spoken(page)).toHaveText(/^Add, layer, Add 1×8×24×24/);
  await search.press('Enter');
  await expect(spoken(page)).toHaveText(/^Add, layer, Add 1×16×12×12/);
});

test('a link in the details goes to the layer in the graph', async ({ subject, page }) => {
  await openGraph(subject, page);
  await page.getByRole('searchbox').fill('features.5/Add');
  await page.getByRole('searchbox').press('Enter');
  await expect(spoken(page)).toHaveText(/^Add/);
  await page
    .getByRole('region', { name: 'Details of the layer' })
    .getByRole('button', { name: '/features/features.5/conv/conv.6/Conv' })
    .click();
  await expect(spoken(page)).toHaveText(/conv\.6\/Conv, layer/);
});

test('colours by what is asked for, and says it of every node', async ({ subject, page }) => {
  await openGraph(subject, page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/1\.79 kB$/);
  await page.getByRole('combobox', { name: 'Colour by' }).selectOption('MACs');
  await page.locator('caliper-graph canvas').focus();
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/^features\.1, .*627 k$/);
  await page.getByRole('combobox', { name: 'Colour by' }).selectOption('Precision');
  await page.locator('caliper-graph canvas').focus();
  await page.keyboard.press('ArrowDown');
  await expect(spoken(page)).toHaveText(/^features\.2, .*5 float32$/);
});

test('exports a picture that others can open', async ({ subject, page }) => {
  await openGraph(subject, page);
  const menu = page.getByRole('button', { name: 'Export the graph' });
  await menu.click();
  await page.getByText('Save as SVG…').click();
  await expect.poll(() => subject.asked('save').length).toBe(1);
  const [svg] = subject.asked('save') as { name: string; text: string }[];
  expect(svg?.text).toMatch(/^<svg xmlns=/);
  expect(svg?.text).toContain('features.17');
  await menu.click();
  await page.getByText('Save as PNG…').click();
  await expect.poll(() => subject.asked('save').length).toBe(2);
  const png = subject.asked('save')[1] as { text: string; base64?: true };
  expect(png.base64).toBe(true);
  expect(Buffer.from(png.text, 'base64').subarray(1, 4).toString()).toBe('PNG');
});

test('a shape and bytes are said of the edge under the mouse', async ({ subject, page }) => {
  await openGraph(subject, page);
  const canvas = page.locator('caliper-graph canvas');
  const box = await canvas.boundingBox();
  // The chain of modules is in the middle, with edges between them: somewhere on the way down is one.
  const tip = page.getByRole('tooltip');
  let found = false;
  for (let y = 60; y < 300 && !found; y += 3) {
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + y);
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    const text = (await tip.allInnerTexts()).join();
    found = /float32 1×\d+×\d+×\d+ · [\d.]+ k?B/.test(text);
  }
  expect(found).toBe(true);
});

test('what is open stays open when the page is shown again', async ({ subject, page }) => {
  await openGraph(subject, page);
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await expect(spoken(page)).toHaveText(/^features\.0, module, open/);
  await subject.saved({ graphOpen: expect.anything() });
  await page.reload();
  await focusGraph(page);
  for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  await expect(spoken(page)).toHaveText(/^features\.0\.0\/Conv, layer/);
});

test('what is found is in the middle, also after its details have opened', async ({ subject, page }) => {
  await page.setViewportSize({ width: 1000, height: 800 });
  await openGraph(subject, page);
  const canvas = page.locator('caliper-graph canvas');
  const whole = await canvas.boundingBox();
  const search = page.getByRole('searchbox');
  await search.fill('features.14/conv/conv.3/Conv');
  await search.press('Enter');
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
  await expect.poll(async () => (await canvas.boundingBox())?.width).toBeLessThan((whole?.width ?? 0) - 200);
  const box = await canvas.boundingBox();
  const hover = (dx: number) =>
    page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2 + dx, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  await expect(async () => {
    await hover(3);
    await hover(0);
    await expect(page.getByRole('tooltip')).toContainText('/features/features.14/conv/conv.3/Conv', {
      timeout: 300,
    });
  }).toPass();
});

test('a selected node stays in sight when its details take its place', async ({ subject, page }) => {
  await page.setViewportSize({ width: 1000, height: 800 });
  await openGraph(subject, page);
  // All of it, then the last node, which is far from the middle.
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const last = await spoken(page).innerText();
  const graph = page.locator('caliper-graph');
  await expect
    .poll(() =>
      graph.evaluate((element) => {
        const { camera, active, painted, view } = element as unknown as {
          camera: { x: number; y: number; zoom: number };
          active: number;
          painted: { scene: { boxes: Float64Array } };
          view: { width: number; height: number };
        };
        const [x = 0, y = 0, width = 0] = painted.scene.boxes.subarray(active * 4, active * 4 + 4);
        const left = (x - camera.x) * camera.zoom;
        const top = (y - camera.y) * camera.zoom;
        return left >= 0 && top >= 0 && left + width * camera.zoom <= view.width && top < view.height;
      }),
    )
    .toBe(true);
  expect(last).not.toBe('');
});

test('all of it is shown by a key, whatever was looked at before', async ({ subject, page }) => {
  await openGraph(subject, page);
  const zoom = () =>
    page
      .locator('caliper-graph')
      .evaluate((element) => (element as unknown as { camera: { zoom: number } }).camera.zoom);
  await page.keyboard.press('0');
  await expect.poll(zoom).toBeLessThan(1);
  const whole = await zoom();
  await page.keyboard.press('+');
  expect(await zoom()).toBeCloseTo(1.25 * whole, 6);
  await page.keyboard.press('-');
  await page.keyboard.press('-');
  expect(await zoom()).toBeLessThan(whole);
  await page.keyboard.press('0');
  expect(await zoom()).toBeCloseTo(whole, 6);
});

for (const theme of ['dark', 'light', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`fits ${width} pixels in ${theme}, shut and all of it open`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await openGraph(subject, page, SAMPLE, theme);
      await page.screenshot({ path: info.outputPath(`graph-${theme}-${width}.png`) });
      await page.getByRole('button', { name: 'Open all modules' }).click();
      await expect
        .poll(() =>
          page
            .locator('caliper-graph')
            .evaluate((element) => (element as unknown as { open: Set<number> }).open.size),
        )
        .toBeGreaterThan(15);
      await page.screenshot({ path: info.outputPath(`graph-whole-${theme}-${width}.png`) });
      expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
    });
  }
}

test('the map nests layers in modules, and looks into one by a click or a key', async ({ subject, page }) => {
  await subject.open('model', readAnswers(SAMPLE));
  const map = page.locator('caliper-treemap');
  const features = map.getByRole('button', { name: /^features, module, / });
  await expect(features).toBeVisible();
  // In it, modules of its own, and in those layers.
  const inner = map.getByRole('button', { name: /^features\/features\.17, module, / });
  const outside = await features.boundingBox();
  const inside = await inner.boundingBox();
  expect(inside?.x ?? 0).toBeGreaterThanOrEqual(outside?.x ?? Number.NaN);
  expect((inside?.y ?? 0) + (inside?.height ?? 0)).toBeLessThanOrEqual(
    (outside?.y ?? 0) + (outside?.height ?? Number.NaN),
  );
  await inner.focus();
  await page.keyboard.press('Enter');
  const path = page.getByRole('navigation', { name: 'Module that the map shows' });
  await expect(path).toHaveText(/All\s*›\s*features\s*›\s*features\.17/);
  await expect(features).toHaveCount(0);
  await expect(map.locator('.tiles button:focus')).toHaveCount(1);
  await map.getByRole('button', { name: /conv\.6\/Conv, / }).click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText(
    'features.17/conv/conv.6/Conv',
  );
  await page.keyboard.press('Backspace');
  await expect(path).toHaveText(/All\s*›\s*features\s*$/);
  await path.getByRole('button', { name: 'All' }).click();
  await expect(path).toHaveCount(0);
  // The table and the map have one hierarchy.
  await page.getByRole('button', { name: 'Modules', exact: true }).click();
  await expect(map.getByRole('button', { name: /, module, / })).toHaveCount(0);
});

for (const theme of ['dark', 'light', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`the map in modules fits ${width} pixels in ${theme}`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await subject.open('model', readAnswers(SAMPLE), theme);
      // Before its modules are there, the layers stand side by side.
      const map = page.locator('caliper-treemap');
      await expect(map.getByRole('button', { name: /^features, module, / })).toBeVisible();
      await page
        .locator('caliper-treemap')
        .getByRole('button', { name: /conv\.6\/Conv, / })
        .first()
        .click();
      await page.screenshot({ path: info.outputPath(`map-${theme}-${width}.png`) });
      const cut = await page.locator('caliper-treemap').evaluate((map) => {
        const box = map.getBoundingClientRect();
        return [...(map.shadowRoot?.querySelectorAll('.tiles button') ?? [])].filter((tile) => {
          const { right, bottom } = tile.getBoundingClientRect();
          return right > box.right + 1 || bottom > box.bottom + 1;
        }).length;
      });
      expect(cut).toBe(0);
    });
  }
}
