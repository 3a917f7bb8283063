#!/usr/bin/env node
/*
 * Stands in for Android's adb where no phone is: put on the PATH as `adb`, it answers as adb 1.0.41 and the tools of a
 * phone do. What it is (states, failures) stands in the file `phone.json` of the folder ADB_STAND_IN, where it also
 * keeps what it was told (`calls.jsonl`) and the phone's files (`files/`).
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.env.ADB_STAND_IN;
const words = process.argv.slice(2);
appendFileSync(join(root, 'calls.jsonl'), `${JSON.stringify(words)}\n`);
const phone = {
  devices: [{ serial: '28121FDH2000AB', state: 'device' }],
  abi: 'arm64-v8a',
  failure: '',
  delegate: 'none',
  /** Of each file that is benchmarked, by its name on the phone. */
  microseconds: { '0.tflite': 12000, '1.tflite': 8000, '2.tflite': 6000 },
  ...JSON.parse(readFileSync(join(root, 'phone.json'), 'utf8')),
};

const onPhone = (path) => join(root, 'files', ...path.split('/'));
const fail = (text, status = 1) => {
  process.stderr.write(`${text}\n`);
  process.exit(status);
};

if (words[0] === 'devices') listDevices();
else if (words[0] === '-s') onDevice(words[1], words.slice(2));
else fail('adb: usage: unknown command');

function listDevices() {
  const unplugged = existsSync(join(root, 'unplugged'));
  console.log('List of devices attached');
  for (const { serial, state } of unplugged ? [] : phone.devices) {
    const rest = state === 'device' ? ' product:shiba model:Pixel_8 device:shiba' : '';
    const said =
      state === 'no permissions'
        ? 'no permissions (missing udev rules? user is in the plugdev group); see [http://developer.android.com/tools/device.html]'
        : state;
    console.log(`${serial.padEnd(22)} ${said}${rest} transport_id:1`);
  }
  console.log('');
}

function onDevice(serial, [command, ...rest]) {
  const known = phone.devices.find((device) => device.serial === serial);
  if (known === undefined || existsSync(join(root, 'unplugged'))) fail(`adb: device '${serial}' not found`);
  if (known.state !== 'device') fail(`adb: device ${known.state}`);
  if (command === 'push') push(...rest);
  else if (command === 'shell') shell(rest.join(' '));
  else fail(`adb: unknown command ${command}`);
}

function push(file, target) {
  if (phone.failure === 'space') {
    fail(
      `adb: error: failed to copy '${file}' to '${target}': remote couldn't create file: No space left on device`,
    );
  }
  copyFileSync(file, onPhone(target));
  console.log(`${file}: 1 file pushed, 0 skipped. 31.4 MB/s (${statSync(file).size} bytes in 0.050s)`);
}

/** The command lines that are sent, and no others. */
function shell(line) {
  const properties = {
    'ro.product.model': 'Pixel 8',
    'ro.soc.model': 'Tensor G3',
    'ro.build.version.release': '16',
    'ro.product.cpu.abi': phone.abi,
    'ro.product.cpu.abilist': phone.abi === 'arm64-v8a' ? 'arm64-v8a,armeabi-v7a' : phone.abi,
    'ro.board.platform': 'zuma',
  };
  if (line.startsWith('getprop')) {
    for (const [, property] of line.matchAll(/getprop (\S+?)(?:;|$)/g))
      console.log(properties[property] ?? '');
  } else if (line.includes('dumpsys battery')) {
    console.log(readFileSync(join(import.meta.dirname, 'conditions.txt'), 'utf8'));
  } else if (line.startsWith('mkdir ')) {
    mkdirSync(dirname(onPhone(line.slice(6))), { recursive: true });
    mkdirSync(onPhone(line.slice(6)));
  } else if (line.startsWith('chmod 700 ')) statSync(onPhone(line.slice(10)));
  else if (line.startsWith('cat ')) {
    const file = onPhone(line.slice(4));
    if (!existsSync(file)) fail(`cat: ${line.slice(4)}: No such file or directory`);
    process.stdout.write(readFileSync(file));
  } else if (/^\[ -f (\S+)\/pid \]/.test(line)) {
    const folder = /rm -rf (\S+)$/.exec(line)[1];
    writeFileSync(join(root, 'killed'), existsSync(onPhone(`${folder}/pid`)) ? 'running' : 'nothing');
    rmSync(onPhone(folder), { recursive: true, force: true });
  } else if (/^echo \$\$ > \S+\/pid; exec \S+\/benchmark_model /.test(line)) benchmark(line);
  else fail(`/system/bin/sh: ${line.split(' ')[0]}: inaccessible or not found`, 127);
}

function benchmark(line) {
  const option = (name) => new RegExp(`--${name}=(\\S+)`).exec(line)?.[1];
  const graph = option('graph');
  writeFileSync(join(dirname(onPhone(graph)), 'pid'), '4711\n');
  if (!existsSync(onPhone(graph))) fail(`ERROR: Failed to mmap model ${graph}`);
  if (phone.failure === 'abi')
    fail(`/system/bin/sh: ${dirname(graph)}/benchmark_model: not executable: 64-bit ELF file`, 126);
  if (phone.failure === 'model')
    fail(
      "ERROR: Didn't find op for builtin opcode 'CONV_2D' version '9'.\nERROR: Failed to initialize the interpreter",
      1,
    );
  if (phone.failure === 'unplug') {
    writeFileSync(join(root, 'unplugged'), '');
    process.exit(1);
  }
  if (phone.failure === 'hang') {
    writeFileSync(join(root, 'running'), '');
    setInterval(() => {}, 1000);
    return;
  }
  const starts = join(root, 'starts');
  const count = existsSync(starts) ? Number(readFileSync(starts, 'utf8')) + 1 : 1;
  writeFileSync(starts, String(count));
  const name = graph.split('/').at(-1);
  // Starts differ a little, as they do.
  const average = phone.microseconds[name] * (1 + 0.004 * ((count * 7) % 5));
  const runs = Number(option('num_runs'));
  const text = readFileSync(join(import.meta.dirname, 'benchmark.txt'), 'utf8');
  process.stdout.write(
    text
      .replaceAll('{graph}', graph)
      .replaceAll('{threads}', option('num_threads'))
      .replaceAll('{runs}', String(runs))
      .replaceAll('{average}', average.toPrecision(6))
      .replaceAll(
        '{delegate}',
        phone.delegateLine ??
          'Explicitly applied XNNPACK delegate, and the model graph will be partially executed by the delegate w/ 2 delegate kernels.',
      )
      .replaceAll(
        '{unknown}',
        phone.unknown === undefined ? '' : `Unconsumed cmdline flags: ${phone.unknown}`,
      ),
  );
  const csv = option('op_profiling_output_file');
  if (csv !== undefined) writeFileSync(onPhone(csv), readFileSync(join(root, 'operators.csv'), 'utf8'));
}
