import { basename } from 'node:path';
import { ModelError } from '../model/modelError';

const RUNNING =
  /^(?:\S+: )?Non-zero status code returned while running (\S+) node\. Name:'(.*?)' Status Message: (.*)$/;

/** ONNX Runtime repeats whole signatures; what a person can use is at the beginning. */
const LONGEST = 400;

/**
 * What ONNX Runtime says when it fails, as one sentence: without its own source paths, C++ signatures and the
 * model's path, and with the node's name apart. The original error is the cause, for the log.
 */
export function describeFailure(error: unknown, path: string, action: 'loaded' | 'run'): ModelError {
  if (error instanceof ModelError) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const { node, text } = clean(raw, path);
  const place = node === undefined ? '' : `, in the node "${node}"`;
  return new ModelError(
    `ONNX Runtime says that ${basename(path)} cannot be ${action}${place}: ${text}`,
    { file: path, node },
    error,
  );
}

function clean(raw: string, path: string): { node: string | undefined; text: string } {
  let text = raw.replaceAll(/\s+/g, ' ').trim();
  let node: string | undefined;

  // A node in a body fails in the node around it, which fails in turn: the innermost is the one to name.
  for (let running = RUNNING.exec(text); running !== null; running = RUNNING.exec(text)) {
    node = running[2] || node;
    text = `${running[1]}: ${running[3]}`;
  }
  text = text
    .replace(/^Load model from .*? failed: ?/, '')
    .replace(/^Load model .*? failed\. ?/, '')
    .replace(/^Exception during initialization: /, '')
    // `/onnxruntime_src/…/model.cc:187 onnxruntime::Model::Model(…) `: where in the engine's own source, not in the model.
    .replace(/\S*onnxruntime_src\S*:\d+ [\w:<>~ ]*\([^{}]*?\)( const)? (\[[^\]]*\] )?/g, '');

  // In Node, ("name", Operator, "domain", -1) : (inputs) -> (outputs) , Error What it says
  const invalid = /In Node, \("(.*?)", (\S+), "(.*?)", -?\d+\).*?, (?:Status Message: |Error )(.*)$/.exec(
    text,
  );
  if (invalid !== null) {
    node ??= invalid[1] || undefined;
    text = `${invalid[3] ? `${invalid[3]}.` : ''}${invalid[2]}: ${invalid[4]}`;
  }
  text = text.replaceAll(path, basename(path)).trim();
  if (text.length > LONGEST) text = `${text.slice(0, LONGEST)}…`;
  return { node, text: /[.!?…]$/.test(text) ? text : `${text}.` };
}
