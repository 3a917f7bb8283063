import { fail, pass, type Rule, unknown } from '../checks';
import { type Condition, open, refused, type Target } from '../target';

// Apple documents three things about the Neural Engine, and which operations it takes is not one of them. So no layer is
// ever said to run there.

/** A larger model must be cut into chunks. */
const MOST_BYTES = 1_000_000_000;

const rules: readonly Rule[] = [
  {
    id: 'size',
    title: 'At most 1 GB for an iPhone',
    check: ({ bytes }) =>
      bytes <= MOST_BYTES
        ? pass('It is smaller.')
        : fail('It is larger.', 'Compress weights, or cut it with coremltools.models.utils.bisect_model.'),
  },
  {
    id: 'sizes',
    title: 'Fixed input sizes, or enumerated ones',
    check: ({ inputs }) => {
      const flexible = inputs.filter(({ declaredShape }) =>
        declaredShape?.some((size) => typeof size !== 'number'),
      );
      return flexible.length === 0
        ? pass('All sizes are fixed.')
        : unknown(
            `Sizes of ${flexible.map(({ name }) => name).join(', ')} may change.`,
            'Use EnumeratedShapes, or load it with the hint reshapeFrequency = infrequent from iOS 17.4 on.',
          );
    },
  },
];

const precision: Condition = {
  id: 'precision',
  check: (layer) => {
    const types = [...layer.activations, ...layer.outputs].map(({ type }) => type);
    // A neural network has no types of its own inside: Core ML chooses.
    if (layer.property('Kind')?.startsWith('neuralNetwork') ?? false) return null;
    return types.includes('float32')
      ? refused(
          'It computes in float32, which only CPU and GPU do.',
          'Convert it with compute_precision float16.',
        )
      : null;
  },
};

const undocumented: Condition = {
  id: 'undocumented',
  check: () =>
    open('Core ML chooses when it loads the model: Apple does not say which operations run there.'),
};

/** Hints about Apple’s Neural Engine: what is documented, and no more. */
export const neuralEngine: Target = {
  id: 'neural-engine',
  name: 'Core ML’s Neural Engine (hints)',
  place: 'the Neural Engine',
  otherwise: 'run on CPU or GPU',
  formats: ['coreml'],
  sources: [
    {
      title: 'coremltools: guides on typed execution, flexible inputs, model utilities',
      url: 'https://apple.github.io/coremltools/docs-guides/source/typed-execution.html',
      version: 'commit e0e2f42, 2026-08-18',
      looked: '2026-11-26',
    },
  ],
  caution:
    'Hints alone: Apple documents few constraints and no list of operations. MLComputePlan says on a Mac where each ' +
    'operation runs.',
  rules,
  layers: { coreml: { others: 'unknown', any: [precision, undocumented], operators: {} } },
};
