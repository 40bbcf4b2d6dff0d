"""Opens what abtool writes with other tools: scripts/opened-by runs this.

Usage: opened_by.py ABTOOL FOLDER [PART ...]. FOLDER gets the data, simulated by abtool.
"""
import contextlib
import functools
import glob
import importlib.metadata
import io
import json
import logging
import math
import os
import re
import shutil
import subprocess
import sys
from array import array

ABTOOL, FOLDER = map(os.path.abspath, sys.argv[1:3])
PARTS = {}
TABLES = [(s, t) for s in ("imagenet", "coco") for t in ("annotations", "images", "rejects")]


def check(part, output, tool, what, *needs):
    """Registers a check: a function that raises an exception if tool does not read what abtool wrote."""

    def register(f):
        PARTS.setdefault(part, []).append((f, output, tool, what, (tool,) + needs))
        return f

    return register


def abtool(*args):
    """Runs abtool and returns its output. Exit code 3 says that damaged records were rejected, as intended."""
    p = subprocess.run([ABTOOL, *args], cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode not in (0, 3):
        raise RuntimeError("abtool %s: %s" % (" ".join(args), p.stderr.strip()))
    return p.stdout


def path(*names):
    return os.path.join(FOLDER, *names)


def sql(query):
    """Returns the rows of a query, as abtool prints them in JSON."""
    return [json.loads(line) for line in abtool("sql", "store", "--mode", "jsonlines", query).splitlines()]


def execute(page):
    """Executes the code of a page of docs/guide in FOLDER, and returns its names and what it prints."""
    with open(os.path.join(os.path.dirname(__file__), "..", "docs", "guide", page)) as f:
        blocks = re.findall(r"^```python\n(.*?)^```$", f.read(), re.M | re.S)
    assert blocks, page + " has no code"
    names, output = {"__name__": page}, io.StringIO()
    os.chdir(FOLDER)
    with contextlib.redirect_stdout(output):
        for block in blocks:
            exec(block, names)
    return names, output.getvalue()


def plain(v):
    """Returns a value without the types of NumPy. NaN, which is null in pandas, becomes None."""
    if hasattr(v, "tolist"):
        v = v.tolist()
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    return None if isinstance(v, float) and math.isnan(v) else v


def same(column, a, b):
    """Reports whether two values are equal. attention is float32, which JSON and CSV print with fewer digits."""
    return array("f", a) == array("f", b) if column == "attention" else a == b


def compare(name, rows, want):
    """Raises an exception that names the first difference."""
    if len(rows) != len(want):
        raise AssertionError("%s: %d rows, want %d" % (name, len(rows), len(want)))
    for i, (row, w) in enumerate(zip(rows, want)):
        row = plain(row)
        if list(row) != list(w):
            raise AssertionError("%s: columns %s, want %s" % (name, list(row), list(w)))
        for column in w:
            if not same(column, row[column], plain(w[column])):
                raise AssertionError("%s, row %d: %s is %.80r, want %.80r" % (name, i, column, row[column], w[column]))


# --- stores


@functools.cache
def store():
    """Makes a store with damaged records and two row groups, and returns its tables as abtool sql prints them."""
    abtool("synth", "imagenet", "--images", "15200", "--boxes", "--dirty", "0.02", "--out", "imagenet")
    abtool("synth", "coco", "--images", "400", "--dirty", "0.05", "--out", "coco")
    abtool("ingest", "imagenet", "coco", "--boxes", "imagenet/boxes.tar.gz", "--instances", "coco/instances_train2014.json",
           "--out", "store", "--format", "arrow")
    rows = {(s, t): sql("FROM %s_%s" % (s, t)) for s, t in TABLES}
    assert any(r["clicks"] == [] for r in rows["imagenet", "annotations"]), "the store has no empty lists"
    assert any(c["x"] is None for r in rows["imagenet", "annotations"] for c in r["mouse"]), "the store has no nulls in lists"
    assert len(rows["imagenet", "annotations"]) > 16384, "the store has one row group only"
    return rows


def every_table(read, ending="parquet"):
    """Compares all tables of the store with what read returns of their files."""
    for (s, t), want in store().items():
        compare(s + "/" + t, read(path("store", s, t + "." + ending)), want)


VALUES = "every value, nulls, empty lists, nulls in lists"


@check("stores", "store, Parquet", "pyarrow", VALUES)
def _():
    import pyarrow.parquet as pq

    every_table(lambda f: pq.read_table(f).to_pylist())


@check("stores", "store, Arrow", "pyarrow", VALUES)
def _():
    import pyarrow as pa

    every_table(lambda f: pa.ipc.open_file(f).read_all().to_pylist(), "arrow")


@check("stores", "store, Parquet", "pyarrow", "limits in the footer hold, and leave out row groups")
def _():
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    store()
    for s, t in TABLES:
        f = pq.ParquetFile(path("store", s, t + ".parquet"))
        for g in range(f.num_row_groups):
            table, meta = f.read_row_group(g).flatten(), f.metadata.row_group(g)
            for c in map(meta.column, range(meta.num_columns)):
                if "." in c.path_in_schema or c.statistics is None:
                    continue
                column, limits = table[c.path_in_schema], c.statistics
                assert limits.null_count == column.null_count, (c.path_in_schema, limits.null_count)
                if column.null_count < len(column) and c.physical_type != "BOOLEAN":
                    least, greatest = (v.as_py() for v in pc.min_max(column).values())
                    exact = c.physical_type != "BYTE_ARRAY"  # texts are cut
                    assert limits.min <= least and limits.max >= greatest, c.path_in_schema
                    assert not exact or (limits.min, limits.max) == (least, greatest), c.path_in_schema
    fragment, = ds.dataset(path("store/imagenet/annotations.parquet")).get_fragments()
    assert fragment.num_row_groups == 2 and fragment.subset(ds.field("seq") >= 16384).num_row_groups == 1


@check("stores", "store, Parquet", "pyarrow", "encodings: dictionaries, deltas, and zstd for every column")
def _():
    import pyarrow.parquet as pq

    store()
    want = {"imagenet/annotations": {"image_id": "DELTA_BYTE_ARRAY", "seq": "DELTA_BINARY_PACKED", "worker_id": "RLE_DICTIONARY",
                                     "mouse.list.element.t": "DELTA_BINARY_PACKED", "mouse.list.element.x": "RLE_DICTIONARY"},
            "coco/annotations": {"image_id": "DELTA_BINARY_PACKED", "worker_id": "RLE_DICTIONARY",
                                 "actions.list.element.type": "RLE_DICTIONARY"},
            "imagenet/images": {"image_id": "DELTA_BYTE_ARRAY", "class": "RLE_DICTIONARY"}}
    for table, columns in want.items():
        meta = pq.ParquetFile(path("store", table + ".parquet")).metadata
        for g in range(meta.num_row_groups):
            chunks = {c.path_in_schema: c for c in map(meta.row_group(g).column, range(meta.num_columns))}
            assert {c.compression for c in chunks.values()} == {"ZSTD"}, table
            for name, encoding in columns.items():
                assert encoding in chunks[name].encodings, (table, name, chunks[name].encodings)


@check("stores", "store, Parquet", "pandas", VALUES, "pyarrow")
def _():
    import pandas as pd

    every_table(lambda f: pd.read_parquet(f).to_dict("records"))


@check("stores", "store, Parquet", "polars", VALUES)
def _():
    import polars as pl

    every_table(lambda f: pl.read_parquet(f).to_dicts())


@check("stores", "store, Arrow", "polars", VALUES)
def _():
    import polars as pl

    every_table(lambda f: pl.read_ipc(f).to_dicts(), "arrow")


@check("stores", "store, Parquet", "polars", "a filter leaves out row groups")
def _():
    store()
    code = "import polars as pl, sys; print(pl.scan_parquet(sys.argv[1]).filter(pl.col('seq') >= 16384).collect().height)"
    p = subprocess.run([sys.executable, "-c", code, path("store/imagenet/annotations.parquet")], env=dict(os.environ, POLARS_VERBOSE="1"),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    assert int(p.stdout) == len(store()["imagenet", "annotations"]) - 16384, p.stdout
    assert "reading 1 / 2 row groups" in p.stderr


@check("stores", "store, Parquet", "duckdb", VALUES)
def _():
    import duckdb

    def read(f):
        r = duckdb.sql("FROM '%s'" % f)
        return [dict(zip(r.columns, row)) for row in r.fetchall()]

    every_table(read)


@check("stores", "sql --print-setup", "duckdb", "every view has the rows of abtool sql")
def _():
    import duckdb

    store()
    db = duckdb.connect()
    db.execute(abtool("sql", "store", "--print-setup"))
    views = [r["view_name"] for r in sql("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL")]
    assert len(views) > 20, views
    for v in views:
        n, want = db.sql("SELECT count(*) FROM " + v).fetchall(), sql("SELECT count(*) AS n FROM " + v)[0]["n"]
        assert n == [(want,)], "%s: %s rows, want %d" % (v, n, want)


@check("stores", "store, Parquet", "datasets", VALUES)
def _():
    from datasets import Dataset

    every_table(lambda f: Dataset.from_parquet(f).to_list())


@check("stores", "sql --out", "fastparquet", "every value of a view (it cannot read a store's encodings)")
def _():
    import fastparquet

    store()
    abtool("sql", "store", "--out", "clicks.parquet", "FROM imagenet_clicks")
    compare("imagenet_clicks", fastparquet.ParquetFile(path("clicks.parquet")).to_pandas().to_dict("records"), sql("FROM imagenet_clicks"))


# --- targets


@functools.cache
def targets():
    """Makes targets of a small store in every format, and returns their rows as abtool sql prints the Parquet file."""
    abtool("synth", "imagenet", "--images", "150", "--boxes", "--dirty", "0.02", "--images-out", "images", "--out", "small")
    abtool("ingest", "small", "--boxes", "small/boxes.tar.gz", "--out", "smallstore")
    options = ["--rule", "all", "--signal", "all", "--all", "--split", "image"]
    for out in ("targets.parquet", "targets.csv", "keypoints.json"):
        abtool("targets", "smallstore", *options, "--out", out)
    abtool("targets", "smallstore", *options, "--out", "arrays", "--format", "npy")
    abtool("targets", "smallstore", *options, "--out", "shards", "--format", "webdataset", "--images", "images", "--shard", "50")
    abtool("targets", "smallstore", *options, "--out", "hub", "--format", "huggingface", "--license", "cc-by-4.0",
           "--url", "https://example.org/targets", "--creator", "Somebody", "--published", "2026-01-31")
    rows = json.loads(abtool("sql", "smallstore", "--allow-files", "--json", "FROM 'targets.parquet'"))
    assert any(r["x"] is None for r in rows) and any(r["path_x"] for r in rows), "the targets have no nulls or no lists"
    return rows


def by_split():
    rows = {}
    for r in targets():
        rows.setdefault(r["split"], []).append(r)
    return rows


def shards():
    return sorted(glob.glob(path("shards", "*.tar")))


class Warnings(logging.Handler):
    """Keeps what a package warns of."""

    def __init__(self, name):
        super().__init__(logging.WARNING)
        self.texts, self.log = [], logging.getLogger(name)

    def emit(self, record):
        self.texts.append(record.getMessage())

    def __enter__(self):
        self.log.addHandler(self)
        return self

    def __exit__(self, *_):
        self.log.removeHandler(self)


EVERY = "every value and list"


@check("targets", "Parquet", "pandas", EVERY, "pyarrow")
def _():
    import pandas as pd

    targets()
    compare("targets", pd.read_parquet(path("targets.parquet")).to_dict("records"), targets())


@check("targets", "Parquet", "polars", EVERY)
def _():
    import polars as pl

    targets()
    compare("targets", pl.read_parquet(path("targets.parquet")).to_dicts(), targets())


@check("targets", "CSV", "pandas", EVERY + ", to the last digit")
def _():
    import pandas as pd

    lists = [k for k, v in targets()[0].items() if isinstance(v, list)]
    rows = pd.read_csv(path("targets.csv"), converters=dict.fromkeys(lists, json.loads))
    compare("targets", rows.to_dict("records"), targets())


@check("targets", "CSV", "polars", EVERY + ", to the last digit")
def _():
    import polars as pl

    lists = [k for k, v in targets()[0].items() if isinstance(v, list)]
    rows = pl.read_csv(path("targets.csv"), infer_schema_length=None).to_dicts()
    compare("targets", [{k: json.loads(v) if k in lists else v for k, v in r.items()} for r in rows], targets())


@check("targets", "NPY", "numpy", "every value; lists padded at the front")
def _():
    import numpy as np

    for name, example in targets()[0].items():
        a, want = np.load(path("arrays", name + ".npy")), [r[name] for r in targets()]
        if isinstance(example, list):
            assert a.shape == (len(want), max(map(len, want))), (name, a.shape)
            got = [row[a.shape[1] - len(w):].tolist() for row, w in zip(a, want)]
        else:
            null = "" if a.dtype.kind == "U" else np.iinfo(a.dtype).min if a.dtype.kind == "i" else None
            got = [None if v == null else v for v in a.tolist()]
        assert all(same(name, a, b) for a, b in zip(plain(got), plain(want))), name


def keypoints(file, rule, rows):
    """Compares a file of keypoints with targets. The average precision of a rule's points with themselves is 1."""
    import numpy as np
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    want = [r for r in rows if r["width"]]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(path(file))
        found = coco.loadAnns(coco.getAnnIds())
        assert len(found) == len(want), (len(found), len(want))
        for a, w in zip(found, want):
            image, category = coco.imgs[a["image_id"]], coco.cats[a["category_id"]]
            got = image.get("image_id", image["id"]), image["width"], category["name"], a["rule"]
            assert got == (w["image_id"], w["width"], w["class"], w["rule"]), (a, w)
            x, y, v = a["keypoints"]
            assert v == 0 if w["weight"] == 0 else v == 2 and np.allclose((x, y), (w["x"] * w["width"], w["y"] * w["height"])), (a, w)
        coco.dataset["annotations"] = [a for a in found if a["rule"] == rule and a["num_keypoints"]]
        coco.createIndex()
        points = [{k: a[k] for k in ("image_id", "category_id", "keypoints")} | {"score": 1} for a in coco.dataset["annotations"]]
        e = COCOeval(coco, coco.loadRes(points), "keypoints")
        e.params.kpt_oks_sigmas = np.array([0.1])
        e.evaluate(), e.accumulate(), e.summarize()
    assert e.stats[0] == 1, e.stats


@check("targets", "COCO keypoints", "pycocotools", "both sets: images, categories, points; precision with itself is 1")
def _():
    keypoints("keypoints.json", "final-click", targets())
    store()
    for file in ("coco.json", "coco.parquet"):
        abtool("targets", "store", "--set", "coco", "--rule", "all", "--all", "--out", file)
    keypoints("coco.json", "final-add", json.loads(abtool("sql", "store", "--allow-files", "--json", "FROM 'coco.parquet'")))


@check("targets", "WebDataset", "webdataset", "every image with its class and its rows", "pillow")
def _():
    import webdataset as wds
    from PIL import Image

    rows = {}
    for r in targets():
        rows.setdefault(r["image_id"], []).append(r)
    seen = set()
    for image, number, about in wds.WebDataset(shards(), shardshuffle=False).decode("pil").to_tuple("jpg", "cls", "json"):
        want = rows[about["image_id"]]
        seen.add(about["image_id"])
        with open(path("images", want[0]["class"], about["image_id"] + ".JPEG"), "rb") as f:
            assert image.tobytes() == Image.open(f).convert("RGB").tobytes(), about["image_id"]
        assert number == want[0]["class_index"] and len(about["targets"]) == len(want), about["image_id"]
        for t, w in zip(about["targets"], want):
            assert all(w[k] == v for k, v in t.items()), (t, w)
    assert seen == set(rows), (len(seen), len(rows))


@check("targets", "Hugging Face", "datasets", "load_dataset of the folder: splits, types, every value; no warning")
def _():
    import datasets

    want = by_split()
    with Warnings("datasets") as warned:
        sets = datasets.load_dataset(path("hub"))
    assert not warned.texts, warned.texts
    assert set(sets) == set(want), set(sets)
    for name, s in sets.items():
        compare(name, s.to_list(), want[name])


@check("targets", "Hugging Face", "mlcroissant", "croissant.json: no error, no warning; every value")
def _():
    import mlcroissant

    want = by_split()
    with Warnings("absl") as warned:
        d = mlcroissant.Dataset(path("hub", "croissant.json"))
    issues = d.metadata.ctx.issues
    assert not warned.texts and not issues.errors and not issues.warnings, (warned.texts, issues.report())
    for name in want:
        rows = [{k.split("/")[1]: v.decode() if isinstance(v, bytes) else v for k, v in r.items()} for r in d.records(name)]
        compare(name, rows, want[name])


@check("targets", "store and targets", "pandas", "docs/guide/python.md runs", "pyarrow", "polars", "duckdb", "datasets")
def _():
    rows = store()["imagenet", "annotations"]
    train = [r for r in by_split()["train"] if r["weight"] > 0]
    names, _ = execute("python.md")
    assert len(names["actions"]) == sum(len(r["actions"]) for r in store()["coco", "annotations"])
    assert names["samples"].height >= sum(len(r["mouse"]) for r in rows[16384:]), names["samples"].height
    assert len(names["workers"]) == len({r["worker_id"] for r in rows}), len(names["workers"])
    assert names["train"].shape == (len(train), 2), names["train"].shape


# --- training


def logits(out, *args):
    """Evaluates a network on images, and returns the files and their logits."""
    import polars as pl

    abtool("eval", *args, "--logits", "--out", out, "--quiet")
    file, = glob.glob(path(out, "*", "folder.parquet"))
    rows = pl.read_parquet(file)
    return rows["path"].to_list(), rows["logits"].to_list()


def agree(net, size, folder, files, want):
    """Compares logits with those of PyTorch's network, whose input is made by PIL."""
    import torch
    from PIL import Image
    from torchvision import transforms

    view = transforms.Compose([transforms.Resize(size * 8 // 7), transforms.CenterCrop(size), transforms.ToTensor(),
                               transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    pixels = torch.stack([view(Image.open(path(folder, f)).convert("RGB")) for f in files])
    with torch.no_grad():
        got, want = net.eval()(pixels), torch.tensor(want)
    assert got.shape == want.shape, (got.shape, want.shape)
    off = ((got - want).abs().max() / want.abs().max()).item()
    assert off < 1e-4, "logits differ by %.1e of the largest" % off


@functools.cache
def pictures(folder, step, *classes):
    """Writes every step-th image as PNG, because decoders of JPEG round differently, to folders of classes in turn."""
    from PIL import Image

    targets()
    for i, file in enumerate(sorted(glob.glob(path("images", "*", "*.JPEG")))[::step]):
        to = path(folder, classes[i % len(classes)] if classes else os.path.basename(os.path.dirname(file)))
        os.makedirs(to, exist_ok=True)
        Image.open(file).save(os.path.join(to, os.path.basename(file) + ".png"))
    return folder


def random_weights(names, make):
    """Compares networks with random weights, whose running means are not those of the start."""
    import torch
    from safetensors.torch import save_file

    for name in names:
        torch.manual_seed(1)
        net = make(name)
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # the mean of what it saw
        with torch.no_grad():
            net.train()(torch.randn(4, 3, 224, 224))
        save_file({k: v.contiguous() for k, v in net.state_dict().items()}, path(name + ".safetensors"))
        try:
            some = pictures("some", 40, "n01440764", "n01443537")  # classes of ImageNet
            agree(net, 224, some, *logits("eval-" + name, "--arch", name, "--weights", name + ".safetensors", "--set", "folder=" + some))
        except AssertionError as e:
            raise AssertionError("%s: %s" % (name, e))
        os.remove(path(name + ".safetensors"))


@check("training", "eval --weights", "torchvision", "random ResNet-18, 34, 50, 101, 152: logits within 1e-4", "safetensors", "pillow", "polars")
def _():
    import torchvision

    random_weights(["resnet%d" % n for n in (18, 34, 50, 101, 152)], lambda name: getattr(torchvision.models, name)())


@check("training", "eval --weights", "timm", "random ViT-Ti, S, B of 16 × 16: logits within 1e-4", "safetensors", "pillow", "polars")
def _():
    import timm

    random_weights(["vit_%s_patch16_224" % n for n in ("tiny", "small", "base")], timm.create_model)


@functools.cache
def trained():
    """Trains a network for a moment and returns its number of classes."""
    targets()
    abtool("train", "--images", "images", "--targets", "targets.parquet", "--rule", "final-click", "--split", "train", "--arch", "resnet18",
           "--epochs", "2", "--size", "64", "--batch", "16", "--out", "run", "--quiet")
    return len(os.listdir(path("images")))


@check("training", "train, safetensors", "torchvision", "strict=True without the point head; logits within 1e-4", "safetensors", "pillow", "polars")
def _():
    import torchvision
    from safetensors.torch import load_file

    net = torchvision.models.resnet18(num_classes=trained())
    state = load_file(path("run", "best.safetensors"))
    assert state.pop("point_head.weight").shape == (2, 512) and state.pop("point_head.bias").shape == (2,)
    net.load_state_dict(state, strict=True)
    every = pictures("png", 5)
    agree(net, 64, every, *logits("eval-run", "run", "--set", "folder=" + every))


@check("training", "export --for timm", "timm", "create_model(checkpoint_path=…); logits within 1e-4", "torchvision", "pillow", "polars")
def _():
    import timm

    n = trained()
    abtool("export", "run", "--for", "timm", "--out", "timm.safetensors")
    net = timm.create_model("resnet18", num_classes=n, checkpoint_path=path("timm.safetensors"))
    every = pictures("png", 5)
    agree(net, 64, every, *logits("eval-timm", "run", "--set", "folder=" + every))


@check("training", "export --for onnx", "onnxruntime", "docs/guide/onnx.md runs; logits, of one image and many, within 1e-4; points", "onnx", "pillow", "polars")
def _():
    import numpy as np
    import onnx
    from PIL import Image

    n = trained()
    abtool("export", "run", "--for", "onnx", "--out", "model.onnx")
    onnx.checker.check_model(path("model.onnx"), full_check=True)
    every = pictures("png", 5)
    files, want = logits("eval-onnx", "run", "--view", "squash", "--set", "folder=" + every)
    shutil.copy(path(every, files[0]), path("dog.jpg"))
    names, _ = execute("onnx.md")
    assert len(json.loads(names["about"]["classes"])) == n and names["about"]["arch"] == "resnet18", names["about"]
    images = np.stack([Image.open(path(every, f)).convert("RGB").resize((64, 64), Image.BILINEAR) for f in files])
    pixels = ((images.astype(np.float32) / 255 - names["mean"]) / names["std"]).transpose(0, 3, 1, 2)
    got, points = names["session"].run(["logits", "points"], {"image": pixels})
    for got, want in ((names["logits"], want[:1]), (got, want)):
        off = np.abs(got - np.array(want)).max() / np.abs(want).max()
        assert off < 1e-4, "logits differ by %.1e of the largest" % off
    assert points.shape == (len(files), 2) and 0 <= points.min() < points.max() <= 1, points


@check("training", "train, events", "tensorboard", "the scalars of log.jsonl")
def _():
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained()
    events = EventAccumulator(path("run")).Reload()
    with open(path("run", "log.jsonl")) as f:
        epochs = [e for e in map(json.loads, f) if e["event"] == "epoch"]
    assert len(epochs) == 2, epochs
    want = {"lr": lambda e: e["lr"], "val/top1": lambda e: e["val"]["top1"]["value"], "val/loss": lambda e: e["val"]["loss"]["value"]}
    want |= {"train/" + k: lambda e, k=k: e[k] for k in ("loss", "class_loss", "point_loss", "grad_norm")}
    assert set(want) <= set(events.Tags()["scalars"]), events.Tags()
    for tag, value in want.items():
        got = [(e.step, e.value) for e in events.Scalars(tag)]
        expected = [(e["step"], array("f", [value(e)])[0]) for e in epochs]
        assert got == expected, (tag, got, expected)


@check("training", "WebDataset", "webdataset", "two workers of torch's DataLoader give every image once", "torch", "pillow")
def _():
    import webdataset as wds
    from torch.utils.data import DataLoader

    images = {r["image_id"] for r in targets()}
    loader = DataLoader(wds.WebDataset(shards(), shardshuffle=False).decode("pil").to_tuple("json"), batch_size=None, num_workers=2)
    seen = [about["image_id"] for about, in loader]
    assert len(seen) == len(images) and set(seen) == images, (len(seen), len(images))


# --- pytorch


@functools.cache
def guide():
    """Executes the code of docs/guide/pytorch.md in FOLDER, and returns its names."""
    trained()
    names, output = execute("pytorch.md")
    assert output.count(" accuracy ") == 2, output
    assert len(names["points"]) == 8, names["points"]
    return names


@check("pytorch", "targets", "torchvision", "docs/guide/pytorch.md runs; eval and train read its weights",
       "pandas", "pyarrow", "safetensors", "pillow", "polars", "webdataset")
def _():
    net = guide()["net"]
    some = pictures("some", 40, "n01440764", "n01443537")
    agree(net, 64, some, *logits("eval-guide", "--arch", "resnet18", "--size", "64", "--weights", "torch.safetensors", "--set", "folder=" + some))
    abtool("train", "--arch", "resnet18", "--size", "64", "--init", "torch.safetensors", "--images", "images", "--targets", "targets.parquet",
           "--rule", "final-click", "--dry-run", "--out", "continued")


@check("pytorch", "targets --crops", "torchvision", "points and weights of its crops and flips equal ours",
       "pandas", "pyarrow", "safetensors", "pillow", "polars", "webdataset")
def _():
    import torch
    from torchvision import tv_tensors
    from torchvision.transforms.v2 import functional as F

    names = guide()
    abtool("targets", "smallstore", "--crops", "4", "--all", "--out", "crops.parquet")
    crops = json.loads(abtool("sql", "smallstore", "--allow-files", "--json", "FROM 'crops.parquet'"))
    assert {r["crop_weight"] for r in crops} == {0, 1} and {r["flip"] for r in crops} == {0, 1}, "the crops do not have every case"
    for r in crops:
        w, h, x, y = r["width"], r["height"], r["x"], r["y"]
        x, y = (math.nan, math.nan) if x is None else (x, y)
        point = tv_tensors.KeyPoints([[x * w, y * h]], canvas_size=(h, w), dtype=torch.float64)
        point = F.resized_crop(point, r["crop_y"], r["crop_x"], r["crop_height"], r["crop_width"], [64, 64])
        where, weight = names["on_crop"](names["Flip"](r["flip"])(point), r["weight"])
        assert weight == r["crop_weight"], (r, where)
        assert not weight or math.dist(where, (r["u"], r["v"])) < 1e-6, (r, where)


# --- spark


@check("spark", "store, Parquet", "pyspark", VALUES)
def _():
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    every_table(lambda f: [r.asDict(recursive=True) for r in spark.read.parquet(f).collect()])
    spark.stop()


# --- the table


def run(f, needs):
    for name in needs:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return "skipped: %s is not installed" % name
    try:
        f()
    except Exception as e:
        if os.environ.get("TRACEBACK"):
            raise
        return "FAILED: %s: %s" % (type(e).__name__, " ".join(str(e).split())[:300])
    return "ok"


def main():
    os.makedirs(FOLDER, exist_ok=True)
    parts = sys.argv[3:]
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    form = "%-18s  %-12s %-10s  %-62s  %s"
    print(form % ("output", "tool", "version", "checked", "result"), flush=True)
    for part in parts:
        if part not in PARTS:
            sys.exit("no part %s: the parts are %s" % (part, ", ".join(PARTS)))
        for f, output, tool, what, needs in PARTS[part]:
            result = run(f, needs)
            counts[result.split(":")[0]] += 1
            version = "" if result.startswith("skipped") else importlib.metadata.version(tool)
            print(form % (output, tool, version, what, result), flush=True)
    print("%(ok)d passed, %(FAILED)d failed, %(skipped)d skipped" % counts)
    sys.exit(1 if counts["FAILED"] else 0)


main()
