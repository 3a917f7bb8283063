/** Options of the builtin operators, as `schema.ts` writes tables; a table that is not here has no fields. */
const FIELDS: Readonly<Record<string, string>> = {
  Conv2DOptions:
    'padding:Padding stride_w:int stride_h:int fused_activation_function:ActivationFunctionType dilation_w_factor:int dilation_h_factor:int quantized_bias_type:TensorType',
  DepthwiseConv2DOptions:
    'padding:Padding stride_w:int stride_h:int depth_multiplier:int fused_activation_function:ActivationFunctionType dilation_w_factor:int dilation_h_factor:int',
  Conv3DOptions:
    'padding:Padding stride_d:int stride_w:int stride_h:int fused_activation_function:ActivationFunctionType dilation_d_factor:int dilation_w_factor:int dilation_h_factor:int',
  TransposeConvOptions:
    'padding:Padding stride_w:int stride_h:int fused_activation_function:ActivationFunctionType quantized_bias_type:TensorType',
  Pool2DOptions:
    'padding:Padding stride_w:int stride_h:int filter_width:int filter_height:int fused_activation_function:ActivationFunctionType',
  FullyConnectedOptions:
    'fused_activation_function:ActivationFunctionType weights_format:FullyConnectedOptionsWeightsFormat keep_num_dims:bool asymmetric_quantize_inputs:bool quantized_bias_type:TensorType',
  BatchMatMulOptions: 'adj_x:bool adj_y:bool asymmetric_quantize_inputs:bool',
  LSTMOptions:
    'fused_activation_function:ActivationFunctionType cell_clip:float proj_clip:float kernel_type:LSTMKernelType asymmetric_quantize_inputs:bool',
  UnidirectionalSequenceLSTMOptions:
    'fused_activation_function:ActivationFunctionType cell_clip:float proj_clip:float time_major:bool asymmetric_quantize_inputs:bool diagonal_recurrent_tensors:bool',
  BidirectionalSequenceLSTMOptions:
    'fused_activation_function:ActivationFunctionType cell_clip:float proj_clip:float merge_outputs:bool time_major:bool asymmetric_quantize_inputs:bool',
  RNNOptions: 'fused_activation_function:ActivationFunctionType asymmetric_quantize_inputs:bool',
  SequenceRNNOptions:
    'time_major:bool fused_activation_function:ActivationFunctionType asymmetric_quantize_inputs:bool',
  BidirectionalSequenceRNNOptions:
    'time_major:bool fused_activation_function:ActivationFunctionType merge_outputs:bool asymmetric_quantize_inputs:bool',
  SVDFOptions: 'rank:int fused_activation_function:ActivationFunctionType asymmetric_quantize_inputs:bool',
  AddOptions: 'fused_activation_function:ActivationFunctionType pot_scale_int16:bool',
  SubOptions: 'fused_activation_function:ActivationFunctionType pot_scale_int16:bool',
  MulOptions: 'fused_activation_function:ActivationFunctionType',
  DivOptions: 'fused_activation_function:ActivationFunctionType',
  L2NormOptions: 'fused_activation_function:ActivationFunctionType',
  ConcatenationOptions: 'axis:int fused_activation_function:ActivationFunctionType',
  LocalResponseNormalizationOptions: 'radius:int bias:float alpha:float beta:float',
  SoftmaxOptions: 'beta:float',
  LeakyReluOptions: 'alpha:float',
  GeluOptions: 'approximate:bool',
  ArgMaxOptions: 'output_type:TensorType',
  ArgMinOptions: 'output_type:TensorType',
  BucketizeOptions: 'boundaries:[float]',
  CallOnceOptions: 'init_subgraph_index:int',
  CallOptions: 'subgraph:uint',
  CastOptions: 'in_data_type:TensorType out_data_type:TensorType',
  ConcatEmbeddingsOptions: 'num_channels:int num_columns_per_channel:[int] embedding_dim_per_channel:[int]',
  CumsumOptions: 'exclusive:bool reverse:bool',
  DepthToSpaceOptions: 'block_size:int',
  SpaceToDepthOptions: 'block_size:int',
  EmbeddingLookupSparseOptions: 'combiner:CombinerType',
  FakeQuantOptions: 'min:float max:float num_bits:int narrow_range:bool',
  GatherOptions: 'axis:int batch_dims:int',
  HashtableOptions: 'table_id:int key_dtype:TensorType value_dtype:TensorType',
  IfOptions: 'then_subgraph_index:int else_subgraph_index:int',
  WhileOptions: 'cond_subgraph_index:int body_subgraph_index:int',
  LSHProjectionOptions: 'type:LSHProjectionType',
  MirrorPadOptions: 'mode:MirrorPadMode',
  OneHotOptions: 'axis:int',
  PackOptions: 'values_count:int axis:int',
  UnpackOptions: 'num:int axis:int',
  RandomOptions: 'seed:long seed2:long',
  ReducerOptions: 'keep_dims:bool',
  ReshapeOptions: 'new_shape:[int]',
  ResizeBilinearOptions: 'new_height:int new_width:int align_corners:bool half_pixel_centers:bool',
  ResizeNearestNeighborOptions: 'align_corners:bool half_pixel_centers:bool',
  ReverseSequenceOptions: 'seq_dim:int batch_dim:int',
  ShapeOptions: 'out_type:TensorType',
  SkipGramOptions: 'ngram_size:int max_skip_size:int include_all_ngrams:bool',
  SparseToDenseOptions: 'validate_indices:bool',
  SplitOptions: 'num_splits:int',
  SplitVOptions: 'num_splits:int',
  SqueezeOptions: 'squeeze_dims:[int]',
  StridedSliceOptions:
    'begin_mask:int end_mask:int ellipsis_mask:int new_axis_mask:int shrink_axis_mask:int offset:bool',
  UniqueOptions: 'idx_out_type:TensorType',
  VarHandleOptions: 'container:string shared_name:string',
  ReduceWindowOptions: 'reduce_function:ReduceWindowFunction',
  StableHLOCompositeOptions:
    'name:string decomposition_subgraph_index:int composite_attributes:bytes composite_attributes_format:CustomOptionsFormat version:int',
  StablehloBroadcastInDimOptions: 'broadcast_dimensions:[long]',
  StablehloCaseOptions: 'branch_subgraph_indices:[int]',
  StablehloCompareOptions:
    'comparison_direction:StablehloComparisonDirection compare_type:StablehloComparisonType',
  StablehloConcatenateOptions: 'dimension:long',
  StablehloConvolutionOptions:
    'window_strides:[long] padding:[long] lhs_dilation:[long] rhs_dilation:[long] window_reversal:[bool] input_batch_dimension:long input_feature_dimension:long input_spatial_dimensions:[long] kernel_input_feature_dimension:long kernel_output_feature_dimension:long kernel_spatial_dimensions:[long] output_batch_dimension:long output_feature_dimension:long output_spatial_dimensions:[long] feature_group_count:long batch_group_count:long precision_config:[StablehloPrecisionConfig]',
  StablehloCustomCallOptions:
    'call_target_name:string has_side_effect:bool backend_config:string api_version:int called_computations:[int] custom_attributes:bytes',
  StablehloDotGeneralOptions:
    'lhs_batching_dimensions:[long] rhs_batching_dimensions:[long] lhs_contracting_dimensions:[long] rhs_contracting_dimensions:[long] precision_config:[StablehloPrecisionConfig]',
  StablehloDynamicSliceOptions: 'slice_sizes:[long]',
  StablehloGatherOptions:
    'offset_dims:[long] collapsed_slice_dims:[long] start_index_map:[long] index_vector_dim:long slice_sizes:[long] indices_are_sorted:bool',
  StablehloIotaOptions: 'iota_dimension:long',
  StablehloPadOptions: 'edge_padding_low:[long] edge_padding_high:[long] interior_padding:[long]',
  StablehloReduceOptions: 'dimensions:[long] body_subgraph_index:int',
  StablehloReduceWindowOptions:
    'window_dimensions:[long] window_strides:[long] base_dilations:[long] window_dilations:[long] padding:[long] body_subgraph_index:int',
  StablehloRngBitGeneratorOptions: 'algorithm:RngAlgorithm',
  StablehloScatterOptions:
    'indices_are_sorted:bool update_window_dims:[long] inserted_window_dims:[long] scatter_dims_to_operand_dims:[long] index_vector_dim:long unique_indices:bool update_computation_subgraph_index:int',
  StablehloSliceOptions: 'start_indices:[long] limit_indices:[long] strides:[long]',
  StablehloSortOptions: 'dimension:long is_stable:bool comparator_subgraph_index:int',
  StablehloTransposeOptions: 'permutation:[long]',
  StablehloWhileOptions: 'cond_subgraph_index:int body_subgraph_index:int',
};

/** Which table the type of a union means, from 1 on. */
export const OPTION_UNIONS = {
  BuiltinOptions: named(
    'Conv2D DepthwiseConv2D ConcatEmbeddings LSHProjection Pool2D SVDF RNN FullyConnected Softmax Concatenation Add L2Norm LocalResponseNormalization LSTM ResizeBilinear Call Reshape SkipGram SpaceToDepth EmbeddingLookupSparse Mul Pad Gather BatchToSpaceND SpaceToBatchND Transpose Reducer Sub Div Squeeze SequenceRNN StridedSlice Exp TopKV2 Split LogSoftmax Cast Dequantize MaximumMinimum ArgMax Less Neg PadV2 Greater GreaterEqual LessEqual Select Slice TransposeConv SparseToDense Tile ExpandDims Equal NotEqual Shape Pow ArgMin FakeQuant Pack LogicalOr OneHot LogicalAnd LogicalNot Unpack FloorDiv Square ZerosLike Fill BidirectionalSequenceLSTM BidirectionalSequenceRNN UnidirectionalSequenceLSTM FloorMod Range ResizeNearestNeighbor LeakyRelu SquaredDifference MirrorPad Abs SplitV Unique ReverseV2 AddN GatherNd Cos Where Rank ReverseSequence MatrixDiag Quantize MatrixSetDiag HardSwish If While DepthToSpace NonMaxSuppressionV4 NonMaxSuppressionV5 ScatterNd SelectV2 Densify SegmentSum BatchMatMul Cumsum CallOnce BroadcastTo Rfft2d Conv3D Hashtable HashtableFind HashtableImport HashtableSize VarHandle ReadVariable AssignVariable Random Bucketize Gelu DynamicUpdateSlice UnsortedSegmentProd UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentSum ATan2 Sign Bitcast BitwiseXor RightShift',
  ),
  BuiltinOptions2: named(
    'StablehloConcatenate StablehloBroadcastInDim StablehloSlice StablehloConvolution StablehloCustomCall StablehloReduce StablehloScatter StablehloCompare StablehloDynamicSlice StablehloPad StablehloIota StablehloDotGeneral StablehloReduceWindow StablehloSort StablehloWhile StablehloGather StablehloTranspose Dilate StablehloRngBitGenerator ReduceWindow StableHLOComposite StablehloShiftLeft StablehloCase',
  ),
};

function named(names: string): readonly string[] {
  return names.split(' ').map((name) => `${name}Options`);
}

export const OPTION_TABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...OPTION_UNIONS.BuiltinOptions, ...OPTION_UNIONS.BuiltinOptions2].map((name) => [name, '']),
  ),
  ...FIELDS,
};

/** What a field that is not stored means where that is not 0, by table and field. */
export const OPTION_DEFAULTS: Readonly<Record<string, number>> = {
  'Conv2DOptions.dilation_w_factor': 1,
  'Conv2DOptions.dilation_h_factor': 1,
  'DepthwiseConv2DOptions.dilation_w_factor': 1,
  'DepthwiseConv2DOptions.dilation_h_factor': 1,
  'Conv3DOptions.dilation_d_factor': 1,
  'Conv3DOptions.dilation_w_factor': 1,
  'Conv3DOptions.dilation_h_factor': 1,
  'AddOptions.pot_scale_int16': 1,
  'SubOptions.pot_scale_int16': 1,
  'BidirectionalSequenceLSTMOptions.time_major': 1,
  'UniqueOptions.idx_out_type': 2,
};
