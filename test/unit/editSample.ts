/** Run as a program: writes the sample with another weight and another node. Arguments: the model and where to. */

import { onnx } from '../../src/formats/onnx/format';
import { makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';

const [from = '', to = ''] = process.argv.slice(2);
const { proto } = onnx.open(from);
const { graph } = proto;
if (graph === undefined) throw new Error(`${from} has no graph.`);
const bias = graph.initializer.find(({ name }) => name === 'classifier.1.bias');
if (bias === undefined) throw new Error(`${from} has another classifier.`);
// A bit of the mantissa of the first of the ten numbers.
bias.rawData = bias.rawData.map((byte, index) => (index === 2 ? byte ^ 0x40 : byte));
graph.node.push(makeNode('Softmax', ['logits'], ['probabilities'], {}, { name: 'softmax' }));
graph.output = [makeValueInfo('probabilities', 'float32', ['N', 10])];
writeModel(proto, to);
