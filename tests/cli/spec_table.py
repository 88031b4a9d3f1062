"""The oracle: the specification's table of the 13 circular buffers, typed from its text, bfloat16."""
from dataclasses import dataclass

ELEMENT_BYTES = 2
TILE_BYTES = 32 * 32 * ELEMENT_BYTES

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


def circular_buffers(width):
    Wt = -(-width // 32)
    page_bytes = {"stick": Wt * 32 * ELEMENT_BYTES, "tile": TILE_BYTES}
    return [CircularBuffer(index, page_bytes[page], times * Wt + plus, page_bytes[page] * (times * Wt + plus), *rest)
            for index, page, (times, plus), *rest in TABLE]
