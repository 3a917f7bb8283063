import { describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE } from '../../../test/unit/support';
import { analyze } from '../../analysis/inspect';
import { openModel } from '../../formats';
import { roomText, serverRows, serverSentence } from '../../protocol/targetWords';
import { microMemory } from '../micro/memory';
import { overview } from '../overview';
import { type DeviceProfile, deviceProfile, deviceProfiles } from './profiles';
import { ASSUMED, onServer } from './server';

const device = (change: Partial<DeviceProfile>): DeviceProfile => ({
  ...deviceProfile('esp32-s3'),
  id: 'mine',
  ...change,
});

function fitOf(path: string, profile: DeviceProfile) {
  const file = openModel(path);
  const analysis = analyze(file, { dims: {}, shapes: {} });
  const { devices } = overview(file, analysis, {
    targets: [],
    devices: [profile],
    server: ASSUMED,
    runMs: null,
  });
  return { fit: devices[0], analysis };
}

describe('a device', () => {
  it.each(deviceProfiles.map((one) => [one.id, one] as const))(
    '%s has a source and a day',
    (_, { source }) => {
      expect(source.url).toMatch(/^https:\/\//);
      expect(source.looked).toMatch(/^\d{4}-\d\d-\d\d$/);
    },
  );

  it('is found by its id, those of the workspace first', () => {
    const mine = device({ id: 'esp32-s3', name: 'ours' });
    expect(deviceProfile('esp32-s3', [mine])).toBe(mine);
    expect(() => deviceProfile('toaster', [device({})])).toThrow(/'toaster': it can be mine, esp32-s3, /);
  });

  it('holds a file in flash, and the arena of TensorFlow Lite Micro in RAM where weights stay in flash', () => {
    const { fit, analysis } = fitOf(SAMPLE_TFLITE, device({ flash: 1_000_000, ram: 2_000_000 }));
    const { fileBytes } = analysis.report;
    const arena = microMemory(analysis.inference.graph).bytes ?? 0;
    expect(fit?.flash).toEqual({ needed: fileBytes, has: 1_000_000, left: 1_000_000 - fileBytes });
    expect(fit?.ram).toEqual({ needed: arena, has: 2_000_000, left: 2_000_000 - arena });
    expect(roomText(fit?.flash ?? { needed: 0, has: 0, left: 0 })).toMatch(/ over$/);
    expect(roomText(fit?.ram ?? { needed: 0, has: 0, left: 0 })).toMatch(/^fits, .* left$/);
  });

  it('holds weights and activations in RAM where it loads the file', () => {
    const { fit, analysis } = fitOf(
      SAMPLE,
      device({ runsFromFlash: false, flash: null, bandwidth: 1_000_000_000 }),
    );
    const { totals, fileBytes, externalBytes } = analysis.report;
    expect(fit?.ram.needed).toBe((totals.peakActivationBytes ?? 0) + fileBytes + externalBytes);
    expect(fit?.flash).toMatchObject({ has: null, left: null });
    expect(fit?.weightsMs).toBeCloseTo((totals.parameterBytes ?? 0) / 1_000_000, 9);
  });

  it('is not judged where a size is not known', () => {
    expect(roomText({ needed: null, has: 5, left: null })).toBe('unknown');
    expect(roomText({ needed: 2000, has: null, left: null })).toBe('needs 2.00 kB');
  });
});

describe('a server', () => {
  it('costs sending, the way and a faster run', () => {
    // 1 MB over 8 Mbit/s is a second.
    const found = onServer(1_000_000, 300, { uplink: 8_000_000, roundTrip: 40, faster: 3 });
    expect(found).toMatchObject({ sendMs: 1000, deviceMs: 300, serverMs: 1140 });
    expect(found.breakEvenMs).toBeCloseTo(1560, 9);
    // At the break-even both take as long.
    expect(onServer(1_000_000, 1560, found.assumed).serverMs).toBeCloseTo(1560, 9);
    expect(serverRows(found)).toContainEqual(['works without a network', 'yes', 'no']);
    expect(serverSentence(found)).toContain('a server 3 times as fast');
  });

  it('is never faster where it is not, and says nothing of what was not measured', () => {
    expect(onServer(1000, null, { ...ASSUMED, faster: 1 })).toMatchObject({
      serverMs: null,
      breakEvenMs: null,
    });
    expect(onServer(null, 10)).toMatchObject({ sendMs: null, serverMs: null, breakEvenMs: null });
  });

  it('is asked by the bytes of all inputs', () => {
    const file = openModel(SAMPLE_TFLITE);
    const analysis = analyze(file, { dims: {}, shapes: {} });
    const { server } = overview(file, analysis, { targets: [], devices: [], server: ASSUMED, runMs: 2 });
    expect(server.inputBytes).toBe(96 * 96 * 3 * 4);
  });
});
