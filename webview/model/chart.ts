import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatPercent } from '../../src/protocol/numbers';
import type { ModuleReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { shortOperator } from '../base/names';
import { operatorColor } from '../base/operatorColors';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { colorOfPlace, PLACES, type Placements } from '../graph/placements';
import { FIGURES, type FigureId, figure } from './figures';
import type { TableRow } from './rows';
import './treemap';

/** Operators that the legend names; the others have little of the figure. */
const NAMED = 6;

/** The chart with its switch and legend. Events: `choose` (row index), `figure` (FigureId), `op` (operator or ''), `byTarget`. */
@customElement('caliper-chart')
export class Chart extends LitElement {
  @property({ attribute: false }) rows: readonly TableRow[] = [];
  @property({ attribute: false }) shown: FigureId = 'parameterBytes';
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  /** What layers are nested in; empty: they stand side by side. */
  @property({ attribute: false }) modules: readonly ModuleReport[] = [];
  /** Why the latency cannot be shown, '' where it can. */
  @property() unmeasured = '';
  @property({ type: Boolean }) loading = false;
  @property() op = '';
  /** Name of the chosen deployment target; '' where there is none. */
  @property() target = '';
  /** Tiles are coloured by where their layers run on it. */
  @property({ type: Boolean }) byTarget = false;
  @property({ attribute: false }) placements: Placements = new Map();

  static override readonly styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 6px;
        min-height: 0;
      }
      .bar {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
      }
      .switch {
        border: 1px solid var(--line);
        border-radius: 4px;
        display: inline-flex;
        overflow: hidden;
      }
      .switch button {
        background: none;
        border: 0;
        border-inline-end: 1px solid var(--line);
        color: var(--muted);
        cursor: pointer;
        font: inherit;
        font-size: var(--small);
        height: 22px;
        padding: 0 9px;
        white-space: nowrap;
      }
      .switch button:last-child {
        border: 0;
      }
      .switch button:hover:enabled {
        background: var(--vscode-toolbar-hoverBackground);
        color: var(--vscode-foreground);
      }
      .switch button[aria-checked='true'] {
        background: var(--vscode-list-inactiveSelectionBackground);
        box-shadow: inset 0 -2px var(--color);
        color: var(--vscode-foreground);
      }
      .switch button:disabled {
        cursor: default;
        opacity: 0.5;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 4px;
        margin-inline-start: auto;
      }
      .legend button {
        align-items: center;
        background: none;
        border: 1px solid transparent;
        border-radius: 3px;
        color: var(--vscode-foreground);
        cursor: pointer;
        display: inline-flex;
        font: inherit;
        font-size: var(--small);
        gap: 5px;
        padding: 0 5px;
      }
      .legend button:hover {
        background: var(--vscode-toolbar-hoverBackground);
      }
      .legend button[aria-pressed='true'] {
        border-color: var(--focus);
      }
      .legend i {
        background: var(--color);
        border-radius: 2px;
        height: 9px;
        width: 9px;
      }
      button.tool {
        border: 1px solid var(--line);
        border-radius: 4px;
        color: var(--muted);
        font-size: var(--small);
        height: 24px;
        padding: 0 9px;
        width: auto;
      }
      button.tool[aria-pressed='true'] {
        color: var(--vscode-foreground);
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, transparent);
      }
      .place {
        align-items: center;
        display: inline-flex;
        font-size: var(--small);
        gap: 5px;
      }
      [hidden] {
        display: none;
      }
      caliper-treemap {
        flex: 1;
        min-height: 0;
      }
    `,
  ];

  override render() {
    const shown = figure(this.shown === 'latency' && this.unmeasured !== '' ? 'parameterBytes' : this.shown);
    const shares = this.shares();
    const colors = new Map(shares.map(({ op }) => [op, operatorColor(op)]));
    const totals = new Map<string, number>();
    let total = 0;
    for (const row of this.rows) {
      const value = shown.value(row) ?? 0;
      totals.set(row.op, (totals.get(row.op) ?? 0) + value);
      total += value;
    }
    return html`
      <div class="bar">
        <div class="switch" role="radiogroup" aria-label="Figure that the chart shows" @keydown=${this.onKey}>
          ${FIGURES.map(
            (one) => html`<button
              role="radio"
              aria-checked=${String(one.id === shown.id)}
              tabindex=${one.id === shown.id ? '0' : '-1'}
              ?disabled=${one.id === 'latency' && this.unmeasured !== ''}
              title=${(one.id === 'latency' && this.unmeasured) || one.description}
              data-figure=${one.id}
              @click=${() => this.emit('figure', one.id)}
              ${styled({ '--color': one.color })}
            >
              ${one.label}
            </button>`,
          )}
        </div>
        ${
          this.target === ''
            ? nothing
            : html`<button
                class="tool"
                aria-pressed=${String(this.byTarget)}
                title=${`Colour by where layers run: ${this.target}`}
                @click=${() => this.emit('byTarget', !this.byTarget)}
              >
                By target
              </button>`
        }
        ${this.byTarget && this.target !== '' ? this.placesLegend() : nothing}
        <div class="legend" role="group" aria-label="Operators" ?hidden=${this.byTarget && this.target !== ''}>
          ${shares
            .filter(({ op }) => (totals.get(op) ?? 0) > 0)
            .slice(0, NAMED)
            .map(
              ({ op }) => html`<button
                aria-pressed=${String(op === this.op)}
                title=${op === this.op ? 'Show all operators' : `Show only ${op} in the table`}
                @click=${() => this.emit('op', op === this.op ? '' : op)}
              >
                <i ${styled({ '--color': colors.get(op) ?? null })}></i>${shortOperator(op)}
                <span class="muted">${formatPercent((totals.get(op) ?? 0) / total)}</span>
              </button>`,
            )}
        </div>
      </div>
      <caliper-treemap
        role="group"
        aria-label=${`${shown.label} of the layers`}
        .rows=${this.rows}
        .names=${this.names}
        .figure=${shown}
        .modules=${this.modules}
        .selected=${this.selected}
        .colors=${colors}
        .colorOf=${this.byTarget && this.target !== '' ? (row: TableRow) => colorOfPlace(this.placements, row) : null}
        ?loading=${this.loading}
        @choose=${(event: CustomEvent<number>) => this.emit('choose', event.detail)}
      ></caliper-treemap>
    `;
  }

  private placesLegend() {
    return html`<div class="legend" role="group" aria-label=${`Where layers run: ${this.target}`}>
      ${PLACES.map(
        ({ name, color }) => html`<span class="place"><i ${styled({ '--color': color })}></i>${name}</span>`,
      )}
    </div>`;
  }

  /** Operators by what they take of all figures together, so that the legend stays when the figure changes. */
  private shares(): { op: string; share: number }[] {
    const shares = new Map<string, number>();
    for (const one of FIGURES) {
      const total = this.rows.reduce((sum, row) => sum + (one.value(row) ?? 0), 0);
      if (total === 0 || one.id === 'latency') continue;
      for (const row of this.rows) {
        shares.set(row.op, (shares.get(row.op) ?? 0) + (one.value(row) ?? 0) / total);
      }
    }
    return [...shares].map(([op, share]) => ({ op, share })).sort((a, b) => b.share - a.share);
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const enabled = FIGURES.filter((one) => one.id !== 'latency' || this.unmeasured === '');
    const current = enabled.findIndex((one) => one.id === this.shown);
    const next = enabled[(current + step + enabled.length) % enabled.length];
    if (next === undefined) return;
    this.emit('figure', next.id);
    this.renderRoot.querySelector<HTMLElement>(`[data-figure=${next.id}]`)?.focus();
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
