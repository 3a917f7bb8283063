import { THEMES, type ThemeName } from '../../webview/report/themes';
import { makeDefaults, makeOpened, makeProfile, makeRows, modelAnswers } from './fixtures';
import { expect, Refused, test } from './harness';

/** Names in the table from the top, as they are drawn. */
function names(page: import('@playwright/test').Page) {
  return page.locator('caliper-layers .row [role=gridcell]:first-child');
}

test('shows what the host says of the model', async ({ subject, page }) => {
  const rows = makeRows(60);
  const opened = makeOpened(rows);
  await subject.open('model', modelAnswers(rows, opened));
  await expect(page.getByRole('heading', { name: 'mobilenetv2.onnx' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Latency' })).toContainText('not measured');
  const peak = page.getByRole('region', { name: 'Peak activation memory' });
  await expect(peak.getByTitle(`Show ${opened.report.totals.peakNode}`)).toBeVisible();
  await expect(page.getByText('60 layers', { exact: true }).last()).toBeVisible();
  await expect(page.getByText('dimensions assumed')).toBeVisible();
  await expect(names(page).first()).toHaveText('/features/features.0/conv.0/Conv');
});

test('says unknown for what is unknown, and never 0', async ({ subject, page }) => {
  const rows = makeRows(3);
  const [first] = rows;
  if (first?.outputs[0] === undefined) throw new Error('no row');
  Object.assign(first, { activationBytes: null, macs: null });
  first.outputs[0].shape = null;
  const opened = makeOpened(rows);
  Object.assign(opened.report.totals, {
    macs: null,
    peakActivationBytes: null,
    peakNode: null,
    knownMacs: 5_000_000,
    knownPeakActivationBytes: 0,
  });
  await subject.open('model', modelAnswers(rows, opened));
  await expect(page.getByRole('region', { name: 'MACs' })).toContainText(
    /≥ 5\.00 M\s*the part that is known/,
  );
  await expect(page.getByRole('region', { name: 'Peak activation memory' })).toContainText('unknown');
  const cells = page.locator('caliper-layers .row').first().getByRole('gridcell');
  await expect(cells.nth(2)).toHaveText('—');
  await expect(cells.nth(5)).toHaveText('—');
  await expect(cells.nth(6)).toHaveText('—');
  await expect(cells.nth(6)).toHaveAttribute('title', /unknown/i);
});

test('sorts down, up and back to the order of the file', async ({ subject, page }) => {
  const rows = makeRows(60);
  await subject.open('model', modelAnswers(rows));
  const header = page.getByRole('columnheader', { name: 'MACs' });
  const largest = [...rows].sort((a, b) => (b.macs ?? 0) - (a.macs ?? 0))[0];
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  await expect(names(page).first()).toHaveText(String(largest?.name));
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'none');
  await expect(names(page).first()).toHaveText(String(rows[0]?.name));
});

test('filters by operator and by text', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(makeRows(60)));
  await page.getByRole('combobox', { name: 'Operator' }).selectOption('Add');
  await expect(page.getByRole('status').filter({ hasText: '10 of 60 layers' })).toBeVisible();
  await page.keyboard.press('Control+f');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('features.7');
  await expect(names(page)).toHaveText(['/features/features.7/conv.5/Add']);
  await page.keyboard.type('nothing has this name');
  await expect(page.getByText('No layer matches the search.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('status').filter({ hasText: '10 of 60 layers' })).toBeVisible();
});

test('is used by keyboard, from the table to the details and to a neighbour', async ({ subject, page }) => {
  const rows = makeRows(60);
  await subject.open('model', modelAnswers(rows));
  const grid = page.getByRole('treegrid');
  await expect(names(page).first()).toBeVisible();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(grid).toHaveAttribute('aria-activedescendant', 'row2');
  expect(subject.asked('details')).toEqual([]);
  await page.keyboard.press('Enter');
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await expect(details).toContainText(String(rows[2]?.name));
  await expect(details).toContainText('kernel_shape');
  expect(subject.asked('statistics')).toEqual([{ row: 2, tensor: `${rows[2]?.name}.weight` }]);
  await expect(details.getByRole('img', { name: /Histogram/ })).toBeVisible();
  await page.keyboard.press('End');
  await expect(details).toContainText(String(rows[59]?.name));
  await page.keyboard.press('Home');
  await expect(details).toContainText(String(rows[0]?.name));
  await details.getByRole('button', { name: '/features/features.0/conv.1/Clip' }).click();
  await expect(details.getByRole('heading', { name: '/features/features.0/conv.1/Clip' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
});

test('shows the row that a link elsewhere asked for, also when the page was just opened', async ({
  subject,
  page,
}) => {
  const rows = makeRows(2000);
  let wanted: string | null = '1500';
  const wantedRow = () => {
    const row = wanted;
    wanted = null;
    return row;
  };
  await subject.open('model', { ...modelAnswers(rows), wantedRow });
  const selected = page.getByRole('row', { selected: true });
  await expect(selected).toContainText(String(rows[1500]?.name));
  await expect(selected).toBeInViewport();
  wanted = '3';
  await subject.send({ kind: 'reveal' });
  await expect(selected).toContainText(String(rows[3]?.name));
  await expect(selected).toBeInViewport();
});

test('a click on a tile of the chart selects its layer', async ({ subject, page }) => {
  const rows = makeRows(60);
  await subject.open('model', modelAnswers(rows));
  await page.getByRole('radio', { name: 'MACs' }).click();
  const largest = [...rows].sort((a, b) => (b.macs ?? 0) - (a.macs ?? 0))[0];
  await page.locator('caliper-treemap button').first().click();
  await expect(page.locator('caliper-layers .row.chosen')).toContainText(String(largest?.name));
});

test('finds the right one of layers that share a name', async ({ subject, page }) => {
  const rows = makeRows(60).map((row) => ({ ...row, name: 'same', outputs: [] }));
  const problems = [{ message: 'It is odd.', node: 'same', nodeId: '41' }];
  const opened = makeOpened(rows, { problems });
  opened.report.totals.peakNodeId = '17';
  opened.profile = makeProfile(rows);
  let wanted: string | null = null;
  await subject.open('model', { ...modelAnswers(rows, opened), wantedRow: () => wanted });
  const chosen = page.locator('caliper-layers .row.chosen');
  await page.locator('caliper-summary').getByTitle('Show same').click();
  await expect(chosen).toHaveAttribute('data-index', '17');
  await page.locator('caliper-notice').getByRole('button', { name: 'Show same' }).click();
  await expect(chosen).toHaveAttribute('data-index', '41');
  wanted = '29';
  await subject.send({ kind: 'reveal' });
  await expect(chosen).toHaveAttribute('data-index', '29');
  wanted = null;
  // The clip behind the convolution at 26 is part of it, not of the first layer of that name.
  await page.getByLabel('Search layers').fill('27');
  await page.locator('caliper-layers .row').getByRole('button', { name: 'in same' }).click();
  await expect(chosen).toHaveAttribute('data-index', '26');
  await page.getByRole('radio', { name: 'Latency' }).click();
  const slowest = opened.profile.layers.toSorted((a, b) => (b.medianMs ?? 0) - (a.medianMs ?? 0))[0];
  await page.locator('caliper-treemap button').first().click();
  await expect(chosen).toHaveAttribute('data-index', String(slowest?.id));
  await page.reload();
  await expect(chosen).toHaveAttribute('data-index', String(slowest?.id));
});

test('the chart is one stop for Tab, and arrow keys go through its tiles', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(makeRows(60)));
  const tiles = page.locator('caliper-treemap button');
  await expect(page.locator('caliper-treemap button[tabindex="0"]')).toHaveCount(1);
  await tiles.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(tiles.nth(1)).toBeFocused();
  const label = await tiles.nth(1).getAttribute('aria-label');
  await page.keyboard.press('Enter');
  const chosen = page.locator('caliper-layers .row.chosen').getByRole('gridcell').first();
  const [name = ''] = ((await chosen.getAttribute('title')) ?? 'no title').split('\n');
  expect(label).toContain(name);
});

test('the buttons of a form are whole where it is higher than the window', async ({ subject, page }) => {
  await page.setViewportSize({ width: 900, height: 500 });
  await subject.open('model', modelAnswers(makeRows(3)));
  await page.getByRole('button', { name: 'Quantize…' }).click();
  const dialog = page.locator('caliper-quantize-form dialog');
  const bottoms = await dialog.evaluate((element) => {
    const bottom = (one: Element | null) => one?.getBoundingClientRect().bottom ?? Number.NaN;
    const found = () => [bottom(element.querySelector('.buttons')), bottom(element)];
    const first = found();
    element.scrollTop = element.scrollHeight;
    return [first, found()];
  });
  for (const [buttons = Number.NaN, edge = Number.NaN] of bottoms) expect(buttons).toBeLessThanOrEqual(edge);
});

test('gives the user’s dimensions to the host', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(makeRows(3)));
  await page.getByText('dimensions assumed').click();
  await page.getByLabel('batch').fill('8');
  await page.getByLabel('batch').press('Enter');
  await expect.poll(() => subject.asked('open').at(-1)).toEqual({ dims: { batch: 8 }, shapes: {} });
  await page.getByLabel('batch').fill('1.5');
  await page.getByLabel('batch').press('Enter');
  await expect(page.getByText('batch must be a whole number.')).toBeVisible();
  expect(subject.asked('open')).toHaveLength(2);
});

test('profiles with progress, and no row stays blank', async ({ subject, page }) => {
  const rows = makeRows(12);
  let finish = () => undefined as undefined;
  const done = new Promise<void>((resolve) => {
    finish = () => void resolve();
  });
  const profile = async () => {
    await done;
    return makeProfile(rows);
  };
  await subject.open('model', { ...modelAnswers(rows), profile });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await subject.send({ kind: 'progress', job: 'profile', message: 'Session 3 of 7', fraction: 0.4 });
  await expect(page.getByText('Session 3 of 7 · 40 %')).toBeVisible();
  await expect(page.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40');
  expect(subject.asked('profile')).toEqual([{ threads: 1, runs: 30, data: null, device: null }]);
  finish();
  await expect(page.getByRole('region', { name: 'Latency' })).toContainText('5.12 ms');
  await expect(page.getByRole('progressbar')).toBeHidden();
  const cells = page.locator('caliper-layers .row').getByRole('gridcell');
  for (let row = 0; row < 12; row++) {
    const name = rows[row]?.op === 'Clip' ? /^\s*in features/ : /ms\s*$/;
    await expect(cells.nth(row * 10 + 7)).toHaveText(name);
  }
  await expect(names(page).nth(12)).toContainText('added by the engine');
  await page.getByRole('button', { name: 'in features.0/conv.2/Conv' }).first().click();
  await expect(page.locator('caliper-layers .row.chosen')).toContainText('conv.2/Conv');
});

test('cancels a profile, and does not call that an error', async ({ subject, page }) => {
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
    profile: async () => {
      await stopped;
      throw new Error('Profiling was cancelled.');
    },
  });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('progressbar')).toBeHidden();
  expect(subject.asked('cancel')).toHaveLength(1);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an error answer can be read, with a way to the log', async ({ subject, page }) => {
  await subject.open('model', {
    ...modelAnswers(makeRows(3)),
    profile: () => {
      throw new Error('ONNX Runtime does not know the operator Foo of node bar.');
    },
  });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(page.getByRole('alert')).toContainText('does not know the operator Foo of node bar');
  await page.getByRole('button', { name: 'Show log' }).click();
  await expect.poll(() => subject.asked('showLog')).toHaveLength(1);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('says which node and byte an error of a job is about, without a log', async ({ subject, page }) => {
  const profile = () => {
    throw new Refused({ kind: 'model', message: 'It is damaged.', node: 'conv 7', offset: 1234 });
  };
  await subject.open('model', { ...modelAnswers(makeRows(3)), profile });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(page.getByRole('alert')).toContainText('It is damaged. (node conv 7, byte 1234)');
  await expect(page.getByRole('button', { name: 'Show log' })).toBeHidden();
});

test('a file that cannot be read gives its reason, and can be tried again', async ({ subject, page }) => {
  const rows = makeRows(3);
  let tries = 0;
  await subject.open('model', {
    ...modelAnswers(rows),
    open: () => {
      if (tries++ === 0) throw new Error('model.onnx ends at byte 1024 in the middle of a tensor.');
      return makeOpened(rows);
    },
  });
  await expect(page.getByRole('alert')).toContainText('ends at byte 1024');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(names(page).first()).toBeVisible();
});

test('quantizes with the defaults in one click', async ({ subject, page }) => {
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantize: () => ({ status: 'cancelled' }) });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await expect(page.getByRole('dialog')).toContainText('fits: a convolutional network');
  await expect(page.getByRole('radio', { name: /^int8, best for this computer fits/ })).toBeChecked();
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.asked('quantize')).toHaveLength(1);
  expect(subject.asked('quantize')[0]).toMatchObject({
    recipe: 'int8',
    calibration: null,
    preprocessing: null,
    output: '/models/mobilenetv2.int8.onnx',
    activations: 'auto',
    search: { maxLoss: 1, seconds: 60 },
    ports: 'float',
    measure: true,
  });
});

test('asks how images become inputs, and passes on what was chosen', async ({ subject, page }) => {
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantize: () => ({ status: 'cancelled' }) });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await page.getByRole('button', { name: 'Choose: Calibration data' }).click();
  await expect(page.getByLabel('Calibration data', { exact: true })).toHaveValue('/chosen/data');
  await page.getByRole('radio', { name: '−1 … 1' }).click();
  await expect(page.getByRole('textbox', { name: 'Mean' })).toHaveValue('0.5, 0.5, 0.5');
  await page.getByRole('textbox', { name: 'Mean' }).fill('0.1, 0.2, 0.3');
  await page.getByLabel('Channels').selectOption('bgr');
  await page.getByText('Advanced').click();
  await page.getByLabel('Layers that stay in float').fill('conv_1, conv_2');
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect.poll(() => subject.asked('quantize')).toHaveLength(1);
  expect(subject.asked('quantize')[0]).toMatchObject({
    calibration: { path: '/chosen/data', labels: null, labelOffset: 0 },
    preprocessing: { mean: [0.1, 0.2, 0.3], std: [0.5, 0.5, 0.5], channels: 'bgr' },
    keep: ['conv_1', 'conv_2'],
  });
});

test('another recipe gives another name and asks for no calibration', async ({ subject, page }) => {
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantize: () => ({ status: 'cancelled' }) });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await page.getByRole('radio', { name: /^float16/ }).click();
  await expect(page.getByLabel('Calibration data', { exact: true })).toHaveCount(0);
  await expect(page.getByLabel('Save as')).toHaveValue('/models/mobilenetv2.float16.onnx');
});

test('a recipe that would change nothing says so, and cannot be chosen', async ({ subject, page }) => {
  const refusal = 'The model has its weights in float16 already, so float16 would change nothing.';
  const defaults = makeDefaults();
  const quantizeDefaults = () => ({
    ...defaults,
    // What was chosen when the file was another one.
    options: { ...defaults.options, recipe: 'float16' as const },
    recipes: defaults.recipes.map((offered) =>
      offered.recipe === 'float16' ? { ...offered, refusal } : offered,
    ),
  });
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantizeDefaults });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  const half = page.getByRole('radio', { name: /^float16/ });
  await expect(half).toBeDisabled();
  await expect(half).toHaveAccessibleName(`float16 ${refusal}`);
  await expect(page.getByRole('radio', { name: /^int8, best for this computer/ })).toBeChecked();
});

test('inputs and outputs can be integers where the recipe has them so', async ({ subject, page }) => {
  const defaults = makeDefaults();
  const quantizeDefaults = () => ({
    ...defaults,
    choosesActivations: false,
    recipes: defaults.recipes.map((offered) => ({ ...offered, ports: offered.recipe.startsWith('int8') })),
  });
  const quantize = () => ({ status: 'cancelled' as const });
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantizeDefaults, quantize });
  const open = () => page.getByRole('button', { name: 'Quantize…' }).click();
  const ports = page.getByRole('combobox', { name: 'Inputs and outputs' });
  const start = page.getByRole('button', { name: 'Quantize', exact: true });
  await open();
  await page.getByText('Advanced').click();
  await expect(page.getByRole('combobox', { name: 'Activations' })).toHaveCount(0);
  await ports.selectOption('uint8');
  await start.click();
  await expect.poll(() => subject.asked('quantize')).toMatchObject([{ ports: 'uint8' }]);
  await open();
  await ports.selectOption('int8');
  await page.getByRole('radio', { name: /^float16/ }).click();
  await expect(ports).toHaveCount(0);
  await start.click();
  await expect.poll(() => subject.asked('quantize')).toMatchObject([{ ports: 'uint8' }, { ports: 'float' }]);
});

test('asks how weights alone are stored and rounded, where that means something', async ({
  subject,
  page,
}) => {
  const defaults = makeDefaults();
  const quantizeDefaults = () => ({
    ...defaults,
    sequence: 'sequence',
    recipes: defaults.recipes.map((offered) => ({
      ...offered,
      rounds: ['int8-dynamic', 'int8-weights', 'int4-weights'].includes(offered.recipe),
    })),
  });
  const quantize = () => ({ status: 'cancelled' as const });
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantizeDefaults, quantize });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  const group = page.getByLabel('Weights that share a scale');
  const form = page.getByLabel('Weights are written for');
  await expect(group).toHaveCount(0);
  await expect(form).toHaveCount(0);
  await page.getByRole('radio', { name: /^int8 weights/ }).click();
  await expect(form).toBeVisible();
  await expect(group).toHaveCount(0);
  await page.getByRole('radio', { name: /^int4 weights/ }).click();
  await expect(group).toHaveValue('32');
  // One format alone has masks.
  await expect(page.getByLabel('Weights that become zero, in %')).toHaveCount(0);
  await group.selectOption('128');
  await form.selectOption({ label: 'any engine' });
  await page.getByRole('button', { name: 'Choose: Calibration data' }).click();
  await page.getByText('Advanced').click();
  const lengths = page.getByLabel('Lengths of sequence to time');
  await lengths.fill('1, two');
  await lengths.blur();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  expect(subject.asked('quantize')).toEqual([]);
  await lengths.fill('1, 64,512');
  await lengths.blur();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect.poll(() => subject.asked('quantize')).toHaveLength(1);
  expect(subject.asked('quantize')[0]).toMatchObject({
    recipe: 'int4-weights',
    groupSize: 128,
    weightForm: 'standard',
    lengths: [1, 64, 512],
    calibration: { path: '/chosen/data' },
  });
});

for (const theme of Object.keys(THEMES) as ThemeName[])
  test(`shows how weights alone are stored in the theme ${theme}`, async ({ subject, page }) => {
    const quantizeDefaults = () => ({ ...makeDefaults(), sequence: 'sequence' });
    await page.setViewportSize({ width: 700, height: 1100 });
    await subject.open('model', { ...modelAnswers(makeRows(3)), quantizeDefaults }, theme);
    await page.getByRole('button', { name: 'Quantize…' }).click();
    await page.getByRole('radio', { name: /^int4 weights/ }).click();
    await page.getByText('Advanced').click();
    const dialog = page.getByRole('dialog');
    for (const label of [
      'Weights that share a scale',
      'Weights are written for',
      'Lengths of sequence to time',
    ]) {
      await expect(page.getByLabel(label)).toBeVisible();
      const inside = await page.getByLabel(label).boundingBox();
      const around = await dialog.boundingBox();
      // Nothing sticks out.
      expect((inside?.x ?? 0) + (inside?.width ?? 0)).toBeLessThan((around?.x ?? 0) + (around?.width ?? 0));
    }
    await page.screenshot({ path: `out/screenshots/quantize-int4-${theme}.png` });
  });

test('what means nothing for a recipe is not passed on', async ({ subject, page }) => {
  const quantize = () => ({ status: 'cancelled' as const });
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantize });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await page.getByRole('radio', { name: /^int4 weights/ }).click();
  await page.getByLabel('Weights that share a scale').selectOption('16');
  await page.getByRole('radio', { name: /^float16/ }).click();
  await page.getByText('Advanced').click();
  await expect(page.getByLabel(/^Lengths of/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect.poll(() => subject.asked('quantize')).toHaveLength(1);
  expect(subject.asked('quantize')[0]).not.toHaveProperty('groupSize');
  expect(subject.asked('quantize')[0]).not.toHaveProperty('lengths');
});

test('says why a model cannot be quantized', async ({ subject, page }) => {
  const quantizeDefaults = () => ({
    ...makeDefaults(),
    possible: false,
    reason: 'The model is quantized already: it has 52 DequantizeLinear nodes.',
  });
  await subject.open('model', { ...modelAnswers(makeRows(3)), quantizeDefaults });
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await expect(page.getByRole('dialog')).toContainText('quantized already');
  await expect(page.getByRole('button', { name: 'Quantize', exact: true })).toHaveCount(0);
});

test('a menu command opens the quantize form', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(makeRows(3)));
  await expect(names(page).first()).toBeVisible();
  await subject.send({ kind: 'showQuantize' });
  await expect(page.getByRole('dialog')).toContainText('Quantize model');
});

test('in an untrusted workspace nothing runs, and the page says so', async ({ subject, page }) => {
  const rows = makeRows(3);
  const cannotRun = 'Models are not run in an untrusted workspace.';
  const opened = { ...makeOpened(rows), cannotRun, cannotQuantize: cannotRun };
  await subject.open('model', modelAnswers(rows, opened));
  await expect(page.getByText('Models are not run in an untrusted workspace.')).toBeVisible();
  await page.getByText('Profile Latency', { exact: true }).click({ force: true });
  await page.getByText('Quantize…', { exact: true }).click({ force: true });
  await expect(page.getByRole('dialog')).toBeHidden();
  expect(subject.asked('profile')).toEqual([]);
  expect(subject.asked('quantizeDefaults')).toEqual([]);
});

test('keeps its state over a reload', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(makeRows(600)));
  await page.getByRole('columnheader', { name: 'Activations' }).getByRole('button').click();
  await page.getByRole('radio', { name: 'MACs' }).click();
  await page.getByRole('combobox', { name: 'Operator' }).selectOption('Conv');
  await page.locator('caliper-layers .row').nth(5).click();
  const selected = await page.locator('caliper-layers .row.chosen').getAttribute('data-index');
  await page.locator('caliper-grid .scroller').evaluate((scroller) => scroller.scrollTo(0, 2400));
  await expect(page.locator('caliper-layers .row.chosen')).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('columnheader', { name: 'Activations' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  await expect(page.getByRole('radio', { name: 'MACs' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Operator' })).toHaveValue('Conv');
  await expect
    .poll(() => page.locator('caliper-grid .scroller').evaluate((scroller) => scroller.scrollTop))
    .toBe(2400);
  await page.locator('caliper-grid .scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
  await expect(page.locator('caliper-layers .row.chosen')).toHaveAttribute('data-index', String(selected));
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
});

test('exports what it shows', async ({ subject, page }) => {
  const rows = makeRows(3);
  await subject.open('model', modelAnswers(rows));
  await expect(names(page).first()).toBeVisible();
  for (const item of ['Layers as CSV…', 'Report as JSON…']) {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }
  await expect.poll(() => subject.asked('save')).toHaveLength(2);
  const [csv, json] = subject.asked('save') as { name: string; text: string }[];
  expect(csv?.name).toBe('mobilenetv2.layers.csv');
  expect(csv?.text.trimEnd().split('\r\n')).toHaveLength(4);
  const report = JSON.parse(json?.text ?? '');
  expect(report.totals).toEqual(makeOpened(rows).report.totals);
  expect(report.layers.map((layer: { name: string }) => layer.name)).toEqual(rows.map(({ name }) => name));
});

test('a body’s layers are under their node and can be folded away', async ({ subject, page }) => {
  const rows = makeRows(4);
  const [loop, inner, deeper] = rows;
  if (!loop || !inner || !deeper) throw new Error('no rows');
  Object.assign(loop, { hasBody: true, name: 'loop', op: 'Loop' });
  Object.assign(inner, { depth: 1, parent: 0, hasBody: true, name: 'inner', op: 'If' });
  Object.assign(deeper, { depth: 2, parent: 1, name: 'deeper' });
  await subject.open('model', modelAnswers(rows));
  const row = page.getByRole('row', { name: 'loop' });
  await expect(row).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByRole('row', { name: 'deeper' })).toHaveAttribute('aria-level', '3');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(row).toHaveAttribute('aria-expanded', 'false');
  await expect(names(page)).toHaveText(['loop', String(rows[3]?.name)]);
  await page.keyboard.press('ArrowRight');
  await expect(names(page)).toHaveCount(4);
});

test('names from a file are text, whatever they hold', async ({ subject, page }) => {
  const rows = makeRows(3);
  const hostile = '</script><img src=x onerror="document.title=1">';
  for (const row of rows) row.name = hostile;
  const opened = makeOpened(rows, { problems: [{ message: hostile, node: hostile }] });
  opened.fileName = hostile;
  await subject.open('model', modelAnswers(rows, opened));
  await expect(names(page).first()).toHaveText(hostile);
  await names(page).first().click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText(hostile);
  await expect(page.locator('img')).toHaveCount(0);
});
