"""A chord keeps its name: bass, page, piano roll, score and note types say the same of every symbol, in every key."""

import importlib.util
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import accumulate, groupby

import mido
import pytest
from conftest import ROOT, bar

from improvising.arranging import Arrangement, piece_of
from improvising.backing import backing
from music.chord_symbols import COMMON, parse_symbol
from music.chorus import Chorus
from music.keys import FLAT_ROOTS
from music.note_types import note_types
from music.notes import Note
from music.piece import Part, Piece, Solo
from preprocess import read_tune
from reading.changes import typed_chorus
from writing.lead_sheet import lead_sheet
from writing.midi import piece_bytes
from writing.page import Version, page_html
from writing.pictures import piano_roll

BASSES = ("", "/B", "/E", "/Bb", "/F#")
SYMBOLS = [f"{root}{suffix}" for suffix in COMMON for root in FLAT_ROOTS]
SYMBOLS += [f"{root}{suffix}{bass}" for suffix in ("", "m7", "7", "^7", "-7b5") for root in "CEA" for bass in BASSES]
STEPS = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))


def solo_over(chorus: Chorus) -> Solo:
    return Solo(chorus.bars, [[] for _ in chorus.bars], chorus.chords_by_bar)


def page_symbols(piece) -> list[str]:
    html = page_html([Version("Solo", piece)], {})
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html)[1])
    return [symbol for _, symbol in data["versions"][0]["chords"]]


def midi_symbols(piece) -> list[tuple[int, str]]:
    """Tick and text of each marker, as another reader finds them."""
    head = mido.MidiFile(file=io.BytesIO(piece_bytes(piece)), charset="utf-8").tracks[0]
    ticks = accumulate(message.time for message in head)
    return [(tick, message.text) for tick, message in zip(ticks, head, strict=True) if message.type == "marker"]


def score_symbols(piece) -> list[tuple[int, int, str]]:
    """Root, bass and text of each symbol in the MusicXML."""
    found = []
    for harmony in ET.fromstring(lead_sheet(piece).musicxml.encode()).iter("harmony"):
        classes = []
        for what in ("root", "bass"):
            step, alter = harmony.findtext(f"{what}/{what}-step"), harmony.findtext(f"{what}/{what}-alter", "0")
            classes.append(None if step is None else (STEPS[step] + int(alter)) % 12)
        root, bass = classes
        found.append((root, root if bass is None else bass, harmony.find("kind").get("text")))
    return found


@pytest.mark.parametrize("key", [0, 1, -4, 6])
def test_symbols_agree_everywhere(key):
    """All symbols as one tune of a bar each, typed in C and moved."""
    assert len(SYMBOLS) >= 400
    chorus = typed_chorus(" | ".join(SYMBOLS), bar(0, 4)).transposed(key)
    chords = [chord for in_bar in chorus.chords_by_bar for chord in in_bar]
    assert len(chords) == len(SYMBOLS)
    for written, chord in zip(SYMBOLS, chords, strict=True):
        before, symbol = parse_symbol(written), parse_symbol(chord.symbol)
        assert (symbol.root - before.root) % 12 == (symbol.bass - before.bass) % 12 == key % 12, written
        assert symbol.intervals == before.intervals and symbol.suffix == before.suffix, written
        assert (chord.root, chord.bass, chord.tones) == (symbol.root, symbol.bass, symbol.tones), written
        assert {pitch % 12 for pitch in chord.pitches} <= {*chord.tones, chord.bass}, written
        types = note_types(chord.tones)
        assert {tone for tone in range(12) if types[tone] == "C"} == set(chord.tones), written
    piece = piece_of(solo_over(chorus), "All", Arrangement(120))
    assert page_symbols(piece) == [chord.symbol for chord in chords]
    symbols = [parse_symbol(text) for text, _ in groupby(chord.symbol for chord in chords)]
    assert score_symbols(piece) == [(symbol.root, symbol.bass, symbol.suffix) for symbol in symbols]
    drawn = [text.get_text() for text in piano_roll(piece)[0].axes[0].texts]
    assert {chord.symbol for chord in chords} <= set(drawn)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_bass_walks_on_the_root_or_the_bass_that_is_written(symbol):
    chorus = typed_chorus(f"{symbol} | %", bar(0, 4))
    chords = solo_over(chorus).chords
    bass = backing(chords, chorus.bars, seed=0)[0].music
    assert bass[0].pitch % 12 == parse_symbol(symbol).bass
    assert bass[-1].pitch % 12 == parse_symbol(symbol).bass


def test_over_a_thirteenth_the_fifth_is_a_chord_tone_though_nobody_plays_it():
    chord = typed_chorus("C13", bar(0, 4)).chords_by_bar[0][0]
    assert 7 not in {pitch % 12 for pitch in chord.pitches}
    assert note_types(chord.tones)[7] == "C"


def test_as_typed_as_shown():
    """Without another key nothing is respelled, however it is written."""
    written = ["C^7", "D-7", "E7alt", "E7/G#", "A/C♯", "B♭Δ", "F6/9", "Gm7", "C(b9)", "C/g", "C/C", "C(b5)"]
    chorus = typed_chorus(" | ".join(written).replace("Gm7", "(Gm7)"), bar(0, 4))  # what is optional is played
    chords = [in_bar[0] for in_bar in chorus.chords_by_bar]
    assert [chord.symbol for chord in chords] == written
    assert [chord.root for chord in chords] == [0, 2, 4, 4, 9, 10, 5, 7, 0, 0, 0, 0]
    assert [chord.bass for chord in chords] == [0, 2, 4, 8, 1, 10, 5, 7, 0, 7, 0, 0]
    assert chords[8].tones == (0, 1, 4, 7) and chords[11].tones == (0, 4, 6)
    piece = piece_of(solo_over(chorus), "All", Arrangement(120))
    assert page_symbols(piece) == written
    assert midi_symbols(piece) == [(4 * 480 * number, text) for number, text in enumerate(written)]
    assert [(root, bass) for root, bass, _ in score_symbols(piece)] == [(chord.root, chord.bass) for chord in chords]


def test_no_chord_is_spelled_as_typed_everywhere():
    for text in ("N.C.", "NC", "n.c.", "n"):
        piece = piece_of(solo_over(typed_chorus(f"C | {text}", bar(0, 4))), "Silence", Arrangement(120))
        assert page_symbols(piece) == ["C", text]
        harmonies = list(ET.fromstring(lead_sheet(piece).musicxml.encode()).iter("harmony"))
        assert harmonies[1].find("kind").attrib == {"text": text} and harmonies[1].findtext("kind") == "none"


def test_no_chord_is_kept_too():
    chorus = typed_chorus("Dm7 N.C. | N.C. | G7", bar(0, 4))
    symbols = [[chord.symbol for chord in in_bar] for in_bar in chorus.chords_by_bar]
    assert symbols == [["Dm7", "N.C."], ["N.C."], ["G7"]]
    piece = piece_of(solo_over(chorus), "With a break", Arrangement(120, band=True))
    assert page_symbols(piece) == ["Dm7", "N.C.", "N.C.", "G7"]
    score = ET.fromstring(lead_sheet(piece).musicxml.encode())
    kinds = [harmony.findtext("kind") for harmony in score.iter("harmony")]
    assert kinds == ["minor-seventh", "none", "dominant"]


def composed() -> dict:
    """The chords of our tune by bar, as its composer wrote them."""
    spec = importlib.util.spec_from_file_location("compose_our_tune", ROOT / "data/compose_our_tune.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {number: module.CHORDS[number] for number in range(module.SOLO_START, module.END_START)}


def test_voicings_of_a_midi_file_are_named_with_the_bass_heard(our_tune):
    """The left hand plays without roots, and the bass goes on walking under it: most of the composed symbols are found
    again, each from the bar line or the middle of the bar where it stands."""
    tune, right, count = read_tune(our_tune), 0, 0
    for number, written in composed().items():
        for half, (_, name, *_) in enumerate(written):
            at = tune.bars[number].start + 24 * half
            chord = [chord for chord in tune.chords[number] if chord.onset <= at][-1]
            right += chord.root == parse_symbol(name).root
            count += 1
            assert {pitch % 12 for pitch in chord.pitches} <= {*chord.tones}
    assert right >= 0.8 * count, (right, count)


def tune_over(write_tune, hands, bass=()):
    """The chords of a line in eighths over voicings and a bass, (start, end, pitches), 96 ticks a quarter."""
    line = [(48 * step, 48 * step + 40, 72 + step % 5, 80) for step in range(32)]
    tracks = [("Sax", 0, line), ("Piano", 1, [(start, end, p, 70) for start, end, pitches in hands for p in pitches])]
    if bass:
        tracks.append(("Bass", 2, [(start, end, pitch, 80) for start, end, pitch in bass]))
    return read_tune(write_tune(tracks)).chords


def test_without_a_bass_an_inversion_is_the_left_hand_s_but_a_low_note_is_a_bass(write_tune):
    for low, name in ((52, "C7"), (40, "C7/E")):
        chords = tune_over(write_tune, [(384 * number, 384 * number + 380, (low, 55, 58, 60)) for number in range(4)])
        symbol = parse_symbol(name)
        assert {(chord.symbol, chord.root, chord.bass) for in_bar in chords.values() for chord in in_bar} == {
            (name, symbol.root, symbol.bass)
        }


def test_a_chord_that_is_pushed_and_held_over_bar_lines_has_one_name(write_tune):
    """Rootless Dm9 and G13, struck an eighth early, each for two bars; the bass comes on the beat."""
    dm9, g13 = (53, 57, 60, 64), (53, 57, 59, 64)
    hands = [(0, 700, dm9), (720, 1500, g13)]
    bass = [(0, 380, 38), (384, 760, 45), (768, 1140, 43), (1152, 1530, 38)]
    chords = tune_over(write_tune, hands, bass)
    assert [[chord.symbol for chord in chords[number]] for number in range(4)] == [["Dm9"], ["Dm9"], ["G13"], ["G13"]]


def test_power_chords_alone_stand_on_their_roots(write_tune):
    line = [(48 * step, 48 * step + 40, (76, 79, 84, 72)[step % 4], 90) for step in range(64)]
    hands = [(48 * step, 48 * step + 43, pitch, 80) for step in range(64) for pitch in (48, 55)]
    chords = read_tune(write_tune([("Voice", 0, line), ("Guitar", 1, hands)])).chords
    assert {(chord.root, chord.bass) for in_bar in chords.values() for chord in in_bar} == {(0, 0)}


def test_a_seventh_that_is_struck_is_named_however_rarely_its_chord_follows(write_tune):
    """Flat sixths in C minor: a seventh out of the key, over a bass that walks in roots and fifths."""
    struck = [(48, 51, 55, 58), (48, 51, 54, 56), (50, 53, 56, 60), (50, 53, 55, 59)] * 2
    hands = [(384 * n + at, 384 * n + at + 90, pitches) for n, pitches in enumerate(struck) for at in (0, 240)]
    walk = [(36, 43), (32, 39), (38, 44), (31, 38)] * 2
    bass = [(384 * n + 96 * k, 384 * n + 96 * k + 90, low[k % 2]) for n, low in enumerate(walk) for k in range(4)]
    chords = tune_over(write_tune, hands, bass)
    assert [[chord.symbol for chord in chords[number]] for number in range(4)] == [["Cm7"], ["Ab7"], ["Dm7b5"], ["G7"]]


def test_crowded_chords_all_stand_in_the_score():
    for count in (5, 6, 7, 9, 12, 16):
        symbols = [
            f"{root}m" if number % 2 else root for number, root in zip(range(count), FLAT_ROOTS * 2, strict=False)
        ]
        piece = piece_of(solo_over(typed_chorus(" ".join(symbols), bar(0, 4))), "Crowded", Arrangement(120))
        written = [(parse_symbol(text).root, parse_symbol(text).suffix) for text in symbols]
        assert [(root, suffix) for root, _, suffix in score_symbols(piece)] == written
        assert page_symbols(piece) == symbols


@pytest.mark.parametrize(
    ("written", "key", "moved"), [("Bb#11", 2, "C(#11)"), ("Bbb9", 2, "C(b9)"), ("F#b5", 1, "G(b5)")]
)
def test_an_altered_triad_moved_to_a_plain_root_stays_one(written, key, moved):
    chord = typed_chorus(written, bar(0, 4)).transposed(key).chords_by_bar[0][0]
    assert (chord.symbol, chord.root) == (moved, parse_symbol(moved).root)
    assert chord.tones == parse_symbol(moved).tones


def test_symbols_of_our_own_midi_are_the_changes_when_it_is_read_again(tmp_path):
    written = ["Dm7 G7b9", "E7/G#", "N.C.", "B♭Δ", "3/4 F#ø B0", "Csus24 C7alt C"]
    chorus = typed_chorus(" | ".join(written), bar(0, 4))
    notes = [[Note(0, 12, 60)] for _ in chorus.bars]
    piece = Piece("Again", 120, Solo(chorus.bars, notes, chorus.chords_by_bar), [Part("Sax", 66, 0, [])])
    piece = replace(piece, parts=[Part("Sax", 66, 0, piece.solo.notes)])
    (tmp_path / "again.mid").write_bytes(piece_bytes(piece))
    tune = read_tune(tmp_path / "again.mid")
    found = [[chord.symbol for chord in in_bar] for in_bar in tune.chords.values()]
    assert found == [[chord.symbol for chord in in_bar] for in_bar in chorus.chords_by_bar]
    assert [bar.meter for bar in tune.bars.values()] == [bar.meter for bar in chorus.bars]


def test_markers_name_what_is_struck(write_tune):
    marks = [mido.MetaMessage("marker", text=text, time=time) for text, time in (("Dm11", 0), ("G7sus4", 768))]
    line = [(48 * step, 48 * step + 40, 72 + step % 5, 80) for step in range(32)]
    hands = [(384 * number, 384 * number + 380, pitch, 70) for number in range(4) for pitch in (53, 57, 60)]
    path = write_tune([("Sax", 0, line), ("Piano", 1, hands)])
    file = mido.MidiFile(path)
    file.tracks.insert(0, mido.MidiTrack(marks))
    file.save(path)
    tune = read_tune(path)
    assert [tune.chords[number][0].symbol for number in range(4)] == ["Dm11", "Dm11", "G7sus4", "G7sus4"]
    assert tune.chords[0][0].tones == (0, 2, 4, 5, 7, 9) and tune.strikes[0][0].pitches == (53, 57, 60)
    assert "chords: 2 symbols, from the file's markers" in tune.told


BAR = 4 * 480


def marked(tmp_path, events, kind="marker", beside=()):
    """The symbols of each bar of a melody of four bars, with the beats they begin on, where texts stand at ticks."""
    head, line = mido.MidiTrack(), mido.MidiTrack()
    now = 0
    for tick, what, text in sorted([*((tick, kind, text) for tick, text in events), *beside], key=lambda one: one[0]):
        head.append(mido.MetaMessage(what, text=text, time=tick - now))
        now = tick
    for step in range(16):
        line.append(mido.Message("note_on", note=62 + step % 5, velocity=80))
        line.append(mido.Message("note_off", note=62 + step % 5, time=480))
    mido.MidiFile(tracks=[head, line], ticks_per_beat=480).save(tmp_path / "marked.mid")
    tune = read_tune(tmp_path / "marked.mid")
    found = [[(chord.offset % 4, chord.symbol) for chord in in_bar] for in_bar in tune.chords.values()]
    return found if "from the file's markers" in tune.told[-1] else None


def a_bar(*symbols):
    return [(BAR * number, symbol) for number, symbol in enumerate(symbols)]


@pytest.mark.parametrize("kind", ["marker", "text", "lyrics", "cue_marker"])
def test_texts_are_changes_wherever_a_program_writes_them(tmp_path, kind):
    assert marked(tmp_path, a_bar("Dm7", "G7", "Cmaj7", "A7alt"), kind) == [
        [(0, "Dm7")], [(0, "G7")], [(0, "Cmaj7")], [(0, "A7alt")],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (a_bar("C", "F", "G", "C"), "C F G C"),  # plain triads
        (a_bar("C", "Am", "F", "G"), "C Am F G"),
        (a_bar("Am", "A", "Dm", "E7"), "Am A Dm E7"),
        (a_bar("Dm7", "N.C.", "| G7 |", "n"), "Dm7 N.C. G7 n"),
        (a_bar("[Dm7]", '"G7"', "C:maj7", "Bb:7"), "Dm7 G7 Cmaj7 Bb7"),
        ([(0, "A"), (2 * BAR, "B"), *a_bar("Dm7", "G7", "Cm7", "F7")], "Dm7 G7 Cm7 F7"),  # with sections
        ([(0, "A"), *a_bar("Dm7", "G7", "Cm7", "F7")], "Dm7 G7 Cm7 F7"),
        ([(0, "Intro"), (2 * BAR, "Head"), *a_bar("F", "C", "G", "C")], "F C G C"),
        (a_bar("A", "B", "A", "C"), None),  # sections alone
        (a_bar("A"), None),
        (a_bar("Em"), None),
        (a_bar("Verse", "Chorus", "Dm7", "Outro"), None),
    ],
)
def test_letters_name_sections_or_chords(tmp_path, events, found):
    expected = [[(0, symbol)] for symbol in found.split()] if found else None
    assert marked(tmp_path, events) == expected


def test_symbols_of_one_marker_share_the_bar(tmp_path):
    assert marked(tmp_path, a_bar("Dm7 G7", "C F G", "Am", "D7, G7"))[1:] == [
        [(0, "C"), (2, "F"), (3, "G")],
        [(0, "Am")],
        [(0, "D7"), (2, "G7")],
    ]
    assert marked(tmp_path, [(0, "Dm7"), (960, "G7"), (BAR - 15, "C F")])[:2] == [
        [(0, "Dm7"), (2, "G7")],
        [(0, "C"), (2, "F")],
    ]
