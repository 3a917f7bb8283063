"""A vision transformer with parameters of its own, a partial norm, copied and tied modules."""
import copy
import math
from functools import partial
import torch
import torch.nn as nn
from torch.nn import Linear as Lin, Dropout


class Mlp(nn.Module):
    def __init__(self, in_features, hidden_features=None, out_features=None, act_layer=nn.GELU, drop=0.):
        super().__init__()
        out_features = out_features or in_features
        hidden_features = hidden_features or in_features
        self.fc1 = Lin(in_features, hidden_features)
        self.act = act_layer()
        self.fc2 = Lin(hidden_features, out_features)
        self.drop = Dropout(drop) if drop > 0 else nn.Identity()


class Attention(nn.Module):
    def __init__(self, dim, num_heads=8, qkv_bias=False):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.qkv, self.proj = nn.Linear(dim, dim * 3, bias=qkv_bias), nn.Linear(dim, dim)


class Block(nn.Module):
    def __init__(self, dim, num_heads, mlp_ratio=4., qkv_bias=False, norm_layer=nn.LayerNorm):
        super().__init__()
        self.norm1 = norm_layer(dim)
        self.attn = Attention(dim, num_heads=num_heads, qkv_bias=qkv_bias)
        self.norm2 = norm_layer(dim)
        self.mlp = Mlp(in_features=dim, hidden_features=int(dim * mlp_ratio))
        self.gamma = nn.Parameter(1e-4 * torch.ones(dim))


class VisionTransformer(nn.Module):
    def __init__(self, img_size=224, patch_size=16, in_chans=3, num_classes=1000, embed_dim=192, depth=4,
                 num_heads=3, norm_layer=None):
        super().__init__()
        norm_layer = norm_layer or partial(nn.LayerNorm, eps=1e-6)
        self.num_patches = (img_size // patch_size) ** 2
        self.patch_embed = nn.Conv2d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.num_patches + 1, embed_dim))
        self.register_buffer('steps', torch.zeros(self.num_patches))
        dpr = [x.item() for x in torch.linspace(0, 0.1, depth)]
        self.blocks = nn.ModuleList([
            Block(dim=embed_dim, num_heads=num_heads, qkv_bias=True, norm_layer=norm_layer)
            for i in range(depth)])
        template = nn.TransformerEncoderLayer(embed_dim, num_heads, embed_dim * 2)
        self.extra = nn.ModuleList(copy.deepcopy(template) for _ in range(2))
        self.norm = norm_layer(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes) if num_classes > 0 else nn.Identity()
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=.02)


class Language(nn.Module):
    def __init__(self, vocab=1000, width=64, layers=2):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(vocab, width),
            drop=nn.Dropout(0.1),
            h=nn.ModuleList([Block(width, 4) for _ in range(layers)]),
            ln_f=nn.LayerNorm(width, bias=False),
        ))
        self.lm_head = nn.Linear(width, vocab, bias=False)
        self.lm_head.weight = self.transformer.wte.weight


net = VisionTransformer(num_classes=10).eval()
language = Language(**{'vocab': 500, 'layers': 3})
