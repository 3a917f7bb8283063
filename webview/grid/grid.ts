import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { UNKNOWN } from '../../src/protocol/numbers';
import { nameStyles } from '../base/names';
import { statusStyles } from '../base/status';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type Column, nextSort, type Sort } from './column';
import { gridStyles } from './styles';
import { scrollTopFor, visibleWindow } from './window';

/** In the tooltips of names: keys can be seen nowhere else. */
const COPY_HINT = 'Ctrl+C copies the row';
const ROW_HEIGHT = 24;
const MIN_WIDTH = 40;
const WIDTH_STEP = 16;

/** What the grid must know of a row beside its cells. */
export interface GridRow {
  /** Unique and lasting: selection is kept by it. */
  index: number;
  depth?: number;
  /** Present where the row has rows under it. */
  expanded?: boolean;
}

/**
 * A table that draws only the rows in view. Events: `sort` (Sort | null), `activate` (row index; focus moved to it),
 * `choose` (row index; clicked or Enter), `toggle` (row index), `copyRow` (its texts), `widths`, `scrolled` (scrollTop).
 */
@customElement('caliper-grid')
export class Grid<Row extends GridRow = GridRow> extends LitElement {
  @property({ attribute: false }) columns: readonly Column<Row>[] = [];
  @property({ attribute: false }) rows: readonly Row[] = [];
  @property({ attribute: false }) sort: Sort | null = null;
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) widths: Readonly<Record<string, number>> = {};
  /** Where the user was when the page was last shown: scrolled to as soon as there are enough rows for it. */
  @property({ attribute: false }) startAt = 0;
  @property() label = '';
  /** Shown instead of rows where there are none. */
  @property() empty = '';

  /** Position of the row that has the keyboard, in `rows`. */
  @state() private active = 0;
  @state() private viewport = 400;
  @state() private scrolled = 0;

  @query('.scroller') private readonly scroller!: HTMLElement;
  private readonly resizeObserver = new ResizeObserver(() => this.measure());
  private pendingScroll: number | null = null;
  private drag: { id: string; from: number; width: number } | null = null;

  static override readonly styles = [base, gridStyles, nameStyles, statusStyles];

  /** Brings a row into view and gives it the keyboard's place. */
  async reveal(index: number): Promise<void> {
    await this.updateComplete;
    const position = this.rows.findIndex((row) => row.index === index);
    if (position >= 0) this.moveTo(position);
  }

  override focus(): void {
    this.scroller.focus();
  }

  /** Begins at the first row again, as where others are shown now. */
  toTop(): void {
    this.active = 0;
    if (this.hasUpdated) this.scroller.scrollTop = 0;
  }

  override firstUpdated(): void {
    this.pendingScroll = this.startAt;
    this.resizeObserver.observe(this.scroller);
    this.measure();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resizeObserver.disconnect();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows')) return;
    const before = changed.get('rows')?.[this.active];
    const position = before === undefined ? -1 : this.rows.findIndex((row) => row.index === before.index);
    this.active = position >= 0 ? position : Math.max(0, Math.min(this.active, this.rows.length - 1));
  }

  override updated(): void {
    const wanted = this.pendingScroll;
    if (wanted !== null && this.rows.length * ROW_HEIGHT >= wanted + this.viewport) {
      this.pendingScroll = null;
      this.scroller.scrollTop = wanted;
    }
  }

  private widthOf(column: Column<Row>): number {
    return this.widths[column.id] ?? column.width;
  }

  override render() {
    const { track, first, end, top } = visibleWindow(
      this.rows.length,
      ROW_HEIGHT,
      this.viewport,
      this.scrolled,
    );
    const template = this.columns
      .map((column) => {
        const width = this.widthOf(column);
        return column.grow ? `minmax(${width}px, 1fr)` : `${width}px`;
      })
      .join(' ');
    const width = this.columns.reduce((sum, column) => sum + this.widthOf(column), 0);
    return html`
      <div
        class="scroller"
        tabindex="0"
        role="treegrid"
        aria-keyshortcuts="Control+C"
        aria-label=${this.label}
        aria-rowcount=${this.rows.length + 1}
        aria-colcount=${this.columns.length}
        aria-activedescendant=${this.rows.length > 0 ? `row${this.active}` : nothing}
        @scroll=${this.onScroll}
        @keydown=${this.onKey}
      >
        <div class="content" ${styled({ '--columns': template, 'min-width': `${width}px` })}>
          <div class="header" role="row" aria-rowindex="1">
            ${this.columns.map((column) => this.renderHeader(column))}
          </div>
          ${this.rows.length === 0 ? html`<p class="empty muted">${this.empty}</p>` : nothing}
          <div class="track" role="presentation" ${styled({ height: `${track}px` })}>
            <div class="window" role="presentation" ${styled({ transform: `translateY(${top}px)` })}>
              ${this.rows.slice(first, end).map((row, offset) => this.renderRow(row, first + offset))}
            </div>
          </div>
        </div>
      </div>
    `;
  }

  private renderHeader(column: Column<Row>) {
    const sort = this.sort?.column === column.id ? this.sort : null;
    const order = sort === null ? 'none' : sort.descending ? 'descending' : 'ascending';
    return html`
      <div
        class=${column.numeric ? 'head numeric' : 'head'}
        role="columnheader"
        aria-sort=${column.value ? order : nothing}
      >
        ${
          column.value
            ? html`<button
                title=${column.description}
                data-column=${column.id}
                @click=${() => this.emit('sort', nextSort(this.sort, column))}
                @keydown=${(event: KeyboardEvent) => this.onHeaderKey(event, column)}
              >
                <span class="ellipsis">${column.label}</span>
                <span class="order ${order}" aria-hidden="true"></span>
              </button>`
            : html`<span class="ellipsis" title=${column.description}>${column.label}</span>`
        }
        <div
          class="handle"
          aria-hidden="true"
          @pointerdown=${(event: PointerEvent) => this.startResize(event, column)}
          @pointermove=${this.resize}
          @pointerup=${this.endResize}
          @dblclick=${() => this.setWidth(column.id, column.width)}
        ></div>
      </div>
    `;
  }

  private renderRow(row: Row, position: number) {
    const chosen = row.index === this.selected;
    return html`
      <div
        class=${`row${chosen ? ' chosen' : ''}${position === this.active ? ' active' : ''}`}
        id=${`row${position}`}
        role="row"
        aria-rowindex=${position + 2}
        aria-selected=${String(chosen)}
        aria-level=${(row.depth ?? 0) + 1}
        aria-expanded=${row.expanded === undefined ? nothing : String(row.expanded)}
        data-index=${row.index}
        @click=${(event: MouseEvent) => this.onClick(event, row, position)}
      >
        ${this.columns.map((column, place) => this.renderCell(row, column, place === 0))}
      </div>
    `;
  }

  private renderCell(row: Row, column: Column<Row>, isFirst: boolean) {
    const text = column.text(row);
    const bar = column.bar?.(row) ?? null;
    return html`
      <div
        class=${column.numeric ? 'cell numeric' : 'cell'}
        role="gridcell"
        aria-label=${isFirst ? text : nothing}
        title=${isFirst ? `${column.tooltip?.(row) ?? text}\n${COPY_HINT}` : (column.tooltip?.(row) ?? text)}
        ${styled({ '--color': column.colorOf?.(row) ?? column.color ?? null, '--indent': isFirst ? String(row.depth ?? 0) : null })}
      >
        ${bar === null || bar <= 0 ? nothing : html`<i class="bar" ${styled({ '--fraction': String(Math.min(1, bar)) })}></i>`}
        ${isFirst && row.expanded !== undefined ? html`<b class=${row.expanded ? 'twist open' : 'twist'} aria-hidden="true"></b>` : nothing}
        ${column.render ? column.render(row) : html`<span class=${quietness(text)}>${text}</span>`}
      </div>
    `;
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private onClick(event: MouseEvent, row: Row, position: number): void {
    this.active = position;
    const twist = (event.target as Element).classList.contains('twist');
    this.emit(twist ? 'toggle' : 'choose', row.index);
  }

  private measure(): void {
    const header = this.renderRoot.querySelector('.header')?.clientHeight ?? 0;
    this.viewport = Math.max(ROW_HEIGHT, this.scroller.clientHeight - header);
  }

  private onScroll(): void {
    this.scrolled = this.scroller.scrollTop;
    this.emit('scrolled', this.scrolled);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.scroller || event.altKey) return;
    const row = this.rows[this.active];
    if (event.ctrlKey || event.metaKey) {
      // What is marked with the mouse is copied as anywhere.
      // With Caps Lock on it is a capital.
      if (
        event.key.toLowerCase() !== 'c' ||
        row === undefined ||
        document.getSelection()?.isCollapsed === false
      )
        return;
      event.preventDefault();
      this.emit('copyRow', this.columns.map((column) => column.text(row)).join('\t'));
      return;
    }
    const page = Math.max(1, Math.floor(this.viewport / ROW_HEIGHT) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) this.moveTo(this.active + step);
    else if (event.key === 'Home') this.moveTo(0);
    else if (event.key === 'End') this.moveTo(this.rows.length - 1);
    else if (row === undefined) return;
    else if (event.key === 'Enter' || event.key === ' ') this.emit('choose', row.index);
    else if (event.key === 'ArrowRight' && row.expanded === false) this.emit('toggle', row.index);
    else if (event.key === 'ArrowLeft' && row.expanded === true) this.emit('toggle', row.index);
    else return;
    event.preventDefault();
  }

  private moveTo(position: number): void {
    const target = Math.max(0, Math.min(position, this.rows.length - 1));
    const row = this.rows[target];
    if (row === undefined) return;
    this.active = target;
    this.scroller.scrollTop = scrollTopFor(
      target,
      this.rows.length,
      ROW_HEIGHT,
      this.viewport,
      this.scroller.scrollTop,
    );
    this.emit('activate', row.index);
  }

  private onHeaderKey(event: KeyboardEvent, column: Column<Row>): void {
    if (!event.altKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    this.setWidth(column.id, this.widthOf(column) + (event.key === 'ArrowLeft' ? -WIDTH_STEP : WIDTH_STEP));
  }

  private startResize(event: PointerEvent, column: Column<Row>): void {
    const handle = event.target as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    this.drag = { id: column.id, from: event.clientX, width: handle.parentElement?.offsetWidth ?? 0 };
  }

  private resize(event: PointerEvent): void {
    if (this.drag) this.setWidth(this.drag.id, this.drag.width + event.clientX - this.drag.from);
  }

  private endResize(): void {
    this.drag = null;
  }

  private setWidth(id: string, width: number): void {
    this.emit('widths', { ...this.widths, [id]: Math.max(MIN_WIDTH, Math.round(width)) });
  }
}

/** What is unknown or nothing steps back, so that the eye finds what there is. */
function quietness(text: string): string {
  if (text === UNKNOWN) return 'ellipsis muted';
  return /^0(\.0+)?( |$)/.test(text) ? 'ellipsis zero' : 'ellipsis';
}
