import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatPercent } from '../../src/protocol/numbers';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { breakable, SEGMENT_ENDS } from '../base/names';
import { onResize } from '../base/resized';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type Figure, figure } from './figures';
import type { TableRow } from './rows';

/** Layers drawn one by one; more could neither be read nor hit, so the rest shares one tile. */
const TILES = 160;
/** Where more than this part of the total would be in that one tile, neighbours are shown together instead. */
const MOST = 0.4;
const BLOCKS = 60;
/** Smaller tiles get no text. */
const MIN_LABEL_WIDTH = 44;
const MIN_LABEL_HEIGHT = 17;
const TWO_LINES_HEIGHT = 34;
const LINE_HEIGHT = 14;
const PADDING = 2;
/** Of the labels' font, and what is left and right of them. */
const CHARACTER = 6.4;
const MARGIN = 10;

interface Tile {
  row: TableRow | null;
  label: string;
  title?: string;
  value: number;
  children?: Tile[];
}

/** Where the bytes and the time go: a tile for each layer. Event `choose` (row index). */
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
  @state() private width = 0;
  @state() private height = 0;

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        overflow: hidden;
        position: relative;
      }
      button {
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
        position: absolute;
        text-align: start;
      }
      button.others {
        cursor: default;
      }
      button:not(.others):hover {
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

  override render() {
    const tiles = this.tiles();
    const total = sum(tiles);
    if (total === 0) {
      return html`<p class="empty muted">${this.loading ? 'Loading…' : `No layer has ${this.figure.label} that are known.`}</p>`;
    }
    const root = hierarchy<Tile>({ row: null, label: '', value: 0, children: tiles }).sum(
      (tile) => tile.value,
    );
    const layout = treemap<Tile>()
      .tile(treemapSquarify)
      .size([this.width, this.height])
      .paddingInner(2)
      .round(true)(root);
    // One stop for Tab; the arrow keys go on from there.
    const entry = tiles.find(({ row }) => row !== null && row.index === this.selected) ?? tiles[0];
    return layout.leaves().map(({ data, x0, y0, x1, y1 }) => {
      const { row, label, value, title = label } = data;
      const [width, height] = [x1 - x0, y1 - y0];
      if (width < 1 || height < 1) return nothing;
      const amount = this.figure.format(value);
      const name = `${label}, ${amount}, ${formatPercent(value / total)}`;
      const labelled = width >= MIN_LABEL_WIDTH && height >= MIN_LABEL_HEIGHT;
      // The amount takes the last line.
      const lines = Math.max(1, Math.floor((height - PADDING) / LINE_HEIGHT) - 1);
      return html`<button
        class=${row === null ? 'others' : row.index === this.selected ? 'chosen' : ''}
        tabindex=${data === entry ? '0' : '-1'}
        aria-label=${name}
        title=${`${title}${row === null ? '' : ` (${row.op})`}\n${amount} · ${formatPercent(value / total)}`}
        @click=${() => row !== null && this.choose(row)}
        @keydown=${this.onKey}
        ${styled({
          left: `${x0}px`,
          top: `${y0}px`,
          width: `${width}px`,
          height: `${height}px`,
          '--tile': (row && (this.colorOf === null ? this.colors.get(row.op) : this.colorOf(row))) ?? null,
        })}
      >
        ${
          labelled
            ? html`<span class="label" ${styled({ '--lines': String(lines) })}>${breakable(fitting(this.names.short(label), width, lines))}</span>${
                height >= TWO_LINES_HEIGHT ? html`<span class="value ellipsis">${amount}</span>` : nothing
              }`
            : nothing
        }
      </button>`;
    });
  }

  /** The layers with the largest values, and what is left as one tile. */
  private tiles(): Tile[] {
    const known = this.rows.flatMap((row): Tile[] => {
      const value = this.figure.value(row);
      return value !== null && value > 0 ? [{ row, label: row.name, value }] : [];
    });
    known.sort((a, b) => b.value - a.value);
    if (known.length <= TILES) return known;
    const rest = known.slice(TILES);
    const total = sum(known);
    const value = sum(rest);
    if (value > total * MOST) return this.blocks();
    return [
      ...known.slice(0, TILES),
      { row: null, label: `${rest.length.toLocaleString('en-US')} more layers`, value },
    ];
  }

  /** Where no layer stands out: neighbours in the file together, each tile with the largest layer that it holds. */
  private blocks(): Tile[] {
    const size = Math.ceil(this.rows.length / BLOCKS);
    return Array.from({ length: BLOCKS }, (_, place): Tile | null => {
      const rows = this.rows.slice(place * size, (place + 1) * size);
      const value = rows.reduce((total, row) => total + (this.figure.value(row) ?? 0), 0);
      const [first, last] = [rows[0], rows.at(-1)];
      if (!first || !last || value <= 0) return null;
      const largest = rows.reduce((a, b) =>
        (this.figure.value(b) ?? 0) > (this.figure.value(a) ?? 0) ? b : a,
      );
      const label = `${first.index + 1}–${last.index + 1}`;
      return { row: largest, label, title: `Layers ${label}; the largest is ${largest.name}`, value };
    }).filter((tile) => tile !== null);
  }

  private onKey(event: KeyboardEvent): void {
    const tile = event.currentTarget as HTMLElement;
    const forward = event.key === 'ArrowRight' || event.key === 'ArrowDown';
    if (!forward && event.key !== 'ArrowLeft' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    ((forward ? tile.nextElementSibling : tile.previousElementSibling) as HTMLElement | null)?.focus();
  }

  private choose(row: TableRow): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: row.index }));
  }
}

function sum(tiles: readonly Tile[]): number {
  return tiles.reduce((total, tile) => total + tile.value, 0);
}

/**
 * A name that is cut says no more than its neighbours: where there is no room for it, words become letters and numbers
 * stay, `f.3/…/c.0/C`; '' where even that is too long.
 */
function fitting(name: string, width: number, lines: number): string {
  const perLine = Math.floor((width - MARGIN) / CHARACTER);
  const letters = name.replace(/(\p{L})[\p{L}_]*/gu, '$1');
  return [name, letters].find((text) => linesOf(text, perLine) <= lines) ?? '';
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
