import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InspectReport } from '../../src/protocol/reports';
import { answerDialog, expect, openFile, ROOT, runCommand, test, webview } from './workbench';

const MODEL = 'shapes_mobilenetv2.tflite';

/** What benchmark_model prints of the model's nodes. */
function measuredText(model: string): string {
  const inspect = [path.join(ROOT, 'dist', 'cli.js'), 'inspect', model, '--json'];
  const { layers, fileBytes }: InspectReport = JSON.parse(
    execFileSync(process.execPath, inspect, { encoding: 'utf8' }),
  );
  const rows = layers.map(({ op, outputs }, index) => {
    const title = outputs.map(({ name }) => name).join(', ');
    return `\t${op}\t0.120\t0.1${index + 10}\t1.000%\t1.000%\t0.000\t1\t[${title}]:${index}`;
  });
  return [
    `The input model file size (MB): ${fileBytes / 1e6}`,
    'Inference timings in us: Init: 32163, First inference: 19834, Warmup (avg): 15997.4, Inference (avg): 15517.6',
    'Operator-wise Profiling Info for Regular Benchmark Runs:',
    '============================== Run Order ==============================',
    '\t[node type]\t[first]\t[avg ms]\t[%]\t[cdf%]\t[mem KB]\t[times called]\t[Name]',
    ...rows,
    '',
  ].join('\n');
}

test('what a phone measured stands in the table, after a file and a name were given', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const measured = path.join(folder, 'pixel8.txt');
  writeFileSync(measured, measuredText(path.join(folder, MODEL)));
  await openFile(page, MODEL);
  const frame = webview(page);
  await expect(frame.getByRole('heading', { name: MODEL })).toBeVisible();
  await runCommand(page, 'Model Caliper: Import Measurements…');
  await answerDialog(page, measured);
  const name = page.locator('.quick-input-widget:visible input');
  await expect(page.getByText('What the device is called')).toBeVisible();
  await name.fill('Pixel 8');
  await page.keyboard.press('Enter');
  await expect(frame.getByRole('columnheader', { name: 'Latency, Pixel 8', exact: true })).toBeVisible();
  const section = frame.getByRole('region', { name: 'Measured on Pixel 8' });
  await expect(section).toContainText('15.5 ms average');
  await screenshot('imported');
});
