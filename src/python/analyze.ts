import { classAttribute, frameworkOf, instantiate } from './evaluate/classes';
import { NO_ARGUMENTS, runFunction } from './evaluate/functions';
import { Machine, type Made } from './evaluate/machine';
import { mayMakeLayers } from './evaluate/mentions';
import { type ClassValue, type Instance, isKind } from './evaluate/values';
import { callsOf, makeUnreached } from './reach';
import { reportOf } from './report';
import type { SourceFile } from './sourceFile';
import type { Statement } from './syntax/statement';

/**
 * Follows how a source builds its networks: first what the program itself makes, then classes and functions that
 * nothing in it uses, with their defaults, then constructors that nothing reached, by what stands in them.
 * @param tick called often; what it throws ends the analysis
 */
export function analyzeSource(statements: readonly Statement[], tick: () => void): SourceFile {
  const machine = new Machine(tick);
  machine.globals.names.set('__name__', '__main__');
  for (const statement of statements) {
    machine.goOn();
    machine.run(statement.nodes, machine.globals);
  }
  runUnusedFunctions(machine, statements);
  makeUnusedClasses(machine);
  const calls = callsOf(machine, statements, tick);
  makeUnreached(machine, calls);
  return reportOf(machine, calls, tick);
}

/**
 * The last class first: it is the network, and makes the blocks that stand before it. One that was only made with
 * what is not known is made with its defaults as well, where it has them.
 */
function makeUnusedClasses(machine: Machine): void {
  const made = new Set<ClassValue>();
  const note = (objects: readonly Made[]) => {
    for (const object of objects)
      if (isKind(object, 'instance') && (isKnown(object) || !hasDefaults(object.cls))) made.add(object.cls);
  };
  note(machine.objects);
  for (const cls of machine.classes.toReversed()) {
    if (frameworkOf(cls) === null || made.has(cls)) continue;
    machine.begin();
    const before = machine.objects.length;
    instantiate(machine, cls, NO_ARGUMENTS, cls.definition.site);
    note(machine.objects.slice(before));
  }
}

/** All arguments that it was made with are known. */
function isKnown(object: Instance): boolean {
  return !/\?|…/.test(object.args);
}

function hasDefaults(cls: ClassValue): boolean {
  const init = classAttribute(cls, '__init__');
  if (!isKind(init, 'function')) return false;
  return init.parameters.slice(1).every(({ star, default: value }) => star !== '' || value !== null);
}

function runUnusedFunctions(machine: Machine, statements: readonly Statement[]): void {
  for (const statement of statements.toReversed())
    for (const node of statement.nodes) {
      if (node.type !== 'function') continue;
      const fn = machine.globals.names.get(node.name);
      if (!isKind(fn, 'function') || machine.ran.has(fn.body) || !mayMakeLayers(machine, fn)) continue;
      machine.begin();
      runFunction(machine, fn, NO_ARGUMENTS);
    }
}
