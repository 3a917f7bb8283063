#!/usr/bin/env node
// Takes the place of a VS Code executable for `@vscode/test-electron`: understands the arguments that it gives
// and runs the tests in code-server's extension host.
import { runExtensionTests } from './workbench.mjs';

const value = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const folder = process.argv.slice(2).find((word) => !word.startsWith('-')) ?? process.cwd();
// The driver's own arguments switch trust off in desktop VS Code; a suite on trust says so by name instead.
const trust = process.env.CALIPER_TEST_UNTRUSTED === undefined;
// The extension host inherits the server's environment, so nothing has to be passed on.
const code = await runExtensionTests({
  folder,
  development: value('extensionDevelopmentPath'),
  tests: value('extensionTestsPath'),
  trust,
});
process.exit(code);
