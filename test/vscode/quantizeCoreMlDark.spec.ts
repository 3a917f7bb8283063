import { quantizeByMouse } from './quantizeCoreMl';
import { ROOT, test } from './workbench';

test.use({ options: { development: ROOT, settings: { 'workbench.colorTheme': 'Default Dark Modern' } } });

test('a Core ML package is quantized by mouse, saved and compared', async ({ page, bench, folder }) => {
  await quantizeByMouse(page, bench, folder, 'dark');
});
