import { type Description, describe } from './describe';
import { frameworkOf } from './evaluate/classes';
import type { Machine, Made } from './evaluate/machine';
import { type ClassValue, type Instance, isKind, type Layer, type Weight } from './evaluate/values';
import { INSTANCES_A_CALL, MAKINGS_A_CLASS } from './limits';
import { type Members, membersOf } from './members';
import type { Site } from './python/ast';
import type { LayerSite } from './reach';
import { rootsOf } from './roots';
import type {
  ClassMaking,
  Framework,
  LayerCall,
  LayerInstance,
  SourceClass,
  SourceFile,
  SourceModule,
  SourceRange,
} from './sourceFile';

/** Says what was found: layers by their constructors, modules by what makes them, classes by their makings. */
export function reportOf(machine: Machine, sites: readonly LayerSite[], tick: () => void): SourceFile {
  return new Report(machine, tick).write(sites);
}

interface OpenCall {
  call: LayerCall & { made: number };
  instances: LayerInstance[];
}

class Report {
  private readonly calls = new Map<Site, OpenCall>();
  private readonly described = new Map<Layer | Weight, Description>();
  private readonly members = new Map<Made, Members>();

  constructor(
    private readonly machine: Machine,
    private readonly tick: () => void,
  ) {}

  write(sites: readonly LayerSite[]): SourceFile {
    const { machine } = this;
    for (const { call, name } of sites) this.callAt(call.site, name.framework, name.layer);
    const placed = new Set<Layer | Weight>();
    const moduleOf = new Map<Made, string>();
    const modules = rootsOf(machine, (object) => this.membersOf(object)).map(
      ({ object, name, site, madeBy, copies }) => {
        const members = this.membersOf(object);
        for (const one of [object, ...members.objects, ...copies]) moduleOf.set(one, name);
        // What is made twice in the same way is shown once.
        for (const copy of copies) for (const { layer } of this.membersOf(copy).layers) placed.add(layer);
        const layers = members.layers.map(({ layer, path, role, uncertain }) => {
          const instance = { ...this.describe(layer, role), module: name, path, uncertain };
          const open = this.callAt(layer.site, layer.framework, layer.layer);
          if (!placed.has(layer)) this.add(open, instance);
          placed.add(layer);
          return { call: open.call, instance };
        });
        const module: SourceModule = {
          framework: frameworkOfMade(object, members),
          name,
          range: rangeOf(site),
          layers,
          complete: isComplete(
            members,
            layers.map(({ instance }) => instance),
          ),
          madeBy,
          args: isKind(object, 'instance') ? object.args : '',
          ...sums(
            members,
            layers.map(({ instance }) => instance),
          ),
        };
        return module;
      },
    );
    for (const layer of machine.layers) {
      if (placed.has(layer)) continue;
      const open = this.callAt(layer.site, layer.framework, layer.layer);
      const path = layer.kind === 'layer' && layer.framework === 'keras' ? layer.name : null;
      this.add(open, { ...this.describe(layer, null), module: null, path, uncertain: layer.uncertain });
    }
    const calls = [...this.calls.values()].map(({ call }) => call);
    calls.sort(
      (a, b) => a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character,
    );
    return { calls, modules, classes: this.classes(moduleOf) };
  }

  private add({ call, instances }: OpenCall, instance: LayerInstance): void {
    call.made++;
    if (instances.length < INSTANCES_A_CALL) instances.push(instance);
  }

  private callAt(site: Site, framework: Framework, layer: string): OpenCall {
    const known = this.calls.get(site);
    if (known) return known;
    const instances: LayerInstance[] = [];
    const open = { call: { framework, layer, range: rangeOf(site), instances, made: 0 }, instances };
    this.calls.set(site, open);
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

  private classes(moduleOf: ReadonlyMap<Made, string>): SourceClass[] {
    const instances = new Map<ClassValue, Instance[]>();
    for (const object of this.machine.objects)
      if (isKind(object, 'instance')) {
        const known = instances.get(object.cls);
        if (known) known.push(object);
        else instances.set(object.cls, [object]);
      }
    return this.machine.classes.flatMap((cls) => {
      const made = instances.get(cls) ?? [];
      const makings = made
        .slice(0, MAKINGS_A_CLASS)
        .map((one) => this.making(one, moduleOf.get(one) ?? null));
      const framework =
        frameworkOf(cls) ?? made.map((one) => this.ownFramework(one)).find((one) => one !== null) ?? null;
      if (framework === null) return [];
      return [{ framework, name: cls.name, range: rangeOf(cls.definition.site), makings, made: made.length }];
    });
  }

  /** That of a class whose base is not known, by the layers that it holds. */
  private ownFramework(object: Instance): Framework | null {
    const holds = [...object.attributes.values()].some(
      (one) => isKind(one, 'layer') || isKind(one, 'container'),
    );
    return holds ? (this.membersOf(object).layers[0]?.layer.framework ?? null) : null;
  }

  private making(object: Instance, module: string | null): ClassMaking {
    this.tick();
    const members = this.membersOf(object);
    const instances = members.layers.map(({ layer, path, role, uncertain }) => ({
      ...this.describe(layer, role),
      module,
      path,
      uncertain,
    }));
    return { args: object.args, ...sums(members, instances), layers: instances.length, module };
  }
}

/** A condition that is not known does no harm where what it decides has no weights. */
function isComplete(members: Members, instances: readonly LayerInstance[]): boolean {
  return (
    members.complete &&
    instances.every((one) => !one.uncertain || (one.parameters === 0 && one.buffers === 0))
  );
}

function sums(
  members: Members,
  instances: readonly LayerInstance[],
): Pick<SourceModule, 'parameters' | 'buffers'> {
  const complete = isComplete(members, instances);
  const sum = (sizes: (number | null)[]) =>
    complete && sizes.every((size) => size !== null) ? sizes.reduce((all, size) => all + size, 0) : null;
  return {
    parameters: sum(instances.map((one) => one.parameters)),
    buffers: sum(instances.map((one) => one.buffers)),
  };
}

function frameworkOfMade(object: Made, members: Members): Framework {
  const own = isKind(object, 'kerasModel') ? 'keras' : object.framework;
  return own ?? members.layers[0]?.layer.framework ?? 'torch';
}

function rangeOf({ owner, start, end }: Site): SourceRange {
  return owner.range(start, end);
}
