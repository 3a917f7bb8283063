# Weights that are shared or replaced. A docstring begins with the parameters: `= n`, `at least n`, or `unknown`.
# Embedding(10, 4) 40; Linear(4, 10) 50, without bias 40; Linear(4, 4) 20.
import torch
import torch.nn as nn
import torch.nn.functional as F
from elsewhere import FLAG, other


class Tied(nn.Module):
    """= 50"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10)
        self.head.weight = self.emb.weight


class Chain(nn.Module):
    """= 40: three share one"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.a = nn.Linear(4, 10, bias=False)
        self.b = nn.Linear(4, 10, bias=False)
        self.a.weight = self.emb.weight
        self.b.weight = self.a.weight


class InContainers(nn.Module):
    """= 40: all layers of a list share the first one's weight (16) and keep their biases (6 * 4)"""
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(6)])
        for one in self.layers[1:]:
            one.weight = self.layers[0].weight


class ByDict(nn.Module):
    """= 50"""
    def __init__(self):
        super().__init__()
        parts = {"emb": nn.Embedding(10, 4), "head": nn.Linear(4, 10)}
        parts["head"].weight = parts["emb"].weight
        self.parts = nn.ModuleDict(parts)


class FromOutside(nn.Module):
    """= 50: the weight of a layer that is no part of it counts: 40 + 10"""
    def __init__(self):
        super().__init__()
        emb = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10)
        self.head.weight = emb.weight


class ByArgument(nn.Module):
    """at least 10: the weight that is given is not known"""
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.bias = nn.Parameter(torch.zeros(10))


class UnknownTie(nn.Module):
    """at least 40: the head's weight is not known"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10)
        self.head.weight = other.weight


class MaybeTied(nn.Module):
    """at least 40"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        if FLAG:
            self.head.weight = self.emb.weight


class Replaced(nn.Module):
    """= 34: a weight of another shape: 6 * 4 + 10"""
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 10)
        self.head.weight = nn.Parameter(torch.zeros(6, 4))


class TiedThenReplaced(nn.Module):
    """= 55: the first weight lives on in the head (40 + 10); the embedding gets another one of 5"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10)
        self.head.weight = self.emb.weight
        self.emb.weight = nn.Parameter(torch.zeros(5))


class SameModule(nn.Module):
    """= 20: one layer under three names"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = self.a
        self.s = nn.Sequential(self.a, nn.ReLU(), self.b)


class Parameters(nn.Module):
    """= 22: one Parameter in two places (5), those of a list (3 + 4), of a dict (6), and a weight by its name (4)"""
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.zeros(5))
        self.q = self.p
        self.l = nn.ParameterList([torch.zeros(3), nn.Parameter(torch.zeros(4)), self.p])
        self.d = nn.ParameterDict({"a": torch.zeros(2, 3)})
        self.register_parameter("w", nn.Parameter(torch.zeros(4)))
        self.t = torch.zeros(9)
        self.frozen = self.l[0]
        self.frozen.requires_grad = False


class OwnWeight(nn.Module):
    """= 40: a weight under a name of its own is the layer's"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.w = self.emb.weight

    def forward(self, x):
        return F.linear(self.emb(x), self.w)


class NoBias(nn.Module):
    """= 16"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.a.register_parameter("bias", None)


class OnLayers(nn.Module):
    """= 34: layers and weights that are set on a layer: 20 + Linear(4, 2) 10 + 4"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.a.adapter = nn.Linear(4, 2)
        self.a.gate = nn.Parameter(torch.zeros(4))


class Cut(nn.Module):
    """unknown: rows are taken from the weight"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.a.weight.data = self.a.weight.data[FLAG]


class Set(nn.Module):
    """= 20: as many numbers as before"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.a.weight.data = self.a.weight.data * 0.1
        self.a.weight.data = torch.zeros(4, 4)


class Inner(nn.Module):
    """at least 40: a layer within an attention is replaced"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.att = nn.MultiheadAttention(4, 2)
        self.att.out_proj.weight = self.a.weight
        self.b = nn.Linear(4, 4)


class Registered(nn.Module):
    """= 20: and 6 in buffers, of which 4 are saved"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.register_buffer("x", torch.zeros(4))
        self.register_buffer("y", torch.zeros(2), persistent=False)
