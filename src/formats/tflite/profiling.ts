import type { Profiling } from '../profiling';
import { inputRoles } from './inputRoles';
import { slices } from './slices';

export const profiling: Profiling = { inputRoles, slices };
