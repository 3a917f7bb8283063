import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { ENGINES_DIFFER, lowerings, peakLine, roleText } from '../../src/protocol/memoryWords';
import { formatBytes } from '../../src/protocol/numbers';
import type { OpenedModel } from '../../src/protocol/page';
import type { MemoryReport, PeakTensor } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { base } from '../base/theme';
import { type HostError, host, toHostError } from '../host';
import './memoryChart';

/** Tensors of the peak that are listed; the others hold little of it. */
const LISTED = 4;

/** What lives while the layers run: the curve, what makes its peak, what would lower it. Event `choose` (id of a row). */
@customElement('caliper-memory')
export class Memory extends LitElement {
  /** As it was opened last: with other sizes everything is asked again. */
  @property({ attribute: false }) model: OpenedModel | null = null;
  /** Id of the selected row. */
  @property({ attribute: false }) selected: string | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @state() private memory: MemoryReport | null = null;
  @state() private error: HostError | null = null;
  @state() private hovered: number | null = null;
  @state() private showsArena = false;
  @query('caliper-memory-chart') private readonly chart!: HTMLElement;

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
        display: flex;
        gap: 12px;
        min-height: 24px;
        align-items: center;
      }
      .readout span {
        flex: 1;
        min-width: 0;
      }
      button[aria-pressed='true'] {
        background: var(--vscode-inputOption-activeBackground, var(--vscode-toolbar-activeBackground));
        border-color: var(--vscode-inputOption-activeBorder, transparent);
      }
      .parts {
        display: flex;
        flex: 1;
        gap: 16px;
        min-height: 0;
      }
      caliper-memory-chart {
        flex: 1;
        min-height: 60px;
        min-width: 0;
      }
      .side {
        flex: 0 1 340px;
        font-size: var(--small);
        overflow: auto;
      }
      h3 {
        color: var(--muted);
        margin-bottom: 2px;
      }
      ul + h3 {
        margin-top: 8px;
      }
      li {
        margin-bottom: 3px;
      }
      li .row {
        display: flex;
        gap: 8px;
        justify-content: space-between;
      }
      li button {
        min-width: 0;
      }
      .differ {
        margin-top: 8px;
      }
      .amount {
        white-space: nowrap;
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

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('model') && this.model !== null) void this.load(this.model);
  }

  private async load(model: OpenedModel): Promise<void> {
    try {
      const memory = await host.request('memory');
      if (model !== this.model) return;
      this.memory = memory;
      this.error = null;
    } catch (error) {
      if (model === this.model) this.error = toHostError(error);
    }
    this.hovered = null;
  }

  override focus(): void {
    this.chart.focus();
  }

  override render() {
    const { memory, error } = this;
    if (error !== null) return html`<p class="mark" role="alert">${error.message}</p>`;
    if (memory === null) return html`<p class="muted" role="status">Following the memory…</p>`;
    const arena = memory.arena ?? null;
    return html`
      <div class="readout">
        <span class="ellipsis" title=${this.readout(memory)}>${this.readout(memory)}</span>
        ${
          arena === null
            ? nothing
            : html`<button
                class="tool"
                aria-pressed=${String(this.showsArena)}
                title="Where each tensor lies in the block that the engine plans ahead; what is empty is a gap"
                @click=${() => {
                  this.showsArena = !this.showsArena;
                }}
              >
                Places in the arena
              </button>`
        }
      </div>
      <div class="parts">
        <caliper-memory-chart
          .memory=${memory}
          .names=${this.names}
          .selected=${this.selectedStep}
          .arena=${this.showsArena ? arena : null}
          @hover=${(event: CustomEvent<number | null>) => {
            this.hovered = event.detail;
          }}
          @choose=${(event: CustomEvent<number>) => this.chooseStep(event)}
        ></caliper-memory-chart>
        <div class="side">
          <h3>At the peak</h3>
          <ul>
            ${memory.peakTensors.slice(0, LISTED).map((tensor) => this.tensor(tensor))}
            ${
              memory.peakTensorCount > LISTED
                ? html`<li class="muted">and ${(memory.peakTensorCount - LISTED).toLocaleString('en-US')} more</li>`
                : nothing
            }
          </ul>
          ${this.lowering(memory)}
          <p class="muted differ">${ENGINES_DIFFER}</p>
        </div>
      </div>
    `;
  }

  private tensor({ name, bytes, role, madeBy, lastUsedBy }: PeakTensor) {
    const layer = madeBy ?? lastUsedBy;
    const made = madeBy === null ? 'input' : this.names.short(madeBy.name);
    const until = lastUsedBy === null ? 'output' : this.names.short(lastUsedBy.name);
    const text = `${made} → ${until}`;
    const title = `${name}: ${madeBy === null ? 'an input' : `made by ${madeBy.name}`}, last used by ${lastUsedBy?.name ?? 'nobody: an output'}`;
    return html`<li class="row">
      <div class="row">
        ${
          layer === null
            ? html`<span class="ellipsis" title=${title}>${text}</span>`
            : html`<button class="link ellipsis" title=${title} @click=${() => this.emit(layer.id)}>${text}</button>`
        }
        <span class="amount"><span class="muted">${roleText(role)}</span> ${formatBytes(bytes)}</span>
      </div>
    </li>`;
  }

  private lowering(memory: MemoryReport) {
    const sentences = lowerings(memory, (name) => this.names.short(name));
    if (sentences.length === 0) return nothing;
    return html`<h3>What would lower it</h3>
      <ul>
        ${sentences.map((sentence, place) => {
          const one = memory.lowering[place];
          return html`<li>
            ${sentence}
            ${one === undefined ? nothing : html`<button class="link" @click=${() => this.emit((one.from ?? one.to).id)}>Show</button>`}
          </li>`;
        })}
      </ul>`;
  }

  /** Of the layer under the pointer, else of the selected one, else of the peak. */
  private readout(memory: MemoryReport): string {
    const place = this.hovered ?? this.selectedStep;
    const step = place === null ? undefined : memory.steps[place];
    if (step === undefined) return peakLine(memory, (name) => this.names.short(name));
    const { name, liveBytes, addedBytes, freedBytes } = step;
    const arena =
      this.showsArena && memory.arena
        ? `, ${formatBytes(memory.arena.bytes - liveBytes)} of the arena not needed`
        : '';
    return `${this.names.short(name)}: ${formatBytes(liveBytes)} live${arena} · adds ${formatBytes(addedBytes)} · frees ${formatBytes(freedBytes)}`;
  }

  /** Of the selected row, or of the layer in whose body it is: an id begins with the index in the main graph. */
  private get selectedStep(): number | null {
    const step = Number.parseInt(this.selected ?? '', 10);
    return Number.isNaN(step) ? null : step;
  }

  private chooseStep({ detail }: CustomEvent<number>): void {
    const step = this.memory?.steps[detail];
    if (step !== undefined) this.emit(step.id);
  }

  private emit(id: string): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: id }));
  }
}
