import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import {
  ACTIVATIONS,
  type DataOptions,
  type Preprocessing,
  type QuantizeOptions,
} from '../../src/protocol/options';
import type { QuantizeDefaults } from '../../src/protocol/page';
import type { Recipe } from '../../src/protocol/recipes';
import { dialogStyles } from '../base/dialog';
import { base } from '../base/theme';
import { host } from '../host';
import { renderPreprocessing } from './preprocessingFields';
import { quantizeStyles } from './quantizeStyles';
import '../base/notice';
import '@vscode-elements/elements/dist/vscode-button/index.js';

const RECIPES: readonly { id: Recipe; label: string; sentence: string }[] = [
  {
    id: 'int8',
    label: 'int8',
    sentence:
      'Weights and activations in 8 bits. Layers that this computer runs slower that way stay in float.',
  },
  {
    id: 'int8-all',
    label: 'int8, every layer',
    sentence: 'As int8, whatever this computer measures: for a file that another device will run.',
  },
  {
    id: 'int8-dynamic',
    label: 'int8 dynamic',
    sentence:
      'Weights of matrix products and recurrent layers in 8 bits; needs no calibration. For transformers.',
  },
  {
    id: 'float16',
    label: 'float16',
    sentence: 'Half the size, hardly any loss of accuracy; inputs and outputs stay float32.',
  },
  {
    id: 'float32',
    label: 'float32, cleaned',
    sentence: 'Nothing quantized: constants and normalizations folded, dead nodes dropped. Often faster.',
  },
];

/** Recipes that need sample inputs. */
const CALIBRATED: readonly Recipe[] = ['int8', 'int8-all'];

/** The choices of a quantization; the defaults need one click. Event: `start` (Partial<QuantizeOptions>). */
@customElement('caliper-quantize-form')
export class QuantizeForm extends LitElement {
  @state() private defaults: QuantizeDefaults | null = null;
  @state() private recipe: Recipe = 'int8';
  @state() private calibration: DataOptions | null = null;
  @state() private validation: DataOptions | null = null;
  /** null: nobody said how the images were prepared. */
  @state() private preprocessing: Preprocessing | null = null;
  /** null: beside the model, named after the recipe. */
  @state() private output: string | null = null;
  @state() private advanced: Partial<QuantizeOptions> = {};
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  static override readonly styles = [base, dialogStyles, quantizeStyles];

  open(defaults: QuantizeDefaults): void {
    const { options } = defaults;
    this.defaults = defaults;
    this.recipe = (options.recipe ?? defaults.recipe) as Recipe;
    this.calibration = options.calibration ?? null;
    this.validation = options.validation ?? null;
    this.preprocessing = defaults.preprocessing;
    this.output = null;
    this.advanced = {
      activations: options.activations ?? 'auto',
      calibrationSamples: options.calibrationSamples ?? 100,
      threads: options.threads ?? 1,
      measure: options.measure ?? true,
      keep: options.keep ?? [],
    };
    this.dialog.showModal();
    // One click, or Enter, takes the defaults.
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#start')?.focus());
  }

  override render() {
    const defaults = this.defaults;
    return html`<dialog aria-labelledby="title">
      <form method="dialog" @submit=${this.start}>
        <h2 id="title">Quantize model</h2>
        ${
          defaults === null
            ? nothing
            : defaults.possible
              ? this.renderFields(defaults)
              : html`<caliper-notice kind="warning">${defaults.reason}</caliper-notice>`
        }
        <div class="buttons">
          <vscode-button secondary @click=${() => this.dialog.close()}>
            ${defaults?.possible === false ? 'Close' : 'Cancel'}
          </vscode-button>
          ${
            defaults?.possible
              ? html`<vscode-button id="start" @click=${this.start}>Quantize</vscode-button>`
              : nothing
          }
        </div>
      </form>
    </dialog>`;
  }

  private renderFields(defaults: QuantizeDefaults) {
    const calibrated = CALIBRATED.includes(this.recipe);
    return html`
      <fieldset>
        <legend>Recipe</legend>
        ${RECIPES.map(
          ({ id, label, sentence }) => html`<label class="recipe">
            <input
              type="radio"
              name="recipe"
              value=${id}
              .checked=${id === this.recipe}
              @change=${() => {
                this.recipe = id;
              }}
            />
            <span>
              ${label}
              ${id === defaults.recipe ? html`<span class="fits">fits: ${defaults.reason}</span>` : nothing}
              <span class="help">${sentence}</span>
            </span>
          </label>`,
        )}
      </fieldset>
      ${
        calibrated
          ? this.renderData(
              'calibration',
              'Calibration data',
              this.calibration,
              'Random data: accuracy will suffer',
            )
          : nothing
      }
      ${this.renderData(
        'validation',
        'Accuracy is measured on',
        this.validation,
        this.calibration && calibrated ? 'A part of the calibration data, split off' : 'Random data',
      )}
      ${
        defaults.imageInput && (this.calibration || this.validation)
          ? renderPreprocessing(defaults.imageInput, this.preprocessing, (value) => {
              this.preprocessing = value;
            })
          : nothing
      }
      <div class="field">
        <label class="label" for="output">Save as</label>
        <div class="path">
          <input
            id="output"
            type="text"
            spellcheck="false"
            .value=${this.output ?? this.defaultOutput(defaults)}
            @input=${(event: Event) => {
              this.output = (event.target as HTMLInputElement).value;
            }}
          />
          <vscode-button secondary @click=${this.chooseOutput}>Choose…</vscode-button>
        </div>
        <span class="help">The model itself is never changed; an existing file is replaced only if you say so.</span>
      </div>
      <details>
        <summary>Advanced</summary>
        ${this.renderAdvanced(calibrated)}
      </details>
    `;
  }

  private renderData(
    what: 'calibration' | 'validation',
    label: string,
    data: DataOptions | null,
    without: string,
  ) {
    const set = (value: DataOptions | null) => {
      this[what] = value;
    };
    return html`<div class="field">
      <label class="label" for=${what}>${label}</label>
      <div class="path">
        <input id=${what} type="text" readonly placeholder=${without} .value=${data?.path ?? ''} title=${data?.path ?? without} />
        <vscode-button
          secondary
          aria-label=${`Choose: ${label}`}
          @click=${async () => {
            const answer = await host.request('choosePath', {
              what: what === 'calibration' ? 'data' : 'validation',
            });
            if (answer) set({ path: answer.path, labels: null, labelOffset: 0 });
          }}
        >
          Choose…
        </vscode-button>
        ${
          data === null
            ? nothing
            : html`<vscode-button secondary aria-label=${`Clear: ${label}`} @click=${() => set(null)}>Clear</vscode-button>`
        }
      </div>
      ${
        what === 'calibration'
          ? html`<span class="help">
              A folder of images (sub-folders are labels), .npy or .npz files, or test_data_set folders; 100 samples
              like those of real use are enough.
            </span>`
          : data === null
            ? nothing
            : html`<label class="inline help">
                First label is class
                <input
                  type="number"
                  step="1"
                  .value=${String(data.labelOffset)}
                  @input=${(event: Event) => set({ ...data, labelOffset: value(event) })}
                />
                (1 for models with a background class)
              </label>`
      }
    </div>`;
  }

  private renderAdvanced(calibrated: boolean) {
    const { activations, calibrationSamples, threads, measure, keep } = this.advanced;
    const set = (change: Partial<QuantizeOptions>) => {
      this.advanced = { ...this.advanced, ...change };
    };
    return html`<div class="grid">
        ${
          calibrated
            ? html`<label>
                  Activations
                  <select
                    @change=${(event: Event) =>
                      set({
                        activations: (event.target as HTMLSelectElement)
                          .value as QuantizeOptions['activations'],
                      })}
                  >
                    ${ACTIVATIONS.map(
                      (one) => html`<option value=${one} ?selected=${one === activations}>
                        ${one === 'auto' ? 'auto: the faster here' : one}
                      </option>`,
                    )}
                  </select>
                </label>
                <label>
                  Calibration samples
                  <input type="number" min="1" max="100000" required .value=${String(calibrationSamples)}
                    @input=${(event: Event) => set({ calibrationSamples: value(event) })} />
                </label>`
            : nothing
        }
        <label>
          Threads
          <input type="number" min="1" max="1024" required .value=${String(threads)}
            @input=${(event: Event) => set({ threads: value(event) })} />
        </label>
      </div>
      <label class="field keep">
        Layers that stay in float
        <input type="text" spellcheck="false" placeholder="Names, with commas between them" .value=${keep?.join(', ') ?? ''}
          @change=${(event: Event) => set({ keep: names((event.target as HTMLInputElement).value) })} />
      </label>
      <label class="inline">
        <input type="checkbox" .checked=${measure ?? true}
          @change=${(event: Event) => set({ measure: (event.target as HTMLInputElement).checked })} />
        Measure latency (without, no slow layer goes back to float)
      </label>`;
  }

  /** The host names the file after the recipe; here only to show it. */
  private defaultOutput(defaults: QuantizeDefaults): string {
    const kind = (recipe: string) => (recipe.startsWith('int8') ? 'int8' : recipe);
    return defaults.output.replace(
      new RegExp(`\\.${kind(defaults.recipe)}(?=\\.[^.]+$)`),
      `.${kind(this.recipe)}`,
    );
  }

  private async chooseOutput(): Promise<void> {
    const answer = await host.request('choosePath', { what: 'output' });
    if (answer) this.output = answer.path;
  }

  private start(event: Event): void {
    event.preventDefault();
    const defaults = this.defaults;
    if (defaults === null || !this.renderRoot.querySelector('form')?.reportValidity()) return;
    this.dialog.close();
    const options: Partial<QuantizeOptions> = {
      recipe: this.recipe,
      calibration: CALIBRATED.includes(this.recipe) ? this.calibration : null,
      validation: this.validation,
      preprocessing: this.preprocessing,
      output: this.output ?? this.defaultOutput(defaults),
      ...this.advanced,
    };
    this.dispatchEvent(new CustomEvent('start', { detail: options }));
  }
}

/** Names with commas between them; a comma cannot be part of one. */
function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function value(event: Event): number {
  return (event.target as HTMLInputElement).valueAsNumber;
}
