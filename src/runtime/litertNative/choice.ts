import type { LiteRtPlaces } from '../../protocol/options';
import type { EngineReport } from '../../protocol/reports';
import { liteRtName } from '../engineNames';
import { NativeLiteRt } from './environment';
import { type FoundLibrary, findLibraries, libraryName } from './findLibrary';
import { GET_IT, whyUnusable } from './openFailure';

/** LiteRT's own library in this process, and how reports call it. */
export interface OpenLiteRt {
  readonly name: string;
  readonly native: NativeLiteRt;
  readonly report: EngineReport;
}

export interface LiteRtChoice {
  /** null: WebAssembly has to do. */
  readonly litert: OpenLiteRt | null;
  /** Libraries that were found and cannot be used, each in a sentence. */
  readonly refused: readonly string[];
  /** What whoever reads figures of WebAssembly must know: why there is nothing better, and how to get it. */
  readonly instead: string | null;
}

/** The first library of those that there are which can be used. */
export function chooseLiteRt(places: LiteRtPlaces, shipped?: string): LiteRtChoice {
  if (places.instead !== undefined) return { litert: null, refused: [], instead: places.instead };
  const refused: string[] = [];
  for (const found of findLibraries(places, shipped)) {
    try {
      return { litert: open(found), refused, instead: null };
    } catch (error) {
      refused.push(`${found.path} ${whyUnusable(found.path, error)}`);
    }
  }
  const instead =
    libraryName() === null || refused.length > 0
      ? null
      : `LiteRT’s own library, which is 2 to 6 times faster, was not found: install it into your Python environment (${GET_IT}), or name it (--litert, or the setting caliper.litert.library).`;
  return { litert: null, refused, instead };
}

function open(found: FoundLibrary): OpenLiteRt {
  const native = new NativeLiteRt(found.path);
  const { path, version, from } = found;
  return {
    name: liteRtName(version),
    native,
    report: { name: 'LiteRT', version, webAssembly: false, library: path, from },
  };
}
