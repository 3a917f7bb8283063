"""Ways to write a module that occur in the wild."""
from collections import OrderedDict
import torch.nn as nn, torch
from torch.nn import *  # noqa

WIDTHS = (16, 32, 64)
conv = nn.Conv2d
CONFIG = {'vgg': [64, 'M', 128, 128, 'M'], 'depth': {'s': 1, 'm': 2}}


def make_layers(cfg, batch_norm=False):
    layers = []
    in_channels = 3
    for v in cfg:
        if v == 'M':
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            conv2d = nn.Conv2d(in_channels, v, kernel_size=3, padding=1)
            if batch_norm:
                layers += [conv2d, nn.BatchNorm2d(v), nn.ReLU(inplace=True)]
            else:
                layers += [conv2d, nn.ReLU(inplace=True)]
            in_channels = v
    return nn.Sequential(*layers)


class ConvBNReLU(nn.Sequential):
    def __init__(self, cin, cout, k=3, s=1, g=1):
        super().__init__(conv(cin, cout, k, s, (k - 1) // 2, groups=g, bias=False), nn.BatchNorm2d(cout), nn.ReLU6())


class Scaled(nn.Linear):
    pass


class Padded(nn.Conv2d):
    def __init__(self, c):
        super().__init__(c, c * 2, 3, padding=1)


class Dense(nn.Module):
    def __init__(self, growth=8, blocks=(2, 3), start=16):
        super().__init__()
        self.features = nn.Sequential(OrderedDict([
            ('conv0', nn.Conv2d(3, start, kernel_size=7, stride=2, padding=3, bias=False)),
            ('norm0', nn.BatchNorm2d(start)),
        ]))
        features = start
        for i, layers in enumerate(blocks):
            block = nn.Sequential()
            for j in range(layers):
                block.add_module('denselayer%d' % (j + 1), ConvBNReLU(features + j * growth, growth))
            self.features.add_module(f'denseblock{i + 1}', block)
            features += layers * growth
            if i != len(blocks) - 1:
                self.features.add_module('transition{}'.format(i + 1), nn.Conv2d(features, features // 2, 1))
                features //= 2
        self.add_module('norm5', BatchNorm2d(features))


class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList()
        for cin, cout in zip((3,) + WIDTHS[:-1], WIDTHS):
            self.stages.append(ConvBNReLU(cin, cout, s=2))
        for i, w in enumerate(reversed(WIDTHS)):
            setattr(self, f'up{i}', nn.ConvTranspose2d(w, max(w // 2, 8), 2, 2))
        self.heads = nn.ModuleDict({name: nn.Conv2d(WIDTHS[0], n, 1) for name, n in [('box', 4), ('class', 20)]})
        self.lateral = nn.ModuleList(map(lambda w: nn.Conv2d(w, 32, 1), WIDTHS))
        self.hidden = [nn.Linear(3, 3)]
        self.own = nn.ParameterList([nn.Parameter(torch.zeros(w)) for w in WIDTHS])
        self.scaled = Scaled(8, 4, bias=False)
        self.padded = Padded(4)
        self.vgg = make_layers(CONFIG['vgg'], batch_norm=True)
        depth = CONFIG['depth'].get('m', 1)
        self.rnn = nn.LSTM(32, 16, num_layers=depth, bidirectional=True)
        k = 0
        while k < 3:
            self.add_module('loop' + str(k), nn.Linear(2 ** k, 2 ** (k + 1)))
            k += 1
        *first, last = [nn.Linear(i, i) for i in (1, 2, 3)]
        self.first, self.last = nn.Sequential(*first), last
        self.shared = self.last


if __name__ == '__main__':
    d = Dense()
    p = Pyramid()
    s = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10)).to('cpu')
