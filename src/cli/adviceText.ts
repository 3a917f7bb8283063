import type { AdviceAction, Finding } from '../protocol/advice/finding';
import { printable } from '../protocol/printable';
import { shortNames } from '../protocol/shortNames';

/** Layers of a finding that are named. */
const NAMED = 3;

/**
 * What the rules found, each with the command that does it; '' where that is nothing.
 * @param model its file, as commands name it
 * @param names of its layers
 */
export function adviceText(findings: readonly Finding[], model: string, names: Iterable<string>): string {
  if (findings.length === 0) return '';
  const short = shortNames(names);
  const lines = findings.flatMap(({ text, layers, action }) => {
    const named = layers.slice(0, NAMED).map(({ name }) => short.short(name));
    const more = layers.length > NAMED ? `, and ${layers.length - NAMED} more` : '';
    return [
      `- ${text}${named.length === 0 ? '' : ` (${named.join(', ')}${more})`}`,
      ...(action === null ? [] : [`  ${command(action, model)}`]),
    ];
  });
  return `What next:\n${lines.map((line) => `${printable(line)}\n`).join('')}`;
}

function command(action: AdviceAction, model: string): string {
  const file = quoted(model);
  switch (action.kind) {
    case 'memory':
      return `caliper inspect ${file} --memory`;
    case 'device':
      return `caliper targets ${file} --device ${action.device}`;
    case 'dimensions': {
      const sizes = [
        ...action.dims.flatMap((name) => ['--dim', quoted(`${name}=VALUE`)]),
        ...action.inputs.flatMap((name) => ['--shape', `${quoted(name)}=…`]),
      ];
      return ['caliper inspect', file, ...sizes].join(' ');
    }
    case 'quantize': {
      const { recipe, calibration, keep = [] } = action.options;
      const options = [
        ...(recipe == null ? [] : ['--recipe', recipe]),
        ...(calibration == null ? [] : ['--data', quoted(calibration.path)]),
        ...keep.flatMap((name) => ['--keep', quoted(name)]),
      ];
      return ['caliper quantize', file, ...options].join(' ');
    }
  }
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
