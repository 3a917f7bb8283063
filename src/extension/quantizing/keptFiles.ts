import { removeScratch } from '../../files/scratch';

/** A folder of what a job built, which is removed when nobody shows it any more. */
export class KeptFolder {
  private holders = 0;

  constructor(readonly path: string) {}

  hold(): this {
    this.holders++;
    return this;
  }

  async release(): Promise<void> {
    this.holders--;
    if (this.holders === 0) await removeScratch(this.path);
  }
}

/** Files of candidates, by their ids, in the folders of the searches that made them. */
export class CandidateFiles {
  private readonly files = new Map<string, string>();
  private readonly folders: KeptFolder[] = [];

  /** Of a further search, which may have made some again. */
  add(folder: KeptFolder, files: Readonly<Record<string, string>>): this {
    this.folders.push(folder.hold());
    for (const [id, file] of Object.entries(files)) if (!this.files.has(id)) this.files.set(id, file);
    return this;
  }

  get(id: string): string | undefined {
    return this.files.get(id);
  }

  async release(): Promise<void> {
    for (const folder of this.folders.splice(0)) await folder.release();
  }
}
