import { ModelError } from '../../../model/modelError';
import type { NodeId } from '../../../model/nodeId';
import { type Assignment, type Precision, schemeOf } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { Layout } from '../../plan';
import type { WriteSettings, Written } from '../../rewriter';
import { BlobFiles } from '../blobs';
import type { Model } from '../coreml_pb';
import { CoreMlFile } from '../file';
import type { GraphContext } from '../graph';
import { readModel } from '../reader';
import { writeModel } from '../writer';
import { type Compressed, compress, decompress } from './compress';
import { decompressing } from './constexpr';
import { type WeightedModel, weightedModels } from './models';
import { setCompressed } from './networkField';
import type { NetworkWeight } from './networkWeights';
import { whyNoNetwork } from './policy';
import type { ProgramWeight } from './programWeights';
import { SpilledBytes } from './spilledBytes';
import { BY_BLOCKS, networkVersion, programVersion, raiseOpset, systemOf, whyNotRaised } from './versions';
import { WeightFiles } from './weightFiles';
import type { ModelWeight } from './weights';

/**
 * Writes a copy whose weights are stored at the precisions of an assignment. Each is read, compressed and written
 * before the next one, so that memory is as much as the largest takes. Everything else is as it was, but for the
 * specification that the file needs.
 */
export function write(
  cleaned: ModelFile,
  layout: Layout,
  { rounding }: WriteSettings,
  target: string,
): Written {
  if (!(cleaned instanceof CoreMlFile)) throw new Error('Only Core ML files are rewritten here.');
  return new Writing(cleaned, layout.assignment, rounding ?? new Map(), target).run();
}

class Writing {
  /** A second reading, whose structure is changed; the nodes have the same ids. */
  private readonly copy;
  private readonly context: GraphContext;
  private readonly files: WeightFiles;
  private readonly spilled: SpilledBytes;
  private readonly kept = new Map<NodeId, string>();
  private signal = 0;
  private noise = 0;

  constructor(
    private readonly file: CoreMlFile,
    private readonly assignment: Assignment,
    private readonly rounding: Exclude<WriteSettings['rounding'], undefined>,
    private readonly target: string,
  ) {
    const { place } = file;
    this.copy = readModel(place);
    this.context = {
      path: place.specification,
      blobs: new BlobFiles(place.folder),
      stored: new WeakMap(),
      decompress: new WeakMap(),
      lost: {
        add: (name, why) => {
          throw new ModelError(`The weights of '${name}' cannot be read: ${why}.`, { file: place.path });
        },
      },
      report: ({ message }) => {
        throw new ModelError(message, { file: place.path });
      },
    };
    this.files = new WeightFiles(place, this.context.blobs, target);
    this.spilled = new SpilledBytes(`${target}.weights`);
  }

  run(): Written {
    const { place } = this.file;
    const { proto, model } = this.copy;
    const before = proto.specificationVersion;
    try {
      for (const inside of weightedModels(proto, model.graph, this.context)) this.compressAll(inside);
      raiseAround(proto);
      const replaced = this.files.finish(proto);
      this.spilled.close();
      writeModel(proto, place, this.target, replaced);
    } finally {
      this.context.blobs.close();
      this.files.remove();
      this.spilled.remove();
    }
    const ids = model.graph.nodes.map(({ id }) => [id, id] as const);
    return {
      origins: new Map(ids),
      kept: this.kept,
      warnings: raised(before, proto.specificationVersion),
      weights: { signal: this.signal, noise: this.noise },
    };
  }

  private compressAll(model: WeightedModel): void {
    const { proto } = model;
    for (const { nodes, reason } of model.found.left) this.keep(nodes, reason);
    const wanted = (model.found.weights as readonly ModelWeight[]).flatMap((weight) => {
      const precision = this.precisionOf(weight);
      return precision === null ? [] : [{ weight, precision }];
    });
    const versionOf = model.kind === 'program' ? programVersion : networkVersion;
    const possible = wanted.filter(({ weight, precision }) => {
      const version = versionOf(precision);
      const reason =
        model.kind === 'program'
          ? whyNotRaised(model.program, proto.specificationVersion, version)
          : whyNoNetwork(precision);
      if (reason !== null) this.keep(weight.nodes, reason);
      return reason === null;
    });
    const version = Math.max(
      proto.specificationVersion,
      ...possible.map(({ precision }) => versionOf(precision)),
    );
    const asInputs = version >= BY_BLOCKS;
    for (const { weight, precision } of possible) {
      const compressed = this.compressed(weight, precision);
      if (compressed === null) continue;
      if (model.kind === 'program') this.replace(weight as ProgramWeight, compressed, asInputs);
      else
        setCompressed((weight as NetworkWeight).params, compressed, (bytes, field) =>
          this.spilled.keep(bytes, field),
        );
      proto.specificationVersion = Math.max(proto.specificationVersion, versionOf(precision));
    }
    if (model.kind === 'program') raiseOpset(model.program, proto.specificationVersion);
  }

  /** The precision that all nodes have that read a weight; null: it stays as it is. */
  private precisionOf({ nodes, ...weight }: ModelWeight): Precision | null {
    const wanted = [...nodes].map((id) => (id === null ? this.usual() : this.assignment.get(id)));
    const [first] = wanted;
    if (first === undefined || wanted.some((one) => !isSame(one, first))) {
      if (nodes.size > 1)
        this.keep(nodes, `its weights ${weight.name} are shared with a layer of another precision`);
      return null;
    }
    if (schemeOf(first) !== 'weights') return null;
    // A file of float16 has what this precision would make of it.
    return first.weights === 'float16' && weight.type === 'float16' ? null : first;
  }

  /** What a function that is not the main one gets: the precision of most layers. */
  private usual(): Precision | undefined {
    const counts = new Map<Precision, number>();
    for (const precision of this.assignment.values()) counts.set(precision, (counts.get(precision) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
  }

  private compressed(weight: ModelWeight, precision: Precision): Compressed | null {
    const values = weight.read();
    const fitting =
      'byChannel' in weight && weight.byChannel === false && precision.granularity !== 'tensor'
        ? { ...precision, granularity: 'tensor' as const }
        : precision;
    const finite = values.every(Number.isFinite);
    const result = finite ? compress(weight, values, fitting, this.rounding.get(weight.name) ?? null) : null;
    const stored = result?.mask?.some((bit) => bit === 1) ?? true;
    if (result === null || !stored) {
      const reason = finite
        ? `its weights ${stored ? 'are too large for float16' : 'would all become zero'}`
        : 'its weights are not all finite';
      this.keep(weight.nodes, reason);
      return null;
    }
    const made = decompress(weight, result);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      this.signal += value * value;
      this.noise += (value - (made[i] ?? Number.NaN)) ** 2;
    }
    return result;
  }

  private replace(weight: ProgramWeight, compressed: Compressed, asInputs: boolean): void {
    const { block, constant } = weight;
    const file = this.files.of(constant);
    const operations = decompressing(weight.name, weight, compressed, asInputs, file);
    this.files.made(operations);
    block.operations.splice(block.operations.indexOf(constant), 1, ...operations);
  }

  private keep(nodes: ReadonlySet<NodeId | null>, reason: string): void {
    for (const id of nodes) {
      const precision = id === null ? undefined : this.assignment.get(id);
      if (id !== null && precision !== undefined && schemeOf(precision) === 'weights')
        this.kept.set(id, reason);
    }
  }
}

function isSame(a: Precision | undefined, b: Precision): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A pipeline needs what the models in it need. */
function raiseAround(proto: Model): number {
  const pipeline = proto.pipeline ?? proto.pipelineClassifier?.pipeline ?? proto.pipelineRegressor?.pipeline;
  for (const inside of pipeline?.models ?? [])
    proto.specificationVersion = Math.max(proto.specificationVersion, raiseAround(inside));
  return proto.specificationVersion;
}

function raised(before: number, after: number): string[] {
  if (after === before) return [];
  const was = systemOf(before);
  return [
    `The file needs ${systemOf(after) ?? `specification ${after}`} or later from now on${was === null ? '' : ` (it was ${was})`}: older ones cannot decompress its weights.`,
  ];
}
