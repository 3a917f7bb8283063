import type { Inference } from '../../../model/inference';
import type { ModelFile } from '../../format';
import type { Evaluate, Origins } from '../../rewriter';
import { writeForRunning, writeModel } from '../writing/writer';
import { canonicalize } from './canonical';
import { GraphEditor } from './editor';
import { foldChannels } from './foldChannels';
import { foldConstants } from './foldConstants';
import { foldPads } from './foldPads';
import { copyOf } from './protos';
import { type Look, lookAt, raiseOpset } from './raiseOpset';
import {
  constantsToInitializers,
  removeDead,
  removeIdentities,
  takeInitializersFromInputs,
} from './removeNodes';
import { Spill } from './spill';
import { unfuseConvolutions } from './unfuse';
import { widenFloat16 } from './widen';

/**
 * The same model, cleaned and folded: what it computes stays, up to the rounding of folded weights. Bodies of
 * control flow and functions are left as they are, except that they are written for the same operator set.
 */
export async function clean(
  source: ModelFile,
  target: string,
  evaluate: Evaluate,
  untimed = false,
): Promise<Origins> {
  // Names of tensors stay, so what is known of the original's holds throughout.
  const inference = source.infer({ dims: {}, shapes: {} });
  const look = lookAt(source, () => inference);
  const proto = copyOf(source);
  raiseOpset(proto, look);
  const spill = new Spill(`${target}.new`);
  try {
    const editor = new GraphEditor(source, proto, spill);
    await fold(editor, inference, look, evaluate, target);
    return editor.save(target, untimed ? writeForRunning : writeModel);
  } finally {
    spill.remove();
  }
}

async function fold(
  editor: GraphEditor,
  inference: Inference,
  look: Look,
  evaluate: Evaluate,
  target: string,
): Promise<void> {
  takeInitializersFromInputs(editor);
  constantsToInitializers(editor);
  widenFloat16(editor);
  removeIdentities(editor);
  await foldConstants(editor, inference, evaluate, target);
  unfuseConvolutions(editor);
  canonicalize(editor, (tensor) => look.shapeOf(tensor)?.length);
  foldPads(editor);
  foldChannels(editor);
  removeDead(editor);
}
