import type { Format } from '../format';
import { CoreMlFile } from './file';
import { packageOf } from './package';
import { looksLikeCoreMl } from './recognize';
import { rewriter } from './rewrite';

export const coreml = {
  id: 'coreml',
  name: 'Core ML',
  extensions: ['.mlmodel', '.mlpackage'],
  layout: 'channels first',
  plainNames: true,
  recognizes: looksLikeCoreMl,
  isPackage: (path: string) => packageOf(path) !== null,
  open: (path: string): CoreMlFile => new CoreMlFile(path, coreml),
  rewriter,
  profiling: null,
  ...(process.platform !== 'darwin' && {
    cannotRun:
      'Core ML models are not measured here: they run on macOS only. Sizes, shapes and multiply-accumulates are known without running them.',
  }),
} satisfies Format;
