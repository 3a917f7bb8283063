import { formatDb, formatPercent } from '../protocol/numbers';
import type { SensitiveLayer } from '../protocol/search';
import { terminalWidth } from './output';
import { renderTable } from './table';

/** The layers that lose most in int8, as a table; '' where none is known. */
export function sensitivityTable(layers: readonly SensitiveLayer[] | undefined): string {
  if (layers === undefined || layers.length === 0) return '';
  return renderTable(
    [
      { title: 'loses most in int8', flexible: true },
      { title: 'operator' },
      { title: 'alone', align: 'right' },
      { title: 'of the error', align: 'right' },
      { title: 'why', flexible: true },
    ],
    layers.map(({ name, op, sqnrDb, share, cause }) => [
      name,
      op,
      formatDb(sqnrDb),
      formatPercent(share),
      cause ?? '',
    ]),
    terminalWidth(),
  );
}
