import { basename, resolve } from 'node:path';
import type { ModelFile } from '../../formats/format';
import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { type DeviceChoice, ONLY_PHONE } from '../../protocol/devices';
import { readOperators } from '../imports/benchmarkModel';
import type { MeasuredRow } from '../imports/measurements';
import { modelInputs } from '../inputs';
import { fitNote, fitRows } from '../rowFit';
import { median } from '../statistics';
import { untimedRows } from '../untimedRows';
import { Adb, choosePhone, describePhone, findAdb, lastLine, type Phone } from './adb';
import { benchmarkWords, DELEGATE_NAMES, findBenchmarkModel } from './benchmarkModel';
import { attributeRows, type BenchmarkRun, readRun } from './benchmarkOutput';
import { CONDITIONS_LINE, readConditions } from './conditions';
import { type DeviceContext, REMOVE_MS } from './deviceContext';
import { Leftovers } from './leftovers';
import type { Device, DeviceMeasurement, DeviceModel, DeviceSettings, ModelMeasurement } from './measurement';
import type { Ended } from './program';
import { alternate, latencyOf, speedupsOf } from './sessions';
import { shellLine } from './shellWords';

/** Where every Android lets adb's user keep and run programs. */
const FOLDERS = '/data/local/tmp/caliper-';
/** A start that has not ended by then hangs: runs and warming up are bounded to some seconds, loading is not. */
const START_MS = 10 * 60_000;
/** Rounds in which each model is started once more with the profiler, of whose rows the medians count. */
const PROFILED_ROUNDS = 3;

/** Finds an Android phone, by its serial number or as the only one. @throws UsageError, ModelError with a sentence */
export async function openPhone({ id, delegate }: DeviceChoice, context: DeviceContext): Promise<Device> {
  const adb = new Adb(findAdb(context.programs), context.signal);
  const listed = choosePhone(await adb.devices(), id === ONLY_PHONE ? '' : id);
  const phone = await describePhone(adb, listed);
  await removeLeftovers(adb, listed.serial, context);
  const tool = findBenchmarkModel(context.programs, phone.abis, phone.report.name);
  return {
    measure: (models, settings) =>
      new PhoneRun(adb, phone, tool, delegate, context).measure(models, settings),
  };
}

/** Removes what processes that were killed, or unplugged phones, left there. */
export async function removeLeftovers(adb: Adb, serial: string, { memory }: Pick<DeviceContext, 'memory'>) {
  const leftovers = new Leftovers(memory);
  for (const token of await leftovers.of(serial))
    if (await remove(adb, serial, token)) await leftovers.done(token);
}

/** Ends what may still run in a folder of ours, and removes it. @returns whether it is gone */
async function remove(adb: Adb, serial: string, token: string): Promise<boolean> {
  const folder = `${FOLDERS}${token}`;
  const kill = `[ -f ${folder}/pid ] && kill -9 "$(cat ${folder}/pid)" 2>/dev/null`;
  const ended = await adb
    .shell(serial, `${kill}; ${shellLine(['rm', '-rf', folder])}`, REMOVE_MS)
    .catch(() => null);
  return ended !== null && ended.status === 0;
}

/** One start of the tool, with the table of operators where it was asked for. */
interface Start extends BenchmarkRun {
  readonly rows: readonly MeasuredRow[] | null;
}

/** One measurement on a phone, in a folder of its own. */
class PhoneRun {
  constructor(
    private readonly adb: Adb,
    private readonly phone: Phone,
    private readonly tool: string,
    private readonly delegate: DeviceChoice['delegate'],
    private readonly context: DeviceContext,
  ) {}

  private get serial(): string {
    return this.phone.report.id;
  }

  /** @throws ModelError with what went wrong on the phone; the folder is removed all the same */
  async measure(models: readonly DeviceModel[], settings: DeviceSettings): Promise<DeviceMeasurement> {
    for (const { file } of models) checkFormat(file);
    const { context, serial } = this;
    const leftovers = new Leftovers(context.memory);
    context.hold(true);
    const token = await leftovers.begin(serial);
    try {
      return await this.measureIn(`${FOLDERS}${token}`, models, settings);
    } finally {
      // After a cancel too, when the signal has ended everything else.
      const adb = this.adb.with(AbortSignal.timeout(REMOVE_MS));
      if (await remove(adb, serial, token)) await leftovers.done(token);
      else context.log(`${folderSentence(serial, token)}`);
      context.hold(false);
    }
  }

  private async measureIn(
    folder: string,
    models: readonly DeviceModel[],
    settings: DeviceSettings,
  ): Promise<DeviceMeasurement> {
    const { adb, serial } = this;
    const { onProgress } = settings;
    onProgress(`Copying to ${this.phone.report.name}`, 0);
    await this.demand(await adb.shell(serial, shellLine(['mkdir', folder])), 'A folder cannot be made');
    await this.push(this.tool, `${folder}/benchmark_model`);
    await this.demand(
      await adb.shell(serial, shellLine(['chmod', '700', `${folder}/benchmark_model`])),
      'benchmark_model cannot be made a program',
    );
    for (const [index, { file }] of models.entries())
      await this.push(file.model.file, `${folder}/${index}.tflite`);
    const before = await this.conditions();
    const profiled: Start[][] = models.map(() => []);
    const sessions = await alternate(
      models.length,
      async (index, round) => {
        const wish = this.wish(folder, index, itemAt(models, index), settings);
        const start = await this.start(folder, wish, null);
        if (settings.layers && round < PROFILED_ROUNDS)
          profiled[index]?.push(await this.start(folder, wish, `${folder}/operators.csv`));
        return start;
      },
      (fraction) => onProgress(`Measuring on ${this.phone.report.name}`, 0.1 + 0.9 * fraction),
    );
    const after = await this.conditions();
    const notes = [...new Set(sessions.flat().flatMap(({ delegate }) => delegate ?? []))];
    const measured = models.map((model, index) =>
      this.summarize(model, itemAt(sessions, index), itemAt(profiled, index), settings),
    );
    return {
      device: {
        ...this.phone.report,
        engine: `LiteRT benchmark_model, ${DELEGATE_NAMES[this.delegate]}`,
        threads: settings.threads,
        conditions: { before, after },
      },
      cpu: this.phone.report.soc ?? this.phone.report.name,
      models: measured.map(({ model }) => model),
      speedups: speedupsOf(sessions, settings.seed),
      notes: [...notes, ...measured.flatMap(({ notes }) => notes)],
    };
  }

  private summarize(
    model: DeviceModel,
    sessions: readonly Start[],
    profiled: readonly Start[],
    { seed }: DeviceSettings,
  ): { model: ModelMeasurement; notes: string[] } {
    const latency = latencyOf(sessions, seed);
    const { file } = model;
    const rows = averageRows(profiled.flatMap((start) => (start.rows === null ? [] : [start.rows])));
    if (rows === null)
      return {
        model: { latency, layers: untimedRows(file.model.graph), added: [], profileFactor: null },
        notes:
          profiled.length === 0
            ? []
            : [`${basename(file.model.file)}: benchmark_model gave no table of operators.`],
      };
    const { rows: measured, notes } = attributeRows(model, rows);
    const rowsMs = rows.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
    const sum = { rowsMs, factor: rowsMs / latency.median };
    const note = fitNote(sum, latency.median);
    return {
      model: { latency, ...fitRows(measured, sum, latency.median), profileFactor: sum.factor },
      notes: [...notes, ...(note === null ? [] : [note])],
    };
  }

  private wish(folder: string, index: number, { inferred }: DeviceModel, settings: DeviceSettings) {
    const chosen = Object.keys(settings.dims).length + Object.keys(settings.shapes).length > 0;
    return {
      model: `${folder}/${index}.tflite`,
      threads: settings.threads,
      runs: settings.runs,
      delegate: this.delegate,
      inputs: chosen ? modelInputs(inferred) : [],
    };
  }

  private async start(
    folder: string,
    wish: Omit<Parameters<typeof benchmarkWords>[0], 'profile'>,
    profile: string | null,
  ): Promise<Start> {
    const { adb, serial } = this;
    const words = [`${folder}/benchmark_model`, ...benchmarkWords({ ...wish, profile })];
    // So that it can be ended when the connection has gone.
    const ended = await adb.shell(serial, `echo $$ > ${folder}/pid; exec ${shellLine(words)}`, START_MS);
    const text = `${ended.stdout}\n${ended.stderr}`;
    this.context.log(text.trim());
    const run = ended.status === 0 ? readRun(text) : null;
    if (run === null) throw await this.failure(ended, 'benchmark_model failed');
    const unknown = /Unconsumed cmdline flags: ([^\n]*)/.exec(text)?.[1];
    if (unknown !== undefined && /use_(nnapi|gpu|xnnpack)/.test(unknown))
      throw new ModelError(
        `This benchmark_model knows no ${DELEGATE_NAMES[this.delegate]} (${unknown.trim()}): choose another --delegate or another version of it.`,
      );
    if (profile === null) return { ...run, rows: null };
    const { stdout } = await adb.shell(serial, shellLine(['cat', profile]));
    // Versions without CSV print the table.
    return { ...run, rows: readOperators(stdout, 'operators.csv') ?? readOperators(text, 'benchmark_model') };
  }

  private async push(file: string, target: string): Promise<void> {
    // A path that begins with a dash would be an option.
    const ended = await this.adb.push(this.serial, resolve(file), target);
    await this.demand(ended, `${basename(file)} cannot be copied`);
  }

  private async conditions() {
    return readConditions((await this.adb.shell(this.serial, CONDITIONS_LINE)).stdout);
  }

  private async demand(ended: Ended, what: string): Promise<void> {
    if (ended.status !== 0) throw await this.failure(ended, what);
  }

  /** Why something did not work on the phone, as a sentence with what to do. */
  private async failure(ended: Ended, what: string): Promise<ModelError> {
    const { name } = this.phone.report;
    const text = `${ended.stdout}\n${ended.stderr}`;
    const devices = await this.adb.devices().catch(() => null);
    const now = devices?.find(({ serial }) => serial === this.serial);
    if (devices !== null && now === undefined)
      return new ModelError(
        `${name} was unplugged while it was measured: connect it again and repeat; what was copied to it is removed then.`,
      );
    if (now !== undefined && now.state !== 'device')
      return new ModelError(
        `${name} became ${now.state} while it was measured: plug it in again and repeat.`,
      );
    if (/No space left|not enough space|ENOSPC/i.test(text))
      return new ModelError(`${what} to ${name}: there is no space left in /data; free some and repeat.`);
    if (/not executable|Exec format|has unexpected e_machine|syntax error/i.test(text))
      return new ModelError(
        `benchmark_model does not run on ${name} (${this.phone.abis.join(', ')}): it is built for another ABI; name one for this phone by --benchmark-model.`,
      );
    if (ended.status === null)
      return new ModelError(
        `${what} on ${name}: it did not end in time; unlock the phone or restart it, and repeat.`,
      );
    return new ModelError(`${what} on ${name}: ${reasonIn(text) ?? lastLine(ended)}.`);
  }
}

function checkFormat(file: ModelFile): void {
  if (file.format.id === 'tflite') return;
  throw new ModelError(
    `${basename(file.model.file)} cannot be measured on a phone: benchmark_model runs TensorFlow Lite models alone, and this is ${file.format.name}.`,
    { file: file.model.file },
  );
}

/** What the tool says in red before it gives up. */
function reasonIn(text: string): string | null {
  const line = text.split('\n').find((one) => /^(ERROR|FATAL|error)\b/.test(one.trim()));
  return (
    line
      ?.replace(/^\s*(ERROR|FATAL|error):\s*/, '')
      .trim()
      .replace(/\.$/, '') ?? null
  );
}

function folderSentence(serial: string, token: string): string {
  return `${FOLDERS}${token} could not be removed from ${serial}; it will be at the next connection.`;
}

/** Medians of several tables of the same model; null without one. */
function averageRows(tables: readonly (readonly MeasuredRow[])[]): MeasuredRow[] | null {
  const [first] = tables;
  if (first === undefined) return null;
  const times = new Map<string, number[]>();
  for (const { name, ms } of tables.flat())
    if (ms !== null) times.set(name, [...(times.get(name) ?? []), ms]);
  return first.map((row) => {
    const known = times.get(row.name);
    return { ...row, ms: known === undefined ? null : median(known) };
  });
}
