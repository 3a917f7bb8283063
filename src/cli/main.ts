import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { sentError } from '../jobs/sentErrors';
import { printable } from '../protocol/printable';
import { withPlace } from '../protocol/sentError';
import { addCheck } from './check';
import { addCompare } from './compare';
import { addDevices } from './devices';
import { addInspect } from './inspect';
import { Interrupted } from './job';
import { watchOutput } from './output';
import { addProfile } from './profile';
import { addQuantize } from './quantize';
import { addSearch } from './search';
import { addTargets } from './targets';
import { addText } from './text';

const EXIT = { error: 1, usage: 2, check: 3 } as const;

const program = new Command('caliper')
  .description(
    'See what every layer of a neural network costs, make it smaller, and measure what that changed.',
  )
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(usageError(text)) })
  .addHelpText(
    'after',
    `
Examples:
  caliper inspect model.onnx                       what every layer costs, without running it
  caliper inspect model.onnx --dim N=8 --json      the same for a batch of 8, for a program
  caliper profile model.onnx                       how long every layer takes on this computer
  caliper quantize model.onnx -o small.onnx --data photos --preset imagenet
  caliper search model.onnx --data photos          the fastest mixes of int8 and float, and what each loses
  caliper compare model.onnx small.onnx --data photos --preset imagenet
  caliper check model.tflite --target mlkit        whether ML Kit takes it, and what to change
  caliper targets model.tflite                     which layers run where, and whether it fits a device
  caliper text model.onnx                          the model as text, to read and to compare

Exit status: 0 done, 1 an error (one line on stderr), 2 wrong usage, 3 a check failed (and nothing was written).`,
  );

addInspect(program);
addProfile(program);
addQuantize(program);
addSearch(program);
addCompare(program);
addCheck(program);
addTargets(program);
addText(program);
addDevices(program);

watchOutput();

program.parseAsync().catch((error: unknown) => {
  process.exitCode = report(error);
});

/** What commander says of a wrong usage, which may hold names of files. */
function usageError(text: string): string {
  return text
    .replace(/^error: /, 'caliper: ')
    .split('\n')
    .map(printable)
    .join('\n');
}

/** One line for people on stderr; the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof Interrupted) return error.exitCode;
  const told = sentError(error);
  process.stderr.write(`caliper: ${printable(withPlace(told).replace(/\s+/g, ' '))}\n`);
  if (told.kind === 'check') return EXIT.check;
  return told.kind === 'usage' ? EXIT.usage : EXIT.error;
}
