import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { Reader } from '../../jobs/readerClient';
import { besideProfile } from '../../protocol/deviceNames';
import type { ImportedProfile } from '../../protocol/imported';
import type { DimensionOptions } from '../../protocol/options';
import type { PageEvent } from '../../protocol/page';
import type { ProfileReport } from '../../protocol/reports';
import { watchFile } from '../files/watchFile';
import type { Candidates } from '../quantizing/candidates';
import { type Measured, type Measurements, profileFor } from './measurements';
import type { ModelView } from './modelView';

/** An opened model: the thread that reads it, its views, and what was measured of it. */
export class ModelDocument implements vscode.CustomDocument {
  readonly reader: Reader;
  readonly views = new Set<ModelView>();
  private readonly watcher: vscode.Disposable;
  private readonly disposed = new vscode.EventEmitter<void>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidDispose = this.disposed.event;
  /** The file on disk is another one now. */
  readonly onDidChange = this.changed.event;
  private refused: Candidates | null = null;
  private lastProfile: (Measured & { trace: string | null }) | null = null;

  private measuredElsewhere: readonly ImportedProfile[] = [];

  /** @param file where it can be read: the file itself, or a copy of one that is on no disk */
  constructor(
    readonly uri: vscode.Uri,
    readonly file: vscode.Uri,
    readerScript: string,
    private readonly measurements: Measurements,
  ) {
    this.reader = new Reader(readerScript, file.fsPath);
    this.watcher = watchFile(file, () => this.reread());
  }

  get path(): string {
    return this.file.fsPath;
  }

  /** It is a copy: nothing can be written beside what it was copied from. */
  get isCopy(): boolean {
    return this.uri.toString() !== this.file.toString();
  }

  /** One of its pages is in sight. */
  get isShown(): boolean {
    return [...this.views].some(({ panel }) => panel.visible);
  }

  /** Where dialogs begin. */
  get folder(): vscode.Uri {
    return vscode.Uri.file(path.dirname(this.uri.fsPath));
  }

  get profile(): ProfileReport | null {
    return this.lastProfile?.report ?? null;
  }

  /** The last ones on other devices. */
  get otherProfiles(): ProfileReport[] {
    return this.lastProfile?.others ?? [];
  }

  /** The last profile where it was made with these sizes. */
  profileFor(choice: DimensionOptions): ProfileReport | null {
    return profileFor(this.lastProfile, choice);
  }

  /** The engine's trace of the last profile. */
  get trace(): string | null {
    return this.lastProfile?.trace ?? null;
  }

  /** Takes up what was measured of this file before; its trace is gone. */
  async loadProfile(): Promise<void> {
    const measured = await this.measurements.load(this.path);
    if (measured) this.lastProfile ??= { ...measured, trace: null };
  }

  /** Keeps a new profile and shows it in all views. */
  async setProfile({ report, choice }: Omit<Measured, 'others'>, trace: string | null): Promise<void> {
    const last = this.lastProfile;
    // Figures of other sizes do not stand beside these.
    const same = last !== null && isDeepStrictEqual(last.choice, choice);
    const measured = {
      report,
      choice,
      others: same ? besideProfile(report, [last.report, ...last.others]) : [],
    };
    await this.forgetProfile();
    this.lastProfile = { ...measured, trace };
    this.send({ kind: 'profiled', report: measured.report });
    await this.measurements.keep(this.path, measured);
  }

  get imported(): readonly ImportedProfile[] {
    return this.measuredElsewhere;
  }

  /** Shows what was measured elsewhere in all views; the same file again takes the place of what it gave before. */
  addImported(profile: ImportedProfile): void {
    const others = this.measuredElsewhere.filter(({ source }) => source !== profile.source);
    this.measuredElsewhere = [...others, profile];
    this.send({ kind: 'imported', imported: [...this.measuredElsewhere] });
  }

  /** What the last quantizing built and did not deliver. */
  get candidates(): Candidates | null {
    return this.refused;
  }

  async setCandidates(candidates: Candidates | null): Promise<void> {
    const old = this.refused;
    this.refused = candidates;
    await old?.discard();
  }

  send(event: PageEvent): void {
    for (const view of this.views) view.send(event);
  }

  dispose(): void {
    this.watcher.dispose();
    this.reader.stop();
    void this.forgetProfile();
    void this.setCandidates(null);
    this.disposed.fire();
    this.disposed.dispose();
    this.changed.dispose();
  }

  /** What was read and measured is of no use any more. */
  private reread(): void {
    this.reader.stop('The file has changed.');
    void this.forgetProfile();
    this.measuredElsewhere = [];
    void this.setCandidates(null);
    this.send({ kind: 'changed' });
    this.changed.fire();
  }

  private async forgetProfile(): Promise<void> {
    const trace = this.lastProfile?.trace ?? null;
    this.lastProfile = null;
    if (trace !== null) await rm(trace, { force: true });
  }
}
