"""What the tests share: the real tune where it is, ours where it is not, and tiny pieces built in memory."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

import running.console  # noqa: F401, before NumPy
from music.chord_names import name_chord
from music.chord_symbols import parse_symbol
from music.notes import Bar, Chord, Note
from music.piece import Solo
from music.units import to_steps

BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --autoplay-policy=no-user-gesture-required"
)
ROOT = Path(__file__).resolve().parent.parent
METHENY_PLACES = [ROOT / "data/original_metheny.mid", ROOT.parent / "shared/data/original_metheny.mid"]


def pytest_xdist_auto_num_workers() -> int:
    """How many test files run at once: many of them start processes of their own."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, 4)


@pytest.fixture(scope="session")
def metheny() -> Path:
    """The real tune. It is third-party and not in the repository: without it the exact tests are skipped, except in
    CI, where its absence is a failure."""
    for path in METHENY_PLACES:
        if path.is_file():
            return path
    message = "data/original_metheny.mid is not there: run music_generate.py online once"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def our_tune() -> Path:
    return ROOT / "data/our_tune.mid"


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process.pid


@pytest.fixture
def processes():
    """Whatever is told of other processes, by their numbers; only where the system has them as files."""
    if not Path("/proc/self/stat").is_file():
        pytest.skip("this system does not list its processes in /proc")
    return Processes()


class Processes:
    """What runs now; not what has ended and only waits for its parent to take note."""

    def is_running(self, pid: int) -> bool:
        return self._state_and_group(pid)[0] not in "Z"

    def of_group(self, group: int) -> list[int]:
        found = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [pid for pid in found if self.is_running(pid) and self._state_and_group(pid)[1] == group]

    def end_of(self, still_running: Callable[[], object], seconds: float = 15) -> bool:
        """Whether something ends soon."""
        until = time.monotonic() + seconds
        while still_running() and time.monotonic() < until:
            time.sleep(0.02)
        return not still_running()

    def _state_and_group(self, pid: int) -> tuple[str, int]:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return "", 0
        return fields[0], int(fields[2])


@pytest.fixture
def write_tune(tmp_path):
    """Write a MIDI file of tracks `(name, channel, [(start, end, pitch, velocity), ...])`, in ticks: its path."""

    def write(tracks, ticks_per_quarter=96, midi_type=1, extra=(), name="tune.mid"):
        midi = mido.MidiFile(type=midi_type, ticks_per_beat=ticks_per_quarter)
        for track_name, channel, notes in tracks:
            track = mido.MidiTrack([mido.MetaMessage("track_name", name=track_name), *extra])
            events = [(start, 1, pitch, velocity) for start, _, pitch, velocity in notes]
            events += [(end, 0, pitch, 0) for _, end, pitch, _ in notes]
            now = 0
            for tick, is_on, pitch, velocity in sorted(events):
                kind = "note_on" if is_on else "note_off"
                track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
                now = tick
            midi.tracks.append(track)
        path = tmp_path / name
        midi.save(path)
        return path

    return write


def four_bars(melody_pitches=(60, 62, 64, 65, 67, 69, 71, 72)):
    """A tiny tune: eighth notes over one C major 7 chord a bar, 96 ticks a quarter."""
    notes = [
        (48 * step, 48 * step + 44, melody_pitches[step % len(melody_pitches)], 80 + step % 8) for step in range(32)
    ]
    chords = [(384 * bar, 384 * bar + 380, pitch, 70) for bar in range(4) for pitch in (48, 52, 55, 59)]
    return [("Guitar", 0, notes), ("Piano", 1, chords)]


def note(offset, quarter_length, pitch, velocity=90) -> Note:
    """A note whose times are told in quarters."""
    return Note(to_steps(offset), to_steps(quarter_length), pitch, velocity)


def chord(offset, quarter_length, pitches, velocity=90) -> Chord:
    """A voicing whose times are told in quarters, named by itself, with its root under it."""
    symbol, tones = parse_symbol(name_chord(tuple(sorted(pitches)))), tuple(sorted({pitch % 12 for pitch in pitches}))
    times = to_steps(offset), to_steps(quarter_length)
    return Chord(*times, pitches, velocity, symbol.root, symbol.text, tones, symbol.root)


def bar(start, quarter_length, meter=(4, 4)) -> Bar:
    """A bar whose times are told in quarters."""
    return Bar(to_steps(start), to_steps(quarter_length), meter)


def solo_of(bars, notes=(), chords=()) -> Solo:
    """A solo of notes and chords that count from its start; what is outside all bars is in the nearest one."""

    def by_bar(music) -> list[list]:
        found = [[] for _ in bars]
        for item in music:
            number = max((number for number, bar in enumerate(bars) if bar.start <= item.onset), default=0)
            found[number].append(item._replace(onset=item.onset - bars[number].start))
        return found

    return Solo(bars, by_bar(notes), by_bar(chords))


def playing(*flags: str):
    """How to improvise: as the constants of music_generate.py say, except for these flags."""
    import music_generate
    from improvising.session import playing_of
    from running.settings import declared, read_settings

    return playing_of(read_settings(declared(music_generate), "", list(flags)))


def learned_from(path, epochs: int = 30):
    """What is learned of a tune with the program's own settings: its style, and the network's weights."""
    from data_utils import training_windows, window_starts
    from learning.learner import Training
    from learning.network import train_network
    from learning.style import learn_style
    from preprocess import read_tune

    style = learn_style([read_tune(path)])
    windows = training_windows(style.indices, window_starts([len(style.indices)], 60, 30), 30)
    training = Training(n_a=64, epochs=epochs, batch_size=32, seed=0)
    return style, train_network(*windows, len(style.values), training, lambda epoch, loss: None)[0]


def untrained(n_values: int = 12, n_a: int = 8):
    """A one-step model that has learned nothing."""
    from inference_model import OneStep, music_inference_model
    from learning.network import shared_layers

    return OneStep(music_inference_model(*shared_layers(n_values, n_a, seed=4), n_values).get_weights())


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright; without either, tests are skipped and say why, and in CI that is a failure."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    missing = None if program else "no Chromium: apt-get install chromium"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = missing or "no Playwright: pip install playwright"
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the page was not tried in a browser: {missing}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=BROWSER_ARGUMENTS.split())
        yield started
        started.close()
