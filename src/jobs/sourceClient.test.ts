import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PARSER_FILES } from '../../test/unit/source';
import { SourceClient } from './sourceClient';

const folder = mkdtempSync(path.join(tmpdir(), 'caliper-source-'));
const script = path.join(folder, 'source.cjs');
beforeAll(() =>
  build({
    entryPoints: [path.join(import.meta.dirname, 'source.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: { 'web-tree-sitter': path.resolve('node_modules/web-tree-sitter/web-tree-sitter.cjs') },
  }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clients: SourceClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
});

const URI = 'file:///net.py';
const TEXT = 'import torch.nn as nn\nconv = nn.Conv2d(3, 4, 5)\n';

/** A client, the texts that an editor would have, and a promise for a version that is read. */
function start(file = script) {
  const texts = new Map([[URI, { version: 1, text: TEXT }]]);
  const waits: { version: number; resolve: () => void }[] = [];
  const read: number[] = [];
  const client = new SourceClient(file, PARSER_FILES, {
    textOf: (uri) => texts.get(uri) ?? null,
    analyzed: (_, version) => {
      read.push(version);
      for (const wait of waits) if (wait.version === version) wait.resolve();
    },
  });
  clients.push(client);
  const until = (version: number) =>
    new Promise<void>((resolve) => (read.includes(version) ? resolve() : waits.push({ version, resolve })));
  return { client, texts, until };
}

const at = (line: number, character: number) => ({ uri: URI, position: { line, character } });

describe('the source thread', () => {
  it('answers what stands at a position, and nothing beside it', async () => {
    const { client } = start();
    const call = await client.ask('hover', at(1, 10));
    expect(call).toMatchObject({
      layer: 'Conv2d',
      range: { start: { line: 1, character: 7 }, end: { line: 1, character: 16 } },
    });
    expect(call?.instances[0]?.parameters).toBe(304);
    expect(await client.ask('hover', at(0, 3))).toBeNull();
    expect(await client.ask('hover', at(1, 18))).toBeNull();
  });

  it('follows edits, and finds a layer where it is now', async () => {
    const { client, until } = start();
    await client.ask('hover', at(1, 10));
    client.edit(URI, 2, [{ offset: 0, length: 0, text: '# new\n\n' }], TEXT.length + 7);
    expect(await client.ask('hover', at(3, 10))).toMatchObject({
      layer: 'Conv2d',
      range: { start: { line: 3 } },
    });
    client.edit(URI, 3, [{ offset: TEXT.indexOf('4, 5') + 7, length: 1, text: '8' }], TEXT.length + 7);
    await until(3);
    const call = await client.ask('hover', at(3, 10));
    expect(call?.instances[0]?.parameters).toBe(608);
    expect((await client.ask('file', { uri: URI }))?.calls).toHaveLength(1);
  });

  it('asks for the whole text when its own has drifted', async () => {
    const { client, texts, until } = start();
    await client.ask('hover', at(1, 10));
    const text = TEXT.replace('Conv2d(3, 4, 5)', 'Linear(3, 4)');
    texts.set(URI, { version: 5, text });
    client.edit(URI, 4, [{ offset: 0, length: 0, text: '#' }], 9999);
    await until(5);
    expect(await client.ask('hover', at(1, 10))).toMatchObject({ layer: 'Linear' });
  });

  it('answers null for what is not open or was closed', async () => {
    const { client, texts } = start();
    expect(await client.ask('hover', { ...at(0, 0), uri: 'file:///other.py' })).toBeNull();
    await client.ask('hover', at(1, 10));
    texts.clear();
    client.close(URI);
    expect(await client.ask('lenses', { uri: URI })).toBeNull();
  });

  it('answers null where the thread answers with an error, and leaves that document alone then', async () => {
    const failing = path.join(folder, 'failing.cjs');
    writeFileSync(
      failing,
      `let asked = 0;
       const { parentPort } = require('node:worker_threads');
       parentPort.on('message', ({ type, id }) => {
         if (type !== 'request') return;
         const outcome = ++asked > 2 ? { ok: true, result: [] } : { ok: false, error: { kind: 'internal', message: 'x' } };
         parentPort.postMessage({ type: 'response', id, ...outcome });
       });`,
    );
    const { client } = start(failing);
    for (let attempt = 0; attempt < 3; attempt++) expect(await client.ask('lenses', { uri: URI })).toBeNull();
    // Closing and opening it is a new beginning.
    client.close(URI);
    expect(await client.ask('lenses', { uri: URI })).toEqual([]);
  });

  it('answers null when the thread cannot start, and does not try for ever', async () => {
    const { client } = start(path.join(folder, 'missing.cjs'));
    for (let attempt = 0; attempt < 4; attempt++) expect(await client.ask('hover', at(1, 10))).toBeNull();
  });
});
