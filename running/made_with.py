"""What a run is done with: two runs with the same settings that differ here may differ in what they write."""

import contextlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from running.memory import digest_of

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (".", "music", "reading", "learning", "improvising", "writing", "running")  # the program, without its tests
LIBRARIES = ("numpy", "tensorflow", "keras", "music21", "mido", "matplotlib", "verovio")
LIBRARIES += ("midirenderer", "soundfile", "pretty_midi")  # of the sound


def made_with() -> dict[str, str]:
    """The digest of the program's code, the versions of what it uses, and the processor."""
    code = [path.read_bytes() for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    found = {"program": digest_of(*code), "processor": processor(), "python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def processor() -> str:
    """The processor's name, where the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
