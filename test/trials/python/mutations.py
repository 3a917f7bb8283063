# Modules and lists of them that are changed after they were made. Every layer is Linear(4, 4) = 20, unless it says.
# A docstring begins with the parameters: `= n`, `at least n`, or `unknown`.
import copy
import random

import torch
import torch.nn as nn
from elsewhere import FLAG, choose, make, patch


def layer():
    return nn.Linear(4, 4)


class Lists(nn.Module):
    """= 80: of [0..5]: pop(0), pop(), del [1], remove of one, insert of one, clear of another list -> 3, and 1 doubled"""
    def __init__(self):
        super().__init__()
        layers = [layer() for _ in range(6)]
        layers.pop(0)
        layers.pop()
        del layers[1]
        layers.remove(layers[0])
        layers.insert(1, layer())
        gone = [layer()]
        gone.clear()
        self.s = nn.Sequential(*layers, *gone)
        self.last = layers[-1]
        self.extra = nn.Linear(4, 4)


class Slices(nn.Module):
    """= 60: [1:3] replaced by one of 5 -> 4, del [::2] leaves 2 of 4, and reversed and sliced with steps 1"""
    def __init__(self):
        super().__init__()
        layers = [layer() for _ in range(5)]
        layers[1:3] = [layer()]
        del layers[::2]
        layers.reverse()
        self.s = nn.ModuleList(layers)
        more = [layer() for _ in range(3)]
        self.t = nn.ModuleList(more[::-2][1:])


class Dicts(nn.Module):
    """= 60: a, b, c, d: pop a, del b, pop of none with a default, update with e"""
    def __init__(self):
        super().__init__()
        layers = {"a": layer(), "b": layer(), "c": layer(), "d": layer()}
        layers.pop("a")
        del layers["b"]
        layers.pop("z", None)
        layers.update(e=layer())
        self.d = nn.ModuleDict(layers)


class Containers(nn.Module):
    """= 120: ModuleList 3 -> pop(0), insert, extend 2, del [1:3] -> 3; ModuleDict pop, clear, update -> 1; Sequential -> 2"""
    def __init__(self):
        super().__init__()
        self.l = nn.ModuleList([layer(), layer(), layer()])
        self.l.pop(0)
        self.l.insert(0, layer())
        self.l.extend([layer(), layer()])
        del self.l[1:3]
        self.d = nn.ModuleDict({"a": layer(), "b": layer()})
        self.d.pop("a")
        self.d.clear()
        self.d.update({"c": layer()})
        self.s = nn.Sequential(layer(), nn.ReLU(), layer())
        self.s[0] = layer()
        self.s.pop(-2)


class Attributes(nn.Module):
    """= 60: setattr of 3, delattr of one, one is overwritten by None, del of two names, one set anew"""
    def __init__(self):
        super().__init__()
        for i in range(3):
            setattr(self, f"fc{i}", layer())
        delattr(self, "fc0")
        self.fc1 = None
        self.a = self.b = layer()
        del self.a, self.b
        self.a = layer()
        self.register_parameter("p", None)
        self.register_buffer("q", None)
        self.r = layer()


class Nested(nn.Module):
    """= 40: a layer within a block is replaced by none, another one is set on it"""
    def __init__(self):
        super().__init__()
        self.block = Attributes()
        self.block.fc2 = nn.Identity()
        del self.block.a
        self.block.more = layer()


class Returned(nn.Module):
    """at least 20: what follows a return that may have happened"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = layer()
        if FLAG:
            return
        self.b = None


class Maybe(nn.Module):
    """at least 20: one is taken out under a condition"""
    def __init__(self):
        super().__init__()
        layers = [layer(), layer()]
        if FLAG:
            layers.pop()
        self.s = nn.Sequential(*layers)


class MaybeDeleted(nn.Module):
    """at least 20"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = layer()
        if FLAG:
            del self.b


class EitherWay(nn.Module):
    """= 40: both branches leave as much"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([layer()])
        if FLAG:
            self.n = nn.ReLU()
        else:
            self.n = nn.GELU()
        self.s.append(layer())


class Unknowable(nn.Module):
    """unknown: any number may be taken out"""
    def __init__(self):
        super().__init__()
        layers = [layer(), layer(), layer()]
        while choose():
            layers.pop()
        self.s = nn.Sequential(*layers)


class SomeIndex(nn.Module):
    """unknown: one of two is taken out"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([layer(), layer()])
        del self.s[choose()]


class Chosen(nn.Module):
    """at least 20: which one is not known"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = random.choice([layer(), nn.Linear(4, 8)])
        self.c = [layer(), nn.Linear(4, 8)][choose()]


class Breaks(nn.Module):
    """at least 20: a loop that may have ended"""
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList()
        for i in range(3):
            self.s.append(layer())
            if choose(i):
                break


class Patched(nn.Module):
    """unknown: the module is given to code that may change it"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        patch(self)


class PatchedPart(nn.Module):
    """at least 20: a part of it is"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.b = nn.Sequential(layer(), layer())
        patch(self.b)


class PatchedList(nn.Module):
    """unknown: a list is"""
    def __init__(self):
        super().__init__()
        layers = [layer()]
        make(layers)
        self.s = nn.Sequential(*layers)


class Visited(nn.Module):
    """= 32: every Linear loses its bias: 16 each"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(layer(), nn.ReLU(), layer())
        for module in self.modules():
            if isinstance(module, nn.Linear):
                module.bias = None


class Applied(nn.Module):
    """= 40: what sets values changes no shapes"""
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(layer(), layer())
        self.apply(self._init)

    def _init(self, module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            module.bias.data.zero_()
            module.weight.requires_grad = False


class Copied(nn.Module):
    """= 52: deepcopy of a tied pair keeps the tie: 2 * (16 + 4 + 4) = 48 - the second bias is gone 4; copy.copy shares; 8 own"""
    def __init__(self):
        super().__init__()
        pair = nn.ModuleList([layer(), layer()])
        pair[1].weight = pair[0].weight
        self.a = pair
        self.b = copy.deepcopy(pair)
        self.b[1].bias = None
        self.c = copy.copy(pair[0])
        self.p = nn.Parameter(torch.zeros(8))


class Holder:
    def __init__(self):
        self.fc = layer()


class Plain(nn.Module):
    """= 20: PyTorch does not see what a plain object or list holds"""
    def __init__(self):
        super().__init__()
        self.holder = Holder()
        self.hidden = [layer()]
        self.a = layer()


class Optional(nn.Module):
    """unknown: a library may be there or not"""
    def __init__(self):
        super().__init__()
        try:
            import flash
            fast = True
        except ImportError:
            fast = False
        self.a = nn.Linear(4, 8) if fast else layer()


class Joined(nn.Module):
    """at least 20: how two containers are added is not followed"""
    def __init__(self):
        super().__init__()
        self.a = layer()
        self.s = nn.Sequential(layer()) + nn.Sequential(layer())


attributes = Attributes()
