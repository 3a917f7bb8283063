import { html, nothing } from 'lit';
import { formatBytes, formatMs, formatRatio } from '../../src/protocol/numbers';
import type { QuantizeAnswer } from '../../src/protocol/page';
import type { Interval } from '../../src/protocol/reports';

type Refused = Extract<QuantizeAnswer, { status: 'refused' }>;

/** Why nothing was written, with the figures, and what one can do all the same. */
export function renderRefusal(
  answer: Refused,
  keep: (which: 'quantized' | 'cleaned') => void,
  dismiss: () => void,
) {
  const { reason, report } = answer;
  const latency = report.latencyMs;
  const interval = ([low, high]: Interval) => `95 % interval ${formatMs(low)} to ${formatMs(high)}`;
  const rows =
    latency === null
      ? []
      : [
          ['Original', latency.before],
          ['Cleaned float', latency.cleaned],
          ['Quantized', latency.after],
        ].flatMap(([name, value]) => (typeof value === 'object' ? [{ name: String(name), value }] : []));
  const over = latency?.speedupOverCleaned ?? latency?.speedup;
  return html`<caliper-notice kind="warning" closable @dismiss=${dismiss}>
    <strong>Nothing was written.</strong> ${reason}
    ${
      rows.length > 0
        ? html`<table class="figures">
            ${rows.map(
              ({ name, value }) =>
                html`<tr title=${interval(value.ci95)}><th scope="row">${name}</th><td>${formatMs(value.median)}</td></tr>`,
            )}
            ${
              over
                ? html`<tr title=${`95 % interval ${formatRatio(over.ci95[0])} to ${formatRatio(over.ci95[1])}`}>
                    <th scope="row">Speed-up over cleaned float</th><td>${formatRatio(over.ratio)}</td>
                  </tr>`
                : nothing
            }
            <tr><th scope="row">File</th><td>${formatBytes(report.bytes.before)} → ${formatBytes(report.bytes.after)}</td></tr>
          </table>`
        : nothing
    }
    <vscode-button slot="actions" @click=${() => keep('cleaned')}>Keep the cleaned float model</vscode-button>
    <vscode-button slot="actions" secondary @click=${() => keep('quantized')}>Keep int8 all the same</vscode-button>
  </caliper-notice>`;
}
