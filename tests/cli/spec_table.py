"""The oracle: the specification's table of the 13 circular buffers, typed from its text."""
from dataclasses import dataclass

ELEMENT_BYTES = {"bfloat16": 2, "float32": 4}
TILE_BYTES = {"bfloat16": 2048, "float32": 4096}
L1_BYTES = {"wormhole": 1464 * 1024, "blackhole": 1536 * 1024}
L1_RESERVED_BYTES = {"wormhole": 103424, "blackhole": 111360}
L1_ROOM_BYTES = {arch: L1_BYTES[arch] - L1_RESERVED_BYTES[arch] for arch in L1_BYTES}

# index, page, pages (times Wt, plus), producer, consumer, lifetime
TABLE = [
    (0, "stick", (0, 32), "reader", "compute", "tile row"),
    (1, "tile", (2, 0), "compute", "compute", "tile row"),
    (2, "tile", (0, 2), "reader", "compute", "program"),
    (3, "tile", (0, 1), "reader", "compute", "program"),
    (4, "stick", (0, 1), "reader", "compute", "start-up"),
    (5, "stick", (0, 1), "reader", "compute", "start-up"),
    (6, "tile", (1, 0), "compute", "compute", "program"),
    (7, "tile", (1, 0), "compute", "compute", "program"),
    (16, "stick", (0, 32), "compute", "writer", "tile row"),
    (24, "tile", (1, 0), "compute", "compute", "tile row"),
    (25, "tile", (0, 1), "compute", "compute", "tile row"),
    (26, "tile", (0, 1), "compute", "compute", "tile row"),
    (27, "tile", (0, 1), "compute", "compute", "tile row"),
]


@dataclass(frozen=True)
class CircularBuffer:
    index: int
    page_bytes: int
    pages: int
    bytes: int
    producer: str
    consumer: str
    lifetime: str


def circular_buffers(width, arch="wormhole", dtype="bfloat16"):
    """The default geometry, or with c_1 for one tile row where L1 has no room for two."""
    default = with_c_1(2, width, dtype)
    return default if sum(cb.bytes for cb in default) <= L1_ROOM_BYTES[arch] else with_c_1(1, width, dtype)


def with_c_1(tile_rows, width, dtype="bfloat16"):
    Wt = -(-width // 32)
    page_bytes = {"stick": Wt * 32 * ELEMENT_BYTES[dtype], "tile": TILE_BYTES[dtype]}
    buffers = []
    for index, page, (times, plus), *rest in TABLE:
        pages = (tile_rows if index == 1 else times) * Wt + plus
        buffers.append(CircularBuffer(index, page_bytes[page], pages, page_bytes[page] * pages, *rest))
    return buffers
