import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { hashOf } from '../files/contentHash';
import { TEMPORARY, temporaryName } from '../files/owner';
import { moveAll, recordPlacing } from '../files/placings';
import type { QuantizeReport } from '../protocol/reports';
import type { SearchReport } from '../protocol/search';

/** Of how candidates are made: what an earlier version found is not what this one would. */
const VERSION = 2;
/** Searches that are remembered, and the bytes that candidates of one may have in all. */
const REMEMBERED = 12;
const MOST_BYTES = 128 * 2 ** 20;

/** What a search came to. */
export interface Remembered {
  readonly search: SearchReport;
  /** Paths of candidates, by their ids. */
  readonly files: ReadonlyMap<string, string>;
  /** Of the one-click path: how it ended. */
  readonly outcome: { readonly status: 'written' | 'refused'; readonly report: QuantizeReport } | null;
}

/** As it is written: with the hash of each file, so that half of one, or another one, is not taken for it. */
interface Entry {
  readonly version: number;
  readonly search: SearchReport;
  readonly files: readonly { readonly id: string; readonly name: string; readonly sha256: string }[];
  readonly outcome: Remembered['outcome'];
}

/** A search is one of a subject with an engine on a computer. */
export function searchKey(subject: string, engine: string, settings: unknown): string {
  const [first] = cpus();
  const computer = [first?.model ?? '', cpus().length, process.arch, process.platform];
  return createHash('sha256')
    .update(JSON.stringify([VERSION, subject, engine, computer, settings]))
    .digest('hex');
}

/** Searches of earlier runs, in a folder of the user's. */
export class SearchMemory {
  private readonly folder: string;

  constructor(
    memory: string,
    private readonly key: string,
  ) {
    this.folder = join(memory, 'searches');
  }

  /** Copies the candidates into `scratch`; null where nothing is remembered, or what is was changed. */
  async recall(scratch: string): Promise<Remembered | null> {
    const own = join(this.folder, this.key);
    const candidates = join(scratch, 'candidates');
    try {
      const entry = JSON.parse(readFileSync(join(own, 'entry.json'), 'utf8')) as Entry;
      if (entry.version !== VERSION) return null;
      const files = new Map<string, string>();
      for (const { id, name, sha256 } of entry.files) {
        const folder = join(candidates, id);
        mkdirSync(folder, { recursive: true });
        const target = join(folder, name);
        copyFileSync(join(own, id, name), target);
        if ((await hashOf([target], null)) !== sha256) throw new Error(`${name} is another file.`);
        files.set(id, target);
      }
      const now = new Date();
      utimesSync(own, now, now);
      return { search: { ...entry.search, remembered: true }, files, outcome: entry.outcome };
    } catch {
      // Nothing there, or nothing whole, as another process may be replacing it: it is found again.
      rmSync(candidates, { recursive: true, force: true });
      return null;
    }
  }

  /** Remembers what is whole in files of its own; what cannot be written is found again another time. */
  async remember({ search, files, outcome }: Remembered): Promise<void> {
    const bytes = [...files.values()].reduce((sum, file) => sum + statSync(file).size, 0);
    if (bytes > MOST_BYTES) return;
    const own = join(this.folder, this.key);
    const beside = () => join(this.folder, temporaryName());
    const move = { temporary: beside(), target: own, aside: beside() };
    const placing = { moves: [move], force: true };
    const end = recordPlacing(placing);
    const { temporary } = move;
    try {
      mkdirSync(temporary, { recursive: true });
      const written: Entry['files'][number][] = [];
      for (const [id, file] of files) {
        const name = basename(file);
        mkdirSync(join(temporary, id));
        copyFileSync(file, join(temporary, id, name));
        written.push({ id, name, sha256: await hashOf([file], null) });
      }
      const entry: Entry = { version: VERSION, search, files: written, outcome };
      writeFileSync(join(temporary, 'entry.json'), JSON.stringify(entry));
      // Fails where another process remembers the same at this moment.
      moveAll(placing);
      this.forgetOld();
    } catch {
      rmSync(temporary, { recursive: true, force: true });
    } finally {
      end();
    }
  }

  private forgetOld(): void {
    if (!existsSync(this.folder)) return;
    const entries = readdirSync(this.folder).flatMap((name) => {
      const path = join(this.folder, name);
      const status = TEMPORARY.test(name) ? undefined : statSync(path, { throwIfNoEntry: false });
      return status === undefined ? [] : [{ path, time: status.mtimeMs }];
    });
    entries.sort((a, b) => b.time - a.time);
    for (const { path } of entries.slice(REMEMBERED)) rmSync(path, { recursive: true, force: true });
  }
}
