import { html, nothing } from 'lit';
import type { DeviceChoice } from '../../src/protocol/devices';
import type { LayerRow, OpenedModel } from '../../src/protocol/page';
import type { ProfileReport } from '../../src/protocol/reports';
import { copyText } from '../base/copied';
import type { MenuItem } from '../base/menu';
import { host } from '../host';
import { csvOf, jsonOf, summaryOf } from './export';
import '../base/menu';
import './devicePicker';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

interface Header {
  opened: OpenedModel;
  profile: ProfileReport | null;
  rows: readonly LayerRow[];
  busy: boolean;
  /** Where the latency is measured. */
  device: DeviceChoice | null;
  chooseDevice(device: DeviceChoice | null): void;
  tellProblem(sentence: string): void;
  startProfile(): void;
  showProfileForm(): void;
  importMeasurements(): void;
  showQuantize(): void;
}

/** The file's name and what one can do with it. */
export function renderHeader(header: Header) {
  const { opened } = header;
  return html`<header>
    <h1 class="ellipsis" title=${opened.report.file}>${opened.fileName}</h1>
    <span class="format">${opened.formatName}</span>
    <div class="actions">
      <caliper-menu label="Export" icon="export" .items=${exports(header)}></caliper-menu>
      ${host.alone ? nothing : renderDoing(header)}
    </div>
  </header>`;
}

/** What only the editor can do. */
function renderDoing(header: Header) {
  const { opened, busy } = header;
  const blocked = busy || opened.cannotRun !== null;
  const busyWhy = busy ? 'Wait until the running work has ended' : '';
  const why = opened.cannotRun ?? busyWhy;
  // What can only say no is not what the page proposes. Weights alone are made smaller where nothing runs.
  const quantizes = opened.cannotQuantize === null;
  const proposesProfile = opened.cannotRun === null && !quantizes;
  return html`${
    opened.cannotRun === null
      ? html`<caliper-device-picker
              .chosen=${header.device}
              @choose=${(event: CustomEvent<DeviceChoice | null>) => header.chooseDevice(event.detail)}
              @problem=${(event: CustomEvent<string>) => header.tellProblem(event.detail)}
            ></caliper-device-picker>`
      : nothing
  }
      <span class="split" title=${why}>
        <vscode-button ?secondary=${!proposesProfile} icon="pulse" ?disabled=${blocked} @click=${header.startProfile}>Profile Latency</vscode-button>
        <button
          class="tool"
          aria-label="Profile options"
          title=${why || 'Threads, runs and inputs of the profile'}
          ?disabled=${blocked}
          @click=${header.showProfileForm}
        >
          <vscode-icon name="settings"></vscode-icon>
        </button>
      </span>
      <button
        class="tool"
        aria-label="Import Measurements…"
        title="Import Measurements…: what the model took on another device, by benchmark_model, litert-benchmark or ONNX Runtime"
        @click=${header.importMeasurements}
      >
        <vscode-icon name="device-mobile"></vscode-icon>
      </button>
      <button
        class="tool"
        aria-label="Add to Board"
        title="Add to Board: a column beside other models"
        @click=${() => void host.request('addToBoard', { candidate: null })}
      >
        <vscode-icon name="layout"></vscode-icon>
      </button>
      <span title=${(quantizes ? busyWhy : why) || (opened.cannotQuantize ?? '')}>
        <vscode-button ?secondary=${!quantizes} ?disabled=${quantizes ? busy : blocked} @click=${header.showQuantize}>Quantize…</vscode-button>
      </span>`;
}

function exports({ opened, profile, rows }: Header): MenuItem[] {
  const name = opened.fileName.replace(/\.[^.]+$/, '');
  const save = (ending: string, text: string) =>
    void host.request('save', { name: `${name}.${ending}`, text });
  const copy = (text: string) => void copyText(text);
  const items: MenuItem[] = [
    { label: 'Layers as CSV…', run: () => save('layers.csv', csvOf(rows, profile)) },
    { label: 'Report as JSON…', run: () => save('report.json', jsonOf(opened, rows, profile)) },
    { label: 'Copy Layers as CSV', run: () => copy(csvOf(rows, profile)) },
    { label: 'Copy Report as JSON', run: () => copy(jsonOf(opened, rows, profile)) },
    { label: 'Copy Summary', run: () => copy(summaryOf(opened, profile)) },
  ];
  if (profile !== null && !host.alone) {
    items.push({ label: 'Save Trace for Perfetto…', run: () => void host.request('saveTrace') });
  }
  return items;
}
