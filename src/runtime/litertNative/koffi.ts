import { createRequire } from 'node:module';
import { InstallationError } from '../../model/modelError';

type Koffi = typeof import('koffi');

let loaded: Koffi | undefined;

/** What calls C functions. Loaded at first use, since it is native code itself. @throws InstallationError */
export function koffi(): Koffi {
  try {
    loaded ??= createRequire(__filename)('koffi') as Koffi;
    return loaded;
  } catch (error) {
    throw InstallationError.of('koffi', error);
  }
}
