/** What is found in a Python source that defines a network. Positions are those of editors: zero-based, UTF-16. */
export interface SourceFile {
  /** Constructors of layers as they are written, in the order of the text. */
  readonly calls: readonly LayerCall[];
  /** Modules and models that the file builds: classes of PyTorch and Keras, and Keras models at the top level. */
  readonly modules: readonly SourceModule[];
  /** Classes of modules, whether something in the file makes one or not; what stands above them tells of it. */
  readonly classes: readonly SourceClass[];
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
  /** How many it makes; more than `instances` where there are too many to keep. */
  readonly made: number;
  /** Modules that they belong to of which not all is known. */
  readonly open: readonly OpenModule[];
}

/** What is said of a module of which not all is known. */
export type OpenModule = Pick<SourceModule, 'name' | 'atLeast' | 'gaps'>;

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
  /** In the order of the constructor's signature, defaults filled in. */
  readonly args: readonly LayerArgument[];
  /** Elements of its trainable weights; null where something that decides them is not known. */
  readonly parameters: number | null;
  /** Elements of what an exporter stores too but no optimizer changes, such as running statistics; null = unknown. */
  readonly buffers: number | null;
  /**
   * How the parameters are counted, such as `3·3·32·64 + 64`; an unknown factor stands as its argument's name.
   * null for a layer whose weights follow from what is not in its arguments.
   */
  readonly formula: string | null;
  /**
   * Shape of its output: numbers, or what stands for a size that the arguments do not decide (`N`, `H`, `H/2`).
   * null = nothing is known of it.
   */
  readonly output: readonly (number | string)[] | null;
  /** It depends on a condition that is not known, so it may not be made. */
  readonly uncertain: boolean;
  /** What could not be known and why, in sentences for people. */
  readonly unknown: readonly string[];
}

/** One argument of a layer's constructor. */
export interface LayerArgument {
  readonly name: string;
  /** As Python writes it, shortened; null = not known. */
  readonly value: string | null;
  /** false: the layer's default. */
  readonly given: boolean;
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
  /** Unique in the file: where one class is made with several arguments, they are part of it (`Net(10)`). */
  readonly name: string;
  /** The name in its definition. */
  readonly range: SourceRange;
  /** All layers that making one of it makes, in the order in which they are made. */
  readonly layers: readonly { readonly call: LayerCall; readonly instance: LayerInstance }[];
  /** false: some of it could not be followed, so there may be more layers. */
  readonly complete: boolean;
  /** What of it is not known and why, in sentences for people; empty where all is. */
  readonly gaps: readonly string[];
  /** The class or function that makes it; null for one that is put together outside of them. */
  readonly madeBy: string | null;
  /** Arguments that it is made with, as Python writes them: `10, 0.35`. */
  readonly args: string;
  /** Trainable elements of all its layers; null where a layer's are not known, or the module is not complete. */
  readonly parameters: number | null;
  /** Trainable elements that are certainly there: all where `parameters` is known. */
  readonly atLeast: number;
  /** Elements of statistics and the like that are stored with it. */
  readonly buffers: number | null;
}

/** A class of modules, for what is said above its definition. */
export interface SourceClass {
  readonly framework: Framework;
  readonly name: string;
  /** The name in its definition. */
  readonly range: SourceRange;
  /** Each time that one of it was made, by itself or inside another module, up to a bound. */
  readonly makings: readonly ClassMaking[];
  /** How often it was made in all. */
  readonly made: number;
}

export interface ClassMaking {
  readonly args: string;
  readonly parameters: number | null;
  /** As of `SourceModule`. */
  readonly atLeast: number;
  readonly buffers: number | null;
  readonly layers: number;
  /** Name of the module of `SourceFile.modules` that it is, or is part of; null = of none. */
  readonly module: string | null;
}
