"""What the fuzzers share: go on for so long with one odd thing after the other, and end with the first that fails.

    python tests/fuzz_readers.py --seconds 600
    python tests/fuzz_readers.py --seconds 600 --guided

The same seed makes the same things. With `--guided` the choices that make a thing are not drawn but come from atheris,
where it is installed, which looks for those that reach code that none has reached before; what fails it keeps as a
file, `crash-…`, and `--again crash-…` does once more. Imported before anything of the project, which it has to see
coming.
"""

import argparse
import faulthandler
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
OURS = ["data_utils", "grammar", "improvising", "inference_model", "learning", "music", "preprocess", "qa", "reading"]

parser = argparse.ArgumentParser(description="Make odd things without end, and check what comes of them.")
parser.add_argument("--seconds", type=float, default=60.0, help="how long to go on")
parser.add_argument("--seed", type=int, default=0, help="which things")
parser.add_argument("--guided", action="store_true", help="let atheris choose them")
parser.add_argument("--again", type=Path, help="a file that atheris kept")

if __name__ != "__main__" and "--guided" in sys.argv:
    import atheris

    atheris.instrument_imports(include=OURS).__enter__()


class Chosen(random.Random):
    """A generator whose choices stand in some bytes; what they do not say is drawn, the same for the same bytes."""

    def __init__(self, data: bytes):
        super().__init__(data)
        self.data, self.place = data, 0

    def getrandbits(self, bits: int) -> int:
        length = -(-bits // 8)
        taken = self.data[self.place : self.place + length]
        self.place += length
        if len(taken) < length:
            return super().getrandbits(bits)
        return int.from_bytes(taken, "big") >> (8 * length - bits)

    def random(self) -> float:
        return self.getrandbits(53) / 2**53


def fuzz(
    one: Callable[[random.Random], object],
    seconds_each: float = 20,
    guided: Callable[[random.Random], object] | None = None,
) -> None:
    """Call `one` again and again, each time with another generator of choices; it raises what is wrong.

    A call that takes longer than `seconds_each` ends the program with a traceback, too. `guided` is what is called in
    its place where choices are not drawn, if only that happens in this process.
    """
    guided = guided or one
    options = parser.parse_args()
    if options.again:
        guided(Chosen(options.again.read_bytes()))
        print("nothing failed")
    elif options.guided:
        limits = [
            f"-max_total_time={options.seconds:.0f}",
            f"-timeout={seconds_each:.0f}",
            "-max_len=4096",
            "-len_control=0",
        ]
        atheris.Setup([sys.argv[0], *limits, f"-seed={options.seed + 1}"], lambda data: guided(Chosen(data)) and None)
        atheris.Fuzz()
    else:
        _draw(one, options.seconds, options.seed, seconds_each)


def _draw(one: Callable[[random.Random], object], seconds: float, seed: int, seconds_each: float) -> None:
    began, number, slowest = time.monotonic(), 0, 0.0
    while time.monotonic() - began < seconds:
        started = time.monotonic()
        faulthandler.dump_traceback_later(seconds_each, exit=True)
        try:
            one(random.Random(f"{seed}/{number}"))
        except BaseException:
            print(f"failed at number {number} of seed {seed}")
            raise
        faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, time.monotonic() - started)
        number += 1
    print(f"{number:,} of them, none failed; the slowest took {slowest:.2f} s")
