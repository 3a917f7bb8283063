/** Interleaved RGB pixels, 8 bits each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A part of the picture that resizing to `width` x `height` would give. */
export interface Window {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly windowWidth: number;
  readonly windowHeight: number;
}

/**
 * Resizes bilinearly with antialiasing: a triangle filter, as wide as the pixels that fall onto one. Only the
 * window is computed. Values are rounded to 8 bits once, at the end.
 */
export function resample(source: Pixels, to: Window): Pixels {
  const columns = taps(source.width, to.width, to.left, to.windowWidth);
  const rows = taps(source.height, to.height, to.top, to.windowHeight);
  const first = rows.length === 0 ? 0 : Math.min(...rows.map((tap) => tap.start));
  const last = Math.max(...rows.map((tap) => tap.start + tap.weights.length));
  const narrow = resampleRows(source, columns, first, last);
  const stride = columns.length * 3;
  const data = new Uint8Array(rows.length * stride);
  const sums = new Float64Array(stride);
  for (const [y, tap] of rows.entries()) {
    sums.fill(0);
    for (const [k, weight] of tap.weights.entries()) {
      const from = (tap.start - first + k) * stride;
      for (let i = 0; i < stride; i++)
        sums[i] = (sums[i] ?? Number.NaN) + weight * (narrow[from + i] ?? Number.NaN);
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = Math.floor((sums[i] ?? 0) + 0.5);
  }
  return { width: columns.length, height: rows.length, data };
}

/** Source rows `first` to `last` made as wide as the window. */
function resampleRows(source: Pixels, columns: readonly Tap[], first: number, last: number): Float32Array {
  const result = new Float32Array((last - first) * columns.length * 3);
  let at = 0;
  for (let y = first; y < last; y++) {
    for (const { start, weights } of columns) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let from = (y * source.width + start) * 3;
      for (let k = 0; k < weights.length; k++) {
        const weight = weights[k] ?? Number.NaN;
        red += weight * (source.data[from++] ?? Number.NaN);
        green += weight * (source.data[from++] ?? Number.NaN);
        blue += weight * (source.data[from++] ?? Number.NaN);
      }
      result[at++] = red;
      result[at++] = green;
      result[at++] = blue;
    }
  }
  return result;
}

interface Tap {
  readonly start: number;
  /** They sum to 1. */
  readonly weights: Float64Array;
}

function taps(sourceSize: number, size: number, from: number, count: number): Tap[] {
  const scale = sourceSize / size;
  // Enlarging interpolates between neighbours; reducing averages over all pixels that fall onto one.
  const radius = Math.max(1, scale);
  return Array.from({ length: count }, (_, index) => {
    const centre = (from + index + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - radius + 0.5));
    const end = Math.min(sourceSize, Math.floor(centre + radius + 0.5));
    const weights = new Float64Array(end - start);
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      const weight = Math.max(0, 1 - Math.abs(start + k + 0.5 - centre) / radius);
      weights[k] = weight;
      sum += weight;
    }
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}
