import type { QuantizeOptions } from '../options';
import type { LayerReference } from '../reports';

/** Something worth knowing or doing next, in plain words. */
export interface Finding {
  /** Id of the rule that found it. */
  rule: string;
  /** A sentence with the figure that it stands on. Layers are not named in it: `layers` does. */
  text: string;
  /** The layers that it is about. */
  layers: LayerReference[];
  /** What one click does about it; null: there is nothing to be done but to look. */
  action: AdviceAction | null;
  /** The warning of a report that says the same, with less. */
  replaces?: string;
}

export type AdviceAction =
  | {
      kind: 'quantize';
      label: string;
      options: Partial<Pick<QuantizeOptions, 'recipe' | 'calibration' | 'keep'>>;
    }
  /** Give sizes that the model leaves open: of dimensions by their names, and whole ones of inputs with nameless ones. */
  | { kind: 'dimensions'; label: string; dims: string[]; inputs: string[] }
  /** Look at the memory over time. */
  | { kind: 'memory'; label: string }
  /** Look at what has room on the device. */
  | { kind: 'device'; label: string; device: string };
