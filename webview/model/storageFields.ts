import { html, nothing } from 'lit';
import { type QuantizeOptions, WEIGHT_FORMS, type WeightForm } from '../../src/protocol/options';
import type { QuantizeDefaults } from '../../src/protocol/page';
import { hasForms, hasGroups, hasSparsity, type Recipe } from '../../src/protocol/recipes';

/** How weights alone are stored, besides what the recipe says; absent: as the recipe has it. */
export type Storage = Pick<QuantizeOptions, 'groupSize' | 'sparsity' | 'weightForm'>;

/** What of it the model's format has. */
type Offered = Pick<QuantizeDefaults, 'groupSizes' | 'weightForms' | 'weightsAlone'>;

const MAX_GROUP = 1_000_000;
const MAX_PERCENT = 99;

/** What a scale is for by default, where weights share one. */
const DEFAULT_BLOCK = 32;

const FORM_NAMES: Readonly<Record<WeightForm, string>> = {
  engine: 'ONNX Runtime',
  standard: 'any engine',
};

/** Whether a choice means something for a recipe and a format. */
function offers(recipe: Recipe, { groupSizes, weightForms, weightsAlone }: Offered) {
  return {
    groupSize: hasGroups(recipe) && groupSizes?.length !== 0,
    sparsity: hasSparsity(recipe) && weightsAlone,
    weightForm: hasForms(recipe) && weightForms,
  };
}

/** Those of the choices that mean something. */
export function chosenStorage(recipe: Recipe, offered: Offered, storage: Storage): Storage {
  const has = offers(recipe, offered);
  const { groupSize, sparsity, weightForm } = storage;
  return {
    ...(groupSize !== undefined && has.groupSize && { groupSize }),
    ...(sparsity !== undefined && has.sparsity && { sparsity }),
    ...(weightForm !== undefined && has.weightForm && { weightForm }),
  };
}

export function renderStorage(
  recipe: Recipe,
  offered: Offered,
  storage: Storage,
  change: (storage: Storage) => void,
) {
  const has = offers(recipe, offered);
  if (!has.groupSize && !has.sparsity && !has.weightForm) return nothing;
  const { groupSize: _, ...ungrouped } = storage;
  const { sparsity: __, ...dense } = storage;
  const changeGroup = (groupSize: number | null) =>
    change(groupSize === null ? ungrouped : { ...storage, groupSize });
  return html`<div class="grid">
    ${has.groupSize ? renderGroups(recipe, offered.groupSizes, storage.groupSize, changeGroup) : nothing}
    ${
      has.weightForm
        ? html`<label title="In operators of ONNX Runtime, which is fastest with them, or in standard ones that any engine has">
            Weights are written for
            <select id="weight-form" @change=${(event: Event) =>
              change({ ...storage, weightForm: (event.target as HTMLSelectElement).value as WeightForm })}>
              ${WEIGHT_FORMS.map(
                (form) =>
                  html`<option value=${form} ?selected=${form === (storage.weightForm ?? 'engine')}>${FORM_NAMES[form]}</option>`,
              )}
            </select>
          </label>`
        : nothing
    }
    ${
      has.sparsity
        ? html`<label title="The smallest weights become zero and are not stored; most models must be trained for that">
            Weights that become zero, in %
            <input id="sparsity" type="number" min="1" max=${MAX_PERCENT} placeholder=${recipe === 'sparse' ? '50' : '0'}
              .value=${storage.sparsity === undefined ? '' : String(Math.round(storage.sparsity * 100))}
              @input=${(event: Event) => {
                const percent = numberOf(event);
                change(percent === null ? dense : { ...storage, sparsity: percent / 100 });
              }} />
          </label>`
        : nothing
    }
  </div>`;
}

/** @param sizes that the format has; null: any */
function renderGroups(
  recipe: Recipe,
  sizes: readonly number[] | null,
  chosen: number | undefined,
  change: (size: number | null) => void,
) {
  const palette = recipe.startsWith('palette-');
  const label = palette ? 'Output channels that share a table' : 'Weights that share a scale';
  if (sizes !== null)
    return html`<label title="Smaller groups are nearer to float; larger ones are faster and smaller">
      ${label}
      <select id="group-size" @change=${(event: Event) =>
        change(Number((event.target as HTMLSelectElement).value))}>
        ${sizes.map(
          (size) =>
            html`<option value=${size} ?selected=${size === (chosen ?? DEFAULT_BLOCK)}>${size}${size === DEFAULT_BLOCK ? ' (default)' : ''}</option>`,
        )}
      </select>
    </label>`;
  return html`<label title="Smaller groups are nearer to float and larger files; they need iOS 18 or macOS 15">
    ${label}
    <input id="group-size" type="number" min="1" max=${MAX_GROUP} placeholder=${palette ? 'all' : String(DEFAULT_BLOCK)}
      .value=${String(chosen ?? '')}
      @input=${(event: Event) => change(numberOf(event))} />
  </label>`;
}

/** null: nothing was entered. */
function numberOf(event: Event): number | null {
  const { valueAsNumber } = event.target as HTMLInputElement;
  return Number.isNaN(valueAsNumber) ? null : valueAsNumber;
}
