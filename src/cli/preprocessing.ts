import type { CHANNELS, LAYOUTS, Preprocessing, Preset } from '../protocol/options';
import { DEFAULT_PRESET, PRESET_VALUES } from '../protocol/presets';

export interface PreprocessingFlags {
  preset?: Preset;
  mean?: number[];
  std?: number[];
  scale?: number;
  channels?: (typeof CHANNELS)[number];
  layout?: (typeof LAYOUTS)[number];
  resize?: number;
  crop?: number;
}

/**
 * A preset, changed by what is given besides. Numbers without a preset start from pixels between 0 and 1, and
 * sizes or orders alone from the default preset. null: nothing was given.
 */
export function preprocessingOf(flags: PreprocessingFlags): Preprocessing | null {
  const { mean, std, scale, channels, layout, resize, crop } = flags;
  const given = Object.entries({ mean, std, scale, channels, layout, resize, crop }).filter(
    ([, value]) => value !== undefined,
  );
  if (flags.preset === undefined && given.length === 0) return null;
  const hasNumbers = mean !== undefined || std !== undefined || scale !== undefined;
  const start = flags.preset ?? (hasNumbers ? 'unit' : DEFAULT_PRESET);
  return { ...PRESET_VALUES[start], ...Object.fromEntries(given) };
}
