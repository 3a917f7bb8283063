import { expect, openFile, SAMPLE, test, webview } from './workbench';

test('the page says what to do next, and shows the memory over time', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('50 images lie in shapes/calibration beside the model')).toBeVisible();
  await screenshot('what-next');
  await frame.getByRole('button', { name: 'Show the memory' }).click();
  const chart = frame.getByRole('slider', { name: 'Live activation memory over the layers' });
  await expect(chart).toBeVisible();
  // While the pointer is on the chart, the line tells of the layer below it. It lies where the button was, and that a
  // chart came below it is noticed late, so it is led away until the line is of the peak.
  await expect(async () => {
    await frame.getByRole('tab', { name: 'Memory over time' }).hover();
    await expect(frame.getByText(/Peak 885 kB at .*2 tensors live then/)).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(frame.getByRole('region', { name: 'Details of the layer' })).toContainText('Conv');
  await screenshot('memory');
});

test('the memory of a TensorFlow Lite model shows the places in its arena', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, 'shapes_mobilenetv2.tflite');
  const frame = webview(page);
  await frame.getByRole('tab', { name: 'Memory over time' }).click();
  await frame.getByRole('button', { name: 'Places in the arena' }).click();
  await expect(frame.locator('caliper-memory-chart .place')).toBeVisible();
  await screenshot('arena');
});
