import type { Profiling } from '../profiling';
import { writeIdleModel } from './idleModel';
import { inputRoles } from './inputRoles';
import { instrument } from './profiling/instrument';
import { placeRows } from './profiling/placeRows';
import { writeYardsticks } from './profiling/yardsticks';
import { slices } from './slices';

export const profiling: Profiling = {
  inputRoles,
  instrument,
  placeRows,
  slices,
  writeIdleModel,
  writeYardsticks,
};
