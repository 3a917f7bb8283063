import { type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { moduleTree, type TreeItem } from '../../src/protocol/moduleTree';
import { formatPercent } from '../../src/protocol/numbers';
import type { ModuleReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { breakable, SEGMENT_ENDS } from '../base/names';
import { onResize } from '../base/resized';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type Figure, figure } from './figures';
import type { TableRow } from './rows';
import { flatTiles, nestedTiles, pathTo, sum, type Tile } from './treemapTiles';

/** Smaller tiles get no text. */
const MIN_LABEL_WIDTH = 44;
const MIN_LABEL_HEIGHT = 17;
const TWO_LINES_HEIGHT = 34;
const LINE_HEIGHT = 14;
const PADDING = 2;
/** Of the labels' font, and what is left and right of them. */
const CHARACTER = 6.4;
const MARGIN = 10;

/** Of a module's strip with its name, above what is in it; smaller modules have none. */
const STRIP = 16;
const [LEAST_WIDTH, LEAST_HEIGHT] = [40, 40];
/** Of a module that is drawn with what is in it. */
const LEAST_SIDE = 24;
/** The way to the module that is looked into. */
const PATH_HEIGHT = 22;

/**
 * Where the bytes and the time go: a tile for each layer, within its modules where there are such. A click on a module
 * looks into it. Event `choose` (row index).
 */
@customElement('caliper-treemap')
export class Treemap extends LitElement {
  @property({ attribute: false }) rows: readonly TableRow[] = [];
  @property({ attribute: false }) figure: Figure = figure('parameters');
  @property({ attribute: false }) selected: number | null = null;
  /** Colour of an operator's tiles. */
  @property({ attribute: false }) colors: ReadonlyMap<string, string> = new Map();
  /** In place of it: the colour of a layer's tile. */
  @property({ attribute: false }) colorOf: ((row: TableRow) => string | null) | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @property({ type: Boolean }) loading = false;
  /** What layers are nested in; empty: the layers stand side by side. */
  @property({ attribute: false }) modules: readonly ModuleReport[] = [];
  /** Id of the module that is looked into. */
  @state() private within: string | null = null;
  @state() private width = 0;
  @state() private height = 0;

  private tree: TreeItem<TableRow>[] = [];

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        overflow: hidden;
        position: relative;
      }
      .tiles button {
        --tile: color-mix(in srgb, var(--vscode-foreground) 22%, var(--vscode-editor-background));
        background: color-mix(in srgb, var(--tile) 42%, var(--vscode-editor-background));
        border: 0;
        border-radius: 2px;
        box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--tile) 70%, transparent);
        color: var(--vscode-foreground);
        cursor: pointer;
        display: block;
        font: inherit;
        font-size: var(--small);
        line-height: 14px;
        overflow: hidden;
        padding: 1px 5px;
        text-align: start;
      }
      /* Without a text a tile may be smaller than the room around one. */
      .tiles button:empty {
        padding: 0;
      }
      .tiles {
        position: relative;
      }
      .tiles button {
        position: absolute;
      }
      button.others {
        cursor: default;
      }
      .path {
        align-items: center;
        display: flex;
        gap: 5px;
        height: 22px;
      }
      button.module {
        font-weight: 600;
      }
      button.open {
        background: color-mix(in srgb, var(--vscode-foreground) 7%, var(--vscode-editor-background));
        line-height: 13px;
        padding: 0 4px;
        vertical-align: top;
        display: flex;
        align-items: flex-start;
      }
      button.open .value {
        display: inline;
        font-weight: 400;
      }
      .tiles button:not(.others, .open):hover {
        background: color-mix(in srgb, var(--tile) 62%, var(--vscode-editor-background));
      }
      button.chosen,
      button:focus-visible {
        box-shadow: inset 0 0 0 2px var(--vscode-focusBorder);
        outline: none;
        z-index: 1;
      }
      span {
        display: block;
      }
      /* A name that is cut says no more than its neighbours. */
      .label {
        display: -webkit-box;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: var(--lines);
      }
      .value {
        opacity: 0.75;
      }
      .empty {
        align-items: center;
        display: flex;
        height: 100%;
        justify-content: center;
      }
    `,
  ];

  constructor() {
    super();
    onResize(this, () => {
      // Whole pixels that are there: clientHeight rounds up, and the last tiles' edge would be cut off.
      const { width, height } = this.getBoundingClientRect();
      this.width = Math.floor(width);
      this.height = Math.floor(height);
    });
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const { rows, modules } = this;
    if (!changed.has('rows') && !changed.has('modules')) return;
    this.tree = modules.length === 0 ? [] : moduleTree(rows, modules);
    if (pathTo(modules, this.within).length === 0) this.within = null;
  }

  override render() {
    const { modules, figure, within, width } = this;
    const path = pathTo(modules, within);
    const tiles =
      modules.length === 0 ? flatTiles(this.rows, figure) : nestedTiles(this.tree, figure, within);
    const total = sum(tiles);
    const height = this.height - (path.length > 0 ? PATH_HEIGHT : 0);
    return html`${path.length === 0 ? nothing : this.renderPath(path)}
      <div class="tiles" ${styled({ height: `${Math.max(0, height)}px` })} @keydown=${this.onTileKey}>
        ${
          total === 0
            ? html`<p class="empty muted">${this.loading ? 'Loading…' : `No layer has ${figure.label} that are known.`}</p>`
            : this.renderTiles(tiles, total, width, height)
        }
      </div>`;
  }

  private renderPath(path: readonly ModuleReport[]) {
    const step = (label: string, id: string | null, last: boolean) =>
      last
        ? html`<span class="ellipsis" aria-current="location">${label}</span>`
        : html`<button class="link" @click=${() => this.look(id)}>${label}</button><span class="muted">›</span>`;
    return html`<nav class="path small" aria-label="Module that the map shows">
      ${step('All', null, false)}${path.map(({ name, id }, place) => step(name, id, place === path.length - 1))}
    </nav>`;
  }

  private renderTiles(tiles: readonly Tile[], total: number, width: number, height: number) {
    const root = hierarchy<Pick<Tile, 'value' | 'children'> & Partial<Tile>>(
      { value: 0, children: tiles },
      ({ children }) => [...children],
    ).sum(({ value, children }) => (children.length > 0 ? 0 : value));
    const layout = treemap<Pick<Tile, 'value' | 'children'> & Partial<Tile>>()
      .tile(treemapSquarify)
      .size([width, height])
      .paddingInner(2)
      .paddingOuter(({ depth }) => (depth > 0 ? 2 : 0))
      .paddingTop((node) =>
        node.depth > 0 && hasStrip(node as unknown as Box) ? STRIP : node.depth > 0 ? 2 : 0,
      )
      .round(true)(root);
    const nodes: { tile: Tile; box: Box }[] = [];
    const add = (node: HierarchyRectangularNode<Pick<Tile, 'value' | 'children'> & Partial<Tile>>) => {
      const tile = node.data as Tile;
      const shown = tile.children.length > 0 && hasRoom(node);
      nodes.push({ tile: shown ? tile : { ...tile, children: [] }, box: node });
      if (shown) node.children?.forEach(add);
    };
    layout.children?.forEach(add);
    // One stop for Tab; the arrow keys go on from there.
    const isSelected = ({ row, holds }: Tile) =>
      this.selected !== null && (row?.index === this.selected || holds.has(this.selected));
    const entry = nodes.find(({ tile }) => isSelected(tile)) ?? nodes[0];
    return nodes.map(({ tile, box }) => {
      const [wide, high] = [box.x1 - box.x0, box.y1 - box.y0];
      if (wide < 1 || high < 1) return nothing;
      const { row, module, label, value, title, children } = tile;
      const amount = this.figure.format(value);
      const share = formatPercent(value / total);
      const kind = module === null ? '' : ', module';
      const classes = [
        row === null && module === null ? 'others' : '',
        module === null ? '' : children.length > 0 ? 'module open' : 'module',
        isSelected(tile) ? 'chosen' : '',
      ];
      const what = row === null ? '' : ` (${row.op})`;
      return html`<button
        class=${classes.join(' ').trim()}
        tabindex=${tile === entry?.tile ? '0' : '-1'}
        aria-label=${`${title}${kind}, ${amount}, ${share}`}
        title=${`${title}${what}\n${amount} · ${share}${module === null ? '' : '\nClick to look into it'}`}
        @click=${() => this.press(tile)}
        ${styled({
          left: `${box.x0}px`,
          top: `${box.y0}px`,
          width: `${wide}px`,
          height: `${high}px`,
          '--tile': row === null ? this.mainColor(tile) : this.rowColor(row),
        })}
      >${children.length > 0 ? this.strip(tile, box, amount) : this.text(label, row, amount, wide, high)}</button>`;
    });
  }

  private rowColor(row: TableRow): string | null {
    return (this.colorOf === null ? this.colors.get(row.op) : this.colorOf(row)) ?? null;
  }

  /** The colour of most of a module whose layers are too small to be drawn; null where they are drawn. */
  private mainColor({ holds }: Tile): string | null {
    const parts = new Map<string | null, number>();
    for (const index of holds) {
      const row = this.rows[index];
      if (row === undefined) continue;
      const color = this.rowColor(row);
      parts.set(color, (parts.get(color) ?? 0) + (this.figure.value(row) ?? 0));
    }
    const [most] = [...parts].sort(([, a], [, b]) => b - a);
    return most?.[0] ?? null;
  }

  private strip({ label }: Tile, box: Box, amount: string) {
    if (!hasStrip(box)) return nothing;
    return html`<span class="ellipsis">${label} <span class="value">${amount}</span></span>`;
  }

  private text(label: string, row: TableRow | null, amount: string, width: number, height: number) {
    if (width < MIN_LABEL_WIDTH || height < MIN_LABEL_HEIGHT) return nothing;
    // The amount takes the last line.
    const lines = Math.max(1, Math.floor((height - PADDING) / LINE_HEIGHT) - 1);
    const name = row !== null && label === row.name ? this.names.short(label) : label;
    return html`<span class="label" ${styled({ '--lines': String(lines) })}>${breakable(fitting(name, width, lines))}</span>${
      height >= TWO_LINES_HEIGHT ? html`<span class="value ellipsis">${amount}</span>` : nothing
    }`;
  }

  private press({ row, module }: Tile): void {
    if (row !== null) this.choose(row);
    else if (module !== null) this.look(module.id);
  }

  /** Shows what is in a module, and gives its first tile the keyboard. */
  private look(id: string | null): void {
    this.within = id;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('.tiles button[tabindex="0"]')?.focus(),
    );
  }

  /** Backspace goes out of the module that is looked into. */
  private onTileKey(event: KeyboardEvent): void {
    if (event.key === 'Backspace' && this.within !== null) {
      event.preventDefault();
      this.look(pathTo(this.modules, this.within).at(-2)?.id ?? null);
      return;
    }
    const forward = event.key === 'ArrowRight' || event.key === 'ArrowDown';
    if (!forward && event.key !== 'ArrowLeft' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const tile = event.target as HTMLElement;
    ((forward ? tile.nextElementSibling : tile.previousElementSibling) as HTMLElement | null)?.focus();
  }

  private choose(row: TableRow): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: row.index }));
  }
}

interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** What is in a module can be told apart. */
function hasRoom({ x0, y0, x1, y1 }: Box): boolean {
  return x1 - x0 >= LEAST_SIDE && y1 - y0 >= LEAST_SIDE;
}

/** There is room for a module's name above what is in it. */
function hasStrip({ x0, y0, x1, y1 }: Box): boolean {
  return x1 - x0 >= LEAST_WIDTH && y1 - y0 >= LEAST_HEIGHT;
}

/**
 * A name that is cut at its end says no more than its neighbours. Where there is no room for it, its last number stays with
 * the word before it, or alone; of a path, words become letters and numbers stay, `f.3/…/c.0/C`; '' where even that is too
 * long.
 */
function fitting(name: string, width: number, lines: number): string {
  const perLine = Math.floor((width - MARGIN) / CHARACTER);
  const shorter = name.includes('/') ? [name.replace(/(\p{L})[\p{L}_]*/gu, '$1')] : endsOf(name);
  return [name, ...shorter].find((text) => linesOf(text, perLine) <= lines) ?? '';
}

/** Not broken behind the dots, which alone would be a line. */
const CUT = '…\u2060';

function endsOf(name: string): string[] {
  const words = name.split('_');
  const counted = words.findLastIndex((word) => /\d/.test(word));
  const from = (place: number) => (place <= 0 ? [] : [`${CUT}${words.slice(place).join('_')}`]);
  return [...from(counted - 1), ...from(counted)];
}

/** Lines of so many characters that a text takes, which is broken after its segments, or anywhere if it must. */
function linesOf(text: string, perLine: number): number {
  if (perLine < 1) return Number.POSITIVE_INFINITY;
  let lines = 1;
  let used = 0;
  for (const { length } of text.split(SEGMENT_ENDS)) {
    if (used > 0 && used + length > perLine) {
      lines++;
      used = 0;
    }
    lines += Math.ceil(length / perLine) - 1;
    used = used + length - Math.max(0, Math.ceil(length / perLine) - 1) * perLine;
  }
  return lines;
}
