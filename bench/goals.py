"""What is asked of the cells: for each claim what is aimed at and the least that will do, and which cells miss them."""

from dataclasses import dataclass

from results import FLOOR, OURS, speedup

LARGE = 1 << 23  # elements: more than caches hold
SMALL = 1 << 18  # a call lasts microseconds, and is explained rather than judged


@dataclass
class Verdict:
    """Of one cell under one claim. A ratio wants to be at most its bars, a speed-up at least them."""

    cell: object
    value: float
    aim: float
    least: float
    more_is_better: bool = False

    def meets(self, bar):
        if bar is None:
            return True
        return self.value >= bar if self.more_is_better else self.value <= bar


def against_rivals(cells):
    """The whole operation, to the faster rival: 1.0; at least 1.5 where W >= 768, 2.0 below."""
    for cell in cells:
        value = cell.ratio(cell.fastest_rival)
        if value is not None:
            least = None if cell.elements < SMALL else 1.5 if cell.width >= 768 else 2.0
            yield Verdict(cell, value, 1.0, least)


def against_copy(cells):
    """Large tensors, to the copy: 1.8; at least 2.6 where W >= 768."""
    for cell in cells:
        value = cell.ratio(FLOOR)
        if value is not None and len(cell.shape) == 2 and cell.elements >= LARGE:
            yield Verdict(cell, value, 1.8, 2.6 if cell.width >= 768 else None)


def on_two_threads(cells):
    """Two threads to one: 1.7 times, or what the copy gains if that is less."""
    for cell in cells:
        ours, memory = speedup(cells, cell, OURS), speedup(cells, cell, FLOOR)
        if ours is not None:
            bar = min(1.7, memory) if memory is not None else 1.7
            yield Verdict(cell, ours, bar, bar if cell.elements >= SMALL else None, more_is_better=True)


CLAIMS = (against_rivals, against_copy, on_two_threads)


def report(cells):
    """Each claim with how many cells meet it, and those that do not."""
    lines = []
    for claim in CLAIMS:
        verdicts = list(claim(cells))
        if not verdicts:
            continue
        aimed = sum(verdict.meets(verdict.aim) for verdict in verdicts)
        short = [verdict for verdict in verdicts if not verdict.meets(verdict.least)]
        lines.append(f"{claim.__doc__} {aimed} of {len(verdicts)} cells there, {len(short)} short of the least:")
        for verdict in short:
            cell = verdict.cell
            where = f"{'x'.join(map(str, cell.shape)):>12} {cell.dtype:>8} {cell.threads} thr"
            lines.append(f"  {where}  {verdict.value:5.2f}  asked {verdict.least:.2f}")
    return "\n".join(lines)
