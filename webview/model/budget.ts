import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { type LimitReport, type LimitStatus, limitName, type PageBudget } from '../../src/protocol/budgets';
import { base } from '../base/theme';
import { host } from '../host';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

const ICONS: Readonly<Record<LimitStatus, string>> = {
  over: 'error',
  unknown: 'question',
  unmeasured: 'circle-outline',
  fits: 'pass',
};
const WORDS: Readonly<Record<LimitStatus, string>> = {
  over: 'over budget',
  unknown: 'cannot be checked',
  unmeasured: 'not measured',
  fits: 'fits',
};
const ORDER = Object.keys(ICONS) as LimitStatus[];

/** Whether the model is within its budgets, and what would help; nothing where no budget is for it. */
@customElement('caliper-budget')
export class Budget extends LitElement {
  @state() private budgets: readonly PageBudget[] = [];
  private stopListening: () => void = () => undefined;

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
      }
      section {
        border-bottom: 1px solid var(--faint-line);
        padding: 6px 16px;
      }
      summary {
        cursor: pointer;
        overflow-wrap: anywhere;
        width: fit-content;
      }
      summary vscode-icon {
        vertical-align: text-bottom;
      }
      ul {
        display: grid;
        gap: 5px 0;
        margin-top: 6px;
        max-height: 30vh;
        overflow: auto;
      }
      li {
        display: grid;
        gap: 0 10px;
        grid-template-columns: 18px minmax(90px, 1fr) minmax(0, 1.4fr) minmax(0, 1.4fr) minmax(0, 1.2fr);
        overflow-wrap: anywhere;
      }
      .what {
        grid-column: 2 / -1;
      }
      .name {
        text-align: start;
      }
      .over {
        --vscode-icon-foreground: var(--vscode-editorError-foreground);
      }
      .over .much,
      summary .much {
        color: var(--vscode-editorError-foreground);
        font-weight: 600;
      }
      .unknown {
        --vscode-icon-foreground: var(--vscode-editorWarning-foreground);
      }
      .unmeasured {
        --vscode-icon-foreground: var(--muted);
      }
      .fits {
        --vscode-icon-foreground: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
      }
      @media (max-width: 640px) {
        li {
          grid-template-columns: 18px minmax(0, 1fr) minmax(0, 1fr);
        }
        li > :nth-child(n + 4) {
          grid-column: 2 / -1;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopListening = host.onEvent(({ kind }) => {
      if (kind === 'budgets') void this.ask();
    });
    void this.ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopListening();
  }

  private async ask(): Promise<void> {
    // A page without budgets is as good as one that cannot ask for them.
    this.budgets = await host.request('budgets').catch(() => []);
  }

  override render() {
    return this.budgets.map((budget) => this.card(budget));
  }

  private card({ budget, config, limits }: PageBudget) {
    const worst = ORDER.find((status) => limits.some((limit) => limit.status === status)) ?? 'fits';
    const sorted = [...limits].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
    return html`<section aria-label=${`Budget ${budget}`}>
      <details ?open=${worst === 'over'}>
        <summary class=${worst}>
          <vscode-icon name=${ICONS[worst]} aria-hidden="true"></vscode-icon>
          Budget ${budget}: ${headline(limits)}
        </summary>
        <ul aria-label="Limits">
          ${sorted.map((limit) => this.limit(limit, config))}
        </ul>
      </details>
    </section>`;
  }

  private limit(limit: LimitReport, config: string) {
    const { status, found, asks, over, reason, help = [], at } = limit;
    const show = () => void host.request('showLimit', { config, at });
    return html`<li class=${status}>
      <vscode-icon name=${ICONS[status]} aria-hidden="true"></vscode-icon>
      <button class="link name" title="Show it in the file of budgets" @click=${show}>${limitName(limit)}</button>
      <span>${found}</span>
      <span class="muted">${asks}</span>
      <span class="much">${over ?? WORDS[status]}</span>
      ${reason === undefined ? nothing : html`<span class="what muted">${sentence(reason)}</span>`}
      ${help.map((text) => html`<span class="what">${text}</span>`)}
    </li>`;
  }
}

/** `fits`, or what is over by how much; the others are counted. */
function headline(limits: readonly LimitReport[]) {
  const count = (status: LimitStatus) => limits.filter((limit) => limit.status === status).length;
  const over = limits.filter(({ status }) => status === 'over');
  const [first] = over;
  const rest = (['unknown', 'unmeasured'] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${WORDS[status]}`);
  if (first === undefined) {
    const fits = count('fits') > 0 || rest.length === 0 ? 'fits' : '';
    return [fits, ...rest].filter((part) => part !== '').join(', ');
  }
  const more = over.length > 1 ? `, and ${over.length - 1} more over` : '';
  return html`<span class="much">${limitName(first)} ${first.over}</span>${more}${rest.length > 0 ? `, ${rest.join(', ')}` : ''}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
