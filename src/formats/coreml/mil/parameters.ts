import { type DataType, isFloat } from '../../../model/dataType';

/** Floating-point parameters that set how an operation works and are never weights (MIL's operator sets). */
const FLOAT_SETTINGS: ReadonlySet<string> = new Set([
  'bn_eps',
  'clip',
  'constant_val',
  'epsilon',
  'iou_threshold',
  'k',
  'keep_prob',
  'max_val',
  'maxval',
  'mean_val',
  'min_val',
  'minval',
  'off_value',
  'on_value',
  'prob',
  'scale_factor_height',
  'scale_factor_width',
  'score_threshold',
  'spatial_scale',
  'stddev',
  'value',
  'zero_point',
]);

/** Parameters that are weights in one operation and set another one. */
const SETTINGS_OF = new Map<string, ReadonlySet<string>>(
  Object.entries({
    clamped_relu: new Set(['alpha', 'beta']),
    clip: new Set(['alpha', 'beta']),
    dequantize: new Set(['scale']),
    elu: new Set(['alpha']),
    leaky_relu: new Set(['alpha']),
    linear_activation: new Set(['alpha', 'beta']),
    local_response_norm: new Set(['alpha', 'beta']),
    quantize: new Set(['scale']),
    range_1d: new Set(['start', 'end', 'step']),
    scaled_tanh: new Set(['alpha', 'beta']),
    sigmoid_hard: new Set(['alpha', 'beta']),
    threshold: new Set(['alpha']),
    thresholded_relu: new Set(['alpha']),
  }),
);

/** Parameters whose integers are data, as quantized weights are. */
const INTEGER_DATA: ReadonlySet<string> = new Set(['weight', 'input']);

/** Whether what an operation is given for a parameter only sets how it works. */
export function isSetting(operation: string, parameter: string, type: DataType | undefined): boolean {
  if (FLOAT_SETTINGS.has(parameter) || SETTINGS_OF.get(operation)?.has(parameter)) return true;
  return type !== undefined && !isFloat(type) && !INTEGER_DATA.has(parameter);
}
