import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { moduleTree, type TreeItem } from '../../src/protocol/moduleTree';
import { formatInteger } from '../../src/protocol/numbers';
import type { ModuleReport } from '../../src/protocol/reports';
import { base } from '../base/theme';
import { type Column, type Sort, sorted } from '../grid/column';
import type { Grid } from '../grid/grid';
import { type Mentions, POSSIBLE_TERMS, queryOf } from '../search/query';
import { beginShut, moduleRows, type ShownRow } from './moduleRows';
import { isFree, matches, operators, type TableRow, withoutCollapsed } from './rows';
import '../base/menu';
import '../grid/grid';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** What the rows that are shown depend on. */
const CAUSES = [
  'rows',
  'columns',
  'sort',
  'search',
  'mentions',
  'op',
  'collapsed',
  'modules',
  'byModule',
  'freeShown',
];

/**
 * The table of layers with its search, filter and choice of columns. Events: those of the grid, and `search`, `op`,
 * `hidden` (ids of columns), `chart`, `graph`, `byModule`, `free` (boolean), `find` (1 or -1: the next or previous row
 * that is looked for), `copyRow` (texts of a row). The
 * graph is its child, and shown in the table's place.
 */
@customElement('caliper-layers')
export class Layers extends LitElement {
  @property({ attribute: false }) rows: readonly TableRow[] = [];
  /** Rows there will be when all are loaded. */
  @property({ attribute: false }) total = 0;
  @property({ attribute: false }) columns: readonly Column<ShownRow>[] = [];
  @property({ attribute: false }) hiddenColumns: readonly string[] = [];
  @property({ attribute: false }) widths: Readonly<Record<string, number>> = {};
  @property({ attribute: false }) sort: Sort | null = null;
  @property() search = '';
  @property() op = '';
  /** What weights and attributes say of the words that are looked for. */
  @property({ attribute: false }) mentions: Mentions = new Map();
  @property({ attribute: false }) collapsed: ReadonlySet<string> = new Set();
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) startAt = 0;
  @property({ type: Boolean }) chartShown = true;
  @property({ type: Boolean }) graphShown = false;
  @property({ attribute: false }) modules: readonly ModuleReport[] = [];
  @property({ type: Boolean }) byModule = true;
  /** Rows that cost nothing are shown. */
  @property({ type: Boolean }) freeShown = false;

  @query('caliper-grid') readonly grid!: Grid<ShownRow>;
  @query('input') private readonly searchField!: HTMLInputElement;
  private shown: ShownRow[] = [];
  private free = 0;
  private tree: { readonly of: readonly unknown[]; readonly items: TreeItem<TableRow>[] } = {
    of: [],
    items: [],
  };
  private operators: { op: string; count: number }[] = [];

  static override readonly styles = [
    base,
    css`
      :host {
        container-type: inline-size;
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
      @container (min-width: 560px) {
        .bar {
          flex-wrap: nowrap;
        }
        input[type='search'] {
          flex: 0 3 220px;
          min-width: 130px;
        }
        select {
          flex: 0 2 auto;
          min-width: 90px;
        }
        .count {
          flex: 1 1 0;
          min-width: 0;
          overflow: hidden;
          text-overflow: ellipsis;
        }
      }
      button[aria-pressed='true'] {
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, transparent);
      }
      caliper-grid {
        border-top: 1px solid var(--faint-line);
        flex: 1;
      }
      ::slotted(*) {
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
    if (CAUSES.every((name) => !changed.has(name))) return;
    if (changed.has('rows')) this.free = this.rows.reduce((sum, row) => sum + (isFree(row) ? 1 : 0), 0);
    const looked = this.search.trim() !== '' || this.op !== '';
    // Who looks for something finds it, whatever it costs.
    const some =
      this.free === 0 || this.freeShown || looked ? this.rows : this.rows.filter((row) => !isFree(row));
    if (looked || this.sort !== null) {
      // Sorted or filtered rows are a flat list: a body's rows are then no longer beside their node.
      const filtered = some.filter((row) => matches(row, this));
      const column = this.columns.find((one) => one.id === this.sort?.column);
      this.shown = sorted<ShownRow>(filtered, column, this.sort?.descending ?? false).map((row) => ({
        ...row,
        depth: 0,
      }));
    } else if (this.byModule && this.modules.length > 0) {
      this.shown = moduleRows(this.treeOf(some), this.modules, {
        changed: this.collapsed,
        shut: beginShut(this.rows.length),
      });
    } else {
      this.shown = withoutCollapsed(some, this.collapsed).map((row) =>
        row.hasBody ? { ...row, expanded: !this.collapsed.has(row.id) } : row,
      );
    }
  }

  /** Kept while rows and modules stay: to open one module of 100,000 layers must not take a moment. */
  private treeOf(rows: readonly TableRow[]): TreeItem<TableRow>[] {
    const of = [this.rows, this.modules, this.freeShown];
    if (of.some((one, place) => one !== this.tree.of[place]))
      this.tree = { of, items: moduleTree(rows, this.modules) };
    return this.tree.items;
  }

  /** The first row that is found is where one looks. */
  override updated(changed: Map<PropertyKey, unknown>): void {
    if (this.hasUpdated && changed.has('search') && !this.graphShown) this.grid?.toTop();
  }

  /** The row behind or before another one, of those that are shown; round and round. */
  hit(from: number | null, step: 1 | -1): number | null {
    const found = this.shown.filter(({ index, added }) => index >= 0 && !added);
    if (found.length === 0) return null;
    const place = found.findIndex(({ index }) => index === from);
    const next =
      place < 0 ? (step === 1 ? 0 : found.length - 1) : (place + step + found.length) % found.length;
    return found[next]?.index ?? null;
  }

  override render() {
    const columns = this.columns.filter(({ id }) => !this.hiddenColumns.includes(id));
    return html`
      <div class="bar">
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search, op:conv, macs>1M"
          title=${`Search ( / or Ctrl+F; Enter or F3 the next, Shift+F3 the previous). ${POSSIBLE_TERMS}.`}
          aria-invalid=${String(queryOf(this.search).problem !== '')}
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
        <span class="count muted small" role="status" title=${this.count()}>${this.count()}</span>
        ${this.free === 0 || this.graphShown ? nothing : this.switch('freeShown', 'free', 'symbol-constant', `Layers without cost (${formatInteger(this.free)})`)}
        ${this.modules.length === 0 || this.graphShown ? nothing : this.switch('byModule', 'byModule', 'list-tree', 'Modules')}
        ${this.graphShown ? nothing : this.switch('chartShown', 'chart', 'graph', 'Chart')}
        ${this.switch('graphShown', 'graph', 'type-hierarchy-sub', 'Graph')}
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
      ${this.graphShown ? html`<slot></slot>` : this.renderGrid(columns)}
    `;
  }

  private renderGrid(columns: readonly Column<ShownRow>[]) {
    return html`<caliper-grid
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
        @copyRow=${this.pass}
        @widths=${this.pass}
        @scrolled=${this.pass}
      ></caliper-grid>`;
  }

  private switch(
    of: 'freeShown' | 'byModule' | 'chartShown' | 'graphShown',
    event: string,
    icon: string,
    label: string,
  ) {
    const on = this[of];
    return html`<button
      class="tool"
      aria-pressed=${String(on)}
      aria-label=${label}
      title=${`${on ? 'Hide' : 'Show'}: ${label}`}
      @click=${() => this.emit(event, !on)}
    >
      <vscode-icon name=${icon}></vscode-icon>
    </button>`;
  }

  private count(): string {
    const layers = this.rows.reduce((sum, row) => sum + (row.added ? 0 : 1), 0);
    if (layers < this.total) return `Loading ${formatInteger(layers)} of ${formatInteger(this.total)} layers`;
    const added = this.rows.length - layers;
    const all = `${formatInteger(layers)} ${layers === 1 ? 'layer' : 'layers'}`;
    const { problem } = queryOf(this.search);
    if (problem !== '') return problem;
    if (this.search.trim() !== '' || this.op !== '') return `${formatInteger(this.shown.length)} of ${all}`;
    const shown = added > 0 ? `${all} and ${formatInteger(added)} added by the engine` : all;
    return this.free > 0 && !this.freeShown
      ? `${shown}, ${formatInteger(this.free)} without cost hidden`
      : shown;
  }

  private emptyText(): string {
    if (this.rows.length < this.total) return 'Loading…';
    if (this.total === 0) return 'This model has no layers.';
    return queryOf(this.search).problem || `No layer matches the search. ${POSSIBLE_TERMS}.`;
  }

  private onSearchKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      event.preventDefault();
      this.emit('find', event.shiftKey ? -1 : 1);
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      if (this.graphShown) this.emit('find', 1);
      else this.grid.focus();
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
