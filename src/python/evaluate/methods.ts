import type { Site } from '../syntax/ast';
import { deleteAttribute } from './attributes';
import { certainItems } from './iterate';
import { ofDict, ofSequence } from './listMethods';
import type { Machine } from './machine';
import { modulesIn, ofContainer, ofInstance, register } from './moduleMethods';
import { text } from './operators';
import { tensorFrom, tensorsIn } from './tensors';
import { touch } from './touch';
import {
  type CallArguments,
  isKind,
  isModule,
  isScalar,
  list,
  reasonOf,
  unknown,
  type Value,
} from './values';

/** Methods of modules that give the module itself. */
const FLUENT = new Set([
  'to',
  'cuda',
  'cpu',
  'float',
  'half',
  'double',
  'bfloat16',
  'train',
  'eval',
  'requires_grad_',
  'share_memory',
]);

/** A method that is built in: of texts, lists, dicts, tensors and modules. */
export function callMethod(
  machine: Machine,
  self: Value,
  name: string,
  args: CallArguments,
  site: Site,
): Value {
  if (typeof self === 'string') return ofText(self, name, args);
  if (isScalar(self)) return unknown(`\`${name}\` is not followed`, false);
  if (name === '__setattr__' || name === '__delattr__') {
    // `object.__setattr__(self, …)` gives the object as its first argument.
    const [object = null, key, value = null] = isKind(self, 'instance')
      ? [self, ...args.positional]
      : args.positional;
    if (typeof key !== 'string') touch(machine, object, 'which of its attributes is set is not known');
    else if (name === '__setattr__') machine.setAttribute(object, key, value);
    else deleteAttribute(machine, object, key);
    return null;
  }
  if (name === 'modules' || name === 'named_modules') return modulesIn(self, name);
  if (name === 'apply' && isModule(self)) {
    const within = modulesIn(self, 'modules');
    for (const one of isKind(within, 'sequence') ? within.items : [])
      machine.call(args.positional[0] ?? null, { positional: [one], named: new Map(), open: null }, site);
    return self;
  }
  switch (self.kind) {
    case 'sequence':
      return ofSequence(machine, self, name, args);
    case 'dict':
      return ofDict(machine, self, name, args);
    case 'tensor':
      // A method whose name ends so changes the tensor in place.
      return name.endsWith('_') || FLUENT.has(name) || name === 'clone' || name === 'detach'
        ? self
        : tensorFrom(null, [self, ...args.positional, ...args.named.values()].flatMap(tensorsIn));
    case 'weight':
      return FLUENT.has(name) || name.endsWith('_') ? self : tensorFrom(null, []);
    case 'layer':
      if (/^(register_(parameter|buffer|module)|add_module)$/.test(name))
        return register(machine, self, name, args, site);
      return FLUENT.has(name) ? self : unknown(`\`${name}\` is not followed`);
    case 'container':
      return FLUENT.has(name) ? self : ofContainer(machine, self, name, args, site);
    case 'instance':
      return FLUENT.has(name) ? self : ofInstance(machine, self, name, args, site);
    default:
      return FLUENT.has(name) ? self : unknown(`\`${name}\` is not followed`);
  }
}

function ofText(self: string, name: string, { positional }: CallArguments): Value {
  const reason = positional.map(reasonOf).find((one) => one !== null);
  if (reason) return unknown(reason, false);
  const [first] = positional;
  switch (name) {
    case 'lower':
      return self.toLowerCase();
    case 'upper':
      return self.toUpperCase();
    case 'strip':
      return self.trim();
    case 'startswith':
      return typeof first === 'string' ? self.startsWith(first) : unknown('a text is not known', false);
    case 'endswith':
      return typeof first === 'string' ? self.endsWith(first) : unknown('a text is not known', false);
    case 'split':
      return list(typeof first === 'string' && first !== '' ? self.split(first) : self.trim().split(/\s+/));
    case 'join': {
      const items = first === undefined ? null : certainItems(first);
      return items?.every((item) => typeof item === 'string')
        ? items.join(self)
        : unknown('a text is not known', false);
    }
    case 'replace': {
      const [from, to] = positional;
      return typeof from === 'string' && typeof to === 'string'
        ? self.replaceAll(from, to)
        : unknown('a text is not known', false);
    }
    case 'format': {
      if (/\{[^}]*[^\d}][^}]*\}/.test(self))
        return unknown('a text is formatted in a way that is not followed', false);
      let at = 0;
      return self.replace(/\{(\d*)\}/g, (_, digits: string) =>
        text(positional[digits === '' ? at++ : Number(digits)] ?? null),
      );
    }
    default:
      return unknown(`\`${name}\` is not followed`, false);
  }
}
