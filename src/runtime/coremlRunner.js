// Runs in macOS's osascript (JavaScript for Automation), which needs no Xcode: loads a Core ML model and does what
// lines of JSON on stdin ask for, one line of JSON each in answer. `coremlProcess.ts` has the other side.
/* global $, ObjC */
ObjC.import('Foundation');
ObjC.import('CoreML');

/** MLMultiArrayDataType */
const TYPES = { float16: 65552, float32: 65568, float64: 65600, int32: 131104 };
/** MLFeatureType: what a feature is, and the type of its elements where that is all it says. */
const KINDS = {
  1: ['number', 'int64'],
  2: ['number', 'float64'],
  4: ['image', 'float32'],
  5: ['array', null],
};
/** Elements of an output are fetched one by one. */
const MAX_OUTPUT = 1e6;

let compiled = null;
let model = null;
let features = null;

/** Calls with an NSError at the end, and throws what it says where the result is nil. */
function calling(call) {
  const error = $();
  const result = call(error);
  if (!result.isNil()) return result;
  throw new Error(error.isNil() ? 'it failed without saying why' : error.localizedDescription.js);
}

function numbers(array) {
  return ObjC.deepUnwrap(array).map(Number);
}

function portsOf(descriptions) {
  return descriptions.allKeys.js.map((key) => {
    const feature = descriptions.objectForKey(key);
    const { multiArrayConstraint: array, imageConstraint: image } = feature;
    const [kind, type] = KINDS[feature.type] ?? ['other', null];
    const port = { name: key.js, kind, type, shape: [] };
    if (kind === 'image') port.shape = [1, null, Number(image.pixelsHigh), Number(image.pixelsWide)];
    if (kind !== 'array') return port;
    const stored = Number(array.dataType);
    const found = Object.keys(TYPES).find((name) => TYPES[name] === stored) ?? null;
    return { ...port, type: found, shape: numbers(array.shape) };
  });
}

const actions = {
  load({ path }) {
    const source = $.NSURL.fileURLWithPath(path);
    compiled = calling((error) => $.MLModel.compileModelAtURLError(source, error));
    const settings = $.MLModelConfiguration.alloc.init;
    model = calling((error) => $.MLModel.modelWithContentsOfURLConfigurationError(compiled, settings, error));
    const { inputDescriptionsByName, outputDescriptionsByName } = model.modelDescription;
    const { majorVersion, minorVersion } = $.NSProcessInfo.processInfo.operatingSystemVersion;
    return {
      system: `macOS ${majorVersion}.${minorVersion}`,
      inputs: portsOf(inputDescriptionsByName),
      outputs: portsOf(outputDescriptionsByName),
    };
  },

  feed({ inputs }) {
    const values = $.NSMutableDictionary.dictionary;
    for (const input of inputs) values.setObjectForKey(valueFor(input), $(input.name));
    features = calling((error) => $.MLDictionaryFeatureProvider.alloc.initWithDictionaryError(values, error));
    return {};
  },

  run({ outputs }) {
    const { processInfo } = $.NSProcessInfo;
    const start = processInfo.systemUptime;
    const result = calling((error) => model.predictionFromFeaturesError(features, error));
    const milliseconds = (processInfo.systemUptime - start) * 1000;
    return outputs ? { milliseconds, outputs: outputsOf(result) } : { milliseconds };
  },
};

function valueFor({ name, kind, type, shape, file, value, last }) {
  if (kind === 'number') return $.MLFeatureValue.featureValueWithDouble(value);
  if (kind === 'image') {
    const { imageConstraint } = model.modelDescription.inputDescriptionsByName.objectForKey($(name));
    const image = $.NSURL.fileURLWithPath(file);
    return calling((error) =>
      $.MLFeatureValue.featureValueWithImageAtURLConstraintOptionsError(image, imageConstraint, $(), error),
    );
  }
  const array = calling((error) =>
    $.MLMultiArray.alloc.initWithShapeDataTypeError($(shape), TYPES[type], error),
  );
  const bytes = $.NSData.dataWithContentsOfFile(file);
  bytes.getBytesLength(array.dataPointer, bytes.length);
  // Whether the bytes arrived: a wrong input would be measured without anybody noticing.
  const placed = array.objectAtIndexedSubscript(array.count - 1).doubleValue;
  if (last !== null && placed !== last) throw new Error(`the values of "${name}" could not be placed`);
  return $.MLFeatureValue.featureValueWithMultiArray(array);
}

function outputsOf(result) {
  const outputs = {};
  for (const key of result.featureNames.allObjects.js) {
    const array = result.featureValueForName(key).multiArrayValue;
    if (array.isNil()) continue;
    const count = Number(array.count);
    if (count > MAX_OUTPUT) throw new Error(`"${key.js}" has ${count} elements, too many to be fetched`);
    const values = [];
    for (let at = 0; at < count; at++) values.push(array.objectAtIndexedSubscript(at).doubleValue);
    outputs[key.js] = { shape: numbers(array.shape), values };
  }
  return outputs;
}

function answer(line) {
  try {
    const { action, ...rest } = JSON.parse(line);
    return { result: actions[action](rest) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

// biome-ignore lint/correctness/noUnusedVariables: osascript calls it.
function run() {
  const input = $.NSFileHandle.fileHandleWithStandardInput;
  const output = $.NSFileHandle.fileHandleWithStandardOutput;
  let pending = '';
  // Requests are ASCII, so that they can be cut anywhere.
  for (let data = input.availableData; data.length > 0; data = input.availableData) {
    const lines = (pending + $.NSString.alloc.initWithDataEncoding(data, $.NSUTF8StringEncoding).js).split(
      '\n',
    );
    pending = lines.pop();
    for (const line of lines) {
      const reply = `${JSON.stringify(answer(line))}\n`;
      output.writeData($(reply).dataUsingEncoding($.NSUTF8StringEncoding));
    }
  }
  if (compiled !== null) $.NSFileManager.defaultManager.removeItemAtURLError(compiled, $());
}
