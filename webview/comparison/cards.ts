import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { classifiedText, sqnrText } from '../../src/protocol/accuracies';
import { countedRuns } from '../../src/protocol/countedRuns';
import { type ChangeSize, comparedFigures, latencyChange, THE_SAME } from '../../src/protocol/figurePairs';
import { formatInteger, formatMs, formatPercent, formatRatio } from '../../src/protocol/numbers';
import { latencyReason } from '../../src/protocol/profileMarks';
import type { Accuracy, Comparison, Latency } from '../../src/protocol/reports';
import { styled } from '../base/styled';
import { base } from '../base/theme';

/** The figures of both models, one below the other: before, after, what changed. */
@customElement('caliper-before-after')
export class BeforeAfter extends LitElement {
  @property({ attribute: false }) comparison: Comparison | null = null;
  /** What the latencies were measured with is there no more. */
  @property({ type: Boolean }) latencyOld = false;

  static override readonly styles = [
    base,
    css`
      :host {
        container-type: inline-size;
        display: block;
        min-width: 0;
      }
      .same {
        overflow-wrap: anywhere;
        padding-top: 4px;
      }
      @container (min-width: 720px) {
        .sides {
          align-items: start;
          display: grid;
          gap: 0 28px;
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
      }
      table {
        border-collapse: collapse;
        table-layout: fixed;
        width: 100%;
      }
      thead th {
        width: 20%;
      }
      thead th:first-child {
        width: 36%;
      }
      /* A speed-up and its word. */
      thead th:last-child {
        width: 24%;
      }
      tbody th {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      th,
      td {
        border-bottom: 1px solid var(--faint-line);
        font-weight: inherit;
        height: 22px;
        padding: 0 8px;
        text-align: end;
        white-space: nowrap;
      }
      tr > :first-child {
        padding-inline-start: 0;
        text-align: start;
      }
      thead th {
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
        height: 22px;
      }
      tbody th {
        color: var(--muted);
      }
      .old {
        opacity: 0.5;
      }
      .after {
        font-weight: 600;
      }
      .interval {
        color: var(--muted);
        display: block;
        font-size: var(--small);
        font-weight: 400;
        line-height: 13px;
        padding-bottom: 3px;
      }
      .change {
        min-width: 90px;
        position: relative;
      }
      .change i {
        background: var(--muted);
        border-radius: 1px;
        bottom: 2px;
        height: 3px;
        inset-inline: 8px;
        position: absolute;
        transform: scaleX(var(--fraction));
        transform-origin: right;
      }
      .change i.better {
        background: var(--vscode-charts-green);
      }
      .change i.worse {
        background: var(--vscode-charts-red);
      }
    `,
  ];

  override render() {
    const comparison = this.comparison;
    if (comparison === null) return nothing;
    const { latencyMs } = comparison;
    const old = this.latencyOld ? 'old' : '';
    const interval = (latency: Latency) =>
      html`<span class="interval">${(latency.ci95[0]).toPrecision(3)}–${formatMs(latency.ci95[1])}</span>`;
    const reasons =
      latencyMs === null
        ? []
        : [['Before', latencyMs.before] as const, ['After', latencyMs.after] as const].flatMap(
            ([side, latency]) => {
              const reason = [latencyReason(latency), countedRuns(latency)].filter((text) => text).join(' ');
              return reason === '' ? [] : [`${side}: ${reason}`];
            },
          );
    const figures = comparedFigures(comparison);
    const same = figures.filter(({ change }) => change === THE_SAME);
    const measured = latencyMs !== null || comparison.accuracy !== null;
    return html`${reasons.map((reason) => html`<p class="small mark">${reason}</p>`)}
      <div class=${measured ? 'sides' : ''}>
        <div>
          <table>
            ${HEAD}
            <tbody>
              ${figures
                .filter(({ change }) => change !== THE_SAME)
                .map(
                  (line) => html`<tr title=${line.tooltip}>
                    <th scope="row">${line.label}</th>
                    <td>${line.before}</td>
                    <td class="after">${line.after}</td>
                    <td class="change">${line.change} ${bar(line.size)}</td>
                  </tr>`,
                )}
            </tbody>
          </table>
          ${
            same.length === 0
              ? nothing
              : html`<p class="same small muted">The same: ${same.map(({ label, after }) => `${label} ${after}`).join(' · ')}</p>`
          }
        </div>
        ${
          measured
            ? html`<table>
                ${HEAD}
                <tbody>
        ${
          latencyMs === null
            ? nothing
            : html`<tr class=${old} title=${`Medians with 95 % intervals; p90 ${formatMs(latencyMs.before.p90)} and ${formatMs(latencyMs.after.p90)}`}>
                  <th scope="row">Latency</th>
                  <td>${formatMs(latencyMs.before.median)}${interval(latencyMs.before)}</td>
                  <td class="after">${formatMs(latencyMs.after.median)}${interval(latencyMs.after)}</td>
                  <td class="change">
                    ${formatRatio(latencyMs.speedup.ratio)} speed ${bar(latencyChange(latencyMs.speedup))}
                  </td>
                </tr>
                ${
                  latencyMs.cleaned
                    ? html`<tr class=${old} title="The float model after cleaning and folding, nothing quantized">
                        <th scope="row">Latency, cleaned float</th>
                        <td>${formatMs(latencyMs.cleaned.median)}${interval(latencyMs.cleaned)}</td>
                        <td class="after">${formatMs(latencyMs.after.median)}</td>
                        <td class="change">
                          ${
                            latencyMs.speedupOverCleaned
                              ? html`${formatRatio(latencyMs.speedupOverCleaned.ratio)} speed ${bar(latencyChange(latencyMs.speedupOverCleaned))}`
                              : nothing
                          }
                        </td>
                      </tr>`
                    : nothing
                }`
        }
        ${(comparison.latencyByLength ?? []).map(
          ({ dim, length, before, after, speedup }) =>
            html`<tr class=${old} title="On random inputs of this length">
              <th scope="row">Latency, ${dim} ${length}</th>
              <td>${formatMs(before.median)}${interval(before)}</td>
              <td class="after">${formatMs(after.median)}${interval(after)}</td>
              <td class="change">${formatRatio(speedup.ratio)} speed ${bar(latencyChange(speedup))}</td>
            </tr>`,
        )}
        ${comparison.accuracy === null ? nothing : this.renderAccuracy(comparison.accuracy)}
                </tbody>
              </table>`
            : nothing
        }
      </div>`;
  }

  private renderAccuracy(accuracy: Accuracy) {
    const { samples, positions, data, top1Agreement, top1, through } = accuracy;
    const by = through === undefined ? '' : `, through the twin ${through.model}`;
    const from = ` from ${data}${by}`;
    const on = `Over ${formatInteger(samples)} samples${from}`;
    return html`
      <tr title=${`Signal to quantization noise at the outputs. ${on}`}>
        <th scope="row">SQNR</th><td></td>
        <td class="after">${sqnrText(accuracy)}</td><td></td>
      </tr>
      ${
        top1Agreement === null
          ? nothing
          : html`<tr title=${`${positions === undefined ? 'Samples' : 'Positions of sequences'} whose top class is the same, of ${classifiedText(accuracy)}${from}.`}>
              <th scope="row">Agreement</th><td></td><td class="after">${formatPercent(top1Agreement)}</td><td></td>
            </tr>`
      }
      ${
        top1
          ? html`<tr title=${`Samples whose top class is the label. ${on}`}>
              <th scope="row">Top-1</th>
              <td>${formatPercent(top1.before)}</td>
              <td class="after">${formatPercent(top1.after)}</td>
              <td>${points(top1.after - top1.before)}</td>
            </tr>`
          : nothing
      }
    `;
  }
}

const HEAD = html`<thead>
  <tr><th scope="col">Figure</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Change</th></tr>
</thead>`;

/** As long as the change is large: all of it is the whole width, and so is more than that. */
function bar(size: ChangeSize | null) {
  if (size === null) return nothing;
  return html`<i class=${size.effect} ${styled({ '--fraction': String(Math.min(1, size.part)) })}></i>`;
}

function points(change: number): string {
  const value = (change * 100).toFixed(1);
  return change > 0 ? `+${value} points` : `${value.replace('-', '−')} points`;
}
