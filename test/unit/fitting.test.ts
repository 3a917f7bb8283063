import { expect, it } from 'vitest';
import { fittingColumns } from '../../webview/comparison/fitting';

const COLUMNS = ['name', 'op', 'status', 'sqnr', 'macs'].map((id) => ({ id, width: 100 }));
const ids = (width: number, chosen = {}, widths = {}) =>
  fittingColumns(COLUMNS, width, chosen, widths).map(({ id }) => id);

it('keeps what is worth most, in the order of the table', () => {
  expect(ids(500)).toEqual(['name', 'op', 'status', 'sqnr', 'macs']);
  expect(ids(400)).toEqual(['name', 'op', 'status', 'sqnr']);
  expect(ids(300)).toEqual(['name', 'status', 'sqnr']);
  expect(ids(50)).toEqual(['name']);
});

it('shows and hides what the user chose, whatever the width is', () => {
  expect(ids(300, { macs: true })).toEqual(['name', 'status', 'macs']);
  expect(ids(100, { macs: true, op: true })).toEqual(['name', 'op', 'macs']);
  expect(ids(500, { status: false })).toEqual(['name', 'op', 'sqnr', 'macs']);
});

it('counts the widths that the user gave', () => {
  expect(ids(400, {}, { name: 200 })).toEqual(['name', 'status', 'sqnr']);
});
