/** What is found in a Python source that defines a network. Positions are those of editors: zero-based, UTF-16. */
export interface SourceFile {
  /** Constructors of layers as they are written, in the order of the text. */
  readonly calls: readonly LayerCall[];
  /** Modules and models that the file builds: classes of PyTorch and Keras, and Keras models at the top level. */
  readonly modules: readonly SourceModule[];
}

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface SourceRange {
  readonly start: Position;
  readonly end: Position;
}

export type Framework = 'torch' | 'keras';

/** A layer's constructor at its place in the source. */
export interface LayerCall {
  readonly framework: Framework;
  /** Its name in `torch.nn` or `keras.layers`, such as `Conv2d`, whatever the source calls it. */
  readonly layer: string;
  /** The constructor's name as it is written, such as `nn.Conv2d`. */
  readonly range: SourceRange;
  /**
   * What it makes. One that stands in a loop, or in a class that is made several times, makes several; one that no
   * module was seen to reach has one with what its own arguments say.
   */
  readonly instances: readonly LayerInstance[];
}

/** One layer that a constructor makes. */
export interface LayerInstance {
  /** Name of the module of `SourceFile.modules` that it belongs to; null where none was seen to make it. */
  readonly module: string | null;
  /**
   * PyTorch: path of attributes and indices from that module, such as `features.3.conv.1`. Keras: the layer's name,
   * given or counted (`conv2d_1`). null = not known.
   */
  readonly path: string | null;
  /** Tensors that it creates; null where an argument that decides them is not known. */
  readonly weights: readonly LayerWeight[] | null;
}

export interface LayerWeight {
  /** The framework's name of it: `weight`, `bias`, `running_mean`, `kernel`, `gamma` … */
  readonly role: string;
  /** In the framework's own order of dimensions; null = that dimension is not known. */
  readonly shape: readonly (number | null)[];
  /** false: a buffer or statistic, which an exporter stores too, but no optimizer changes. */
  readonly trainable: boolean;
}

/** A module class, or a model that is put together outside of one. */
export interface SourceModule {
  readonly framework: Framework;
  readonly name: string;
  /** The name in its definition. */
  readonly range: SourceRange;
  /** All layers that making one of it makes, in the order in which they are made. */
  readonly layers: readonly { readonly call: LayerCall; readonly instance: LayerInstance }[];
  /** Some of it could not be followed, so there may be more layers. */
  readonly complete: boolean;
}
