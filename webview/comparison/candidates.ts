import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { worstText } from '../../src/protocol/accuracies';
import {
  formatBytes,
  formatDb,
  formatInteger,
  formatMs,
  formatPercent,
  formatRatio,
  UNKNOWN,
} from '../../src/protocol/numbers';
import {
  type AccuracyMeasure,
  type CandidateReport,
  CLEANED,
  choose,
  FLOAT,
  headlineOf,
  limitText,
  lossText,
  type SearchReport,
} from '../../src/protocol/search';
import { base } from '../base/theme';
import { host } from '../host';
import { AXES } from './front';
import { measuresOf } from './frontPoints';
import './sensitive';
import '@vscode-elements/elements/dist/vscode-button/index.js';

/** What is asked of the candidates' files. */
export type CandidateWish =
  | { kind: 'save' | 'continue' | 'show'; id: string }
  /** null: the two models of the comparison. */
  | { kind: 'board'; id: string | null }
  | { kind: 'compare'; before: string; after: string };

/**
 * The candidates of a search: the picture, what the selected one keeps in float and why, and all as a table. The limit
 * can be changed, which chooses anew among them. Event: `wish` (CandidateWish).
 */
@customElement('caliper-candidates')
export class Candidates extends LitElement {
  @property({ attribute: false }) search: SearchReport | null = null;
  /** Their files are there. */
  @property({ type: Boolean }) kept = false;
  /** Why nothing is run here; null: it is. */
  @property({ attribute: false }) cannotRun: string | null = null;
  /** Something runs already. */
  @property({ type: Boolean }) busy = false;
  /** null: the one of the search. */
  @state() private maxLoss: number | null = null;
  @state() private selected: string | null = null;
  /** What the picture shows; null: what the limit is about. */
  @state() private measure: AccuracyMeasure | null = null;
  @state() private other: string = FLOAT;

  static override readonly styles = [
    base,
    css`
      :host {
        border-top: 1px solid var(--faint-line);
        display: block;
        padding: 10px 16px;
      }
      .sides {
        display: grid;
        gap: 8px 32px;
        grid-template-columns: minmax(340px, 7fr) minmax(280px, 5fr);
      }
      h2 {
        font-size: 13px;
        font-weight: 600;
        margin: 0 0 2px;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin: 0 0 6px;
      }
      .limit {
        align-items: baseline;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        margin-bottom: 6px;
      }
      .limit input {
        width: 70px;
      }
      dl {
        display: grid;
        gap: 2px 12px;
        grid-template-columns: auto 1fr;
        margin: 0 0 8px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        margin: 0;
      }
      .buttons {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 6px 8px;
        margin: 8px 0;
      }
      .scroll {
        max-height: 190px;
        overflow: auto;
      }
      table {
        border-collapse: collapse;
        width: 100%;
      }
      th,
      td {
        border-bottom: 1px solid var(--faint-line);
        font-weight: inherit;
        padding: 2px 8px 2px 0;
        text-align: start;
        vertical-align: top;
      }
      thead th {
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
      }
      td.number,
      th.number {
        text-align: end;
        white-space: nowrap;
      }
      td.name {
        overflow-wrap: anywhere;
      }
      tr.selected > * {
        background: var(--vscode-list-inactiveSelectionBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      summary {
        cursor: pointer;
      }
      @media (max-width: 760px) {
        .sides {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  override render() {
    const { search } = this;
    if (search === null) return nothing;
    const { candidates, measure } = search;
    const maxLoss = this.maxLoss ?? search.maxLoss;
    const chosen = maxLoss === search.maxLoss ? search.chosen : choose(candidates, maxLoss, measure);
    const selected = candidates.find(({ id }) => id === (this.selected ?? chosen));
    return html`
      <h2>${candidates.length - 2} candidates between int8 and float</h2>
      <div class="limit">
        <label for="limit">At most</label>
        <input
          id="limit"
          type="number"
          min="0"
          max="100"
          step="0.1"
          ?disabled=${measure === 'SQNR'}
          .value=${String(maxLoss)}
          @change=${(event: Event) => this.setLimit(event)}
        />
        <span class="muted">${measure === 'SQNR' ? `(${limitText(maxLoss, measure)})` : limitText(maxLoss, measure).replace(/^\S+ /, '')}</span>
        <span role="status">${
          maxLoss === search.maxLoss ? search.headline : headlineOf(candidates, chosen, maxLoss, measure)
        }</span>
      </div>
      ${search.notes.map((note) => html`<p class="small muted">${note}</p>`)}
      ${search.remembered ? html`<p class="small muted">An earlier search on this computer found these; nothing was run again.</p>` : nothing}
      <div class="sides">
        <div>
          ${this.renderMeasures(search)}
          <caliper-front
          .search=${search}
          .measure=${this.measure}
          .maxLoss=${maxLoss}
          .chosen=${chosen}
          .selected=${selected?.id ?? ''}
          @choose=${(event: CustomEvent<string>) => this.select(event.detail)}
        ></caliper-front></div>
        ${selected === undefined ? nothing : this.renderSelected(search, selected, chosen)}
      </div>
      <caliper-sensitive .layers=${search.sensitivity ?? []}></caliper-sensitive>
      <details>
        <summary>All candidates as a table</summary>
        ${this.renderTable(search, selected?.id ?? '', chosen)}
      </details>
    `;
  }

  /** Where all are as good by one figure, another one tells them apart. */
  private renderMeasures(search: SearchReport) {
    const measures = measuresOf(search);
    if (measures.length < 2) return nothing;
    return html`<label class="small muted">
      Shown by
      <select
        @change=${(event: Event) => {
          this.measure = (event.target as HTMLSelectElement).value as AccuracyMeasure;
        }}
      >
        ${measures.map((one) => html`<option value=${one} ?selected=${one === (this.measure ?? search.measure)}>${AXES[one]}</option>`)}
      </select>
    </label>`;
  }

  private renderSelected(search: SearchReport, one: CandidateReport, chosen: string) {
    const { id, label, bytes, latencyMs, speedupOverCleaned, accuracy, int8Layers, kept } = one;
    const speed = speedupOverCleaned;
    const made = id !== FLOAT && id !== CLEANED;
    const others = search.candidates.filter((candidate) => candidate.id !== id);
    const other = others.some((candidate) => candidate.id === this.other)
      ? this.other
      : (others[0]?.id ?? '');
    return html`<section aria-label=${`Candidate ${label}`}>
      <h3>${label}${id === chosen ? html` <span class="muted">fastest within the limit</span>` : nothing}</h3>
      <dl>
        <dt>Latency</dt>
        <dd>
          ${latencyMs === null ? 'not timed' : html`${formatMs(latencyMs.median)} <span class="muted">${latencyMs.ci95[0].toPrecision(3)}–${formatMs(latencyMs.ci95[1])}</span>`}
        </dd>
        ${
          speed === null
            ? nothing
            : html`<dt>Over cleaned float</dt>
              <dd>${formatRatio(speed.ratio)} <span class="muted">${speed.ci95[0].toFixed(2)}–${speed.ci95[1].toFixed(2)}, ${speed.verdict}</span></dd>`
        }
        <dt>Size</dt>
        <dd>${formatBytes(bytes)}</dd>
        ${
          accuracy?.top1 === undefined
            ? nothing
            : html`<dt>Top-1</dt><dd>${formatPercent(accuracy.top1.after)} <span class="muted">of ${formatPercent(accuracy.top1.before)}</span></dd>`
        }
        ${
          accuracy === null || accuracy.top1Agreement === null
            ? nothing
            : html`<dt>Agreement</dt><dd>${formatPercent(accuracy.top1Agreement)}</dd>`
        }
        ${
          accuracy === null
            ? nothing
            : html`<dt>SQNR</dt><dd>${accuracy.identical ? 'identical outputs' : decibels(one)}</dd>`
        }
        ${made ? html`<dt>In int8</dt><dd>${formatInteger(int8Layers)} layers</dd>` : nothing}
      </dl>
      ${host.alone ? nothing : this.kept ? this.renderButtons(one, others, other) : html`<p class="small muted">The files of these candidates are gone: search again to save one.</p>`}
      ${
        kept.length === 0
          ? html`<p class="muted">${made ? 'No layer that could be in int8 is in float.' : 'Everything is in float.'}</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Layers in float">
              <table>
                <thead>
                  <tr><th scope="col">In float</th><th scope="col">Operator</th><th scope="col">Why</th></tr>
                </thead>
                <tbody>
                  ${kept.map(
                    (layer) =>
                      html`<tr><td class="name">${layer.name}</td><td>${layer.op}</td><td>${layer.reason}</td></tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  }

  private renderButtons(one: CandidateReport, others: readonly CandidateReport[], other: string) {
    const { id } = one;
    const made = id !== FLOAT && id !== CLEANED;
    return html`<div class="buttons">
        ${
          id === FLOAT
            ? nothing
            : html`<vscode-button ?disabled=${this.busy} @click=${() => this.wish({ kind: 'save', id })}>Save…</vscode-button>`
        }
        <vscode-button secondary ?disabled=${this.busy} @click=${() => this.wish({ kind: 'board', id })}>Add to Board</vscode-button>
        ${
          made && !one.stored && this.cannotRun === null
            ? html`<vscode-button secondary ?disabled=${this.busy} @click=${() => this.wish({ kind: 'continue', id })}>Search On From Here</vscode-button>`
            : nothing
        }
      </div>
      <div class="buttons">
        <vscode-button secondary @click=${() => this.wish({ kind: 'compare', before: other, after: id })}>Compare</vscode-button>
        <label for="other">with</label>
        <select
          id="other"
          @change=${(event: Event) => {
            this.other = (event.target as HTMLSelectElement).value;
          }}
        >
          ${others.map((candidate) => html`<option value=${candidate.id} ?selected=${candidate.id === other}>${candidate.label}</option>`)}
        </select>
      </div>`;
  }

  private renderTable({ candidates }: SearchReport, selected: string, chosen: string) {
    return html`<table class="all">
      <thead>
        <tr>
          <th scope="col">Candidate</th>
          <th scope="col" class="number">Latency</th>
          <th scope="col" class="number">Over cleaned float</th>
          <th scope="col" class="number">Size</th>
          <th scope="col" class="number">In float</th>
          <th scope="col">Lost</th>
        </tr>
      </thead>
      <tbody>
        ${candidates.map(
          (one) => html`<tr class=${one.id === selected ? 'selected' : ''}>
            <th scope="row">
              <button class="link" aria-pressed=${one.id === selected ? 'true' : 'false'} @click=${() => this.select(one.id)}>${one.label}</button>
              ${one.id === chosen ? html`<span class="muted">chosen</span>` : nothing}
            </th>
            <td class="number">${one.latencyMs === null ? UNKNOWN : formatMs(one.latencyMs.median)}</td>
            <td class="number">${one.speedupOverCleaned === null ? UNKNOWN : formatRatio(one.speedupOverCleaned.ratio)}</td>
            <td class="number">${formatBytes(one.bytes)}</td>
            <td class="number">${one.int8Layers === 0 ? 'all' : formatInteger(one.kept.length)}</td>
            <td>${lossText(one)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private setLimit(event: Event): void {
    const value = (event.target as HTMLInputElement).valueAsNumber;
    if (!(value >= 0 && value <= 100)) return;
    this.maxLoss = value;
    this.selected = null;
  }

  private select(id: string): void {
    this.selected = id;
    this.wish({ kind: 'show', id });
  }

  private wish(detail: CandidateWish): void {
    this.dispatchEvent(new CustomEvent('wish', { detail }));
  }
}

/** At the outputs, and before what decides by their scores where that is another figure. */
function decibels({ accuracy, scoreDb }: CandidateReport): string {
  const own = accuracy?.sqnrDb ?? null;
  const worst = accuracy?.worstOutput === undefined ? '' : ` (${worstText(accuracy.worstOutput)})`;
  const text = `${formatDb(own)}${worst}`;
  if (scoreDb === null || own === null || Math.abs(scoreDb - own) < 0.05) return text;
  return `${text}, ${scoreDb.toFixed(1)} dB before the outputs are decided by`;
}
