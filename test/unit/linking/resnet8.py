"""The network of MLPerf Tiny's image classification: three blocks of 16, 32 and 64 channels."""

from tensorflow import keras
from tensorflow.keras import layers

BLOCKS = [(16, 1), (32, 2), (64, 2)]


def resnet8() -> keras.Model:
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding='same')(image)
    x = layers.BatchNormalization()(x)
    x = layers.Activation('relu')(x)
    for filters, stride in BLOCKS:
        y = layers.Conv2D(filters, 3, strides=stride, padding='same')(x)
        y = layers.BatchNormalization()(y)
        y = layers.Activation('relu')(y)
        y = layers.Conv2D(filters, 3, padding='same')(y)
        y = layers.BatchNormalization()(y)
        if stride > 1:
            x = layers.Conv2D(filters, 1, strides=stride, padding='same')(x)
        x = layers.Activation('relu')(layers.add([x, y]))
    x = layers.AveragePooling2D(8)(x)
    x = layers.Flatten()(x)
    return keras.Model(image, layers.Dense(10, activation='softmax')(x))
