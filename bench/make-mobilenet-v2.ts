/**
 * Writes MobileNetV2 1.0/224 with random weights: 14 MB, 300 million MACs.
 *
 *     npx tsx bench/make-mobilenet-v2.ts mobilenet_v2.onnx
 */

import { writeModel } from '../src/formats/onnx/writing/writer';
import { mobilenetV2 } from '../test/models/mobilenet';

const [target] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-mobilenet-v2.ts TARGET');
  process.exit(2);
}
writeModel(mobilenetV2({ seed: 1 }), target);
