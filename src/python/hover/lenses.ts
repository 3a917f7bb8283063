import { formatBytes, formatInteger } from '../../protocol/numbers';
import type { ClassMaking, Framework, SourceFile, SourceRange } from '../sourceFile';

/** A line above a definition of modules. */
export interface SourceLens {
  readonly range: SourceRange;
  readonly title: string;
  /** Modules of the file that this definition makes by itself, by their names. */
  readonly modules: readonly string[];
}

/** One for each class of modules, and for each function or variable that makes a module without one. */
export function lensesOf(file: SourceFile): SourceLens[] {
  const classes = file.classes.map(({ name, framework, range, makings, made }) => {
    const modules = file.modules.filter((module) => module.madeBy === name && sameRange(module.range, range));
    return { range, title: titleOf(makings, made, framework), modules: modules.map((module) => module.name) };
  });
  const others = file.modules
    .filter(({ range }) => !file.classes.some((one) => sameRange(one.range, range)))
    .map((module) => ({
      range: module.range,
      title: titleOf([module], 1, module.framework),
      modules: [module.name],
    }));
  return [...classes, ...others];
}

type Making = Pick<ClassMaking, 'parameters' | 'atLeast' | 'buffers'>;

function titleOf(makings: readonly Making[], made: number, framework: Framework): string {
  const counts = makings.map((one) => countOf(one, framework));
  const known = counts.filter((count) => count !== null);
  const times = made > 1 ? ` · made ${formatInteger(made)} times` : '';
  if (known.length === 0) {
    const least = Math.min(...makings.map(({ atLeast }) => atLeast));
    return least > 0 && makings.length > 0
      ? `at least ${formatInteger(least)} parameters · not all of it is known${times}`
      : `parameters not known${times}`;
  }
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (high === 0) return `no parameters${times}`;
  const some = known.length < counts.length ? ', some not known' : '';
  if (low < high) {
    const sizes = `${formatBytes(4 * low)} to ${formatBytes(4 * high)} float32`;
    return `${formatInteger(low)} to ${formatInteger(high)} parameters${some} · ${sizes}${times}`;
  }
  const trainable = new Set(makings.map(({ parameters }) => parameters ?? low));
  const [only = low] = trainable;
  const part = trainable.size === 1 && only < low ? ` (${formatInteger(only)} trainable)` : '';
  return `${formatInteger(low)} parameters${part}${some} · ${formatBytes(4 * low)} float32${times}`;
}

/** Keras counts statistics among the parameters, PyTorch does not. */
function countOf({ parameters, buffers }: Making, framework: Framework): number | null {
  if (framework === 'torch' || parameters === null) return parameters;
  return buffers === null ? null : parameters + buffers;
}

function sameRange(a: SourceRange, b: SourceRange): boolean {
  return a.start.line === b.start.line && a.start.character === b.start.character;
}
