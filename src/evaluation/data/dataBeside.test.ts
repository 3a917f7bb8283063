import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { dataBeside } from './dataBeside';

const folder = scratchFolder();

/** A model's folder with so many pictures in each of these folders. */
function beside(name: string, folders: Record<string, number>): string {
  for (const [sub, count] of Object.entries(folders)) {
    mkdirSync(join(folder, name, sub), { recursive: true });
    for (let i = 0; i < count; i++) writeFileSync(join(folder, name, sub, `${i}.jpg`), '');
  }
  return join(folder, name, 'model.onnx');
}

it('finds the images that are called as samples are, those for calibration first', () => {
  const model = beside('a', {
    'shapes/validation/circle': 5,
    'shapes/calibration/circle': 3,
    'shapes/calibration/ring': 4,
  });
  expect(dataBeside(model)).toEqual({
    path: join(folder, 'a/shapes/calibration'),
    name: join('shapes', 'calibration'),
    images: 7,
  });
});

it('does not take other pictures for data, nor a few', () => {
  expect(dataBeside(beside('b', { holidays: 50, data: 2, '.train': 9 }))).toBeNull();
  expect(dataBeside(join(folder, 'nowhere', 'model.onnx'))).toBeNull();
});
