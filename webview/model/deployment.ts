import { css, html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { OpenedModel } from '../../src/protocol/page';
import type { CheckReport, RuleReport } from '../../src/protocol/reports';
import { dialogStyles } from '../base/dialog';
import { base } from '../base/theme';
import { type HostError, host, toHostError } from '../host';
import '../base/notice';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

type Target = OpenedModel['targets'][number];

const ICONS = { pass: 'pass', fail: 'error', unknown: 'question' } as const;

/** Whether the model can be deployed somewhere, rule by rule, and what to change. */
@customElement('caliper-deployment')
export class Deployment extends LitElement {
  @state() private target: Target | null = null;
  @state() private report: CheckReport | null = null;
  @state() private error: HostError | null = null;

  @query('dialog') private readonly dialog!: HTMLDialogElement;

  static override readonly styles = [
    base,
    dialogStyles,
    css`
      dialog {
        width: 760px;
      }
      li {
        border-top: 1px solid var(--faint-line);
        display: grid;
        gap: 0 8px;
        grid-template-columns: 18px minmax(0, 2fr) minmax(0, 3fr);
        overflow-wrap: anywhere;
        padding: 5px 0;
      }
      .fix {
        grid-column: 3;
      }
      .pass {
        --vscode-icon-foreground: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
      }
      .fail {
        --vscode-icon-foreground: var(--vscode-editorError-foreground);
      }
      .unknown {
        --vscode-icon-foreground: var(--vscode-editorWarning-foreground);
      }
    `,
  ];

  async open(target: Target): Promise<void> {
    this.target = target;
    this.report = null;
    this.error = null;
    this.dialog.showModal();
    try {
      this.report = await host.request('check', { target: target.id });
    } catch (error) {
      this.error = toHostError(error);
    }
  }

  override render() {
    const { report, error } = this;
    return html`<dialog aria-labelledby="title">
      <form method="dialog">
        <h2 id="title">${this.target?.name}</h2>
        ${error ? html`<caliper-notice kind="error">${error.message}</caliper-notice>` : nothing}
        <p role="status">${report ? summary(report) : error ? nothing : 'Checking the model…'}</p>
        ${report ? html`<ul aria-label="Rules">${report.rules.map(renderRule)}</ul>` : nothing}
        <div class="buttons">
          <vscode-button autofocus @click=${() => this.dialog.close()}>Close</vscode-button>
        </div>
      </form>
    </dialog>`;
  }
}

function renderRule({ title, status, reason, fix }: RuleReport) {
  return html`<li class=${status}>
    <vscode-icon name=${ICONS[status]} aria-hidden="true"></vscode-icon>
    <span><span class="visually-hidden">${status}: </span>${title}</span>
    <span class="muted">${reason}</span>
    ${fix === undefined ? nothing : html`<span class="fix">${fix}</span>`}
  </li>`;
}

/** `2 of 14 rules fail, 1 is unknown.` */
function summary({ rules }: CheckReport): string {
  const count = (wanted: RuleReport['status']) => rules.filter(({ status }) => status === wanted).length;
  const [failed, open] = [count('fail'), count('unknown')];
  if (failed + open === 0) return `All ${rules.length} rules pass.`;
  const fails =
    failed === 0 ? 'No rule fails' : `${failed} of ${rules.length} rules ${failed === 1 ? 'fails' : 'fail'}`;
  return open === 0 ? `${fails}.` : `${fails}, ${open} ${open === 1 ? 'is' : 'are'} unknown.`;
}
