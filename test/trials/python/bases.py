# What classes inherit, and what a file puts in the place of a library's. Docstrings as in `mutations.py`.
import torch
import torch.nn as nn
from abc import ABC
from outside import thing, Norm


class Mixin:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra = nn.Linear(1, 1)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)


class Both(Mixin, Plain):
    """= 22: the mixin's 2 and the other base's 20"""


class AbstractConv(ABC, nn.Conv2d):
    """= 4: Conv2d(1, 2, 1)"""
    def __init__(self):
        super().__init__(1, 2, 1)


class MixedConv(Mixin, nn.Conv2d):
    """= 6: Conv2d(1, 2, 1) 4 and the mixin's 2"""
    def __init__(self):
        super().__init__(1, 2, 1)


class Root(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.Linear(1, 1)


class Left(Root):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(1, 2)


class Right(Root):
    def __init__(self):
        super().__init__()
        self.t = nn.Linear(1, 3)


class Diamond(Left, Right):
    """= 12: 4 + 6 + 2, each base once"""


class Data(nn.Module):
    """= 7: two numbers that are given, five that are not"""
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.Tensor([3.0, 4.0]))
        self.b = nn.Parameter(torch.Tensor(5))


class Sizes(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(*thing))


class Version(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4) if torch.__version__ == "2.0" else nn.Linear(3, 3)


class Matrix(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(2, 3) @ torch.zeros(3, 5))


class Filled(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        s = nn.Sequential()
        if thing:
            s.append(nn.Linear(4, 4))
        self.a = nn.Linear(4, 4) if s else nn.Linear(3, 3)


nn.BatchNorm2d = Norm


class Monkey(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.n = nn.BatchNorm2d(4)

