export { quantize as run } from '../quantization/quantize';
