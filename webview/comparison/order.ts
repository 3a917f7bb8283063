import type { LayerComparison } from '../../src/protocol/reports';
import type { Sort } from '../grid/column';
import { timeLost } from './columns';

/** Orders that a table of compared layers has a name for. */
export interface Order {
  readonly label: string;
  /** null: that of the model. */
  readonly sort: Sort | null;
}

const MODEL_ORDER: Order = { label: 'In the model’s order', sort: null };

/** The orders that these layers can have, what one looks for first at the beginning: where the result is worst. */
export function ordersOf(rows: readonly LayerComparison[]): [Order, ...Order[]] {
  const orders: Order[] = [];
  if (rows.some(({ sqnrDb }) => sqnrDb !== null))
    orders.push({ label: 'Lowest SQNR first', sort: { column: 'sqnr', descending: false } });
  if (rows.some((row) => timeLost(row) !== null))
    orders.push({ label: 'Largest loss of time first', sort: { column: 'time', descending: true } });
  const [first = MODEL_ORDER, ...others] = [...orders, MODEL_ORDER];
  return [first, ...others];
}

/** Which of the orders a table has; −1: another one, by a column. */
export function orderAt(orders: readonly Order[], sort: Sort | null): number {
  return orders.findIndex(
    (order) => order.sort?.column === sort?.column && order.sort?.descending === sort?.descending,
  );
}
