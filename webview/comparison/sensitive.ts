import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDb, formatPercent } from '../../src/protocol/numbers';
import type { SensitiveLayer } from '../../src/protocol/search';
import { base } from '../base/theme';

/** The layers that lose most in int8, each alone, and why. */
@customElement('caliper-sensitive')
export class Sensitive extends LitElement {
  @property({ attribute: false }) layers: readonly SensitiveLayer[] = [];

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
      }
      details {
        margin-bottom: 8px;
      }
      summary {
        cursor: pointer;
      }
      table {
        border-collapse: collapse;
        margin-top: 4px;
        width: 100%;
      }
      th,
      td {
        border-bottom: 1px solid var(--faint-line);
        font-weight: inherit;
        padding: 2px 12px 2px 0;
        text-align: start;
        vertical-align: top;
      }
      thead th {
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
      }
      .number {
        text-align: end;
        white-space: nowrap;
      }
      .name {
        overflow-wrap: anywhere;
      }
    `,
  ];

  override render() {
    if (this.layers.length === 0) return nothing;
    return html`<details open>
      <summary>Layers that lose most in int8</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Operator</th>
            <th scope="col" class="number">Alone in int8</th>
            <th scope="col" class="number">Of the error</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          ${this.layers.map(
            ({ name, op, sqnrDb, share, cause }) => html`<tr>
              <th scope="row" class="name">${name}</th>
              <td>${op}</td>
              <td class="number">${formatDb(sqnrDb)}</td>
              <td class="number">${formatPercent(share)}</td>
              <td>${cause ?? html`<span class="muted">nothing special: it rounds as others do</span>`}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
  }
}
