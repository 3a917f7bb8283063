import { expect, it } from 'vitest';
import { overlap, placeLabels } from '../../webview/comparison/labels';
import { random } from '../ui/fixtures';

it('labels hide neither one another nor a circle, wherever three models lie', () => {
  const bounds = { left: 60, right: 600, top: 10, bottom: 240 };
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    // Near one another, as models are whose latencies hardly differ.
    const [x, y] = [140 + next() * 360, 60 + next() * 120];
    const marked = ['Original', 'Cleaned float', 'Result'].map((text) => ({
      text,
      cx: x + next() * 40,
      cy: y + next() * 20,
      radius: 4 + next() * 11,
    }));
    const labels = placeLabels(marked, bounds);
    for (const [place, label] of labels.entries()) {
      for (const [other, box] of labels.entries()) {
        if (other !== place) expect(overlap(label, box), `labels, seed ${seed}`).toBe(false);
      }
      for (const { cx, cy, radius } of marked) {
        const circle = { left: cx - radius, right: cx + radius, top: cy - radius, bottom: cy + radius };
        expect(overlap(label, circle), `circle, seed ${seed}`).toBe(false);
      }
    }
  }
});
