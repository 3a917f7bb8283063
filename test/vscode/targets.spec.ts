import { expect, openFile, test, webview } from './workbench';

test('a model’s page says where its layers would run, in a panel and by colours', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, 'shapes_mobilenetv2.tflite');
  const frame = webview(page);
  await frame.getByRole('tab', { name: 'Targets' }).click();
  const panel = frame.locator('caliper-targets');
  await panel.getByRole('combobox', { name: 'Deployment target' }).selectOption('XNNPACK in LiteRT');
  await expect(panel.getByRole('status')).toHaveText(/^69 of 69 layers run on XNNPACK/);
  await panel.getByRole('combobox', { name: 'Deployment target' }).selectOption('TensorFlow Lite Micro');
  await expect(panel.getByRole('row', { name: /^stm32h743 fits/ })).toBeVisible();
  await screenshot('targets');
  await panel.getByRole('combobox', { name: 'Deployment target' }).selectOption('Edge TPU');
  await expect(panel.getByText('Quantize the whole model to int8, inputs and outputs too.')).toBeVisible();
  await frame.getByRole('tab', { name: 'Map' }).click();
  await frame.getByRole('button', { name: 'By target' }).click();
  await expect(frame.getByRole('group', { name: 'Where layers run: Edge TPU' })).toBeVisible();
  await screenshot('targets-map');
  // The editor is shared, and remembers what its page shows.
  await frame.getByRole('button', { name: 'By target' }).click();
});
