import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tooLarge } from '../../test/unit/pictures';
import { PRESET_VALUES } from '../protocol/presets';
import { chooseData } from './chooseData';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-data-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('calibrates on one half and measures on the other, also where one of them cannot be read', async () => {
  const good = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#abc' } })
    .png()
    .toBuffer();
  const random = () => {
    throw new Error('There is data.');
  };
  for (const seed of [0, 1, 2, 3]) {
    for (const bad of ['1.png', '2.png']) {
      for (const name of ['1.png', '2.png']) {
        writeFileSync(join(folder, name), name === bad ? tooLarge(good) : good);
      }
      const calibration = { path: folder, labels: null, labelOffset: 0 };
      const choice = { calibrationSamples: 4, preprocessing: PRESET_VALUES.unit, seed, validation: null };
      const input = { name: 'x', type: 'float32' as const, shape: [1, 3, 2, 2] };
      const data = await chooseData({ ...choice, calibration }, [input], random, true);
      expect([data.calibration.size, data.validation.size]).toEqual([1, 1]);
      expect(data.warnings.join()).toContain('1 file was left out');
    }
  }
});
