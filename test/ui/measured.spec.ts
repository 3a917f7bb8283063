import type { Page } from '@playwright/test';
import type { ProfileReport } from '../../src/protocol/reports';
import { makeOpened, makeProfile, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

/** A figure belongs to what it was measured with; where that is another, or the figure is weak, the page says so. */

function latency(page: Page) {
  return page.getByRole('region', { name: 'Latency' });
}

function column(page: Page, name: string) {
  return page.getByRole('columnheader', { name, exact: true });
}

/** A model that was profiled at batch 1, and that is shown with the batch that the page asks for. */
function sized(change: Partial<ProfileReport> = {}) {
  const rows = makeRows(12);
  const profile = { ...makeProfile(rows), ...change };
  return {
    rows,
    profile,
    answers: {
      ...modelAnswers(rows),
      open: ({ dims }: { dims: Record<string, number> }) => {
        const value = dims['batch'] ?? 1;
        const opened = makeOpened(rows);
        opened.report.dims = { batch: { value, assumed: dims['batch'] === undefined } };
        for (const { shape } of opened.report.inputs) if (shape) shape[0] = value;
        return { ...opened, profile };
      },
    },
  };
}

async function choose(page: Page, batch: string): Promise<void> {
  await page.getByLabel('batch').fill(batch);
  await page.getByLabel('batch').press('Enter');
}

test('the latency of one size is not shown as that of another', async ({ subject, page }) => {
  const { answers } = sized();
  await subject.open('model', answers);
  await expect(column(page, 'Latency')).toBeVisible();
  await page.getByRole('radio', { name: 'Latency' }).click();
  await page.getByText('dimensions assumed').click();
  await choose(page, '8');
  await expect(latency(page)).toContainText(
    'Measured with input 1×3×224×224, not with the sizes that are shown.',
  );
  await expect(column(page, 'Latency')).toHaveCount(0);
  await expect(column(page, 'Share')).toHaveCount(0);
  await expect(page.getByRole('radio', { name: 'Latency' })).toBeDisabled();
  await expect(page.getByRole('radio', { name: 'Weights' })).toBeChecked();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'Copy Layers as CSV' }).click();
  await expect.poll(() => subject.asked('copy')).toHaveLength(1);
  expect((subject.asked('copy')[0] as { text: string }).text).not.toContain('latency_ms');
  // The size that was assumed is the one that was measured, also where somebody says so.
  await choose(page, '1');
  await expect(column(page, 'Latency')).toBeVisible();
  await expect(latency(page)).not.toContainText('Measured with');
});

test('a profile that does not say what it was measured with is not taken where sizes are open', async ({
  subject,
  page,
}) => {
  const { answers, profile } = sized();
  delete profile.inputShapes;
  await subject.open('model', answers);
  await expect(latency(page)).toContainText('Measured with inputs of other sizes, perhaps');
  await expect(column(page, 'Share')).toHaveCount(0);
});

test('after the file changed nothing is left of what was measured of the old one', async ({
  subject,
  page,
}) => {
  const rows = makeRows(12);
  let opened = { ...makeOpened(rows), profile: makeProfile(rows) as ProfileReport | null };
  await subject.open('model', { ...modelAnswers(rows), open: () => opened });
  await expect(column(page, 'Latency')).toBeVisible();
  opened = { ...makeOpened(rows), profile: null };
  await subject.send({ kind: 'changed' });
  await expect(latency(page)).toContainText('not measured');
  await expect(column(page, 'Latency')).toHaveCount(0);
});

test('where the changed file cannot be read, what is left is marked as old', async ({ subject, page }) => {
  const rows = makeRows(12);
  const opened = { ...makeOpened(rows), profile: makeProfile(rows) };
  let readable = true;
  await subject.open('model', {
    ...modelAnswers(rows),
    open: () => {
      if (!readable) throw new Error('model.onnx ends at byte 1024.');
      return opened;
    },
  });
  await expect(column(page, 'Latency')).toBeVisible();
  readable = false;
  await subject.send({ kind: 'changed' });
  await expect(page.getByRole('alert')).toContainText('What is shown below is of the file as it was before.');
  await expect(page.locator('caliper-summary')).toHaveCSS('opacity', '0.5');
  await expect(page.locator('main')).toHaveCSS('opacity', '0.5');
  readable = true;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('main')).toHaveCSS('opacity', '1');
});

test('rows that had to be scaled are marked, with the reason', async ({ subject, page }) => {
  const { answers } = sized({ profileFactor: 1.34 });
  await subject.open('model', answers);
  const reason = 'The times of the layers add up to 1.3 of the latency of the whole and were scaled to it.';
  await expect(latency(page)).toContainText(reason);
  const cell = page.locator('caliper-layers .row').first().getByRole('gridcell').nth(7);
  await expect(cell).toHaveText(/≈ \d/);
  await expect(cell).toHaveAttribute('title', new RegExp(`of all rows\n${reason}`));
  await expect(column(page, 'Share')).toBeVisible();
  await page.locator('caliper-layers .row').first().click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText(reason);
});

for (const profileFactor of [0.012, 1.6]) {
  test(`rows that add up to ${profileFactor} of the whole are no shares of it`, async ({ subject, page }) => {
    const { answers, profile } = sized({ profileFactor });
    for (const row of [...profile.layers, ...profile.added]) {
      if (row.medianMs !== null) Object.assign(row, { share: null, mark: 'unscaled' });
    }
    await subject.open('model', answers);
    await expect(latency(page)).toContainText(
      `add up to ${profileFactor} of the latency of the whole, so they are`,
    );
    await expect(column(page, 'Latency')).toBeVisible();
    await expect(column(page, 'Share')).toHaveCount(0);
    await expect(page.getByRole('radio', { name: 'Latency' })).toBeDisabled();
  });
}

test('shares of a profile of an earlier version are held back as well', async ({ subject, page }) => {
  const { answers } = sized({ profileFactor: 2.2 });
  await subject.open('model', answers);
  await expect(column(page, 'Latency')).toBeVisible();
  await expect(column(page, 'Share')).toHaveCount(0);
  await page.locator('caliper-layers .row').first().click();
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await expect(details).toContainText('add up to 2.2');
  await expect(details.getByText(/ms \(\d/)).toHaveCount(0);
});

test('a p90 far above the median is marked, and runs that did not count are told', async ({
  subject,
  page,
}) => {
  const { answers } = sized({
    latencyMs: { median: 5.12, p90: 9.6, ci95: [5.05, 5.21], runs: 30, counted: 21 },
  });
  await subject.open('model', answers);
  await expect(latency(page)).toContainText('One run in ten took 9.60 ms or more, far above the median');
  await expect(latency(page)).toContainText('21 of 30 runs counted');
});

test('a steady profile whose rows fit has no mark', async ({ subject, page }) => {
  const { answers } = sized();
  await subject.open('model', answers);
  await expect(column(page, 'Share')).toBeVisible();
  await expect(page.locator('caliper-summary .mark')).toHaveCount(0);
  await expect(page.locator('caliper-layers .row, caliper-summary').getByText('≈')).toHaveCount(0);
});

test('Quantize… is the primary button only where it can do something', async ({ subject, page }) => {
  const rows = makeRows(3);
  let change: object = {};
  await subject.open('model', {
    ...modelAnswers(rows),
    open: () => ({ ...makeOpened(rows), ...change }),
    quantizeDefaults: () => {
      throw new Error('is not asked here');
    },
  });
  const button = (name: string) => page.locator('vscode-button').filter({ hasText: name });
  await expect(button('Quantize…')).not.toHaveAttribute('secondary');
  await expect(button('Profile Latency')).toHaveAttribute('secondary');

  change = { cannotQuantize: 'TensorFlow Lite files cannot be quantized yet.' };
  await subject.send({ kind: 'changed' });
  await expect(button('Quantize…')).toHaveAttribute('secondary');
  await expect(page.getByTitle('TensorFlow Lite files cannot be quantized yet.')).toBeVisible();
  await expect(button('Profile Latency')).not.toHaveAttribute('secondary');

  // Weights alone are made smaller where nothing runs.
  change = { cannotRun: 'Core ML models run on macOS only.' };
  await subject.send({ kind: 'changed' });
  await expect(button('Quantize…')).not.toHaveAttribute('secondary');
  await expect(button('Quantize…')).not.toHaveAttribute('disabled');
  await expect(button('Profile Latency')).toHaveAttribute('disabled');

  const cannotRun = 'This workspace is not trusted, so its models are read but not run.';
  change = { cannotRun, cannotQuantize: cannotRun };
  await subject.send({ kind: 'changed' });
  await expect(page.getByText(cannotRun)).toBeVisible();
  await expect(button('Quantize…')).toHaveAttribute('secondary');
  await expect(button('Profile Latency')).toHaveAttribute('secondary');
});

/** Notes as the engines have them, and a computer with a long name. */
const QUALIFIED: Partial<ProfileReport> = {
  engine: 'TensorFlow Lite (WebAssembly), tfjs-tflite 0.0.1-alpha.10',
  cpu: 'Intel(R) Xeon(R) Platinum 8370C CPU with a Name That is Long @ 2.80 GHz',
  threads: 4,
  profileFactor: 1.4,
  latencyMs: { median: 5.12, p90: 19.6, ci95: [5.05, 5.21], runs: 30, counted: 21 },
  notes: [
    'Measured in WebAssembly on this computer: on a phone the latency differs, and so does the ratio between two models.',
    'Each layer was timed alone, in a model of its own.',
  ],
};

for (const width of [500, 640, 700, 900, 1280, 1400]) {
  test(`nothing that qualifies a latency is cut off at ${width} px`, async ({ subject, page }) => {
    await page.setViewportSize({ width, height: 900 });
    const { answers } = sized(QUALIFIED);
    await subject.open('model', answers);
    await expect(latency(page)).toContainText('21 of 30 runs counted');
    const cut = await latency(page).evaluate((card) => {
      const { left, right } = card.getBoundingClientRect();
      return [...card.querySelectorAll<HTMLElement>('*')]
        .filter((part) => {
          const box = part.getBoundingClientRect();
          const inside = box.left >= left && box.right <= right;
          return (
            !inside || part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1
          );
        })
        .filter((part) => getComputedStyle(part).display !== 'inline')
        .map((part) => part.textContent);
    });
    expect(cut).toEqual([]);
    // All that one can do is within the page as well.
    const right = await page
      .locator('header')
      .first()
      .evaluate((header) =>
        Math.max(...[...header.querySelectorAll('*')].map((one) => one.getBoundingClientRect().right)),
      );
    expect(right).toBeLessThanOrEqual(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test('a latency of an earlier version of the engine says so until it is measured again', async ({
  subject,
  page,
}) => {
  const rows = makeRows(12);
  const old = { ...makeProfile(rows), engine: 'ONNX Runtime 1.29.0' };
  await subject.open('model', modelAnswers(rows, { ...makeOpened(rows), profile: old }));
  await expect(latency(page)).toContainText(
    'Measured with ONNX Runtime 1.29.0; this computer has ONNX Runtime 1.30.0 now.',
  );
  await expect(latency(page).locator('.value')).toHaveClass(/unknown/);
  await latency(page).getByRole('button', { name: 'Measure again' }).click();
  await expect(latency(page).locator('.value')).not.toHaveClass(/unknown/);
  await expect(latency(page)).not.toContainText('1.29.0');
});

test('a latency of another device or of other threads than those that are chosen says so', async ({
  subject,
  page,
}) => {
  const { answers } = sized();
  let measured = makeProfile(makeRows(12));
  const profile = ({ threads }: { threads: number }) => {
    measured = { ...measured, threads };
    return measured;
  };
  const open = answers.open;
  await subject.open('model', {
    ...answers,
    profile,
    open: (dimensions) => ({ ...open(dimensions), measure: { threads: 4, runs: 30 } }),
  });
  await expect(latency(page)).toContainText('Measured with 1 thread, and 4 are chosen now.');
  await expect(latency(page).locator('.value')).toHaveClass(/unknown/);
  await latency(page).getByRole('button', { name: 'Measure again' }).click();
  await expect(latency(page)).toContainText('4 threads');
  await expect(latency(page)).not.toContainText('chosen now');
  await expect(latency(page).locator('.value')).not.toHaveClass(/unknown/);
  await page.getByRole('button', { name: 'This computer' }).click();
  await page.getByRole('menuitemcheckbox', { name: /Pixel 8/ }).click();
  await expect(latency(page)).toContainText(
    'Measured on this computer, not on Pixel 8, which is chosen now.',
  );
  await expect(latency(page).locator('.value')).toHaveClass(/unknown/);
});

test('an interval wider than a fifth is marked, and one click measures again', async ({ subject, page }) => {
  const latencyMs = { median: 5, p90: 5.4, ci95: [4.4, 5.5] as [number, number] };
  const { answers } = sized({ latencyMs });
  await subject.open('model', answers);
  await expect(latency(page).locator('.mark')).toContainText('The interval is 22 % of the latency wide');
  await latency(page).getByRole('button', { name: 'Measure again' }).click();
  await expect.poll(() => subject.asked('profile')).toHaveLength(1);
  // What comes is narrow.
  await expect(latency(page).locator('.mark')).toHaveCount(0);
  await expect(latency(page).getByRole('button', { name: 'Measure again' })).toHaveCount(0);
});

test('asks for open sizes where the inputs are, with the usual ones to click', async ({ subject, page }) => {
  const rows = makeRows(12);
  const pool =
    "Give height and width: at 1, as was assumed, the node 'pool' (MaxPool) has no room for its window of 2.";
  await subject.open('model', {
    ...modelAnswers(rows),
    open: ({ dims }) => {
      const side = (name: string) => ({ value: dims[name] ?? 1, assumed: dims[name] === undefined });
      const sides = { height: side('height'), width: side('width') };
      const opened = makeOpened(rows, {
        dims: sides,
        inputs: [
          {
            ...{ name: 'input', type: 'float32', declaredShape: [1, 3, 'height', 'width'] },
            shape: [1, 3, sides.height.value, sides.width.value],
          },
        ],
      });
      const open = sides.height.assumed;
      opened.report.problems = open ? [{ message: pool, node: 'pool', nodeId: '3' }] : [];
      // What is known of a total stands there, not that something is unknown.
      if (open) Object.assign(opened.report.totals, { macs: null, knownMacs: 287e6 });
      return opened;
    },
  });
  await expect(page.getByRole('region', { name: 'MACs' })).toContainText('≥ 287 M');
  await expect(page.getByText(pool)).toBeVisible();
  const sizes = page.getByRole('group', { name: 'Usual sizes of input' });
  await expect(sizes).toContainText('Give height and width:');
  await sizes.getByRole('button', { name: '224×224' }).click();
  await expect
    .poll(() => subject.asked('open').at(-1))
    .toEqual({ dims: { height: 224, width: 224 }, shapes: {} });
  await expect(page.getByText(pool)).toHaveCount(0);
  await expect(sizes.getByRole('button', { name: '224×224' })).toHaveAttribute('aria-pressed', 'true');
  await expect(sizes).not.toContainText('Give');
});

test('an operator has the same colour in a model where it is rare and in one where it is everywhere', async ({
  subject,
  page,
}) => {
  const colour = async (op: string) => {
    const item = page.locator('caliper-chart .legend button').filter({ hasText: op }).locator('i');
    return item.evaluate((node) => getComputedStyle(node).backgroundColor);
  };
  const many = makeRows(60);
  // Most of the bytes are the sums'.
  const few = many.map((row) =>
    row.op === 'Conv' ? { ...row, activationBytes: 4, parameterBytes: 4 } : row,
  );
  let rows = many;
  await subject.open('model', {
    ...modelAnswers(many),
    open: () => makeOpened(rows),
    rows: ({ from, to }) => rows.slice(from, to),
  });
  await page.getByRole('radio', { name: 'Activations' }).click();
  const before = [await colour('Conv'), await colour('Add'), await colour('Clip')];
  expect(new Set(before).size).toBe(3);
  const order = () => page.locator('caliper-chart .legend button').allInnerTexts();
  const orderBefore = await order();
  rows = few;
  await subject.send({ kind: 'changed' });
  await expect.poll(async () => (await order())[0]).not.toBe(orderBefore[0]);
  expect([await colour('Conv'), await colour('Add'), await colour('Clip')]).toEqual(before);
});
