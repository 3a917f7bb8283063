import type { Profiling } from '../profiling';
import { writeIdleModel } from './idleModel';
import { inputRoles } from './inputRoles';
import { slices } from './slices';

export const profiling: Profiling = { inputRoles, slices, writeIdleModel };
