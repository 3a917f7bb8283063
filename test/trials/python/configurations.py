# Configurations of all styles. A docstring begins with the parameters: `= n`, `at least n`, or `unknown`.
# Linear(a, b) has a*b + b, without bias a*b.
import argparse
import json
from collections import namedtuple
from dataclasses import KW_ONLY, InitVar, asdict, dataclass, field, replace
from enum import Enum, IntEnum
from types import SimpleNamespace
from typing import ClassVar, List, NamedTuple, Optional, TypedDict

import attr
import torch.nn as nn
from attrs import define
from omegaconf import OmegaConf
from pydantic import BaseModel, BaseSettings, field_validator


@dataclass
class Base:
    dim: int = 4
    kind: ClassVar[int] = 7
    widths: List[int] = field(default_factory=lambda: [2, 3])
    hidden: int = field(default=5)


@dataclass(kw_only=True)
class Child(Base):
    out: int = 6
    dim: int = 8


@dataclass
class Post:
    dim: int
    scale: InitVar[int] = 2
    _: KW_ONLY
    bias: bool = True
    inner: int = field(init=False)

    def __post_init__(self, scale):
        self.inner = self.dim * scale


class Model(nn.Module):
    """unknown"""
    def __init__(self, c):
        super().__init__()
        self.fc = nn.Linear(c.dim, c.hidden)


class Defaults(nn.Module):
    """= 57: Linear(4, 5) 25; Linear(2, 3) 9 for the widths; Linear(4, 3) 15; Linear(7, 1) 8 for the class variable"""
    def __init__(self):
        super().__init__()
        c = Base()
        self.a = nn.Linear(c.dim, c.hidden)
        self.b = nn.Linear(*c.widths)
        self.d = nn.Linear(Base.dim, c.widths[1])
        self.e = nn.Linear(c.kind, 1)


class OwnLists(nn.Module):
    """= 12: the default list is made anew for every object: Linear(2, 4) 12"""
    def __init__(self):
        super().__init__()
        first, second = Base(), Base()
        first.widths.append(9)
        self.a = nn.Linear(len(second.widths), 4)


class Inherited(nn.Module):
    """= 110: Child([1, 1], 5, dim=1, out=9): Linear(1, 9) 18; Child(): Linear(8, 6) 54; Linear(8, 3) 27; 11 for widths"""
    def __init__(self):
        super().__init__()
        c, d = Child([1, 1], 5, dim=1, out=9), Child()
        self.a = nn.Linear(c.dim, c.out)
        self.b = nn.Linear(d.dim, d.out)
        self.e = nn.Linear(d.dim, d.widths[1])
        self.f = nn.Linear(10, c.widths[0])


class AfterInit(nn.Module):
    """= 48: dim 3, scale 4: inner 12, no bias: 36; dim 2, scale 2: Linear(2, 4) 12"""
    def __init__(self):
        super().__init__()
        c = Post(3, 4, bias=False)
        self.a = nn.Linear(c.dim, c.inner, bias=c.bias)
        d = Post(2)
        self.b = nn.Linear(d.dim, d.inner, bias=d.bias)


class Replaced(nn.Module):
    """= 72: Linear(8, 5) 45; the first stays as it was: Linear(4, 5) 25; asdict: Linear(1, 1) 2"""
    def __init__(self):
        super().__init__()
        c = Base()
        d = replace(c, dim=8)
        self.a = nn.Linear(d.dim, d.hidden)
        self.b = nn.Linear(**{"in_features": c.dim, "out_features": c.hidden})
        self.e = nn.Linear(asdict(replace(c, hidden=1))["hidden"], 1)


class FromDict(nn.Module):
    """= 77: Linear(10, 7)"""
    def __init__(self):
        super().__init__()
        values = dict(dim=10, hidden=7)
        c = Base(**values)
        self.a = nn.Linear(c.dim, c.hidden)


class FromJson(nn.Module):
    """unknown"""
    def __init__(self):
        super().__init__()
        c = Base(**json.load(open("config.json")))
        self.a = nn.Linear(c.dim, c.hidden)


class PartlyFromJson(nn.Module):
    """at least 9: hidden may be another one; Linear(2, 3) 9 by itself"""
    def __init__(self):
        super().__init__()
        c = Base(dim=2, **json.load(open("config.json")))
        self.a = nn.Linear(c.dim, c.hidden)
        self.b = nn.Linear(c.dim, 3)


class FromArguments(nn.Module):
    """unknown: the defaults of a command line are what nobody is bound to"""
    def __init__(self):
        super().__init__()
        parser = argparse.ArgumentParser()
        parser.add_argument("--dim", type=int, default=3)
        args = parser.parse_args()
        self.a = nn.Linear(args.dim, 4)


class Merged(nn.Module):
    """unknown: what comes from outside may have changed the configuration"""
    def __init__(self):
        super().__init__()
        c = Base()
        OmegaConf.merge_into(c, "config.yaml")
        self.a = nn.Linear(c.dim, c.hidden)


class Overridden(nn.Module):
    """unknown: which attributes are set is not known"""
    def __init__(self):
        super().__init__()
        c = Base()
        for key, value in json.load(open("config.json")).items():
            setattr(c, key, value)
        self.a = nn.Linear(c.dim, c.hidden)


class SetAttributes(nn.Module):
    """= 70: Linear(6, 10)"""
    width = 4

    def __init__(self):
        super().__init__()
        c = Base()
        for key, value in {"dim": 6, "hidden": 10}.items():
            setattr(c, key, value)
        self.a = nn.Linear(c.dim, c.hidden)


class Keywords(nn.Module):
    """= 18: made with width=5 where the class says 2: Linear(5, 3)"""
    width = 2

    def __init__(self, **kwargs):
        super().__init__()
        self.__dict__.update(kwargs)
        self.a = nn.Linear(self.width, 3)


keywords = Keywords(width=5)


class Row(NamedTuple):
    k: int
    c: int = 8


Pair = namedtuple("Pair", "a b", defaults=(3,))


class Rows(nn.Module):
    """= 66: taken apart Linear(2, 8) 24; by index Linear(1, 4) 8; _replace Linear(5, 4) 24; namedtuple Linear(1, 3) 6, Linear(1, 2) 4"""
    def __init__(self):
        super().__init__()
        k, c = Row(2)
        self.a = nn.Linear(k, c)
        row = Row(1, 4)
        self.b = nn.Linear(row[0], row[1])
        self.e = nn.Linear(*row._replace(k=5))
        pair = Pair(1)
        self.f = nn.Linear(pair.a, pair.b)
        self.g = nn.Linear(*Pair(1, b=2))


class Size(Enum):
    SMALL = 4
    LARGE = 16


class Level(IntEnum):
    ONE = 1
    TWO = 2


class Enumerated(nn.Module):
    """= 28: Linear(4, 4) 20, which is SMALL; Linear(2, 2) 6; Linear(1, 1) 2"""
    def __init__(self, size=Size.SMALL):
        super().__init__()
        self.a = nn.Linear(size.value, 4) if size == Size.SMALL else nn.Linear(99, 99)
        self.b = nn.Linear(Level.TWO, Level.TWO)
        self.c = nn.Linear(Size["SMALL"].value, 9) if size is Size.LARGE else nn.Linear(Level.ONE, 1)


class Options(TypedDict):
    dim: int
    hidden: int


class Typed(nn.Module):
    """= 15: Linear(4, 3)"""
    def __init__(self):
        super().__init__()
        c = Options(dim=4, hidden=3)
        self.a = nn.Linear(c["dim"], c.get("hidden", 9))


class Namespace(nn.Module):
    """= 21: Linear(6, 3)"""
    def __init__(self):
        super().__init__()
        c = SimpleNamespace(dim=2, hidden=3)
        c.dim = 6
        self.a = nn.Linear(c.dim, c.hidden)


@define
class Attrs:
    dim: int = 3
    widths: list = attr.Factory(list)


@attr.s
class OldAttrs:
    dim = attr.ib(default=3)
    hidden = attr.ib(4, converter=int)


class WithAttrs(nn.Module):
    """= 12: Linear(3, 3)"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(Attrs().dim, OldAttrs().dim)


class Converted(nn.Module):
    """unknown: a converter may do anything"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(OldAttrs(5).dim, OldAttrs(5, 6).hidden)


class Settings(BaseModel):
    dim: int = 3
    hidden: Optional[int] = 4


class Checked(BaseModel):
    dim: int = 3

    @field_validator("dim")
    @classmethod
    def even(cls, value):
        return value // 2 * 2


class Environment(BaseSettings):
    dim: int = 3


class Pydantic(nn.Module):
    """= 36: Linear(8, 4)"""
    def __init__(self):
        super().__init__()
        c = Settings(dim=8)
        self.a = nn.Linear(c.dim, c.hidden)


class PydanticChecked(nn.Module):
    """unknown: what checks it may change it"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(Checked(dim=5).dim, 4)


class FromEnvironment(nn.Module):
    """unknown: fields are read from the environment"""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(Environment().dim, 4)


class Stored(nn.Module):
    """at least 20: a configuration of this file is no module, what is given without a type may be one"""
    def __init__(self, c: Base, width: int, body, rate=0.1):
        super().__init__()
        self.c, self.width, self.rate = c, width, rate
        self.body = body
        self.a = nn.Linear(4, 4)


class StoredPlain(nn.Module):
    """= 20"""
    def __init__(self, c: Base, width: Optional[int], names: List[str], rate=0.1, key="a"):
        super().__init__()
        self.c, self.width, self.names, self.rate, self.key = c, width, names, rate, key
        self.a = nn.Linear(4, 4)
