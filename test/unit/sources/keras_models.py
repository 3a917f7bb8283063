"""Keras in its three ways."""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers import Conv2D, Dense as FC
from tensorflow.keras.models import Sequential, Model

IMG = 32

mlp = keras.Sequential([
    keras.Input(shape=(784,)),
    layers.Dense(128, activation='relu'),
    layers.Dropout(0.2),
    tf.keras.layers.Dense(10, name='logits'),
])

cnn = Sequential()
cnn.add(Conv2D(32, (3, 3), input_shape=(IMG, IMG, 3), padding='same'))
cnn.add(layers.BatchNormalization())
cnn.add(layers.MaxPooling2D())
for filters in (64, 128):
    cnn.add(Conv2D(filters, 3, activation='relu'))
cnn.add(layers.Flatten())
cnn.add(FC(10))


def residual(x, filters, stride=1):
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=stride, padding='same', use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation('relu')(x)
    x = layers.Conv2D(filters, 3, padding='same', use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride)(shortcut)
    x = layers.add([x, shortcut]) if False else layers.Add()([x, shortcut])
    return keras.activations.relu(x)


def build(classes=10):
    inputs = keras.Input((IMG, IMG, 3))
    x = layers.Conv2D(16, 3, padding='same')(inputs)
    for filters, stride in [(16, 1), (32, 2)]:
        x = residual(x, filters, stride)
    x = layers.GlobalAveragePooling2D()(x)
    a = layers.Dense(8)(x)
    b = layers.Dense(4)(x)
    outputs = layers.Dense(classes, activation='softmax')(layers.Concatenate()([a, b]))
    return Model(inputs, outputs)


resnet = build(7)


class Encoder(layers.Layer):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.norms = [layers.LayerNormalization() for _ in range(2)]
        self.ffn = keras.Sequential([layers.Dense(width * 2, activation='gelu'), layers.Dense(width)])

    def call(self, x):
        x = self.norms[0](x + self.attention(x, x))
        return self.norms[1](x + self.ffn(x))


tokens = keras.Input((20,), dtype='int32')
hidden = layers.Embedding(1000, 32)(tokens)
for _ in range(2):
    hidden = Encoder(32, 4)(hidden)
hidden = layers.Bidirectional(layers.LSTM(16))(hidden)
transformer = keras.Model(tokens, layers.Dense(2)(hidden), name='transformer')


class Classifier(keras.Model):
    def __init__(self, classes=5, **kwargs):
        super().__init__(**kwargs)
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(64)
        self.out = layers.Dense(classes)

    def call(self, x):
        return self.out(self.hidden(self.flatten(x)))
