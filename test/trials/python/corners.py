# More ways in which a total could read as complete and be wrong. Docstrings as in `mutations.py`; layer() is 20.
import functools
import json
import os
from collections import OrderedDict
from dataclasses import dataclass, field

import torch
import torch.nn as nn
import torchvision
from blocks import Attention, NORM, build, make_norm, pick
from torch.nn.utils import weight_norm


def layer():
    return nn.Linear(4, 4)


class Transfer(nn.Module):
    """at least 10: the head of a model from outside is replaced, which does not touch what is known"""
    def __init__(self):
        super().__init__()
        self.backbone = torchvision.models.resnet18()
        self.backbone.fc = nn.Linear(512, 4)
        for p in self.backbone.parameters():
            p.requires_grad = False
        self.head = nn.Linear(4, 2)


class Spread(nn.Module):
    """unknown: entries may be overwritten"""
    def __init__(self):
        super().__init__()
        c = {"dim": 4, **json.load(open("c.json"))}
        self.a = nn.Linear(c["dim"], 4)


class SpreadUnder(nn.Module):
    """= 20"""
    def __init__(self):
        super().__init__()
        c = {**json.load(open("c.json")), "dim": 4}
        self.a = nn.Linear(c["dim"], 4)


class AnyKey(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        c = {"dim": 4}
        c[os.environ["KEY"]] = 8
        self.a = nn.Linear(c["dim"], 4)


class Updated(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        c = dict(dim=4)
        c.update(json.load(open("c.json")))
        self.a = nn.Linear(c["dim"], 4)


class Slots(nn.Module):
    """= 40: entries of the module's own tables are taken out and put in"""
    def __init__(self):
        super().__init__()
        self.a, self.b = layer(), layer()
        del self._modules["a"]
        self._modules["c"] = layer()


class ContainerSlots(nn.Module):
    """at least 20: those of a container are not followed"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(layer(), layer())
        del self.s._modules["0"]
        self.a = layer()


@dataclass(frozen=True)
class Frozen:
    dim: int
    inner: int = 0

    def __post_init__(self):
        object.__setattr__(self, "inner", self.dim * 3)


@dataclass
class Outer:
    frozen: Frozen = field(default_factory=lambda: Frozen(2))
    name: str = "a"

    @property
    def double(self):
        return self.frozen.inner * 2

    @classmethod
    def named(cls, name):
        return cls(**{"small": dict(frozen=Frozen(1)), "large": dict(frozen=Frozen(5))}[name])


class NestedConfiguration(nn.Module):
    """= 85: Linear(6, 12) 84 and a bias less: Linear(1, 1, bias=False) 1"""
    def __init__(self):
        super().__init__()
        c = Outer()
        self.a = nn.Linear(c.frozen.inner, c.double)
        self.b = nn.Linear(1, Outer.named("small").frozen.dim, bias=False)


class Loaded(nn.Module):
    """at least 20: what is loaded may be a module"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = torch.load("model.pt")


class Jit(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = torch.jit.load("model.pt")


class Quantized(nn.Module):
    """unknown: a function of PyTorch that changes modules"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        torch.ao.quantization.fuse_modules(self, [["a"]], inplace=True)


class Unlisted(nn.Module):
    """at least 20: a layer of PyTorch that is not in the tables"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = nn.SomethingThatComesLater(3)


class Imported(nn.Module):
    """at least 20: an object of another file, a made class, a partial, an element"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = make_norm
        self.c = functools.partial(Attention, 4)()
        self.d = NORM["batch"](4)


class ByDefault(nn.Module):
    """at least 20"""
    def __init__(self, norm=NORM, width=4):
        super().__init__()
        self.a = nn.Linear(width, 4)
        self.n = norm(width)


class TakenApart(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b, self.c = build(2)


class Ordered(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(OrderedDict([("a", layer()), ("b", Attention(4))]))


class Listed(nn.Module):
    """at least 40"""
    def __init__(self):
        super().__init__()
        layers = [layer()]
        layers += build(3)
        layers.append(layer())
        self.s = nn.Sequential(*layers)


class InList(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([Attention(i) for i in range(3)])
        self.s.append(layer())


class InDict(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.d = nn.ModuleDict({"a": layer()})
        self.d["b"] = Attention(3)
        self.d.update(build(2))


class Named(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        for i in range(2):
            self.add_module(f"b{i}", Attention(i))


class OutsideBase(torchvision.models.ResNet):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()


class Wrapping(nn.Module):
    """at least 20: one layer is given to code from outside, another is not"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        inner = layer()
        self.b = Attention(inner)
        self.c = inner


class Searched(nn.Module):
    """unknown: which layer loses its bias is not known"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([layer(), layer()])
        self.s[pick()].bias = None


class Gotten(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.get_submodule("a").bias = None


class Normed(nn.Module):
    """= 78: every convolution is normed: 3*4*2 + 2 + 2 = 28 each with 2 lengths; Linear(4, 4) 20 and one more of 2"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(nn.Conv1d(3, 2, 4), nn.Conv1d(3, 2, 4), layer())
        for m in self.modules():
            if isinstance(m, nn.Conv1d):
                weight_norm(m)
        self.p = nn.Parameter(torch.zeros(2))


class Parametric(nn.Linear):
    """= 24: a layer that is derived from has its own weights, and what is added: 20 + 4"""
    def __init__(self):
        super().__init__(4, 4)
        self.gain = nn.Parameter(torch.ones(4))


class Stack(nn.Sequential):
    """= 40: three, of which one is taken out"""
    def __init__(self):
        super().__init__(layer(), layer())
        self.append(layer())
        del self[0]


class Repeated(nn.Module):
    """= 20: one layer, three times"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(*[layer()] * 3)


class Lazy(nn.Module):
    """unknown: how many inputs it has shows when it runs"""
    def __init__(self):
        super().__init__()
        self.a = nn.LazyLinear(4)


class Guarded(nn.Module):
    """at least 20: what follows a loop that may have been left"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList()
        for i in range(4):
            if pick(i):
                continue
            self.s.append(layer())
        self.a = layer()


class Emptied(nn.Module):
    """unknown: it may be emptied"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([layer()])
        if pick():
            self.s = nn.ModuleList()


class Conditional(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        if pick():
            self.b = layer()
        else:
            self.b = None


class Property(nn.Module):
    """unknown: setting a property runs a method"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.size = 3

    @property
    def size(self):
        return 3

    @size.setter
    def size(self, value):
        self.a = nn.Linear(value, value)


class Magic(nn.Module):
    """at least 20: it says itself what is set"""
    def __init__(self):
        super().__init__()
        self.a = layer()

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


outside_base = OutsideBase()
