import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { isBookkeeping } from '../../src/protocol/minorLayers';
import { formatInteger } from '../../src/protocol/numbers';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { copyText } from '../base/copied';
import { onResize } from '../base/resized';
import { base } from '../base/theme';
import { type Column, type Sort, sorted } from '../grid/column';
import type { Grid } from '../grid/grid';
import { type ComparedRow, comparisonColumns } from './columns';
import { FILTER_LABELS, FILTERS, type Filter, hidesBookkeeping, mentions, passes } from './filters';
import { fittingColumns } from './fitting';
import { orderAt, ordersOf } from './order';
import '../base/menu';
import '../grid/grid';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** What the scroll bar of the table takes. */
const SCROLL_BAR = 16;

/** How the layers are looked at, which lasts while the comparison is shown. */
export interface LayersState {
  search: string;
  /** null: nobody has chosen one. */
  filter: Filter | null;
  /** Absent: nobody has chosen one. */
  sort?: Sort | null;
  widths: Record<string, number>;
  /** Columns that the user showed or hid; the others are there where they fit. */
  columns: Record<string, boolean>;
  /** Rows that say nothing of what was lost or gained are shown. */
  bookkeeping: boolean;
  graphShown: boolean;
}

/**
 * The table of compared layers, and what is shown of it. In its slot: the graph, which takes the table's place. Events:
 * `change` (Partial<LayersState>), `choose` and `activate` (row index), `scrolled` (scrollTop).
 */
@customElement('caliper-compared-layers')
export class ComparedLayers extends LitElement {
  @property({ attribute: false }) rows: readonly ComparedRow[] = [];
  @property({ attribute: false }) state: LayersState | null = null;
  /** Which filter there is before somebody chose one. */
  @property({ attribute: false }) filter: Filter = 'all';
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) startAt = 0;
  /** Whose layers they are, where it is not the result. */
  @property() heading = '';
  /** Shown instead of rows where there are none. */
  @property() empty = '';
  /** There are no edges to draw. */
  @property({ type: Boolean }) graphless = false;
  @state() private width = 1000;

  @query('input') private readonly searchField!: HTMLInputElement;
  @query('caliper-grid') private readonly grid!: Grid<ComparedRow> | null;

  private names: ShortNames = shortNames([]);
  private columns: Column<ComparedRow>[] = [];

  static override readonly styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
      }
      .bar {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        padding: 6px 12px 6px 16px;
      }
      .bar input {
        flex: 0 1 220px;
      }
      .count {
        flex: 1;
        min-width: 90px;
      }
      button[aria-pressed='true'] {
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, transparent);
      }
      caliper-grid {
        border-top: 1px solid var(--faint-line);
        flex: 1 1 0;
        min-width: 0;
      }
      ::slotted(*) {
        flex: 1;
      }
    `,
  ];

  constructor() {
    super();
    onResize(this, () => {
      this.width = this.clientWidth;
    });
  }

  focusSearch(): void {
    this.searchField.focus();
  }

  override focus(): void {
    this.grid?.focus();
  }

  /** Brings a row into view and gives it the keyboard's place. */
  async reveal(index: number): Promise<void> {
    await this.updateComplete;
    await this.grid?.reveal(index);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('rows')) return;
    this.names = shortNames(this.rows.flatMap(layerNames));
    this.columns = comparisonColumns(this.rows, this.names);
  }

  override render() {
    const { state: look } = this;
    if (look === null) return nothing;
    const filter = look.filter ?? this.filter;
    const wanted = look.search.trim().toLowerCase();
    const passing = this.rows.filter(
      (row) => passes(row, filter) && (wanted === '' || mentions(row, wanted)),
    );
    // Who looks for something finds it, whatever it is.
    const minor = hidesBookkeeping(filter) && wanted === '' ? passing.filter(isBookkeeping).length : 0;
    const rows = minor > 0 && !look.bookkeeping ? passing.filter((row) => !isBookkeeping(row)) : passing;
    const orders = ordersOf(rows);
    const sort = look.sort === undefined ? orders[0].sort : look.sort;
    const order = orderAt(orders, sort);
    const column = this.columns.find(({ id }) => id === sort?.column);
    const counted = FILTERS.map((one) => ({
      one,
      count: this.rows.filter((row) => passes(row, one)).length,
    })).filter(({ one, count }) => count > 0 || one === 'all' || one === filter);
    return html`
      <div class="bar">
        ${this.heading === '' ? nothing : html`<strong>${this.heading}</strong>`}
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search name, operator, change"
          .value=${look.search}
          @input=${(event: Event) => this.change({ search: (event.target as HTMLInputElement).value })}
        />
        <select
          aria-label="Layers shown"
          @change=${(event: Event) => this.change({ filter: (event.target as HTMLSelectElement).value as Filter })}
        >
          ${counted.map(
            ({ one, count }) => html`<option value=${one} ?selected=${one === filter}>
              ${FILTER_LABELS[one]} (${formatInteger(count)})
            </option>`,
          )}
        </select>
        ${
          look.graphShown || orders.length < 2
            ? nothing
            : html`<select
                aria-label="Order"
                @change=${(event: Event) =>
                  this.change({
                    sort: orders[Number((event.target as HTMLSelectElement).value)]?.sort ?? null,
                  })}
              >
                ${orders.map(({ label }, place) => html`<option value=${place} ?selected=${place === order}>${label}</option>`)}
                ${order < 0 ? html`<option value="-1" selected>By ${column?.label ?? 'a column'}</option>` : nothing}
              </select>`
        }
        <span class="count muted small" role="status">${this.count(rows.length)}</span>
        ${
          minor === 0 || look.graphShown
            ? nothing
            : html`<button
                class="tool"
                aria-pressed=${String(look.bookkeeping)}
                title="Layers that another one does the work of, conversions between float and integers, and constants that one of the models alone has"
                @click=${() => this.change({ bookkeeping: !look.bookkeeping })}
              >
                <vscode-icon name="fold"></vscode-icon>${formatInteger(minor)} folded and converting
              </button>`
        }
        ${
          this.graphless
            ? nothing
            : html`<button
                class="tool"
                aria-label="Graph"
                title=${`${look.graphShown ? 'Hide' : 'Show'}: both models as one graph`}
                aria-pressed=${String(look.graphShown)}
                @click=${() => this.change({ graphShown: !look.graphShown })}
              ><vscode-icon name="type-hierarchy-sub"></vscode-icon></button>`
        }
        ${look.graphShown ? nothing : this.renderChooser(look)}
      </div>
      ${
        look.graphShown
          ? html`<slot></slot>`
          : html`<caliper-grid
              label="Layers before and after"
              .startAt=${this.startAt}
              empty=${this.empty === '' || filter === 'all' ? this.emptyText(minor) : this.empty}
              .columns=${this.fitting(look)}
              .rows=${sorted(rows, column, sort?.descending ?? false)}
              .sort=${sort}
              .selected=${this.selected}
              .widths=${look.widths}
              @sort=${(event: CustomEvent<Sort | null>) => this.change({ sort: event.detail })}
              @widths=${(event: CustomEvent<Record<string, number>>) => this.change({ widths: event.detail })}
              @choose=${this.pass}
              @activate=${this.pass}
              @copyRow=${(event: CustomEvent<string>) => void copyText(event.detail, 'the row')}
              @scrolled=${this.pass}
            ></caliper-grid>`
      }
    `;
  }

  private renderChooser(look: LayersState) {
    const shown = new Set(this.fitting(look).map(({ id }) => id));
    return html`<caliper-menu
      label="Columns"
      icon="gear"
      compact
      .items=${this.columns
        .filter(({ id }) => id !== 'name')
        .map(({ id, label }) => ({
          label,
          checked: shown.has(id),
          run: () => this.change({ columns: { ...look.columns, [id]: !shown.has(id) } }),
        }))}
    ></caliper-menu>`;
  }

  private fitting({ columns, widths }: LayersState): Column<ComparedRow>[] {
    return fittingColumns(this.columns, this.width - SCROLL_BAR, columns, widths);
  }

  private count(shown: number): string {
    const total = formatInteger(this.rows.length);
    return shown === this.rows.length ? `${total} layers` : `${formatInteger(shown)} of ${total} layers`;
  }

  private emptyText(minor: number): string {
    return minor > 0 ? 'Nothing but folded and converting layers.' : 'No layer matches.';
  }

  private change(change: Partial<LayersState>): void {
    this.dispatchEvent(new CustomEvent('change', { detail: change }));
  }

  private pass(event: CustomEvent): void {
    this.dispatchEvent(new CustomEvent(event.type, { detail: event.detail }));
  }
}

/** The names that a row may show: its own and those of the layers that do its work. */
export function layerNames({ name, before, after }: ComparedRow): string[] {
  const sides = [before, after].flatMap((side) => [side?.layer?.name, side?.fusedInto]);
  return [name, ...sides.filter((one) => one !== undefined)];
}
