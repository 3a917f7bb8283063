import { isFloat } from '../model/dataType';
import type { ValueInfo } from '../model/model';
import type { InputUsage } from '../model/usage';
import { formatShape } from '../protocol/numbers';
import { type Finding, fail, pass, type Rule, type Subject, unknown } from './checks';
import type { Target } from './target';

/**
 * What ML Kit's loader asks of a custom image classifier, for image labeling and for object detection
 * (https://developers.google.com/ml-kit/custom-models), which are the checks of the TensorFlow Lite Task Library's
 * ImageClassifier.
 */
export const mlkit: Target = {
  id: 'mlkit',
  name: 'ML Kit custom classifier',
  formats: ['tflite'],
  place: 'ML Kit',
  otherwise: 'are not taken',
  sources: [
    {
      title: 'Custom models with ML Kit',
      url: 'https://developers.google.com/ml-kit/custom-models',
      version: 'the TensorFlow Lite Task Library’s ImageClassifier',
      looked: '2026-11-26',
    },
  ],
  rules: [
    { id: 'format', title: 'TensorFlow Lite file', check: checkFormat },
    { id: 'one-input', title: 'One input', check: checkInputs },
    { id: 'input-shape', title: 'Input is 1×H×W×3', check: ofInput(checkInputShape) },
    { id: 'input-type', title: 'Input is UINT8 or FLOAT32', check: ofInput(checkInputType) },
    { id: 'normalization', title: 'FLOAT32 input states its normalization', check: ofInput(checkStated) },
    { id: 'normalization-values', title: 'As many means as deviations: 1 or 3', check: ofInput(checkValues) },
    { id: 'color-space', title: 'Colour space, if stated, is RGB', check: ofInput(checkColorSpace) },
    { id: 'output-shape', title: 'Each output is 1×N or 1×1×1×N', check: checkOutputShapes },
    { id: 'output-type', title: 'Each output is UINT8 or FLOAT32', check: checkOutputTypes },
    { id: 'output-quantization', title: 'All outputs are quantized or none', check: checkQuantization },
    { id: 'output-metadata', title: 'As many output metadata as outputs', check: checkOutputMetadata },
    { id: 'labels', title: 'As many labels as classes', check: checkLabels },
    { id: 'one-head', title: 'One classification', check: checkHeads },
    { id: 'classifier', title: 'A classifier, not a detector', check: checkClassifier },
  ] satisfies Rule[],
};

const TYPES: readonly (string | null)[] = ['uint8', 'float32'];
const ADD_METADATA = 'with the metadata writer of TensorFlow Lite Support';

function checkFormat({ format, formatName }: Subject): Finding {
  return mlkit.formats.includes(format)
    ? pass('It is one.')
    : fail(`It is a file of ${formatName}.`, 'Convert the model to TensorFlow Lite.');
}

function checkInputs({ inputs }: Subject): Finding {
  return inputs.length === 1
    ? pass(`Its name is ${inputs[0]?.name}.`)
    : fail(`The model has ${inputs.length} inputs.`, 'Convert it with the picture as its only input.');
}

/** A rule about the input, which is clear only where there is one. */
function ofInput(check: (input: ValueInfo, usage: InputUsage | null) => Finding): Rule['check'] {
  return ({ inputs, usage }) => {
    const [input, another] = inputs;
    if (!input || another) return unknown('The model does not have one input.');
    return check(input, usage?.inputs[0] ?? null);
  };
}

function checkInputShape({ declaredShape, statedShape }: ValueInfo): Finding {
  const fix = 'Convert the model with a fixed input of 1×H×W×3, channels last.';
  if (declaredShape === null) return unknown('The file does not state its shape.', fix);
  const fits =
    declaredShape.length === 4 &&
    declaredShape.every((size, axis) => isOpen(size) || size === [1, size, size, 3][axis]) &&
    declaredShape.every((size) => isOpen(size) || Number(size) > 0);
  if (!fits) return fail(`It is ${formatShape(declaredShape)}.`, fix);
  if (!declaredShape.some(isOpen)) return pass(`It is ${formatShape(declaredShape)}.`);
  return unknown(
    `It is ${formatShape(declaredShape)} with open dimensions${statedShape ? `, for which the file states ${formatShape(statedShape)}` : ''}.`,
    fix,
  );
}

function isOpen(size: number | string | null): boolean {
  return typeof size !== 'number';
}

function checkInputType({ type }: ValueInfo): Finding {
  if (type === null) return unknown('The file does not state its type.');
  if (TYPES.includes(type)) return pass(`It is ${upper(type)}.`);
  return fail(
    `It is ${upper(type)}, which ML Kit refuses.`,
    'Convert with inference_input_type uint8 or float32: the layers inside may stay as they are.',
  );
}

function checkStated({ type }: ValueInfo, usage: InputUsage | null): Finding {
  if (type === 'uint8') return pass('UINT8 pictures are not normalized.');
  if (usage?.normalization) return pass('The metadata states it.');
  if (type !== 'float32') return unknown(`The input is ${upper(type)}.`);
  return fail(
    'The metadata has no NormalizationOptions.',
    `Add mean and standard deviation of the training ${ADD_METADATA}.`,
  );
}

function checkValues({ type }: ValueInfo, usage: InputUsage | null): Finding {
  const stated = usage?.normalization ?? null;
  if (type === 'uint8') return pass('UINT8 pictures are not normalized.');
  if (stated === null) return unknown('None are stated.');
  const { mean, std } = stated;
  const values = `mean ${mean.join(', ') || 'missing'}; standard deviation ${std.join(', ') || 'missing'}`;
  return mean.length === std.length && (mean.length === 1 || mean.length === 3)
    ? pass(`They are: ${values}.`)
    : fail(`They are: ${values}.`, `State one of each, or one for each of the 3 channels, ${ADD_METADATA}.`);
}

function checkColorSpace(_: ValueInfo, usage: InputUsage | null): Finding {
  const space = usage?.colorSpace ?? null;
  if (space === null) return pass('None is stated.');
  return space === 'RGB'
    ? pass('It is RGB.')
    : fail(`It is ${space}.`, 'Make the model take RGB, and state RGB in the metadata.');
}

function checkOutputShapes({ outputs }: Subject): Finding {
  if (outputs.length === 0) return fail('The model has no output.', 'Convert it with its scores as output.');
  const shapes = outputs.map(({ declaredShape }) => formatShape(declaredShape)).join(', ');
  const fix = 'Let the model end with one score a class, for a batch of 1.';
  if (outputs.some((output) => !mayBeScores(output))) return fail(`They are ${shapes}.`, fix);
  return outputs.every(({ declaredShape }) => declaredShape && !declaredShape.some(isOpen))
    ? pass(`They are ${shapes}.`)
    : unknown(`They are ${shapes}, with dimensions that the file leaves open.`, fix);
}

function mayBeScores({ declaredShape }: ValueInfo): boolean {
  if (declaredShape === null) return true;
  const leading = declaredShape.slice(0, -1);
  const classes = declaredShape.at(-1) ?? null;
  return (
    (leading.length === 1 || leading.length === 3) &&
    leading.every((size) => isOpen(size) || size === 1) &&
    (isOpen(classes) || Number(classes) > 0)
  );
}

function checkOutputTypes({ outputs }: Subject): Finding {
  const types = outputs.map(({ type }) => upper(type)).join(', ') || 'none';
  if (outputs.every(({ type }) => TYPES.includes(type))) return pass(`They are ${types}.`);
  if (outputs.every(({ type }) => type === null || TYPES.includes(type)))
    return unknown(`They are ${types}.`);
  return fail(`They are ${types}.`, 'Convert with inference_output_type uint8 or float32.');
}

/** A quantized score is an integer, read by its scale and zero point. */
function checkQuantization({ outputs }: Subject): Finding {
  const quantized = outputs.filter(({ type }) => type !== null && !isFloat(type));
  if (quantized.length > 0 && quantized.length < outputs.length) {
    return fail(
      `Of ${outputs.length} outputs ${quantized.length} ${quantized.length === 1 ? 'is' : 'are'} quantized.`,
      'Convert all outputs to UINT8, or all to FLOAT32.',
    );
  }
  if (quantized.length === 0) return pass('None is quantized.');
  return quantized.every(({ quantization }) => quantization && quantization.scales.length === 1)
    ? pass('All are, each with a scale and zero point.')
    : unknown(
        'A quantized output does not say what its numbers stand for.',
        'State its scale and zero point.',
      );
}

/** The loader takes models without any, and then knows no labels. */
function checkOutputMetadata({ outputs, usage }: Subject): Finding {
  const stated = usage?.outputs.length ?? 0;
  if (stated === outputs.length) return pass(`There ${stated === 1 ? 'is 1' : `are ${stated}`}.`);
  if (stated === 0) return pass('There are none at all, which is taken.');
  return fail(
    `There are ${stated} for ${outputs.length} outputs.`,
    `Describe each output, in the order of the model's, ${ADD_METADATA}.`,
  );
}

function checkLabels({ outputs, usage }: Subject): Finding {
  const fix = `Pack a TENSOR_AXIS_LABELS file with one line a class into the model ${ADD_METADATA}.`;
  const counted: string[] = [];
  let open: string | null = null;
  for (const [index, { name, declaredShape }] of outputs.entries()) {
    const file = usage?.outputs[index]?.labels ?? null;
    const classes = declaredShape?.at(-1);
    if (file === null) {
      open ??= `Output ${name} names no TENSOR_AXIS_LABELS file, so an app gets numbers of classes without texts.`;
    } else if (file.labels === null) {
      return fail(
        `${file.name || 'The file'}, which output ${name} names, is not packed into the model, or damaged.`,
        fix,
      );
    } else if (typeof classes !== 'number') {
      open ??= `${file.name} has ${file.labels} labels, and output ${name} does not state how many classes.`;
    } else if (file.labels !== classes) {
      return fail(`${file.name} has ${file.labels} labels for ${classes} classes.`, fix);
    } else counted.push(`${file.name} has ${classes}`);
  }
  return open === null ? pass(`${counted.join(', ')}.`) : unknown(open, fix);
}

/** Such models are taken, but nothing says which output an app gets. */
function checkHeads({ outputs }: Subject): Finding {
  if (outputs.length === 1) return pass('There is one.');
  return unknown(
    `There are ${outputs.length} outputs, which the loader takes as so many classifications.`,
    'Check what an app gets of them, or convert with the one output that it needs.',
  );
}

/** The operator that ends the detectors of TensorFlow's Object Detection API. */
const DETECTION = 'TFLite_Detection_PostProcess';

function checkClassifier({ ops, usage }: Subject): Finding {
  const fix = 'ML Kit finds objects itself and takes a classifier for naming them: give it one.';
  if (ops.has(DETECTION)) return fail(`It ends with ${DETECTION}, as detectors do.`, fix);
  if (usage?.outputs.some(({ boundingBoxes }) => boundingBoxes)) {
    return fail('By its metadata it gives bounding boxes.', fix);
  }
  return pass('Nothing in it is that of a detector.');
}

function upper(type: string | null): string {
  return type === null ? 'of unknown type' : type.toUpperCase();
}
