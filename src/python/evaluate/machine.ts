import {
  CALL_DEPTH,
  EVALUATION_DEPTH,
  LAYERS_A_FILE,
  SHARE_OF_STEPS,
  STEPS_A_COMPUTATION,
  STEPS_A_FILE,
  STEPS_A_MODULE,
} from '../limits';
import type { Expression, Site, StatementNode } from '../syntax/ast';
import { Statement } from '../syntax/statement';
import { getAttribute, setAttribute } from './attributes';
import { call } from './calls';
import { evaluate } from './expressions';
import { type Changes, Journal, mergeChanges, NO_CHANGES } from './journal';
import { eitherOf, execute, type Flow, goesOn } from './statements';
import {
  type CallArguments,
  type ClassValue,
  type Container,
  type FunctionValue,
  type Instance,
  isKind,
  type KerasModel,
  type Layer,
  type Scope,
  type Sequence,
  unknown,
  type Value,
  type Weight,
} from './values';

/** A function that is being run. */
export interface Frame {
  readonly fn: FunctionValue;
  /** First argument of a method. */
  readonly self: Value | undefined;
  /** What it may have returned under conditions that are not known, and what it did return. */
  readonly returned: Value[];
  /** What is made from here on is made while it runs. */
  readonly start: number;
}

export type Made = Container | Instance | KerasModel;

/** Where something was made, as far as it names it. */
export interface Origin {
  /** The function that was running; null = the top level. */
  readonly fn: FunctionValue | null;
  /** The constructor. */
  readonly site: Site;
}

/**
 * Runs the part of a Python program that builds networks. It never throws for what the program does: what cannot be
 * followed is an unknown value that says why.
 */
export class Machine {
  readonly globals: Scope = { names: new Map(), parent: null, outer: new Set() };
  /** All layers, in the order in which they were made. */
  readonly layers: (Layer | Weight)[] = [];
  /** All objects that hold layers, in the order in which they were made. */
  readonly objects: Made[] = [];
  readonly classes: ClassValue[] = [];
  readonly origins = new Map<Made, Origin>();
  /** Variables at the top level that an object was given to first. */
  readonly variables = new Map<Made, { readonly name: string; readonly site: Site }>();
  /** Bodies of functions that were run. */
  readonly ran = new Set<FunctionValue['body']>();
  /** What the program put in the place of something of a library, by its full name. */
  readonly patched = new Map<string, Value>();
  /** Functions by their bodies, and whether they may make layers. */
  readonly makers = new Map<FunctionValue['body'], boolean>();
  readonly frames: Frame[] = [];
  /** How many names of Keras layers were counted, by the layer; null once it is not known how many. */
  kerasNames: Map<string, number> | null = new Map();
  /** How many conditions that are not known decide whether what runs is run. */
  uncertain = 0;
  /** Where what is built in calls from. */
  readonly nowhere: Site = { owner: new Statement(''), start: 0, end: 0 };
  private readonly journals: Journal[] = [];
  private steps = 0;
  private limit = STEPS_A_MODULE;
  private stepsOfFile = 0;
  private depth = 0;
  order = 0;

  /** @param tick called now and then; what it throws ends everything */
  constructor(private readonly tick: () => void) {}

  /** A new module is made: its steps and names count from nothing. */
  begin(): void {
    this.steps = 0;
    this.kerasNames = new Map();
  }

  /** The next statement at the top level: one that took too long does not end those after it. */
  goOn(): void {
    this.steps = 0;
  }

  get exhausted(): boolean {
    return this.steps > this.limit || this.stepsOfFile > STEPS_A_FILE;
  }

  /** Runs a call with a part of the steps that are left. */
  limited<R>(run: () => R, makesLayers: boolean): R {
    const around = this.limit;
    const part = Math.ceil((around - this.steps) * SHARE_OF_STEPS);
    this.limit = this.steps + Math.max(0, makesLayers ? part : Math.min(part, STEPS_A_COMPUTATION));
    const result = run();
    this.limit = around;
    return result;
  }

  nextOrder(): number {
    return this.order++;
  }

  /** An object was made: by which constructor, in which function. */
  note(object: Made, site: Site): void {
    this.objects.push(object);
    this.origins.set(object, { fn: this.frames.findLast(({ fn }) => fn.site !== null)?.fn ?? null, site });
  }

  /** A copy comes from where the original does. */
  noteCopy(copy: Made, original: Made): void {
    this.objects.push(copy);
    const origin = this.origins.get(original);
    if (origin) this.origins.set(copy, origin);
  }

  /** Counts work that is not an expression of its own. */
  charge(steps: number): void {
    this.steps += steps;
    this.stepsOfFile += steps;
  }

  get full(): boolean {
    return this.layers.length >= LAYERS_A_FILE;
  }

  evaluate(expression: Expression, scope: Scope): Value {
    if (!this.enter()) return unknown(TOO_MUCH, true);
    const value = evaluate(this, expression, scope);
    this.depth--;
    // Long lists cost what their items cost, else a short program could fill the memory.
    if (isKind(value, 'sequence') && expression.type !== 'name') this.charge(value.items.length >> 3);
    return value;
  }

  execute(node: StatementNode, scope: Scope): Flow {
    if (!this.enter()) return 'raise';
    const flow = execute(this, node, scope);
    this.depth--;
    return flow;
  }

  /** Runs statements until one leaves; what follows one that may have left is not certain to run. */
  run(body: readonly StatementNode[], scope: Scope): Flow {
    for (const [at, node] of body.entries()) {
      const flow = this.execute(node, scope);
      if (flow === 'next') continue;
      if (!goesOn(flow) || at === body.length - 1) return flow;
      const rest = () => this.maybe(() => this.run(body.slice(at + 1), scope), LEFT_BEFORE);
      const after = this.nested<Flow>(rest, 'raise');
      return after === 'return' ? 'return' : eitherOf([flow, after]);
    }
    return 'next';
  }

  call(callee: Value, args: CallArguments, site: Site): Value {
    return call(this, callee, args, site);
  }

  get(object: Value, name: string): Value {
    return getAttribute(this, object, name);
  }

  setAttribute(object: Value, name: string, value: Value): void {
    setAttribute(this, object, name, value);
  }

  /** Whether one more function may be called within the others. */
  get tooDeep(): boolean {
    return this.frames.length >= CALL_DEPTH;
  }

  /** Gives a name a value so that a branch can be taken back. */
  set(names: Map<string, Value>, name: string, value: Value): void {
    this.journals.at(-1)?.note(names, name);
    names.set(name, value);
  }

  /** Takes a name away so that a branch can be taken back. */
  delete(names: Map<string, Value>, name: string): void {
    this.journals.at(-1)?.note(names, name);
    names.delete(name);
  }

  /** To be called before items of a list are changed, so that a branch can be taken back. */
  changing(holder: Sequence | Container): void {
    // Copies of long lists cost, else a short program could keep the thread busy.
    if (this.journals.at(-1)?.noteItems(holder)) this.charge(holder.items.length >> 3);
  }

  /** Runs something that may or may not happen, and goes on with what holds in both cases. */
  maybe<R>(run: () => R, reason: string): R {
    const { result, changes } = this.speculate(run);
    this.merge([changes, NO_CHANGES], reason);
    return result;
  }

  /** Runs something that may or may not happen, and takes back what it changed. */
  speculate<R>(run: () => R): { result: R; changes: Changes } {
    const journal = new Journal();
    this.journals.push(journal);
    this.uncertain++;
    const result = run();
    this.uncertain--;
    this.journals.pop();
    return { result, changes: journal.takeBack() };
  }

  /** Goes on with what holds whichever of the branches was taken. */
  merge(branches: readonly Changes[], reason: string, repeated = false): void {
    const { names: changed, items } = mergeChanges(branches, reason, repeated);
    for (const [names, values] of changed)
      for (const [name, value] of values)
        if (value === undefined) this.delete(names, name);
        else this.set(names, name, value);
    for (const [holder, state] of items) {
      this.changing(holder);
      this.charge(state.items.length >> 3);
      Object.assign(holder, state);
    }
  }

  /** Runs what may lead to itself again, such as modules within each other. */
  nested<R>(run: () => R, otherwise: R): R {
    if (!this.enter()) return otherwise;
    const result = run();
    this.depth--;
    return result;
  }

  private enter(): boolean {
    this.steps++;
    this.stepsOfFile++;
    if (this.stepsOfFile % STEPS_A_TICK === 0) this.tick();
    if (this.exhausted || this.depth >= EVALUATION_DEPTH) return false;
    this.depth++;
    return true;
  }
}

const LEFT_BEFORE = 'what comes before it may have ended it, which depends on a condition that is not known';

const TOO_MUCH = 'the file builds more than is followed';

/** Some tens of microseconds. */
const STEPS_A_TICK = 256;
