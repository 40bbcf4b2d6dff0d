#!/usr/bin/env python3
"""Images per second and peak memory of training steps in PyTorch, for the benchmarks of train/engine.

    /usr/bin/python3 scripts/torch_bench.py ARCH SIZE BATCH [THREADS]

ARCH is a ResNet of torchvision. Two heads, cross-entropy and smooth-L1, SGD with momentum, random data: the same work as
BenchmarkStep's. Prints one JSON line.
"""
import json
import re
import sys
import time

import torch
import torch.nn.functional as F
import torchvision

arch, size, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(int(sys.argv[4]) if len(sys.argv) > 4 else 2)
model = getattr(torchvision.models, arch)(num_classes=10)
body, head = model, model.fc
points = torch.nn.Linear(head.in_features, 2)
model.fc = torch.nn.Identity()
optim = torch.optim.SGD([*model.parameters(), *head.parameters(), *points.parameters()], 0.01, momentum=0.9)
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
# not getrusage's: that counts the parent's memory before exec
peak = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read()).group(1)) / 1024
print(json.dumps({"torch": torch.__version__, "img/s": steps * batch / (time.time() - start), "MB": peak}))
