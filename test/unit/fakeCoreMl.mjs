// Speaks as src/runtime/coremlRunner.js does, of a model that multiplies by two, and misbehaves as it is told.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , trouble] = process.argv;
const say = (reply) => console.log(JSON.stringify(reply));
const port = (name, shape) => ({ name, kind: 'array', type: 'float32', shape });
let given = [];

createInterface({ input: process.stdin }).on('line', (line) => {
  const { action, ...rest } = JSON.parse(line);
  if (/[^ -~]/.test(line)) return say({ error: 'a request that is not ASCII' });
  if (action === 'load') {
    if (trouble === 'error') return say({ error: `there is no model at ${rest.path}.` });
    if (trouble === 'chatty') console.log('[framework] hello');
    return say({
      result: { system: 'macOS 99.1', inputs: [port('x', [1, 3])], outputs: [port('y', [1, 3])] },
    });
  }
  if (action === 'feed') {
    const [{ file, shape, last }] = rest.inputs;
    const bytes = readFileSync(file);
    given = [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
    if (given.at(-1) !== last || shape.join() !== '1,3') return say({ error: 'wrong values' });
    return say({ result: {} });
  }
  if (trouble === 'crash') process.exit(7);
  if (trouble === 'kill') process.kill(process.pid, 'SIGSEGV');
  if (trouble === 'hang') return;
  if (trouble === 'garbage') return console.log('{"result": 12');
  if (trouble === 'nonsense') return say({ result: 12 });
  if (trouble === 'timeless') return say({ result: { milliseconds: 'soon' } });
  const values = given.map((value) => (value === 0 ? null : 2 * value));
  say({ result: { milliseconds: 1.5, ...(rest.outputs && { outputs: { y: { shape: [1, 3], values } } }) } });
});
if (trouble === 'stays') process.stdin.on('end', () => setInterval(() => {}, 1000));
