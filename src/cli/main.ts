import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import { sentError } from '../jobs/sentErrors';
import { printable } from '../protocol/printable';
import { withPlace } from '../protocol/sentError';
import { Interrupted } from './job';
import { watchOutput } from './output';
import { caliperProgram, withCommand } from './program';

const EXIT = { error: 1, usage: 2, check: 3 } as const;

watchOutput();

const program = caliperProgram();
const args = withCommand(process.argv.slice(2), program, existsSync);
program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
  process.exitCode = report(error);
});

/** One line for people on stderr; the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof Interrupted) return error.exitCode;
  const told = sentError(error);
  process.stderr.write(`caliper: ${printable(withPlace(told).replace(/\s+/g, ' '))}\n`);
  if (told.kind === 'check') return EXIT.check;
  return told.kind === 'usage' ? EXIT.usage : EXIT.error;
}
