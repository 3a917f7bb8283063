import { describe, expect, it } from 'vitest';
import { choosePhone, listed, stateProblem } from './adb';
import { readConditions } from './conditions';

const LIST = `* daemon not running; starting now at tcp:5037
* daemon started successfully
List of devices attached
28121FDH2000AB         device usb:1-4 product:shiba model:Pixel_8 device:shiba transport_id:1
emulator-5554          offline transport_id:2
192.168.1.7:5555       unauthorized transport_id:3
????????????           no permissions (missing udev rules? user is in the plugdev group); see [http://developer.android.com/tools/device.html] usb:1-2

`;

describe('what adb lists', () => {
  it('is read with its states', () => {
    expect(listed(LIST)).toEqual([
      { serial: '28121FDH2000AB', state: 'device', model: 'Pixel 8' },
      { serial: 'emulator-5554', state: 'offline', model: null },
      { serial: '192.168.1.7:5555', state: 'unauthorized', model: null },
      { serial: '????????????', state: 'no permissions', model: null },
    ]);
  });

  it('may be nothing', () => {
    expect(listed('List of devices attached\n\n')).toEqual([]);
  });

  it.each([
    ['device', null],
    ['unauthorized', 'allow USB debugging'],
    ['offline', 'plug it in again'],
    ['no permissions', 'udev'],
    ['recovery', 'start Android'],
  ])('says of a phone that is %s what to do', (state, said) => {
    const problem = stateProblem({ serial: 'X1', state, model: null });
    if (said === null) expect(problem).toBeNull();
    else expect(problem).toContain(said);
  });
});

describe('choosePhone', () => {
  const [one, off] = listed(LIST);
  const all = listed(LIST);

  it('takes the only one, or the one that is named', () => {
    expect(choosePhone(one === undefined ? [] : [one], '')).toBe(one);
    expect(choosePhone(all, '28121FDH2000AB')).toBe(all[0]);
  });

  it('says so where none is connected, none is named, or it is not there', () => {
    expect(() => choosePhone([], '')).toThrow('No device is connected to adb: plug it in');
    expect(() => choosePhone(all, '')).toThrow(
      /Several devices are connected \(28121FDH2000AB, emulator-5554.*name one by --device/,
    );
    expect(() => choosePhone(all, 'other')).toThrow(/The device other is not connected to adb \(connected: /);
    expect(() => choosePhone(all, off?.serial ?? '')).toThrow('is offline');
  });
});

describe('readConditions', () => {
  it('takes degrees and frequencies as phones write them', () => {
    const text = `temperature: 284
Thermal Status: 2
zone 45200 BIG
zone 38 cpu-0-0
zone 52000 battery
zone 0 soc_off
zone 999000 cpu-broken
frequency 1803000
frequency 2914000`;
    expect(readConditions(text)).toEqual({
      batteryTemperature: 28.4,
      cpuTemperature: 45.2,
      frequencies: [1803, 2914],
      thermalStatus: 2,
    });
  });

  it('says nothing of what a phone does not tell', () => {
    expect(readConditions('')).toEqual({
      batteryTemperature: null,
      cpuTemperature: null,
      frequencies: null,
      thermalStatus: null,
    });
  });
});
