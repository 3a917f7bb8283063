/** A circle with a text beside it. */
export interface Marked {
  cx: number;
  cy: number;
  radius: number;
  text: string;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Of the labels' font, bold, 11 px. */
const CHARACTER = 6.9;
const LINE = 14;
const GAP = 4;

/**
 * Where the texts go so that they hide neither one another nor a circle: above, below, to the right or the left of
 * their own, or further away. Gives each text's box, inside `bounds` as far as it can be.
 */
export function placeLabels(marked: readonly Marked[], bounds: Box): Box[] {
  const taken: Box[] = marked.map(({ cx, cy, radius }) => ({
    left: cx - radius,
    right: cx + radius,
    top: cy - radius,
    bottom: cy + radius,
  }));
  return marked.map(({ cx, cy, radius, text }) => {
    const width = text.length * CHARACTER;
    const at = (left: number, top: number): Box => ({ left, right: left + width, top, bottom: top + LINE });
    const away = [0, 1, 2, 3].map((distance) => radius + GAP + distance * (LINE + 2));
    // Above and below first: the interval's line lies to the right and the left.
    const candidates = [
      ...away.flatMap((gap) => [at(cx - width / 2, cy - gap - LINE), at(cx - width / 2, cy + gap)]),
      ...away.flatMap((gap) => [at(cx + gap, cy - LINE / 2), at(cx - gap - width, cy - LINE / 2)]),
    ];
    const free = candidates.find((box) => within(box, bounds) && !taken.some((other) => overlap(box, other)));
    const box = free ?? candidates[0] ?? at(cx, cy);
    taken.push(box);
    return box;
  });
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function within(box: Box, bounds: Box): boolean {
  return (
    box.left >= bounds.left &&
    box.right <= bounds.right &&
    box.top >= bounds.top &&
    box.bottom <= bounds.bottom
  );
}
