import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { DELEGATES, type Delegate, type DeviceChoice, SSH_PREFIX } from '../../src/protocol/devices';
import type { PageRequests } from '../../src/protocol/page';
import type { SignatureReport } from '../../src/protocol/reports';
import { dialogStyles } from '../base/dialog';
import { base } from '../base/theme';
import { host } from '../host';
import '@vscode-elements/elements/dist/vscode-button/index.js';

const DELEGATE_LABELS: Readonly<Record<Delegate, string>> = {
  cpu: 'plain CPU kernels',
  xnnpack: 'XNNPACK (CPU)',
  gpu: 'the GPU',
  nnapi: 'NNAPI',
};

type Params = PageRequests['profile']['params'];

/** Threads, runs and inputs of a profile. Event: `start` (the request's params). */
@customElement('caliper-profile-form')
export class ProfileForm extends LitElement {
  @state() private settings: Params = { threads: 1, runs: 50, data: null };
  /** Of the model. */
  @state() private signatures: readonly SignatureReport[] = [];
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  static override readonly styles = [base, dialogStyles];

  open(settings: Params, signatures: readonly SignatureReport[]): void {
    this.signatures = signatures;
    const { signature, ...others } = settings;
    // It may have been chosen for the file as it was before.
    const isThere = signatures.some(({ name }) => name === signature);
    this.settings = isThere ? settings : others;
    this.dialog.showModal();
    this.renderRoot.querySelector<HTMLElement>('#start')?.focus();
  }

  override render() {
    const { threads, runs, data } = this.settings;
    return html`<dialog aria-labelledby="title">
      <form method="dialog" @submit=${this.start}>
        <h2 id="title">Profile latency</h2>
        <div class="grid">
          <label>
            Threads
            <input type="number" min="1" max="1024" required .value=${String(threads)}
              @input=${(event: Event) => this.set({ threads: number(event) })} />
          </label>
          <label>
            Timed runs a session
            <input type="number" min="1" max="100000" required .value=${String(runs)}
              @input=${(event: Event) => this.set({ runs: number(event) })} />
          </label>
        </div>
        ${this.renderDevice(this.settings.device ?? null)}
        <p class="help">One thread is the default, because its times are repeatable.</p>
        <div class="field">
          <label class="label" for="data">Inputs</label>
          <div class="path">
            <input id="data" type="text" readonly placeholder="Random" .value=${data?.path ?? ''} />
            <vscode-button secondary @click=${this.choose}>Choose…</vscode-button>
            <vscode-button secondary ?disabled=${data === null} @click=${() => this.set({ data: null })}>Random</vscode-button>
          </div>
          <span class="help">A folder of images, .npy or .npz files, or test_data_set folders.</span>
        </div>
        ${this.signatures.length > 1 ? this.signatureField() : nothing}
        <div class="buttons">
          <vscode-button secondary @click=${() => this.dialog.close()}>Cancel</vscode-button>
          <vscode-button id="start" @click=${this.start}>Profile</vscode-button>
        </div>
      </form>
    </dialog>`;
  }

  /** What runs the model on a phone; boards run what is installed there. */
  private renderDevice(device: DeviceChoice | null) {
    if (device === null || device.id.startsWith(SSH_PREFIX)) return nothing;
    return html`<label class="field">
      On ${device.name ?? device.id} by
      <select
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          const delegate = DELEGATES.find((one) => one === value);
          if (delegate !== undefined) this.set({ device: { ...device, delegate } });
        }}
      >
        ${DELEGATES.map(
          (delegate) =>
            html`<option value=${delegate} ?selected=${delegate === device.delegate}>${DELEGATE_LABELS[delegate]}</option>`,
        )}
      </select>
    </label>`;
  }

  private signatureField() {
    return html`<div class="field">
      <label class="label" for="signature">Signature</label>
      <select id="signature" @change=${this.chooseSignature}>
        <option value="" ?selected=${this.settings.signature === undefined}>The main graph</option>
        ${this.signatures.map(
          ({ name }) =>
            html`<option value=${name} ?selected=${this.settings.signature === name}>${name}</option>`,
        )}
      </select>
    </div>`;
  }

  private chooseSignature(event: Event): void {
    const { selectedIndex } = event.target as HTMLSelectElement;
    const { signature: _before, ...settings } = this.settings;
    const chosen = this.signatures[selectedIndex - 1];
    this.settings = chosen === undefined ? settings : { ...settings, signature: chosen.name };
  }

  private set(change: Partial<Params>): void {
    this.settings = { ...this.settings, ...change };
  }

  private async choose(): Promise<void> {
    const answer = await host.request('choosePath', { what: 'data' });
    if (answer) this.set({ data: { path: answer.path, labels: null, labelOffset: 0 } });
  }

  private start(event: Event): void {
    event.preventDefault();
    if (!this.renderRoot.querySelector('form')?.reportValidity()) return;
    this.dialog.close();
    this.dispatchEvent(new CustomEvent('start', { detail: this.settings }));
  }
}

function number(event: Event): number {
  return (event.target as HTMLInputElement).valueAsNumber;
}
