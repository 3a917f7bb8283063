import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hashOf } from '../files/contentHash';
import type { DimensionOptions } from '../protocol/options';
import { filesWithin } from './compressed';
import type { ModelFigures } from './figures';

/** Of how figures are found: what an earlier version found is not what this one would. */
const VERSION = 1;
/** Entries of a kB or two that are kept: several revisions of a large repository. */
const KEPT = 5000;

/** As it is written. Files beside the model are told by their hashes; null: it was missing. */
interface Entry {
  readonly version: number;
  readonly beside: readonly { readonly name: string; readonly sha256: string | null }[];
  readonly figures: ModelFigures;
}

/** Figures of models by what their files hold, in a folder of the user's: a model that did not change is not read again. */
export class FiguresMemory {
  private readonly folder: string;

  constructor(memory: string) {
    this.folder = join(memory, 'budgets');
  }

  /** null where the model, or what lies beside it, is not as it was. */
  async recall(model: string, sizes: DimensionOptions): Promise<ModelFigures | null> {
    const path = await this.place(model, sizes);
    try {
      const entry = JSON.parse(readFileSync(path, 'utf8')) as Entry;
      if (entry.version !== VERSION) return null;
      for (const { name, sha256 } of entry.beside)
        if ((await hashOfOne(join(dirname(model), name))) !== sha256) return null;
      const now = new Date();
      utimesSync(path, now, now);
      return entry.figures;
    } catch {
      // Nothing there, or nothing that can be read: it is found again.
      return null;
    }
  }

  /** @param beside absolute paths of the files that hold weights of the model, missing ones too */
  async remember(
    model: string,
    sizes: DimensionOptions,
    beside: readonly string[],
    figures: ModelFigures,
  ): Promise<void> {
    const path = await this.place(model, sizes);
    const temporary = join(this.folder, `.${randomUUID()}`);
    try {
      mkdirSync(this.folder, { recursive: true });
      const hashes: Entry['beside'][number][] = [];
      for (const file of beside)
        hashes.push({ name: relative(dirname(model), file), sha256: await hashOfOne(file) });
      const entry: Entry = { version: VERSION, beside: hashes, figures };
      writeFileSync(temporary, JSON.stringify(entry));
      renameSync(temporary, path);
    } catch {
      // A memory that cannot be written is no reason not to check.
      rmSync(temporary, { force: true });
    }
  }

  /** Removes the entries that were not used for longest. */
  forgetOld(): void {
    try {
      if (!existsSync(this.folder)) return;
      const names = readdirSync(this.folder);
      if (names.length <= KEPT) return;
      const entries = names.map((name) => ({ name, time: statSync(join(this.folder, name)).mtimeMs }));
      entries.sort((a, b) => b.time - a.time);
      for (const { name } of entries.slice(KEPT)) rmSync(join(this.folder, name), { force: true });
    } catch {
      // Somebody else removes them at the same time.
    }
  }

  private async place(model: string, sizes: DimensionOptions): Promise<string> {
    return join(this.folder, `${await hashOf(filesWithin(model), { VERSION, sizes })}.json`);
  }
}

async function hashOfOne(file: string): Promise<string | null> {
  return existsSync(file) ? hashOf([file], null) : null;
}
