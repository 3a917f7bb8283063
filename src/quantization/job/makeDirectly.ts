import { reportedDecibels } from '../../analysis/sqnr';
import type { ChosenData } from '../../evaluation/chooseData';
import { someSamples } from '../../evaluation/samples';
import type { ModelFile } from '../../formats/format';
import type { ModelPlan, Range } from '../../formats/plan';
import type { WriteSettings } from '../../formats/rewriter';
import { ModelError } from '../../model/modelError';
import type { NodeId } from '../../model/nodeId';
import { type Assignment, type Scheme, schemeOf } from '../../model/precision';
import { observeExtremes, rangesFrom } from '../calibrate';
import { assignRecipe, schemesOf } from '../layout';
import { pairName, reducedRange } from '../pair';
import { refine } from '../refine';
import { roundedWeights } from '../rounding/roundedWeights';
import type { Workbench } from '../workbench';
import { writeAssigned } from '../writeAssigned';
import type { Product } from './outcome';
import type { Prepared } from './prepare';
import { hasData, roundsBySamples, tell, type Work, workbenchOf } from './work';

const NOT_LOOKED_FOR =
  'Only weights were looked at for values that float16 cannot hold: activations are not known without a run.';
const LOOKED_FOR_ON_RANDOM =
  'Values that float16 cannot hold were looked for on random numbers: those of real data may be larger.';

/** Samples on which values are looked for that float16 cannot hold: what overflows does so on most inputs. */
const FLOAT16_SAMPLES = 32;

/** What needs no calibration: at most a look at the values that float16 must hold. */
export async function makeDirectly(
  work: Work,
  { running, twin }: Prepared,
  cleaned: ModelFile,
  keep: readonly NodeId[],
): Promise<Product> {
  const { rewriter, recipe, options, files } = work;
  const plan = rewriter.plan(cleaned);
  const assignment = refine(assignRecipe(plan, recipe, keep), options);
  const schemes = new Set([...assignment.values()].map(schemeOf));
  const workbench = workbenchOf(work);
  const dynamic = schemes.has('dynamic');
  const reduceRange = dynamic && workbench !== null && (await reducedRange(workbench, 'uint8'));
  const warnings: string[] = [];
  let ranges = new Map<string, Range>();
  if (schemes.has('float16')) {
    if (running === null || workbench === null) warnings.push(NOT_LOOKED_FOR);
    else {
      ranges = await rangesInFloat16(work, workbench, cleaned, plan, assignment, running.data);
      if (!hasData(work)) warnings.push(LOOKED_FOR_ON_RANDOM);
    }
  }
  const careful = await twin?.roundings(assignment, (done) =>
    tell(work, 0.05, 0.5)('Reading the activations of the twin', done),
  );
  warnings.push(...(careful?.warnings ?? []));
  const target = files.newPath(recipe);
  const { weightForm } = options;
  let settings: Partial<WriteSettings> & { asked: Set<Scheme> } = {
    reduceRange,
    ranges,
    asked: schemesOf(recipe),
    ...(weightForm === undefined ? {} : { weightForm }),
    ...(careful && { rounding: careful.roundings }),
  };
  let steps: string[] | undefined;
  if (workbench !== null && running !== null && roundsBySamples(work)) {
    const rounded = await roundedWeights(
      workbench,
      plan,
      assignment,
      {
        cleaned,
        dims: options,
        samples: running.data.calibration,
        reduceRange,
        onProgress: (fraction) => tell(work, 0.05, 0.7)('Rounding weights', fraction),
      },
      (quantizedWeights) => {
        const path = files.newPath('rounded');
        writeAssigned(rewriter, cleaned, plan, assignment, { ...settings, quantizedWeights }, path);
        return path;
      },
    );
    settings = { ...settings, quantizedWeights: rounded.weights };
    steps = [`rounding: ${rounded.how}`];
    work.around.log(steps.join());
  }
  const written = writeAssigned(rewriter, cleaned, plan, assignment, settings, target);
  const { kept, weights } = written;
  const changed = [...assignment].filter(([id, one]) => schemeOf(one) !== 'float32' && !kept.has(id));
  const [reason] = kept.values();
  if (changed.length === 0 && reason !== undefined)
    throw new ModelError(`No layer of ${options.model} can be stored so: ${reason}.`, {
      file: options.model,
    });
  const names = new Map(plan.nodes.map(({ id, name }) => [id, name]));
  const notInTwin = twin?.without(changed.map(([id]) => id)).map((id) => names.get(id) ?? id);
  return {
    path: target,
    kept,
    ...(notInTwin && { notInTwin }),
    warnings: [...warnings, ...(written.warnings ?? [])],
    ...(weights && { weightSqnrDb: reportedDecibels(10 * Math.log10(weights.signal / weights.noise)) }),
    ...(dynamic ? { pair: pairName('uint8', reduceRange) } : {}),
    ...(steps === undefined ? {} : { steps }),
  };
}

/** By tensor that a layer in float16 reads or gives, so that what overflows or vanishes stays in float32. */
async function rangesInFloat16(
  work: Work,
  workbench: Workbench,
  cleaned: ModelFile,
  plan: ModelPlan,
  assignment: Assignment,
  data: ChosenData,
): Promise<Map<string, Range>> {
  const { tensors } = cleaned.infer({ dims: {}, shapes: {} }).graph;
  const names = new Set<string>();
  for (const { id, inputs, outputs } of plan.nodes) {
    const precision = assignment.get(id);
    if (precision === undefined || schemeOf(precision) !== 'float16') continue;
    for (const name of [...inputs, ...outputs])
      if (tensors.get(name)?.type === 'float32' && !cleaned.model.graph.constants.has(name)) names.add(name);
  }
  const samples = someSamples(data.calibration, FLOAT16_SAMPLES);
  const extremes = await observeExtremes(workbench, cleaned, [...names], samples, (done) =>
    tell(
      work,
      0.05,
      0.7,
    )(`Looking for values that float16 cannot hold (${done} of ${samples.size})`, done / samples.size),
  );
  return rangesFrom(extremes, 'minmax');
}
