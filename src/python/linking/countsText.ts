import { formatInteger } from '../../protocol/numbers';
import { code } from '../hover/markdown';
import { type Counts, layerCounts } from './counts';
import { plain } from './markdown';
import type { LinkedLayer, ModuleLink } from './moduleLink';

/**
 * How a layer's weights and those of a normalization that was folded into it became what the file holds, such as
 * `432 + 32 parameters + 32 statistics → 432 + 16 bias = 448`; null where nothing was folded, or the source does not
 * say the sizes.
 */
export function foldingSum(link: ModuleLink, layer: LinkedLayer): string | null {
  const counts = layerCounts(link, layer);
  return counts === null || layer.folded.length === 0 ? null : sumText(counts);
}

/** The same as a sentence. */
export function foldingText(link: ModuleLink, layer: LinkedLayer): string | null {
  const sum = foldingSum(link, layer);
  if (sum === null) return null;
  const norms = layer.folded.map((path) => {
    const name = link.layers.get(path)?.call.layer ?? 'normalization';
    return `${plain(name)} ${code(path)}`;
  });
  return `Exporting folded ${norms.join(' and ')} into it: ${sum}.`;
}

function sumText(counts: Counts): string {
  const own = counts.parameters - counts.foldedParameters;
  const left = `${formatInteger(own)} + ${formatInteger(counts.foldedParameters)} parameters + ${formatInteger(
    counts.foldedStatistics,
  )} statistics`;
  const expected = own + counts.statistics - counts.foldedStatistics + counts.addedBiases;
  const right =
    counts.addedBiases > 0
      ? `${formatInteger(expected - counts.addedBiases)} + ${formatInteger(counts.addedBiases)} bias = ${formatInteger(expected)}`
      : formatInteger(expected);
  const held = counts.agree ? '' : `; the file holds ${formatInteger(counts.model)}`;
  return `${left} → ${right}${held}`;
}
