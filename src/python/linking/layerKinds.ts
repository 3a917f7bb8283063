/** What linking must know of layers, by their names in `torch.nn` and `keras.layers`. */

/** Exporting for inference leaves nothing of them. */
const WITHOUT_TRACE =
  /^(Lazy)?(Identity|InputLayer|ActivityRegularization|(Alpha|Feature\w*)?Dropout[123]?d?|SpatialDropout[123]D|Gaussian(Noise|Dropout)|Random[A-Z]\w*)$/;

/** Scale and shift each channel by statistics that are fixed when exporting, so they can become part of a weight. */
const FOLDABLE = /^(LazyBatchNorm[123]d|BatchNorm[123]d|SyncBatchNorm|BatchNormalization)$/;

/** Layers that a normalization behind them can become part of. */
const HOST = /^(Lazy)?((Depthwise|Separable)?Conv(Transpose)?[123][dD](Transpose)?|Linear|Dense)$/;

/** Exporters join the weights of their gates, heads and directions, or take them apart. */
const REGROUPED =
  /^(Bidirectional|(Simple|Conv)?(RNN|LSTM|GRU)(Cell|[123]D)?|(Group)?Multi[hH]ead\w*|\w*Attention|Transformer\w*)$/;

export const leavesNoTrace = (layer: string) => WITHOUT_TRACE.test(layer);
export const isFoldable = (layer: string) => FOLDABLE.test(layer);
export const canHoldNormalization = (layer: string) => HOST.test(layer);
export const isRegrouped = (layer: string) => REGROUPED.test(layer);
/** A matrix of outputs times inputs, which may be stored either way. */
export const isDense = (layer: string) => /^(Lazy)?(Linear|Dense)$/.test(layer);
/** Keras keeps a kernel's channels and how many each makes apart, other formats as one dimension. */
export const isDepthwise = (layer: string) => /^(Depthwise|Separable)Conv[12]D$/.test(layer);
