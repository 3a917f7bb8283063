import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { formatInteger, formatPercent } from '../../src/protocol/numbers';
import {
  boundLine,
  boundMeaning,
  boundShares,
  ceilingsLine,
  type LayerRoofline,
  type RooflineReport,
} from '../../src/protocol/roofline';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type HostError, host } from '../host';
import { BOUND_COLORS, pointText } from './rooflineChart';
import { rooflinePoints } from './rooflineScale';
import './rooflineChart';

/** What layers reach of what the computer can. Events: `choose` (id of a row), `measure` (the ceilings are wanted). */
@customElement('caliper-roofline')
export class Roofline extends LitElement {
  @property({ attribute: false }) report: RooflineReport | null = null;
  @property({ attribute: false }) error: HostError | null = null;
  /** Id of the selected row. */
  @property({ attribute: false }) selected: string | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  /** The ceilings of what ran the last profile can be measured. */
  @property({ type: Boolean }) measures = false;
  /** Something is being measured. */
  @property({ type: Boolean }) busy = false;
  @state() private hovered: LayerRoofline | null = null;
  @query('caliper-roofline-chart') private readonly chart!: HTMLElement | null;

  static override readonly styles = [
    base,
    css`
      :host {
        container-type: inline-size;
        display: flex;
        flex-direction: column;
        gap: 4px;
        min-height: 0;
      }
      .readout {
        min-height: 20px;
      }
      .parts {
        display: flex;
        flex: 1;
        gap: 16px;
        min-height: 0;
      }
      caliper-roofline-chart {
        flex: 1;
        min-height: 60px;
        min-width: 0;
      }
      .side {
        flex: 0 1 300px;
        font-size: var(--small);
        overflow: auto;
      }
      .side > * {
        margin-bottom: 6px;
      }
      li {
        align-items: baseline;
        display: flex;
        gap: 6px;
      }
      li i {
        background: var(--color);
        border-radius: 2px;
        flex: none;
        height: 8px;
        width: 8px;
      }
      /* As the points are drawn. */
      li i.compute {
        border-radius: 50%;
      }
      li i.overhead {
        border-radius: 0;
        clip-path: polygon(50% 0, 100% 100%, 0 100%);
      }
      @container (max-width: 640px) {
        .parts {
          flex-direction: column;
          gap: 6px;
        }
        .side {
          flex: 0 1 auto;
          max-height: 45%;
        }
      }
    `,
  ];

  override focus(): void {
    this.chart?.focus();
  }

  override render() {
    const { report, error } = this;
    if (error !== null) return html`<p class="mark" role="alert">${error.message}</p>`;
    if (report === null)
      return html`<p class="muted" role="status">Setting the layers against the ceilings…</p>`;
    const { points, others } = rooflinePoints(report);
    if (points.length === 0)
      return html`<p class="muted" role="status">${report.unknown ?? 'No timed layer multiplies anything.'} ${this.measuring()}</p>`;
    const chosen = points.find(({ layer }) => layer.id === this.selected)?.layer;
    const read = this.hovered ?? chosen;
    const line = read === undefined ? boundLine(report) : pointText(read, this.names);
    return html`
      <div class="readout ellipsis" title=${line}>${line}</div>
      <div class="parts">
        <caliper-roofline-chart
          .report=${report}
          .names=${this.names}
          .selected=${this.selected}
          @hover=${(event: CustomEvent<LayerRoofline | null>) => {
            this.hovered = event.detail;
          }}
          @choose=${(event: CustomEvent<string>) => this.emit('choose', event.detail)}
        ></caliper-roofline-chart>
        <div class="side">
          <ul>
            ${boundShares(report).map(
              ({ bound, share, layers }) => html`<li title=${boundMeaning(bound)}>
                <i class=${bound} ${styled({ '--color': BOUND_COLORS[bound] })}></i>
                <span>${formatPercent(share)} by ${bound} <span class="muted">${formatInteger(layers)} ${layers === 1 ? 'layer' : 'layers'}</span></span>
              </li>`,
            )}
          </ul>
          <p>${report.unknown ?? nothing} ${this.measuring()}</p>
          ${report.ceilings === null ? nothing : html`<p>${ceilingsLine(report.ceilings)}</p>`}
          <p class="muted">
            Bytes moved are a lower bound: weights, inputs and outputs of a layer, each once.
            ${others > 0 ? `${formatInteger(others)} ${others === 1 ? 'layer stands in the table alone: it multiplies nothing, or too little is known of it.' : 'layers stand in the table alone: they multiply nothing, or too little is known of them.'}` : nothing}
          </p>
        </div>
      </div>
    `;
  }

  private measuring() {
    if (host.alone || !this.measures || this.report?.ceilings !== null) return nothing;
    return html`<button class="link" ?disabled=${this.busy} @click=${() => this.emit('measure', null)}>
      Measure this computer (some seconds)
    </button>`;
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
