import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkTarget, place } from './place';

let scratch: string;
let folder: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'caliper-place-'));
  folder = mkdtempSync(join(tmpdir(), 'caliper-place-'));
  writeFileSync(join(scratch, 'built'), 'result');
  writeFileSync(join(scratch, 'weights.bin'), 'weights');
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
  rmSync(folder, { recursive: true });
});

it('places a file and what belongs to it, and leaves nothing else', () => {
  place(join(scratch, 'built'), [join(scratch, 'weights.bin')], join(folder, 'a.onnx'), false);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('result');
  expect(readdirSync(folder).sort()).toEqual(['a.onnx', 'weights.bin']);
  expect(readFileSync(join(scratch, 'built'), 'utf8')).toBe('result');
});

it('never replaces a file unasked', () => {
  writeFileSync(join(folder, 'a.onnx'), 'mine');
  expect(() => place(join(scratch, 'built'), [], join(folder, 'a.onnx'), false)).toThrow('exists already');
  expect(readdirSync(folder)).toEqual(['a.onnx']);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('mine');
  place(join(scratch, 'built'), [], join(folder, 'a.onnx'), true);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('result');
});

it('does not replace weights of another model, and then places nothing', () => {
  writeFileSync(join(folder, 'weights.bin'), 'mine');
  expect(() =>
    place(join(scratch, 'built'), [join(scratch, 'weights.bin')], join(folder, 'a.onnx'), false),
  ).toThrow('weights.bin');
  expect(readFileSync(join(folder, 'weights.bin'), 'utf8')).toBe('mine');
  expect(existsSync(join(folder, 'a.onnx'))).toBe(false);
});

it('removes what a killed process left, not what a running one is writing', () => {
  const dead = 2 ** 22 + 1; // Above Linux's largest process number.
  writeFileSync(join(folder, `.a.onnx.caliper-${dead}`), 'half');
  writeFileSync(join(folder, `.a.onnx.caliper-${process.ppid}`), 'half');
  place(join(scratch, 'built'), [], join(folder, 'a.onnx'), false);
  expect(readdirSync(folder).sort()).toEqual([`.a.onnx.caliper-${process.ppid}`, 'a.onnx']);
});

it('refuses the input under any of its names, even when replacing is allowed', () => {
  const input = join(folder, 'in.onnx');
  writeFileSync(input, 'model');
  symlinkSync(input, join(folder, 'link.onnx'));
  expect(() => checkTarget(input, [input], true)).toThrow('the model itself');
  expect(() => checkTarget(join(folder, 'link.onnx'), [input], true)).toThrow('the model itself');
});

it('refuses an existing file, a missing folder; accepts a new name', () => {
  writeFileSync(join(folder, 'there.onnx'), '');
  expect(() => checkTarget(join(folder, 'there.onnx'), [], false)).toThrow('exists already');
  checkTarget(join(folder, 'there.onnx'), [], true);
  checkTarget(join(folder, 'new.onnx'), [], false);
  expect(() => checkTarget(join(folder, 'no', 'new.onnx'), [], false)).toThrow('does not exist');
});
