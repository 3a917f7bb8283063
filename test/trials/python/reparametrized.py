# Weights that are computed from others. A docstring begins with the parameters: `= n`, `at least n`, or `unknown`,
# and after a `+` the buffers.
import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
from peft import get_peft_model
from torch.nn.utils import prune, remove_weight_norm, spectral_norm, weight_norm
from torch.nn.utils.parametrizations import orthogonal
from torch.nn.utils.parametrizations import weight_norm as new_weight_norm


class Norms(nn.Module):
    """= 92 + 0: Linear(4, 5): g 5, v 20, bias 5 = 30; dim 1: g 4 + 20 + 5 = 29; no dim: g 1 + 20 + 5 = 26; rest 7: Linear(6, 1)"""
    def __init__(self):
        super().__init__()
        self.a = weight_norm(nn.Linear(4, 5))
        self.b = new_weight_norm(nn.Linear(4, 5), name="weight", dim=1)
        self.c = weight_norm(nn.Linear(4, 5), dim=None)
        self.d = remove_weight_norm(weight_norm(nn.Linear(6, 1)))


class Spectral(nn.Module):
    """= 56 + 29: Conv2d(3, 2, 3): 54 + 2, with u of 2 and v of 27"""
    def __init__(self):
        super().__init__()
        self.a = spectral_norm(nn.Conv2d(3, 2, 3))


class Pruned(nn.Module):
    """= 40 + 36: masks of 16, and of 16 + 4"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        prune.l1_unstructured(self.a, name="weight", amount=0.3)
        prune.random_unstructured(self.a, "weight", 0.3)
        self.b = nn.Linear(4, 4)
        prune.global_unstructured([(self.b, "weight"), (self.b, "bias")], pruning_method=prune.L1Unstructured, amount=0.2)
        self.c = nn.Sequential()
        prune.identity(self.a, "weight")


class Unpruned(nn.Module):
    """= 20 + 0"""
    def __init__(self):
        super().__init__()
        self.a = prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5)
        prune.remove(self.a, "weight")


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return x * self.scale.sum()


class Inverse(nn.Module):
    def forward(self, x):
        return x

    def right_inverse(self, x):
        return x[:1]


class Parametrized(nn.Module):
    """= 43 + 0: 20; 20 + 3"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        parametrize.register_parametrization(self.a, "weight", Symmetric())
        self.b = nn.Linear(4, 4)
        parametrize.register_parametrization(self.b, "weight", Scaled())


class WithInverse(nn.Module):
    """at least 20: what is kept is what the inverse gives"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        parametrize.register_parametrization(self.a, "weight", Inverse())
        self.b = nn.Linear(4, 4)


class Orthogonal(nn.Module):
    """at least 20: what it keeps depends on the shape"""
    def __init__(self):
        super().__init__()
        self.a = orthogonal(nn.Linear(4, 4))
        self.b = nn.Linear(4, 4)


class LoRA(nn.Module):
    def __init__(self, base, rank):
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)


class Wrapped(nn.Module):
    """= 68 + 0: 20 + 4 * 2 + 2 * 4 = 36; within a container: 20 + 4 + 4 + 4"""
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(4, 4)
        self.q = LoRA(self.q, 2)
        self.s = nn.Sequential(nn.Linear(4, 4))
        for name, child in self.s.named_children():
            setattr(self.s, name, LoRA(child, 1))
        self.p = nn.Parameter(torch.zeros(4))


class Peft(nn.Module):
    """at least 20: what a library makes of it is not known"""
    def __init__(self):
        super().__init__()
        self.a = get_peft_model(nn.Linear(4, 4), None)
        self.b = nn.Linear(4, 4)
