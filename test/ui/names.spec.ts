import { BESIDE, makeComparison, makeProfile, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

for (const width of [500, 700, 1400]) {
  test(`tiles say which block a layer is in, and which layer: ${width} px`, async ({ subject, page }) => {
    await page.setViewportSize({ width, height: 900 });
    const rows = makeRows(60);
    await subject.open('model', modelAnswers(rows));
    const labels = page.locator('caliper-treemap .label');
    await expect(labels.first()).toBeVisible();
    const texts = (await labels.allTextContents()).filter((text) => text !== '');
    expect(texts.length).toBeGreaterThan(width / 100);
    expect(new Set(texts).size).toBe(texts.length);
    // In small tiles words are letters, but no number is ever cut off.
    for (const text of texts) expect(text).toMatch(/^(features\.\d\/conv\.\d\/Conv|f\.\d\/c\.\d\/C)$/);
    const cut = await labels.evaluateAll(
      (all) =>
        all.filter((one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth)
          .length,
    );
    expect(cut).toBe(0);
    // The whole name is where one points.
    const tile = page.locator('caliper-treemap button').first();
    await expect(tile).toHaveAttribute('title', /^\/features\/features\.\d\/conv\.\d\/Conv/);
  });
}

for (const width of [500, 700, 1400]) {
  test(`rows of a narrow table show what differs: ${width} px`, async ({ subject, page }) => {
    await page.setViewportSize({ width, height: 900 });
    const rows = makeRows(60);
    for (const row of rows) row.name = `/model/backbone/stages/${row.name.slice('/features/'.length)}`;
    await subject.open('model', modelAnswers(rows));
    const cell = page.locator('caliper-layers .row').first().getByRole('gridcell').first();
    await expect(cell).toHaveAttribute(
      'title',
      '/model/backbone/stages/features.0/conv.0/Conv\nCtrl+C copies the row',
    );
    // Copied with the mouse, it is the whole name.
    await expect(cell).toHaveText('/model/backbone/stages/features.0/conv.0/Conv');
    const telling = cell.locator('.telling');
    await expect(telling).toHaveText('features.0/conv.0/Conv');
    const whole = await telling.locator('.start').evaluate((part) => part.scrollWidth <= part.clientWidth);
    expect(whole).toBe(true);
  });
}

test('where even what differs is too long, its number is seen', async ({ subject, page }) => {
  await page.setViewportSize({ width: 500, height: 900 });
  const rows = makeRows(40);
  rows.forEach((row, index) => {
    const branch = index < 20 ? 'then' : 'else';
    row.name = `/a_long_name_of_an_inlined_${branch}_branch/decoder/rnn/${index % 2 ? 'Add' : 'Constant'}_${index}`;
  });
  await subject.open('model', modelAnswers(rows));
  const cell = page.locator('caliper-layers .row').nth(7).getByRole('gridcell').first();
  await expect(cell.locator('.end')).toHaveText('/Add_7');
  const seen = await cell.locator('.end').evaluate((part) => {
    const [inner, outer] = [part, part.closest('.cell')].map((one) => one?.getBoundingClientRect());
    return inner !== undefined && outer !== undefined && inner.right <= outer.right && inner.width > 10;
  });
  expect(seen).toBe(true);
  await expect(cell).toHaveText(String(rows[7]?.name));
});

test('a layer that is folded into another is led to by a name that tells it apart', async ({
  subject,
  page,
}) => {
  const rows = makeRows(60);
  await subject.open('model', { ...modelAnswers(rows), profile: () => makeProfile(rows) });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(page.getByRole('button', { name: 'in features.1/conv.0/Conv', exact: true })).toBeVisible();
});

test('a comparison names layers the same way', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...BESIDE });
  await page.getByRole('button', { name: /folded and converting/ }).click();
  await page.getByRole('searchbox', { name: 'Search layers' }).fill('features.0/conv.1/');
  const row = page.locator('caliper-grid .row').filter({ hasText: 'features.0/conv.1/Clip' }).first();
  await expect(row.getByText('into features.0/conv.0/Conv', { exact: true })).toBeVisible();
  await expect(row.locator('.telling')).toHaveText('features.0/conv.1/Clip');
});
