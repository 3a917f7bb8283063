import type { Profiling } from '../profiling';
import { writeIdleModel } from './idleModel';
import { inputRoles } from './inputRoles';
import { instrument } from './profiling/instrument';
import { slices } from './slices';

export const profiling: Profiling = { inputRoles, instrument, slices, writeIdleModel };
