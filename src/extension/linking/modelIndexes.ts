import * as vscode from 'vscode';
import { Reader } from '../../jobs/readerClient';
import { ModelError } from '../../model/modelError';
import type { ModelIndex } from '../../python/linking/modelIndex';
import { stampOf } from '../files/fileStamp';
import { MODEL_ENDINGS } from '../files/modelEndings';
import type { Log } from '../telling/log';

/** Models of a workspace that sources are linked to; each takes a few hundred kB of memory. */
const MAX_MODELS = 100;
/** A file that takes longer to read than the largest models do is stuck, in ms. */
const TIME_LIMIT = 60_000;
/** Whoever writes a file does so in several steps; it is read when nothing happened for so many ms. */
const SETTLE_TIME = 500;

/** Two, because the editor's patterns know no braces within braces. */
const PATTERNS = [`**/*.{${MODEL_ENDINGS.join()}}`, '**/*.mlpackage/Manifest.json'];

export interface IndexedModel {
  readonly uri: vscode.Uri;
  readonly index: ModelIndex;
}

/** Indexes of the workspace's models: made one at a time in a reading thread, and again when a file changes. */
export class ModelIndexes implements vscode.Disposable {
  /** By URI; null: waits for its turn, or could not be read. */
  private readonly known = new Map<string, { stamp: string; model: IndexedModel | null }>();
  private readonly waiting = new Map<string, vscode.Uri>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private watchers: vscode.FileSystemWatcher[] | undefined;
  private settling: NodeJS.Timeout | undefined;
  private reader: Reader | undefined;
  private working = false;
  private disposed = false;

  constructor(
    private readonly readerScript: string,
    private readonly log: Log,
  ) {}

  /** Those that are known by now, in no particular order. The first call starts looking for them. */
  get models(): readonly IndexedModel[] {
    this.start();
    return [...this.known.values()].flatMap(({ model }) => model ?? []);
  }

  /** Reads a model that the user named, wherever it lies. */
  want(uri: vscode.Uri): void {
    if (this.known.has(uri.toString()) || this.known.size >= MAX_MODELS) return;
    this.enqueue(uri);
    this.settle(0);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settling);
    for (const watcher of this.watchers ?? []) watcher.dispose();
    this.reader?.stop();
    this.changed.dispose();
  }

  private start(): void {
    if (this.watchers) return;
    this.watchers = PATTERNS.map((pattern) => vscode.workspace.createFileSystemWatcher(pattern));
    const arrived = (uri: vscode.Uri) => {
      if (isExcluded(uri)) return;
      this.enqueue(uri);
      this.settle(SETTLE_TIME);
    };
    const left = (uri: vscode.Uri) => {
      this.waiting.delete(uri.toString());
      if (this.known.delete(uri.toString())) this.changed.fire();
    };
    for (const watcher of this.watchers) {
      watcher.onDidCreate(arrived);
      watcher.onDidChange(arrived);
      watcher.onDidDelete(left);
    }
    void this.find();
  }

  private async find(): Promise<void> {
    const found = await Promise.all(
      PATTERNS.map((pattern) => vscode.workspace.findFiles(pattern, '**/node_modules/**', MAX_MODELS)),
    );
    for (const uri of found.flat()) if (!isExcluded(uri)) this.enqueue(uri);
    this.settle(0);
  }

  private enqueue(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.known.has(key) && this.known.size >= MAX_MODELS) return;
    if (this.known.get(key)?.stamp === stampOf(uri.fsPath)) return;
    if (!this.known.has(key)) this.known.set(key, { stamp: '', model: null });
    this.waiting.set(key, uri);
  }

  private settle(time: number): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.work(), time);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let next = this.take(); next !== undefined && !this.disposed; next = this.take()) {
      const stamp = stampOf(next.fsPath);
      const index = await this.read(next);
      if (this.disposed) return;
      this.known.set(next.toString(), { stamp, model: index && { uri: next, index } });
      this.changed.fire();
    }
    this.working = false;
  }

  private take(): vscode.Uri | undefined {
    const [first] = this.waiting;
    if (first === undefined) return undefined;
    this.waiting.delete(first[0]);
    return first[1];
  }

  private async read(uri: vscode.Uri): Promise<ModelIndex | null> {
    const reader = new Reader(this.readerScript, uri.fsPath);
    this.reader = reader;
    const limit = setTimeout(() => reader.stop('Reading it took too long.'), TIME_LIMIT);
    try {
      return await reader.ask('index', null);
    } catch (error) {
      // Its own page says what is wrong with it, to whoever opens that.
      const detail = error instanceof ModelError ? error.message : String(error);
      if (!this.disposed) this.log.debug(`${uri.fsPath} is not linked to sources: ${detail}`);
      return null;
    } finally {
      clearTimeout(limit);
      reader.stop();
    }
  }
}

/** Parts of packages, which stand for themselves, and what dependencies bring. */
function isExcluded({ path }: vscode.Uri): boolean {
  return (
    path.includes('/node_modules/') || (path.includes('.mlpackage/') && !path.endsWith('/Manifest.json'))
  );
}
