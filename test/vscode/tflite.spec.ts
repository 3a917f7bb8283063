import { expect, openFile, test, webview } from './workbench';

const MODEL = 'shapes_mobilenetv2.tflite';

test('a TensorFlow Lite model shows what its layers cost', async ({ page, bench: { screenshot } }) => {
  await openFile(page, MODEL);
  const frame = webview(page);
  await expect(frame.getByRole('heading', { name: MODEL })).toBeVisible();
  await expect(frame.getByText(/^arena /)).toBeVisible();
  const layer = frame.getByText('DEPTHWISE_CONV_2D', { exact: true }).first();
  await layer.click();
  await expect(frame.getByText('fused_activation_function').first()).toBeVisible();
  await screenshot('tflite');
});
