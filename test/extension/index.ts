import { writeFileSync } from 'node:fs';
import type MochaType from 'mocha';

interface TestResult {
  title: string;
  error?: string;
}

/** The editor calls this inside the extension host; the results go to the file that the environment names. */
export async function run(): Promise<void> {
  // Mocha is a module of the new kind, which cannot be required everywhere.
  const Mocha: typeof MochaType = (await import('mocha')).default;
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000 });
  mocha.suite.emit('pre-require', globalThis, null, mocha);
  await import('./editor.test');
  await import('./badFiles.test');
  await import('./text.test');
  await import('./large.test');
  await import('./jobs.test');
  const tests: TestResult[] = [];
  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('pass', (test) => tests.push({ title: test.fullTitle() }));
    runner.on('fail', (test, error) => {
      tests.push({ title: test.fullTitle(), error: error.stack ?? error.message });
    });
  });
  const failed = tests.filter(({ error }) => error !== undefined).length;
  const report = process.env['CALIPER_TEST_REPORT'];
  if (report === undefined) throw new Error('CALIPER_TEST_REPORT does not say where to write the results.');
  writeFileSync(report, JSON.stringify({ passed: tests.length - failed, failed, tests }));
  if (failures > 0) throw new Error(`${failures} tests failed`);
}
