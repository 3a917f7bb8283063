import { html, nothing } from 'lit';
import { ACTIVATIONS, PORTS, type QuantizeOptions } from '../../src/protocol/options';

/** What the recipe `int8` is searched by. */
export function renderSearch(
  search: QuantizeOptions['search'],
  change: (search: QuantizeOptions['search']) => void,
) {
  return html`<div class="grid">
      <label>
        Accuracy that may be lost, %
        <input type="number" min="0" max="100" step="any" required .value=${String(search.maxLoss)}
          @input=${(event: Event) => change({ ...search, maxLoss: numberOf(event) })} />
      </label>
      <label>
        Time for the search, s
        <input type="number" min="1" max="86400" required .value=${String(search.seconds)}
          @input=${(event: Event) => change({ ...search, seconds: numberOf(event) })} />
      </label>
    </div>
    <span class="help">Points of top-1 with labels, else samples in another class; without labels 20 dB are kept, too.</span>`;
}

/** What can be chosen besides threads, layers and measuring. */
interface Choices {
  /** The recipe quantizes activations. */
  readonly calibrated: boolean;
  /** Their type can be chosen. */
  readonly activations: boolean;
  /** Inputs and outputs can be integers. */
  readonly ports: boolean;
  /** The dimension at lengths of which latency is measured; null: there is none. */
  readonly sequence: string | null;
}

/** Positive integers with commas between them. */
const LENGTHS = String.raw`\s*[1-9]\d{0,6}\s*(,\s*[1-9]\d{0,6}\s*)*`;

/** What few need to change. */
export function renderAdvanced(
  options: Partial<QuantizeOptions>,
  choices: Choices,
  change: (part: Partial<QuantizeOptions>) => void,
) {
  const { activations, ports, calibrationSamples, threads, measure, keep, lengths } = options;
  return html`<div class="grid">
      ${
        choices.calibrated && choices.activations
          ? renderSelect('Activations', ACTIVATIONS, activations, 'auto (faster)', (one) =>
              change({ activations: one }),
            )
          : nothing
      }
      ${
        choices.ports
          ? renderSelect('Inputs and outputs', PORTS, ports, 'float', (one) => change({ ports: one }))
          : nothing
      }
      ${
        choices.calibrated
          ? html`<label>
                Calibration samples
                <input type="number" min="1" max="100000" required .value=${String(calibrationSamples)}
                  @input=${(event: Event) => change({ calibrationSamples: numberOf(event) })} />
              </label>`
          : nothing
      }
      <label>
        Threads
        <input type="number" min="1" max="1024" required .value=${String(threads)}
          @input=${(event: Event) => change({ threads: numberOf(event) })} />
      </label>
      ${
        choices.sequence === null
          ? nothing
          : html`<label title=${`The model leaves ${choices.sequence} open: it is timed at each of these lengths`}>
              Lengths of ${choices.sequence} to time
              <input id="lengths" type="text" spellcheck="false" placeholder="1, 128" pattern=${LENGTHS}
                .value=${lengths?.join(', ') ?? ''}
                @change=${(event: Event) => change({ lengths: lengthsOf(event) })} />
            </label>`
      }
    </div>
    <label class="field keep">
      Layers that stay in float
      <input type="text" spellcheck="false" placeholder="Names, with commas between them" .value=${keep?.join(', ') ?? ''}
        @change=${(event: Event) => change({ keep: namesOf(event) })} />
    </label>
    <label class="inline">
      <input type="checkbox" .checked=${measure ?? true}
        @change=${(event: Event) => change({ measure: (event.target as HTMLInputElement).checked })} />
      Measure latency (without, no slow layer goes back to float)
    </label>`;
}

/** @param first what the first one, the default, is called */
function renderSelect<T extends string>(
  label: string,
  names: readonly T[],
  chosen: T | undefined,
  first: string,
  change: (name: T) => void,
) {
  return html`<label>
    ${label}
    <select @change=${(event: Event) => change((event.target as HTMLSelectElement).value as T)}>
      ${names.map(
        (one, at) =>
          html`<option value=${one} ?selected=${one === chosen}>${at === 0 ? first : one}</option>`,
      )}
    </select>
  </label>`;
}

/** Names with commas between them; a name that holds a comma can only be given in the terminal. */
function namesOf(event: Event): string[] {
  return (event.target as HTMLInputElement).value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** [] where nothing is entered, or something else than lengths, which the field itself then says. */
function lengthsOf(event: Event): number[] {
  const { value, validity } = event.target as HTMLInputElement;
  return value.trim() === '' || !validity.valid ? [] : value.split(',').map(Number);
}

function numberOf(event: Event): number {
  return (event.target as HTMLInputElement).valueAsNumber;
}
