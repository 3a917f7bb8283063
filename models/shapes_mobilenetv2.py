"""The network of shapes_mobilenetv2.onnx: MobileNetV2 (Sandler et al., 2018) of width 0.35 for ten drawn shapes.

Exporting it with torch.onnx.export in evaluation mode folds every BatchNorm2d into the convolution before it,
renames the weights and drops the Dropout; the modules' paths remain in the names of the nodes.
"""

import torch
from torch import nn

# Expansion, channels at width 1, number of blocks, stride of the first of them.
STAGES = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


def scale_channels(channels: int, width: float) -> int:
    """The nearest multiple of eight, unless that takes away more than a tenth."""
    scaled = max(8, int(channels * width + 4) // 8 * 8)
    return scaled if scaled >= 0.9 * channels * width else scaled + 8


def conv_norm(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
    ]


class InvertedResidual(nn.Module):
    """Widens with a 1x1 convolution, filters each channel by itself, and narrows again."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.use_skip = stride == 1 and in_channels == out_channels
        layers: list[nn.Module] = []
        if expansion > 1:
            layers += [*conv_norm(in_channels, hidden, 1), nn.ReLU6()]
        layers += [*conv_norm(hidden, hidden, 3, stride, groups=hidden), nn.ReLU6()]
        layers += conv_norm(hidden, out_channels, 1)
        self.conv = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.use_skip else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, num_classes: int = 10, width: float = 0.35, dropout: float = 0.1) -> None:
        super().__init__()
        channels = scale_channels(STEM_CHANNELS, width)
        features: list[nn.Module] = [nn.Sequential(*conv_norm(3, channels, 3, stride=2), nn.ReLU6())]
        for expansion, stage_channels, blocks, first_stride in STAGES:
            out_channels = scale_channels(stage_channels, width)
            for block in range(blocks):
                stride = first_stride if block == 0 else 1
                features.append(InvertedResidual(channels, out_channels, stride, expansion))
                channels = out_channels
        features.append(nn.Sequential(*conv_norm(channels, HEAD_CHANNELS, 1), nn.ReLU6()))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(HEAD_CHANNELS, num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).mean((2, 3)))
