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
import { tableLines } from './table';

/** What the timed layers reach, and what bounds them. */
export function* rooflineSection(report: RooflineReport, width: number | null): Generator<string> {
  const { ceilings, layers } = report;
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
    layers.filter(({ medianMs }) => medianMs !== null).map(cells),
    width,
  );
  yield '\n';
  if (ceilings !== null) yield `${printable(ceilingsLine(ceilings))}\n`;
  yield `${printable(boundLine(report))}\n`;
  if (boundShares(report).length > 0)
    yield 'Bytes moved are a lower bound: weights, inputs and outputs of a layer, each once.\n';
}

function cells({ name, intensity, macsPerSecond, bytesPerSecond, reached, bound }: LayerRoofline): string[] {
  const bare = (rate: string) => rate.split(' ')[0] ?? '';
  return [
    name,
    intensity === null ? UNKNOWN : formatCount(intensity),
    macsPerSecond === null ? UNKNOWN : bare(formatRate(macsPerSecond, 'GMAC/s')),
    bytesPerSecond === null ? UNKNOWN : bare(formatRate(bytesPerSecond, 'GB/s')),
    reached === null ? UNKNOWN : `${Math.round(100 * reached)} %`,
    bound ?? UNKNOWN,
  ];
}
