"""Reads a clean QR code (ISO/IEC 18004), of level M and in bytes, so that a code that one program drew is read by
another."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from segno import consts

Matrix = Sequence[Sequence[int]]
_MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _: y % 2 == 0,
    lambda _, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)
_BYTES = 0b0100


def text_in(code: Matrix) -> str:
    """The text in a code without its white edge; nothing is corrected: a module that is wrong is an error."""
    version = (len(code) - 17) // 4
    words = _words(code, version)
    stream = iter("".join(f"{word:08b}" for word in _data(words, version)))

    def number(bits: int) -> int:
        return int("".join(next(stream) for _ in range(bits)), 2)

    assert number(4) == _BYTES
    return bytes(number(8) for _ in range(number(8 if version < 10 else 16))).decode()


def _words(code: Matrix, version: int) -> list[int]:
    """The codewords in the order in which they lie: two columns at a time, from the right, up and down in turn."""
    level, mask = _format(code)
    assert level == 0  # M
    bits = "".join(str(code[y][x] ^ _MASKS[mask](y, x)) for y, x in _places(len(code), version))
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]


def _format(code: Matrix) -> tuple[int, int]:
    """The level of correction and the mask, as they stand beside the first finder."""
    bits = int("".join(str(code[8][x]) for x in range(5)), 2) ^ (0x5412 >> 10)
    return bits >> 3, bits & 7


def _places(size: int, version: int) -> Iterator[tuple[int, int]]:
    right, up = size - 1, True
    while right > 0:
        if right == 6:  # the column of the clock
            right -= 1
        for step in range(size):
            y = size - 1 - step if up else step
            yield from ((y, x) for x in (right, right - 1) if not _is_fixed(y, x, size, version))
        right, up = right - 2, not up


def _is_fixed(y: int, x: int, size: int, version: int) -> bool:
    """Whether a module is part of a pattern, and holds no data."""
    finders = (y < 9 and x < 9) or (y < 9 and x >= size - 8) or (y >= size - 8 and x < 9)
    named = version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11))
    return finders or y == 6 or x == 6 or named or _is_aligning(y, x, size, version)


def _is_aligning(y: int, x: int, size: int, version: int) -> bool:
    if version == 1:
        return False
    middles: Sequence[int] = consts.ALIGNMENT_POS[version - 2]
    edges = (6, size - 7)
    for middle_y in middles:
        for middle_x in middles:
            corner = middle_y in edges and middle_x in edges and (middle_y, middle_x) != (size - 7, size - 7)
            if not corner and abs(y - middle_y) <= 2 and abs(x - middle_x) <= 2:
                return True
    return False


def _data(words: list[int], version: int) -> list[int]:
    """The words that hold data, block after block: they lie one of each block in turn."""
    table: Any = consts.ECC
    kinds = table[version][consts.ERROR_LEVEL_M]
    lengths = [kind.num_data for kind in kinds for _ in range(kind.num_blocks)]
    blocks: list[list[int]] = [[] for _ in lengths]
    lying = iter(words)
    for at in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if at < length:
                block.append(next(lying))
    return [word for block in blocks for word in block]
