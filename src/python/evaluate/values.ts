import type { Framework } from '../sourceFile';
import type { ClassDefinition, Expression, Parameter, Site, StatementNode } from '../syntax/ast';

/** A value of the evaluated program. What is not known is a value like any other, and says why. */
export type Value =
  | number
  | string
  | boolean
  | null
  | Unknown
  | Sequence
  | Dict
  | Range
  | Slice
  | FunctionValue
  | BoundMethod
  | ClassValue
  | External
  | Builtin
  | SuperValue
  | Layer
  | Container
  | Instance
  | KerasModel
  | TensorValue
  | Weight
  | Partial
  | Choice;

export interface Unknown {
  readonly kind: 'unknown';
  /** A clause that continues "…, because": "`c` comes from outside this file". */
  readonly reason: string;
  /** It came from code that is not followed, so it may be a module with layers of its own. */
  readonly maybeModule: boolean;
  /** It is one of what this holds, or part of one; null where it comes from elsewhere. */
  readonly within: Value;
}

/** A list, tuple or set. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly of: 'list' | 'tuple' | 'set';
  items: Value[];
  /** How many of the first items are certainly where they stand; infinite where nothing is in doubt. */
  certain: number;
}

export interface Dict {
  readonly kind: 'dict';
  readonly entries: Map<string | number | boolean | null, Value>;
  /** There may be more, or less. */
  open: boolean;
}

/** `range(…)`, which is not made a list because it may be long. */
export interface Range {
  readonly kind: 'range';
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export interface Slice {
  readonly kind: 'slice';
  readonly from: Value;
  readonly to: Value;
  readonly step: Value;
}

export interface FunctionValue {
  readonly kind: 'function';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly StatementNode[] | Expression;
  readonly defaults: ReadonlyMap<string, Value>;
  readonly scope: Scope;
  /** The class whose body defines it. */
  readonly owner: ClassValue | null;
  readonly decoration: 'static' | 'class' | 'property' | null;
  /** Name in its definition; null for a lambda. */
  readonly site: Site | null;
}

export interface BoundMethod {
  readonly kind: 'bound';
  readonly self: Value;
  /** A function of the file, or the name of a method that is built in. */
  readonly method: FunctionValue | string;
}

/** A class of the file. */
export interface ClassValue {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: Value[];
  readonly attributes: Map<string, Value>;
  readonly definition: ClassDefinition;
  /** What its constructor takes where it is made from the class's fields; null for any other class. */
  record: RecordClass | null;
}

/** A dataclass, NamedTuple or the like. */
export interface RecordClass {
  readonly style: 'dataclass' | 'tuple' | 'pydantic';
  readonly fields: readonly RecordField[];
}

export interface RecordField {
  readonly name: string;
  /** undefined: it must be given. */
  readonly default: Value | undefined;
  /** Makes its default anew for every object. */
  readonly factory: Value | undefined;
  readonly keywordOnly: boolean;
  /** false: the constructor does not take it. */
  readonly init: boolean;
  /** It is handed on to `__post_init__` and not kept. */
  readonly passing: boolean;
  /** Why what is given may not be what is kept; null where it is. */
  readonly converted: string | null;
  /** Its type is one of numbers, texts and the like. */
  readonly plain: boolean;
}

/** Something of a library, known by its full name. */
export interface External {
  readonly kind: 'external';
  readonly path: string;
}

export interface Builtin {
  readonly kind: 'builtin';
  readonly name: string;
}

export interface SuperValue {
  readonly kind: 'super';
  readonly self: Value;
  readonly owner: ClassValue;
}

/** A layer of a framework, made by a constructor in the file. */
export interface Layer {
  readonly kind: 'layer';
  readonly framework: Framework;
  readonly layer: string;
  readonly site: Site;
  readonly args: ReadonlyMap<string, Value>;
  /** Names of the arguments that the call gives. */
  readonly given: ReadonlySet<string>;
  /** Its place among all that was made. */
  readonly order: number;
  readonly uncertain: boolean;
  /** Keras: its name, given or counted. */
  readonly name: string | null;
  /** What the program sets on it: weights in the place of its own (None = gone), and modules. */
  readonly attributes: Map<string, Value>;
  /** Its own weights that the program looked at, by their names. */
  readonly own: Map<string, Weight>;
  /** Why it may be another one by now; null where everything that happened to it was followed. */
  touched: string | null;
  /** Keras: shapes of what it was first called with, batch included; null = not known. */
  inputs: readonly (TensorShape | null)[] | null;
}

/** A framework's module that holds others: Sequential, ModuleList, ModuleDict. */
export interface Container {
  readonly kind: 'container';
  readonly framework: Framework;
  readonly type: string;
  items: [key: string, value: Value][];
  /** As of `Sequence`. */
  certain: number;
  /** As of `Layer`. */
  touched: string | null;
  readonly order: number;
  readonly name: string | null;
  /** Keras: the tensor that comes out of the last layer; null = not known. */
  output: TensorValue | null;
}

/** An object of a class of the file that is a module. */
export interface Instance {
  readonly kind: 'instance';
  readonly cls: ClassValue;
  readonly framework: Framework | null;
  readonly attributes: Map<string, Value>;
  /** What its class inherits from the framework: a layer or a container, once it is initialized. */
  base: Layer | Container | null;
  /** Why making it could not be followed to its end; null where it was. */
  failed: string | null;
  /** Keras: its `build` was run, or it has none. */
  built: boolean;
  /** As of `Layer`. */
  touched: string | null;
  readonly args: string;
  readonly order: number;
  readonly uncertain: boolean;
}

/** `keras.Model(inputs, outputs)`. */
export interface KerasModel {
  readonly kind: 'kerasModel';
  readonly inputs: readonly TensorValue[];
  readonly outputs: readonly TensorValue[];
  /** Why there may be outputs besides those; null where all are known. */
  readonly open: string | null;
  /** As of `Layer`. */
  touched: string | null;
  readonly name: string | null;
  readonly order: number;
}

export type TensorShape = readonly (number | null)[];

/** A tensor of a functional Keras model, and what it was made of. */
export interface TensorValue {
  readonly kind: 'tensor';
  readonly shape: TensorShape | null;
  readonly by: Value;
  readonly from: readonly TensorValue[];
}

/** A parameter that a module holds itself: `nn.Parameter(torch.zeros(…))`. */
export interface Weight {
  readonly kind: 'weight';
  readonly framework: Framework;
  /** What it is called where a layer's name stands: `Parameter`, `Buffer`. */
  readonly layer: string;
  /** null = the shape is not known. */
  readonly shape: TensorShape | null;
  readonly site: Site;
  readonly trainable: boolean;
  /** The layer that made it, and what it is called there; null for one that the program makes. */
  readonly of: { readonly layer: Layer; readonly role: string } | null;
  /** As of `Layer`. */
  touched: string | null;
  readonly order: number;
  readonly uncertain: boolean;
}

/** `functools.partial(…)`. */
export interface Partial {
  readonly kind: 'partial';
  readonly callee: Value;
  readonly args: CallArguments;
}

/** Values that a call hands over. */
export interface CallArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  /** `*values` or `**values` stands there whose value is not known: why. */
  readonly open: string | null;
  /** How many of the first positional ones are certain, where not all are. */
  readonly certain?: number;
}

/** One of several, which a condition decides that is not known. */
export interface Choice {
  readonly kind: 'choice';
  readonly options: readonly Value[];
}

/** Names and their values; a class's body is not seen from its methods. */
export interface Scope {
  readonly names: Map<string, Value>;
  readonly parent: Scope | null;
  /** Names that a `global` or `nonlocal` statement hands to the scopes around. */
  readonly outer: Set<string>;
}

/** @param maybeModule false for what is certainly a number, a text or a tensor */
export function unknown(reason: string, maybeModule = true, within: Value = null): Unknown {
  return { kind: 'unknown', reason, maybeModule, within };
}

export function list(
  items: Value[],
  of: Sequence['of'] = 'list',
  certain = Number.POSITIVE_INFINITY,
): Sequence {
  return { kind: 'sequence', of, items, certain };
}

/** Whether its items and their number are known. */
export function isCertain(holder: { readonly certain: number }): boolean {
  return holder.certain === Number.POSITIVE_INFINITY;
}

export function isKind<K extends Exclude<Value, number | string | boolean | null>['kind']>(
  value: Value | undefined,
  kind: K,
): value is Extract<Value, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** What a loop or branch that may not have run leaves of a value: the same, if it is there at all. */
export function doubtful(value: Value): Value {
  return isModule(value) && !isKind(value, 'choice') ? { kind: 'choice', options: [value] } : value;
}

/** It is, holds or may be a module. */
export function isModule(value: Value): value is Layer | Container | Instance | KerasModel | Weight | Choice {
  if (typeof value !== 'object' || value === null) return false;
  return ['layer', 'container', 'instance', 'kerasModel', 'weight', 'choice'].includes(value.kind);
}

export function isScalar(value: Value | undefined): value is number | string | boolean | null {
  return value === null || (typeof value !== 'object' && value !== undefined);
}

/** Libraries whose classes and functions stand for themselves; what others export may be any value. */
const LIBRARIES =
  /^(torch|keras|tensorflow|numpy|math|functools|typing|collections|copy|itertools|abc|dataclasses|enum|types|attrs?|pydantic)\b/;

/** Why a value is not known; null for a known one. */
export function reasonOf(value: Value): string | null {
  if (isKind(value, 'unknown')) return value.reason;
  if (isKind(value, 'external') && !LIBRARIES.test(value.path))
    return `\`${value.path}\` comes from outside this file`;
  if (isKind(value, 'external') && /\.(__version__|version|backends)(\.|$)/.test(value.path))
    return `\`${value.path}\` differs between computers`;
  if (isKind(value, 'choice')) return 'it depends on a condition that is not known';
  return null;
}

/** As Python would write it, shortened. */
export function python(value: Value, budget = 60): string {
  if (budget < 4) return '…';
  const text = written(value, budget);
  return text.length > budget ? `${text.slice(0, budget - 1)}…` : text;
}

function written(value: Value, budget: number): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `'${value}'`;
  switch (value.kind) {
    case 'sequence': {
      const items = value.items.slice(0, budget).map((item) => python(item, budget >> 1));
      const rest = value.items.length > budget ? ', …' : '';
      if (value.of === 'tuple') return `(${items.join(', ')}${items.length === 1 ? ',' : rest})`;
      return value.of === 'list' ? `[${items.join(', ')}${rest}]` : `{${items.join(', ')}${rest}}`;
    }
    case 'external':
      return value.path.slice(value.path.lastIndexOf('.') + 1);
    case 'class':
    case 'builtin':
      return value.name;
    case 'function':
      return value.name;
    case 'partial':
      return `partial(${python(value.callee, budget >> 1)})`;
    case 'layer':
      return `${value.layer}(…)`;
    case 'instance':
      return `${value.cls.name}(${value.args === '' || value.args.length <= budget ? value.args : '…'})`;
    case 'container':
      return `${value.type}(…)`;
    case 'range':
      return `range(${value.from}, ${value.to}, ${value.step})`;
    default:
      return '?';
  }
}
