import { html, nothing } from 'lit';
import { CHANNELS, PRESETS, type Preprocessing, type Preset } from '../../src/protocol/options';
import type { QuantizeDefaults } from '../../src/protocol/page';
import { DEFAULT_PRESET, PRESET_VALUES } from '../../src/protocol/presets';

const PRESET_LABELS: Record<Preset, string> = {
  imagenet: 'ImageNet mean and std',
  half: '−1 … 1',
  unit: '0 … 1',
  caffe: 'Caffe (BGR)',
  none: '0 … 255',
};

type Size = NonNullable<QuantizeDefaults['imageInput']>;

/** How images become inputs: a preset and its numbers. `change` gets null for "not known". */
export function renderPreprocessing(
  size: Size,
  given: Preprocessing | null,
  change: (preprocessing: Preprocessing | null) => void,
) {
  const used = given ?? PRESET_VALUES[DEFAULT_PRESET];
  const set = (part: Partial<Preprocessing>) => change({ ...used, ...part });
  const chosen = given === null ? null : presetOf(given);
  const list = (label: string, name: 'mean' | 'std') => html`<label>
    ${label}
    <input type="text" inputmode="decimal" pattern="\\s*-?[\\d.]+(\\s*,\\s*-?[\\d.]+)*\\s*" .value=${used[name].join(', ')}
      @change=${(event: Event) => {
        const numbers = text(event).split(',').map(Number);
        if (numbers.every(Number.isFinite)) set({ [name]: numbers });
      }} />
  </label>`;
  const side = (label: string, name: 'resize' | 'crop', placeholder: string) => html`<label>
    ${label}
    <input type="number" min="1" max="16384" placeholder=${placeholder} .value=${String(used[name] ?? '')}
      @change=${(event: Event) => set({ [name]: text(event) === '' ? null : Number(text(event)) })} />
  </label>`;
  return html`<fieldset>
    <legend>How images become inputs of ${size.width} × ${size.height}</legend>
    <div class="presets">
      ${PRESETS.map(
        (preset) => html`<label>
          <input type="radio" name="preset" value=${preset} .checked=${preset === chosen}
            @change=${() => change({ ...PRESET_VALUES[preset] })} />
          ${PRESET_LABELS[preset]}
        </label>`,
      )}
    </div>
    <div class="grid">
      <label>
        Scale
        <input type="number" step="any" required .value=${String(Number(used.scale.toPrecision(8)))}
          @change=${(event: Event) => {
            const scale = Number(text(event));
            if (Number.isFinite(scale) && scale !== 0) set({ scale });
          }} />
      </label>
      ${list('Mean', 'mean')} ${list('Std', 'std')}
      <label>
        Channels
        <select @change=${(event: Event) => set({ channels: text(event) === 'bgr' ? 'bgr' : 'rgb' })}>
          ${CHANNELS.map((one) => html`<option value=${one} ?selected=${one === used.channels}>${one.toUpperCase()}</option>`)}
        </select>
      </label>
      ${side('Shorter side', 'resize', 'input · 256/224')} ${side('Crop', 'crop', 'input’s size')}
    </div>
    <p class="help">
      Input = (pixel · scale − mean) / std, layout ${size.layout.toUpperCase()}.
      ${
        given === null
          ? html`Nobody said how this model was trained; other numbers than in training ruin its accuracy.`
          : nothing
      }
    </p>
  </fieldset>`;
}

/** The preset whose numbers these are, null where they are others. */
function presetOf(given: Preprocessing): Preset | null {
  const same = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length && a.every((value, place) => value === b[place]);
  const found = PRESETS.find((preset) => {
    const other = PRESET_VALUES[preset];
    return (
      given.scale === other.scale &&
      given.channels === other.channels &&
      same(given.mean, other.mean) &&
      same(given.std, other.std)
    );
  });
  return found ?? null;
}

function text(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
