"""Random damage to bytes, the same under a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random


def mutations(samples: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """So many damaged copies of the samples."""
    random = Random(seed)
    for _ in range(count):
        damaged = bytearray(random.choice(samples))
        for _ in range(random.randint(1, 4)):
            _damage(damaged, random)
        yield bytes(damaged)


def _damage(data: bytearray, random: Random) -> None:
    if not data:
        data += random.randbytes(4)
        return
    place = random.randrange(len(data))
    end = place + random.randint(1, 8)
    match random.randrange(6):
        case 0:
            data[place] ^= 1 << random.randrange(8)
        case 1:
            data[place] = random.randrange(256)
        case 2:
            del data[place:end]
        case 3:
            data[place:place] = random.randbytes(end - place)
        case 4:
            data[place:place] = data[place:end]
        case _:
            del data[place:]
