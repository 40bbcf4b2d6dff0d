#!/usr/bin/env python3
"""Images per second and peak memory of training steps in PyTorch, for the benchmarks of train/engine.

    /usr/bin/python3 scripts/torch_bench.py ARCH SIZE BATCH [THREADS]

ARCH is resnet18 or resnet50 with torchvision's structure, written here so that only PyTorch is needed. A step has two heads, cross-entropy and
smooth-L1, SGD with momentum and random data, the same work as in BenchmarkStep. The script prints one line of JSON.
"""
import json
import re
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(i, o, k, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, k, stride, k // 2, bias=False), nn.BatchNorm2d(o))


class Block(nn.Module):
    def __init__(self, i, width, stride, bottleneck):
        super().__init__()
        o = 4 * width if bottleneck else width
        if bottleneck:
            self.body = nn.Sequential(conv(i, width, 1), nn.ReLU(True), conv(width, width, 3, stride), nn.ReLU(True), conv(width, o, 1))
        else:
            self.body = nn.Sequential(conv(i, width, 3, stride), nn.ReLU(True), conv(width, o, 3))
        self.short = conv(i, o, 1, stride) if stride != 1 or i != o else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x), inplace=True)


def resnet(blocks, bottleneck):
    layers = [conv(3, 64, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    i = 64
    for stage, n in enumerate(blocks):
        for k in range(n):
            layers.append(Block(i, 64 << stage, 2 if stage and not k else 1, bottleneck))
            i = (64 << stage) * (4 if bottleneck else 1)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), i


arch, size, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(int(sys.argv[4]) if len(sys.argv) > 4 else 2)
body, features = {"resnet18": lambda: resnet([2, 2, 2, 2], False), "resnet50": lambda: resnet([3, 4, 6, 3], True)}[arch]()
head, points = nn.Linear(features, 10), nn.Linear(features, 2)
parameters = [*body.parameters(), *head.parameters(), *points.parameters()]
optim = torch.optim.SGD(parameters, 0.01, momentum=0.9)
x, y, z = torch.randn(batch, 3, size, size), torch.randint(0, 10, (batch,)), torch.rand(batch, 2)


def step():
    optim.zero_grad()
    f = body(x)
    (F.cross_entropy(head(f), y) + 10 * F.smooth_l1_loss(points(f).sigmoid(), z)).backward()
    optim.step()


for _ in range(3):
    step()
start, steps = time.time(), 0
while time.time() - start < 4:
    step()
    steps += 1
# Not from getrusage, which also counts the parent's memory before exec.
peak = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read()).group(1)) / 1024
weights = sum(p.numel() for p in parameters)
print(json.dumps({"torch": torch.__version__, "weights": weights, "img/s": steps * batch / (time.time() - start), "MB": peak}))
