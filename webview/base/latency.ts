import { formatMs, UNKNOWN } from '../../src/protocol/numbers';
import type { RowMark } from '../../src/protocol/reports';

/** A layer's latency in a cell, or where it went; `name` gives the layer's short name, or words as they are. */
export function latencyText(
  latency: { readonly medianMs: number | null; readonly fusedInto?: string | undefined } | null | undefined,
  mark: RowMark | undefined,
  name: (fusedInto: string) => string,
): string {
  const { medianMs = null, fusedInto } = latency ?? {};
  if (medianMs !== null) return `${mark === undefined ? '' : '≈ '}${formatMs(medianMs)}`;
  return fusedInto === undefined ? UNKNOWN : name(fusedInto);
}
