import { present } from '../model/assert';
import { ModelError } from '../model/modelError';
import type { LiteRtPlaces } from '../protocol/options';
import { coreMl } from './coreml';
import type { Engine } from './engine';
import { litert } from './litert';
import { chooseLiteRt } from './litertNative/choice';
import { nativeEngine } from './litertNative/engine';
import { onnxRuntime } from './onnxruntime';
import { tfjsTflite } from './tfjsTflite';
import { type Watch, watchedEngine } from './watchedEngine';

type EngineList = readonly [Engine, ...Engine[]];

/** By format; the later ones run what the first cannot. */
const ENGINES: ReadonlyMap<string, () => EngineList> = new Map([
  ['onnx', () => [onnxRuntime]],
  ['tflite', () => tfliteEngines()],
  ['coreml', () => [coreMl]],
]);

const IN_WEB_ASSEMBLY: EngineList = [litert, tfjsTflite];

let liteRtPlaces: { places: LiteRtPlaces; watch: Watch } | null = null;
let chosen: EngineList | null = null;

/** Where this process looks for LiteRT's own library, once a model needs it. Without this call: nowhere. */
export function useLiteRt(places: LiteRtPlaces, watch: Watch): void {
  liteRtPlaces = { places, watch };
  chosen = null;
}

/** The native one first, if there is one. */
function tfliteEngines(): EngineList {
  if (liteRtPlaces === null) return IN_WEB_ASSEMBLY;
  if (chosen !== null) return chosen;
  const { places, watch } = liteRtPlaces;
  const { litert: native, refused, instead } = chooseLiteRt(places);
  const notes = [...refused, ...(instead === null ? [] : [instead])];
  const watched = (engine: Engine) => watchedEngine(withNotes(engine, notes), watch);
  const [first, ...others] = [...(native === null ? [] : [nativeEngine(native)]), ...IN_WEB_ASSEMBLY].map(
    watched,
  );
  chosen = [present(first, 'engine'), ...others];
  return chosen;
}

function withNotes(engine: Engine, notes: readonly string[]): Engine {
  return notes.length === 0 ? engine : { ...engine, notes: [...(engine.notes ?? []), ...notes] };
}

/** The engine that runs most models of a format, by the format's id. Throws ModelError where there is none. */
export function engineFor(format: string): Engine {
  return enginesFor(format)[0];
}

/**
 * The first engine of a format that loads all of these models, so that they can be compared; as `adapted` gives it.
 * Throws ModelError with what each of the engines says where there is none.
 */
export async function engineThatRuns(
  format: string,
  paths: readonly string[],
  threads: number,
  adapted: (engine: Engine) => Engine = (engine) => engine,
): Promise<Engine> {
  const engines = enginesFor(format);
  // Whoever uses the only one will learn what it says.
  if (engines.length === 1) return adapted(engines[0]);
  const reasons: ModelError[] = [];
  for (const engine of engines) {
    // That native code could not do it is why figures are WebAssembly's.
    const [first] = reasons;
    const notes = first !== undefined && isNative(engines[0]) ? [first.message] : [];
    const usable = adapted(withNotes(engine, notes));
    try {
      for (const path of paths) await (await usable.load(path, { threads })).close();
      return usable;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      reasons.push(error);
    }
  }
  throw new ModelError(
    reasons.map(({ message }) => message).join(' '),
    reasons[0]?.file === undefined ? {} : { file: reasons[0].file },
    reasons[0],
  );
}

function isNative({ reports = [] }: Engine): boolean {
  return reports.some(({ webAssembly }) => !webAssembly);
}

function enginesFor(format: string): EngineList {
  const engines = ENGINES.get(format);
  if (engines === undefined) throw new ModelError(`Models of the format ${format} cannot be run yet.`);
  return engines();
}
