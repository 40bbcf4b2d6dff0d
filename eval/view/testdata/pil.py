"""Makes image files, and what PIL's resize and crop make of them as torchvision's transforms do.

    python3 pil.py files DIR    writes files, results (raw bytes of red, green, blue) and DIR/cases.json
    python3 pil.py hashes       prints the SHA-256 of results for images that a formula makes, as JSON
"""
import hashlib
import json
import os
import random
import sys

from PIL import Image

FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def see(im, geometry, size, resize=0, filter="bilinear", border=0):
    """The view of an image, as torchvision's Resize and CenterCrop compute it."""
    im = im.convert("RGB")
    w, h = im.size
    if border:
        im = im.crop((border, border, w - border, h - border))
        w, h = im.size
    if geometry == "squash":
        im = im.resize((size, size), FILTERS[filter])
    elif geometry == "resize-crop":
        short, long = (w, h) if w <= h else (h, w)
        other = int(resize * long / short)
        to = (resize, other) if w <= h else (other, resize)
        if to != (w, h):
            im = im.resize(to, FILTERS[filter])
    if geometry in ("resize-crop", "crop"):
        w, h = im.size
        left, top = int(round((w - size) / 2.0)), int(round((h - size) / 2.0))
        im = im.crop((left, top, left + size, top + size))
    return im.tobytes()


def formula(w, h):
    return Image.frombytes("RGB", (w, h), bytes((7 * x * x + 13 * y + 50 * c + x * y * (c + 1)) & 255 for y in range(h) for x in range(w) for c in range(3)))


def views(rng, w, h):
    size = rng.choice([7, 16, 31, 64])
    for filter in FILTERS:
        yield dict(geometry="resize-crop", size=size, resize=size + rng.randrange(20), filter=filter)
        yield dict(geometry="squash", size=size, filter=filter)
    if min(w, h) >= size:
        yield dict(geometry="crop", size=size)
    if min(w, h) > 4:
        yield dict(geometry="resize-crop", size=size, resize=size, filter="bilinear", border=2)


def hashes():
    rng = random.Random(1)
    cases = []
    for w, h in [(1, 1), (2, 3), (5, 4), (33, 17), (40, 41), (64, 64), (99, 50), (50, 150), (300, 7), (3, 200), (320, 240)]:
        for v in views(rng, w, h):
            cases.append(dict(width=w, height=h, **v, sha256=hashlib.sha256(see(formula(w, h), **v)).hexdigest()))
    print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")


def natural(rng, w, h):
    """An image with smooth parts, edges and some noise."""
    small = Image.frombytes("RGB", (max(2, w // 16), max(2, h // 16)), rng.randbytes(3 * max(2, w // 16) * max(2, h // 16)))
    im = small.resize((w, h), Image.BICUBIC)
    for _ in range(6):
        x, y = rng.randrange(w), rng.randrange(h)
        im.paste(tuple(rng.randbytes(3)), (x, y, min(w, x + 1 + rng.randrange(w)), min(h, y + 1 + rng.randrange(h))))
    noise = Image.frombytes("RGB", (w, h), rng.randbytes(3 * w * h))
    return Image.blend(im, noise, 0.08)


def files(folder):
    rng = random.Random(2)
    cases = []

    def add(name, im, **save):
        path = os.path.join(folder, name)
        im.save(path, **save)
        with Image.open(path) as opened:
            opened.load()
            for v in views(rng, *im.size):
                result = "%d.rgb" % len(cases)
                with open(os.path.join(folder, result), "wb") as f:
                    f.write(see(opened, **v))
                cases.append(dict(file=name, result=result, **v))

    for i in range(40):  # noise
        w, h = 1 + rng.randrange(300), 1 + rng.randrange(300)
        if i % 8 == 7:
            w, h = (1 + rng.randrange(4), 500) if i % 16 == 7 else (900, 1 + rng.randrange(4))
        add("noise%d.png" % i, Image.frombytes("RGB", (w, h), rng.randbytes(3 * w * h)))
    w, h = 67, 45
    colour = natural(rng, w, h)
    rgba = colour.copy()
    rgba.putalpha(Image.frombytes("L", (w, h), rng.randbytes(w * h)))
    add("grey.png", colour.convert("L"))
    add("bits.png", colour.convert("1"))
    add("greyalpha.png", rgba.convert("LA"))
    add("rgba.png", rgba)
    add("palette.png", colour.quantize(37))
    add("transparent.png", colour.quantize(37), transparency=3)
    add("transparentgrey.png", colour.convert("L"), transparency=100)
    add("colours.gif", colour.quantize(200))
    add("colours.bmp", colour)
    add("colours.tif", colour)
    exif = Image.Exif()
    exif[0x0112] = 6
    for w, h in [(400, 300), (333, 251), (17, 90), (3, 5), (8, 8), (224, 224)]:
        im = natural(rng, w, h)
        for subsampling in (0, 1, 2):
            name = "%dx%d-%d" % (w, h, subsampling)
            add(name + ".jpg", im, quality=rng.choice([75, 85, 95]), subsampling=subsampling, exif=exif)
        add("%dx%d-progressive.jpg" % (w, h), im, quality=90, progressive=True)
        add("%dx%d-grey.jpg" % (w, h), im.convert("L"), quality=90)
        add("%dx%d-cmyk.jpg" % (w, h), im.convert("CMYK"), quality=90)
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump(cases, f)


if __name__ == "__main__":
    hashes() if sys.argv[1:] == ["hashes"] else files(sys.argv[2])
