import { describe, expect, test } from 'vitest';
import { ensureChromium, type Way } from '../../../scripts/vscode/getChromium.mjs';

/** A computer where the ways named in `working` bring a browser, and what was tried and said there. */
function computer({ installed = false, working = [] as string[], impossible = [] as string[] }) {
  let browser = installed ? '/browser' : undefined;
  const tried: string[] = [];
  const said: string[] = [];
  const ways = ['package', 'download', 'npm'].map(
    (name): Way => ({
      name,
      possible: () => !impossible.includes(name),
      get: async () => {
        tried.push(name);
        if (!working.includes(name)) throw new Error('command failed\nfirst line\nno such host');
        browser = `/${name}`;
      },
    }),
  );
  const find = async () => browser;
  return { tried, said, ensure: () => ensureChromium({ find, ways, say: (line) => said.push(line) }) };
}

describe('a browser for the tests', () => {
  test('is the one that is installed, and nothing is tried', async () => {
    const { ensure, tried } = computer({ installed: true, working: ['package'] });
    expect(await ensure()).toBe('/browser');
    expect(tried).toEqual([]);
  });

  test('comes by the first way that works, and those that are impossible here are passed over', async () => {
    const { ensure, tried, said } = computer({ impossible: ['package'], working: ['package', 'npm'] });
    expect(await ensure()).toBe('/npm');
    expect(tried).toEqual(['download', 'npm']);
    expect(said).toEqual(['download: no such host']);
  });

  test('is missing where every way fails, which is said in one sentence', async () => {
    const { ensure, tried, said } = computer({});
    expect(await ensure()).toBeUndefined();
    expect(tried).toEqual(['package', 'download', 'npm']);
    expect(said.at(-1)).toMatch(/^There is no Chromium.*: install one, or name it in CHROMIUM_PATH\.$/);
  });

  test('that was installed but does not start is not taken', async () => {
    const said: string[] = [];
    const ways = [{ name: 'package', possible: () => true, get: async () => undefined }];
    const found = await ensureChromium({ find: async () => undefined, ways, say: (line) => said.push(line) });
    expect(found).toBeUndefined();
    expect(said).toEqual([expect.stringContaining('package does not start')]);
  });
});
