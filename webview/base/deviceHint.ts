import { html } from 'lit';
import type { DeviceChoice } from '../../src/protocol/devices';

/** Where the latencies of a form will be measured, and where that is chosen. */
export function renderDeviceHint(device: DeviceChoice | null) {
  const name = device === null ? 'this computer' : (device.name ?? device.id);
  return html`<span class="help muted">Latency is measured on ${name}; change it beside Profile Latency.</span>`;
}
