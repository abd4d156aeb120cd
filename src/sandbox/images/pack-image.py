#!/usr/bin/env python3
"""Packs a sparse disk image: what is written of it, block by block, compressed.

    pack-image.py IMAGE OUT.blocks.gz [BASE]

Form, behind gzip: for each stretch that is not zero its offset (8 bytes) and length (4 bytes), both little-endian, then its bytes.
The whole is led by the image's size (8 bytes). Run twice, it gives the same bytes.
With BASE it packs what differs from that image, zeros too: laid over BASE it becomes IMAGE.
"""
import gzip, os, struct, sys

BLOCK = 4096
STRETCH_BLOCKS = 256


def blocks(path):
    """All blocks that are written: their offsets and bytes."""
    size = os.path.getsize(path)
    with open(path, "rb") as image:
        at = 0
        while True:
            try:
                at = os.lseek(image.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(image.fileno(), at, os.SEEK_HOLE)
            at -= at % BLOCK
            while at < end:
                image.seek(at)
                yield at, image.read(min(BLOCK, size - at))
                at += BLOCK


def wanted(path, base):
    if base is None:
        for at, block in blocks(path):
            if block.count(0) != len(block):
                yield at, block
        return
    before = dict(blocks(base))
    for at, block in blocks(path):
        known = before.pop(at, None)
        if block != (known if known is not None else bytes(len(block))):
            yield at, block
    for at, block in sorted(before.items()):
        if block.count(0) != len(block):
            yield at, bytes(len(block))


def stretches(found):
    start, parts = 0, []
    for at, block in found:
        if parts and (at != start + BLOCK * len(parts) or len(parts) == STRETCH_BLOCKS):
            yield start, b"".join(parts)
            parts = []
        if not parts:
            start = at
        parts.append(block)
    if parts:
        yield start, b"".join(parts)


source, target = sys.argv[1:3]
base = sys.argv[3] if len(sys.argv) > 3 else None
with open(target, "wb") as file, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as out:
    out.write(struct.pack("<Q", os.path.getsize(source)))
    for start, data in stretches(wanted(source, base)):
        out.write(struct.pack("<QI", start, len(data)) + data)
