#!/usr/bin/env python3
"""Makes the fixtures with which tests compare train/ with PyTorch. Run it from the repository's root.

    apt-get install python3-torch python3-torchvision
    pip install --target DIR timm==0.9.12 with what it imports, and PYTHONPATH=DIR
    /usr/bin/python3 scripts/torch_vectors.py

Everything is computed in float64. Inputs are not stored, because both sides draw them from the same generator (draw), seeded by
their name. For large tensors, the script stores the norm, the product with a drawn vector and the first values.
"""
import hashlib
import json
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def draw(name, *shape):
    """Returns values in [-1, 1) in row-major order, the same as draw in Go."""
    x = 2166136261
    for b in name.encode():
        x = ((x ^ b) * 16777619) & 0xFFFFFFFF
    # x <- 1664525 x + 1013904223 mod 2^32, all steps at once
    n = math.prod(shape)
    powers = np.cumprod(np.full(n, 1664525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers])[:n], dtype=np.uint32)
    steps = powers * np.uint32(x) + sums * np.uint32(1013904223)
    return torch.from_numpy((steps >> 8).astype(np.float64) / (1 << 23) - 1).reshape(shape)


def short(v):
    return float("%.9g" % v)


def summary(name, t):
    flat = t.detach().reshape(-1)
    return {
        "norm": short(flat.norm().item()),
        "dot": short(flat.dot(draw("dot/" + name, len(flat))).item()),
        "first": [short(v) for v in flat[:6].tolist()],
    }


def save(path, value):
    with open(path, "w") as f:
        f.write("{\n")
        f.write(",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in value.items()))
        f.write("\n}\n")
    print(path)


# --- objective, as train/loss defines it, in torch's own functions ---


def objective(c, logits, points, target):
    if c.get("class") == "bce":
        cls = F.binary_cross_entropy_with_logits(logits, target["classes"])
    elif "classes" in target:
        cls = F.cross_entropy(logits, target["classes"], label_smoothing=c.get("smoothing", 0))
    else:
        cls = F.cross_entropy(logits, target["labels"], label_smoothing=c.get("smoothing", 0))
    pt = torch.zeros(())
    if points is not None:
        n = len(points)
        h = torch.sigmoid(points).reshape(n, -1, 2)
        each = F.smooth_l1_loss(h, target["points"].reshape(n, -1, 2), reduction="none", beta=c.get("beta", 1)).mean(2)
        valid = target["valid"].reshape(n, -1).to(each.dtype)
        pt = ((each * valid).sum(1) / valid.sum(1).clamp(min=1)).mean()
    return cls + c.get("lambda", 0) * pt, cls, pt


def target_of(name, n, classes, outputs, kind):
    t = {}
    if kind == "labels":
        t["labels"] = ((draw(name + "/labels", n) + 1) / 2 * classes).long()
    elif kind == "multi":
        t["classes"] = (draw(name + "/classes", n, classes) > 0).double()
    else:
        q = draw(name + "/classes", n, classes).abs() + 0.01
        # rounded to float32, like the values that Go gets
        t["classes"] = (q / q.sum(1, keepdim=True)).float().double()
    if outputs:
        t["points"] = (draw(name + "/points", n, outputs) + 1) / 2
        t["valid"] = draw(name + "/valid", n, outputs // 2) > -0.3
        if kind == "multi" and outputs > 2:
            t["valid"] = t["valid"] & (t["classes"] > 0)
    return t


def losses():
    out = {}
    cases = {
        "ce": ({"lambda": 2.5}, "labels", 2),
        "smoothing": ({"lambda": 10, "smoothing": 0.1, "beta": 0.2}, "labels", 2),
        "soft": ({"smoothing": 0.1}, "soft", 0),
        "bce": ({"class": "bce", "lambda": 5}, "multi", 8),
        "bce one point": ({"class": "bce", "lambda": 5, "beta": 0.1}, "multi", 2),
    }
    for name, (c, kind, outputs) in cases.items():
        logits = (3 * draw(name + "/logits", 5, 4)).requires_grad_()
        points = (3 * draw(name + "/h", 5, outputs)).requires_grad_() if outputs else None
        t = target_of(name, 5, 4, outputs, kind)
        total, cls, pt = objective(c, logits, points, t)
        total.backward()
        out[name] = {
            "config": c, "kind": kind, "outputs": outputs,
            "total": total.item(), "class": cls.item(), "point": pt.item(),
            "dlogits": [short(v) for v in logits.grad.reshape(-1).tolist()],
            "dpoints": [short(v) for v in points.grad.reshape(-1).tolist()] if outputs else [],
        }
    save("train/loss/testdata/torch.json", out)


# --- optimisers ---


class AdamP(torch.optim.Optimizer):
    """Heo et al., "AdamP: Slowing Down the Slowdown for Momentum Optimizers on Scale-invariant Weights" (2021), algorithm 2."""

    def __init__(self, params, lr, betas, eps, weight_decay, delta, ratio, nesterov):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, delta=delta, ratio=ratio, nesterov=nesterov))

    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            for p in g["params"]:
                s = self.state[p]
                if not s:
                    s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                b1, b2 = g["betas"]
                s["t"] += 1
                s["m"].mul_(b1).add_((1 - b1) * p.grad)
                s["v"].mul_(b2).add_((1 - b2) * p.grad**2)
                denom = s["v"].sqrt() / math.sqrt(1 - b2 ** s["t"]) + g["eps"]
                num = b1 * s["m"] + (1 - b1) * p.grad if g["nesterov"] else s["m"]
                move, decay = num / denom, g["weight_decay"]
                if p.dim() > 1:
                    for rows in (p.shape[0], 1):
                        w, d = p.reshape(rows, -1), p.grad.reshape(rows, -1)
                        if F.cosine_similarity(w, d, dim=1, eps=g["eps"]).abs().max() < g["delta"] / math.sqrt(w.shape[1]):
                            unit = w / (w.norm(dim=1, keepdim=True) + g["eps"])
                            mv = move.reshape(rows, -1)
                            move = (mv - unit * (unit * mv).sum(1, keepdim=True)).reshape(p.shape)
                            decay *= g["ratio"]
                            break
                p.mul_(1 - g["lr"] * decay)
                p.sub_(g["lr"] / (1 - b1 ** s["t"]) * move)


def optimiser(c, decayed, spared):
    wd = c.get("decay", 0)
    groups = [{"params": decayed, "weight_decay": wd}, {"params": spared, "weight_decay": wd if c.get("decay_all") else 0.0}]
    if c["kind"] == "sgd":
        return torch.optim.SGD(groups, lr=c["lr"], momentum=c.get("momentum", 0), nesterov=c.get("nesterov", False))
    betas, eps = (c.get("beta1", 0.9), c.get("beta2", 0.999)), c.get("eps", 1e-8)
    if c["kind"] == "adamw":
        return torch.optim.AdamW(groups, lr=c["lr"], betas=betas, eps=eps)
    return AdamP(groups, c["lr"], betas, eps, 0, 0.1, 0.1, c.get("nesterov", False))


def optimisers():
    shapes = {"a": (4, 6), "b": (6,), "c": (3, 2, 2, 2)}
    cases = {
        "sgd": {"kind": "sgd", "lr": 0.1, "decay": 0.01},
        "momentum": {"kind": "sgd", "lr": 0.1, "decay": 0.01, "momentum": 0.9},
        "nesterov": {"kind": "sgd", "lr": 0.1, "decay": 0.01, "momentum": 0.9, "nesterov": True, "decay_all": True},
        "clipped": {"kind": "sgd", "lr": 0.1, "momentum": 0.9, "clip": 0.5},
        "adamw": {"kind": "adamw", "lr": 0.01, "decay": 0.05},
        "adamw betas": {"kind": "adamw", "lr": 0.01, "decay": 0.3, "beta1": 0.8, "beta2": 0.95, "eps": 1e-6, "decay_all": True},
        "adamp": {"kind": "adamp", "lr": 0.01, "decay": 0.05},
        "adamp invariant": {"kind": "adamp", "lr": 0.01, "decay": 0.05, "invariant": True},
        "adamp nesterov": {"kind": "adamp", "lr": 0.01, "decay": 0.05, "nesterov": True, "invariant": True},
    }
    out = {}
    for name, c in cases.items():
        params = {k: nn.Parameter(draw(k, *s)) for k, s in shapes.items()}
        o = optimiser(c, [params["a"], params["c"]], [params["b"]])
        norms = []
        for step in range(10):
            for k, p in params.items():
                g = draw(f"{k}/{step}", *shapes[k])
                if c.get("invariant") and k == "a":  # by channel
                    w = p.detach()
                    g = g - (g * w).sum(1, keepdim=True) / (w * w).sum(1, keepdim=True) * w
                if c.get("invariant") and k == "c":  # as a whole
                    w = p.detach()
                    g = g - (g * w).sum() / (w * w).sum() * w
                p.grad = g
            norms.append(nn.utils.clip_grad_norm_(params.values(), c.get("clip", 1e30)).item())
            o.step()
        out[name] = {"config": c, "norms": [short(v) for v in norms], "values": {k: [short(v) for v in p.detach().reshape(-1).tolist()] for k, p in params.items()}}
    save("train/optim/testdata/torch.json", out)

    p = nn.Parameter(torch.zeros(1))
    rates = {}
    for name, make in {
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.01),
        "step": lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [5, 12], gamma=0.1),
        "warmup cosine": lambda o: torch.optim.lr_scheduler.SequentialLR(
            o, [torch.optim.lr_scheduler.LinearLR(o, 0.01, 1, 5), torch.optim.lr_scheduler.CosineAnnealingLR(o, 15)], [5]),
    }.items():
        o = torch.optim.SGD([p], lr=0.4)
        s = make(o)
        rates[name] = []
        for _ in range(20):
            rates[name].append(short(o.param_groups[0]["lr"]))
            o.step()
            s.step()
    save("train/optim/testdata/rates.json", rates)


# --- networks ---


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Residual(nn.Module):
    def __init__(self, classes, outputs):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.block1, self.block2 = Block(8, 8, 1), Block(8, 12, 2)
        self.fc, self.point_head = nn.Linear(12, classes), nn.Linear(12, outputs)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        f = self.block2(self.block1(x)).mean((2, 3))
        return self.fc(f), self.point_head(f)


class Plain(nn.Module):
    """A network with odd sizes, biases, a layer before a bare ReLU and no point head."""

    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2, self.bn2 = nn.Conv2d(2, 5, 7, 2, 3), nn.Conv2d(5, 7, 3, 2, 0, bias=False), nn.BatchNorm2d(7)
        self.fc = nn.Linear(7, classes)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        return self.fc(self.bn2(self.conv2(x)).mean((2, 3))), None


class Attn(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(d, 3 * d), nn.Linear(d, d), heads

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)).softmax(-1)
        return self.proj((a @ v).transpose(1, 2).reshape(n, t, d))


class Encoder(nn.Module):
    def __init__(self, d, heads, ratio=2):
        super().__init__()
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(d, eps=1e-6), Attn(d, heads), nn.LayerNorm(d, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(d, ratio * d), "fc2": nn.Linear(ratio * d, d)})

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class ViT(nn.Module):
    """A transformer with the names and structure of timm's VisionTransformer."""

    def __init__(self, classes, outputs, d=12, heads=2, depth=2, ratio=2, patches=4):
        super().__init__()
        self.cls_token, self.pos_embed = nn.Parameter(torch.zeros(1, 1, d)), nn.Parameter(torch.zeros(1, patches + 1, d))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, d, 4, 4)})
        self.blocks = nn.Sequential(*[Encoder(d, heads, ratio) for _ in range(depth)])
        self.norm, self.head, self.point_head = nn.LayerNorm(d, eps=1e-6), nn.Linear(d, classes), nn.Linear(d, outputs)

    def forward(self, x):
        x = self.patch_embed["proj"](x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        f = self.norm(self.blocks(x))[:, 0]
        return self.head(f), self.point_head(f)


def fill(model):
    """Sets all parameters and buffers to values that draw returns for their names."""
    for name, t in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        v = draw(name, *t.shape)
        norm = t.dim() == 1 and name.endswith("weight")
        with torch.no_grad():
            t.copy_(1 + 0.5 * v if name.endswith("running_var") else 1 + 0.2 * v if norm else 0.4 * v)


def spared(name, p):
    """Like arch.Param.Decay: biases, normalisations, tokens and positions do not decay."""
    return p.dim() == 1 or name in ("cls_token", "pos_embed")


def networks():
    n, steps = 6, 10
    cases = {
        "residual": (lambda: Residual(5, 2), 8, 3, 5, 2, "labels", {"lambda": 3, "smoothing": 0.1},
                     {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "decay": 0.01, "clip": 2.0, "ema": 0.9}),
        "residual adamp": (lambda: Residual(5, 10), 8, 3, 5, 10, "multi", {"class": "bce", "lambda": 5},
                           {"kind": "adamp", "lr": 0.001, "decay": 0.01, "eps": 0.001}),
        "plain": (lambda: Plain(4), 15, 2, 4, 0, "soft", {}, {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True}),
        "attention": (lambda: ViT(4, 8), 8, 3, 4, 8, "multi", {"class": "bce", "lambda": 2, "beta": 0.1},
                      {"kind": "adamw", "lr": 0.002, "decay": 0.05, "eps": 0.001, "ema": 0.5}),
    }
    for name, (make, size, channels, classes, outputs, kind, lc, oc) in cases.items():
        model = make()
        fill(model)
        named = list(model.named_parameters())
        o = optimiser(oc, [p for k, p in named if not spared(k, p)], [p for k, p in named if spared(k, p)])
        out = {"loss": lc, "optim": oc, "images": n, "size": size, "channels": channels, "classes": classes, "outputs": outputs, "kind": kind, "steps": []}
        ema = {k: v.clone() for k, v in model.state_dict().items()}
        model.train()
        for step in range(steps):
            x = draw(f"image/{step}", n, size, size, channels).permute(0, 3, 1, 2)
            o.zero_grad()
            total, cls, pt = objective(lc, *model(x), target_of(f"{step}", n, classes, outputs, kind))
            total.backward()
            grads = {k: summary(k, p.grad) for k, p in named}
            norm = nn.utils.clip_grad_norm_(model.parameters(), oc.get("clip", 1e30)).item()
            o.step()
            out["steps"].append({"total": total.item(), "class": cls.item(), "point": pt.item(), "norm": norm})
            state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
            for k, v in state.items():
                d = oc.get("ema", 0)
                ema[k] = d * ema[k] + (1 - d) * v
            if step == 0:
                out["gradients"] = grads
                out["weights1"] = {k: summary(k, v) for k, v in state.items()}
        out["weights10"] = {k: summary(k, v) for k, v in state.items()}
        if "ema" in oc:
            out["ema10"] = {k: summary(k, ema[k]) for k in state}
        model.eval()
        with torch.no_grad():
            logits, points = model(draw("image/eval", n, size, size, channels).permute(0, 3, 1, 2))
        out["logits"] = summary("logits", logits)
        if outputs:
            out["points"] = summary("points", torch.sigmoid(points))
        save(f"train/engine/enginetest/testdata/{name.replace(' ', '_')}.json", out)


def fill_by_fan(model):
    """Like fill, but scales weights by their fan-in, so that values of deep networks stay in range."""
    for name, t in model.state_dict().items():
        if t.dim() > 1 and name not in ("cls_token", "dist_token", "pos_embed"):
            with torch.no_grad():
                t.copy_(draw(name, *t.shape) * math.sqrt(3 / (t.numel() / len(t))))
        elif not name.endswith("num_batches_tracked"):
            v = draw(name, *t.shape)
            norm = t.dim() == 1 and name.endswith("weight")
            with torch.no_grad():
                t.copy_(1 + 0.5 * v if name.endswith("running_var") else 1 + 0.2 * v if norm else 0.4 * v)


def catalogue():
    import torchvision

    out = {}
    for name, make, size in (
        ("resnet18", lambda: torchvision.models.resnet18(num_classes=10), 64),
        ("resnet50", lambda: torchvision.models.resnet50(num_classes=10), 64),
        ("vit_mini_patch4_32", lambda: ViT(10, 2, 96, 3, 6, 4, 64), 32),
    ):
        model = make()
        fill_by_fan(model)
        model.eval()
        with torch.no_grad():
            logits = model(draw("image/catalogue", 2, size, size, 3).permute(0, 3, 1, 2))
        out[name] = {"size": size, "logits": summary("logits", logits[0] if isinstance(logits, tuple) else logits)}
    out["vit_mini_distilled_patch4_32"] = distilled_merged()
    save("train/engine/enginetest/testdata/catalogue.json", out)


def distilled_network():
    """Returns timm's distilled transformer at the size of vit_mini_patch4_32, and its logits for the images of catalogue."""
    from timm.models.deit import VisionTransformerDistilled

    model = VisionTransformerDistilled(img_size=32, patch_size=4, embed_dim=96, depth=6, num_heads=3, num_classes=10)
    model.eval()

    def logits():
        with torch.no_grad():
            return model(draw("image/catalogue", 2, 32, 32, 3).permute(0, 3, 1, 2))

    return model, logits


def distilled_merged():
    """The network as train/arch has it: cls_token holds both tokens, and the head reads both and gives the mean of timm's two."""
    model, logits = distilled_network()
    fill_by_fan(model)
    d = model.embed_dim
    with torch.no_grad():
        tokens, weight, bias = 0.4 * draw("cls_token", 1, 2, d), draw("head.weight", 10, 2 * d) * math.sqrt(3 / (2 * d)), 0.4 * draw("head.bias", 10)
        for k, (token, head) in enumerate(((model.cls_token, model.head), (model.dist_token, model.head_dist))):
            token.copy_(tokens[:, k : k + 1])
            head.weight.copy_(2 * weight[:, k * d : (k + 1) * d])
            head.bias.copy_(bias)
    return {"size": 32, "distilled": True, "logits": summary("logits", logits())}


def distilled():
    """The network as timm has it: the names, shapes and values of its file, and its logits."""
    import timm

    model, logits = distilled_network()
    fill_by_fan(model)
    shapes = {k: list(v.shape) for k, v in model.state_dict().items()}
    save("eval/testdata/distilled.json", {"timm": timm.__version__, "tensors": shapes, "logits": [[short(v) for v in row] for row in logits().tolist()]})


def names():
    import torchvision

    out = {}
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
        model = getattr(torchvision.models, name)()
        lines = sorted(f"{k} {list(v.shape)}\n" for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked"))
        out[name] = {"tensors": len(lines), "parameters": sum(p.numel() for p in model.parameters()), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
    save("train/arch/testdata/torchvision.json", out)


if __name__ == "__main__":
    losses()
    optimisers()
    networks()
    catalogue()
    distilled()
    names()
