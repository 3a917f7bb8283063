import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  formatBytes,
  formatDb,
  formatInteger,
  formatMs,
  formatShape,
  UNKNOWN,
} from '../../src/protocol/numbers';
import type { LayerChange, LayerSide, WeightComparison, WeightSide } from '../../src/protocol/reports';
import { copyText } from '../base/copied';
import { panelStyles } from '../base/panel';
import { statusStyles } from '../base/status';
import { base } from '../base/theme';
import type { ComparedRow } from './columns';
import { foldOf } from './texts';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** All that differs in one layer. Events: `show` (name of a layer), `close`. */
@customElement('caliper-difference')
export class Difference extends LitElement {
  @property({ attribute: false }) row: ComparedRow | null = null;

  static override readonly styles = [
    base,
    statusStyles,
    panelStyles,
    css`
      table {
        border-collapse: collapse;
        table-layout: fixed;
        width: 100%;
      }
      th,
      td {
        border-top: 1px solid var(--faint-line);
        font-weight: inherit;
        overflow-wrap: anywhere;
        padding: 3px 8px 3px 0;
        text-align: start;
        vertical-align: top;
      }
      thead th {
        border-top: 0;
        color: var(--muted);
        font-size: var(--small);
      }
      tbody th {
        color: var(--muted);
      }
      .weight {
        border-top: 1px solid var(--faint-line);
        overflow-wrap: anywhere;
        padding: 4px 0 5px;
      }
    `,
  ];

  override render() {
    const row = this.row;
    if (row === null) return nothing;
    const fold = foldOf(row);
    return html`
      <header>
        <div>
          <h2>${row.name}</h2>
          <span class="status ${row.status}">${row.status}</span>
          ${
            fold === null
              ? nothing
              : html`${fold.way}
                  ${
                    fold.id === undefined
                      ? fold.other
                      : html`<button class="link" @click=${() => this.emit('show', fold.id)}>${fold.other}</button>`
                  }`
          }
        </div>
        <button class="tool" aria-label="Copy the name" title="Copy the name" @click=${() => void copyText(row.name, 'the name')}>
          <vscode-icon name="copy"></vscode-icon>
        </button>
        <button class="tool" aria-label="Close details" title="Close details (Escape)" @click=${() => this.emit('close')}>
          <vscode-icon name="close"></vscode-icon>
        </button>
      </header>
      <div class="body">
        ${row.kept === undefined ? nothing : html`<section><h3>Kept in float</h3><p>${row.kept}</p></section>`}
        ${row.changes.length === 0 ? nothing : this.renderChanges(row.changes)}
        ${
          row.weights.length === 0
            ? nothing
            : html`<section>
                <h3>Weights that differ</h3>
                ${row.weights.map((weight) => this.renderWeight(weight))}
              </section>`
        }
        ${this.renderSides(row)}
      </div>
    `;
  }

  private renderChanges(changes: readonly LayerChange[]) {
    return html`<section>
      <h3>Changes</h3>
      <table>
        <thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
        <tbody>
          ${changes.map(
            ({ what, before, after }) => html`<tr>
              <th scope="row">${what}</th>
              <td>${before ?? UNKNOWN}</td>
              <td>${after ?? UNKNOWN}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }

  private renderWeight(weight: WeightComparison) {
    const { before, after, sqnrDb, elements } = weight;
    const kind = (side: WeightSide) => `${side.type} ${formatShape(side.shape)}, ${formatBytes(side.bytes)}`;
    const total = (before ?? after)?.shape.reduce((product, size) => product * size, 1) ?? 0;
    return html`<div class="weight">
      <div class="mono">${before?.name || after?.name || '(without a name)'}</div>
      ${before === null ? nothing : html`<div class="muted small">before: ${kind(before)}</div>`}
      ${after === null ? nothing : html`<div class="muted small">after: ${kind(after)}</div>`}
      <div>
        ${sqnrDb === null ? said(weight) : html`SQNR ${formatDb(sqnrDb)}`}
        ${weight.equalized ? html`<span class="muted small">with its equalized channels brought back by the factors that fit best</span>` : nothing}
        ${
          elements > 0 && elements < total
            ? html`<span class="muted small">over the first ${formatInteger(elements)} elements</span>`
            : nothing
        }
      </div>
    </div>`;
  }

  private renderSides({ before, after }: ComparedRow) {
    const cells = (of: (side: LayerSide) => string | undefined) =>
      [before, after].map((side) => html`<td>${(side && of(side)) ?? UNKNOWN}</td>`);
    const lines: [string, (side: LayerSide) => string | undefined][] = [
      ['Name', ({ layer }) => layer?.name],
      ['Operator', ({ layer }) => layer?.op],
      ['Type', ({ layer }) => layer?.type ?? undefined],
      ['Shape', ({ layer }) => layer && formatShape(layer.shape)],
      ['Parameters', ({ layer }) => layer && formatInteger(layer.parameters)],
      ['Weights', ({ parameterBytes }) => formatBytes(parameterBytes)],
      ['MACs', ({ layer }) => layer && formatInteger(layer.macs)],
      ['Activations', ({ activationBytes }) => formatBytes(activationBytes)],
      ['Latency', ({ medianMs, fusedInto }) => (medianMs === null ? fusedInto : formatMs(medianMs))],
    ];
    const known = lines.filter(([, of]) => [before, after].some((side) => side && of(side) !== undefined));
    return html`<section>
      <h3>Both models</h3>
      <table>
        <thead><tr><th scope="col"></th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
        <tbody>
          ${known.map(([label, of]) => html`<tr><th scope="row">${label}</th>${cells(of)}</tr>`)}
        </tbody>
      </table>
    </section>`;
  }

  private emit(type: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Where there is no ratio to show. */
function said({ before, after, identical, reason }: WeightComparison): string {
  if (before === null) return 'only in the second model';
  if (after === null) return 'only in the first model';
  if (identical === null) return reason === undefined ? 'not compared' : `not compared: ${reason}`;
  return identical ? 'the same values' : 'other values';
}
