import type { DeviceConditions } from '../../protocol/devices';

/** Asks Android how warm and how fast it is; what a phone does not tell is left out. */
export const CONDITIONS_LINE = [
  'dumpsys battery | grep temperature:',
  'dumpsys thermalservice | grep "Thermal Status"',
  'for z in /sys/class/thermal/thermal_zone*; do echo "zone $(cat $z/temp) $(cat $z/type)"; done',
  'for c in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq; do echo "frequency $(cat $c)"; done',
]
  .map((part) => `{ ${part}; } 2>/dev/null`)
  .join('; ');

/** Sensors of the processor, as makers name them. */
const CPU_ZONE = /cpu|soc|cluster|^(big|mid|little)\b/i;
/** What a processor can be at; sensors that are off say 0 or nonsense. */
const [COLDEST, HOTTEST] = [-40, 150];

/** Reads what `CONDITIONS_LINE` gives. */
export function readConditions(text: string): DeviceConditions {
  const lines = text.split('\n').map((line) => line.trim());
  const numbers = (pattern: RegExp) =>
    lines.flatMap((line) => {
      const value = pattern.exec(line)?.[1];
      return value === undefined ? [] : [Number(value)];
    });
  const zones = lines.flatMap((line) => {
    const [, value, name = ''] = /^zone (-?\d+) (.+)$/.exec(line) ?? [];
    if (value === undefined || !CPU_ZONE.test(name)) return [];
    // Linux says thousandths of a degree; some drivers degrees.
    const degrees = Math.abs(Number(value)) >= 1000 ? Number(value) / 1000 : Number(value);
    return degrees > COLDEST && degrees < HOTTEST && degrees !== 0 ? [degrees] : [];
  });
  const frequencies = numbers(/^frequency (\d+)$/).map((kilohertz) => Math.round(kilohertz / 1000));
  const [tenths] = numbers(/^temperature: (-?\d+)$/);
  return {
    batteryTemperature: tenths === undefined ? null : tenths / 10,
    cpuTemperature: zones.length === 0 ? null : Math.max(...zones),
    frequencies: frequencies.length === 0 ? null : frequencies,
    thermalStatus: numbers(/^Thermal Status: (\d+)$/)[0] ?? null,
  };
}
