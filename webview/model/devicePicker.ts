import { html, LitElement } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import {
  type DeviceChoice,
  type DeviceReport,
  type DevicesReport,
  THIS_COMPUTER,
} from '../../src/protocol/devices';
import type { Menu, MenuItem } from '../base/menu';
import { base } from '../base/theme';
import { host, toHostError } from '../host';
import '../base/menu';

const HERE: MenuItem['label'] = 'This computer';

/**
 * Where latencies are measured: this computer, a phone or a board, looked for anew whenever the list opens. Events:
 * `choose` (a DeviceChoice, null for this computer), `problem` (why a device cannot be used, and what to do).
 */
@customElement('caliper-device-picker')
export class DevicePicker extends LitElement {
  @property({ attribute: false }) chosen: DeviceChoice | null = null;
  @state() private found: DevicesReport | null = null;
  @state() private looking = false;
  @query('caliper-menu') private readonly menu!: Menu;

  static override readonly styles = [base];

  override render() {
    const name = this.chosen === null ? HERE : (this.chosen.name ?? this.chosen.id);
    return html`<caliper-menu
      label=${name}
      icon=${this.chosen === null ? 'vm' : 'device-mobile'}
      title="Where the latency is measured"
      .items=${this.items()}
      @open=${this.look}
    ></caliper-menu>`;
  }

  private items(): MenuItem[] {
    const others = (this.found?.devices ?? []).filter(({ kind }) => kind !== 'computer');
    const items: MenuItem[] = [
      { label: HERE, checked: this.chosen === null, run: () => this.choose(null) },
      ...others.map((device) => ({
        label: device.name,
        description: describe(device),
        checked: device.id === this.chosen?.id,
        run: () => this.take(device),
      })),
    ];
    if (this.looking) items.push({ label: 'Looking for devices…', run: () => undefined });
    else
      for (const problem of this.found?.problems ?? [])
        items.push({
          label: 'Android phones…',
          description: 'adb is missing',
          run: () => this.tell(problem),
        });
    return items;
  }

  private readonly look = async (): Promise<void> => {
    if (this.looking) return;
    this.looking = true;
    try {
      this.found = await host.request('devices');
    } catch (error) {
      this.menu.close();
      this.tell(toHostError(error).message);
    } finally {
      this.looking = false;
    }
  };

  private take(device: DeviceReport): void {
    const { id, kind, name, problem } = device;
    if (problem !== undefined) {
      this.menu.close();
      this.tell(problem);
      return;
    }
    const delegate = this.chosen?.id === id ? this.chosen.delegate : 'xnnpack';
    this.choose(kind === 'computer' ? null : { id, delegate, name });
  }

  private choose(choice: DeviceChoice | null): void {
    this.menu.close();
    this.dispatchEvent(new CustomEvent('choose', { detail: choice }));
  }

  private tell(problem: string): void {
    this.dispatchEvent(new CustomEvent('problem', { detail: problem }));
  }
}

/** What helps to tell devices apart, and whether they can be used. */
function describe({ id, name, state, soc, system }: DeviceReport): string {
  if (state !== 'ready') return state;
  return [id === name || id === THIS_COMPUTER ? null : id, soc, system]
    .filter((part) => part !== null)
    .join(' · ');
}
