"""SoundFonts as the synthesiser takes them: of a font only what is used, as a small SF2 file in memory.

Ours is the General MIDI font in the wheel of pretty_midi. It has one recording for all velocities, so its zones are
split by velocity here: a softer note is a darker one. A user's font stays as it is, an SF2 or an SF3, whose recordings
are decoded. The parser is our own, as no maintained library on PyPI reads an SF3 without a system library or a sound
card. Left to others: synthesis (`writing/sound.py`).

The format is the SoundFont Technical Specification's, 2.04: a preset has zones that name an instrument, an instrument
zones that name a sample; a zone is a dict of generators here. A preset is named by `(bank, program)`, drums by bank
128. An SF3 counts the place of a sample in bytes, its loop from its own start, and may leave out pad bytes.
"""

import hashlib
import importlib.util
import io
import struct
from functools import lru_cache
from pathlib import Path

from running.files import read_bounded

Preset = tuple[int, int]  # bank, program
Zone = dict[int, int]  # generator: amount, as 16 bits without sign

DRUMS = 128  # the bank of drum kits
LARGEST, MOST_SOUND = 1_500_000_000, 2**30  # bytes of a font, and of the samples that are used of it
MOST_ROWS = 65_536  # of a table: rows are named by 16 bits
GUARD = 46  # samples after each, as the specification asks: the synthesiser reads a little past the end

ROWS = {  # how a row of each table is packed, but for what nobody needs
    "phdr": struct.Struct("<20sHHH12x"),  # name, program, bank, its first pbag
    "pbag": struct.Struct("<H2x"),  # its first pgen
    "pmod": struct.Struct("<10x"),
    "pgen": struct.Struct("<HH"),  # generator, amount
    "inst": struct.Struct("<20sH"),  # name, its first ibag
    "ibag": struct.Struct("<H2x"),
    "imod": struct.Struct("<10x"),
    "igen": struct.Struct("<HH"),
    "shdr": struct.Struct("<20s5IBb2xH"),  # name, start, end, loop's start and end, rate, key, cents, type
}
READ = tuple(name for name in ROWS if not name.endswith("mod"))  # the synthesiser has no modulators
NEEDED = {name.encode() for name in ("smpl", *READ)}
OGG = 0x10  # of a sample's type
FILTER, ENVELOPE_TO_FILTER, HALL, INSTRUMENT, KEYS, VELOCITIES, SAMPLE = 8, 11, 16, 41, 43, 44, 53
MOST_KINDS = 61  # of generators: those beyond mean nothing
OPEN = 13_500  # cents over 8.176 Hz, 20 kHz: of a filter of which a zone says nothing

# For soft notes the specification (8.4.2) closes the filter by up to 2400 cents: not the synthesiser, so our zones do.
# A filter that opens beyond where the sound is must come down farther to be heard, but not below the note itself.
# Cymbals have their sound at the top, and are soft enough.
STEPS = ((0, 40), (41, 56), (57, 70), (71, 82), (83, 94), (95, 106), (107, 116), (117, 127))  # velocities
SHADES = {False: (-2400, 600, 11_000), True: (-600, 200, OPEN)}  # by whether it drums: cents, and where the sound ends
OVER_NOTE = 700  # cents from the middle of a zone's keys to the filter, at least

NO_FONTS = {  # by a file's ending or by what it begins with
    ".sfz": "an SFZ instrument",
    ".gig": "a GigaStudio bank",
    ".dls": "a DLS bank",
    ".sfark": "a font packed by sfArk",
    b"DLS ": "a DLS or GigaStudio bank",
    b"WAVE": "a recording",
    b"PK\3\4": "a ZIP archive",
}


def default_font() -> Path:
    """Our font. Only the file is wanted, so that the library that carries it is not imported."""
    return Path(importlib.util.find_spec("pretty_midi").origin).with_name("TimGM6mb.sf2")


def font_bytes(path: Path | None, presets: frozenset[Preset]) -> bytes:
    """An SF2 file with these presets, of the font at `path`, or of ours, in which a softer note is a darker one.

    Where a preset is missing it is the one that a synthesiser would take: the same program of bank 0, the first drum
    kit, or else the first preset. Raises ValueError as `check_font` does, and where a sample cannot be decoded.
    """
    file = path or default_font()
    return _built(file, _stamp(file), presets, path is None)


def check_font(path: Path) -> None:
    """Raise ValueError, naming the file, what was found and what helps, where it is no SF2 or SF3, or a damaged one.

    All is looked at but the samples of an SF3, which only decoding tells.
    """
    font = _Font(path)
    for number in {zone[SAMPLE] for zones in font.instruments for zone in zones}:
        font.place(number)


def told(path: Path | None) -> str:
    """A font's name, and the first digits of its SHA-256."""
    file = path or default_font()
    return f"{file.name} {_digest(file, _stamp(file))[:12]}"


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes with a file's content; None where there is none, or no such name."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _digest(path: Path, stamp: tuple[int, int] | None) -> str:
    return hashlib.sha256(_content(path)).hexdigest()


@lru_cache(maxsize=4)
def _built(path: Path, stamp: tuple[int, int] | None, presets: frozenset[Preset], is_ours: bool) -> bytes:
    return _Built(_Font(path), presets, is_ours).content()


def _content(path: Path) -> bytes:
    return read_bounded(path, LARGEST, "a SoundFont")


class _Font:
    """A font that was read: the zones of its `instruments`, and of its `presets` as far as they sound."""

    def __init__(self, path: Path):
        self.path, self.data = path, _content(path)
        if self.data[:4] != b"RIFF" or self.data[8:12] != b"sfbk":
            keys = (path.suffix.lower(), self.data[8:12], self.data[:4])
            found = next((NO_FONTS[key] for key in keys if key in NO_FONTS), "no SoundFont")
            raise ValueError(f"{path}: {found}; sound is made with SF2 and SF3 files, give one of them")
        spans = {}
        for kind, at, end in self._chunks(12, len(self.data)):
            if kind == b"LIST":
                spans |= {name.decode("latin-1"): span for name, *span in self._chunks(at + 4, end) if name in NEEDED}
        if missing := {name.decode() for name in NEEDED} - set(spans):
            raise self.damaged(f"it has no {min(missing)!r}")
        self.sound = spans["smpl"]
        self.rows = {name: self._table(name, *spans[name]) for name in READ}
        self.instruments = self._zones("inst", "ibag", "igen", SAMPLE, len(self.rows["shdr"]) - 1)
        zones = self._zones("phdr", "pbag", "pgen", INSTRUMENT, len(self.instruments))
        sounding = [[zone for zone in preset if self.instruments[zone[INSTRUMENT]]] for preset in zones]
        heads = zip(self.rows["phdr"], sounding, strict=False)  # the last row only ends the table
        self.presets = {(bank, program): preset for (_, program, bank, _), preset in heads if preset}
        if not self.presets:
            raise self.damaged("it has no preset that sounds")

    def damaged(self, what: str) -> ValueError:
        return ValueError(f"{self.path}: a damaged SoundFont, {what}; get the file anew")

    def _chunks(self, at: int, end: int):
        """Name, start and end of the chunks in a span of the file."""
        while at + 8 <= end:
            name, size = struct.unpack_from("<4sI", self.data, at)
            at, after = at + 8, at + 8 + size
            if after > end:
                raise self.damaged(f"it ends before its {name.decode('latin-1')!r} does")
            yield name, at, after
            at = after + (size % 2 and self.data[after : after + 1] == b"\0")  # a pad byte: names begin with letters

    def _table(self, name: str, start: int, end: int) -> list[tuple]:
        row = ROWS[name]
        if start == end or (end - start) % row.size:
            raise self.damaged(f"its {name!r} has {end - start} bytes, which are no rows of {row.size}")
        return list(row.iter_unpack(memoryview(self.data)[start : min(end, start + MOST_ROWS * row.size)]))

    def _zones(self, heads: str, bags: str, generators: str, link: int, n_linked: int) -> list[list[Zone]]:
        """The zones of each row but the last of `heads`; what a first zone without link says holds for the others."""
        amounts = self.rows[generators]
        firsts = [[row[-1] for row in self.rows[heads]], [row[0] for row in self.rows[bags]]]
        for numbers, last, name in zip(firsts, (len(firsts[1]) - 1, len(amounts)), (heads, bags), strict=True):
            if numbers != sorted(numbers) or numbers[-1] > last:
                raise self.damaged(f"its {name!r} names what is not there")
        zones = [amounts[at:end] for at, end in zip(firsts[1], firsts[1][1:], strict=False)]
        own = [{kind: amount for kind, amount in zone if kind < MOST_KINDS} for zone in zones]
        if any(zone[link] >= n_linked for zone in own if link in zone):
            raise self.damaged(f"its {generators!r} names what is not there")
        found = []
        for at, end in zip(firsts[0], firsts[0][1:], strict=False):
            common = own[at] if at < end and link not in own[at] else {}
            found.append([common | zone for zone in own[at:end] if link in zone])
        return found

    def place(self, number: int) -> tuple[int, int]:
        """Where a sample's bytes are in the file."""
        name, start, end, *_, kind = self.rows["shdr"][number]
        size = 1 if kind & OGG else 2
        begin, length = self.sound[0], self.sound[1] - self.sound[0]
        if not start <= end <= length // size:
            raise self.damaged(f"its sample {name.rstrip(bytes(1)).decode('latin-1')!r} lies outside of it")
        return begin + size * start, begin + size * end

    def samples(self, number: int, most: int) -> tuple[int, bytes]:
        """How many samples one has, and their bytes, with what follows them where they were not packed."""
        start, end = self.place(number)
        if not self.rows["shdr"][number][-1] & OGG:
            return (end - start) // 2, self.data[start : min(end + 2 * GUARD, self.sound[1])]
        import soundfile

        try:
            with soundfile.SoundFile(io.BytesIO(self.data[start:end])) as file:
                if file.channels == 1 and file.frames <= most:
                    audio = file.read(dtype="int16")
                    return len(audio), audio.tobytes()
        except (soundfile.SoundFileError, TypeError) as error:
            raise self.damaged(f"a sample of it cannot be decoded ({error})") from error
        raise self.damaged("a sample of it has two channels, or is far too long")


class _Built:
    """An SF2 file that grows by what some presets need of a font."""

    def __init__(self, font: _Font, presets: frozenset[Preset], is_shaded: bool):
        self.font, self.is_shaded, self.sound = font, is_shaded, bytearray()
        self.rows = {name: [] for name in ROWS}
        self.instruments, self.samples = {}, {}  # the font's number, and the one here
        for bank, program in sorted(presets):
            self.rows["phdr"].append((b"", program, bank, len(self.rows["pbag"])))
            likely = (bank, program), (DRUMS, 0) if bank >= DRUMS else (0, program), min(font.presets)
            for zone in next(font.presets[preset] for preset in likely if preset in font.presets):
                self._add("p", zone, INSTRUMENT, self._instrument(zone[INSTRUMENT], bank == DRUMS))

    def _instrument(self, number: int, is_drum: bool) -> int:
        if (number, is_drum) not in self.instruments:
            self.instruments[number, is_drum] = len(self.instruments)
            self.rows["inst"].append((b"", len(self.rows["ibag"])))
            for zone in self.font.instruments[number]:
                for part in _by_velocity(zone, *SHADES[is_drum]) if self.is_shaded else [zone]:
                    self._add("i", part, SAMPLE, self._sample(zone[SAMPLE]))
        return self.instruments[number, is_drum]

    def _sample(self, number: int) -> int:
        if number not in self.samples:
            _, begin, _, *loop, rate, key, cents, kind = self.font.rows["shdr"][number]
            at, most = len(self.sound) // 2, (MOST_SOUND - len(self.sound)) // 2
            n, content = self.font.samples(number, most)
            if n > most:
                raise ValueError(f"{self.font.path}: what is used of it has more than {MOST_SOUND:,} bytes of sound")
            loop = loop if kind & OGG else [place - begin for place in loop]
            if not 0 <= loop[0] < loop[1] <= n + GUARD:
                loop = [n, n + GUARD]  # no loop: it goes on with the silence that follows
            self.samples[number] = len(self.samples)
            self.rows["shdr"].append((b"", at, at + n, at + loop[0], at + loop[1], rate, key, cents, 1))
            self.sound += content.ljust(2 * (n + GUARD), b"\0")
        return self.samples[number]

    def _add(self, prefix: str, zone: Zone, link: int, number: int) -> None:
        """A zone's rows: the specification wants its ranges first and its link last."""
        self.rows[f"{prefix}bag"].append((len(self.rows[f"{prefix}gen"]),))
        order = sorted(zone.keys() - {link}, key=lambda kind: (kind != KEYS, kind != VELOCITIES, kind))
        self.rows[f"{prefix}gen"] += [*((kind, zone[kind]) for kind in order), (link, number)]

    def content(self) -> bytes:
        n = {name: len(rows) for name, rows in self.rows.items()}
        if max(n.values()) >= MOST_ROWS:
            raise ValueError(f"{self.font.path}: the instruments used of it have too many zones; take a smaller font")
        ends = {"phdr": (b"EOP", 0, 0, n["pbag"]), "pbag": (n["pgen"],), "pmod": (), "pgen": (0, 0)}
        ends |= {"inst": (b"EOI", n["ibag"]), "ibag": (n["igen"],), "imod": (), "igen": (0, 0)}
        ends |= {"shdr": (b"EOS", *[0] * 8)}
        packed = {name: b"".join(row.pack(*of) for of in [*self.rows[name], ends[name]]) for name, row in ROWS.items()}
        info, sound = _chunk("ifil", struct.pack("<HH", 2, 4)), _chunk("smpl", self.sound)
        tables = b"".join(_chunk(name, rows) for name, rows in packed.items())
        lists = [_chunk("LIST", content) for content in (b"INFO" + info, b"sdta" + sound, b"pdta" + tables)]
        return _chunk("RIFF", b"sfbk" + b"".join(lists))


def _by_velocity(zone: Zone, softest: int, loudest: int, top: int) -> list[Zone]:
    """A zone as one for each of `STEPS`, the softest with the filter farthest closed; all of them dry."""
    if VELOCITIES in zone:
        return [zone]
    own = _signed(zone.get(FILTER, OPEN))
    peak = own + max(0, _signed(zone.get(ENVELOPE_TO_FILTER, 0)))
    high, low = divmod(zone.get(KEYS, 127 << 8), 256)
    softest = min(0, max(softest - max(0, peak - top), 50 * (low + high) + OVER_NOTE - peak))
    cents = [own + softest + (loudest - softest) * step // (len(STEPS) - 1) for step in range(len(STEPS))]
    shades = zip((low | high << 8 for low, high in STEPS), (max(0, min(OPEN, to)) for to in cents), strict=True)
    return [zone | {VELOCITIES: at, FILTER: to, HALL: 0} for at, to in shades]


def _signed(amount: int) -> int:
    return amount - 65_536 * (amount > 32_767)


def _chunk(name: str, content: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(content)) + content  # all have even sizes here
