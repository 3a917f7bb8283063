import { type Layout, type Scan, scan } from '../../protobuf/scanner';
import { ModelProtoSchema } from '../onnx_pb';
import { DATA_LOCATION, PAYLOAD_FIELDS } from './wireFields';

/** Attributes are not sparable: a node without one would have another meaning. */
const LAYOUT: Layout = {
  payloads: { TensorProto: PAYLOAD_FIELDS },
  sparable: {
    ModelProto: new Set(['metadata_props', 'training_info', 'functions']),
    GraphProto: new Set([
      'node',
      'initializer',
      'sparse_initializer',
      'input',
      'output',
      'value_info',
      'quantization_annotation',
      'metadata_props',
    ]),
    FunctionProto: new Set(['node', 'value_info', 'metadata_props']),
  },
  // Some tensor says that its data lies in another file.
  flag: { message: 'TensorProto', field: DATA_LOCATION },
};

/** Reads a model's structure and leaves the large payloads of its tensors in the file. */
export function scanModel(path: string): Scan<typeof ModelProtoSchema> {
  return scan(ModelProtoSchema, LAYOUT, path);
}
