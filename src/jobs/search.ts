export { search as run } from '../quantization/quantize';
