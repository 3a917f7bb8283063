import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatInteger,
  formatPercent,
  formatShape,
  UNKNOWN,
} from '../../src/protocol/numbers';
import type { LayerDetails, TensorStatistics, WeightPrecisions } from '../../src/protocol/page';
import { base } from '../base/theme';
import { type HostError, host, toHostError } from '../host';

const HEIGHT = 56;
const WIDTH = 256;
/** Fewer zeros than this part of a tensor are no sparsity. */
const SPARSE = 0.01;

/** A weight tensor with its statistics, which are read only when this is on the page. */
@customElement('caliper-weight')
export class Weight extends LitElement {
  @property({ attribute: false }) row = 0;
  @property({ attribute: false }) weight: LayerDetails['weights'][number] | null = null;
  @state() private statistics: TensorStatistics | null = null;
  @state() private error: HostError | null = null;
  /** null: nobody asked; a text says why there are none. */
  @state() private precisions: WeightPrecisions | string | null = null;
  @state() private trying = false;

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        padding: 4px 0 10px;
      }
      .name .small {
        white-space: nowrap;
      }
      .name {
        display: flex;
        gap: 8px;
        justify-content: space-between;
      }
      svg {
        display: block;
        height: 56px;
        margin-top: 6px;
        overflow: visible;
        width: 100%;
      }
      rect {
        fill: var(--vscode-charts-blue);
        fill-opacity: 0.75;
      }
      rect.hit {
        fill: transparent;
      }
      rect.hit:hover {
        fill: var(--vscode-foreground);
        fill-opacity: 0.12;
      }
      line {
        stroke: var(--line);
        vector-effect: non-scaling-stroke;
      }
      .scale {
        display: flex;
        justify-content: space-between;
      }
      dl {
        display: grid;
        gap: 0 16px;
        grid-template-columns: repeat(auto-fit, minmax(110px, 1fr));
        margin-top: 4px;
      }
      .precisions {
        grid-template-columns: 1fr;
      }
      dl div {
        display: flex;
        gap: 8px;
        justify-content: space-between;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    if (this.weight === null || host.alone) return;
    try {
      this.statistics = await host.request('statistics', { row: this.row, tensor: this.weight.name });
    } catch (error) {
      this.error = toHostError(error);
    }
  }

  override render() {
    const weight = this.weight;
    if (weight === null) return nothing;
    return html`
      <div class="name">
        <span class="mono ellipsis" title=${weight.name}>${weight.name}</span>
        <span class="muted small">${formatBytes(weight.bytes)}</span>
      </div>
      <div class="muted small">
        ${weight.type} <span class="mono">${formatShape(weight.shape)}</span> · ${formatInteger(weight.elements)}
        ${weight.elements === 1 ? 'element' : 'elements'}${weight.shared ? ' · shared with other layers' : ''}
      </div>
      ${host.alone ? nothing : this.renderStatistics()} ${this.statistics === null ? nothing : this.renderPrecisions(weight)}
    `;
  }

  private renderPrecisions({ type, name }: LayerDetails['weights'][number]) {
    const { precisions, trying } = this;
    if (precisions === null) {
      // Integers have lost what they lose.
      if (!/float/.test(type)) return nothing;
      return html`<button class="link small" ?disabled=${trying} @click=${() => void this.tryPrecisions(name)}>
        ${trying ? 'Trying fewer bits…' : 'What would fewer bits lose?'}
      </button>`;
    }
    if (typeof precisions === 'string') return html`<p class="small" role="alert">${precisions}</p>`;
    return html`<dl class="small precisions" aria-label="SQNR of the weights in fewer bits">
      ${precisions.forms.map(
        ({ label, sqnrDb, identical }) =>
          html`<div><dt class="muted">${label}</dt><dd>${identical ? 'no loss' : formatDb(sqnrDb)}</dd></div>`,
      )}
    </dl>`;
  }

  private async tryPrecisions(tensor: string): Promise<void> {
    this.trying = true;
    try {
      this.precisions = await host.request('weightPrecisions', { row: this.row, tensor });
    } catch (error) {
      this.precisions = toHostError(error).message;
    } finally {
      this.trying = false;
    }
  }

  private renderStatistics() {
    if (this.error) return html`<p class="small" role="alert">${this.error.message}</p>`;
    const statistics = this.statistics;
    if (statistics === null) return html`<p class="muted small" role="status">Reading the weights…</p>`;
    const facts: [string, string][] = [
      ['min', decimal(statistics.min)],
      ['max', decimal(statistics.max)],
      ['mean', decimal(statistics.mean)],
      ['std', decimal(statistics.std)],
      ['zeros', zeros(statistics)],
    ];
    if (statistics.nonFinite > 0) facts.push(['not finite', formatInteger(statistics.nonFinite)]);
    return html`
      ${statistics.histogram && statistics.histogram.counts.length > 1 ? this.renderHistogram(statistics.histogram) : nothing}
      <dl class="small">
        ${facts.map(([name, value]) => html`<div><dt class="muted">${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      ${
        statistics.read < statistics.elements
          ? html`<p class="muted small">Of the first ${formatCount(statistics.read)} elements</p>`
          : nothing
      }
    `;
  }

  private renderHistogram({ from, to, counts }: NonNullable<TensorStatistics['histogram']>) {
    const highest = Math.max(...counts, 1);
    const step = WIDTH / counts.length;
    const edge = (place: number) => decimal(from + ((to - from) * place) / counts.length);
    const zero = from < 0 && to > 0 ? (WIDTH * -from) / (to - from) : null;
    return html`
      <svg
        viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label=${`Histogram from ${decimal(from)} to ${decimal(to)}`}
      >
        ${zero === null ? nothing : svg`<line x1=${zero} x2=${zero} y1="0" y2=${HEIGHT}></line>`}
        <line x1="0" x2=${WIDTH} y1=${HEIGHT} y2=${HEIGHT}></line>
        ${counts.map((count, place) => {
          const height = count === 0 ? 0 : Math.max(1, (count / highest) * HEIGHT);
          return svg`<rect x=${place * step} width=${step * 0.9} y=${HEIGHT - height} height=${height}></rect>
            <rect class="hit" x=${place * step} width=${step} y="0" height=${HEIGHT}>
              <title>${edge(place)} to ${edge(place + 1)}: ${formatInteger(count)}</title>
            </rect>`;
        })}
      </svg>
      <div class="scale muted small"><span>${decimal(from)}</span><span>${decimal(to)}</span></div>
    `;
  }
}

/** How many, and where it is much of them the sparsity. */
function zeros({ zeros: count, read }: TensorStatistics): string {
  const part = read === 0 ? 0 : count / read;
  return part < SPARSE ? formatInteger(count) : `${formatInteger(count)} (${formatPercent(part)})`;
}

function decimal(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
