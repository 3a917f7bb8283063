/**
 * Chromium lays out no element higher than 2^25 px (33.5 million) and loses precision before: a list that would be
 * higher gets a shorter track, on which the rows move proportionally.
 */
export const MAX_TRACK = 15_000_000;

/** Rows outside the viewport that are drawn too, so that a fast scroll shows no gap. */
const OVERSCAN = 8;

export interface VisibleWindow {
  /** Height of the track that the scroll bar stands for. */
  track: number;
  /** First row that is drawn, and the one after the last. */
  first: number;
  end: number;
  /** Where the first drawn row is, in pixels from the track's top. */
  top: number;
}

/** Which of `count` rows of one height are drawn when the list is scrolled to `scrollTop`. */
export function visibleWindow(
  count: number,
  rowHeight: number,
  viewport: number,
  scrollTop: number,
): VisibleWindow {
  const height = count * rowHeight;
  const track = Math.min(height, MAX_TRACK);
  const position = scrollTop * scale(height, track, viewport);
  const first = Math.max(0, Math.min(count, Math.floor(position / rowHeight)) - OVERSCAN);
  const end = Math.min(count, Math.ceil((position + viewport) / rowHeight) + OVERSCAN);
  return { track, first, end, top: first * rowHeight - position + scrollTop };
}

/** The scroll position that shows a row wholly, moving as little as possible. */
export function scrollTopFor(
  row: number,
  count: number,
  rowHeight: number,
  viewport: number,
  scrollTop: number,
): number {
  const height = count * rowHeight;
  const ratio = scale(height, Math.min(height, MAX_TRACK), viewport);
  const position = scrollTop * ratio;
  const top = row * rowHeight;
  if (top < position) return top / ratio;
  if (top + rowHeight > position + viewport) return (top + rowHeight - viewport) / ratio;
  return scrollTop;
}

/** Pixels of the list for a pixel of the track. */
function scale(height: number, track: number, viewport: number): number {
  return track > viewport && height > track ? (height - viewport) / (track - viewport) : 1;
}
