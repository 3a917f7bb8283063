import { formatCount, UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import {
  boundLine,
  boundShares,
  ceilingsLine,
  formatRate,
  type LayerRoofline,
  type RooflineReport,
} from '../protocol/roofline';
import { type ShortNames, shortNames } from '../protocol/shortNames';
import { tableLines } from './table';

/** What the timed layers reach, and what bounds them. */
export function* rooflineSection(report: RooflineReport, width: number | null): Generator<string> {
  const { ceilings, layers } = report;
  const names = shortNames(layers.map(({ name }) => name));
  yield '\n';
  yield* tableLines(
    [
      { title: 'layer', flexible: true },
      { title: 'MACs/byte', align: 'right' },
      { title: 'GMAC/s', align: 'right' },
      { title: 'GB/s', align: 'right' },
      { title: 'of ceiling', align: 'right' },
      { title: 'bound by' },
    ],
    layers.filter(({ medianMs }) => medianMs !== null).map((layer) => cells(layer, names)),
    width,
  );
  yield '\n';
  if (ceilings !== null) yield `${printable(ceilingsLine(ceilings))}\n`;
  yield `${printable(boundLine(report))}\n`;
  if (boundShares(report).length > 0)
    yield 'Bytes moved are a lower bound: weights, inputs and outputs of a layer, each once.\n';
}

function cells(layer: LayerRoofline, names: ShortNames): string[] {
  const { name, intensity, macsPerSecond, bytesPerSecond, reached, bound } = layer;
  const bare = (rate: string) => rate.split(' ')[0] ?? '';
  return [
    names.short(name),
    intensity === null ? UNKNOWN : formatCount(intensity),
    macsPerSecond === null ? UNKNOWN : bare(formatRate(macsPerSecond, 'GMAC/s')),
    bytesPerSecond === null ? UNKNOWN : bare(formatRate(bytesPerSecond, 'GB/s')),
    reached === null ? UNKNOWN : `${Math.round(100 * reached)} %`,
    bound ?? UNKNOWN,
  ];
}
