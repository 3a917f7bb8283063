import type { Page } from '@playwright/test';
import type { LayerRow, ModelGraph } from '../../src/protocol/page';
import type { LayerComparison, MeasuredDevice } from '../../src/protocol/reports';
import { THEMES, type ThemeName } from '../../webview/report/themes';
import { BESIDE, chain, makeComparison, makeRows, makeStatic } from './fixtures';
import { expect, test } from './harness';

test('says what the numbers say, with the warnings', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...BESIDE });
  await expect(page.getByRole('heading')).toHaveText(
    '3.80× smaller, 1.75× faster (1.70–1.79), top-1 97.0 → 96.5 %.',
  );
  await expect(page.getByText('Against the cleaned float model: 1.61× faster (1.57–1.64).')).toBeVisible();
  await expect(page.getByText('One set of data was given')).toBeVisible();
  await expect(page.getByRole('img', { name: /Latency against top-1 accuracy/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /^Agreement/ })).toContainText('98.5 %');
});

test('without latencies or accuracy it still shows the rest', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  const { top1: _, ...accuracy } = compared.comparison.accuracy;
  compared.comparison.latencyMs = null;
  compared.comparison.accuracy = { ...accuracy, sqnrDb: null, top1Agreement: null };
  compared.comparison.totals.after.peakActivationBytes = null;
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  await expect(page.getByRole('heading')).toHaveText('3.80× smaller, latency not measured.');
  await expect(page.getByRole('row', { name: /^Peak activation memory/ })).toContainText('—');
});

test('finds the layers that stayed in float, and why', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...BESIDE });
  await page.getByRole('combobox', { name: 'Layers shown' }).selectOption({ label: 'Kept in float (3)' });
  const rows = page.locator('caliper-grid .row');
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText('int8 was slower on this computer');
  const sqnr = page.getByRole('columnheader', { name: 'SQNR', exact: true });
  await expect(sqnr).toHaveAttribute('aria-sort', 'ascending');
  for (const order of ['none', 'descending']) {
    await sqnr.getByRole('button').click();
    await expect(sqnr).toHaveAttribute('aria-sort', order);
  }
  await page.reload();
  await expect(rows).toHaveCount(3);
});

test('exports and copies', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(6)), ...BESIDE });
  for (const item of ['Layers as CSV…', 'Report as JSON…', /^Copy Summary as Markdown/]) {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }
  await expect.poll(() => subject.asked('copy')).toHaveLength(1);
  const [csv, json] = subject.asked('save') as { name: string; text: string }[];
  expect(csv?.text.trimEnd().split('\r\n')).toHaveLength(7);
  expect(JSON.parse(json?.text ?? '')).toEqual(
    JSON.parse(JSON.stringify(makeComparison(makeRows(6)).comparison)),
  );
  const [{ text }] = subject.asked('copy') as [{ text: string }];
  expect(text).toContain('| File size | 14.2 MB | 3.73 MB | −73.7 % |');
  await page.getByRole('button', { name: 'mobilenetv2.int8.onnx' }).click();
  await expect.poll(() => subject.asked('openModel')).toEqual([{ path: '/models/mobilenetv2.int8.onnx' }]);
});

test('a comparison that is gone gives its reason', async ({ subject, page }) => {
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => {
      throw new Error('This comparison is no longer kept: compare the models again.');
    },
  });
  await expect(page.getByRole('alert')).toContainText('no longer kept');
});

function figure(page: Page, label: string) {
  return page.locator('caliper-before-after').getByRole('row', { name: new RegExp(`^${label}`) });
}

test('without running anything it shows what differs, and what was not measured', async ({
  subject,
  page,
}) => {
  await subject.open('comparison', { comparison: () => makeStatic(makeRows(300)), ...BESIDE });
  await expect(page.getByRole('heading')).toHaveText(
    'Same size, 2 layers changed, 2 added, 1 removed, 1 folded.',
  );
  await expect(page.getByText('neither latency nor outputs were measured')).toBeVisible();
  await expect(page.locator('caliper-before-after')).toContainText(/The same: .*Layers 300/);
  await expect(figure(page, 'SQNR')).toHaveCount(0);
  // What differs is shown first, and what is folded only when somebody asks for it.
  const rows = page.locator('caliper-grid .row');
  await expect(rows).toHaveCount(5);
  await page.getByRole('button', { name: '1 folded and converting' }).click();
  await expect(rows).toHaveCount(6);
  await expect(page.getByRole('combobox', { name: 'Layers shown' })).toHaveValue('different');
  await expect(rows.first()).toContainText('strides [1, 1] → [2, 2]');
  for (const [label, count] of [
    ['Added (2)', 2],
    ['Removed (1)', 1],
    ['All layers (300)', 0],
  ] as const) {
    await page.getByRole('combobox', { name: 'Layers shown' }).selectOption({ label });
    if (count > 0) await expect(rows).toHaveCount(count);
  }
  await expect(page.getByRole('status').filter({ hasText: '300 layers' })).toBeVisible();
  await page.getByRole('searchbox').fill('strides');
  await expect(rows).toHaveCount(2);
});

test('leads to the right one of layers that share a name', async ({ subject, page }) => {
  const rows = makeRows(300).map((row) => ({ ...row, name: 'same' }));
  await subject.open('comparison', { comparison: () => makeStatic(rows), ...BESIDE });
  await page.getByRole('button', { name: 'folded and converting' }).click();
  await page.getByRole('treegrid').focus();
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await page.keyboard.press('Enter');
  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowDown');
  await details.getByRole('button', { name: 'same', exact: true }).click();
  // The layer at 151 is folded into the one before it.
  await expect(page.locator('caliper-grid .row.chosen')).toHaveAttribute('data-index', '150');
});

test('details of a layer open and close by keyboard, and lead to where it was folded', async ({
  subject,
  page,
}) => {
  await subject.open('comparison', { comparison: () => makeStatic(makeRows(300)), ...BESIDE });
  await page.getByRole('button', { name: 'folded and converting' }).click();
  const grid = page.getByRole('treegrid');
  await grid.focus();
  await page.keyboard.press('Enter');
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await expect(details.getByRole('row', { name: 'strides [1, 1] [2, 2]' })).toBeVisible();
  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowDown');
  await expect(details.getByText('folded', { exact: true })).toBeVisible();
  const target = await details.locator('header button.link').textContent();
  await details.locator('header button.link').click();
  await expect(details.getByRole('heading', { level: 2 })).toHaveText(target?.trim() ?? '');
  await expect(page.locator('caliper-grid .row.chosen')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(details).toHaveCount(0);
});

test('measures when asked, says how far it is, and shows the result', async ({ subject, page }) => {
  const before = makeStatic(makeRows(60));
  let finish: () => void = () => undefined;
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => before,
    cancel: () => null,
    measureComparison: () =>
      new Promise((resolve) => {
        finish = () => resolve({ ...makeComparison(makeRows(60)), options: before.options });
      }),
  });
  await page.getByRole('button', { name: 'Measure Latency' }).click();
  await subject.send({
    kind: 'progress',
    job: 'compare',
    message: 'Timing the models in turns',
    fraction: 0.4,
  });
  await expect(page.getByText('Timing the models in turns · 40 %')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(subject.asked('measureComparison')).toEqual([{ latency: true }]);
  expect(subject.asked('cancel')).toHaveLength(1);
  finish();
  await expect(page.getByRole('heading')).toContainText('1.75× faster');
  await expect(page.getByRole('button', { name: 'Measure Latency' })).toHaveCount(0);
});

test('says why it cannot measure', async ({ subject, page }) => {
  const cannotRun = 'This workspace is not trusted, so its models are read but not run.';
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => ({ ...makeStatic(makeRows(3)), cannotRun }),
  });
  await expect(page.getByText(cannotRun)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Measure Latency' })).toHaveCount(0);
});

test('a model that cannot be measured gives its reason, which goes away', async ({ subject, page }) => {
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => makeStatic(makeRows(3)),
    measureComparison: () => {
      throw new Error('The old file is gone.');
    },
  });
  await page.getByRole('button', { name: 'Compare Outputs' }).click();
  await expect(page.getByRole('alert')).toContainText('The old file is gone.');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('two models that are the same are called so', async ({ subject, page }) => {
  const same = makeStatic(makeRows(1));
  await subject.open('comparison', { ...BESIDE, comparison: () => same });
  await expect(page.getByRole('heading')).toHaveText('The two models are the same.');
  await expect(page.locator('caliper-grid .row')).toHaveCount(1);
  await page.getByRole('searchbox').fill('nothing of this name');
  await expect(page.getByText('No layer matches.')).toBeVisible();
});

test('10,000 layers: few are drawn, and the differences are found', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeStatic(makeRows(10_000)), ...BESIDE });
  const counted = page.getByRole('status').filter({ hasText: '150 of 10,000 layers' });
  await expect(counted).toBeVisible();
  await page.getByRole('combobox', { name: 'Layers shown' }).selectOption({ label: 'All layers (10,000)' });
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  await expect(page.locator('caliper-grid .row.active')).toHaveAttribute('data-index', '9999');
  expect(await page.locator('caliper-grid .row').count()).toBeLessThan(200);
});

for (const width of [500, 700, 1400]) {
  test(`nothing that qualifies a comparison is cut off at ${width} px`, async ({ subject, page }) => {
    await page.setViewportSize({ width, height: 900 });
    const compared = makeComparison(makeRows(6));
    Object.assign(compared.comparison, {
      engine: 'TensorFlow Lite (WebAssembly), tfjs-tflite 0.0.1-alpha.10',
      cpu: 'Intel(R) Xeon(R) Platinum 8370C CPU with a Name That is Long @ 2.80 GHz',
      threads: 4,
      warnings: ['Measured in WebAssembly on this computer: on a phone the latency differs.'],
    });
    Object.assign(compared.comparison.latencyMs?.after ?? {}, { p90: 9.3, runs: 30, counted: 21 });
    await subject.open('comparison', { comparison: () => compared, ...BESIDE });
    const reason = 'After: One run in ten took 9.30 ms or more, far above the median: this computer was busy';
    await expect(page.getByText(reason)).toContainText('21 of 30 runs counted');
    await expect(page.getByText(/4 threads · Intel.* @ 2\.80 GHz/)).toBeVisible();
    const parts = page.locator(
      'header .names, .headline > *, caliper-notice .text, .conditions, caliper-before-after .mark',
    );
    const cut = await parts.evaluateAll((all) =>
      all
        .filter((one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > innerWidth)
        .map((one) => one.textContent),
    );
    expect(cut).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test('figures of a file that was overwritten are marked as old, and the files compared again', async ({
  subject,
  page,
}) => {
  const old = { ...makeStatic(makeRows(60)), outdated: { before: null, after: 'changed' as const } };
  const now = makeStatic(makeRows(12));
  let shown = { ...old, outdated: now.outdated };
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => shown,
    compareAgain: () => {
      shown = now;
      return now;
    },
  });
  const main = page.locator('main');
  await expect(page.getByRole('button', { name: 'Measure Latency' })).toBeVisible();
  await expect(main).toHaveCSS('opacity', '1');
  shown = old;
  await subject.send({ kind: 'changed' });
  await expect(
    page.getByText('v2.onnx has changed since it was compared. The figures are of what it was before.'),
  ).toBeVisible();
  await expect(main).toHaveCSS('opacity', '0.5');
  await expect(page.locator('.headline')).toHaveCSS('opacity', '0.5');
  // Nothing of it was measured: there is nothing to measure again, and nothing is measured under the old figures.
  await expect(page.getByRole('button', { name: /^Measure/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: /^Copy Summary as Markdown/ }).click();
  await expect.poll(() => subject.asked('copy')).toHaveLength(1);
  expect((subject.asked('copy')[0] as { text: string }).text).toContain('has changed since it was compared');
  await page.getByRole('button', { name: 'Compare Again' }).click();
  await expect(main).toHaveCSS('opacity', '1');
  await expect(page.getByText('has changed since')).toHaveCount(0);
  await expect(page.getByRole('status').filter({ hasText: 'of 12 layers' })).toBeVisible();
  expect(subject.asked('compareAgain')).toEqual([null]);
});

test('a measured comparison of a file that changed can be measured again', async ({ subject, page }) => {
  const { options } = makeStatic(makeRows(6));
  const measured = { ...makeComparison(makeRows(6)), options };
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => ({ ...measured, outdated: { before: 'missing' as const, after: 'changed' as const } }),
    measureComparison: () => measured,
  });
  await expect(
    page.getByText(/onnx is gone since .* has changed since .* of what they were before/),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Measure Again' }).click();
  await expect(page.getByText('since it was compared')).toHaveCount(0);
  expect(subject.asked('measureComparison')).toEqual([{ latency: true }]);
});

test('latencies of an engine that is gone are marked as old until they are measured again', async ({
  subject,
  page,
}) => {
  const { options } = makeStatic(makeRows(6));
  const kept = { ...makeComparison(makeRows(6)), options };
  const now = { ...kept, comparison: { ...kept.comparison, engine: 'ONNX Runtime 1.31.0' } };
  await subject.open('comparison', {
    ...BESIDE,
    comparison: () => kept,
    engines: () => ['ONNX Runtime 1.31.0'],
    measureComparison: () => now,
  });
  const gone = page.getByText('measured with ONNX Runtime 1.30.0, which this computer no longer has');
  await expect(gone).toBeVisible();
  const latencies = figure(page, 'Latency');
  await expect(latencies).toHaveCount(2);
  for (const latency of await latencies.all()) await expect(latency).toHaveCSS('opacity', '0.5');
  // What files hold and what outputs say is as true as it was.
  await expect(figure(page, 'File size')).toHaveCSS('opacity', '1');
  await expect(figure(page, 'SQNR')).toHaveCSS('opacity', '1');
  await page.getByRole('button', { name: 'Measure Again' }).click();
  await expect(gone).toHaveCount(0);
  await expect(latencies.first()).toHaveCSS('opacity', '1');
  expect(subject.asked('measureComparison')).toEqual([{ latency: true }]);
});

test('latencies are not doubted of an engine that is there, nor of another device', async ({
  subject,
  page,
}) => {
  const phone: MeasuredDevice = {
    ...{ id: '1', kind: 'adb', name: 'Phone', model: null, soc: null, system: null, abi: null },
    ...{ state: 'ready', engine: 'LiteRT', threads: 1 },
  };
  const here = makeComparison(makeRows(6));
  let shown: typeof here = here;
  let engines = ['ONNX Runtime 1.30.0'];
  await subject.open('comparison', { ...BESIDE, comparison: () => shown, engines: () => engines });
  await expect.poll(() => subject.asked('engines')).toHaveLength(1);
  await expect(figure(page, 'Latency').first()).toHaveCSS('opacity', '1');
  engines = ['ONNX Runtime 1.31.0'];
  shown = { ...here, comparison: { ...here.comparison, device: phone } };
  await subject.send({ kind: 'changed' });
  await expect(page.getByText('latency on Phone')).toBeVisible();
  await expect(figure(page, 'Latency').first()).toHaveCSS('opacity', '1');
  expect(subject.asked('engines')).toHaveLength(1);
});

test('a bar under Change is as long as the change is large, and good or bad', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  const { totals } = compared.comparison;
  Object.assign(totals.before, {
    parameterBytes: 1_000_000,
    peakActivationBytes: 1_000_000,
    macs: 1_000_000,
  });
  totals.after = { ...totals.before, parameterBytes: 998_000, peakActivationBytes: 264_000, macs: 1_300_000 };
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  const bar = (label: string) => figure(page, label).locator('td').last().locator('i');
  const share = (label: string) =>
    bar(label).evaluate((line) => line.getBoundingClientRect().width / (line as HTMLElement).offsetWidth);
  await expect(figure(page, 'Peak activation memory')).toContainText('−73.6 %');
  expect(await share('Weights \\d')).toBeCloseTo(0.002, 3);
  expect(await share('Peak activation memory')).toBeCloseTo(0.736, 2);
  expect(await share('MACs')).toBeCloseTo(0.3, 2);
  // 1.747 times the speed is 43 % less time.
  expect(await share('Latency \\d')).toBeCloseTo(1 - 1 / 1.747, 2);
  const color = (label: string) => bar(label).evaluate((line) => getComputedStyle(line).backgroundColor);
  expect(await color('Peak activation memory')).toBe(await color('Latency \\d'));
  expect(await color('MACs')).not.toBe(await color('Latency \\d'));
  expect(await color('Weights in float32')).not.toBe(await color('Latency \\d'));
  await expect(bar('Activations')).toHaveCount(0);
});

test('at 1,400 px nothing scrolls sideways, and the totals take a third of the height', async ({
  subject,
  page,
}) => {
  await page.setViewportSize({ width: 1400, height: 900 });
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...BESIDE });
  const scroller = page.locator('caliper-grid .scroller');
  const sideways = () => scroller.evaluate((one) => one.scrollWidth - one.clientWidth);
  await expect(page.locator('caliper-grid .row').first()).toBeVisible();
  expect(await sideways()).toBe(0);
  const overview = await page.locator('.overview').evaluate((one) => one.clientHeight);
  expect(overview).toBeLessThanOrEqual(300);
  expect(overview).toBeGreaterThan(150);
  // Details take room from the table, which then has fewer columns.
  const heads = page.locator('caliper-grid').getByRole('columnheader');
  const before = await heads.count();
  await page.locator('caliper-grid .row').first().click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
  await expect.poll(() => heads.count()).toBeLessThan(before);
  await expect.poll(sideways).toBe(0);
  const beside = await page.locator('caliper-difference').evaluate((one) => one.getBoundingClientRect().left);
  expect(beside).toBeGreaterThan(900);
});

test('at 700 px the table keeps what tells most, and any column can be chosen', async ({ subject, page }) => {
  await page.setViewportSize({ width: 700, height: 900 });
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...BESIDE });
  const heads = page.locator('caliper-grid').getByRole('columnheader');
  await expect(heads).toHaveText(['Name', 'Status', 'SQNR', 'Latency', 'Change of time']);
  const choose = async (name: string) => {
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name }).click();
    await page.keyboard.press('Escape');
  };
  await choose('Status');
  await choose('MACs');
  await expect(heads.filter({ hasText: 'MACs' })).toHaveCount(1);
  await expect(heads.filter({ hasText: 'Status' })).toHaveCount(0);
  await page.reload();
  await expect(heads.filter({ hasText: 'MACs' })).toHaveCount(1);
});

test('the worst layers come first, by SQNR or by time', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(60));
  const slow = compared.comparison.layers[10];
  if (slow?.after && slow.before) Object.assign(slow.after, { medianMs: (slow.before.medianMs ?? 0) + 9 });
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  const first = page.locator('caliper-grid .row').first();
  // The fixture's SQNR falls from layer to layer; the last one that is no Clip has the lowest.
  const lowest = compared.comparison.layers.reduce(
    (worst, layer, index, all) => ((layer.sqnrDb ?? 99) < (all[worst]?.sqnrDb ?? 99) ? index : worst),
    0,
  );
  await expect(first).toHaveAttribute('data-index', String(lowest));
  const order = page.getByRole('combobox', { name: 'Order' });
  await order.selectOption('Largest loss of time first');
  await expect(first).toHaveAttribute('data-index', '10');
  await expect(first).toContainText('+9.00 ms');
  const color = (row: number) =>
    page
      .locator('caliper-grid .row')
      .nth(row)
      .locator('.cell')
      .filter({ hasText: ' ms ·' })
      .locator('.bar')
      .evaluate((bar) => getComputedStyle(bar).backgroundColor);
  await expect(page.getByRole('columnheader', { name: 'Change of time' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  const worse = await color(0);
  await page.getByRole('columnheader', { name: 'Change of time' }).getByRole('button').click();
  expect(await color(0)).not.toBe(worse);
  await order.selectOption('In the model’s order');
  await expect(first).toHaveAttribute('data-index', '0');
});

test('folded layers and conversions are behind a count', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(60));
  const folded = compared.comparison.layers.filter(({ status }) => status === 'folded').length;
  expect(folded).toBeGreaterThan(5);
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  const counted = page.getByRole('status').filter({ hasText: 'layers' });
  await expect(counted).toHaveText(`${60 - folded} of 60 layers`);
  const toggle = page.getByRole('button', { name: `${folded} folded and converting` });
  await expect(toggle).toHaveAttribute('aria-pressed', 'false');
  await toggle.click();
  await expect(counted).toHaveText('60 layers');
  await toggle.click();
  // Who looks for one finds it.
  await page.getByRole('searchbox').fill('clip');
  await expect(page.locator('caliper-grid .row').first()).toContainText('Clip');
});

const verdict = (page: Page) => page.locator('h1 .verdict');

test('what is slower or larger is called not worth it before anything else', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  Object.assign(compared.comparison.bytes, { after: 15_000_000 });
  Object.assign(compared.comparison.latencyMs?.speedup ?? {}, {
    ratio: 0.8,
    ci95: [0.75, 0.84],
    verdict: 'slower',
  });
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  await expect(verdict(page)).toHaveText(
    'Not worth it on this computer: it is slower, and the file is larger.',
  );
  await expect(page.getByRole('heading')).toHaveText(
    /^Not worth it .* 1\.06× larger, not faster on this computer/,
  );
});

test('a gain that comes from cleaning alone is said to', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  Object.assign(compared.comparison.latencyMs?.speedupOverCleaned ?? {}, {
    ratio: 1,
    ci95: [0.97, 1.03],
    verdict: 'no difference measured',
  });
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  await expect(page.getByRole('heading')).toContainText(
    '1.75× faster (1.70–1.79), all of it by cleaning alone',
  );
});

test('neither random data nor a pooled figure oversell', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  const { top1: _, ...accuracy } = compared.comparison.accuracy;
  const shown = { ...accuracy, data: 'random', samples: 8, sqnrDb: 36, top1Agreement: null };
  compared.comparison.accuracy = shown;
  await subject.open('comparison', { comparison: () => compared, ...BESIDE });
  await expect(page.getByRole('heading')).toContainText(
    '36.0 dB SQNR over 8 random inputs, which says nothing of accuracy',
  );
  await expect(page.locator('.conditions')).toContainText('agreement over 8 random inputs');
  compared.comparison.accuracy = { ...shown, worstOutput: { name: 'boxes', sqnrDb: 7.3 } };
  await subject.send({ kind: 'changed' });
  await expect(verdict(page)).toHaveText('Poor agreement: 7.3 dB at the worst output, over 8 random inputs.');
  await expect(page.getByRole('heading')).not.toContainText('36.0 dB');
  await expect(figure(page, 'SQNR')).toContainText('36.0 dB (boxes: 7.3 dB)');
});

/** The two models of a comparison as chains of their layers. */
function graphsOf(compared: ReturnType<typeof makeStatic>, rows: LayerRow[]) {
  const graph = (side: 'before' | 'after'): ModelGraph => {
    const own = compared.comparison.layers.flatMap((layer, place) =>
      layer[side]?.layer === undefined ? [] : [rows[place] as LayerRow],
    );
    const renumbered = own.map((row, index) => ({ ...row, index }));
    const edges = chain(0, renumbered.length);
    return { rows: renumbered, modules: [], edges, inputs: [INPUT], outputs: [INPUT] };
  };
  return { before: graph('before'), after: graph('after') };
}

const INPUT = { name: 'input', type: 'float32', shape: [1, 3, 224, 224], declaredShape: null };

test('both models are one graph, with what became of each layer, coloured by it or by SQNR', async ({
  subject,
  page,
}, info) => {
  await page.setViewportSize({ width: 1400, height: 900 });
  const rows = makeRows(40);
  const compared = makeComparison(rows);
  const become: [number, Partial<LayerComparison>][] = [
    [3, { status: 'added', before: null }],
    [5, { status: 'removed', after: null }],
  ];
  for (const [place, change] of become) Object.assign(compared.comparison.layers[place] ?? {}, change);
  await subject.open('comparison', {
    comparison: () => compared,
    comparisonGraph: () => graphsOf(compared, rows),
    ...BESIDE,
  });
  await page.getByRole('button', { name: 'Graph' }).click();
  await expect(page.getByRole('application')).toBeVisible();
  const svg = async () => {
    const before = subject.asked('copy').length;
    await page.getByRole('button', { name: 'Export the graph' }).click();
    await page.getByRole('menuitem', { name: 'Copy SVG' }).click();
    await expect.poll(() => subject.asked('copy').length).toBe(before + 1);
    return (subject.asked('copy').at(-1) as { text: string }).text;
  };
  await page.getByRole('button', { name: 'Open all modules' }).click();
  await expect(page.getByText('Laying out the graph…')).toHaveCount(0);
  const byStatus = await svg();
  for (const mark of ['+ ', '− ', '~ ', '» ']) expect(byStatus).toContain(`>${mark}`);
  expect(byStatus).toContain('· removed');
  await page.screenshot({ path: info.outputPath('comparison-graph.png') });
  await page.getByRole('combobox', { name: 'Colour by' }).selectOption('SQNR');
  await expect(page.getByText('below 10 dB')).toBeVisible();
  expect(await svg()).toContain('45.0 dB');
  // What is looked for in the details is shown in the graph, which stays.
  await page.getByRole('application').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
  await page.screenshot({ path: info.outputPath('comparison-graph-sqnr.png') });
  expect(subject.asked('comparisonGraph')).toHaveLength(1);
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`looks as it should: ${theme}`, async ({ subject, page }, info) => {
    await page.setViewportSize({ width: 1280, height: 860 });
    const compared = makeStatic(makeRows(300));
    const [first] = compared.comparison.layers;
    const long = `/features/${'very_long_module_name/'.repeat(12)}Conv`;
    Object.assign(first ?? {}, { name: long, status: 'changed' });
    compared.comparison.changes = [{ what: 'producer', before: 'pytorch 2.7.0', after: 'pytorch 2.8.1' }];
    await subject.open('comparison', { comparison: () => compared, ...BESIDE }, theme);
    await page.locator('caliper-grid .row').first().click();
    await expect(page.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
    // Nothing is wider than the page, whatever a layer is called.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    await page.screenshot({ path: info.outputPath(`comparison-${theme}.png`) });
  });
}
