import { describe, expect, it } from 'vitest';
import type { TableRow } from '../../webview/model/rows';
import { parseQuery } from '../../webview/search/query';

function row(change: Partial<TableRow>): TableRow {
  return {
    id: '7',
    index: 7,
    depth: 0,
    parent: null,
    hasBody: false,
    name: '/features/conv.0/Conv',
    op: 'Conv',
    outputs: [{ name: 'out:0', type: 'float32', shape: [1], declaredShape: null, bytes: 4 }],
    parameters: 1000,
    parameterBytes: 4000,
    shared: false,
    activationBytes: 4,
    macs: 12_000_000,
    elementOps: 0,
    latency: { name: '', op: '', medianMs: 0.2, share: 0.06 },
    otherLatencies: [],
    added: false,
    fusedRow: null,
    ...change,
  };
}

const finds = (text: string, change: Partial<TableRow> = {}) =>
  parseQuery(text).matches(row(change), new Map());

describe('a search', () => {
  it.each([
    ['', true],
    ['CONV', true],
    ['features relu', false],
    ['features conv.0', true],
    ['"features conv"', false],
    ['7', true],
    ['out:0', true],
    ['out:1', false],
    ['op:conv', true],
    ['op:features', false],
    ['name:features op:conv', true],
    ['type:float', true],
    ['type:int8', false],
    ['tensor:out', true],
    ['macs>10M', true],
    ['macs>12M', false],
    ['macs>=12M', true],
    ['MACs<0.1G', true],
    ['params>=1k', true],
    ['parameters=1000', true],
    ['bytes>4kB', false],
    ['bytes<4KiB', true],
    ['latency>5%', true],
    ['latency>6%', false],
    ['latency>=200us', true],
    ['latency<0.2ms', false],
    ['share>5', true],
    ['op:conv macs>10M latency>5%', true],
    ['op:conv macs>20M', false],
  ])('%s', (text, found) => {
    expect(parseQuery(text).problem).toBe('');
    expect(finds(text)).toBe(found);
  });

  it('finds nothing by a figure that is not known', () => {
    for (const text of ['macs>0', 'macs<1', 'macs=0']) expect(finds(text, { macs: null })).toBe(false);
    expect(finds('latency<5%', { latency: undefined })).toBe(false);
  });

  it('finds what weights and attributes mention', () => {
    const { words, matches } = parseQuery('Kernel_Shape op:conv');
    expect(words).toEqual(['kernel_shape']);
    expect(matches(row({}), new Map([['kernel_shape', new Set([7])]]))).toBe(true);
    expect(matches(row({}), new Map([['kernel_shape', new Set([8])]]))).toBe(false);
  });

  it.each([
    ['flops>3', 'There is no figure “flops”: there are macs, params, bytes, activations, latency, share.'],
    ['macs>many', '“many” is nothing to compare macs with: write macs>10M.'],
    ['macs>', '“” is nothing to compare macs with: write macs>10M.'],
    ['params>5%', '“5%” is nothing to compare params with: write params>=1k.'],
    ['latency>3constructor', '“3constructor” is nothing to compare latency with: write latency>5%.'],
  ])('says what is possible instead of %s', (text, problem) => {
    expect(parseQuery(text).problem).toBe(problem);
    expect(finds(text)).toBe(false);
  });
});
