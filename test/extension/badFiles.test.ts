import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { activate, activeTab, closeEditors, SAMPLE, workspaceFile } from './support';

const CHOICE = { dims: {}, shapes: {} };

describe('bad files', () => {
  const sample = readFileSync(workspaceFile(SAMPLE).fsPath);
  const files: Record<string, Uint8Array> = {
    'empty.onnx': new Uint8Array(0),
    'text.onnx': Buffer.from('not a model\n'),
    'truncated.onnx': sample.subarray(0, sample.length / 2),
    // A field of a length that no file has.
    'absurd.onnx': Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a, 0x00]),
  };

  afterEach(closeEditors);

  for (const [name, bytes] of Object.entries(files)) {
    it(`${name} opens and says what is wrong`, async () => {
      const uri = workspaceFile(name);
      writeFileSync(uri.fsPath, bytes);
      try {
        const { editor } = await activate();
        const { document } = await editor.show(uri);
        assert.ok(activeTab());
        const said = await document.reader.ask('open', { choice: CHOICE }).then(
          ({ report }) => report.problems.map(({ message }) => message),
          (error: Error) => {
            assert.equal(error.name, 'ModelError', error.stack);
            return [error.message];
          },
        );
        assert.ok(said.length > 0, 'nothing is said to be wrong');
        for (const sentence of said) assert.match(sentence, /^\S.{10,}\.$/s);
      } finally {
        await closeEditors();
        rmSync(uri.fsPath, { force: true });
      }
    });
  }
});
