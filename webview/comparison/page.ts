import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { adviseComparison, otherWarnings } from '../../src/protocol/advice/advise';
import type { AdviceAction, Finding } from '../../src/protocol/advice/finding';
import { latencyConditions } from '../../src/protocol/deviceNames';
import { formatInteger, UNKNOWN } from '../../src/protocol/numbers';
import type { ComparisonPage as Compared } from '../../src/protocol/page';
import type { Comparison } from '../../src/protocol/reports';
import { CLEANED, FLOAT, type SearchReport } from '../../src/protocol/search';
import { shortNames } from '../../src/protocol/shortNames';
import { isSame, layersSummary, summary, summaryOverCleaned, unmeasured } from '../../src/protocol/summary';
import { copyText } from '../base/copied';
import { renderDeviceHint } from '../base/deviceHint';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type Column, type Sort, sorted } from '../grid/column';
import type { Grid } from '../grid/grid';
import { type HostError, host, toHostError } from '../host';
import type { CandidateWish } from './candidates';
import { type ComparedRow, comparisonColumns } from './columns';
import { exportItems } from './exports';
import { FILTER_LABELS, FILTERS, type Filter, firstFilter, mentions, passes } from './filters';
import { Measuring } from './measuring';
import { outdatedText } from './outdated';
import { comparisonStyles } from './pageStyles';
import { pictureOf } from './points';
import '../base/advice';
import '../base/menu';
import '../base/notice';
import '../base/progress';
import '../base/splitter';
import '../grid/grid';
import './candidates';
import './cards';
import './difference';
import './scatter';
import './sensitive';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

const MIN_DETAILS = 220;

interface SavedState {
  /** Tells the editor which comparison to show again after a reload. */
  id: string;
  sort: Sort | null;
  search: string;
  /** null: nobody has chosen one. */
  filter: Filter | null;
  widths: Record<string, number>;
  selected: number | null;
  detailsWidth: number;
  scrollTop: number;
}

const INITIAL: SavedState = {
  id: '',
  sort: null,
  search: '',
  filter: null,
  widths: {},
  selected: null,
  detailsWidth: 380,
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
  @query('input') private readonly searchField!: HTMLInputElement;
  @query('caliper-grid') private readonly grid!: Grid<ComparedRow>;
  private readonly measuring = new Measuring(this, (compared) => this.showMeasured(compared));
  private rows: ComparedRow[] = [];
  private short: (name: string) => string = (name) => name;
  private columns: Column<ComparedRow>[] = [];
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
    this.rows = compared.comparison.layers.map((layer, index) => ({ ...layer, index }));
    const names = shortNames(this.rows.flatMap(layerNames));
    this.short = (name) => names.short(name);
    this.columns = comparisonColumns(this.rows, names);
    this.layersOf = null;
    this.compared = compared;
    this.save(compared.id === this.saved.id ? {} : { ...INITIAL, id: compared.id });
  }

  /** The same layers as before stay in view. */
  private showMeasured(compared: Compared): void {
    if (this.compared !== null && this.saved.filter === null) {
      this.save({ filter: firstFilter(this.compared.comparison) });
    }
    this.show(compared);
  }

  private save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
    host.state = this.saved;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (this.compared === null) return;
    if (event.key === 'Escape' && this.saved.selected !== null && !event.defaultPrevented) {
      this.save({ selected: null });
      this.grid.focus();
    }
    if (!(event.ctrlKey || event.metaKey) || event.key !== 'f') return;
    event.preventDefault();
    this.searchField.focus();
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
    const picture = pictureOf(comparison);
    const search = searchOf(comparison);
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
            : html`<button class="tool" title="Open the texts of both models in the editor’s own comparison" @click=${() => void host.request('compareAsText')}>
          <vscode-icon name="diff"></vscode-icon> Compare as Text
        </button>`
        }
        <caliper-menu label="Export" icon="export" .items=${exportItems(compared)}></caliper-menu>
      </header>
      <div class=${old ? 'headline old' : 'headline'}>
        <h1>${search?.chosen === CLEANED ? search.headline : summary(comparison)}</h1>
        <p class="muted">${search?.chosen === CLEANED ? `${summary(comparison)} ` : ''}${summaryOverCleaned(comparison)} ${layersSummary(comparison)}</p>
      </div>
      ${this.renderOutdated(compared)} ${this.renderMeasuring(compared)}
      ${this.renderAdvice(compared, findings)}
      ${
        warnings.length > 0
          ? html`<div class="warnings">
              ${warnings.map((warning) => html`<caliper-notice kind="warning">${warning}</caliper-notice>`)}
            </div>`
          : nothing
      }
      ${this.renderCandidates(compared)}
      <div class=${old ? 'overview old' : 'overview'}>
        <caliper-before-after .comparison=${comparison}></caliper-before-after>
        <div>
          ${picture === null || search !== null ? nothing : html`<caliper-scatter .picture=${picture}></caliper-scatter>`}
          ${comparison.changes.length === 0 ? nothing : renderChanges(comparison.changes)}
        </div>
      </div>
      <p class="conditions muted small">${conditions(comparison)}</p>
      ${this.renderLayers(comparison, old)}
    `;
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
      if (wish.kind === 'save') await host.request('saveCandidate', { id: wish.id });
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
    this.rows = layers.map((layer, index) => ({ ...layer, index }));
    this.columns = comparisonColumns(this.rows, shortNames(this.rows.flatMap(layerNames)));
    this.save({ selected: null });
  }

  /** A file became another one: what is shown is of what it was, until somebody compares again. */
  private renderOutdated(compared: Compared) {
    if (outdatedText(compared) === '' || this.measuring.running !== null) return nothing;
    const { comparison, options, cannotRun } = compared;
    const measured = comparison.accuracy !== null;
    const measures = measured && cannotRun === null && options !== null && 'models' in options;
    return html`<div class="warnings">
      <caliper-notice kind="warning">
        ${outdatedText(compared)}
        <vscode-button slot="actions" @click=${() => void this.measuring.compareAgain()}>Compare Again</vscode-button>
        ${
          measures
            ? html`<vscode-button
                slot="actions"
                secondary
                @click=${() => void this.measuring.start(comparison.latencyMs !== null)}
              >Measure Again</vscode-button>`
            : nothing
        }
      </caliper-notice>
    </div>`;
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
    // What is not run here is not quantized again either.
    const shown = cannotRun === null ? findings : findings.map((finding) => ({ ...finding, action: null }));
    return html`<caliper-advice
      class="warnings"
      .findings=${shown}
      .short=${this.short}
      open
      @show=${(event: CustomEvent<string>) => void this.reveal(event.detail)}
      @act=${({ detail }: CustomEvent<AdviceAction>) => {
        if (detail.kind === 'quantize') void host.request('quantizeAgain', detail.options);
      }}
    ></caliper-advice>`;
  }

  private renderLayers(comparison: Comparison, old: boolean) {
    const { search, sort, selected } = this.saved;
    const filter = this.saved.filter ?? firstFilter(comparison);
    const wanted = search.trim().toLowerCase();
    const rows = this.rows.filter((row) => passes(row, filter) && (wanted === '' || mentions(row, wanted)));
    const column = this.columns.find(({ id }) => id === sort?.column);
    const total = formatInteger(this.rows.length);
    const chosen = selected === null ? null : (this.rows[selected] ?? null);
    const counted = FILTERS.map((one) => ({
      one,
      count: this.rows.filter((row) => passes(row, one)).length,
    })).filter(({ one, count }) => count > 0 || one === 'all' || one === filter);
    return html`<main class=${old ? 'old' : ''}>
      <div class="bar">
        ${this.layersOf === null ? nothing : html`<strong>${this.layersOf}</strong>`}
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search name, operator, change"
          .value=${search}
          @input=${(event: Event) => this.save({ search: (event.target as HTMLInputElement).value })}
        />
        <select
          aria-label="Layers shown"
          @change=${(event: Event) => this.save({ filter: (event.target as HTMLSelectElement).value as Filter })}
        >
          ${counted.map(
            ({ one, count }) => html`<option value=${one} ?selected=${one === filter}>
              ${FILTER_LABELS[one]} (${formatInteger(count)})
            </option>`,
          )}
        </select>
        <span class="muted small" role="status">
          ${rows.length === this.rows.length ? `${total} layers` : `${formatInteger(rows.length)} of ${total} layers`}
        </span>
      </div>
      <div class="table">
        <caliper-grid
          label="Layers before and after"
          .startAt=${this.saved.scrollTop}
          empty=${isSame(comparison) && filter !== 'all' ? 'The two models are the same.' : 'No layer matches.'}
          .columns=${this.columns}
          .rows=${sorted(rows, column, sort?.descending ?? false)}
          .sort=${sort}
          .selected=${selected}
          .widths=${this.saved.widths}
          @sort=${(event: CustomEvent<Sort | null>) => this.save({ sort: event.detail })}
          @widths=${(event: CustomEvent<Record<string, number>>) => this.save({ widths: event.detail })}
          @choose=${(event: CustomEvent<number>) => this.save({ selected: event.detail })}
          @activate=${(event: CustomEvent<number>) => {
            if (selected !== null) this.save({ selected: event.detail });
          }}
          @copyRow=${(event: CustomEvent<string>) => void copyText(event.detail, 'the row')}
          @scrolled=${(event: CustomEvent<number>) => {
            // Not a change that anything must be drawn again for.
            this.saved.scrollTop = event.detail;
            host.state = this.saved;
          }}
        ></caliper-grid>
        ${chosen === null ? nothing : this.renderDetails(chosen)}
      </div>
    </main>`;
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
    const { filter, search } = this.saved;
    const shown = filter !== null && passes(row, filter) && mentions(row, search.trim().toLowerCase());
    this.save({ selected: row.index, ...(shown ? {} : { filter: 'all', search: '' }) });
    await this.updateComplete;
    await this.grid.reveal(row.index);
  }

  private fileLink(name: string, path: string) {
    if (host.alone) return name;
    return html`<button class="link" title=${`Open ${path}`} @click=${() => void host.request('openModel', { path })}>${name}</button>`;
  }
}

function searchOf(comparison: Compared['comparison']): SearchReport | null {
  return 'search' in comparison ? (comparison.search ?? null) : null;
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

/** The names that a row may show: its own and those of the layers that do its work. */
function layerNames({ name, before, after }: ComparedRow): string[] {
  const sides = [before, after].flatMap((side) => [side?.layer?.name, side?.fusedInto]);
  return [name, ...sides.filter((one) => one !== undefined)];
}

/** What the figures were measured with and on. */
function conditions(comparison: Comparison): string {
  const { engine, cpu, threads, accuracy, seconds } = comparison;
  return [
    latencyConditions(comparison),
    engine,
    threads === null ? null : threads === 1 ? '1 thread' : `${threads} threads`,
    cpu,
    accuracy &&
      `accuracy over ${formatInteger(accuracy.samples)} samples of ${accuracy.data}${accuracy.through ? `, through the twin ${accuracy.through.model}` : ''}`,
    `took ${seconds.toFixed(1)} s`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}
