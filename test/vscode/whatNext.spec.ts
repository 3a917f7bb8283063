import { expect, openFile, ROOT, SAMPLE, test, webview } from './workbench';

// An editor of its own: the page remembers the layer that another test selected, and tells of it.
test.use({ options: { development: ROOT } });

test('the page says what to do next, and shows the memory over time', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('50 images lie in shapes/calibration beside the model')).toBeVisible();
  await screenshot('what-next');
  // While the pointer is on the chart, the line tells of the layer below it, and the chart comes where the button is: so
  // the pointer is elsewhere before there is a chart, and the button is pressed by key.
  await page.locator('.statusbar').hover({ position: { x: 2, y: 2 } });
  await frame.getByRole('button', { name: 'Show the memory' }).press('Enter');
  const chart = frame.getByRole('slider', { name: 'Live activation memory over the layers' });
  await expect(chart).toBeVisible();
  await expect(frame.getByText(/Peak 885 kB at .*2 tensors live then/)).toBeVisible();
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
