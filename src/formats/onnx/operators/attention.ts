import type { Shape } from '../../../model/dataType';
import { dimension, knownScalar, product, sum, tensor, type Value } from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { type Context, input, named, type Operator, type Operators, optionalInput } from './operator';

/**
 * MACs of attention: for each query and each key, one for each element of the query (scores) and one for each of
 * the value (weighted sum); masked pairs count. Where the operator projects its input as well, so do those.
 */
function scores(
  batch: number | null,
  queries: number | null,
  keys: number | null,
  widths: readonly (number | null)[],
): number | null {
  return product([batch, queries, keys, sum(widths)]);
}

function divided(a: number | null, b: number | null): number | null {
  return a === null || b === null || a % b !== 0 ? null : a / b;
}

/** com.microsoft.Attention and QAttention: input [B, S, I], weights [I, q + k + v], past [2, B, heads, P, size]. */
function selfAttention(pastIndex: number, resultIndex: number): Operator {
  const sizes = (context: Context) => {
    const data = input(context, 0);
    const heads = intAttribute(context.node, 'num_heads') ?? null;
    const packed = dimension(input(context, 1), 1);
    const third = divided(packed, 3);
    const [query, , value] = intsAttribute(context.node, 'qkv_hidden_sizes') ?? [];
    const past = optionalInput(context, pastIndex);
    const queries = dimension(data, 1);
    const shared = intAttribute(context.node, 'past_present_share_buffer', 0) !== 0;
    return {
      type: input(context, resultIndex).type,
      batch: dimension(data, 0),
      queries,
      width: dimension(data, 2),
      heads,
      packed,
      query: query ?? third,
      value: value ?? third,
      keys: past === null ? queries : shared ? dimension(past, 3) : sum([dimension(past, 3), queries]),
    };
  };
  return {
    infer(context) {
      const { type, batch, queries, heads, value, keys } = sizes(context);
      return [
        tensor(type, [batch, queries, value]),
        tensor(type, [2, batch, heads, keys, divided(value, heads)]),
      ];
    },
    macs(context) {
      const { batch, queries, width, packed, query, value, keys } = sizes(context);
      return sum([product([batch, queries, width, packed]), scores(batch, queries, keys, [query, value])]);
    },
  };
}

/** Query [B, S, D] or with key and value packed [B, S, heads, 3, size]; key and value [B, L, D] or [B, heads, L, size]. */
const multiHead: Operator = {
  infer(context) {
    const { type, batch, queries, keys, heads, query, value } = multiHeadSizes(context);
    return [
      tensor(type, [batch, queries, value]),
      tensor(type, [batch, heads, keys, divided(query, heads)]),
      tensor(type, [batch, heads, keys, divided(value, heads)]),
      tensor(type, [batch, heads, queries, keys]),
    ];
  },
  macs(context) {
    const { batch, queries, keys, query, value } = multiHeadSizes(context);
    return scores(batch, queries, keys, [query, value]);
  },
};

function multiHeadSizes(context: Context) {
  const query = input(context, 0);
  const key = optionalInput(context, 1);
  const value = optionalInput(context, 2);
  const past = optionalInput(context, 6);
  const heads = intAttribute(context.node, 'num_heads') ?? null;
  const queries = dimension(query, 1);
  const packed = query.shape?.length === 5;
  const width = packed ? product([dimension(query, 2), dimension(query, 4)]) : dimension(query, 2);
  const separate = (part: Value | null) =>
    part?.shape?.length === 4 ? product([dimension(part, 1), dimension(part, 3)]) : dimension(part, 2);
  // Five dimensions: key and value packed together, [B, L, heads, 2, size].
  const joint = key?.shape?.length === 5;
  const fresh = key === null ? queries : dimension(key, key.shape?.length === 4 ? 2 : 1);
  // A four-dimensional key comes from another sequence and is not appended to the past.
  const appended = past !== null && key?.shape?.length !== 4;
  return {
    type: query.type,
    batch: dimension(query, 0),
    queries,
    heads,
    query: width,
    value: value === null ? (joint || packed || key === null ? width : null) : separate(value),
    keys: appended ? sum([dimension(past, 2), fresh]) : fresh,
  };
}

/** Fewer heads for keys and values than for queries; the past may have room for more than is in it. */
const groupQuery: Operator = {
  infer(context) {
    const { type, batch, queries, heads, keyHeads, size, room } = groupSizes(context);
    const past = optionalInput(context, 3)?.type ?? type;
    const present: Shape = [batch, keyHeads, room, size];
    return [
      tensor(type, [batch, queries, product([heads, size])]),
      tensor(past, present),
      tensor(past, present),
      tensor(type, [batch, heads, queries, null]),
    ];
  },
  macs(context) {
    const { batch, queries, heads, size, keys } = groupSizes(context);
    const width = product([heads, size]);
    return scores(batch, queries, keys, [width, width]);
  },
};

function groupSizes(context: Context) {
  const query = input(context, 0);
  const key = optionalInput(context, 1);
  const heads = intAttribute(context.node, 'num_heads') ?? null;
  const keyHeads = intAttribute(context.node, 'kv_num_heads') ?? null;
  const past = optionalInput(context, 3);
  const keys = knownScalar(optionalInput(context, 6));
  const before = dimension(past, 2);
  return {
    type: query.type,
    batch: dimension(query, 0),
    queries: dimension(query, 1),
    heads,
    keyHeads,
    // Without a key the query holds all three.
    size: divided(dimension(query, 2), key === null ? sum([heads, keyHeads, keyHeads]) : heads),
    keys,
    room: keys === null ? null : past === null ? keys : before === null ? null : Math.max(before, keys),
  };
}

/** Attention of the default domain (version 23): Q, K and V of three or of four dimensions. */
const attention: Operator = {
  infer(context) {
    const { type, batch, queries, keys, heads, keyHeads, size, valueSize, flat } = sizes23(context);
    return [
      tensor(type, flat ? [batch, queries, product([heads, valueSize])] : [batch, heads, queries, valueSize]),
      tensor(input(context, 1).type, [batch, keyHeads, keys, size]),
      tensor(input(context, 2).type, [batch, keyHeads, keys, valueSize]),
      tensor(type, [batch, heads, queries, keys]),
    ];
  },
  macs(context) {
    const { batch, queries, keys, heads, size, valueSize } = sizes23(context);
    return scores(batch, queries, keys, [product([heads, size]), product([heads, valueSize])]);
  },
};

function sizes23(context: Context) {
  const [query, key, value] = [input(context, 0), input(context, 1), input(context, 2)];
  const past = optionalInput(context, 4);
  const flat = query.shape?.length === 3;
  const heads = flat ? (intAttribute(context.node, 'q_num_heads') ?? null) : dimension(query, 1);
  const keyHeads = flat ? (intAttribute(context.node, 'kv_num_heads') ?? null) : dimension(key, 1);
  const fresh = dimension(key, flat ? 1 : 2);
  return {
    type: query.type,
    batch: dimension(query, 0),
    queries: dimension(query, flat ? 1 : 2),
    keys: past === null ? fresh : sum([dimension(past, 2), fresh]),
    heads,
    keyHeads,
    size: flat ? divided(dimension(query, 2), heads) : dimension(query, 3),
    valueSize: flat ? divided(dimension(value, 2), keyHeads) : dimension(value, 3),
    flat,
  };
}

export const attentions: Operators = {
  Attention: attention,
  'com.microsoft.Attention': selfAttention(4, 0),
  'com.microsoft.QAttention': selfAttention(8, 3),
  'com.microsoft.MultiHeadAttention': multiHead,
  'com.microsoft.GroupQueryAttention': groupQuery,
  ...named(['RotaryEmbedding', 'com.microsoft.RotaryEmbedding'], {
    infer: (context) => [tensor(input(context, 0).type, input(context, 0).shape)],
  }),
};
