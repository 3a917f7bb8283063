import { frameworkOf, instantiate } from './evaluate/classes';
import { NO_ARGUMENTS, runFunction } from './evaluate/functions';
import { Machine } from './evaluate/machine';
import { mentionsLayers } from './evaluate/mentions';
import { isKind } from './evaluate/values';
import type { Statement } from './python/statement';
import { callsOf, makeUnreached } from './reach';
import { reportOf } from './report';
import type { SourceFile } from './sourceFile';

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
  makeUnusedClasses(machine);
  runUnusedFunctions(machine, statements);
  makeUnusedClasses(machine);
  const calls = callsOf(machine, statements, tick);
  makeUnreached(machine, calls);
  return reportOf(machine, calls, tick);
}

/** The last class first: it is the network, and makes the blocks that stand before it. */
function makeUnusedClasses(machine: Machine): void {
  const made = new Set(machine.objects.flatMap((object) => (isKind(object, 'instance') ? [object.cls] : [])));
  for (const cls of machine.classes.toReversed()) {
    if (frameworkOf(cls) === null || made.has(cls)) continue;
    machine.begin();
    const before = machine.objects.length;
    instantiate(machine, cls, NO_ARGUMENTS, cls.definition.site);
    for (const object of machine.objects.slice(before)) if (isKind(object, 'instance')) made.add(object.cls);
  }
}

function runUnusedFunctions(machine: Machine, statements: readonly Statement[]): void {
  for (const statement of statements.toReversed())
    for (const node of statement.nodes) {
      if (node.type !== 'function' || !mentionsLayers(machine, statement)) continue;
      const fn = machine.globals.names.get(node.name);
      if (!isKind(fn, 'function') || machine.ran.has(fn.body)) continue;
      machine.begin();
      runFunction(machine, fn, NO_ARGUMENTS);
    }
}
