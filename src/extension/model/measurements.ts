import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { deviceId } from '../../protocol/deviceNames';
import { THIS_COMPUTER } from '../../protocol/devices';
import type { DimensionOptions } from '../../protocol/options';
import { CONTRACT_VERSION, type ProfileReport } from '../../protocol/reports';
import { stampOf } from '../files/fileStamp';
import type { Log } from '../telling/log';

/** Profiles that are kept, the latest; more models than anybody measures in one workspace. */
const MAX_KEPT = 200;
/** Bytes of one: a profile of 100,000 layers takes about this much. */
const MAX_BYTES = 20_000_000;

interface Kept {
  readonly version: number;
  readonly model: string;
  readonly stamp: string;
  readonly report: ProfileReport;
  /** Sizes that were chosen for it. */
  readonly choice: DimensionOptions;
  /** The last ones on other devices with the same sizes. Absent in what earlier versions kept. */
  readonly others?: readonly ProfileReport[];
}

/** A profile, the sizes that were chosen for it, and the last profiles on other devices with them. */
export interface Measured extends Pick<Kept, 'report' | 'choice'> {
  readonly others: ProfileReport[];
}

/** This computer's profile where it was made with the sizes that are looked at; null where it was not. */
export function profileFor(measured: Measured | null, choice: DimensionOptions): ProfileReport | null {
  if (measured === null || !isDeepStrictEqual(measured.choice, choice)) return null;
  // Where several models are shown beside each other, one of a phone would not be theirs.
  return [measured.report, ...measured.others].find((report) => deviceId(report) === THIS_COMPUTER) ?? null;
}

/** The last profile of each model, so that it outlives the page and the window. Of use only while the file is the same. */
export class Measurements implements vscode.Disposable {
  private readonly known = new Map<string, Kept | null>();
  private readonly changed = new vscode.EventEmitter<string>();
  /** With the path of the model that was measured. */
  readonly onDidChange = this.changed.event;

  /** @param folder of the extension's own for this workspace; made when something is kept */
  constructor(
    private readonly folder: vscode.Uri,
    private readonly log: Log,
  ) {}

  /** The last profile of a model as its file is now. */
  async load(model: string): Promise<Measured | null> {
    let kept = this.known.get(model);
    if (kept === undefined) {
      kept = await this.read(model);
      this.known.set(model, kept);
    }
    return kept !== null && kept.stamp === stampOf(model)
      ? { ...kept, others: [...(kept.others ?? [])] }
      : null;
  }

  async keep(model: string, { report, choice, others }: Measured): Promise<void> {
    const stamp = stampOf(model);
    const kept: Kept = { version: CONTRACT_VERSION, model, stamp, report, choice, others };
    this.known.set(model, kept);
    this.changed.fire(model);
    try {
      await this.write(model, JSON.stringify(kept));
    } catch (error) {
      // What was measured is shown all the same; only the next window will not know it.
      this.log.warn(`The profile of ${model} could not be kept: ${error}`);
    }
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async read(model: string): Promise<Kept | null> {
    try {
      const kept: Kept = JSON.parse(await readFile(this.fileOf(model), 'utf8'));
      return kept.version === CONTRACT_VERSION &&
        kept.model === model &&
        Array.isArray(kept.report?.layers) &&
        kept.choice
        ? kept
        : null;
    } catch {
      // Nothing was kept, or what was cannot be read any more: it is measured again.
      return null;
    }
  }

  private async write(model: string, text: string): Promise<void> {
    const file = this.fileOf(model);
    if (text.length > MAX_BYTES) return rm(file, { force: true });
    await mkdir(this.folder.fsPath, { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await this.forgetOldest();
  }

  private async forgetOldest(): Promise<void> {
    const names = (await readdir(this.folder.fsPath)).filter((name) => name.endsWith('.json'));
    if (names.length <= MAX_KEPT) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(this.folder.fsPath, name);
        return { file, time: (await stat(file)).mtimeMs };
      }),
    );
    const oldest = files.sort((a, b) => a.time - b.time).slice(0, names.length - MAX_KEPT);
    await Promise.all(oldest.map(({ file }) => rm(file, { force: true })));
  }

  private fileOf(model: string): string {
    const name = createHash('sha256').update(model).digest('hex');
    return path.join(this.folder.fsPath, `${name}.json`);
  }
}
