"""Does a change of structure leave the music alone? Two checkouts, the same runs, every written byte compared.

    python benchmarks/same_bytes.py PATH_OF_THE_OTHER_CHECKOUT

runs both programs, in folders of their own, on tunes that are made here: our tune with and without backing, the
original's settings, typed changes in another key, lead sheets in odd meters, a folder, a network saved and loaded; and
on Metheny's tune where it lies in `data/`. Lists what differs and ends with status 1 if anything does.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUICK = ["--epochs", "4", "--cache", ""]
ODD_METERS = """X:1
T:Seven, five, six and a cut bar
M:7/8
L:1/8
K:G
"G"GABcdef|"Am7"edcBAGA|"D7"A2 f3 ed|"G"g3 d2 B2|
M:5/8
"C"c2e gfe|"D7"f2 d cBA|
M:6/8
"G"G3 B2d|"Em"e3 g2e|"Bm7"d3 B3|"C"c2e g2c|"D7"A6|
M:5/4
"G"G2B2d2g2f2|"D7"f2e2d2c2A2|
M:2/2
"G"G4 B4|"Am"A2c2 e4|
M:3/4
"D7"d2f2a2|"G"g6|]
"""
WITHOUT_SYMBOLS = """X:1
T:Alone
M:4/4
L:1/8
K:F
FGAB c2f2|e2d2 c4|BABc d2g2|f2e2 d4|cdef g2c2|A2G2 F4|GABG E2C2|F8|]
"""


def cases() -> dict[str, list[list[str]]]:
    """Runs by name; each is a list of commands' flags, in order."""
    tunes = Path("../tunes")
    ours = [*QUICK, "--tune", str(tunes / "our_tune.mid")]
    typed = [*ours, "--chords", "Dm7 | G7 C^7 | E7alt/G# | Am7 D7 G13 C#dim7 | %"]
    found = {
        "our tune": [ours],
        "our tune, backing, three solos": [[*ours, "--backing", "true", "--n-solos", "3", "--bars", "9"]],
        "the original's settings": [[*ours, "--original", "true"]],
        "late, not in one line": [[*ours, "--rhythm", "late", "--one-line", "false", "--values-per-bar", "20"]],
        "typed changes": [[*typed, "--choruses", "2", "--key", "-3", "--backing", "true"]],
        "odd meters": [[*QUICK, "--tune", str(tunes / "odd.abc"), "--tx", "10", "--backing", "true"]],
        "no symbols": [[*QUICK, "--tune", str(tunes / "alone.abc"), "--tx", "10"]],
        "a window": [[*ours, "--from-beat", "60", "--to-beat", "110", "--melody-track", "2", "--chord-tracks", "0"]],
        "a folder": [[*QUICK, "--tune", str(tunes)]],
        "saved and loaded": [
            [*ours, "--save", "network.keras", "--output", "first"],
            ["--load", "network.keras", "--chords", "Am7 | D7"],
        ],
    }
    metheny = tunes / "original_metheny.mid"
    if (ROOT / "data" / metheny.name).is_file():
        found["Metheny"] = [["--cache", "", "--tune", str(metheny), "--backing", "true"]]
        found["Metheny, the original's settings"] = [[*QUICK, "--tune", str(metheny), "--original", "true"]]
    return found


def main() -> int:
    """Run, compare, tell; the status to end with."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="the checkout to compare with")
    parser.add_argument("--only", default="", help="cases whose names hold this text")
    parser.add_argument("--known", type=Path, help="a file that keeps what the other checkout wrote, for the next time")
    given = parser.parse_args()
    known = json.loads(given.known.read_text()) if given.known and given.known.is_file() else {}
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        write_tunes(Path(folder) / "tunes")
        for name, commands in cases().items():
            if given.only not in name:
                continue
            if name not in known:
                known[name] = digests(given.other.resolve(), commands, Path(folder) / "run")
            other, own = known[name], digests(ROOT, commands, Path(folder) / "run")
            unlike = sorted(file for file in other.keys() | own.keys() if other.get(file) != own.get(file))
            differing += bool(unlike)
            print(f"{name:<36}{'the same' if not unlike else 'DIFFERS: ' + ', '.join(unlike)}", flush=True)
            if given.known:
                given.known.write_text(json.dumps(known))
    return int(differing > 0)


def write_tunes(folder: Path) -> None:
    """The tunes that are played."""
    folder.mkdir()
    (folder / "odd.abc").write_text(ODD_METERS)
    (folder / "alone.abc").write_text(WITHOUT_SYMBOLS)
    for name in ("our_tune.mid", "original_metheny.mid"):
        if (ROOT / "data" / name).is_file():
            shutil.copy(ROOT / "data" / name, folder)


def digests(root: Path, commands: list[list[str]], folder: Path) -> dict[str, str]:
    """The sha256 of every file that the runs of one checkout write, and of what they print."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    told = ""
    for flags in commands:
        command = [sys.executable, str(root / "music_generate.py"), *flags]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            return {f"status {ran.returncode}: {ran.stderr.strip()}": str(root)}
        told += ran.stdout
    written = {"what is printed": told.encode()}
    written |= {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*") if file.is_file()}
    # A saved network holds the time of day.
    return {name: hashlib.sha256(content).hexdigest() for name, content in written.items() if ".keras" not in name}


if __name__ == "__main__":
    sys.exit(main())
