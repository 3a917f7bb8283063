# Functional Keras models. Parameters as Keras counts them, statistics included, stand behind the variables.
import keras
import tensorflow as tf
from elsewhere import block
from keras import layers, ops

# every function that joins: Dense(8 -> 4) 36 is shared; add, subtract, multiply, average, maximum, minimum keep 4
i = keras.Input((8,))
d = layers.Dense(4)
a = d(i)
j = layers.add([a, layers.subtract([a, layers.multiply([a, a])])])
j = layers.average([j, layers.maximum([a, layers.minimum([a, a])])])
j = layers.concatenate([j, a], axis=-1)
joined = keras.Model(i, layers.Dense(2)(j))  # 36 + 8*2+2 = 54

# arithmetic and comparisons lead on what made their operands: 8*8+8 = 72, 8*1+1 = 9, head 8*3+3 = 27
i = keras.Input((8,))
x = layers.Dense(8)(i)
gate = layers.Dense(1)(i) > 0.5
x = -x * 2 + x / ops.cast(gate, "float32")
arithmetic = keras.Model(i, layers.Dense(3)(abs(x)))  # 72 + 9 + 27 = 108

# slices, reshapes, reductions: Conv1D(5, 3) on 4 channels 3*4*5+5 = 65; Dense on 5: 5*2+2 = 12, on 10: 10*2+2 = 22, on 15: 15*2+2 = 32
i = keras.Input((12, 4))
x = layers.Conv1D(5, 3, padding="same")(i)
p = layers.Dense(2)(x[:, 0])
q = layers.Dense(2)(ops.reshape(x[:, :2, :], (-1, 10)))
r = layers.Dense(2)(ops.reshape(x[:, 0:12:5, :], (-1, 15)))
s = layers.Dense(2)(tf.reduce_mean(x, axis=1))
t = layers.Dense(2)(x[..., -1, :])
sliced = keras.Model(i, [p, q, r, s, t])  # 65 + 12 + 22 + 32 + 12 + 12 = 155

# tensors that are split, joined, turned: Dense(6 -> 2) 14 each
i = keras.Input((12,))
left, right = ops.split(i, 2, axis=-1)
u = layers.Dense(2)(left)
v = layers.Dense(2)(right)
w = ops.stack([u, v], axis=1)
w = ops.transpose(w, (0, 2, 1))
w = ops.expand_dims(w, -1)
w = ops.squeeze(w, axis=-1)
w = tf.concat([w, w], axis=-1)
split = keras.Model(i, layers.Dense(1)(w))  # 14 + 14 + (4*1+1) = 33

# a model of several outputs, used twice: 8*4+4 = 36 and 8*3+3 = 27; heads 4*1+1 = 5 and 3*1+1 = 4
i = keras.Input((8,))
two = keras.Model(i, [layers.Dense(4)(i), layers.Dense(3)(i)])
m, n = keras.Input((8,)), keras.Input((8,))
first, second = two(m)
third, fourth = two(n)
several = keras.Model([m, n], [layers.Dense(1)(first), layers.Dense(1)(fourth), third])  # 63 + 5 + 4 = 72

# what does not lead to the outputs does not count
i = keras.Input((8,))
kept = layers.Dense(4)(i)
lost = layers.Dense(100)(kept)
reached = keras.Model(i, kept)  # 36

# layers that give several tensors: LSTM(4) on 3: 4*4*(3+4+1) = 128; Dense(4 -> 2) 10 each
i = keras.Input((7, 3))
x, h, c = layers.LSTM(4, return_state=True, return_sequences=True)(i)
states = keras.Model(i, [layers.Dense(2)(x), layers.Dense(2)(h), layers.Dense(2)(c)])  # 128 + 30 = 158

# attention with its scores: 3*(8*8+8) + 8*8+8 = 288
i = keras.Input((5, 8))
x, scores = layers.MultiHeadAttention(2, 4)(i, i, return_attention_scores=True)
attended = keras.Model(i, [x, scores])  # 288

# sizes that are not known: channels are, so the convolution is: 3*3*3*4+4 = 112, 4*2+2 = 10
i = keras.Input((None, None, 3))
x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(i))
anysize = keras.Model(i, layers.Dense(2)(x))  # 122

# what is not known of it
i = keras.Input((8,))
x = layers.Dense(4)(i)
y = layers.concatenate([x, block(i)])
outside = keras.Model(i, [y, layers.Dense(1)(x)])  # at least 36 + 5

i = keras.Input((8,))
x = layers.Dense(4)(i)
cut = keras.Model(i, [x, undefined])  # at least 36

inner = keras.Sequential([keras.Input((6,)), layers.Dense(5), layers.BatchNormalization()])  # 35 + 20
stacked = keras.Sequential([inner, keras.Sequential([layers.Dense(2)]), layers.Dense(1)])  # 55 + 12 + 3 = 70
