import { type Description, describe } from './describe';
import { frameworkOf } from './evaluate/classes';
import type { Machine, Made } from './evaluate/machine';
import { type ClassValue, type Instance, isKind, type Layer, type Weight } from './evaluate/values';
import { INSTANCES_A_CALL, MAKINGS_A_CLASS } from './limits';
import { type Member, type Members, membersOf } from './members';
import type { LayerSite } from './reach';
import { type Root, rootsOf } from './roots';
import type {
  ClassMaking,
  Framework,
  LayerCall,
  LayerInstance,
  OpenModule,
  SourceClass,
  SourceFile,
  SourceModule,
  SourceRange,
} from './sourceFile';
import type { Site } from './syntax/ast';

/** Says what was found: layers by their constructors, modules by what makes them, classes by their makings. */
export function reportOf(machine: Machine, sites: readonly LayerSite[], tick: () => void): SourceFile {
  return new Report(machine, tick).write(sites);
}

/** A constructor whose instances are still being found. */
interface OpenCall {
  readonly call: LayerCall & { made: number };
  readonly instances: LayerInstance[];
  readonly open: OpenModule[];
  /** Some of what it makes is part of a module. */
  placed: boolean;
}

class Report {
  private readonly openOf = new Map<LayerCall, OpenCall>();
  private readonly calls = new Map<Site, OpenCall>();
  private readonly described = new Map<Layer | Weight, Description>();
  private readonly members = new Map<Made, Members>();
  /** Layers that were told of. */
  private readonly placed = new Set<Layer | Weight>();
  /** Modules that objects are, or are part of. */
  private readonly moduleOf = new Map<Made, string>();

  constructor(
    private readonly machine: Machine,
    private readonly tick: () => void,
  ) {}

  write(sites: readonly LayerSite[]): SourceFile {
    for (const { call, name } of sites) this.callAt(call.site, name.framework, name.layer);
    const modules = rootsOf(
      this.machine,
      (object) => this.membersOf(object),
      (object) => this.signatureOf(object),
    ).map((root) => this.module(root));
    for (const { name, gaps, atLeast, layers } of modules)
      if (gaps.length > 0)
        for (const open of new Set(layers.map(({ call }) => this.openOf.get(call))))
          open?.open.push({ name, gaps, atLeast });
    for (const layer of this.machine.layers) this.leftOver(layer);
    const calls = [...this.calls.values()].map(({ call }) => call);
    calls.sort(
      ({ range: { start: a } }, { range: { start: b } }) => a.line - b.line || a.character - b.character,
    );
    return { calls, modules, classes: this.classes() };
  }

  private module({ object, name, site, madeBy, copies }: Root): SourceModule {
    const members = this.membersOf(object);
    for (const one of [object, ...members.objects, ...copies]) this.moduleOf.set(one, name);
    // What is made twice in the same way is shown once.
    for (const copy of copies) for (const { layer } of this.membersOf(copy).layers) this.placed.add(layer);
    return {
      framework: frameworkOfMade(object, members),
      name,
      range: rangeOf(site),
      layers: members.layers.map((member) => this.member(member, name)),
      madeBy,
      args: isKind(object, 'instance') ? object.args : '',
      ...this.totals(members),
    };
  }

  private member({ layer, path, role, uncertain }: Member, module: string): SourceModule['layers'][number] {
    const instance = { ...this.describe(layer, role), module, path, uncertain };
    const open = this.callAt(layer.site, layer.framework, layer.layer);
    if (!this.placed.has(layer)) add(open, instance);
    open.placed = true;
    this.placed.add(layer);
    return { call: open.call, instance };
  }

  /** A layer that is part of no module that was found. One that was thrown away again is not told of beside others. */
  private leftOver(layer: Layer | Weight): void {
    if (this.placed.has(layer) || this.callAt(layer.site, layer.framework, layer.layer).placed) return;
    const path = layer.kind === 'layer' && layer.framework === 'keras' ? layer.name : null;
    const instance = { ...this.describe(layer, null), module: null, path, uncertain: layer.uncertain };
    add(this.callAt(layer.site, layer.framework, layer.layer), instance);
  }

  private callAt(site: Site, framework: Framework, layer: string): OpenCall {
    const known = this.calls.get(site);
    if (known) return known;
    const instances: LayerInstance[] = [];
    const modules: OpenModule[] = [];
    const call = { framework, layer, range: rangeOf(site), instances, made: 0, open: modules };
    const open = { call, instances, open: modules, placed: false };
    this.calls.set(site, open);
    this.openOf.set(call, open);
    return open;
  }

  private describe(layer: Layer | Weight, role: string | null): Description {
    const known = this.described.get(layer);
    if (known) return known;
    this.tick();
    const description = describe(layer, role);
    this.described.set(layer, description);
    return description;
  }

  private membersOf(object: Made): Members {
    const known = this.members.get(object);
    if (known) return known;
    this.tick();
    const members = membersOf(object);
    this.members.set(object, members);
    return members;
  }

  private classes(): SourceClass[] {
    const instances = new Map<ClassValue, Instance[]>();
    for (const object of this.machine.objects) {
      if (!isKind(object, 'instance')) continue;
      const known = instances.get(object.cls);
      if (known) known.push(object);
      else instances.set(object.cls, [object]);
    }
    return this.machine.classes.flatMap((cls) => {
      const made = instances.get(cls) ?? [];
      const framework = frameworkOf(cls) ?? this.frameworkWithin(made);
      if (framework === null) return [];
      const makings = made.slice(0, MAKINGS_A_CLASS).map((one) => this.making(one));
      return [{ framework, name: cls.name, range: rangeOf(cls.definition.site), makings, made: made.length }];
    });
  }

  /** That of a class whose base is not known, by the layers that its objects hold. */
  private frameworkWithin(objects: readonly Instance[]): Framework | null {
    const holder = objects.find(({ attributes }) =>
      [...attributes.values()].some((one) => isKind(one, 'layer') || isKind(one, 'container')),
    );
    return (holder && this.membersOf(holder).layers[0]?.layer.framework) ?? null;
  }

  /** What makes two modules of the same arguments different. */
  private signatureOf(object: Made): string {
    const { layers, gaps } = this.membersOf(object);
    return JSON.stringify([
      layers.map(({ layer, path, role }) => [path, this.describe(layer, role).parameters]),
      gaps,
    ]);
  }

  private making(object: Instance): ClassMaking {
    this.tick();
    const members = this.membersOf(object);
    const { parameters, buffers, atLeast } = this.totals(members);
    const module = this.moduleOf.get(object) ?? null;
    return { args: object.args, parameters, atLeast, buffers, layers: members.layers.length, module };
  }

  /** What is known of a module as a whole. */
  private totals(
    members: Members,
  ): Pick<SourceModule, 'complete' | 'gaps' | 'parameters' | 'atLeast' | 'buffers'> {
    const gaps = new Set(members.gaps);
    let complete = gaps.size === 0;
    let atLeast = 0;
    let parameters: number | null = 0;
    let buffers: number | null = 0;
    for (const { layer, path, role, uncertain } of members.layers) {
      const one = this.describe(layer, role);
      // A condition that is not known does no harm where what it decides has no weights.
      if (uncertain && (one.parameters !== 0 || one.buffers !== 0)) {
        complete = false;
        if (one.unknown.length === 0)
          gaps.add(`${named(path, role, layer)} depends on a condition that is not known.`);
      }
      for (const reason of one.parameters === null ? one.unknown : [])
        gaps.add(`${named(path, role, layer)}: ${reason}`);
      if (!uncertain) atLeast += one.parameters ?? 0;
      parameters = parameters === null || one.parameters === null ? null : parameters + one.parameters;
      buffers = buffers === null || one.buffers === null ? null : buffers + one.buffers;
    }
    const kept = [...gaps].slice(0, GAPS);
    return complete
      ? { complete, gaps: kept, parameters, atLeast, buffers }
      : { complete, gaps: kept, parameters: null, atLeast, buffers: null };
  }
}

/** More reasons say nothing that these do not. */
const GAPS = 5;

/** A layer in a sentence. */
function named(path: string | null, role: string | null, layer: Layer | Weight): string {
  const place = [path, role].filter((part) => part !== null && part !== '').join('.');
  return place === '' ? `A ${layer.layer}` : `\`${place}\``;
}

function add({ call, instances }: OpenCall, instance: LayerInstance): void {
  call.made++;
  if (instances.length < INSTANCES_A_CALL) instances.push(instance);
}

function frameworkOfMade(object: Made, members: Members): Framework {
  const own = isKind(object, 'kerasModel') ? 'keras' : object.framework;
  return own ?? members.layers[0]?.layer.framework ?? 'torch';
}

function rangeOf({ owner, start, end }: Site): SourceRange {
  return owner.range(start, end);
}
