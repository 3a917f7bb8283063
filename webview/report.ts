import { mount } from './base/mount';
import { answersOf } from './report/answers';
import { applyTheme } from './report/applyTheme';
import { showComparisons } from './report/chooser';
import { addIcons } from './report/icons';
import { readPayload } from './report/payload';
import { connectReport } from './report/reportHost';

applyTheme();
const { data, icons } = await readPayload();
let shown = 0;
// Pages ask for their host when they are loaded, so it is there before they are.
connectReport(answersOf(data, () => shown));
await addIcons(icons);
if (data.page === 'model') {
  await import('./model/page');
  mount('caliper-model-page');
} else {
  await import('./comparison/page');
  showComparisons(data, (place) => {
    shown = place;
  });
}
