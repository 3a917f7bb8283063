import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import {
  formatBytes,
  formatInteger,
  formatMs,
  formatPercent,
  formatShape,
  UNKNOWN,
} from '../../src/protocol/numbers';
import type { LayerDetails } from '../../src/protocol/page';
import { hasShares, markReason } from '../../src/protocol/profileMarks';
import type { ProfileReport, TensorReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { copyText } from '../base/copied';
import { nameStyles, wholeName } from '../base/names';
import { panelStyles } from '../base/panel';
import { base } from '../base/theme';
import { type HostError, host } from '../host';
import { rowMark } from './columns';
import { detailsStyles } from './detailsStyles';
import type { TableRow } from './rows';
import './weights';
import '../base/notice';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** Consumers listed one by one; a tensor can have thousands. */
const CONSUMERS = 8;

/** All about one layer. Events: `show` (row index), `close`. */
@customElement('caliper-details')
export class Details extends LitElement {
  @property({ attribute: false }) row: TableRow | null = null;
  @property({ attribute: false }) details: LayerDetails | null = null;
  @property({ attribute: false }) error: HostError | null = null;
  /** Names of the rows, for links. */
  @property({ attribute: false }) nameOf: (index: number) => string = () => '';
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @property({ attribute: false }) profile: ProfileReport | null = null;

  static override readonly styles = [base, nameStyles, panelStyles, detailsStyles];

  override render() {
    const row = this.row;
    if (row === null) return nothing;
    return html`
      <header>
        <div>
          <h2>${row.name}</h2>
          <span class="muted">${row.op}${row.added ? ', added by the engine' : ''}</span>
        </div>
        <button class="tool" aria-label="Copy the name" title="Copy the name" @click=${() => this.copy(row.name)}>
          <vscode-icon name="copy"></vscode-icon>
        </button>
        ${
          row.added || host.alone
            ? nothing
            : html`<button
                class="tool"
                aria-label="Show in the text"
                title="Show in the model’s text"
                @click=${() => this.showText(row.index)}
              >
                <vscode-icon name="go-to-file"></vscode-icon>
              </button>`
        }
        ${
          this.details === null
            ? nothing
            : html`<button
                class="tool"
                aria-label="Copy the details as JSON"
                title="Copy the details as JSON"
                @click=${() => this.copy(JSON.stringify(this.details, null, 2))}
              >
                <vscode-icon name="json"></vscode-icon>
              </button>`
        }
        <button class="tool" aria-label="Close details" title="Close details (Escape)" @click=${this.close}>
          <vscode-icon name="close"></vscode-icon>
        </button>
      </header>
      <div class="body">${this.renderFigures(row)} ${keyed(row.index, this.renderDetails())}</div>
    `;
  }

  private renderFigures(row: TableRow) {
    const facts: [string, string | TemplateResult][] = row.added
      ? []
      : [
          ['Parameters', `${formatInteger(row.parameters)}${row.shared ? ', shared' : ''}`],
          ['Weights', formatBytes(row.parameterBytes)],
          ['Activations', formatBytes(row.activationBytes)],
          ['MACs', formatInteger(row.macs)],
        ];
    if (!row.added && row.macs === 0) facts.push(['Element operations', formatInteger(row.elementOps)]);
    if (row.latency !== undefined) {
      const { medianMs, share, fusedInto } = row.latency;
      const part =
        share !== null && this.profile !== null && hasShares(this.profile)
          ? ` (${formatPercent(share)})`
          : '';
      const text = medianMs === null ? (fusedInto ?? UNKNOWN) : `${formatMs(medianMs)}${part}`;
      facts.push(['Latency', row.fusedRow === null ? text : html`in ${this.renderLink(row.fusedRow)}`]);
    }
    const mark = this.profile === null ? undefined : rowMark(row, this.profile);
    return html`<section>
      <dl class="facts">
        ${facts.map(([name, value]) => html`<dt class="muted">${name}</dt><dd title=${value === UNKNOWN ? 'Unknown' : nothing}>${value}</dd>`)}
      </dl>
      ${
        mark === undefined
          ? nothing
          : html`<p class="small mark">${markReason(mark, this.profile?.profileFactor ?? null)}</p>`
      }
    </section>`;
  }

  private renderDetails() {
    if (this.error) {
      return html`<caliper-notice kind="error">
        ${this.error.message}
        ${
          this.error.canShowLog
            ? html`<button slot="actions" class="link" @click=${() => host.request('showLog')}>Show log</button>`
            : nothing
        }
      </caliper-notice>`;
    }
    const details = this.details;
    if (details === null)
      return this.row?.added ? nothing : html`<p class="muted" role="status">Reading…</p>`;
    return html`
      ${details.problems.map((problem) => html`<caliper-notice kind="warning">${problem.message}</caliper-notice>`)}
      ${details.description ? html`<section><p>${details.description}</p></section>` : nothing}
      ${
        details.attributes.length > 0
          ? html`<section>
              <h3>Attributes</h3>
              <dl class="facts">
                ${details.attributes.map(
                  ({ name, value }) =>
                    html`<dt class="muted ellipsis" title=${name}>${name}</dt><dd class="mono value">${value}</dd>`,
                )}
              </dl>
            </section>`
          : nothing
      }
      <section>
        <h3>Inputs</h3>
        ${details.inputs.map(
          (input) => html`<div class="tensor">
            ${this.renderTensor(input, null)}
            <div class="links small">
              ${
                input.constant
                  ? html`<span class="muted">constant</span>`
                  : input.producer === null
                    ? html`<span class="muted">input of the graph</span>`
                    : html`<span class="muted">from</span>${this.renderLink(input.producer)}`
              }
            </div>
          </div>`,
        )}
        ${details.inputs.length === 0 ? html`<p class="muted">none</p>` : nothing}
      </section>
      <section>
        <h3>Outputs</h3>
        ${details.outputs.map(
          (output) => html`<div class="tensor">
            ${this.renderTensor(output, output.bytes)}
            <div class="links small">
              <span class="muted">${output.consumers.length === 0 ? 'not used by another layer' : 'to'}</span>
              ${output.consumers.slice(0, CONSUMERS).map((consumer) => this.renderLink(consumer))}
              ${
                output.consumers.length > CONSUMERS
                  ? html`<span class="muted">and ${output.consumers.length - CONSUMERS} more</span>`
                  : nothing
              }
            </div>
          </div>`,
        )}
      </section>
      ${
        details.weights.length > 0
          ? html`<section>
              <h3>Weights</h3>
              ${details.weights.map(
                (weight) => html`<caliper-weight .row=${details.row} .weight=${weight}></caliper-weight>`,
              )}
            </section>`
          : nothing
      }
    `;
  }

  private renderTensor(
    tensor: LayerDetails['inputs'][number] | LayerDetails['outputs'][number],
    bytes: number | null,
  ) {
    return html`<div>
      <span class="mono ellipsis" title=${tensor.name}>${tensor.name === '' ? '(left out)' : tensor.name}</span>
      <span class="muted small">
        ${tensor.type ?? 'type unknown'}
        <span class="mono">${tensor.shape === null ? 'shape unknown' : formatShape(tensor.shape)}</span>
        ${bytes === null ? nothing : html` · ${formatBytes(bytes)}`}
        ${tensor.quantization === undefined ? nothing : html` · ${quantizationText(tensor.quantization)}`}
      </span>
    </div>`;
  }

  private renderLink(index: number) {
    const name = this.nameOf(index);
    return html`<button class="link" aria-label=${name} title=${`Show ${name}`} @click=${() => this.show(index)}>
      ${wholeName(this.names.parts(name))}
    </button>`;
  }

  private show(index: number): void {
    this.dispatchEvent(new CustomEvent('show', { detail: index }));
  }

  private showText(row: number): void {
    void host.request('revealText', { row });
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }

  private copy(text: string): void {
    void copyText(text);
  }
}

/** What the numbers of a tensor stand for, in a few words. */
function quantizationText({
  scales,
  scale,
  zeroPoint,
  axis,
  blockSize,
}: NonNullable<TensorReport['quantization']>): string {
  if (scale !== null) return `scale ${Number(scale.toPrecision(6))}, zero point ${zeroPoint ?? 0}`;
  const count = scales === null ? 'scales' : `${scales} scales`;
  if (blockSize !== null) return `${count} for blocks of ${blockSize}`;
  return axis === null ? count : `${count} along axis ${axis}`;
}
