import { html, nothing } from 'lit';
import type { QuantizeOptions } from '../../src/protocol/options';
import { hasGroups, hasSparsity, type Recipe } from '../../src/protocol/recipes';

/** How weights alone are stored, besides what the recipe says; absent: as the recipe has it. */
export type Storage = Pick<QuantizeOptions, 'groupSize' | 'sparsity'>;

const MAX_GROUP = 1_000_000;
const MAX_PERCENT = 99;

/** Those of the choices that the recipe has. */
export function chosenStorage(recipe: Recipe, { groupSize, sparsity }: Storage): Storage {
  return {
    ...(groupSize !== undefined && hasGroups(recipe) && { groupSize }),
    ...(sparsity !== undefined && hasSparsity(recipe) && { sparsity }),
  };
}

export function renderStorage(recipe: Recipe, storage: Storage, change: (storage: Storage) => void) {
  const palette = recipe.startsWith('palette-');
  const { groupSize: _, ...ungrouped } = storage;
  const { sparsity: __, ...dense } = storage;
  if (!hasSparsity(recipe)) return nothing;
  return html`<div class="grid">
    ${
      hasGroups(recipe)
        ? html`<label title="Smaller groups are nearer to float and larger files; they need iOS 18 or macOS 15">
            ${palette ? 'Output channels that share a table' : 'Weights that share a scale'}
            <input id="group-size" type="number" min="1" max=${MAX_GROUP} placeholder=${palette ? 'all' : '32'}
              .value=${String(storage.groupSize ?? '')}
              @input=${(event: Event) => {
                const groupSize = numberOf(event);
                change(groupSize === null ? ungrouped : { ...storage, groupSize });
              }} />
          </label>`
        : nothing
    }
    <label title="The smallest weights become zero and are not stored; most models must be trained for that">
      Weights that become zero, in %
      <input id="sparsity" type="number" min="1" max=${MAX_PERCENT} placeholder=${recipe === 'sparse' ? '50' : '0'}
        .value=${storage.sparsity === undefined ? '' : String(Math.round(storage.sparsity * 100))}
        @input=${(event: Event) => {
          const percent = numberOf(event);
          change(percent === null ? dense : { ...storage, sparsity: percent / 100 });
        }} />
    </label>
  </div>`;
}

/** null: nothing was entered. */
function numberOf(event: Event): number | null {
  const { valueAsNumber } = event.target as HTMLInputElement;
  return Number.isNaN(valueAsNumber) ? null : valueAsNumber;
}
