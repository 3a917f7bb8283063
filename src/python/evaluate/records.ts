import type { ClassDefinition, Expression, Site } from '../syntax/ast';
import { instantiate, libraryBases, lineage } from './classes';
import type { Machine } from './machine';
import { isPlainType } from './types';
import {
  type CallArguments,
  type ClassValue,
  type Instance,
  isKind,
  isScalar,
  type RecordClass,
  type RecordField,
  type Scope,
  unknown,
  type Value,
} from './values';

/** Decorators that make a constructor of a class's fields. */
const DECORATOR = /(^|\.)dataclass$|^attrs?\.(s|attrs|define|frozen|mutable)$/;

/** What stands for a default and says more of the field. */
const FIELD = /^(dataclasses\.field|attrs?\.(ib|attrib|field)|pydantic\.Field)$/;

/** The library's function or class that a value names or is a call of. */
function pathOf(value: Value | undefined): string {
  if (isKind(value, 'partial')) return pathOf(value.callee);
  return isKind(value, 'external') ? value.path : '';
}

/** Calls that are kept as they are, for the class that they stand in: `field(default=3)`, `@dataclass(kw_only=True)`. */
export function isRecordCall(path: string): boolean {
  return FIELD.test(path) || DECORATOR.test(path);
}

/** What a class's constructor takes, where its fields say it; null for any other class. */
export function recordOf(
  machine: Machine,
  cls: ClassValue,
  definition: ClassDefinition,
  decorators: readonly Value[],
  scope: Scope,
): RecordClass | null {
  const decorator = decorators.find((one) => DECORATOR.test(pathOf(one)));
  const bases = libraryBases(cls);
  const style = decorator
    ? 'dataclass'
    : cls.bases.some((one) => pathOf(one) === 'typing.NamedTuple')
      ? 'tuple'
      : bases.includes('pydantic.BaseModel')
        ? 'pydantic'
        : null;
  if (style === null) return null;
  const fields = new Map<string, RecordField>();
  for (const base of lineage(cls).slice(1).toReversed())
    for (const field of base.record?.fields ?? []) fields.set(field.name, field);
  let keywordOnly =
    style === 'pydantic' || (isKind(decorator, 'partial') && decorator.args.named.get('kw_only') === true);
  // What checks values may change them.
  const checks = definition.body.some(
    (node) =>
      node.type === 'function' &&
      node.decorators.some((one) => /valid|serial/i.test(JSON.stringify(textOf(one)))),
  );
  for (const node of definition.body) {
    if (node.type !== 'assign' && node.type !== 'declare') continue;
    const target = node.type === 'assign' ? node.targets[0] : node.target;
    if (target?.type !== 'name') continue;
    const value = node.type === 'assign' ? cls.attributes.get(target.name) : undefined;
    const isField = FIELD.test(pathOf(value));
    if (node.annotation === null && !isField) continue;
    const type = node.annotation === null ? '' : textOf(node.annotation);
    if (type.endsWith('KW_ONLY')) keywordOnly = true;
    if (type.includes('ClassVar') || type.endsWith('KW_ONLY')) continue;
    const plain = node.annotation !== null && isPlainType(machine, node.annotation, scope);
    const field = fieldOf(target.name, value, { keywordOnly, type, plain });
    fields.set(
      target.name,
      checks ? { ...field, converted: `\`${cls.name}\` checks what it is given` } : field,
    );
    // Of the class itself, a field is its default.
    if (field.default !== undefined) cls.attributes.set(target.name, field.default);
    else cls.attributes.delete(target.name);
  }
  return { style, fields: [...fields.values()] };
}

function fieldOf(
  name: string,
  value: Value | undefined,
  { keywordOnly, type, plain }: { keywordOnly: boolean; type: string; plain: boolean },
): RecordField {
  const field: RecordField = {
    name,
    default: value,
    factory: undefined,
    keywordOnly,
    init: true,
    passing: type.includes('InitVar'),
    converted: null,
    plain,
  };
  if (!isKind(value, 'partial') || !FIELD.test(pathOf(value))) return field;
  const { named, positional, open } = value.args;
  // `Field(...)` must be given.
  const [first] = positional;
  const usual = named.get('default') ?? (isKind(first, 'builtin') ? undefined : first);
  return {
    ...field,
    default: open === null ? usual : unknown(open),
    factory: named.get('default_factory') ?? named.get('factory'),
    keywordOnly: keywordOnly || named.get('kw_only') === true,
    init: named.get('init') !== false,
    converted: named.has('converter') || named.has('alias') ? `\`${name}\` is converted` : null,
  };
}

/** Names in a type or decorator. */
function textOf(node: Expression): string {
  switch (node.type) {
    case 'name':
      return node.name;
    case 'attribute':
      return `${textOf(node.object)}.${node.name}`;
    case 'subscript':
      return `${textOf(node.object)}[]`;
    case 'call':
      return textOf(node.callee);
    case 'constant':
      return String(node.value);
    default:
      return '';
  }
}

/** Gives a new object of a record class its fields. */
export function fillRecord(
  machine: Machine,
  instance: Instance,
  { style, fields }: RecordClass,
  { positional, named, open }: CallArguments,
  site: Site,
): Value[] {
  let at = 0;
  const passed: Value[] = [];
  for (const field of fields) {
    const { name, plain } = field;
    let value: Value | undefined;
    if (field.init && !field.keywordOnly && at < positional.length) value = positional[at++];
    else if (field.init) value = named.get(name);
    if (value !== undefined && mayConvert(style, value, plain)) value = unknown(`\`${name}\` is converted`);
    if (value === undefined && open !== null && field.init) value = unknown(open, !plain);
    if (value === undefined && field.factory !== undefined)
      value = machine.call(field.factory, { positional: [], named: new Map(), open: null }, site);
    value ??= field.default;
    if (value === undefined && field.init)
      value = unknown(
        `\`${name}\` is a field of \`${instance.cls.name}\` that nothing in this file gives`,
        !plain,
      );
    if (value === undefined) continue;
    if (field.passing) passed.push(value);
    else machine.set(instance.attributes, name, field.converted === null ? value : unknown(field.converted));
  }
  return passed;
}

/** pydantic turns texts into numbers and dicts into objects. */
function mayConvert(style: RecordClass['style'], value: Value, plain: boolean): boolean {
  return style === 'pydantic' && (typeof value === 'string' ? !plain : isKind(value, 'dict'));
}

/** `dataclasses.replace(object, **changes)` and `object._replace(**changes)`: a new one that differs in what is given. */
export function remade(
  machine: Machine,
  object: Instance,
  { named, open }: CallArguments,
  site: Site,
): Value {
  const { record } = object.cls;
  if (!record || object.touched !== null) return unknown(object.touched ?? 'what is replaced is not known');
  const all = new Map<string, Value>();
  for (const { name, init } of record.fields) {
    const value = named.get(name) ?? (open === null ? object.attributes.get(name) : unknown(open));
    if (init && value !== undefined) all.set(name, value);
  }
  return instantiate(machine, object.cls, { positional: [], named: all, open: null }, site);
}

/** `collections.namedtuple('Row', 'a b', defaults=…)`; null where its fields are not known. */
export function namedTuple(machine: Machine, { positional, named }: CallArguments): ClassValue | null {
  const [name, list] = positional;
  const names =
    typeof list === 'string'
      ? list.split(/[\s,]+/).filter((one) => one !== '')
      : isKind(list, 'sequence')
        ? list.items.map((one) => (isKind(one, 'sequence') ? one.items[0] : one))
        : null;
  if (typeof name !== 'string' || !names?.every((one) => typeof one === 'string')) return null;
  const given = named.get('defaults');
  const defaults = isKind(given, 'sequence') ? given.items : [];
  const fields = names.map((one, at) => ({
    ...fieldOf(one, defaults[at - names.length + defaults.length], {
      keywordOnly: false,
      type: '',
      plain: false,
    }),
  }));
  return { ...plainClass(machine, name), record: { style: 'tuple', fields } };
}

/** `SimpleNamespace(a=1)` and the like: an object with what it is given. */
export function namespace(machine: Machine, { named, open }: CallArguments, name: string): Instance {
  return {
    kind: 'instance',
    cls: plainClass(machine, name),
    framework: null,
    attributes: new Map(named),
    base: null,
    failed: null,
    built: true,
    touched: open,
    args: '',
    order: machine.nextOrder(),
    uncertain: false,
  };
}

function plainClass(machine: Machine, name: string): ClassValue {
  const definition = {
    type: 'class',
    name,
    bases: [],
    body: [],
    decorators: [],
    site: machine.nowhere,
  } as const;
  return { kind: 'class', name, bases: [], attributes: new Map(), definition, record: null };
}

/** Members of an enumeration are objects of their own, unless they are numbers or texts too. */
export function makeMembers(machine: Machine, cls: ClassValue): void {
  if (!isEnumeration(cls) || libraryBases(cls).some((base) => /^enum\.(Int|Str)/.test(base))) return;
  if (cls.bases.some((base) => isKind(base, 'builtin'))) return;
  for (const [name, value] of cls.attributes) {
    if (name.startsWith('_') || (!isScalar(value) && ['function', 'class', 'instance'].includes(value.kind)))
      continue;
    const member = namespace(
      machine,
      {
        positional: [],
        named: new Map([
          ['value', value],
          ['name', name],
        ]),
        open: null,
      },
      cls.name,
    );
    cls.attributes.set(name, { ...member, args: name, cls });
  }
}

export function isEnumeration(cls: ClassValue): boolean {
  return libraryBases(cls).some((base) => base.startsWith('enum.'));
}
