import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { isRandom } from '../../src/protocol/accuracies';
import { adviseComparison, otherWarnings } from '../../src/protocol/advice/advise';
import type { AdviceAction, Finding } from '../../src/protocol/advice/finding';
import { latencyConditions } from '../../src/protocol/deviceNames';
import { isBookkeeping } from '../../src/protocol/minorLayers';
import { formatInteger, UNKNOWN } from '../../src/protocol/numbers';
import type { ComparisonPage as Compared } from '../../src/protocol/page';
import { engineGone } from '../../src/protocol/profileMarks';
import type { Accuracy, Comparison } from '../../src/protocol/reports';
import { CLEANED, FLOAT, type SearchReport } from '../../src/protocol/search';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import {
  isSame,
  layersSummary,
  summary,
  summaryOverCleaned,
  summaryParts,
  unmeasured,
} from '../../src/protocol/summary';
import { renderDeviceHint } from '../base/deviceHint';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import type { Classes } from '../graph/classes';
import type { GraphView } from '../graph/view';
import { type HostError, host, toHostError } from '../host';
import type { CandidateWish } from './candidates';
import type { ComparedRow } from './columns';
import { exportItems } from './exports';
import { firstFilter, mentions, passes } from './filters';
import { comparedClasses, statusMark } from './graphClasses';
import { type ComparedLayers, type LayersState, layerNames } from './layers';
import { Measuring } from './measuring';
import { outdatedText } from './outdated';
import { comparisonStyles } from './pageStyles';
import { pictureOf } from './points';
import { type UnionGraph, unionGraph } from './unionGraph';
import '../base/advice';
import '../base/menu';
import '../base/notice';
import '../base/progress';
import '../base/splitter';
import './candidates';
import './cards';
import '../graph/view';
import './difference';
import './layers';
import './scatter';
import './sensitive';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

const MIN_DETAILS = 220;
/** Both models come in one message: of more layers it would be some 50 MB. */
const MOST_IN_GRAPH = 20_000;
/** More of them are folded: they would take the place of what they are about. */
const MOST_WARNINGS = 2;

interface SavedState extends LayersState {
  /** Tells the editor which comparison to show again after a reload. */
  id: string;
  selected: number | null;
  detailsWidth: number;
  graphColour: string;
  /** Ids of groups that are open; null: as a graph begins. */
  graphOpen: string[] | null;
  scrollTop: number;
}

const INITIAL: SavedState = {
  id: '',
  search: '',
  filter: null,
  widths: {},
  columns: {},
  bookkeeping: false,
  graphShown: false,
  selected: null,
  detailsWidth: 380,
  graphColour: 'status',
  graphOpen: null,
  scrollTop: 0,
};

/** Before and after: what the numbers say, the figures, latency against accuracy, layer by layer. */
@customElement('caliper-comparison-page')
export class ComparisonPage extends LitElement {
  @state() private saved: SavedState = { ...INITIAL, ...(host.state as Partial<SavedState> | undefined) };
  @state() private compared: Compared | null = null;
  @state() private error: HostError | null = null;
  /** Label of the candidate whose layers the table shows; null: they are the result's. */
  @state() private layersOf: string | null = null;
  @query('caliper-compared-layers') private readonly layers!: ComparedLayers;
  @query('caliper-graph') private readonly graphView!: GraphView | null;
  private readonly measuring = new Measuring(this, (compared) => this.showMeasured(compared));
  /** Both models as one; null: not read yet. */
  @state() private graph: UnionGraph | 'none' | null = null;
  /** What reports call the engines that run the models on this computer; null: not known, or not yet. */
  @state() private engines: readonly string[] | null = null;
  private classes: readonly Classes[] = [];
  private names: ShortNames = shortNames([]);
  private rows: ComparedRow[] = [];
  private stopListening: () => void = () => undefined;

  static override readonly styles = [base, comparisonStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
    this.stopListening = host.onEvent((event) => {
      if (event.kind === 'changed') void this.load();
    });
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopListening();
    window.removeEventListener('keydown', this.onKey);
  }

  private async load(): Promise<void> {
    try {
      this.show(await host.request('comparison'));
      this.error = null;
    } catch (error) {
      this.error = toHostError(error);
    }
  }

  private show(compared: Compared): void {
    this.setLayers(compared.comparison.layers);
    this.layersOf = null;
    this.compared = compared;
    this.engines = null;
    void this.loadEngines(compared);
    this.save(compared.id === this.saved.id ? {} : { ...INITIAL, id: compared.id });
    // Of files that changed there is no graph any more.
    if (outdatedText(compared) !== '') this.save({ graphShown: false });
    else if (this.saved.graphShown) void this.loadGraph();
  }

  /** Only a comparison of before can be of an engine that is gone. Without an answer none is doubted. */
  private async loadEngines(compared: Compared): Promise<void> {
    const { latencyMs, device } = compared.comparison;
    if (latencyMs === null || device !== undefined || host.alone) return;
    const engines = await host.request('engines').catch(() => null);
    if (compared === this.compared) this.engines = engines;
  }

  private setLayers(layers: Comparison['layers']): void {
    this.rows = layers.map((layer, index) => ({ ...layer, index }));
    this.names = shortNames(this.rows.flatMap(layerNames));
    this.classes = comparedClasses(layers);
    this.graph = null;
  }

  /** The same layers as before stay in view. */
  private showMeasured(compared: Compared): void {
    if (this.compared !== null && this.saved.filter === null) {
      this.save({ filter: firstFilter(this.compared.comparison) });
    }
    this.show(compared);
  }

  private readonly mark = (row: number): string => statusMark(this.rows[row]?.status);

  private save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
    host.state = this.saved;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (this.compared === null) return;
    if (event.key === 'Escape' && this.saved.selected !== null && !event.defaultPrevented) {
      this.save({ selected: null });
      this.layers.focus();
    }
    if (!(event.ctrlKey || event.metaKey) || event.key !== 'f') return;
    event.preventDefault();
    this.layers.focusSearch();
  };

  override render() {
    if (this.error) {
      return html`<div class="failed">
        <caliper-notice kind="error">
          ${this.error.message}
          <button slot="actions" class="link" @click=${() => void this.load()}>Try again</button>
          ${
            this.error.canShowLog
              ? html`<button slot="actions" class="link" @click=${() => void host.request('showLog')}>Show log</button>`
              : nothing
          }
        </caliper-notice>
      </div>`;
    }
    const compared = this.compared;
    if (compared === null) return html`<p class="waiting muted" role="status">Reading the comparison…</p>`;
    const { comparison, beforeName, afterName } = compared;
    const old = outdatedText(compared) !== '';
    const findings = old ? [] : adviseComparison(comparison);
    const warnings = otherWarnings(comparison.warnings, findings);
    const search = searchOf(comparison);
    const sameFormat = comparison.format.before === comparison.format.after;
    const recipe = 'recipe' in comparison ? comparison.recipe : null;
    const pair = 'pair' in comparison && comparison.pair ? `, ${comparison.pair}` : '';
    const steps = 'steps' in comparison ? (comparison.steps ?? []).join('; ') : '';
    return html`
      <header>
        <span class="names ellipsis" title=${`${comparison.input}\n${comparison.output}`}>
          ${this.fileLink(beforeName, comparison.input)} <span class="muted">→</span>
          ${this.fileLink(afterName, comparison.output)}
        </span>
        ${recipe === null ? nothing : html`<span class="recipe" title=${steps}>${recipe}${pair}</span>`}
        ${
          host.alone
            ? nothing
            : html`<button
                class="tool"
                title=${
                  sameFormat
                    ? 'Open the texts of both models in the editor’s own comparison'
                    : 'The texts of two formats share no lines: this page sets their layers side by side'
                }
                ?disabled=${!sameFormat}
                @click=${() => void host.request('compareAsText')}>
          <vscode-icon name="diff"></vscode-icon> Compare as Text
        </button>
        <button class="tool" title="Give both models a column of the board" @click=${() => void this.grant({ kind: 'board', id: null })}>
          <vscode-icon name="layout"></vscode-icon> Add to Board
        </button>`
        }
        <caliper-menu label="Export" icon="export" .items=${exportItems(compared)}></caliper-menu>
      </header>
      <div class=${old ? 'headline old' : 'headline'}>
        ${renderHeadline(comparison, search)}
        <p class="muted">${search?.chosen === CLEANED ? `${summary(comparison)} ` : ''}${summaryOverCleaned(comparison)} ${layersSummary(comparison)}</p>
      </div>
      ${this.renderOutdated(compared)} ${this.renderGone(compared)} ${this.renderMeasuring(compared)}
      ${this.renderAdvice(compared, findings)}
      ${renderWarnings(warnings)}
      ${this.renderCandidates(compared)}
      ${this.renderOverview(comparison, search !== null, old)}
      <p class="conditions muted small">${conditions(comparison)}</p>
      ${this.renderLayers(comparison, old)}
    `;
  }

  private renderOverview(comparison: Comparison, searched: boolean, old: boolean) {
    // A search has a picture of its own, with more models in it.
    const picture = searched ? null : pictureOf(comparison);
    const { changes } = comparison;
    const beside = picture !== null || changes.length > 0;
    return html`<div class=${`overview${beside ? ' two' : ''}${old ? ' old' : ''}`}>
      <caliper-before-after
        .comparison=${comparison}
        ?latencyOld=${engineGone(comparison, this.engines) !== null}
      ></caliper-before-after>
      ${
        beside
          ? html`<div>
              ${picture === null ? nothing : html`<caliper-scatter .picture=${picture}></caliper-scatter>`}
              ${changes.length === 0 ? nothing : renderChanges(changes)}
            </div>`
          : nothing
      }
    </div>`;
  }

  /** What else a search found. */
  private renderCandidates(compared: Compared) {
    const { comparison } = compared;
    const search = searchOf(comparison);
    if (search === null)
      return 'sensitivity' in comparison && comparison.sensitivity !== undefined
        ? html`<caliper-sensitive class="sensitive" .layers=${comparison.sensitivity}></caliper-sensitive>`
        : nothing;
    return html`<caliper-candidates
      .search=${search}
      .cannotRun=${compared.cannotRun}
      ?kept=${compared.keepsCandidates}
      ?busy=${this.measuring.running !== null}
      @wish=${(event: CustomEvent<CandidateWish>) => void this.grant(event.detail)}
    ></caliper-candidates>`;
  }

  private async grant(wish: CandidateWish): Promise<void> {
    if (wish.kind === 'continue') return this.measuring.searchOn(wish.id);
    await this.measuring.attempt(async () => {
      if (wish.kind === 'board') await host.request('addToBoard', { candidate: wish.id });
      else if (wish.kind === 'save') await host.request('saveCandidate', { id: wish.id });
      else if (wish.kind === 'compare')
        await host.request('compareCandidates', { before: wish.before, after: wish.after });
      else await this.showLayersOf(wish.id);
    });
  }

  /** The table of layers becomes a candidate's own; that of the result is measured. */
  private async showLayersOf(id: string): Promise<void> {
    const compared = this.compared;
    const search = compared === null ? null : searchOf(compared.comparison);
    if (compared === null || search === null) return;
    const one = search.candidates.find((candidate) => candidate.id === id);
    if (one === undefined || id === search.chosen || id === FLOAT || !compared.keepsCandidates) {
      this.layersOf = null;
      this.take(compared.comparison.layers);
      return;
    }
    const { layers } = await host.request('candidateLayers', { id });
    const reasons = new Map(one.kept.map((layer) => [layer.id, layer.reason]));
    this.layersOf = one.label;
    this.take(
      layers.map((layer) => {
        const reason = reasons.get(layer.before?.layer?.id ?? '');
        return reason === undefined ? layer : { ...layer, kept: reason };
      }),
    );
  }

  private take(layers: Comparison['layers']): void {
    this.setLayers(layers);
    this.save({ selected: null, graphShown: false });
  }

  /** A file became another one: what is shown is of what it was, until somebody compares again. */
  private renderOutdated(compared: Compared) {
    if (outdatedText(compared) === '' || this.measuring.running !== null) return nothing;
    const { comparison, options, cannotRun } = compared;
    const measured = comparison.accuracy !== null;
    const measures = measured && cannotRun === null && options !== null;
    return html`<div class="warnings">
      <caliper-notice kind="warning">
        ${outdatedText(compared)}
        <vscode-button slot="actions" @click=${() => void this.measuring.compareAgain()}>Compare Again</vscode-button>
        ${measures ? this.measureAgain(comparison, true) : nothing}
      </caliper-notice>
    </div>`;
  }

  /** What latencies were measured with is there no more. Of files that changed more is said already. */
  private renderGone(compared: Compared) {
    const { comparison, options, cannotRun } = compared;
    const gone = engineGone(comparison, this.engines);
    if (gone === null || outdatedText(compared) !== '' || this.measuring.running !== null) return nothing;
    return html`<div class="warnings">
      <caliper-notice kind="warning">
        ${gone}
        ${cannotRun === null && options !== null ? this.measureAgain(comparison, false) : nothing}
      </caliper-notice>
    </div>`;
  }

  private measureAgain({ latencyMs }: Comparison, secondary: boolean) {
    return html`<vscode-button
      slot="actions"
      ?secondary=${secondary}
      @click=${() => void this.measuring.start(latencyMs !== null)}
    >Measure Again</vscode-button>`;
  }

  /** What was not measured, and how it can be. */
  private renderMeasuring(compared: Compared) {
    const { comparison, options, cannotRun } = compared;
    const { running, error } = this.measuring;
    if (running !== null) {
      return html`<div class="measuring">
        <caliper-progress
          .heading=${this.measuring.heading}
          .message=${running.message}
          .fraction=${running.fraction}
          ?cancelling=${running.cancelling}
          @cancel=${() => this.measuring.cancel()}
        ></caliper-progress>
      </div>`;
    }
    const missing = unmeasured(comparison);
    return html`
      ${
        error === null
          ? nothing
          : html`<div class="warnings">
              <caliper-notice kind="error" closable @dismiss=${() => this.measuring.dismiss()}>
                ${error.message}
                ${
                  error.canShowLog
                    ? html`<button slot="actions" class="link" @click=${() => void host.request('showLog')}>Show log</button>`
                    : nothing
                }
              </caliper-notice>
            </div>`
      }
      ${
        missing === '' || outdatedText(compared) !== '' || options === null || !('models' in options)
          ? nothing
          : html`<div class="measuring">
              ${
                cannotRun === null
                  ? html`<vscode-button @click=${() => void this.measuring.start(true)}>Measure Latency</vscode-button>
                      ${
                        comparison.accuracy === null
                          ? html`<vscode-button secondary @click=${() => void this.measuring.start(false)}>Compare Outputs</vscode-button>`
                          : nothing
                      }`
                  : nothing
              }
              <span class="muted">${cannotRun ?? missing}</span>
              ${cannotRun === null ? renderDeviceHint(options.device ?? null) : nothing}
            </div>`
      }
    `;
  }

  private renderAdvice({ cannotRun }: Compared, findings: readonly Finding[]) {
    if (findings.length === 0) return nothing;
    // What is not run here is not quantized again either.
    const shown = cannotRun === null ? findings : findings.map((finding) => ({ ...finding, action: null }));
    return html`<caliper-advice
      class="warnings"
      .findings=${shown}
      .short=${(name: string) => this.names.short(name)}
      open
      @show=${(event: CustomEvent<string>) => void this.reveal(event.detail)}
      @act=${({ detail }: CustomEvent<AdviceAction>) => {
        if (detail.kind === 'quantize') void host.request('quantizeAgain', detail.options);
      }}
    ></caliper-advice>`;
  }

  private renderLayers(comparison: Comparison, old: boolean) {
    const { selected } = this.saved;
    const chosen = selected === null ? null : (this.rows[selected] ?? null);
    return html`<main class=${old ? 'old' : ''}>
      <caliper-compared-layers
        .rows=${this.rows}
        .state=${this.saved}
        .filter=${firstFilter(comparison)}
        .selected=${selected}
        .startAt=${this.saved.scrollTop}
        .heading=${this.layersOf ?? ''}
        .empty=${isSame(comparison) ? 'The two models are the same.' : ''}
        ?graphless=${host.alone || this.layersOf !== null || old || this.rows.length > MOST_IN_GRAPH}
        @change=${(event: CustomEvent<Partial<LayersState>>) => this.change(event.detail)}
        @choose=${(event: CustomEvent<number>) => this.save({ selected: event.detail })}
        @activate=${(event: CustomEvent<number>) => {
          if (selected !== null) this.save({ selected: event.detail });
        }}
        @scrolled=${(event: CustomEvent<number>) => {
          // Not a change that anything must be drawn again for.
          this.saved.scrollTop = event.detail;
          host.state = this.saved;
        }}
      >${this.saved.graphShown ? this.renderGraph(comparison) : nothing}</caliper-compared-layers>
      ${chosen === null ? nothing : this.renderDetails(chosen)}
    </main>`;
  }

  private change(change: Partial<LayersState>): void {
    this.save(change);
    if (change.graphShown) void this.loadGraph();
  }

  /** Both models are read again for it, so that it comes when somebody wants it. */
  private async loadGraph(): Promise<void> {
    const { rows } = this;
    if (this.graph !== null) return;
    await this.measuring.attempt(async () => {
      const graph = unionGraph(rows, await host.request('comparisonGraph'));
      if (rows === this.rows) this.graph = graph ?? 'none';
    });
  }

  private renderGraph(comparison: Comparison) {
    const { graph, saved } = this;
    if (graph === null) return html`<p class="waiting muted" role="status">Reading both models…</p>`;
    if (graph === 'none')
      return html`<p class="waiting muted">The layers of this comparison cannot be found in the files: compare them again.</p>`;
    return html`<caliper-graph
      .rows=${graph.rows}
      .modules=${graph.modules}
      .edges=${graph.edges}
      .inputs=${graph.inputs}
      .outputs=${graph.outputs}
      .names=${this.names}
      .classes=${this.classes}
      .mark=${this.mark}
      .colourBy=${saved.graphColour}
      .unmeasured=${comparison.latencyMs === null ? 'The latency was not measured' : ''}
      .selected=${saved.selected}
      .search=${saved.search}
      .opened=${saved.graphOpen}
      @choose=${(event: CustomEvent<number>) => this.save({ selected: event.detail })}
      @colour=${(event: CustomEvent<string>) => this.save({ graphColour: event.detail })}
      @open=${(event: CustomEvent<string[]>) => this.save({ graphOpen: event.detail })}
    ></caliper-graph>`;
  }

  private renderDetails(row: ComparedRow) {
    const { detailsWidth } = this.saved;
    return html`<caliper-splitter
        label="Width of the details"
        @resize=${(event: CustomEvent<number>) =>
          this.save({ detailsWidth: Math.max(MIN_DETAILS, detailsWidth - event.detail) })}
      ></caliper-splitter>
      <caliper-difference
        role="region"
        aria-label="Details of the layer"
        ${styled({ '--details-width': `${detailsWidth}px` })}
        .row=${row}
        @show=${(event: CustomEvent<string | undefined>) => void this.reveal(event.detail)}
        @close=${() => this.save({ selected: null })}
      ></caliper-difference>`;
  }

  /** Shows a layer by its id in the first model, whatever is filtered. */
  private async reveal(id: string | undefined): Promise<void> {
    const row = this.rows.find(({ before }) => before?.layer?.id === id);
    if (id === undefined || row === undefined) return;
    const { filter, search, bookkeeping } = this.saved;
    const passed = filter !== null && passes(row, filter) && mentions(row, search.trim().toLowerCase());
    this.save({
      selected: row.index,
      ...(passed ? {} : { filter: 'all', search: '' }),
      bookkeeping: bookkeeping || isBookkeeping(row),
    });
    await this.updateComplete;
    if (this.saved.graphShown) await this.graphView?.reveal(row.index);
    else await this.layers.reveal(row.index);
  }

  private fileLink(name: string, path: string) {
    if (host.alone) return name;
    return html`<button class="link" title=${`Open ${path}`} @click=${() => void host.request('openModel', { path })}>${name}</button>`;
  }
}

function searchOf(comparison: Compared['comparison']): SearchReport | null {
  return 'search' in comparison ? (comparison.search ?? null) : null;
}

/** What decides stands out; where the float model is to be kept, that is what the search says. */
function renderHeadline(comparison: Comparison, search: SearchReport | null) {
  if (search?.chosen === CLEANED) return html`<h1>${search.headline}</h1>`;
  const { verdict, figures } = summaryParts(comparison);
  return verdict === ''
    ? html`<h1>${figures}</h1>`
    : html`<h1><span class="verdict">${verdict}</span> ${figures}</h1>`;
}

/** Some are read at once; of more the first is, and the others when somebody wants them. */
function renderWarnings(warnings: readonly string[]) {
  if (warnings.length === 0) return nothing;
  const notice = (warning: string) => html`<caliper-notice kind="warning">${warning}</caliper-notice>`;
  const [first = '', ...more] = warnings;
  return html`<div class="warnings">
    ${warnings.length <= MOST_WARNINGS ? warnings.map(notice) : notice(first)}
    ${
      warnings.length <= MOST_WARNINGS
        ? nothing
        : html`<details><summary>${more.length} more to know</summary>${more.map(notice)}</details>`
    }
  </div>`;
}

function renderChanges(changes: Comparison['changes']) {
  return html`<table class="besides">
    <caption class="muted small">Besides the layers</caption>
    <tbody>
      ${changes.map(
        ({ what, before, after }) => html`<tr>
          <th scope="row">${what}</th>
          <td>${before ?? UNKNOWN}</td>
          <td class="muted">→</td>
          <td>${after ?? UNKNOWN}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What outputs were compared on; random inputs are no measure of accuracy. */
function samplesText(accuracy: Accuracy): string {
  const { samples, data, through } = accuracy;
  const on = isRandom(accuracy)
    ? `agreement over ${formatInteger(samples)} random inputs`
    : `accuracy over ${formatInteger(samples)} samples of ${data}`;
  return `${on}${through ? `, through the twin ${through.model}` : ''}`;
}

/** What the figures were measured with and on. */
function conditions(comparison: Comparison): string {
  const { engine, cpu, threads, accuracy, seconds } = comparison;
  return [
    latencyConditions(comparison),
    engine,
    threads === null ? null : threads === 1 ? '1 thread' : `${threads} threads`,
    cpu,
    accuracy && samplesText(accuracy),
    `took ${seconds.toFixed(1)} s`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}
