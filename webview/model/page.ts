import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { AdviceAction } from '../../src/protocol/advice/finding';
import { otherDevice } from '../../src/protocol/deviceNames';
import type { DeviceChoice } from '../../src/protocol/devices';
import type { OpenedModel } from '../../src/protocol/page';
import {
  type ChosenMeasure,
  hasShares,
  NOT_TIMED,
  notOfThis,
  rowsReason,
  sizesNotOfThis,
} from '../../src/protocol/profileMarks';
import type { ModuleReport, ProfileReport } from '../../src/protocol/reports';
import { copyText } from '../base/copied';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import type { GraphView } from '../graph/view';
import type { Column } from '../grid/column';
import { host, toHostError } from '../host';
import { layerColumns } from './columns';
import { renderHeader } from './header';
import { Jobs } from './jobs';
import type { Layers } from './layers';
import { SearchMentions } from './mentions';
import { ModelData } from './modelData';
import { around, beginShut, type ShownRow } from './moduleRows';
import { renderJob, renderOpenError, renderProblems } from './notices';
import { pageStyles } from './pageStyles';
import type { ProfileForm } from './profileForm';
import type { QuantizeForm } from './quantizeForm';
import { isFree, matches, type TableRow } from './rows';
import { loadState, type SavedState, saveState } from './savedState';
import { TargetData } from './targetData';
import { renderViews, type ViewId } from './views';
import '../graph/view';
import './advice';
import './budget';
import './chart';
import './details';
import './imported';
import './layers';
import './profileForm';
import './quantizeForm';
import './signature';
import './summary';
import '../base/splitter';

const MIN_PANE = 90;
/** As the page's styles have it. */
const NARROW = '(max-width: 900px)';
/** The chart waits for all rows: it would be laid out again for each part of them. */
const NO_ROWS: readonly TableRow[] = [];
const NO_MODULES: readonly ModuleReport[] = [];
const MIN_DETAILS = 220;
/** Less of the targets would be a sentence and a bar. */
const MIN_TARGETS = 260;

/** Figures are unknown, perhaps only because an open dimension was assumed 1. */
function needsDimensions({ report }: OpenedModel): boolean {
  const assumed = report.assumedInputs.length > 0 || Object.values(report.dims).some((dim) => dim.assumed);
  return assumed && (report.totals.macs === null || report.totals.peakActivationBytes === null);
}

/** Keys are what somebody writes. */
function isTyping(event: KeyboardEvent): boolean {
  return event
    .composedPath()
    .some((target) => target instanceof HTMLElement && target.matches('input, select, textarea'));
}

/** Why the chart cannot show what part of the latency each layer has; '' where it can. */
function unmeasuredReason({ profile, measuredWith }: ModelData): string {
  if (measuredWith !== null) return 'Profile the latency with these sizes first';
  if (profile === null) return 'Profile the latency first';
  return hasShares(profile) ? '' : rowsReason(profile) || notTimed(profile);
}

/** Why a profile has no layers. */
function notTimed({ notes = [] }: ProfileReport): string {
  return notes.find((note) => note.startsWith(NOT_TIMED)) ?? 'The engine does not say what each layer takes';
}

/** Why the last profile is not of what is shown and chosen now. */
function notOf(
  { lastProfile, engines }: ModelData,
  { report }: OpenedModel,
  chosen: Omit<ChosenMeasure, 'engines'>,
): string | null {
  if (lastProfile === null) return null;
  // A report in a file is of what it was measured on: nothing else can be chosen.
  if (host.alone) return sizesNotOfThis(lastProfile, report.inputs);
  return notOfThis(lastProfile, report.inputs, { ...chosen, engines });
}

/** The page of a model: summary, chart, table of layers, details of one of them. */
@customElement('caliper-model-page')
export class ModelPage extends LitElement {
  @state() private saved: SavedState = loadState();
  @state() private allProblems = false;
  /** undefined: as the host remembers. */
  @state() private chosenDevice: DeviceChoice | null | undefined = undefined;

  @query('caliper-layers') private readonly layers!: Layers;
  @query('caliper-graph') private readonly graph!: GraphView | null;
  @query('caliper-profile-form') private readonly profileForm!: ProfileForm;
  @query('caliper-quantize-form') private readonly quantizeForm!: QuantizeForm;

  private readonly jobs = new Jobs(this, (report) => this.setProfile(report));
  private readonly data = new ModelData(this);
  private readonly targetData = new TargetData(this);
  private readonly mentions = new SearchMentions(this);
  private readonly startAt = this.saved.scrollTop;
  private columns: Column<ShownRow>[] = [];
  /** What the columns were made from. */
  private columnsOf: readonly unknown[] = [];
  private collapsed: ReadonlySet<string> = new Set();
  /** It stays behind the table once it was shown: to lay it out again would take a moment. */
  private graphWanted = false;
  private stopListening: () => void = () => undefined;

  static override readonly styles = [base, pageStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopListening = host.onEvent((event) => {
      if (event.kind === 'changed') void this.open();
      if (event.kind === 'imported') this.data.setImported(event.imported);
      if (event.kind === 'showQuantize') void this.showQuantize();
      if (event.kind === 'reveal') void this.reveal();
    });
    window.addEventListener('keydown', this.onKey);
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopListening();
    window.removeEventListener('keydown', this.onKey);
  }

  private async open(): Promise<void> {
    if (!(await this.data.open(this.saved.dimensions))) return;
    this.mentions.forget();
    this.mentions.look(this.saved.search);
    void this.data.loadDetails(this.selected);
    void this.reveal();
  }

  /** Shows the row that a link elsewhere asked for. Before all rows are there it waits: opening ends with it. */
  private async reveal(): Promise<void> {
    if (!this.data.complete) return;
    await this.showNode(await host.request('wantedRow'));
  }

  private setProfile(profile: ProfileReport): void {
    this.data.setProfile(profile);
    this.save({ figure: 'latency' });
  }

  /** Where latencies are measured: the host remembers it for the model. */
  private get device(): DeviceChoice | null {
    return this.chosenDevice === undefined ? (this.data.opened?.measure.device ?? null) : this.chosenDevice;
  }

  private chooseDevice(device: DeviceChoice | null): void {
    this.chosenDevice = device;
    void host.request('chooseDevice', { device });
  }

  private save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
    saveState(this.saved);
  }

  /** Index of the selected row. */
  private get selected(): number | null {
    return this.data.indexOf(this.saved.selected);
  }

  private select(index: number | null): void {
    // A module has no details: what one does with it is to open it.
    if (index === this.selected || (index ?? 0) < 0) return;
    this.save({ selected: this.data.rows[index ?? -1]?.id ?? null });
    void this.data.loadDetails(index);
    if (index !== null) void this.showDetails();
  }

  /** In a narrow window details are below the table, where they may be out of sight. */
  private async showDetails(): Promise<void> {
    if (!window.matchMedia(NARROW).matches) return;
    await this.updateComplete;
    this.renderRoot.querySelector('caliper-details')?.scrollIntoView({ block: 'nearest' });
  }

  /** Selects a layer and brings it into view, also where search, filter or a collapsed node hides it. */
  private show = async (index: number): Promise<void> => {
    const collapsed = new Set(this.saved.collapsed);
    const target = this.data.rows[index];
    if (target !== undefined) {
      const { modules, rows } = around(target, this.data.rows, this.data.modules);
      for (const id of rows) collapsed.delete(id);
      for (const id of modules) {
        if (beginShut(this.data.rows.length)) collapsed.add(id);
        else collapsed.delete(id);
      }
      if (isFree(target)) this.save({ freeShown: true });
    }
    const { search, op } = this.saved;
    const hidden = target !== undefined && (search !== '' || (op !== '' && op !== target.op));
    this.save({ collapsed: [...collapsed], ...(hidden ? { search: '', op: '' } : {}) });
    this.select(index);
    await this.updateComplete;
    await this.layers.updateComplete;
    if (this.saved.graphShown) await this.graph?.reveal(index);
    else await this.layers.grid.reveal(index);
  };

  /** The next or previous layer that is looked for: in the graph in the file's order, in the table in the table's. */
  private async find(step: 1 | -1): Promise<void> {
    const { search, op } = this.saved;
    if (search.trim() === '' && op === '') return;
    const index = this.saved.graphShown ? this.hitInGraph(step) : this.layers.hit(this.selected, step);
    if (index === null) return;
    this.select(index);
    await this.updateComplete;
    if (this.saved.graphShown) await this.graph?.reveal(index);
    else await this.layers.grid.reveal(index);
  }

  private hitInGraph(step: 1 | -1): number | null {
    const { rows } = this.data;
    const filter = { ...this.saved, mentions: this.mentions.found };
    const found = rows.filter((row) => !row.added && matches(row, filter));
    const from = this.selected ?? -1;
    const next =
      step === 1 ? found.find(({ index }) => index > from) : found.findLast(({ index }) => index < from);
    return (next ?? found.at(step === 1 ? 0 : -1))?.index ?? null;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    // A dialog has its own Escape.
    if (event.composedPath().some((target) => target instanceof HTMLDialogElement)) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && this.data.opened !== null) {
      event.preventDefault();
      this.layers.focusSearch();
    } else if (event.key === '/' && !isTyping(event) && this.data.opened !== null) {
      event.preventDefault();
      this.layers.focusSearch();
    } else if (event.key === 'F3') {
      event.preventDefault();
      void this.find(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape' && !event.defaultPrevented && this.selected !== null) {
      this.select(null);
      if (this.saved.graphShown) this.graph?.focus();
      else this.layers.grid.focus();
    }
  };

  private async showQuantize(): Promise<void> {
    try {
      this.quantizeForm.open(await host.request('quantizeDefaults'), this.device);
    } catch (error) {
      this.jobs.error = toHostError(error);
      this.requestUpdate();
    }
  }

  /** The host tells of what comes by an event, as it does where a command asked for it. */
  private async importMeasurements(): Promise<void> {
    this.jobs.dismiss();
    try {
      await host.request('importMeasurements');
    } catch (error) {
      this.jobs.error = toHostError(error);
      this.requestUpdate();
    }
  }

  private toggle(index: number): void {
    const id = index < 0 ? this.data.modules[-1 - index]?.id : this.data.rows[index]?.id;
    if (id === undefined) return;
    const collapsed = new Set(this.saved.collapsed);
    if (!collapsed.delete(id)) collapsed.add(id);
    this.save({ collapsed: [...collapsed] });
  }

  /** What the table is made from keeps its identity, so that it sorts and filters only when it must. */
  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('saved') as SavedState | undefined;
    if (changed.has('saved') && before?.collapsed !== this.saved.collapsed) {
      this.collapsed = new Set(this.saved.collapsed);
    }
    const { opened, rows, profile, names, otherProfiles, imported } = this.data;
    this.graphWanted ||= this.saved.graphShown;
    if (opened !== null && this.looksAtTarget && this.target !== null) {
      this.targetData.want(opened, this.target.id, this.data.profile?.latencyMs.median ?? null);
    }
    if (this.rooflineShown) void this.data.loadRoofline();
    const roofline = this.rooflineShown ? this.data.roofline : null;
    const from = [opened, rows, profile, names, imported, roofline];
    if (opened === null || from.every((value, place) => value === this.columnsOf[place])) return;
    this.columnsOf = from;
    this.columns = layerColumns(
      { maxima: opened.maxima, rows, names, profile, others: otherProfiles, imported, roofline },
      this.show,
    );
  }

  override render() {
    const { opened, error } = this.data;
    const retry = () => void this.open();
    if (error && opened === null) return renderOpenError(error, retry);
    if (opened === null) return html`<p class="waiting muted" role="status">Reading the model…</p>`;
    const device = this.device;
    const measure = { ...(this.saved.measure ?? { ...opened.measure, data: null }), device };
    return html`
      ${renderHeader({
        opened,
        profile: this.data.profile,
        rows: this.data.layers,
        busy: this.jobs.running !== null,
        device,
        chooseDevice: (chosen) => this.chooseDevice(chosen),
        tellProblem: (sentence) => this.jobs.tell(sentence),
        startProfile: () => void this.jobs.profile(measure),
        showProfileForm: () => this.profileForm.open(measure, opened.report.signatures ?? []),
        importMeasurements: () => void this.importMeasurements(),
        showQuantize: () => void this.showQuantize(),
      })}
      <div class="notices">
        ${error ? renderOpenError(error, retry, true) : nothing} ${renderJob(this.jobs, () => {
          this.chooseDevice(null);
          void this.jobs.profile({ ...measure, device: null });
        })}
        ${renderProblems(opened, this.allProblems, {
          showAll: () => {
            this.allProblems = true;
          },
          showNode: (id) => void this.showNode(id),
        })}
      </div>
      <caliper-summary
        class=${this.data.old ? 'old' : ''}
        .report=${opened.report}
        .profile=${this.data.lastProfile}
        .notOfThis=${notOf(this.data, opened, measure)}
        ?busy=${this.jobs.running !== null}
        @again=${() => void this.jobs.profile(measure)}
        .others=${this.data.otherProfiles}
        .names=${this.data.names}
        .runs=${opened.cannotRun === null}
        @peak=${(event: CustomEvent<string>) => void this.showNode(event.detail)}
      ></caliper-summary>
      <caliper-budget></caliper-budget>
      <caliper-imported .imported=${this.data.imported}></caliper-imported>
      <caliper-signature
        class=${this.data.old ? 'old' : ''}
        .report=${opened.report}
        .dimensions=${this.saved.dimensions}
        .expanded=${this.saved.signatureOpen ?? needsDimensions(opened)}
        @open=${(event: CustomEvent<boolean>) => this.save({ signatureOpen: event.detail })}
        @dimensions=${(event: CustomEvent<SavedState['dimensions']>) => {
          this.save({ dimensions: event.detail });
          void this.open();
        }}
      ></caliper-signature>
      ${this.renderAdvice(opened)} ${this.renderMain(opened)}
      <caliper-profile-form
        @start=${(event: CustomEvent<NonNullable<SavedState['measure']>>) => {
          this.save({ measure: event.detail });
          this.chooseDevice(event.detail.device ?? null);
          void this.jobs.profile(event.detail);
        }}
      ></caliper-profile-form>
      <caliper-quantize-form @start=${(event: CustomEvent) => void this.jobs.quantize(event.detail)}></caliper-quantize-form>
    `;
  }

  private async showNode(id: string | null): Promise<void> {
    const index = this.data.indexOf(id);
    if (index !== null) await this.show(index);
  }

  private renderMain(opened: OpenedModel) {
    const { saved } = this;
    const chosen = this.selected;
    const selected = chosen === null ? undefined : this.data.rows[chosen];
    const choose = (event: CustomEvent<number>) => this.select(event.detail);
    return html`<main class=${this.data.old ? 'old' : ''} ${styled({ '--details-width': `${saved.detailsWidth}px`, '--details-height': `${saved.detailsHeight}px` })}>
      <div class="column">
        ${
          saved.chartShown && opened.rows > 0 && !saved.graphShown
            ? html`${renderViews(saved.view, (view) => this.save({ view }))}
                ${this.renderView(opened)}
                <caliper-splitter
                  orientation="horizontal"
                  label="Height of the chart"
                  @resize=${(event: CustomEvent<number>) =>
                    this.save({ chartHeight: Math.max(MIN_PANE, saved.chartHeight + event.detail) })}
                ></caliper-splitter>`
            : nothing
        }
        <caliper-layers
          .rows=${this.data.rows}
          .total=${opened.rows}
          .columns=${this.columns}
          .hiddenColumns=${saved.hiddenColumns}
          .widths=${saved.widths}
          .sort=${saved.sort}
          .search=${saved.search}
          .op=${saved.op}
          .mentions=${this.mentions.found}
          .collapsed=${this.collapsed}
          .selected=${chosen}
          .startAt=${this.startAt}
          .modules=${this.data.modules}
          ?chartShown=${saved.chartShown}
          ?graphShown=${saved.graphShown}
          ?byModule=${saved.byModule}
          ?freeShown=${saved.freeShown}
          @graph=${(event: CustomEvent<boolean>) => this.showGraph(event.detail)}
          @byModule=${(event: CustomEvent<boolean>) => this.save({ byModule: event.detail })}
          @free=${(event: CustomEvent<boolean>) => this.save({ freeShown: event.detail })}
          @find=${(event: CustomEvent<1 | -1>) => void this.find(event.detail)}
          @copyRow=${(event: CustomEvent<string>) => void copyText(event.detail, 'the row')}
          @search=${(event: CustomEvent<string>) => {
            this.save({ search: event.detail });
            this.mentions.look(event.detail);
          }}
          @op=${(event: CustomEvent<string>) => this.save({ op: event.detail })}
          @hidden=${(event: CustomEvent<string[]>) => this.save({ hiddenColumns: event.detail })}
          @chart=${(event: CustomEvent<boolean>) => this.save({ chartShown: event.detail })}
          @sort=${(event: CustomEvent<SavedState['sort']>) => this.save({ sort: event.detail })}
          @widths=${(event: CustomEvent<SavedState['widths']>) => this.save({ widths: event.detail })}
          @scrolled=${(event: CustomEvent<number>) => {
            // Not a change that anything must be drawn again for.
            saved.scrollTop = event.detail;
            saveState(saved);
          }}
          @toggle=${(event: CustomEvent<number>) => this.toggle(event.detail)}
          @choose=${(event: CustomEvent<number>) => (event.detail < 0 ? this.toggle(event.detail) : choose(event))}
          @activate=${(event: CustomEvent<number>) => this.selected !== null && this.select(event.detail)}
        >${this.graphWanted ? this.renderGraph(opened, chosen) : nothing}</caliper-layers>
      </div>
      ${selected === undefined ? nothing : this.renderDetails(selected)}
    </main>`;
  }

  /** The chosen deployment target; null where none takes the model's format. */
  private get target(): OpenedModel['targets'][number] | null {
    const targets = host.alone ? [] : (this.data.opened?.targets ?? []);
    return targets.find(({ id }) => id === this.saved.target) ?? targets[0] ?? null;
  }

  /** Something on the page says where layers run. */
  private get looksAtTarget(): boolean {
    const { view, chartShown, graphShown, graphColour, mapByTarget } = this.saved;
    if (graphShown) return graphColour === 'target';
    return chartShown && (view === 'targets' || (view === 'map' && mapByTarget));
  }

  private showGraph(graphShown: boolean): void {
    this.save({ graphShown });
    const { selected } = this;
    if (selected !== null) void this.show(selected);
  }

  private renderGraph(opened: OpenedModel, chosen: number | null) {
    const { saved, data } = this;
    return html`<caliper-graph
      .rows=${data.complete ? data.rows : NO_ROWS}
      .modules=${data.modules}
      .edges=${data.edges}
      .inputs=${opened.report.inputs}
      .outputs=${opened.report.outputs}
      .names=${data.names}
      .colourBy=${saved.graphColour === 'target' && this.target === null ? saved.figure : (saved.graphColour ?? saved.figure)}
      .classes=${this.targetData.classes(this.target?.name ?? null)}
      .unmeasured=${unmeasuredReason(data)}
      .selected=${chosen}
      .search=${saved.search}
      .op=${saved.op}
      .mentions=${this.mentions.found}
      .opened=${saved.graphOpen}
      @choose=${(event: CustomEvent<number>) => this.select(event.detail)}
      @open=${(event: CustomEvent<string[]>) => this.save({ graphOpen: event.detail })}
      @colour=${(event: CustomEvent<SavedState['graphColour']>) => this.save({ graphColour: event.detail })}
    ></caliper-graph>`;
  }

  private renderAdvice(opened: OpenedModel) {
    const { data, saved } = this;
    return html`<caliper-model-advice
      .model=${opened}
      .layers=${data.complete && !data.old ? data.layers : null}
      .profile=${data.profile}
      .device=${saved.device}
      .names=${data.names}
      ?open=${saved.adviceOpen}
      ?busy=${this.jobs.running !== null}
      @open=${(event: CustomEvent<boolean>) => this.save({ adviceOpen: event.detail })}
      @show=${(event: CustomEvent<string>) => void this.showNode(event.detail)}
      @act=${(event: CustomEvent<AdviceAction>) => this.act(event.detail)}
    ></caliper-model-advice>`;
  }

  private act(action: AdviceAction): void {
    if (action.kind === 'quantize') void this.jobs.quantize(action.options);
    else if (action.kind === 'memory') this.showView('memory');
    else if (action.kind === 'device') this.showView('targets');
    else this.save({ signatureOpen: true });
  }

  private showView(view: ViewId): void {
    this.save({ view, chartShown: true, graphShown: false });
  }

  private renderView(opened: OpenedModel) {
    switch (this.saved.view) {
      case 'map':
        return this.renderMap();
      case 'memory':
        return this.renderMemory(opened);
      case 'roofline':
        return this.renderRoofline();
      case 'targets':
        return this.renderTargets(opened);
    }
  }

  private renderRoofline() {
    const { data, saved } = this;
    const { profile } = data;
    return html`<caliper-roofline
      .report=${data.roofline}
      .error=${data.rooflineError}
      .selected=${saved.selected}
      .names=${data.names}
      ?measures=${profile !== null && otherDevice(profile) === null}
      ?busy=${this.jobs.running !== null}
      @measure=${() => void this.jobs.ceilings((report) => data.setRoofline(report))}
      @choose=${(event: CustomEvent<string>) => void this.showNode(event.detail)}
      ${styled({ height: `${saved.chartHeight}px` })}
    ></caliper-roofline>`;
  }

  /** What it shows is asked for once somebody looks. */
  private get rooflineShown(): boolean {
    const { view, chartShown, graphShown } = this.saved;
    return view === 'roofline' && chartShown && !graphShown && this.data.complete && !this.data.old;
  }

  private renderMap() {
    const { saved } = this;
    return html`<caliper-chart
                  .rows=${this.data.complete ? this.data.rows : NO_ROWS}
                  ?loading=${!this.data.complete}
                  .modules=${saved.byModule ? this.data.modules : NO_MODULES}
                  .shown=${saved.figure}
                  .selected=${this.selected}
                  .op=${saved.op}
                  .names=${this.data.names}
                  .unmeasured=${unmeasuredReason(this.data)}
                  .target=${this.target?.name ?? ''}
                  ?byTarget=${saved.mapByTarget}
                  .placements=${this.targetData.placements}
                  @byTarget=${(event: CustomEvent<boolean>) => this.save({ mapByTarget: event.detail })}
                  @figure=${(event: CustomEvent<SavedState['figure']>) => this.save({ figure: event.detail })}
                  @op=${(event: CustomEvent<string>) => this.save({ op: event.detail })}
                  @choose=${(event: CustomEvent<number>) => void this.show(event.detail)}
                  ${styled({ height: `${saved.chartHeight}px` })}
                ></caliper-chart>`;
  }

  private renderMemory(opened: OpenedModel) {
    return html`<caliper-memory
      .model=${opened}
      .selected=${this.saved.selected}
      .names=${this.data.names}
      @choose=${(event: CustomEvent<string>) => void this.showNode(event.detail)}
      ${styled({ height: `${this.saved.chartHeight}px` })}
    ></caliper-memory>`;
  }

  private renderTargets(opened: OpenedModel) {
    const { report, deployment, error } = this.targetData;
    return html`<caliper-targets
      .targets=${opened.targets}
      .chosen=${this.target?.id ?? ''}
      .report=${report?.target === this.target?.id ? report : null}
      .deployment=${deployment}
      .error=${error}
      .names=${this.data.names}
      .device=${this.saved.device}
      @target=${(event: CustomEvent<string>) => this.save({ target: event.detail })}
      @device=${(event: CustomEvent<string | null>) => this.save({ device: event.detail })}
      @choose=${(event: CustomEvent<string>) => void this.showNode(event.detail)}
      ${styled({ height: `${Math.max(MIN_TARGETS, this.saved.chartHeight)}px` })}
    ></caliper-targets>`;
  }

  private renderDetails(selected: TableRow) {
    const { detailsWidth, detailsHeight } = this.saved;
    return html`<caliper-splitter
        class="beside"
        label="Width of the details"
        @resize=${(event: CustomEvent<number>) =>
          this.save({ detailsWidth: Math.max(MIN_DETAILS, detailsWidth - event.detail) })}
      ></caliper-splitter>
      <caliper-splitter
        class="below"
        orientation="horizontal"
        label="Height of the details"
        @resize=${(event: CustomEvent<number>) =>
          this.save({ detailsHeight: Math.max(MIN_PANE, detailsHeight - event.detail) })}
      ></caliper-splitter>
      <caliper-details
        role="region"
        aria-label="Details of the layer"
        .row=${selected}
        .details=${this.data.details}
        .error=${this.data.detailsError}
        .nameOf=${(index: number) => this.data.rows[index]?.name ?? `row ${index}`}
        .names=${this.data.names}
        .profile=${this.data.profile}
        @show=${(event: CustomEvent<number>) => void this.show(event.detail)}
        @close=${() => this.select(null)}
      ></caliper-details>`;
  }
}
