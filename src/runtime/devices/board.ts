import { basename, dirname, relative, resolve } from 'node:path';
import { inputFiles } from '../../formats/inputFiles';
import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { type DevicePrograms, type DeviceReport, SSH_PREFIX } from '../../protocol/devices';
import { untimedRows } from '../untimedRows';
import { lastLine } from './adb';
import { type DeviceContext, REMOVE_MS } from './deviceContext';
import { Leftovers } from './leftovers';
import type { Device, DeviceMeasurement, DeviceModel, DeviceSettings } from './measurement';
import type { Ended } from './program';
import { RemoteReports } from './remoteReports';
import { alternate, latencyOf, speedupsOf } from './sessions';
import { shellLine } from './shellWords';
import { checkAddress, SshClient } from './sshClient';

const QUICK_MS = 45_000;
/** Gigabytes over a slow wireless network. */
const COPY_MS = 60 * 60_000;
/** As long as somebody may wait for a slow board; whoever does not, cancels. */
const MEASURE_MS = 60 * 60_000;

/** The first version whose reports can be read here. */
const OLDEST = [0, 1] as const;
const NEEDS_NODE = 'Node 20.19 or later';

/** What a board is asked at first: a label and how it is found out. */
const QUESTIONS: Readonly<Record<string, string>> = {
  system: `. /etc/os-release 2>/dev/null; echo "\${PRETTY_NAME:-$(uname -sr)}"`,
  machine: 'uname -m',
  model: `tr -d '\\000' < /proc/device-tree/model`,
  soc: `tr '\\000' '\\n' < /proc/device-tree/compatible | tail -n 1`,
  cpu: `grep -m1 'model name' /proc/cpuinfo | cut -d: -f2`,
  node: 'node --version',
  litert: 'command -v litert-benchmark',
};

/** A board that answered: what it is, and what measures there. */
export interface Board {
  readonly report: DeviceReport;
  readonly cpu: string;
  /** How `caliper` is called there, else null: `litert-benchmark` is. */
  readonly caliper: string | null;
}

/** Finds a board by its id, `ssh:user@host`. @throws UsageError, ModelError with a sentence */
export async function openBoard(id: string, context: DeviceContext): Promise<Device> {
  const ssh = new SshClient(checkAddress(id.slice(SSH_PREFIX.length)), context.signal);
  const board = await describeBoard(ssh, context.programs);
  await removeLeftoversOfBoard(ssh, context);
  return { measure: (models, settings) => new BoardRun(ssh, board, context).measure(models, settings) };
}

/** Removes the folders that a job which was cut off left on a board; what cannot be removed now stays noted. */
export async function removeLeftoversOfBoard(ssh: SshClient, { memory }: Pick<DeviceContext, 'memory'>) {
  const leftovers = new Leftovers(memory);
  const id = `${SSH_PREFIX}${ssh.address}`;
  for (const token of await leftovers.of(id)) if (await remove(ssh, token)) await leftovers.done(token);
}

/** Words for a shell of the kind that `sh` is: the user's own may be another. */
function inShell(line: string): string {
  return shellLine(['sh', '-c', line]);
}

/** Ends what may still run in a folder of ours, and removes it. @returns whether it is gone */
async function remove(ssh: SshClient, token: string): Promise<boolean> {
  const line = `for d in "\${TMPDIR:-/tmp}"/caliper-${token}-*; do [ -f "$d/pid" ] && kill "$(cat "$d/pid")" 2>/dev/null; rm -rf "$d" || exit 1; done`;
  const ended = await ssh.run(inShell(line), REMOVE_MS).catch(() => null);
  return ended !== null && ended.status === 0;
}

/** Asks a board what it is and what it has. @throws ModelError where it cannot be reached or has nothing that measures */
export async function describeBoard(ssh: SshClient, programs: DevicePrograms): Promise<Board> {
  const id = `${SSH_PREFIX}${ssh.address}`;
  const named = programs.remoteCaliper[id] ?? programs.remoteCaliper[''];
  const caliper = named ?? 'caliper';
  const questions = Object.entries(QUESTIONS).map(
    ([label, how]) => `echo "${label}=$( { ${how}; } 2>/dev/null | head -n 1)"`,
  );
  const version = `echo "caliper=$( { ${shellLine([caliper, '--version'])}; } 2>&1 | head -n 1)"`;
  const ended = await ssh.run(inShell([...questions, version].join('; ')), QUICK_MS);
  const answers = new Map(
    ended.stdout.split('\n').flatMap((line) => {
      const [, label, value = ''] = /^([a-z]+)=(.*)$/.exec(line) ?? [];
      return label === undefined ? [] : [[label, value.trim()] as const];
    }),
  );
  const known = (label: string) => answers.get(label) || null;
  const model = known('model');
  const report: DeviceReport = {
    id,
    kind: 'ssh',
    name: ssh.address,
    model,
    soc: known('soc')?.replace(',', ' ') ?? known('cpu'),
    system: known('system'),
    abi: known('machine'),
    state: 'ready',
  };
  const said = known('caliper') ?? '';
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+/.exec(said) ?? [];
  const cpu = report.soc ?? report.abi ?? 'unknown CPU';
  if (major !== undefined && minor !== undefined) {
    if (isOlder([Number(major), Number(minor)]))
      throw new ModelError(`caliper ${said} on ${ssh.address} is too old: install the newer version there.`);
    return { report, cpu, caliper };
  }
  const litert = known('litert');
  if (litert !== null && named === undefined) return { report, cpu, caliper: null };
  throw new ModelError(nothingThere(ssh.address, caliper, said, known('node')));
}

function isOlder([major, minor]: readonly [number, number]): boolean {
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function nothingThere(address: string, caliper: string, said: string, node: string | null): string {
  const other = 'or litert-benchmark (pip install ai-edge-litert)';
  if (/not found|No such file/i.test(said) && /\bnode\b/.test(said))
    return `There is no Node on ${address}, which caliper there needs: install ${NEEDS_NODE}, ${other}.`;
  if (/not found|No such file/i.test(said)) {
    const needs = node === null ? `, which needs ${NEEDS_NODE} (there is no Node there),` : '';
    return `There is neither ${caliper} nor litert-benchmark on ${address}: install caliper there${needs} ${other}, or name where caliper is by --remote-caliper or the setting caliper.devices.`;
  }
  const [, major = ''] = /^v(\d+)\./.exec(node ?? '') ?? [];
  if (major !== '' && Number(major) < 20)
    return `Node ${node} on ${address} is too old for caliper: install ${NEEDS_NODE}.`;
  return `${caliper} on ${address} does not work (${said.replace(/\.$/, '') || 'it says nothing'}): install it there again.`;
}

/** One measurement on a board, in a folder of its own. */
class BoardRun {
  private readonly reports: RemoteReports;

  constructor(
    private readonly ssh: SshClient,
    private readonly board: Board,
    private readonly context: DeviceContext,
  ) {
    this.reports = new RemoteReports(ssh.address);
  }

  /** @throws ModelError with what went wrong on the board; the folder is removed all the same */
  async measure(models: readonly DeviceModel[], settings: DeviceSettings): Promise<DeviceMeasurement> {
    for (const { file } of models) this.check(file.format, file.model.file);
    const { context, ssh } = this;
    const leftovers = new Leftovers(context.memory);
    context.hold(true);
    const token = await leftovers.begin(this.board.report.id);
    try {
      settings.onProgress(`Copying to ${ssh.address}`, 0);
      const folder = await this.makeFolder(token);
      const paths: string[] = [];
      for (const [index, model] of models.entries()) paths.push(await this.copy(model, `${folder}/${index}`));
      settings.onProgress(`Measuring on ${ssh.address}`, 0.1);
      const measure = this.board.caliper === null ? this.byBenchmark : this.byCaliper;
      return await measure.call(this, folder, models, paths, settings);
    } finally {
      // After a cancel too, when the signal has ended everything else.
      if (await remove(ssh.with(AbortSignal.timeout(REMOVE_MS)), token)) await leftovers.done(token);
      else
        context.log(`A folder could not be removed from ${ssh.address}; it will be at the next connection.`);
      context.hold(false);
    }
  }

  private check({ id, name, isPackage }: DeviceModel['file']['format'], file: string): void {
    if (isPackage?.(file))
      throw new ModelError(
        `${basename(file)} is a folder, which is not copied to boards: measure it on this computer.`,
        { file },
      );
    if (this.board.caliper === null && id !== 'tflite')
      throw new ModelError(
        `litert-benchmark on ${this.ssh.address} runs TensorFlow Lite models alone, and ${basename(file)} is ${name}: install caliper there.`,
        { file },
      );
  }

  private async makeFolder(token: string): Promise<string> {
    const line = `umask 077; mktemp -d "\${TMPDIR:-/tmp}/caliper-${token}-XXXXXX"`;
    const ended = await this.ssh.run(inShell(line), QUICK_MS);
    const folder = ended.stdout.trim();
    if (ended.status !== 0 || !folder.startsWith('/') || folder.includes('\n'))
      throw this.failure(ended, 'A folder cannot be made');
    return folder;
  }

  /** Copies a model with the files of its weights, which lie in its folder. @returns its path on the board */
  private async copy({ file }: DeviceModel, folder: string): Promise<string> {
    const root = dirname(resolve(file.model.file));
    const targets = inputFiles(file).map((path) => ({
      path,
      target: `${folder}/${relative(root, resolve(path)).replaceAll('\\', '/')}`,
    }));
    for (const { path, target } of targets) {
      const parent = target.slice(0, target.lastIndexOf('/'));
      const line = `${shellLine(['mkdir', '-p', parent])} && cat > ${shellLine([target])}`;
      const ended = await this.ssh.run(inShell(line), COPY_MS, path);
      if (ended.status !== 0) throw this.failure(ended, `${basename(path)} cannot be copied`);
    }
    return itemAt(targets, 0).target;
  }

  /** By `caliper` there: profile of one, compare of several. */
  private async byCaliper(
    folder: string,
    models: readonly DeviceModel[],
    paths: readonly string[],
    settings: DeviceSettings,
  ): Promise<DeviceMeasurement> {
    const { caliper } = this.board;
    const words = [
      caliper ?? 'caliper',
      models.length === 1 ? 'profile' : 'compare',
      ...[
        '--json',
        '--threads',
        String(settings.threads),
        '--runs',
        String(settings.runs),
        '--seed',
        String(settings.seed),
      ],
      ...Object.entries(settings.dims).map(([name, value]) => `--dim=${name}=${value}`),
      ...Object.entries(settings.shapes).map(([name, shape]) => `--shape=${name}=${shape.join(',')}`),
      ...paths,
    ];
    const ended = await this.start(folder, words);
    if (ended.status !== 0) throw this.failure(ended, 'caliper failed');
    if (models.length === 1) {
      const {
        latencyMs: latency,
        profileFactor,
        layers,
        added,
        notes,
        ...place
      } = this.reports.profile(ended.stdout);
      return this.result(place, [{ latency, profileFactor, layers, added }], [], this.said(notes));
    }
    const { latencies, speedups, layers, notes, ...place } = this.reports.comparison(ended.stdout);
    const measured = models.map(({ file }, index) => ({
      latency: itemAt(latencies, index),
      profileFactor: null,
      layers: untimedRows(file.model.graph).map((row) => ({ ...row, ...layers[index]?.get(row.id ?? '') })),
      added: [],
    }));
    return this.result(place, measured, speedups, this.said(notes));
  }

  /** By `litert-benchmark`, started for each model in turns; it says nothing of layers. */
  private async byBenchmark(
    folder: string,
    models: readonly DeviceModel[],
    paths: readonly string[],
    settings: DeviceSettings,
  ): Promise<DeviceMeasurement> {
    const { threads, runs, seed, onProgress } = settings;
    if (Object.keys(settings.dims).length + Object.keys(settings.shapes).length > 0)
      throw new ModelError(
        `litert-benchmark on ${this.ssh.address} takes the sizes that are in the file: install caliper there to choose others.`,
      );
    const result = `${folder}/result.json`;
    const sessions = await alternate(
      models.length,
      async (index) => {
        const words = ['litert-benchmark', `--model=${itemAt(paths, index)}`];
        const limits = [`--num_runs=${runs}`, `--num_threads=${threads}`, `--result_json=${result}`];
        const ended = await this.start(folder, [...words, ...limits]);
        if (ended.status !== 0) throw this.failure(ended, 'litert-benchmark failed');
        const { stdout } = await this.ssh.run(inShell(shellLine(['cat', result])), QUICK_MS);
        return this.reports.benchmark(stdout);
      },
      (fraction) => onProgress(`Measuring on ${this.ssh.address}`, 0.1 + 0.9 * fraction),
    );
    return this.result(
      { engine: 'LiteRT litert-benchmark', cpu: this.board.cpu, threads },
      models.map(({ file }, index) => ({
        latency: latencyOf(itemAt(sessions, index), seed),
        profileFactor: null,
        layers: untimedRows(file.model.graph),
        added: [],
      })),
      speedupsOf(sessions, seed),
      ['litert-benchmark rounds to 0.01 ms and says nothing of single layers: caliper there does.'],
    );
  }

  /** What a board says of itself as “this computer”. */
  private said(notes: readonly string[]): string[] {
    return notes.map((note) => `${this.ssh.address}: ${note}`);
  }

  private start(folder: string, words: readonly string[]): Promise<Ended> {
    // So that it can be ended when the connection has gone.
    return this.ssh.run(
      inShell(`echo $$ > ${shellLine([`${folder}/pid`])}; exec ${shellLine(words)}`),
      MEASURE_MS,
    );
  }

  private result(
    { engine, cpu, threads }: { engine: string; cpu: string; threads: number },
    models: DeviceMeasurement['models'],
    speedups: DeviceMeasurement['speedups'],
    notes: readonly string[],
  ): DeviceMeasurement {
    return { device: { ...this.board.report, engine, threads }, cpu, models, speedups, notes };
  }

  private failure(ended: Ended, what: string): ModelError {
    const { address } = this.ssh;
    if (/No space left|quota exceeded/i.test(ended.stderr))
      return new ModelError(`${what} on ${address}: there is no space left; free some and repeat.`);
    if (ended.status === null) return new ModelError(`${what} on ${address}: it did not end in time.`);
    const said = /^caliper: (.*)$/m.exec(ended.stderr)?.[1]?.replace(/\.$/, '');
    return new ModelError(`${what} on ${address}: ${said ?? lastLine(ended)}.`);
  }
}
