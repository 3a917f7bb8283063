import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatShape, UNKNOWN } from '../../src/protocol/numbers';
import type { DimensionOptions } from '../../src/protocol/options';
import type { OpenedModel } from '../../src/protocol/page';
import type { DimensionReport, TensorReport } from '../../src/protocol/reports';
import { wantedSizes } from '../../src/protocol/usualSizes';
import { base } from '../base/theme';
import { host } from '../host';

/** Properties shown in the closed line. */
const BRIEF = 3;

/** Inputs, outputs, open dimensions and what the file says of itself. Events: `dimensions` (DimensionOptions), `open`. */
@customElement('caliper-signature')
export class Signature extends LitElement {
  @property({ attribute: false }) report: OpenedModel['report'] | null = null;
  @property({ attribute: false }) dimensions: DimensionOptions = { dims: {}, shapes: {} };
  @property({ type: Boolean }) expanded = false;
  @state() private invalid = '';

  static override readonly styles = [
    base,
    css`
      summary {
        align-items: center;
        cursor: pointer;
        display: flex;
        gap: 4px 14px;
        list-style: none;
        min-height: 28px;
        padding: 2px 16px 2px 32px;
        flex-wrap: wrap;
        position: relative;
      }
      /* Not in the row: what is too long for it goes below, and would leave it alone. */
      summary::before {
        border: solid currentcolor;
        border-width: 0 1.5px 1.5px 0;
        content: '';
        height: 6px;
        left: 16px;
        position: absolute;
        top: 12px;
        transform: rotate(-45deg);
        width: 6px;
      }
      details[open] summary::before {
        transform: translateY(-2px) rotate(45deg);
      }
      summary:hover {
        background: var(--hover);
      }
      .areas {
        display: grid;
        gap: 12px 32px;
        grid-template-columns: repeat(auto-fit, minmax(260px, 1fr));
        max-height: 40vh;
        overflow: auto;
        padding: 6px 16px 12px 30px;
      }
      h3 {
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
        margin-bottom: 4px;
      }
      li {
        align-items: baseline;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 10px;
        line-height: 22px;
        min-width: 0;
      }
      li .mono:first-child {
        max-width: 100%;
      }
      .choice {
        background: none;
        border: 1px solid var(--line);
        border-radius: 10px;
        color: var(--vscode-foreground);
        cursor: pointer;
        font: inherit;
        font-size: var(--small);
        line-height: 16px;
        padding: 0 7px;
      }
      .choice:hover {
        background: var(--vscode-toolbar-hoverBackground);
      }
      .choice[aria-pressed='true'] {
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, var(--focus));
      }
      .sizes {
        gap: 2px 5px;
      }
      input.value {
        width: 76px;
      }
      input.shape {
        font-family: var(--mono);
        font-size: 12px;
        width: 150px;
      }
      dl {
        display: grid;
        gap: 2px 12px;
        grid-template-columns: minmax(60px, max-content) 1fr;
      }
      dd {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .error {
        color: var(--vscode-errorForeground);
        font-size: var(--small);
      }
    `,
  ];

  override render() {
    const report = this.report;
    if (report === null) return nothing;
    const dims = Object.entries(report.dims);
    const assumed = dims.some(([, dim]) => dim.assumed) || report.assumedInputs.length > 0;
    return html`<details ?open=${this.expanded} @toggle=${this.onToggle}>
      <summary aria-label="Inputs, outputs and properties">
        <span>
          ${report.inputs.slice(0, 2).map(
            (input, place) => html`${place > 0 ? ', ' : ''}<span class="mono">${input.name}</span>
              <span class="muted mono">${formatShape(input.shape)}</span>`,
          )}
          ${report.inputs.length > 2 ? html`<span class="muted">and ${report.inputs.length - 2} more</span>` : nothing}
          <span class="muted">→</span>
          ${report.outputs.slice(0, 2).map(
            (output, place) => html`${place > 0 ? ', ' : ''}<span class="mono">${output.name}</span>
              <span class="muted mono">${formatShape(output.shape)}</span>`,
          )}
          ${report.outputs.length > 2 ? html`<span class="muted">and ${report.outputs.length - 2} more</span>` : nothing}
        </span>
        ${assumed ? html`<span class="assumed" title="Open dimensions without a value were assumed 1">dimensions assumed</span>` : nothing}
        <span class="muted small">${report.properties
          .slice(0, BRIEF)
          .map(({ name, value }) => `${name} ${value}`)
          .join(' · ')}</span>
      </summary>
      <div class="areas">
        <section>
          <h3>Inputs</h3>
          <ul>${report.inputs.map((input) => this.renderInput(input))}</ul>
        </section>
        <section>
          <h3>Outputs</h3>
          <ul>${report.outputs.map((output) => html`<li>${this.renderTensor(output)}</li>`)}</ul>
        </section>
        ${
          dims.length > 0
            ? html`<section>
                <h3>Open dimensions</h3>
                <ul>
                  ${dims.map(([name, dimension]) => this.renderDimension(name, dimension))}
                </ul>
                ${this.invalid ? html`<p class="error" role="alert">${this.invalid}</p>` : nothing}
              </section>`
            : nothing
        }
        <section>
          <h3>Properties</h3>
          <dl>
            ${[...report.properties, ...report.metadata].map(
              ({ name, value }) =>
                html`<dt class="muted ellipsis" title=${name}>${name}</dt><dd>${value}</dd>`,
            )}
          </dl>
        </section>
      </div>
    </details>`;
  }

  private renderTensor(tensor: TensorReport) {
    const declared = tensor.declaredShape === null ? null : formatShape(tensor.declaredShape);
    const shape = formatShape(tensor.shape);
    return html`<span class="mono ellipsis" title=${tensor.name}>${tensor.name}</span>
      <span class="muted">${tensor.type ?? UNKNOWN}</span>
      <span class="mono" title=${declared === null ? 'The file declares no shape' : `Declared ${declared}`}>${shape}</span>`;
  }

  private renderInput(input: TensorReport) {
    const unnamed = input.declaredShape?.includes(null) ?? true;
    if (!unnamed || host.alone)
      return html`<li>${this.renderTensor(input)}</li>${host.alone ? nothing : this.renderSizes(input)}`;
    const assumed = this.report?.assumedInputs.includes(input.name) ?? false;
    return html`<li>
      ${this.renderTensor(input)}
      <input
        class="shape"
        type="text"
        aria-label=${`Shape of ${input.name}`}
        placeholder=${(input.shape ?? []).map((size) => size ?? '?').join(',')}
        title="Give the whole shape: dimensions with commas between them"
        .value=${this.shapeOf(input.name)}
        @change=${(event: Event) => this.setShape(input.name, (event.target as HTMLInputElement).value)}
      />
      ${assumed ? html`<span class="assumed">assumed</span>` : nothing}
    </li>${this.renderSizes(input)}`;
  }

  /** Asks for what the file leaves open, with the usual sizes to click. */
  private renderSizes(input: TensorReport) {
    const { dims = {}, assumedInputs = [] } = this.report ?? {};
    const wanted = wantedSizes(input, dims, assumedInputs, this.dimensions);
    if (wanted === null || (wanted.choices.length === 0 && !wanted.assumed)) return nothing;
    return html`<li class="sizes" role="group" aria-label=${`Usual sizes of ${input.name}`}>
      <span class=${wanted.assumed ? 'mark' : 'muted'}>${wanted.assumed ? `Give ${wanted.what}` : wanted.what}${wanted.choices.length > 0 ? ':' : '.'}</span>
      ${wanted.choices.map(
        ({ label, dimensions, chosen }) => html`<button
          class="choice"
          aria-pressed=${String(chosen)}
          @click=${() => this.change(dimensions)}
        >${label}</button>`,
      )}
    </li>`;
  }

  /** The shape that somebody gave an input. */
  private shapeOf(name: string): string {
    const { shapes } = this.dimensions;
    return (Object.hasOwn(shapes, name) ? shapes[name] : undefined)?.join(',') ?? '';
  }

  private renderDimension(name: string, { value, assumed, byDefault }: DimensionReport) {
    if (host.alone)
      return html`<li><span class="mono">${name}</span> <span class="mono">${value}</span></li>`;
    return html`<li>
      <label class="mono" for=${`dim-${name}`}>${name}</label>
      <input
        id=${`dim-${name}`}
        class="value"
        type="number"
        min="0"
        step="1"
        .value=${String(value)}
        @change=${(event: Event) => this.setDimension(name, (event.target as HTMLInputElement).value)}
      />
      ${
        assumed
          ? html`<span class="assumed" title="The file leaves it open; nobody gave it a value, so it is 1">assumed</span>`
          : byDefault
            ? html`<span class="muted small" title="Nobody gave it a value, so it has the model's own">default</span>`
            : html`<button class="link small" @click=${() => this.setDimension(name, '')}>Reset</button>`
      }
    </li>`;
  }

  private setDimension(name: string, text: string): void {
    const { [name]: _, ...others } = this.dimensions.dims;
    const value = Number(text);
    if (text !== '' && !(Number.isSafeInteger(value) && value >= 0)) {
      this.invalid = `${name} must be a whole number.`;
      return;
    }
    this.invalid = '';
    this.change({ ...this.dimensions, dims: text === '' ? others : { ...others, [name]: value } });
  }

  private setShape(name: string, text: string): void {
    const { [name]: _, ...others } = this.dimensions.shapes;
    const shape = text.split(/[,×x\s]+/).filter((part) => part !== '');
    const values = shape.map(Number);
    if (!values.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      this.invalid = `The shape of ${name} must be whole numbers with commas between them.`;
      return;
    }
    this.invalid = '';
    this.change({ ...this.dimensions, shapes: values.length === 0 ? others : { ...others, [name]: values } });
  }

  private change(dimensions: DimensionOptions): void {
    this.dispatchEvent(new CustomEvent('dimensions', { detail: dimensions }));
  }

  private onToggle(event: ToggleEvent): void {
    this.dispatchEvent(new CustomEvent('open', { detail: event.newState === 'open' }));
  }
}
