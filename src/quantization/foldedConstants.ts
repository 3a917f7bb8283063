import type { ConstantValue, Evaluate } from '../formats/rewriter';
import type { Engine } from '../runtime/engine';

/** Computes constants with an engine. Strings are left out: nobody folds them. */
export function evaluateWith(engine: Engine): Evaluate {
  return async (path) => {
    const session = await engine.load(path, { threads: 1, optimization: 'none' });
    try {
      const values = new Map<string, ConstantValue>();
      for (const [name, { type, shape, data }] of Object.entries(await session.run({}))) {
        if (Array.isArray(data)) continue;
        values.set(name, {
          type,
          shape,
          bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        });
      }
      return values;
    } finally {
      await session.close();
    }
  };
}
