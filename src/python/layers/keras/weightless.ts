import { signature } from '../signature';
import type { LayerSpec } from '../spec';
import { sameShape } from './inputs';

/** Layers without weights whose output has the shape of their input. */
const SAME_SHAPE: Record<string, string> = {
  Activation: 'activation',
  ActivityRegularization: 'l1=0.0, l2=0.0',
  AlphaDropout: 'rate, noise_shape=None, seed=None',
  Dropout: 'rate, noise_shape=None, seed=None',
  ELU: 'alpha=1.0',
  GaussianDropout: 'rate, seed=None',
  GaussianNoise: 'stddev, seed=None',
  Identity: '',
  LeakyReLU: 'negative_slope=0.3',
  Masking: 'mask_value=0.0',
  RandomBrightness: 'factor, value_range=(0, 255), seed=None',
  RandomContrast: 'factor, value_range=(0, 255), seed=None',
  RandomFlip: 'mode="horizontal_and_vertical", seed=None',
  RandomRotation: 'factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0',
  RandomTranslation:
    'height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0',
  RandomZoom:
    'height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0',
  ReLU: 'max_value=None, negative_slope=0.0, threshold=0.0',
  Rescaling: 'scale, offset=0.0',
  Softmax: 'axis=-1',
  SpatialDropout1D: 'rate, seed=None, name=None, dtype=None',
  SpatialDropout2D: 'rate, data_format=None, seed=None, name=None, dtype=None',
  SpatialDropout3D: 'rate, data_format=None, seed=None, name=None, dtype=None',
  ThresholdedReLU: 'theta=1.0',
};

export const weightless: Record<string, LayerSpec> = {
  // What a function gives for its input is not followed.
  Lambda: { signature: signature('function, output_shape=None, mask=None, arguments=None') },
};
for (const [name, parameters] of Object.entries(SAME_SHAPE))
  weightless[name] = { signature: signature(parameters), output: sameShape };
