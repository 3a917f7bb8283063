import type { Profiling } from '../profiling';
import { writeIdleModel } from './idleModel';
import { inputRoles } from './inputRoles';
import { placeRows } from './placeRows';
import { slices } from './slices';

export const profiling: Profiling = { inputRoles, placeRows, slices, writeIdleModel };
