/** An operator has one colour in every model and format, so that one learns it; shades tell relatives apart. */

const shade = (color: string) =>
  `color-mix(in srgb, var(--vscode-charts-${color}) 55%, var(--vscode-foreground))`;
const mixed = (one: string, other: string) =>
  `color-mix(in srgb, var(--vscode-charts-${one}) 50%, var(--vscode-charts-${other}))`;

/** In this order, the first that an operator's name matches; names of ONNX, TensorFlow Lite and Core ML alike. */
const FAMILIES: readonly (readonly [names: RegExp, color: string])[] = [
  [/^(depthwise|dwconv)/, mixed('blue', 'green')],
  [/(transpose_?conv|conv_?transpose|deconv)/, mixed('blue', 'purple')],
  [/conv/, 'var(--vscode-charts-blue)'],
  [/(quantize|^cast$)/, shade('yellow')],
  [/(matmul|gemm|fully_?connected|inner_?product|linear$|einsum)/, 'var(--vscode-charts-purple)'],
  [/attention/, mixed('purple', 'red')],
  [/(lstm|gru|rnn)/, shade('purple')],
  [/(gather|embedding|lookup)/, mixed('purple', 'yellow')],
  [/(softmax|arg_?m)/, shade('red')],
  [/norm/, mixed('red', 'yellow')],
  [/(pool|reduce|^mean$|^sum$)/, 'var(--vscode-charts-red)'],
  [/^(add|sub)/, 'var(--vscode-charts-green)'],
  [/^(mul|div|pow|sqrt|rsqrt|squared_?difference|maximum|minimum|max|min)/, shade('green')],
  [
    /(relu|clip|sigmoid|logistic|tanh|swish|gelu|elu|mish|hard|activation|erf)/,
    'var(--vscode-charts-yellow)',
  ],
  [/(pad|resize|upsample|space|tile|expand|broadcast)/, mixed('green', 'yellow')],
  [/(reshape|flatten|squeeze|transpose|concat|split|slice|pack|shape|identity)/, shade('blue')],
];

/** What is none of these. */
const OTHER = 'color-mix(in srgb, var(--vscode-foreground) 45%, var(--vscode-editor-background))';

export function operatorColor(op: string): string {
  const name = op.slice(op.lastIndexOf('.') + 1).toLowerCase();
  return FAMILIES.find(([names]) => names.test(name))?.[1] ?? OTHER;
}
