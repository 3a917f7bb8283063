import { Command } from 'commander';
import { version } from '../../package.json';
import { printable } from '../protocol/printable';
import { addCheck } from './check';
import { addCompare } from './compare';
import { addCompletion } from './completion';
import { addDevices } from './devices';
import { HELP_WIDTH, wrapHelp } from './helpText';
import { addInspect } from './inspect';
import { addProfile } from './profile';
import { addQuantize } from './quantize';
import { addReport } from './report/report';
import { addSearch } from './search';
import { addTargets } from './targets';
import { addText } from './text';

/** Every command with its options: what runs them, explains them and completes them reads this. */
export function caliperProgram(): Command {
  const program = new Command('caliper')
    .description(
      'See what every layer of a neural network costs, make it smaller, and measure what that changed.',
    )
    .version(version)
    .exitOverride()
    .configureHelp({ minWidthToWrap: HELP_WIDTH / 4 })
    .configureOutput({
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      writeOut: (text) => process.stdout.write(wrapHelp(text)),
      outputError: (text, write) => write(usageError(text)),
    })
    .addHelpText(
      'after',
      `
Examples:
  caliper model.onnx                what every layer costs, without running it
  caliper model.onnx --dim N=8      the same for a batch of 8
  caliper profile model.onnx        how long every layer takes on this computer
  caliper quantize model.onnx -o small.onnx --data photos --preset imagenet
  caliper search model.onnx --data photos
                                    the fastest mixes of int8 and float, and what each loses
  caliper compare model.onnx small.onnx --data photos --preset imagenet
  caliper check                     the models of a folder against the budgets in its caliper.json
  caliper targets model.tflite      which layers run where, and whether it fits a device
  caliper report model.onnx -o model.html
                                    the page as one file, for a colleague
  caliper text model.onnx           the model as text, to read and to compare

Exit status: 0 done, 1 an error (one line on stderr), 2 wrong usage, 3 a check failed (and nothing was written).`,
    );
  addInspect(program);
  addProfile(program);
  addQuantize(program);
  addSearch(program);
  addCompare(program);
  addCheck(program);
  addTargets(program);
  addReport(program);
  addText(program);
  addDevices(program);
  addCompletion(program);
  return program;
}

/**
 * A model without a command is inspected: what looks like a file, or is one, and is no command.
 * @param args what follows the name of the program
 */
export function withCommand(
  args: readonly string[],
  program: Command,
  exists: (path: string) => boolean,
): string[] {
  const [first = ''] = args;
  const known = first === 'help' || program.commands.some((command) => command.name() === first);
  const isModel = first !== '' && !first.startsWith('-') && !known && (/[./\\]/.test(first) || exists(first));
  return isModel ? ['inspect', ...args] : [...args];
}

/** What commander says of a wrong usage, which may hold names of files. */
function usageError(text: string): string {
  return text
    .replace(/^error: /, 'caliper: ')
    .split('\n')
    .map(printable)
    .join('\n');
}
