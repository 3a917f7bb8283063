import { itemAt } from '../model/assert';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import { type Assignment, staysInFloat } from '../model/precision';
import type { Recipe } from '../protocol/recipes';
import type { Latency } from '../protocol/reports';
import { unlessBusy } from '../runtime/stopwatch';
import { ALL, ASKED, candidate, idOf, isAll, withOnly } from './candidate';
import { LayerCosts } from './layerCosts';
import { bestMix, type MixCosts, reasons } from './mix';
import { mixFront, type PricedMix } from './mixFront';
import type { Delivered, FoundMix, Made, Mix, SearchResult, SearchTask } from './searchTask';
import { decibelsOf, layerErrors } from './sensitivity/layerErrors';
import { mostSensitive, sensitivities } from './sensitivity/sensitivity';

/** Each round profiles a model, and builds, scores and times candidates: three found what there was where it was tried. */
const ROUNDS = 3;
/** Candidates that are scored a round at most, and timed: to score one takes less time than to time it. */
const SCORED = 6;
const RACED = 4;
/** Parts of the time after which no further layer's error is measured, and no further candidate of the round is built. */
const ERRORS_UNTIL = 0.35;
const SCORED_UNTIL = 0.65;
/** No round begins after this part of the time: what it builds could not be timed. */
const ROUNDS_UNTIL = 0.7;
/** Candidates without an eye on the limit are so many decibels apart. */
const STEP_DB = 5;
/** The range of signal to noise in which somebody may want one. */
const [LOWEST_DB, HIGHEST_DB] = [10, 45];
/** After a mix that did not help, conversions are taken to cost so much more: fewer, larger islands. */
const CAUTION = 2;

/** Errors of layers that are measured together are known roughly, so that the first mix may fall a little short. */
const FEWEST_TRIES = 3;
const MORE_DB = 1;

const NOT_TIMED =
  'The computer was too busy to time candidates: they were chosen by accuracy and size alone, whether they are faster here or not.';
const ENDED_EARLY =
  'The search for the fastest mix of int8 and float ended early, because the computer became too busy to measure.';
const TIME_OVER = 'The time for the search was over before all that it wanted to try was tried.';
const SHARED =
  'Candidates were made for several machines, so they follow from errors and sizes of layers alone.';

/**
 * Finds candidates between everything in int8 and everything in float: those that are fastest for their accuracy. Errors
 * of layers say what each loses, profiles of float and int8 what each gains, and the front of mixes follows from both.
 * Candidates on it are built as they would be delivered and scored; the best are timed as wholes, alternately, since
 * rows of a profile suspect only. The profile of the fastest one corrects what layers cost, and so on while time is left.
 * @throws ModelError where a model that was built does not run
 */
export async function searchMix(task: SearchTask): Promise<SearchResult> {
  return new Search(task).run();
}

class Search {
  private readonly found: FoundMix[] = [];
  private readonly notes = new Set<string>();
  private readonly pinned: ReadonlySet<number>;
  private readonly costs: LayerCosts;
  private cleaned: Latency | null = null;
  /** Why layers lose much, by their index. */
  private causes: ReadonlyMap<number, string | null> = new Map();

  constructor(private readonly task: SearchTask) {
    const asked = ({ id }: { id: NodeId }) => staysInFloat(task.assignment, id);
    this.pinned = new Set(task.problem.layers.flatMap((layer, index) => (asked(layer) ? [index] : [])));
    this.costs = new LayerCosts(task, this.pinned);
  }

  async run(): Promise<SearchResult> {
    const { task } = this;
    const { shard } = task;
    if (shard === null || shard.index === 0) await this.take(new Map());
    task.onProgress('Finding the layers that lose most');
    const errors = await this.errors();
    if (task.passed() < ERRORS_UNTIL) this.causes = await task.causes(mostSensitive(errors), errors);
    const rounds = shard === null ? await this.rounds(errors) : await this.share(errors, shard);
    if (shard === null || shard.index === 0) await this.others();
    const busy = this.notes.has(NOT_TIMED) || this.notes.has(ENDED_EARLY);
    return {
      found: this.found,
      rounds,
      cleaned: this.cleaned,
      busy,
      sensitivity: sensitivities(task.problem.layers, errors, this.causes),
      notes: [...this.notes],
    };
  }

  private async errors(): Promise<number[]> {
    const { problem, assignment } = this.task;
    const measure = (layers: readonly number[]) =>
      this.task.error(withOnly(assignment, problem.layers, layers));
    // Machines that share the candidates must find the same errors, however fast they are.
    const goOn = () => this.task.shard !== null || this.task.passed() < ERRORS_UNTIL;
    return layerErrors(problem.layers.length, measure, goOn);
  }

  private async rounds(errors: readonly number[]): Promise<number> {
    const { task } = this;
    const { problem } = task;
    await this.takeFewest(errors);
    task.onProgress('Timing the layers');
    let costs = await this.costs.first(this.found[0], () => this.notes.add(NOT_TIMED));
    let caution = 1;
    let rounds = 0;
    while (rounds < ROUNDS) {
      if (task.passed() >= (rounds === 0 ? 1 : ROUNDS_UNTIL)) {
        this.notes.add(TIME_OVER);
        break;
      }
      rounds++;
      const before = this.found.length;
      const priced = { ...costs, conversion: costs.conversion * caution };
      const front = this.front(priced, errors);
      await this.scoreSome(front, priced, errors);
      const fresh = this.found.slice(rounds === 1 ? 0 : before);
      if (!(await this.raceSome(fresh))) break;
      const fastest = this.fastest();
      if (fastest === null) break;
      if (fastest.raced?.overCleaned.verdict !== 'faster') {
        caution *= CAUTION;
        // What cannot be faster may be smaller.
        const small = bestMix(problem, priced, true);
        if (task.passed() < SCORED_UNTIL) {
          const made = await this.takePriced({ float: small, ms: 0, error: 0 }, priced, errors);
          if (!(await this.raceSome([made]))) break;
        }
      }
      if (this.found.length === before && rounds > 1) break;
      const corrected =
        task.passed() < ROUNDS_UNTIL
          ? await this.costs.corrected(costs, fastest, () => this.notes.add(ENDED_EARLY))
          : null;
      if (corrected === null) break;
      costs = corrected;
    }
    // Nothing is chosen by its size alone because calibration, or a loaded computer, took the time.
    if (rounds === 0 && Number.isFinite(task.passed())) await this.raceSome(this.found);
    return rounds;
  }

  /**
   * What is no mix of int8 and float32: the fastest mix with the weights of its float layers in 8 bits, and other recipes
   * for the whole model. Where no mix is faster, one of these is looked at however much time has passed: it may be as fast
   * as float and smaller.
   */
  private async others(): Promise<void> {
    const { task } = this;
    const fastest = this.fastest();
    const faster = fastest?.raced?.overCleaned.verdict === 'faster' && task.within(fastest.score);
    const made: FoundMix[] = [];
    const goOn = () => task.passed() < (faster || made.length > 0 ? 1 : Number.POSITIVE_INFINITY);
    if (faster && goOn()) {
      const stored = task.storing(fastest.mix.assignment, fastest.mix.kept.keys());
      if (stored !== null) made.push(...(await this.ifItRuns(() => this.takeStored(fastest, stored))));
    }
    for (const { recipe, assignment } of task.alternatives) {
      if (!goOn()) break;
      made.push(...(await this.ifItRuns(() => this.takeRecipe(recipe, assignment))));
    }
    const worth = made.filter(({ score }) => task.within(score));
    if (goOn() || !faster) await this.raceSome(worth, worth.length);
  }

  /** None where an engine does not run what was made: the search has others. */
  private async ifItRuns(make: () => Promise<FoundMix>): Promise<FoundMix[]> {
    try {
      return [await make()];
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.task.log(`another recipe: ${error.message}`);
      return [];
    }
  }

  private async takeStored({ id, mix }: FoundMix, assignment: Assignment): Promise<FoundMix> {
    const { task } = this;
    task.onProgress('Storing the weights of float layers in 8 bits');
    const own: Mix = { ...task.build(assignment), assignment, kept: mix.kept };
    return this.took(`${id}-stored`, { kind: 'stored', of: id }, own, await task.finish(own));
  }

  private async takeRecipe(recipe: Recipe, assignment: Assignment): Promise<FoundMix> {
    const { task } = this;
    task.onProgress(`Making a candidate by the recipe ${recipe}`);
    const { origins, impossible, ...delivered } = await task.store(assignment);
    const asked = [...assignment.keys()].filter((layer) => staysInFloat(assignment, layer));
    const kept = new Map(asked.map((layer) => [layer, ASKED] as const));
    const mix: Mix = { path: delivered.path, origins, impossible, assignment, kept };
    return this.took(recipe, { kind: 'recipe', recipe }, mix, delivered);
  }

  /** Candidates that every machine finds by itself, of which this one makes its share. */
  private async share(errors: readonly number[], { index, count }: { index: number; count: number }) {
    this.notes.add(SHARED);
    const costs = this.costs.estimated();
    const front = this.front(costs, errors).filter((one) => this.isMix(one.float));
    const wanted = new Map(
      spread(front, errors, this.task.problem.layers.length).map((one) => [this.idOf(one.float), one]),
    );
    wanted.delete(ALL);
    const own = [...wanted.values()].filter((_, place) => (place + 1) % count === index);
    for (const one of own) {
      if (this.task.passed() >= SCORED_UNTIL) {
        this.notes.add(TIME_OVER);
        break;
      }
      await this.takePriced(one, costs, errors);
    }
    await this.raceSome(this.found, this.found.length);
    return 1;
  }

  /** The front, of all mixes or of those around the one that the search goes on from. */
  private front(costs: MixCosts, errors: readonly number[]): PricedMix[] {
    const { problem, from } = this.task;
    if (from === null) return mixFront(problem, costs, errors);
    const ids = new Set(from);
    const own = new Set(problem.layers.flatMap(({ id }, index) => (ids.has(id) ? [index] : [])));
    const slower = mixFront(problem, { ...costs, pinned: new Set([...costs.pinned, ...own]) }, errors);
    const float = costs.float.map((ms, layer) => (own.has(layer) ? ms : Number.MAX_SAFE_INTEGER));
    const faster = mixFront(problem, { ...costs, float }, errors).filter((one) =>
      [...one.float].every((layer) => own.has(layer) || costs.pinned.has(layer)),
    );
    return [...faster, ...slower].sort((a, b) => a.ms - b.ms || a.error - b.error);
  }

  /**
   * Scores the fastest mix of the front, and then those between which the fastest within the limit must be, beginning
   * where errors say that it is; from there on some that are more accurate, since what a user wants of it is not known.
   */
  private async scoreSome(front: readonly PricedMix[], costs: MixCosts, errors: readonly number[]) {
    const { task } = this;
    const mixes = front.filter(({ float }) => this.isMix(float));
    const expected = mixes.map((one) => decibelsOf(errors, inInt8(one.float, errors.length)));
    let scored = 0;
    const score = async (place: number): Promise<FoundMix | null> => {
      if (scored >= SCORED) return null;
      if (task.passed() >= SCORED_UNTIL) {
        this.notes.add(TIME_OVER);
        return null;
      }
      scored++;
      return this.takePriced(itemAt(mixes, place), costs, errors);
    };
    let low = 0;
    let high = mixes.length;
    // What errors add up to is not quite what all have together, by much the same for all mixes.
    let apart = 0;
    for (let place = 0; low < high; ) {
      const made = await score(place);
      if (made === null) break;
      if (Number.isFinite(made.score.scoreDb)) apart = made.score.scoreDb - itemAt(expected, place);
      if (task.within(made.score)) high = place;
      else low = place + 1;
      const aimed = expected.findIndex((decibels, index) => index >= low && decibels + apart >= task.aim);
      const inside = aimed >= low && aimed < high;
      place = inside ? aimed : Math.floor((low + high) / 2);
    }
    let last = expected[high] ?? Number.POSITIVE_INFINITY;
    for (let place = high; place < mixes.length; place++) {
      const decibels = itemAt(expected, place);
      if (decibels < last + STEP_DB) continue;
      if (decibels > HIGHEST_DB) break;
      last = decibels;
      if ((await score(place)) === null) break;
    }
  }

  /**
   * Where everything in int8 loses too much: the mix with the fewest layers in float, made before anything is timed. What
   * layers cost is suspected from rows of a profile, what they lose is measured; and a search that has little time must
   * have something that loses little.
   */
  private async takeFewest(errors: readonly number[]): Promise<void> {
    const { task, found } = this;
    const stopped = !Number.isFinite(task.passed());
    if (stopped || task.from !== null || found.some(({ score }) => task.within(score))) return;
    const all = found[0]?.score.scoreDb ?? Number.NaN;
    const together = decibelsOf(errors, inInt8(new Set(), errors.length));
    // What errors add up to is often more than they have together.
    const apart = Number.isFinite(all) ? Math.min(0, all - together) : 0;
    let wanted = task.aim - apart;
    for (let tries = 0; tries < FEWEST_TRIES; tries++) {
      const fewest = this.fewestInFloat(errors, wanted);
      if (fewest === null) return;
      const { score } = await this.takePriced({ float: fewest, ms: 0, error: 0 }, null, errors);
      if (task.within(score) || !Number.isFinite(task.passed())) return;
      wanted += Math.max(0, task.aim - score.scoreDb) + MORE_DB;
    }
  }

  /** As few layers in float as bring all others to so many decibels: those that lose most; null: all of them. */
  private fewestInFloat(errors: readonly number[], decibels: number): Set<number> | null {
    const float = new Set(this.pinned);
    const order = [...errors.keys()].sort((a, b) => itemAt(errors, b) - itemAt(errors, a));
    for (const layer of order) {
      if (decibelsOf(errors, inInt8(float, errors.length)) >= decibels) break;
      float.add(layer);
    }
    return this.isMix(float) ? float : null;
  }

  /** Times the best of these; false where that was not possible, and there is no use in going on. */
  private async raceSome(fresh: readonly FoundMix[], most = RACED): Promise<boolean> {
    const { task } = this;
    const ranked = fresh
      .filter(({ raced }) => raced === null)
      .map((one, place) => ({ one, place, within: task.within(one.score) }))
      // Those within the limit first, in the order of the front; everything in int8 is asked for by everybody.
      .sort(
        (a, b) =>
          Number(isAll(b.one)) - Number(isAll(a.one)) ||
          Number(b.within) - Number(a.within) ||
          a.place - b.place,
      )
      .slice(0, most)
      .map(({ one }) => one);
    if (ranked.length === 0) return true;
    task.onProgress(
      `Timing ${ranked.length} ${ranked.length === 1 ? 'candidate' : 'candidates'} in turns with float`,
    );
    const raced = await unlessBusy(task.race([task.cleaned, ...ranked.map(({ path }) => path)]), () =>
      this.notes.add(this.cleaned === null ? NOT_TIMED : ENDED_EARLY),
    );
    if (raced === null) return false;
    this.cleaned ??= itemAt(raced, 0).latency;
    for (const [place, one] of ranked.entries())
      this.found[this.found.indexOf(one)] = { ...one, raced: itemAt(raced, place + 1) };
    return true;
  }

  /** Of those within the limit, if there is any, the one that is fastest. */
  private fastest(): FoundMix | null {
    const timed = this.found.filter(({ raced }) => raced !== null);
    const within = timed.filter(({ score }) => this.task.within(score));
    const ratio = ({ raced }: FoundMix) => raced?.overCleaned.ratio ?? 0;
    const pool = within.length > 0 ? within : timed;
    return pool.length === 0 ? null : pool.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  }

  private idOf(float: ReadonlySet<number>): string {
    const { layers } = this.task.problem;
    return idOf([...float].flatMap((layer) => (this.pinned.has(layer) ? [] : [itemAt(layers, layer).id])));
  }

  /** Some of its layers are in integers, and some are not that could be. */
  private isMix(float: ReadonlySet<number>): boolean {
    return float.size < this.task.problem.layers.length;
  }

  /** Builds, corrects and scores a mix; without costs no layer is in float for being slow. */
  private async takePriced(
    { float }: PricedMix,
    costs: MixCosts | null,
    errors: readonly number[],
  ): Promise<FoundMix> {
    const { problem } = this.task;
    const chosen = new Set([...float].filter((layer) => !this.pinned.has(layer)));
    const forSpeed = costs === null ? new Set<number>() : bestMix(problem, costs, false);
    const slow = new Set([...chosen].filter((layer) => forSpeed.has(layer)));
    const why = new Map<number, string>(costs === null ? [] : reasons(problem, costs, slow));
    for (const layer of chosen)
      if (!slow.has(layer)) why.set(layer, lossReason(errors, layer, this.causes.get(layer) ?? null));
    return this.take(new Map([...why].map(([layer, reason]) => [itemAt(problem.layers, layer).id, reason])));
  }

  private async take(chosen: ReadonlyMap<NodeId, string>): Promise<FoundMix> {
    const { task } = this;
    const id = idOf(chosen.keys());
    const known = this.found.find((one) => one.id === id);
    if (known !== undefined) return known;
    const place = this.found.length + 1;
    task.onProgress(
      `Making candidate ${place}${chosen.size === 0 ? '' : `, ${chosen.size} layers in float`}`,
    );
    const mix = candidate(task, chosen);
    return this.took(id, { kind: 'mix' }, mix, await task.finish(mix));
  }

  /** Scores a candidate and keeps it. */
  private async took(id: string, made: Made, mix: Mix, delivered: Delivered): Promise<FoundMix> {
    const { task, found } = this;
    task.onProgress(`Scoring candidate ${found.length + 1}`);
    const score = await task.score(delivered.path);
    const one: FoundMix = { ...delivered, id, made, mix, score, raced: null };
    task.log(`${id}: ${mix.kept.size} layers in float, ${score.scoreDb.toFixed(2)} dB`);
    found.push(one);
    return one;
  }
}

/** Mixes of a front that are a step of decibels apart. */
function spread(front: readonly PricedMix[], errors: readonly number[], layers: number): PricedMix[] {
  const result: PricedMix[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const one of front) {
    const decibels = Math.max(LOWEST_DB, decibelsOf(errors, inInt8(one.float, layers)));
    if (decibels < last + STEP_DB || decibels > HIGHEST_DB) continue;
    last = decibels;
    result.push(one);
  }
  return result;
}

function inInt8(float: ReadonlySet<number>, layers: number): number[] {
  return Array.from({ length: layers }, (_, layer) => layer).filter((layer) => !float.has(layer));
}

function lossReason(errors: readonly number[], layer: number, cause: string | null): string {
  const own = itemAt(errors, layer);
  const all = errors.reduce((sum, error) => sum + error, 0);
  if (own <= 0) return 'its neighbours are in float, and converting takes longer than it would gain';
  const part = (100 * own) / all;
  const loss = `in int8 it alone would bring the outputs to ${decibelsOf(errors, [layer]).toFixed(1)} dB (${part < 1 ? 'less than 1' : part.toFixed(0)} % of what all layers lose)`;
  return cause === null ? loss : `${loss}: ${cause}`;
}
