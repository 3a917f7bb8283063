/** Small models as text: bodies, functions, every kind of attribute, symbolic sizes, quantization. */
export const TEXTS: readonly string[] = [
  `<ir_version: 8, opset_import: ["": 17, "local": 1], metadata_props: ["a": "b"]>
main (bool c, float[N,3] x) => (float[N,3] y)
<
  float[3] w = {1.0, 2.0, 3.0},
  quantized(int8[3], scale = 0.5) q = {1, 2, 3}
>
{
  [branch] y = If (c) <
    then_branch: graph = then () => (float[N,3] z) { z = local.twice (x) },
    else_branch: graph = else () => (float[N,3] z) { z = Mul <a = [1, 2], s = "text"> (x, w) }
  >
}
<domain: "local", opset_import: ["": 17]>
twice <k: int = 2, mode: string = "m"> (a) => (b) { t = Add (a, a) b = Concat <axis: int = @k> (t, a) }
`,
  `<ir_version: 8, opset_import: ["": 18, "com.microsoft": 1]>
net (float[batch,3,H,W] image, int64[batch,T] ids) => (float[batch,10] scores, float[batch,T,8] hidden)
<
  float[4,3,3,3] conv_w, float[4] conv_b, float[10,4] fc, float[100,8] table, float[8,8] proj = {1.5, 2},
  int64[2] target = {0, -1}, int64[1] axes = {1}, float scale = {0.1}, uint8 zero = {128}
>
{
  [conv] a = Conv <pads = [1, 1, 1, 1], strides = [2, 2], group = 1, auto_pad = "NOTSET"> (image, conv_w, conv_b)
  r = Relu (a)
  q = QuantizeLinear (r, scale, zero)
  d = DequantizeLinear (q, scale, zero)
  p = GlobalAveragePool (d)
  f = Reshape (p, target)
  g = Gemm <transB = 1, alpha = 1.0> (f, fc)
  scores = Softmax <axis = -1> (g)
  e = Gather <axis = 0> (table, ids)
  m = MatMul (e, proj)
  n, mean, std = LayerNormalization <axis = -1, epsilon = 1e-05> (m, scale, scale)
  s = Shape (n)
  u = Unsqueeze (n, axes)
  v = Squeeze (u, axes)
  hidden = com.microsoft.Gelu (v)
}
`,
  `<ir_version: 9, opset_import: ["": 19]>
loops (int64 trips, float[2,4] start, float[5,2,4] sequence, float[7,1,3] x) => (float[2,4] last, float y, float[7,2,1,5] h)
<float[2,20,3] lw, float[2,20,5] lr, int64[2] half = {1, 1}, bool yes = {1}>
{
  last = Loop (trips, yes, start) <body: graph = body (int64 i, bool go, float[2,4] state) => (bool on, float[2,4] next) {
    on = Identity (go)
    next = Add (state, start)
  }>
  z, all = Scan <num_scan_inputs = 1, body: graph = step (float[2,4] before, float[2,4] item) => (float[2,4] after, float[2,4] out) {
    after = Mul (before, item)
    out = Tanh (after)
  }> (start, sequence)
  h, hl, cl = LSTM <hidden_size = 5, direction = "bidirectional"> (x, lw, lr)
  parts = SplitToSequence <axis = 0, keepdims = 1> (sequence, half)
  first = SequenceAt (parts, trips)
  made = SequenceConstruct (first, start)
  whole = ConcatFromSequence <axis = 0> (made)
  y = Einsum <equation = "ij,kj->ik"> (last, z)
  t, i = TopK (whole, half)
  k = Constant <value: tensor = int64[2] c {1, 2}> ()
  rz = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (sequence, , , k)
  sl = Slice (rz, half, k, k, half)
  pd = Pad <mode = "constant"> (sl, k)
  ex = Expand (pd, k)
  w = Where (yes, ex, ex)
  nz = NonZero (w)
}
`,
];
