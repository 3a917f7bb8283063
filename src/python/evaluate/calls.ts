import { layerOf } from '../layers';
import type { Site } from '../syntax/ast';
import { callBuiltin } from './builtins';
import { initializeBase, instantiate } from './classes';
import { addItems, CONTAINERS, makeContainer } from './containers';
import { runFunction } from './functions';
import { mergeValues } from './journal';
import { applyModule, callKeras, tensorsOf } from './keras';
import { callLibrary } from './library';
import type { Machine } from './machine';
import { makeLayer } from './makeLayer';
import { callMethod } from './methods';
import { tensorsIn } from './tensors';
import { callTorch } from './torch';
import { handOut } from './touch';
import {
  type BoundMethod,
  type CallArguments,
  type External,
  isKind,
  isScalar,
  unknown,
  type Value,
} from './values';

/** `callee(…)`. */
export function call(machine: Machine, callee: Value, args: CallArguments, site: Site): Value {
  if (isScalar(callee)) return unknown('what is called is not a function');
  switch (callee.kind) {
    case 'function':
      return runFunction(machine, callee, args);
    case 'class':
      return instantiate(machine, callee, args, site);
    case 'builtin':
      return callBuiltin(machine, callee.name, args);
    case 'bound':
      return callBound(machine, callee, args, site);
    case 'external':
      return callExternal(machine, callee, args, site);
    case 'partial': {
      const positional = [...callee.args.positional, ...args.positional];
      const named = new Map([...callee.args.named, ...args.named]);
      return machine.call(callee.callee, { positional, named, open: callee.args.open ?? args.open }, site);
    }
    case 'choice': {
      const reason = 'it depends on a condition that is not known';
      const options = callee.options.map((one) => machine.maybe(() => machine.call(one, args, site), reason));
      return mergeValues(options, reason);
    }
    case 'layer':
    case 'container':
    case 'instance':
    case 'kerasModel':
      return applyModule(machine, callee, args);
    case 'unknown':
      return outside(machine, callee.reason, args, callee.maybeModule);
    default:
      return unknown('what is called is not a function');
  }
}

function callBound(machine: Machine, { self, method }: BoundMethod, args: CallArguments, site: Site): Value {
  if (typeof method !== 'string')
    return runFunction(machine, method, { ...args, positional: [self, ...args.positional] });
  const dot = method.lastIndexOf('.');
  const name = method.slice(dot + 1);
  if (dot >= 0 && name === '__init__') {
    // `Base.__init__(self, …)` gives the object as its first argument.
    const [first, ...rest] = args.positional;
    const explicit = isKind(self, 'class') && isKind(first, 'instance');
    const instance = explicit ? first : self;
    const given = explicit ? { ...args, positional: rest } : args;
    if (isKind(instance, 'instance')) initializeBase(machine, instance, method.slice(0, dot), given, site);
    return null;
  }
  return callMethod(machine, self, name, args, site);
}

function callExternal(machine: Machine, { path }: External, args: CallArguments, site: Site): Value {
  const layer = layerOf(path);
  if (layer) return makeLayer(machine, layer, args, site);
  const type = CONTAINERS.get(path);
  if (type) {
    const container = makeContainer(machine, type, args, site);
    addItems(machine, container, args);
    return container;
  }
  // `nn.Module.__init__(self)` has nothing to make; that of a layer or a container has.
  if (path.endsWith('.__init__')) {
    const [self, ...positional] = args.positional;
    if (isKind(self, 'instance'))
      initializeBase(machine, self, path.slice(0, -'.__init__'.length), { ...args, positional }, site);
    return null;
  }
  return (
    callTorch(machine, path, args, site) ??
    callKeras(machine, path, args, site) ??
    callLibrary(machine, path, args, site) ??
    outside(machine, `\`${path}\` comes from outside this file`, args, !FUNCTIONS.test(path), path)
  );
}

/** What is known to give no modules and to change none. */
const FUNCTIONS =
  /^(torch\.(nn\.(functional|init|utils\.rnn)\.|(linalg|fft|special|cuda|backends|random|distributions|optim|autograd|utils\.data)\.|(?!load$|compile$)[a-z_0-9]+$)|tensorflow\.(?!Module|Variable|saved_model|keras|compat)|numpy\.|math\.|keras\.(ops|backend|activations|utils|initializers|regularizers|constraints|losses|metrics|optimizers|callbacks)\.|(argparse|logging|json|os|sys|time|random(?!\.(choice|sample))|re|pathlib|warnings|datetime|yaml|glob|string|enum)\.)/;

/** What code gives that is not followed: a tensor if it was given one. It may change what it is given. */
function outside(
  machine: Machine,
  reason: string,
  args: CallArguments,
  maybeModule: boolean,
  name = '',
): Value {
  const all = [...args.positional, ...args.named.values()];
  if (maybeModule) handOut(machine, all, name, reason);
  const value = unknown(reason, maybeModule);
  if (!all.some((one) => tensorsOf(one).length > 0)) return value;
  return { kind: 'tensor', shape: null, by: maybeModule ? value : null, from: all.flatMap(tensorsIn) };
}
