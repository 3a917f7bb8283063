import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { countedRuns } from '../../src/protocol/countedRuns';
import { otherDevice } from '../../src/protocol/deviceNames';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatMs,
  formatPercent,
  formatTotal,
  UNKNOWN,
} from '../../src/protocol/numbers';
import type { OpenedModel } from '../../src/protocol/page';
import { FIT_NOTE, latencyReason, rowsReason } from '../../src/protocol/profileMarks';
import type { ProfileReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { styled } from '../base/styled';
import { base, SERIES } from '../base/theme';

/** The model's figures at a glance. Events: `peak` (id of a row), `again` (the latency is to be measured anew). */
@customElement('caliper-summary')
export class Summary extends LitElement {
  @property({ attribute: false }) report: OpenedModel['report'] | null = null;
  @property({ attribute: false }) profile: ProfileReport | null = null;
  /** Why the profile is not of what is shown and chosen now, in a sentence; null: it is. */
  @property({ attribute: false }) notOfThis: string | null = null;
  /** Something runs already, so that nothing else can be measured. */
  @property({ type: Boolean }) busy = false;
  /** Of other devices with the same sizes. */
  @property({ attribute: false }) others: readonly ProfileReport[] = [];
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  /** The model can be run, so that its latency can be measured. */
  @property({ attribute: false }) runs = true;

  static override readonly styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 1px;
        grid-template-columns: repeat(4, 1fr) 1.5fr;
        background: var(--faint-line);
        border-block: 1px solid var(--faint-line);
      }
      .card {
        background: var(--vscode-editor-background);
        min-width: 0;
        padding: 8px 16px 9px;
      }
      @media (max-width: 900px) {
        :host {
          grid-template-columns: repeat(6, 1fr);
        }
        .card {
          grid-column: span 2;
        }
        .card:nth-child(n + 4) {
          grid-column: span 3;
        }
      }
      @media (max-width: 640px) {
        .card:nth-child(n) {
          grid-column: span 3;
        }
        .card:last-child {
          grid-column: span 6;
        }
      }
      h3 {
        color: var(--muted);
        font-size: var(--small);
      }
      .value {
        font-size: 20px;
        font-weight: 600;
        letter-spacing: -0.01em;
        line-height: 26px;
      }
      .value small {
        white-space: nowrap;
        color: var(--muted);
        font-size: 12px;
        font-weight: 400;
        letter-spacing: 0;
      }
      .value.unknown {
        color: var(--muted);
        font-weight: 400;
      }
      .sub {
        color: var(--muted);
        font-size: var(--small);
        line-height: 16px;
        overflow-wrap: anywhere;
      }
      .sub.mark {
        color: var(--vscode-editorWarning-foreground);
      }
      .peak {
        display: flex;
        gap: 4px;
        /* The name gives way, not what is before it. */
        overflow-wrap: normal;
      }
      .stack {
        border-radius: 2px;
        display: flex;
        gap: 1px;
        height: 5px;
        margin: 5px 0 4px;
        overflow: hidden;
      }
      .stack i {
        background: var(--color);
        min-width: 2px;
      }
      .types {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
      }
      .types i {
        background: var(--color);
        border-radius: 2px;
        display: inline-block;
        height: 7px;
        margin-inline-end: 4px;
        width: 7px;
      }
    `,
  ];

  override render() {
    const report = this.report;
    if (report === null) return nothing;
    const { totals } = report;
    return [
      this.card(
        'File size',
        formatBytes(report.fileBytes + report.externalBytes),
        `${formatInteger(report.fileBytes + report.externalBytes)} bytes`,
        report.externalBytes > 0
          ? html`${formatBytes(report.externalBytes)} of it in files beside the model`
          : html`${formatInteger(totals.layers)} ${totals.layers === 1 ? 'layer' : 'layers'}${
              totals.nodesWithSubgraphs > totals.layers
                ? `, ${formatInteger(totals.nodesWithSubgraphs)} with those in bodies`
                : ''
            }`,
      ),
      this.card(
        'Parameters',
        formatTotal(totals.parameters, totals.knownParameters, formatCount),
        totals.parameters === null
          ? 'Unknown, because those of some layers are'
          : `${formatInteger(totals.parameters)} parameters, ${formatInteger(totals.parameterBytes)} bytes; each tensor counted once`,
        this.weights(totals),
        totals.parameterBytes === null ? nothing : html`<small>${formatBytes(totals.parameterBytes)}</small>`,
      ),
      this.card(
        'Peak activation memory',
        formatTotal(totals.peakActivationBytes, totals.knownPeakActivationBytes, formatBytes),
        totals.peakActivationBytes === null
          ? 'Unknown, because the size of some activations is'
          : `${formatInteger(totals.peakActivationBytes)} bytes live at once, weights excluded`,
        this.peak(),
        this.arena(totals),
      ),
      this.card(
        'MACs',
        formatTotal(totals.macs, totals.knownMacs, formatCount),
        totals.macs === null
          ? 'Unknown, because those of some layers are'
          : `${formatInteger(totals.macs)} multiply-accumulates of one run`,
        this.operations(totals),
      ),
      this.latency(),
    ];
  }

  private card(
    label: string,
    value: string,
    tooltip: string,
    sub: TemplateResult | typeof nothing,
    beside: TemplateResult | typeof nothing = nothing,
  ) {
    const unknown = value === UNKNOWN;
    return html`<section class="card" aria-label=${label}>
      <h3>${label}</h3>
      <div class=${unknown ? 'value unknown' : 'value'} title=${tooltip}>${unknown ? 'unknown' : value} ${beside}</div>
      <div class="sub">${sub}</div>
    </section>`;
  }

  private weights({ parameters, knownParameters, knownParameterBytes }: OpenedModel['report']['totals']) {
    if (parameters !== null) return this.types();
    return knownParameters > 0
      ? html`the part that is known, ${formatBytes(knownParameterBytes)}`
      : html`no part of them is known`;
  }

  /** A bar of the weights' bytes by element type; the type alone where there is but one. */
  private types() {
    const types = Object.entries(this.report?.bytesByType ?? {})
      .filter(([, bytes]) => bytes > 0)
      .sort((a, b) => b[1] - a[1]);
    const total = types.reduce((sum, [, bytes]) => sum + bytes, 0);
    if (types.length === 0) return html`no weights`;
    if (types.length === 1) return html`all ${types[0]?.[0]}`;
    const color = (place: number) => SERIES[place] ?? 'var(--vscode-charts-lines)';
    const titles = types.map(
      ([type, bytes]) => `${type}: ${formatBytes(bytes)}, ${formatPercent(bytes / total)}`,
    );
    return html`
      <div class="stack" role="img" aria-label=${titles.join('; ')} title=${titles.join('\n')}>
        ${types.map(
          ([, bytes], place) =>
            html`<i ${styled({ '--color': color(place), width: `${(100 * bytes) / total}%` })}></i>`,
        )}
      </div>
      <div class="types">
        ${types
          .slice(0, 3)
          .map(
            ([type, bytes], place) =>
              html`<span title=${titles[place] ?? ''}><i ${styled({ '--color': color(place) })}></i>${type} ${formatBytes(bytes)}</span>`,
          )}
        ${types.length > 3 ? html`<span title=${titles.slice(3).join('\n')}>+ ${types.length - 3}</span>` : nothing}
      </div>
    `;
  }

  private operations({ macs, knownMacs, elementOps, knownElementOps }: OpenedModel['report']['totals']) {
    if (macs === null) {
      return knownMacs > 0 ? html`the part that is known` : html`no part of them is known`;
    }
    const others = formatTotal(elementOps, knownElementOps, formatCount);
    return others === UNKNOWN ? nothing : html`${others} other element operations`;
  }

  /** What an engine takes that plans its memory ahead; beside the sum of what lives at once, which it cannot go below. */
  private arena({ arenaBytes }: OpenedModel['report']['totals']) {
    if (arenaBytes === undefined || arenaBytes === null) return nothing;
    return html`<small title="What the engine takes for activations when it plans their places ahead"
      >arena ${formatBytes(arenaBytes)}</small
    >`;
  }

  private peak() {
    const totals = this.report?.totals;
    if (!totals) return nothing;
    if (totals.peakActivationBytes === null) {
      return totals.knownPeakActivationBytes > 0
        ? html`the part that is known`
        : html`no part of it is known`;
    }
    const { peakNode: node, peakNodeId: id } = totals;
    if (node === null || id === undefined)
      return html`all activations: ${formatBytes(totals.activationBytes)}`;
    return html`<span class="peak"
      >at
      <button class="link ellipsis" title=${`Show ${node}`} @click=${() => this.emit('peak', id)}>${this.names.short(node)}</button></span
    >`;
  }

  private latency() {
    if (this.profile === null) {
      return html`<section class="card" aria-label="Latency">
        <h3>Latency</h3>
        <div class="value unknown">not measured</div>
        <div class="sub">${this.runs ? 'Profile Latency measures it' : nothing}</div>
      </section>`;
    }
    const { latencyMs, engine, cpu, threads, runs, profileFactor, inputs, notes = [] } = this.profile;
    const [low, high] = latencyMs.ci95;
    const thread = threads === 1 ? '1 thread' : `${threads} threads`;
    const marks = [latencyReason(latencyMs), rowsReason(this.profile)];
    const counted = countedRuns(latencyMs);
    const details = [
      `Median of ${runs} runs a session; 95 % interval ${formatMs(low)} to ${formatMs(high)}`,
      ...(latencyMs.p90 === null ? [] : [`90 % of the runs took at most ${formatMs(latencyMs.p90)}`]),
      ...(counted === null ? [] : [`${counted}: other programs interrupted the others`]),
      `${engine}, ${thread}, ${cpu}`,
      `Inputs: ${inputs}`,
      ...(profileFactor === null
        ? []
        : [`Sum of the profile’s rows / unprofiled median: ${profileFactor.toFixed(2)}`]),
      ...notes,
    ].join('\n');
    const other = this.notOfThis;
    const marked = marks.some((mark) => mark !== '');
    const device = otherDevice(this.profile) ?? (this.others.length > 0 ? 'this computer' : null);
    return html`<section class="card" aria-label="Latency" title=${details}>
      <h3>Latency</h3>
      <div class=${other === null ? 'value' : 'value unknown'}>
        ${formatMs(latencyMs.median)}
        <small>± ${formatMs((high - low) / 2)}</small>
      </div>
      ${other === null ? nothing : html`<div class="sub mark">${other}</div>`}
      ${device === null ? nothing : html`<div class="sub device">on ${device}</div>`}
      <div class="sub">${latencyMs.p90 === null ? '' : `p90 ${formatMs(latencyMs.p90)} · `}${engine} · ${thread} · ${cpu}${counted === null ? '' : ` · ${counted}`}</div>
      ${this.others.map(
        (profile) =>
          html`<div class="sub device" title=${profile.engine}>${otherDevice(profile) ?? 'this computer'}: ${formatMs(profile.latencyMs.median)}
            ± ${formatMs((profile.latencyMs.ci95[1] - profile.latencyMs.ci95[0]) / 2)}</div>`,
      )}
      ${notes.map((note) => (note.startsWith(FIT_NOTE) ? nothing : html`<div class="sub">${note}</div>`))}
      ${other === null ? marks.map((mark) => mark && html`<div class="sub mark">${mark}</div>`) : nothing}
      ${
        this.runs && (marked || other !== null)
          ? html`<button class="link small" ?disabled=${this.busy} @click=${() => this.emit('again', null)}>Measure again</button>`
          : nothing
      }
    </section>`;
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
