import type { Expression } from '../syntax/ast';
import { frameworkOf, isFollowed } from './classes';
import type { Machine } from './machine';
import { lookUp } from './names';
import { isKind, type Scope } from './values';

/** Names of types whose values are no modules, and of what is made of such types. */
const PLAIN = /^(int|float|bool|str|bytes|complex|None|dict|Dict|Mapping|Any|range)$/;
const COMBINING =
  /^(Optional|Union|List|Tuple|Sequence|Iterable|Set|Literal|Final|Annotated|list|tuple|set)$/;
const PLAIN_EXTERNAL = /^(torch\.(device|dtype|Size)|numpy\.\w+|argparse\.Namespace|pathlib\.\w+)$/;

/** Whether a type says that its values are numbers, texts or settings, so that none is a module. */
export function isPlainType(machine: Machine, type: Expression, scope: Scope): boolean {
  const plain = (one: Expression): boolean => isPlainType(machine, one, scope);
  switch (type.type) {
    case 'constant':
      return (
        type.value === null ||
        (typeof type.value === 'string' && PLAIN.test(type.value) && type.value !== 'Any')
      );
    case 'binary':
      return type.operator === '|' && plain(type.left) && plain(type.right);
    case 'sequence':
      return type.items.every(plain);
    case 'subscript': {
      const name = nameOf(type.object);
      if (name === 'Literal' || name === 'dict' || name === 'Dict') return true;
      return COMBINING.test(name) && plain(type.index);
    }
    case 'opaque':
      return type.text === '...';
    case 'name':
    case 'attribute': {
      if (PLAIN.test(nameOf(type)) && nameOf(type) !== 'Any') return true;
      const value = type.type === 'name' ? lookUp(machine, scope, type.name) : machine.evaluate(type, scope);
      if (isKind(value, 'external')) return PLAIN_EXTERNAL.test(value.path);
      return isKind(value, 'class') && frameworkOf(value) === null && isFollowed(value);
    }
    default:
      return false;
  }
}

function nameOf(node: Expression): string {
  return node.type === 'name' || node.type === 'attribute' ? node.name : '';
}
