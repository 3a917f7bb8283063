import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { adviseModel } from '../../src/protocol/advice/advise';
import type { Finding } from '../../src/protocol/advice/finding';
import type { AdviceFacts } from '../../src/protocol/advice/situation';
import type { LayerRow, OpenedModel } from '../../src/protocol/page';
import type { ProfileReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { host } from '../host';
import '../base/advice';

/** What the rules find in the model that is shown. Events: those of `caliper-advice`. */
@customElement('caliper-model-advice')
export class ModelAdvice extends LitElement {
  /** As it was opened last: its facts are asked for again each time. */
  @property({ attribute: false }) model: OpenedModel | null = null;
  /** null: not all of them are there. */
  @property({ attribute: false }) layers: readonly LayerRow[] | null = null;
  @property({ attribute: false }) profile: ProfileReport | null = null;
  /** Id of the profile of the device that the model is for. */
  @property() device: string | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @property({ type: Boolean }) open = false;
  @property({ type: Boolean }) busy = false;
  @state() private facts: AdviceFacts | null = null;
  private findings: readonly Finding[] = [];

  static override readonly styles = css`
    :host {
      display: block;
    }
    caliper-advice {
      padding: 0 16px 10px;
    }
  `;

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const { model, layers, facts, profile, device } = this;
    // The rows come first: the reading thread answers one question after the other.
    if ((changed.has('model') || changed.has('layers')) && model !== null && layers !== null)
      void this.ask(model);
    if (model === null || layers === null) this.findings = [];
    else if (['model', 'layers', 'facts', 'profile', 'device'].some((name) => changed.has(name)))
      this.findings = adviseModel({ report: model.report, layers, facts, profile, device });
  }

  private async ask(model: OpenedModel): Promise<void> {
    this.facts = null;
    // Without the facts fewer rules have something to say; why, the page says elsewhere.
    const facts = await host.request('adviceFacts').catch(() => null);
    if (model === this.model) this.facts = facts;
  }

  override render() {
    if (this.findings.length === 0) return nothing;
    return html`<caliper-advice
      .findings=${this.findings}
      .short=${(name: string) => this.names.short(name)}
      ?open=${this.open}
      ?busy=${this.busy}
      @open=${this.pass}
      @show=${this.pass}
      @act=${this.pass}
    ></caliper-advice>`;
  }

  private pass({ type, detail }: CustomEvent): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
