import { css, html, LitElement } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { formatInteger } from '../../src/protocol/numbers';
import { base } from '../base/theme';
import { type Column, type Sort, sorted } from '../grid/column';
import type { Grid } from '../grid/grid';
import { matches, operators, type TableRow, withoutCollapsed } from './rows';
import '../base/menu';
import '../grid/grid';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

type ShownRow = TableRow & { expanded?: boolean };

/**
 * The table of layers with its search, filter and choice of columns. Events: those of the grid, and `search`, `op`,
 * `hidden` (ids of columns), `chart` (boolean).
 */
@customElement('caliper-layers')
export class Layers extends LitElement {
  @property({ attribute: false }) rows: readonly TableRow[] = [];
  /** Rows there will be when all are loaded. */
  @property({ attribute: false }) total = 0;
  @property({ attribute: false }) columns: readonly Column<TableRow>[] = [];
  @property({ attribute: false }) hiddenColumns: readonly string[] = [];
  @property({ attribute: false }) widths: Readonly<Record<string, number>> = {};
  @property({ attribute: false }) sort: Sort | null = null;
  @property() search = '';
  @property() op = '';
  @property({ attribute: false }) collapsed: ReadonlySet<string> = new Set();
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) startAt = 0;
  @property({ type: Boolean }) chartShown = true;

  @query('caliper-grid') readonly grid!: Grid<ShownRow>;
  @query('input') private readonly searchField!: HTMLInputElement;
  private shown: ShownRow[] = [];
  private operators: { op: string; count: number }[] = [];

  static override readonly styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .bar {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        padding: 6px 12px 6px 16px;
      }
      input {
        flex: 0 1 220px;
      }
      select {
        max-width: 190px;
      }
      .count {
        flex: 1;
        white-space: nowrap;
      }
      button[aria-pressed='true'] {
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, transparent);
      }
      caliper-grid {
        border-top: 1px solid var(--faint-line);
        flex: 1;
      }
    `,
  ];

  focusSearch(): void {
    this.searchField.focus();
    this.searchField.select();
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('rows')) this.operators = operators(this.rows);
    if (!['rows', 'columns', 'sort', 'search', 'op', 'collapsed'].some((name) => changed.has(name))) return;
    const filter = { search: this.search, op: this.op };
    const filtered = this.rows.filter((row) => matches(row, filter));
    // Sorted or filtered rows are a flat list: a body's rows are then no longer beside their node.
    const asTree = this.sort === null && filtered.length === this.rows.length;
    const column = this.columns.find((one) => one.id === this.sort?.column);
    this.shown = asTree
      ? withoutCollapsed(filtered, this.collapsed).map((row) =>
          row.hasBody ? { ...row, expanded: !this.collapsed.has(row.id) } : row,
        )
      : sorted(filtered, column, this.sort?.descending ?? false).map((row) => ({ ...row, depth: 0 }));
  }

  override render() {
    const columns = this.columns.filter(({ id }) => !this.hiddenColumns.includes(id));
    return html`
      <div class="bar">
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search name, operator, tensor"
          .value=${this.search}
          @input=${(event: Event) => this.emit('search', (event.target as HTMLInputElement).value)}
          @keydown=${this.onSearchKey}
        />
        <select
          aria-label="Operator"
          @change=${(event: Event) => this.emit('op', (event.target as HTMLSelectElement).value)}
        >
          <option value="" ?selected=${this.op === ''}>All operators</option>
          ${this.operators.map(
            ({ op, count }) =>
              html`<option value=${op} ?selected=${op === this.op}>${op} (${formatInteger(count)})</option>`,
          )}
        </select>
        <span class="count muted small" role="status">${this.count()}</span>
        <button
          class="tool"
          aria-pressed=${String(this.chartShown)}
          aria-label="Chart"
          title=${this.chartShown ? 'Hide the chart' : 'Show the chart'}
          @click=${() => this.emit('chart', !this.chartShown)}
        >
          <vscode-icon name="graph"></vscode-icon>
        </button>
        <caliper-menu
          label="Columns"
          icon="gear"
          compact
          .items=${this.columns
            .filter(({ id }) => id !== 'name')
            .map(({ id, label }) => ({
              label,
              checked: !this.hiddenColumns.includes(id),
              run: () => this.emit('hidden', toggled(this.hiddenColumns, id)),
            }))}
        ></caliper-menu>
      </div>
      <caliper-grid
        label="Layers"
        .startAt=${this.startAt}
        .empty=${this.emptyText()}
        .columns=${columns}
        .rows=${this.shown}
        .sort=${this.sort}
        .selected=${this.selected}
        .widths=${this.widths}
        @sort=${this.pass}
        @activate=${this.pass}
        @choose=${this.pass}
        @toggle=${this.pass}
        @widths=${this.pass}
        @scrolled=${this.pass}
      ></caliper-grid>
    `;
  }

  private count(): string {
    const layers = this.rows.reduce((sum, row) => sum + (row.added ? 0 : 1), 0);
    if (layers < this.total) return `Loading ${formatInteger(layers)} of ${formatInteger(this.total)} layers`;
    const added = this.rows.length - layers;
    const all = `${formatInteger(layers)} ${layers === 1 ? 'layer' : 'layers'}`;
    if (this.search.trim() !== '' || this.op !== '') return `${formatInteger(this.shown.length)} of ${all}`;
    return added > 0 ? `${all} and ${formatInteger(added)} added by the engine` : all;
  }

  private emptyText(): string {
    if (this.rows.length < this.total) return 'Loading…';
    return this.total === 0 ? 'This model has no layers.' : 'No layer matches the search.';
  }

  private onSearchKey(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      this.grid.focus();
    } else if (event.key === 'Escape' && this.search !== '') {
      event.stopPropagation();
      this.emit('search', '');
    }
  }

  private pass(event: CustomEvent): void {
    this.emit(event.type, event.detail);
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function toggled(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
}
