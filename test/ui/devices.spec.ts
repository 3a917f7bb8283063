import type { Page } from '@playwright/test';
import { itemAt } from '../../src/model/assert';
import type { DeviceChoice } from '../../src/protocol/devices';
import type { ProfileReport } from '../../src/protocol/reports';
import type { ThemeName } from '../../webview/report/themes';
import { makeDevices, makeOpened, makeProfile, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

/** Where a latency is measured is chosen beside the button that measures it; figures of devices stay apart. */

const rows = makeRows(12);
const PHONE = itemAt(makeDevices().devices, 1);

function onPhone(): ProfileReport {
  const profile = makeProfile(rows);
  return {
    ...profile,
    engine: 'LiteRT benchmark_model, GPU delegate',
    cpu: 'Tensor G3',
    device: PHONE,
    latencyMs: { median: 7.5, p90: null, ci95: [7.2, 7.8] },
    layers: profile.layers.map(({ id, name, op }, index) =>
      index === 0
        ? { ...(id === undefined ? {} : { id }), name, op, medianMs: 0.625, share: null }
        : {
            ...(id === undefined ? {} : { id }),
            name,
            op,
            medianMs: null,
            share: null,
            fusedInto: 'in the delegate',
          },
    ),
    added: [],
  };
}

function picker(page: Page, name: string) {
  return page.locator('caliper-device-picker').getByRole('button', { name });
}

function item(page: Page, name: string | RegExp) {
  return page.getByRole('menuitemcheckbox', { name });
}

test('a device is chosen, remembered, and measured on', async ({ subject, page }) => {
  await subject.open('model', { ...modelAnswers(rows), profile: onPhone });
  await picker(page, 'This computer').click();
  await expect(item(page, /Pixel 8.*Tensor G3 · Android 16/)).toBeVisible();
  await expect(item(page, /Raspberry Pi 5/)).toBeVisible();
  await item(page, /Pixel 8/).click();
  const chosen: DeviceChoice = { id: '28121FDH2000AB', delegate: 'xnnpack', name: 'Pixel 8' };
  await expect.poll(() => subject.asked('chooseDevice')).toEqual([{ device: chosen }]);
  await expect(picker(page, 'Pixel 8')).toBeVisible();
  await page.getByRole('button', { name: 'Profile options' }).click();
  await page.getByLabel('On Pixel 8 by').selectOption('gpu');
  await page.locator('caliper-profile-form').getByRole('button', { name: 'Profile', exact: true }).click();
  await expect.poll(() => subject.asked('profile')).toHaveLength(1);
  expect(subject.asked('profile')[0]).toMatchObject({ device: { ...chosen, delegate: 'gpu' } });
  const card = page.getByRole('region', { name: 'Latency' });
  await expect(card).toContainText('on Pixel 8');
  await expect(card).not.toContainText('p90');
});

test('a device that cannot be used says what to do', async ({ subject, page }) => {
  await subject.open('model', modelAnswers(rows));
  await picker(page, 'This computer').click();
  await item(page, /R58N.*unauthorized/).click();
  await expect(page.getByText('unlock it and allow USB debugging there')).toBeVisible();
  expect(subject.asked('chooseDevice')).toEqual([]);
  await expect(picker(page, 'This computer')).toBeVisible();
});

test('why there are no phones is said where somebody asks', async ({ subject, page }) => {
  const problem = 'adb, which reaches Android phones, was not found: install it.';
  await subject.open('model', {
    ...modelAnswers(rows),
    devices: () => ({ version: 1, devices: [], problems: [problem] }),
  });
  await picker(page, 'This computer').click();
  await page.getByRole('menuitem', { name: 'Android phones…' }).click();
  await expect(page.getByText(problem)).toBeVisible();
});

test('latencies of two devices stand side by side, each named', async ({ subject, page }) => {
  const profile = makeProfile(rows);
  await subject.open('model', {
    ...modelAnswers(rows),
    open: () => ({ ...makeOpened(rows), profile, otherProfiles: [onPhone()] }),
  });
  const column = (name: string) => page.getByRole('columnheader', { name, exact: true });
  await expect(column('Latency, this computer')).toBeVisible();
  await expect(column('Latency, Pixel 8')).toHaveCount(1);
  await expect(page.getByRole('row').nth(1)).toContainText('0.625 ms');
  await expect(page.getByRole('row').nth(2)).toContainText('in the delegate');
  const card = page.getByRole('region', { name: 'Latency' });
  await expect(card).toContainText('on this computer');
  await expect(card).toContainText('Pixel 8: 7.50 ms ± 0.300 ms');
});

test('a profile on another device puts the one before beside it', async ({ subject, page }) => {
  const here = makeProfile(rows);
  await subject.open('model', {
    ...modelAnswers(rows, { ...makeOpened(rows), profile: here }),
    profile: onPhone,
  });
  const column = (name: string) => page.getByRole('columnheader', { name, exact: true });
  await expect(column('Latency')).toBeVisible();
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(column('Latency, Pixel 8')).toBeVisible();
  await expect(column('Latency, this computer')).toHaveCount(1);
});

test('this computer is offered where a device failed', async ({ subject, page }) => {
  const chosen: DeviceChoice = { id: '28121FDH2000AB', delegate: 'xnnpack', name: 'Pixel 8' };
  const opened = makeOpened(rows);
  await subject.open('model', {
    ...modelAnswers(rows, { ...opened, measure: { ...opened.measure, device: chosen } }),
    profile: ({ device }) => {
      if (device) throw new Error('Pixel 8 was unplugged while it was measured.');
      return makeProfile(rows);
    },
  });
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(page.getByText('Pixel 8 was unplugged')).toBeVisible();
  await page.getByRole('button', { name: 'Use This Computer' }).click();
  await expect(page.getByRole('region', { name: 'Latency' })).toContainText('p90');
  await expect(picker(page, 'This computer')).toBeVisible();
  expect(subject.asked('profile')).toMatchObject([{ device: chosen }, { device: null }]);
  await expect(page.getByText('Pixel 8 was unplugged')).toBeHidden();
});

test('the form of quantizing says where the latency is measured', async ({ subject, page }) => {
  const opened = makeOpened(rows);
  const device: DeviceChoice = { id: '28121FDH2000AB', delegate: 'xnnpack', name: 'Pixel 8' };
  await subject.open('model', modelAnswers(rows, { ...opened, measure: { ...opened.measure, device } }));
  await page.getByRole('button', { name: 'Quantize…' }).click();
  await expect(
    page.getByText('Latency is measured on Pixel 8; change it beside Profile Latency.'),
  ).toBeVisible();
});

test('a signature is chosen for a profile', async ({ subject, page }) => {
  const opened = makeOpened(rows);
  const signatures = ['serving', 'encode'].map((name) => ({ name, graph: name, inputs: [], outputs: [] }));
  await subject.open('model', {
    ...modelAnswers(rows, { ...opened, report: { ...opened.report, signatures } }),
    profile: () => makeProfile(rows),
  });
  await page.getByRole('button', { name: 'Profile options' }).click();
  await page.getByLabel('Signature').selectOption('encode');
  await page.locator('caliper-profile-form').getByRole('button', { name: 'Profile', exact: true }).click();
  await expect.poll(() => subject.asked('profile')).toMatchObject([{ signature: 'encode' }]);
});

const LOOKS: readonly [ThemeName, number][] = [
  ['dark', 1280],
  ['high-contrast', 1280],
  ['light', 700],
];
for (const [theme, width] of LOOKS)
  test(`the picker in ${theme}, ${width} px wide`, async ({ subject, page }, info) => {
    await page.setViewportSize({ width, height: 720 });
    await subject.open('model', modelAnswers(rows), theme);
    await picker(page, 'This computer').click();
    const phone = item(page, /Pixel 8/);
    await expect(phone).toBeVisible();
    const box = await phone.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    await page.screenshot({ path: info.outputPath('picker.png') });
  });
