"""Damaged copies of a file: cut short, bits flipped, bytes added. Knows nothing of what the file holds."""

import random
from collections.abc import Iterator


def cuts(content: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """`count` cuts at even distances, the empty file and the lack of the last byte among them."""
    for number in range(count):
        length = (len(content) - 1) * number // (count - 1)
        yield f"cut at byte {length}", content[:length]


def flips(content: bytes, count: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """`count` copies with one bit flipped each; a tenth of them in the last 400 bytes, where a comment is."""
    for number in range(count):
        first = max(0, len(content) - 400) if number % 10 == 0 else 0
        byte, bit = chance.randrange(first, len(content)), chance.randrange(8)
        altered = bytearray(content)
        altered[byte] ^= 1 << bit
        yield f"bit {bit} of byte {byte} flipped", bytes(altered)


def additions(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What a file system or a transfer may add."""
    yield "a zero byte at its end", content + b"\0"
    yield "a page of zeros at its end", content + bytes(4096)
    yield "a line feed at its end", content + b"\n"
    yield "a byte at its beginning", b"\0" + content
    yield "itself once more", content + content
    yield "its second half twice", content + content[len(content) // 2 :]
