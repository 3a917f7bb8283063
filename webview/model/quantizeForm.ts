import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { DeviceChoice } from '../../src/protocol/devices';
import type { DataOptions, Preprocessing, QuantizeOptions } from '../../src/protocol/options';
import type { OfferedRecipe, QuantizeDefaults } from '../../src/protocol/page';
import { factsOf, isCalibrated, type Recipe } from '../../src/protocol/recipes';
import { DEFAULT_MAX_LOSS, DEFAULT_SEARCH_SECONDS } from '../../src/protocol/search';
import { renderDeviceHint } from '../base/deviceHint';
import { dialogStyles } from '../base/dialog';
import { base } from '../base/theme';
import { host } from '../host';
import { renderAdvanced, renderSearch } from './advancedFields';
import { renderData, renderLabels, renderTwin } from './dataFields';
import { renderPreprocessing } from './preprocessingFields';
import { quantizeStyles } from './quantizeStyles';
import { chosenStorage, renderStorage, type Storage } from './storageFields';
import '../base/notice';
import '@vscode-elements/elements/dist/vscode-button/index.js';

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
  /** Where the latencies will be measured. */
  @state() private device: DeviceChoice | null = null;
  @state() private twin: string | null = null;
  @state() private storage: Storage = {};
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  static override readonly styles = [base, dialogStyles, quantizeStyles];

  open(defaults: QuantizeDefaults, device: DeviceChoice | null): void {
    const { options } = defaults;
    this.defaults = defaults;
    this.device = device;
    const wished = defaults.recipes.find(({ recipe }) => recipe === options.recipe);
    this.recipe = wished?.refusal === null ? wished.recipe : defaults.recipe;
    this.calibration = options.calibration ?? null;
    this.validation = options.validation ?? null;
    this.preprocessing = defaults.preprocessing;
    this.output = null;
    this.twin = options.twin ?? null;
    this.storage = {};
    this.advanced = {
      activations: options.activations ?? 'auto',
      ports: options.ports ?? 'float',
      calibrationSamples: options.calibrationSamples ?? 100,
      threads: options.threads ?? 1,
      measure: options.measure ?? true,
      keep: options.keep ?? [],
      search: options.search ?? { maxLoss: DEFAULT_MAX_LOSS, seconds: DEFAULT_SEARCH_SECONDS },
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
    const { runs, weightsAlone } = defaults;
    const calibrated = this.takesCalibration;
    return html`
      <fieldset>
        <legend>Recipe</legend>
        ${defaults.recipes.map(({ recipe, refusal }) => {
          const { label, sentence } = factsOf(recipe);
          return html`<label class="recipe">
            <input
              type="radio"
              name="recipe"
              value=${recipe}
              .checked=${recipe === this.recipe}
              ?disabled=${refusal !== null}
              @change=${() => {
                this.recipe = recipe;
              }}
            />
            <span>
              ${label}
              ${recipe === defaults.recipe ? html`<span class="fits">fits: ${defaults.reason}</span>` : nothing}
              <span class="help">${refusal ?? sentence}</span>
            </span>
          </label>`;
        })}
      </fieldset>
      ${renderStorage(this.recipe, defaults, this.storage, (storage) => {
        this.storage = storage;
      })}
      ${
        weightsAlone
          ? renderTwin(this.twin, (twin) => {
              this.twin = twin;
            })
          : nothing
      }
      ${
        calibrated
          ? renderData(
              'calibration',
              'Calibration data',
              this.calibration,
              isCalibrated(this.recipe)
                ? 'Random data: accuracy will suffer'
                : 'None: weights are rounded to the nearest',
              (data) => {
                this.calibration = data;
              },
            )
          : nothing
      }
      ${runs || this.twin !== null ? this.renderValidation(defaults, calibrated) : nothing}
      ${
        this.recipe === 'int8' && this.advanced.search && this.advanced.measure
          ? html`<div class="field">${renderSearch(this.advanced.search, (search) => {
              this.advanced = { ...this.advanced, search };
            })}</div>`
          : nothing
      }
      <div class="field">
        <label class="label" for="output">Save as</label>
        <div class="path">
          <input
            id="output"
            type="text"
            spellcheck="false"
            .value=${this.output ?? this.offered?.output ?? ''}
            @input=${(event: Event) => {
              this.output = (event.target as HTMLInputElement).value;
            }}
          />
          <vscode-button secondary @click=${this.chooseOutput}>Choose…</vscode-button>
        </div>
        <span class="help">The model itself is never changed; an existing file is replaced only if you say so.</span>
      </div>
      ${runs && this.advanced.measure ? renderDeviceHint(this.device) : nothing}
      ${runs ? this.renderAdvanced(defaults, isCalibrated(this.recipe)) : nothing}
    `;
  }

  private renderValidation(defaults: QuantizeDefaults, calibrated: boolean) {
    return html`<div>
        ${renderData(
          'validation',
          'Accuracy is measured on',
          this.validation,
          this.calibration && calibrated ? 'A part of the calibration data, split off' : 'Random data',
          (data) => {
            this.validation = data;
          },
        )}
        ${this.renderLabels(calibrated)}
      </div>
      ${
        defaults.imageInput && (this.calibration || this.validation)
          ? renderPreprocessing(defaults.imageInput, this.preprocessing, (value) => {
              this.preprocessing = value;
            })
          : nothing
      }`;
  }

  private renderAdvanced({ choosesActivations, sequence }: QuantizeDefaults, calibrated: boolean) {
    const choices = {
      calibrated,
      activations: choosesActivations,
      ports: this.offered?.ports ?? false,
      sequence: this.advanced.measure ? sequence : null,
    };
    return html`<details>
        <summary>Advanced</summary>
        ${renderAdvanced(this.advanced, choices, (part) => {
          this.advanced = { ...this.advanced, ...part };
        })}
      </details>`;
  }

  /** Of the set that accuracy is measured on: the calibration data is split where it is the only one. */
  private renderLabels(calibrated: boolean) {
    if (this.validation) {
      return renderLabels(this.validation, (data) => {
        this.validation = data;
      });
    }
    if (!this.calibration || !calibrated) return nothing;
    return renderLabels(this.calibration, (data) => {
      this.calibration = data;
    });
  }

  /** Data set ranges of activations, or say how weights are rounded, through a twin where the model does not run. */
  private get takesCalibration(): boolean {
    return isCalibrated(this.recipe) || this.twin !== null || (this.offered?.rounds ?? false);
  }

  private get offered(): OfferedRecipe | undefined {
    return this.defaults?.recipes.find(({ recipe }) => recipe === this.recipe);
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
    const { lengths = [], ...advanced } = this.advanced;
    const options: Partial<QuantizeOptions> = {
      recipe: this.recipe,
      calibration: this.takesCalibration ? this.calibration : null,
      validation: defaults.runs || this.twin !== null ? this.validation : null,
      ...(this.twin !== null && { twin: this.twin }),
      ...chosenStorage(this.recipe, defaults, this.storage),
      preprocessing: this.preprocessing,
      output: this.output ?? this.offered?.output ?? '',
      ...advanced,
      ...(lengths.length > 0 && advanced.measure && { lengths }),
      ...(this.offered?.ports ? {} : { ports: 'float' as const }),
    };
    this.dispatchEvent(new CustomEvent('start', { detail: options }));
  }
}
