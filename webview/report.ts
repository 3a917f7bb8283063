import { mount } from './base/mount';
import { answersOf } from './report/answers';
import { applyTheme } from './report/applyTheme';
import { BoardBar } from './report/boardBar';
import { addIcons } from './report/icons';
import { readPayload } from './report/payload';
import { connectReport } from './report/reportHost';

applyTheme();
const { data, icons } = await readPayload();
let bar: BoardBar | null = null;
// Pages ask for their host when they are loaded, so it is there before they are.
connectReport(answersOf(data, { place: () => bar?.place ?? 0, show: (place) => bar?.show(place) }));
await addIcons(icons);
if (data.page === 'model') {
  await import('./model/page');
  mount('caliper-model-page');
} else {
  await import('./comparison/page');
  if (data.page === 'comparison') mount('caliper-comparison-page');
  else {
    await import('./board/page');
    bar = new BoardBar(data);
  }
}
