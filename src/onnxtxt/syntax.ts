import type { Graph } from '../model/model';

/**
 * What a text in ONNX's textual syntax says (https://onnx.ai/onnx/repo-docs/Syntax.html), without where it says it:
 * the printer writes it, the parser reads it. `docs/text.md` has what was added to the syntax.
 */
export interface TextModel {
  readonly header: readonly Entry[];
  readonly graph: TextGraph;
  readonly functions: readonly TextFunction[];
}

/** An entry of a header: `ir_version: 8`, `opset_import: ["" : 17]`. */
export interface Entry {
  readonly key: string;
  readonly value: bigint | string | readonly Pair[];
}

/** A key and its value; a number where it is a version. */
export type Pair = readonly [key: string, value: string | bigint];

/** Lists are iterated when they are printed, so that a model of 100,000 nodes is never there twice. */
export interface TextGraph {
  readonly name: string;
  readonly inputs: readonly TextValue[];
  readonly outputs: readonly TextValue[];
  /** Initializers, which have data, and types of other tensors, which have none. */
  readonly values: Iterable<TextValue>;
  readonly nodes: Iterable<TextNode>;
  /** The graph that it is the text of; absent in what was parsed. */
  readonly graph?: Graph;
  /** Where it stands, as index into the graphs' places; absent in what was not parsed. */
  readonly place?: number;
}

export interface TextFunction extends TextGraph {
  readonly header: readonly Entry[];
  /** Attributes that a caller sets; those with a value have a default. */
  readonly attributes: readonly (string | TextAttribute)[];
}

export interface TextNode {
  /** null where the file gives it none. */
  readonly name: string | null;
  readonly domain: string;
  readonly op: string;
  readonly overload: string;
  /** '' is one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly TextAttribute[];
}

export interface TextValue {
  readonly name: string;
  readonly type: TextType | null;
  readonly data?: TextData;
}

/** Elements of a tensor, or the file that they lie in. */
export type TextData =
  | {
      /** Integers are bigint, floating-point numbers number. */
      readonly elements: readonly Scalar[];
      /** false: only the first ones are listed. */
      readonly complete: boolean;
    }
  | { readonly external: readonly Pair[] };

export type Scalar = number | bigint | string;

/** Dimensions: a number, a name, or null for one that is open. */
export type TextDims = readonly (number | string | null)[];

export type TextType =
  /** `element` as ONNX's data types are named here, or `undefined`; dims null: of unknown rank. */
  | { readonly kind: 'tensor' | 'sparse'; readonly element: string; readonly dims: TextDims | null }
  | {
      readonly kind: 'quantized';
      readonly element: string;
      readonly dims: TextDims | null;
      readonly how: readonly TextAttribute[];
    }
  | { readonly kind: 'seq' | 'optional'; readonly of: TextType }
  | { readonly kind: 'map'; readonly key: string; readonly of: TextType }
  | { readonly kind: 'opaque'; readonly name: string };

/** Named as the syntax names them. */
export const ATTRIBUTE_KINDS = [
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse_tensor',
  'sparse_tensors',
  'type_proto',
  'type_protos',
] as const;

export type AttributeKind = (typeof ATTRIBUTE_KINDS)[number];

export interface TextAttribute {
  readonly name: string;
  /** null where it is not stated. */
  readonly kind: AttributeKind | null;
  readonly value: AttributeValue;
}

export type AttributeValue =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'tensor'; readonly name: string; readonly type: TextType; readonly data: TextData }
  | { readonly kind: 'graph'; readonly graph: TextGraph }
  | { readonly kind: 'type'; readonly type: TextType }
  /** `@name`: an attribute of the function's caller, or a graph that is written as a function. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly AttributeValue[]; readonly complete: boolean }
  /** `...`: the text does not say it. */
  | { readonly kind: 'elided' };
