import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { comparisonToCsv } from '../../src/protocol/csv';
import { formatInteger } from '../../src/protocol/numbers';
import type { ComparisonPage as Compared } from '../../src/protocol/page';
import type { MenuItem } from '../base/menu';
import { base } from '../base/theme';
import { type Column, type Sort, sorted } from '../grid/column';
import { type HostError, host, toHostError } from '../host';
import { type ComparedRow, comparisonColumns, ratioOf } from './columns';
import { markdownOf } from './markdown';
import { comparisonStyles } from './pageStyles';
import { pictureOf } from './points';
import { verdict, verdictOverCleaned } from './verdict';
import '../base/menu';
import '../base/notice';
import '../grid/grid';
import './cards';
import './scatter';
import '@vscode-elements/elements/dist/vscode-button/index.js';

const FILTERS = ['all', 'kept', 'slower'] as const;
type Filter = (typeof FILTERS)[number];

interface SavedState {
  /** Tells the editor which comparison to show again after a reload. */
  id: string;
  sort: Sort | null;
  search: string;
  filter: Filter;
  widths: Record<string, number>;
  selected: number | null;
  scrollTop: number;
}

const INITIAL: SavedState = {
  id: '',
  sort: null,
  search: '',
  filter: 'all',
  widths: {},
  selected: null,
  scrollTop: 0,
};

/** Before and after: what the numbers say, the figures, latency against accuracy, layer by layer. */
@customElement('caliper-comparison-page')
export class ComparisonPage extends LitElement {
  @state() private saved: SavedState = { ...INITIAL, ...(host.state as Partial<SavedState> | undefined) };
  @state() private compared: Compared | null = null;
  @state() private error: HostError | null = null;
  @query('input') private readonly searchField!: HTMLInputElement;
  private rows: ComparedRow[] = [];
  private columns: Column<ComparedRow>[] = [];

  static override readonly styles = [base, comparisonStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
  }

  private async load(): Promise<void> {
    try {
      const compared = await host.request('comparison');
      this.rows = compared.comparison.layers.map((layer, index) => ({ ...layer, index }));
      this.columns = comparisonColumns(this.rows);
      this.compared = compared;
      this.error = null;
      this.save(compared.id === this.saved.id ? {} : { ...INITIAL, id: compared.id });
    } catch (error) {
      this.error = toHostError(error);
    }
  }

  private save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
    host.state = this.saved;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== 'f' || this.compared === null) return;
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
    const picture = pictureOf(comparison);
    const thread = comparison.threads === 1 ? '1 thread' : `${comparison.threads} threads`;
    const recipe = 'recipe' in comparison ? comparison.recipe : null;
    const pair = 'pair' in comparison && comparison.pair ? `, ${comparison.pair}` : '';
    return html`
      <header>
        <span class="names ellipsis" title=${`${comparison.input}\n${comparison.output}`}>
          ${this.fileLink(beforeName, comparison.input)} <span class="muted">→</span>
          ${this.fileLink(afterName, comparison.output)}
        </span>
        ${recipe === null ? nothing : html`<span class="recipe">${recipe}${pair}</span>`}
        <caliper-menu label="Export" icon="export" .items=${exports(compared)}></caliper-menu>
      </header>
      <div class="headline">
        <h1>${verdict(comparison)}</h1>
        <p class="muted">${verdictOverCleaned(comparison)}</p>
      </div>
      ${
        comparison.warnings.length > 0
          ? html`<div class="warnings">
              ${comparison.warnings.map((warning) => html`<caliper-notice kind="warning">${warning}</caliper-notice>`)}
            </div>`
          : nothing
      }
      <div class="overview">
        <caliper-before-after .comparison=${comparison}></caliper-before-after>
        ${picture === null ? nothing : html`<caliper-scatter .picture=${picture}></caliper-scatter>`}
      </div>
      <p class="conditions muted small">
        ${comparison.engine} · ${thread} · ${comparison.cpu} · accuracy over
        ${formatInteger(comparison.accuracy.samples)} samples of ${comparison.accuracy.data} · took
        ${comparison.seconds.toFixed(1)} s
      </p>
      ${this.renderLayers()}
    `;
  }

  private renderLayers() {
    const { search, filter, sort } = this.saved;
    const wanted = search.trim().toLowerCase();
    const rows = this.rows.filter(
      (row) =>
        passes(row, filter) &&
        (wanted === '' || row.name.toLowerCase().includes(wanted) || row.op.toLowerCase().includes(wanted)),
    );
    const column = this.columns.find(({ id }) => id === sort?.column);
    const total = formatInteger(this.rows.length);
    return html`<main>
      <div class="bar">
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search name, operator"
          .value=${search}
          @input=${(event: Event) => this.save({ search: (event.target as HTMLInputElement).value })}
        />
        <select
          aria-label="Layers shown"
          @change=${(event: Event) => this.save({ filter: (event.target as HTMLSelectElement).value as Filter })}
        >
          ${FILTERS.map(
            (one) => html`<option value=${one} ?selected=${one === filter}>
              ${FILTER_LABELS[one]} (${formatInteger(this.rows.filter((row) => passes(row, one)).length)})
            </option>`,
          )}
        </select>
        <span class="muted small" role="status">
          ${rows.length === this.rows.length ? `${total} layers` : `${formatInteger(rows.length)} of ${total} layers`}
        </span>
      </div>
      <caliper-grid
        label="Layers before and after"
        .startAt=${this.saved.scrollTop}
        empty="No layer matches."
        .columns=${this.columns}
        .rows=${sorted(rows, column, sort?.descending ?? false)}
        .sort=${sort}
        .selected=${this.saved.selected}
        .widths=${this.saved.widths}
        @sort=${(event: CustomEvent<Sort | null>) => this.save({ sort: event.detail })}
        @widths=${(event: CustomEvent<Record<string, number>>) => this.save({ widths: event.detail })}
        @choose=${(event: CustomEvent<number>) => this.save({ selected: event.detail })}
        @scrolled=${(event: CustomEvent<number>) => {
          // Not a change that anything must be drawn again for.
          this.saved.scrollTop = event.detail;
          host.state = this.saved;
        }}
      ></caliper-grid>
    </main>`;
  }

  private fileLink(name: string, path: string) {
    return html`<button class="link" title=${`Open ${path}`} @click=${() => void host.request('openModel', { path })}>${name}</button>`;
  }
}

const FILTER_LABELS: Record<Filter, string> = {
  all: 'All layers',
  kept: 'Kept in float',
  slower: 'Slower than before',
};

function passes(row: ComparedRow, filter: Filter): boolean {
  if (filter === 'kept') return row.kept !== undefined;
  if (filter === 'slower') return (ratioOf(row) ?? 1) < 1;
  return true;
}

function exports(compared: Compared): MenuItem[] {
  const { comparison, afterName } = compared;
  const name = afterName.replace(/\.[^.]+$/, '');
  const json = () => `${JSON.stringify(comparison, null, 2)}\n`;
  const save = (ending: string, text: string) =>
    void host.request('save', { name: `${name}.${ending}`, text });
  const copy = (text: string) => void host.request('copy', { text });
  return [
    { label: 'Layers as CSV…', run: () => save('comparison.csv', comparisonToCsv(comparison.layers)) },
    { label: 'Report as JSON…', run: () => save('comparison.json', json()) },
    { label: 'Copy Layers as CSV', run: () => copy(comparisonToCsv(comparison.layers)) },
    { label: 'Copy Report as JSON', run: () => copy(json()) },
    { label: 'Copy Summary as Markdown', run: () => copy(markdownOf(compared)) },
  ];
}
