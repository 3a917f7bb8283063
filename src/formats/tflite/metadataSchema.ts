import type { TableFields } from './schema';

/** Tables of the metadata that a buffer of its own holds (https://github.com/tensorflow/tflite-support, 1.1.0). */
export const METADATA_TABLES: Readonly<Record<string, TableFields>> = {
  ModelMetadata: {
    name: 'string',
    description: 'string',
    version: 'string',
    subgraph_metadata: '[SubGraphMetadata]',
    author: 'string',
    license: 'string',
    associated_files: '[AssociatedFile]',
    min_parser_version: 'string',
  },
  SubGraphMetadata: {
    name: 'string',
    description: 'string',
    input_tensor_metadata: '[TensorMetadata]',
    output_tensor_metadata: '[TensorMetadata]',
    associated_files: '[AssociatedFile]',
    input_process_units: '[ProcessUnit]',
    output_process_units: '[ProcessUnit]',
  },
  TensorMetadata: {
    name: 'string',
    description: 'string',
    dimension_names: '[string]',
    content: 'Content',
    process_units: '[ProcessUnit]',
    stats: 'Stats',
    associated_files: '[AssociatedFile]',
  },
  AssociatedFile: {
    name: 'string',
    description: 'string',
    type: 'AssociatedFileType',
    locale: 'string',
  },
  Content: {
    content_properties: 'ContentProperties',
    range: 'ValueRange',
  },
  ValueRange: {
    min: 'int',
    max: 'int',
  },
  FeatureProperties: {},
  ImageProperties: {
    color_space: 'ColorSpaceType',
    default_size: 'ImageSize',
  },
  ImageSize: {
    width: 'uint',
    height: 'uint',
  },
  BoundingBoxProperties: {
    index: '[uint]',
    type: 'BoundingBoxType',
    coordinate_type: 'CoordinateType',
  },
  ProcessUnit: {
    options: 'ProcessUnitOptions',
  },
  NormalizationOptions: {
    mean: '[float]',
    std: '[float]',
  },
  ScoreCalibrationOptions: {
    score_transformation: 'ScoreTransformationType',
    default_score: 'float',
  },
  ScoreThresholdingOptions: {
    global_score_threshold: 'float',
  },
  BertTokenizerOptions: {
    vocab_file: '[AssociatedFile]',
  },
  SentencePieceTokenizerOptions: {
    sentencePiece_model: '[AssociatedFile]',
    vocab_file: '[AssociatedFile]',
  },
  Stats: {
    max: '[float]',
    min: '[float]',
  },
};

export const METADATA_UNIONS = {
  ContentProperties: ['FeatureProperties', 'ImageProperties', 'BoundingBoxProperties'],
  ProcessUnitOptions: [
    'NormalizationOptions',
    'ScoreCalibrationOptions',
    'ScoreThresholdingOptions',
    'BertTokenizerOptions',
    'SentencePieceTokenizerOptions',
  ],
} as const;
