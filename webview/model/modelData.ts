import type { ReactiveControllerHost } from 'lit';
import { besideProfile } from '../../src/protocol/deviceNames';
import type { ImportedProfile } from '../../src/protocol/imported';
import type { DimensionOptions } from '../../src/protocol/options';
import type { GraphEdges, LayerDetails, LayerRow, OpenedModel } from '../../src/protocol/page';
import { otherSizes } from '../../src/protocol/profileMarks';
import type { ModuleReport, ProfileReport } from '../../src/protocol/reports';
import type { RooflineReport } from '../../src/protocol/roofline';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { type HostError, host, toHostError } from '../host';
import { loadEdges, loadModules, loadRows, type TableRow, tableRows } from './rows';

/** What the page knows of the model: asked when it is shown, when dimensions change, and when the file does. */
export class ModelData {
  opened: OpenedModel | null = null;
  /** The last one of the file, whatever sizes it was measured with. */
  lastProfile: ProfileReport | null = null;
  /** What reports call the engines that run the model on this computer; null: not known, or not yet. */
  engines: readonly string[] | null = null;
  /** What was measured elsewhere. */
  imported: readonly ImportedProfile[] = [];
  /** The last ones on other devices than the last profile's. */
  private beside: readonly ProfileReport[] = [];
  /** Rows as the host gave them; fewer than `opened.rows` while they come in. */
  layers: readonly LayerRow[] = [];
  /** What they are grouped by. */
  modules: readonly ModuleReport[] = [];
  /** Which tensors they take from each other; null until they are there. */
  edges: readonly GraphEdges[] | null = null;
  /** The same rows with latencies, and what the engine added. */
  rows: readonly TableRow[] = [];
  /** Of the rows, when all of them are there. */
  names: ShortNames = shortNames([]);
  error: HostError | null = null;
  /** Of the selected layer. */
  details: LayerDetails | null = null;
  detailsError: HostError | null = null;

  /** null: not asked for, or not there yet. */
  roofline: RooflineReport | null = null;
  rooflineError: HostError | null = null;
  private rooflineOf: readonly unknown[] = [];

  /** What is shown is of the file as it was before it changed: it is being read again, or cannot be. */
  old = false;

  /** Counts the openings, so that answers to an earlier one are dropped. */
  private opening = 0;
  private detailed = 0;
  private places: { of: readonly TableRow[]; byId: ReadonlyMap<string, number> } = {
    of: [],
    byId: new Map(),
  };

  constructor(private readonly page: Pick<ReactiveControllerHost, 'requestUpdate'>) {}

  get complete(): boolean {
    return this.opened !== null && this.layers.length >= this.opened.rows;
  }

  /** The last profile where it was measured with the sizes that the page shows. */
  get profile(): ProfileReport | null {
    return this.measuredWith === null ? this.lastProfile : null;
  }

  /** Those of other devices that were measured with the sizes that the page shows. */
  get otherProfiles(): readonly ProfileReport[] {
    const { opened, beside } = this;
    if (opened === null || this.profile === null) return [];
    return beside.filter((profile) => otherSizes(profile, opened.report.inputs) === null);
  }

  /** The input shapes that the last profile was measured with, where the page shows others; else null. */
  get measuredWith(): string | null {
    const { lastProfile, opened } = this;
    return lastProfile === null || opened === null ? null : otherSizes(lastProfile, opened.report.inputs);
  }

  /** Index of a row; null where there is none, or not yet. */
  indexOf(id: string | null): number | null {
    if (id === null) return null;
    const { rows } = this;
    if (this.places.of !== rows)
      this.places = { of: rows, byId: new Map(rows.map((row, index) => [row.id, index])) };
    return this.places.byId.get(id) ?? null;
  }

  /** Settles when all rows are there; `false` when it failed or another opening took over. */
  async open(dimensions: DimensionOptions): Promise<boolean> {
    const opening = ++this.opening;
    const wanted = () => opening === this.opening;
    this.old = this.opened !== null;
    this.page.requestUpdate();
    try {
      const opened = await host.request('open', dimensions);
      if (!wanted()) return false;
      this.opened = opened;
      this.error = null;
      this.lastProfile = opened.profile;
      this.imported = opened.imported;
      this.beside = opened.otherProfiles;
      this.page.requestUpdate();
      const loaded: LayerRow[] = [];
      await loadRows(opened.rows, wanted, (chunk) => {
        // While they come in, only what is new is joined: to join all each time would take seconds for 100,000.
        this.rows = [...(loaded.length === 0 ? [] : this.rows), ...tableRows(chunk, null)];
        for (const row of chunk) loaded.push(row);
        this.layers = loaded;
        this.page.requestUpdate();
      });
      const modules = await loadModules(opened.modules, wanted);
      if (!wanted()) return false;
      this.modules = modules;
      this.edges = null;
      this.layers = loaded;
      this.old = false;
      this.names = shortNames(loaded.map(({ name }) => name));
      this.join();
      void this.loadEdges(loaded.length, wanted);
      if (opened.profile !== null && !host.alone) void this.loadEngines(wanted);
      return true;
    } catch (error) {
      if (wanted()) this.error = toHostError(error);
      this.page.requestUpdate();
      return false;
    }
  }

  /** They come in behind everything else, so that the graph is there as soon as somebody wants it. */
  private async loadEdges(count: number, wanted: () => boolean): Promise<void> {
    try {
      const edges = await loadEdges(count, wanted);
      if (!wanted()) return;
      this.edges = edges;
    } catch (error) {
      if (wanted()) this.error = toHostError(error);
    }
    this.page.requestUpdate();
  }

  /** Only a profile of before can be of an engine that is gone. Without an answer none is doubted. */
  private async loadEngines(wanted: () => boolean): Promise<void> {
    const engines = await host.request('engines').catch(() => null);
    if (!wanted()) return;
    this.engines = engines;
    this.page.requestUpdate();
  }

  setProfile(profile: ProfileReport): void {
    this.beside = besideProfile(profile, [this.lastProfile, ...this.beside]);
    this.lastProfile = profile;
    this.join();
  }

  setImported(imported: readonly ImportedProfile[]): void {
    this.imported = imported;
    this.page.requestUpdate();
  }

  async loadDetails(row: number | null): Promise<void> {
    const detailed = ++this.detailed;
    this.details = null;
    this.detailsError = null;
    this.page.requestUpdate();
    if (row === null || (this.rows[row]?.added ?? true)) return;
    try {
      const details = await host.request('details', { row });
      if (detailed === this.detailed) this.details = details;
    } catch (error) {
      if (detailed === this.detailed) this.detailsError = toHostError(error);
    }
    this.page.requestUpdate();
  }

  /** For the profile and the sizes that are shown; nothing is asked twice. */
  async loadRoofline(): Promise<void> {
    const { opened, profile } = this;
    const of = [opened, profile];
    if (of.every((one, place) => one === this.rooflineOf[place])) return;
    this.rooflineOf = of;
    this.roofline = null;
    this.rooflineError = null;
    try {
      const report = await host.request('roofline');
      if (this.rooflineOf === of) this.roofline = report;
    } catch (error) {
      if (this.rooflineOf === of) this.rooflineError = toHostError(error);
    }
    this.page.requestUpdate();
  }

  setRoofline(report: RooflineReport): void {
    this.roofline = report;
    this.page.requestUpdate();
  }

  private join(): void {
    this.rows = tableRows(this.layers, this.profile, this.otherProfiles);
    this.page.requestUpdate();
  }
}
