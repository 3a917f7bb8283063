import { html, nothing } from 'lit';
import type { DataOptions } from '../../src/protocol/options';
import { host } from '../host';

type Change = (data: DataOptions | null) => void;

/** A set of samples: where it is, or what is used without one. */
export function renderData(
  what: 'calibration' | 'validation',
  label: string,
  data: DataOptions | null,
  without: string,
  change: Change,
) {
  const choose = async () => {
    const answer = await host.request('choosePath', { what: what === 'calibration' ? 'data' : 'validation' });
    if (answer) change({ path: answer.path, labels: null, labelOffset: data?.labelOffset ?? 0 });
  };
  return html`<div class="field">
    <label class="label" for=${what}>${label}</label>
    <div class="path">
      <input id=${what} type="text" readonly placeholder=${without} .value=${data?.path ?? ''} title=${data?.path ?? without} />
      <vscode-button secondary aria-label=${`Choose: ${label}`} @click=${choose}>Choose…</vscode-button>
      ${
        data === null
          ? nothing
          : html`<vscode-button secondary aria-label=${`Clear: ${label}`} @click=${() => change(null)}>Clear</vscode-button>`
      }
    </div>
    ${
      what === 'calibration'
        ? html`<span class="help">
            A folder of images (sub-folders are labels), .npy or .npz files, or test_data_set folders; 100 samples
            like those of real use are enough.
          </span>`
        : nothing
    }
  </div>`;
}

/** The same network as a model that runs here, by which weights are rounded and the result is judged. */
export function renderTwin(twin: string | null, change: (twin: string | null) => void) {
  const label = 'Twin: the same network as .onnx or .tflite';
  const without = 'None: nothing here runs the model';
  const choose = async () => {
    const answer = await host.request('choosePath', { what: 'twin' });
    if (answer) change(answer.path);
  };
  return html`<div class="field">
    <label class="label" for="twin">${label}</label>
    <div class="path">
      <input id="twin" type="text" readonly placeholder=${without} .value=${twin ?? ''} title=${twin ?? without} />
      <vscode-button secondary aria-label="Choose: Twin" @click=${choose}>Choose…</vscode-button>
      ${
        twin === null
          ? nothing
          : html`<vscode-button secondary aria-label="Clear: Twin" @click=${() => change(null)}>Clear</vscode-button>`
      }
    </div>
    <span class="help">
      Runs on your data in the model's place: its activations say how weights are rounded best, and it shows what the
      result loses.
    </span>
  </div>`;
}

/** The classes of the samples that accuracy is measured on. */
export function renderLabels(data: DataOptions, change: Change) {
  const choose = async () => {
    const answer = await host.request('choosePath', { what: 'labels' });
    if (answer) change({ ...data, labels: answer.path });
  };
  return html`<div class="labels help">
    <span class="ellipsis" title=${data.labels ?? ''}>Labels: ${data.labels ?? 'sub-folders, where there are'}</span>
    <button type="button" class="link" @click=${choose}>Choose a CSV file…</button>
    ${
      data.labels === null
        ? nothing
        : html`<button type="button" class="link" @click=${() => change({ ...data, labels: null })}>Clear</button>`
    }
    <label>
      First class
      <input
        type="number"
        step="1"
        title="1 for models with a background class"
        .value=${String(data.labelOffset)}
        @input=${(event: Event) => {
          const labelOffset = (event.target as HTMLInputElement).valueAsNumber;
          if (Number.isInteger(labelOffset)) change({ ...data, labelOffset });
        }}
      />
    </label>
  </div>`;
}
