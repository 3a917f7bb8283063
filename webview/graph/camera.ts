/** Which part of a picture is seen: `x` and `y` of the picture are at the view's left and top. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  /** Pixels of the view for one of the picture. */
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MIN_ZOOM = 0.01;
const MAX_ZOOM = 3;
/** Around a picture that is fitted. */
const MARGIN = 16;
/** Names can be read at this zoom and above. */
export const READABLE = 0.45;

/** All of a picture. */
export function fit(picture: Size, view: Size): Camera {
  const wide = (view.width - 2 * MARGIN) / Math.max(1, picture.width);
  const high = (view.height - 2 * MARGIN) / Math.max(1, picture.height);
  return centred(picture, view, clamp(Math.min(1, wide, high)), null);
}

/** The beginning of a picture, large enough to be read. */
export function begin(picture: Size, view: Size): Camera {
  const whole = fit(picture, view);
  if (whole.zoom >= READABLE) return whole;
  const wide = (view.width - 2 * MARGIN) / Math.max(1, picture.width);
  return centred(picture, view, Math.min(1, Math.max(READABLE, wide)), MARGIN);
}

/** The same with a point of the view staying where it is. */
export function zoomAt({ x, y, zoom }: Camera, factor: number, at: { x: number; y: number }): Camera {
  const next = clamp(zoom * factor);
  return { x: x + at.x / zoom - at.x / next, y: y + at.y / zoom - at.y / next, zoom: next };
}

/** A box in the middle of the view; of one that is larger, its beginning. */
export function centre(camera: Camera, view: Size, [left, top, width, height]: readonly number[]): Camera {
  const zoom = Math.max(camera.zoom, READABLE);
  const [w, h] = [view.width / zoom, view.height / zoom];
  return {
    x: (left ?? 0) + (width ?? 0) / 2 - w / 2,
    y: (top ?? 0) + Math.min(height ?? 0, h / 2) / 2 - h / 2,
    zoom,
  };
}

/**
 * What is in the middle stays there when the view's size changes; from top to bottom only where something is `held`,
 * since the beginning of a picture is wanted at the top otherwise.
 */
export function resized(camera: Camera, before: Size, view: Size, held: boolean): Camera {
  const { x, y, zoom } = camera;
  return {
    x: x + (before.width - view.width) / 2 / zoom,
    y: held ? y + (before.height - view.height) / 2 / zoom : y,
    zoom,
  };
}

/** Moves as little as it must for a box to be seen whole with something around it. */
export function reveal(camera: Camera, view: Size, [left, top, width, height]: readonly number[]): Camera {
  const zoom = Math.max(camera.zoom, READABLE);
  const [w, h] = [view.width / zoom, view.height / zoom];
  const [x, y] =
    zoom === camera.zoom
      ? [camera.x, camera.y]
      : [(left ?? 0) + (width ?? 0) / 2 - w / 2, (top ?? 0) - h / 3];
  const pad = 40 / zoom;
  return {
    x: within(x, (left ?? 0) - pad, (left ?? 0) + (width ?? 0) + pad, w),
    y: within(y, (top ?? 0) - pad, (top ?? 0) + Math.min(height ?? 0, h / 2) + pad, h),
    zoom,
  };
}

function within(from: number, low: number, high: number, length: number): number {
  if (high - low > length) return low;
  if (low < from) return low;
  return high > from + length ? high - length : from;
}

function centred(picture: Size, view: Size, zoom: number, top: number | null): Camera {
  return {
    x: picture.width / 2 - view.width / 2 / zoom,
    y: top === null ? picture.height / 2 - view.height / 2 / zoom : -top / zoom,
    zoom,
  };
}

function clamp(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
