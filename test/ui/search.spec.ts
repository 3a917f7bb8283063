import type { Page } from '@playwright/test';
import type { ThemeName } from '../../webview/report/themes';
import { BESIDE, makeComparison, makeRows, makeSearched, SENSITIVE } from './fixtures';
import { expect, test } from './harness';

const rows = makeRows(60);

const candidate = (page: Page, name: RegExp) => page.locator('caliper-front').getByRole('option', { name });

test('shows candidates with the limit, and marks the fastest within it', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeSearched(rows), ...BESIDE });
  await expect(
    page.getByRole('listbox', { name: 'Top-1 accuracy against latency of 6 candidates' }),
  ).toBeVisible();
  await expect(page.locator('caliper-front').getByRole('option')).toHaveCount(6);
  await expect(candidate(page, /^Mix 1: 2\.93 ms.*the fastest within the limit$/)).toHaveAttribute(
    'aria-selected',
    'true',
  );
  await expect(
    candidate(page, /^int8, every layer.*3\.9 points of top-1 lost.*beyond the limit$/),
  ).toBeVisible();
  await expect(page.getByRole('region', { name: 'Candidate Mix 1' })).toContainText('1.61×');
  await expect(
    page.getByText('Mix 1 is the fastest found within 1 point of top-1, with 3 layers in float'),
  ).toBeVisible();
  // Of the same models the smaller picture of three says nothing more.
  await expect(page.getByRole('img', { name: /Latency against/ })).toHaveCount(0);
});

test('a click shows what a candidate keeps in float and why, and its own table', async ({
  subject,
  page,
}) => {
  const searched = makeSearched(rows);
  const layers = searched.comparison.layers.map((layer) => {
    const { kept: _, ...rest } = layer;
    return rest;
  });
  await subject.open('comparison', {
    comparison: () => searched,
    candidateLayers: () => ({ ...searched.comparison, layers }),
    ...BESIDE,
  });
  await candidate(page, /^Mix 2/).click();
  const panel = page.getByRole('region', { name: 'Candidate Mix 2' });
  await expect(panel).toContainText('in int8 it alone would bring the outputs to 18.3 dB');
  await expect(panel.getByRole('region', { name: 'Layers in float' }).getByRole('row')).toHaveCount(7);
  await expect.poll(() => subject.asked('candidateLayers')).toEqual([{ id: 'mix-2' }]);
  await page.getByRole('combobox', { name: 'Layers shown' }).selectOption({ label: 'Kept in float (6)' });
  await expect(page.locator('caliper-grid .row')).toHaveCount(6);
  await candidate(page, /^Mix 1/).click();
  await expect(page.getByRole('combobox', { name: 'Layers shown' })).toContainText('Kept in float (3)');
});

test('arrow keys lead from point to point, and Enter opens one', async ({ subject, page }) => {
  const searched = makeSearched(rows);
  await subject.open('comparison', {
    comparison: () => searched,
    candidateLayers: () => searched.comparison,
    ...BESIDE,
  });
  await candidate(page, /^Mix 1/).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(candidate(page, /^int8, every layer/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(candidate(page, /^int8, every layer/)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(candidate(page, /^Mix 1/)).toBeFocused();
  await page.keyboard.press('End');
  await expect(candidate(page, /^Original/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(
    candidate(page, /^Cleaned float|^Mix 3/).and(page.locator('[aria-selected="true"]')),
  ).toHaveCount(1);
  await expect(
    page.locator('caliper-front').getByRole('option').and(page.locator('[tabindex="0"]')),
  ).toHaveCount(1);
});

test('saves, compares and goes on from a candidate', async ({ subject, page }) => {
  const searched = makeSearched(rows);
  await subject.open('comparison', {
    comparison: () => searched,
    candidateLayers: () => searched.comparison,
    saveCandidate: () => ({ path: '/models/other.onnx' }),
    compareCandidates: () => null,
    continueSearch: () => ({
      ...searched,
      comparison: {
        ...searched.comparison,
        search: { ...makeSearched(rows).comparison.search, notes: ['Went on.'] } as never,
      },
    }),
    ...BESIDE,
  });
  await candidate(page, /^Mix 2/).click();
  await page.getByRole('button', { name: 'Save…' }).click();
  await page.getByRole('combobox', { name: 'with' }).selectOption('int8, every layer');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect.poll(() => subject.asked('saveCandidate')).toEqual([{ id: 'mix-2' }]);
  await expect
    .poll(() => subject.asked('compareCandidates'))
    .toEqual([{ before: 'int8-all', after: 'mix-2' }]);
  await page.getByRole('button', { name: 'Search On From Here' }).click();
  await expect.poll(() => subject.asked('continueSearch')).toEqual([{ id: 'mix-2' }]);
  await expect(page.getByText('Went on.')).toBeVisible();
});

test('another limit chooses another candidate, and says so', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeSearched(rows), ...BESIDE });
  await page.getByLabel('At most').fill('4');
  await page.getByLabel('At most').press('Enter');
  await expect(candidate(page, /^int8, every layer.*the fastest within the limit$/)).toHaveAttribute(
    'aria-selected',
    'true',
  );
  await page.getByLabel('At most').fill('0');
  await page.getByLabel('At most').press('Enter');
  await expect(candidate(page, /^Mix 2.*the fastest within the limit$/)).toBeVisible();
  await expect(page.getByText(/^Mix 2 is the fastest found within 0 points of top-1/)).toBeVisible();
});

test('shows candidates by another figure, where one tells them apart better', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeSearched(rows), ...BESIDE });
  await page.getByLabel('Shown by').selectOption('SQNR, dB');
  await expect(
    page.getByRole('listbox', { name: /^SQNR, dB against latency of 6 candidates/ }),
  ).toBeVisible();
  await expect(page.locator('caliper-front .limit')).toHaveCount(0);
  await page.getByLabel('Shown by').selectOption('Agreement with the original');
  await expect(page.getByRole('listbox', { name: /^Agreement/ })).toBeVisible();
  await page.getByLabel('Shown by').selectOption('Top-1 accuracy');
  await expect(page.locator('caliper-front .limit')).toHaveCount(1);
});

test('says in the headline that the cleaned float is best to keep', async ({ subject, page }) => {
  const headline = 'Keep the cleaned float: nothing is faster here within that limit (1 point of top-1).';
  await subject.open('comparison', {
    comparison: () => makeSearched(rows, { chosen: 'cleaned', headline }),
    ...BESIDE,
  });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(headline);
});

test('has all of it as a table, and nothing to save when the files are gone or nothing runs', async ({
  subject,
  page,
}) => {
  const searched = { ...makeSearched(rows), keepsCandidates: false };
  await subject.open('comparison', { comparison: () => searched, ...BESIDE });
  await page.getByText('All candidates as a table').click();
  const table = page.locator('caliper-candidates table.all');
  await expect(table.getByRole('row')).toHaveCount(7);
  await expect(table.getByRole('row', { name: /^Mix 1/ })).toContainText('0.5 points of top-1 lost');
  await table.getByRole('button', { name: 'Mix 3' }).click();
  await expect(page.getByRole('region', { name: 'Candidate Mix 3' })).toContainText(
    'search again to save one',
  );
  await expect(page.getByRole('button', { name: 'Save…' })).toHaveCount(0);
  expect(subject.asked('candidateLayers')).toEqual([]);
});

test('candidates without labels stand by their noise, with those that lose nothing above', async ({
  subject,
  page,
}) => {
  const searched = makeSearched(rows);
  const search = searched.comparison.search;
  if (search === undefined) throw new Error('no search');
  const candidates = search.candidates.map((one) => ({
    ...one,
    accuracy: one.accuracy && {
      samples: 8,
      data: 'random',
      sqnrDb: one.accuracy.sqnrDb,
      identical: false,
      top1Agreement: null,
    },
  }));
  searched.comparison.search = { ...search, measure: 'SQNR', candidates };
  await subject.open('comparison', { comparison: () => searched, ...BESIDE });
  await expect(page.getByRole('listbox', { name: /^SQNR, dB against latency/ })).toBeVisible();
  await expect(page.getByLabel('At most')).toBeDisabled();
  await expect(candidate(page, /^int8, every layer.*16\.2 dB.*beyond the limit$/)).toBeVisible();
});

test('names the layers that lose most, and why', async ({ subject, page }) => {
  await page.setViewportSize({ width: 700, height: 900 });
  await subject.open('comparison', { comparison: () => makeSearched(rows), ...BESIDE });
  const layers = page.locator('caliper-sensitive').getByRole('row');
  await expect(layers).toHaveCount(3);
  await expect(layers.nth(1)).toContainText('17.3 dB');
  await expect(layers.nth(1)).toContainText('71.0 %');
  await expect(layers.nth(1)).toContainText('channel 12 reaches 48.2');
  await expect(layers.nth(2)).toContainText('nothing special');
  await layers.nth(2).scrollIntoViewIfNeeded();
  await page.screenshot({ path: 'out/screenshots/sensitive-700.png' });
});

test('names them where everything was quantized, too', async ({ subject, page }) => {
  const all = makeComparison(rows);
  const comparison = { ...all.comparison, sensitivity: SENSITIVE };
  await subject.open('comparison', { comparison: () => ({ ...all, comparison }), ...BESIDE });
  await expect(page.locator('caliper-sensitive').getByRole('row')).toHaveCount(3);
  await expect(page.locator('caliper-candidates')).toHaveCount(0);
});

test('no search goes on from what is no mix', async ({ subject, page }) => {
  const searched = makeSearched(rows);
  const { search } = searched.comparison;
  if (search === undefined) throw new Error('The fixture is of a search.');
  const candidates = search.candidates.map((one) =>
    one.id === 'mix-1' ? { ...one, stored: true as const } : one,
  );
  searched.comparison.search = { ...search, candidates };
  await subject.open('comparison', {
    comparison: () => searched,
    candidateLayers: () => searched.comparison,
    ...BESIDE,
  });
  await candidate(page, /^Mix 2/).click();
  await expect(page.getByRole('button', { name: 'Search On From Here' })).toHaveCount(1);
  await candidate(page, /^Mix 1/).click();
  await expect(page.getByRole('button', { name: 'Save…' })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Search On From Here' })).toHaveCount(0);
});

for (const theme of ['dark', 'light', 'high-contrast'] as ThemeName[]) {
  test(`looks right in ${theme}`, async ({ subject, page }) => {
    await page.setViewportSize({ width: 1200, height: 1000 });
    const searched = makeSearched(rows);
    await subject.open(
      'comparison',
      { comparison: () => searched, candidateLayers: () => searched.comparison, ...BESIDE },
      theme,
    );
    await candidate(page, /^Mix 2/).click();
    await candidate(page, /^Mix 1/).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('caliper-sensitive').scrollIntoViewIfNeeded();
    await page.screenshot({ path: `out/screenshots/search-${theme}.png` });
    const labels = page.locator('caliper-front .label');
    const boxes = await labels.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
  });
}
