/**
 * The functions of LiteRT's C interface that are called here, with their arguments: p a pointer or handle, z a size_t,
 * i an int or enum, s a string, b a bool. They give a LiteRtStatus, or nothing where there is a "-" at the end. The
 * prototypes stand in `litert/c/*.h` and are the same from 2.2.0 on.
 */
export const FUNCTIONS = {
  LiteRtCreateEnvironment: 'ipp',
  LiteRtCreateOptions: 'p',
  LiteRtSetOptionsHardwareAccelerators: 'pi',
  LiteRtCreateOpaqueOptions: 'sppp',
  LiteRtAddOpaqueOptions: 'pp',
  LiteRtDestroyOptions: 'p-',
  LiteRtCreateModelFromBuffer: 'ppzp',
  LiteRtDestroyModel: 'p-',
  LiteRtGetModelSignature: 'pzp',
  LiteRtGetNumSignatureInputs: 'pp',
  LiteRtGetNumSignatureOutputs: 'pp',
  LiteRtGetSignatureInputTensorByIndex: 'pzp',
  LiteRtGetSignatureOutputTensorByIndex: 'pzp',
  LiteRtGetRankedTensorType: 'pp',
  LiteRtCreateCompiledModel: 'pppp',
  LiteRtDestroyCompiledModel: 'p-',
  LiteRtCompiledModelResizeInputTensor: 'pzzpz',
  LiteRtGetCompiledModelInputTensorLayout: 'pzzp',
  LiteRtGetCompiledModelOutputTensorLayouts: 'pzzpb',
  LiteRtCreateTensorBufferFromHostMemory: 'ppzpp',
  LiteRtDestroyTensorBuffer: 'p-',
  LiteRtRunCompiledModel: 'pzzpzp',
  LiteRtCompiledModelGetErrorMessages: 'pp',
  LiteRtCompiledModelClearErrors: 'p',
  LiteRtCompiledModelGetProfiler: 'pp',
  LiteRtStartProfiler: 'p',
  LiteRtStopProfiler: 'p',
  LiteRtResetProfiler: 'p',
  LiteRtGetNumProfilerEvents: 'pp',
  LiteRtGetProfilerEvents: 'pip',
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Names of C types, as koffi calls them, by their letter. */
export const C_TYPES: Readonly<Record<string, string>> = {
  p: 'void *',
  z: 'size_t',
  i: 'int',
  s: 'str',
  b: 'bool',
};

/** An address, memory whose address is meant, null, a string, or a number. */
export type Argument = bigint | ArrayBufferView | null | string | number | boolean;
