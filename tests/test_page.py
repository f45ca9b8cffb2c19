"""The page in a real browser: Chromium, opened from disk, driven by Playwright. Without either, those tests are skipped
and say why; in CI that is a failure."""

import base64
import html.parser
import io
import json
import re
import time
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise
from operator import itemgetter

import mido
import numpy as np
import pytest
from conftest import ROOT, bar, solo_of

from improvising.arranging import Arrangement, piece_of
from music.note_types import sounding_chord
from music.notes import Note, Nuance
from music.piece import Piece, Solo, lay_out
from music.units import to_steps
from preprocess import read_tune
from writing import engraving, samples, sound
from writing.midi import midi_bytes
from writing.page import Copy, Version, page_html, version_of

PARTS = ["Solo", "Chords", "Bass", "Drums"]
# Notes what the page asks of the browser's sound: each sample that is started, and each click of the count-in. `cuts`:
# when a sample shall stop; where the music was broken off, it was told so again, at the moment `last`.
LISTEN = """
    window.struck = [], window.clicks = [];
    const { connect } = AudioNode.prototype, { start, stop } = AudioBufferSourceNode.prototype;
    const beat = OscillatorNode.prototype.start, { setValueAtTime, setTargetAtTime } = AudioParam.prototype;
    AudioNode.prototype.connect = function (to, ...more) { this.leadsTo = to; return connect.call(this, to, ...more); };
    AudioParam.prototype.setValueAtTime = function (value, when) {
        this.level = value;
        return setValueAtTime.call(this, value, when);
    };
    AudioParam.prototype.setTargetAtTime = function (value, when, slowness) {
        this.released ??= when;
        return setTargetAtTime.call(this, value, when, slowness);
    };
    AudioBufferSourceNode.prototype.start = function (when, offset, long) {
        const fader = this.leadsTo, { level, released } = fader.gain, rate = this.playbackRate.value;
        const late = this.context.currentTime - when;
        const told = { when, offset, rate, level, seconds: released - when, late, cuts: [] };
        Object.defineProperty(told, "bus", { value: fader.leadsTo });
        struck.push(this.told = told);
        return start.call(this, when, offset, long);
    };
    AudioBufferSourceNode.prototype.stop = function (when) {
        this.told.cuts.push(when);
        this.told.last = this.context.currentTime;
        return stop.call(this, when);
    };
    OscillatorNode.prototype.start = function (when) {
        clicks.push({ when, pitch: this.frequency.value });
        return beat.call(this, when);
    };
"""
NASTY = "</script><script>window.hacked = 1</script> & \"it's\" <img src=x onerror='window.hacked = 1'> {{data}} \\1"


def our_solo(n_bars: int, first: int = 0) -> Solo:
    """Bars of our own tune's solo over its chords."""
    solo, bars = read_tune(ROOT / "data/our_tune.mid").solo, slice(first, first + n_bars)
    return Solo(lay_out(solo.bars[bars]), solo.notes_by_bar[bars], solo.chords_by_bar[bars])


@cache
def our_piece(n_bars: int, tempo: float = 130.0) -> Piece:
    """The first bars of it for a guitar, a piano, a bass and a cymbal."""
    return piece_of(our_solo(n_bars), "A solo after our tune", Arrangement(tempo, band=True))


def empty_piece(n_bars: int) -> Piece:
    return Piece("Nothing", 120, solo_of([bar(4.0 * number, 4.0) for number in range(n_bars)]))


def our_copy(tempo: float = 130.0) -> Copy:
    """The solo's notes 2 to 9, as if they stood in two other bars of the tune."""
    return Copy(2, 9, "bars 3 to 4", piece_of(our_solo(2, first=2), "Our tune, bars 3 to 4", Arrangement(tempo)))


def sampled_for(*pieces: Piece) -> samples.Sampled:
    if sound.missing():
        pytest.skip(sound.missing())
    return samples.sampled(samples.ranges([part for piece in pieces for part in piece.parts]))


@cache
def our_samples() -> samples.Sampled:
    return sampled_for(*map(our_piece, (2, 4, 18)))  # they do not end on the same drum


def struck_in(piece: Piece) -> dict[str, list[tuple[float, float, int, int]]]:
    """What the piece's MIDI file strikes, by the track's name: (onset, length, key, velocity), times in quarters."""
    struck = {}
    for track in mido.MidiFile(file=io.BytesIO(midi_bytes(piece.parts, piece.tempo))).tracks[1:]:
        held, strokes = {}, struck.setdefault(track.name, [])
        for now, message in zip(accumulate(message.time for message in track), track, strict=True):
            if message.type in ("note_on", "note_off") and message.note in held:
                start, velocity = held.pop(message.note)
                strokes.append((start / 480, (now - start) / 480, message.note, velocity))
            if message.type == "note_on" and message.velocity:
                held[message.note] = (now, message.velocity)
        strokes.sort()
    return struck


def engraved(piece) -> tuple[list[str], list[str]]:
    """A stand-in for the engraver: two pages with a measure for each bar and a notehead for each note, and the ids."""
    half, pages = (len(piece.solo.bars) + 1) // 2, []
    for first in (0, half):
        measures = ""
        for number in range(first, min(first + half, len(piece.solo.bars))):
            heads = "".join(
                f'<g class="note" id="n{index}"><ellipse cx="{100 * (number - first) + 24 * (note.offset % 4)}" '
                'cy="20" rx="5" ry="4"/></g>'
                for index, note in enumerate(piece.solo.notes)
                if note.offset // 4 == number
            )
            lines = "".join(f'<path d="M{100 * (number - first)} {y} h100" stroke="black"/>' for y in (10, 20, 30))
            measures += f'<g class="measure"><g class="staff">{lines}{heads}</g></g>'
        pages.append(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{100 * half}px" height="60px"><defs/>{measures}</svg>'
        )
    return pages, [f"n{index}" for index in range(len(piece.solo.notes))]


def our_version(name="Solo 1", n_bars=18, score=True, tempo=130.0, **more) -> Version:
    piece = our_piece(n_bars, tempo)
    pages, ids = engraved(piece) if score else ([], [])
    return Version(name, piece, pages, note_ids=ids, **more)


def symbols_of(version: Version) -> list[str]:
    return [chord.symbol for chord in version.piece.solo.chords]


def with_symbol(version: Version, symbol: str) -> Version:
    """The version with all its chords called like that."""
    solo = version.piece.solo
    chords = [[chord._replace(symbol=symbol) for chord in in_bar] for in_bar in solo.chords_by_bar]
    return replace(version, piece=replace(version.piece, solo=replace(solo, chords_by_bar=chords)))


def data_of(text: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


# --- What is written --------------------------------------------------------------------------------------------------


def test_the_data_are_the_piece():
    version = our_version(links={"MIDI": "my_music.midi"}, facts={"copied": "12 %"}, copies=[our_copy()])
    [data], solo = data_of(page_html([version], {}))["versions"], version.piece.solo
    assert [tuple(note[:3]) for note in data["notes"]] == [
        (pytest.approx(note.offset), pytest.approx(note.quarter_length), note.pitch) for note in solo.notes
    ]
    assert "".join(note[3] for note in data["notes"]) == solo.types
    assert [name for _, name in data["chords"]] == symbols_of(version)
    assert data["bars"][17] == [68.0, 4.0, [1.0, 1.0, 1.0, 1.0]] and data["length"] == 72.0
    assert (data["links"], data["facts"]) == ([["MIDI", "./my_music.midi"]], [["copied", "12 %"]])
    assert {name: [tuple(stroke) for stroke in part] for name, part in data["parts"].items()} == {
        name: [(pytest.approx(at), pytest.approx(long, abs=1e-6), key, velocity) for at, long, key, velocity in part]
        for name, part in struck_in(version.piece).items()
    }
    [[first, last, where, passage]] = data["copies"]
    assert (first, last, where, passage["length"]) == (2, 9, "bars 3 to 4", 8.0)
    assert len(passage["notes"]) == len(our_copy().passage.solo.notes) and "Chords" in passage["parts"]


def test_who_is_bent_tells_when_and_how_far_and_all_are_where_they_are_played():
    solo = solo_of([bar(0.0, 4.0)], [Note(0, 12, 60, 80), Note(12, 6, 62, 70), Note(24, 12, 60, 60)])
    bends = ((0.0, -1.0), (0.125, 0.0))
    played = [[Nuance(0.05, 0.75), Nuance(-0.025, 0.5, bends), Nuance(0.0, 1.0, ((0.25, 2.0),))]]
    piece = piece_of(replace(solo, nuances_by_bar=played), "Bent", Arrangement(112.5, program=66))
    [data] = data_of(page_html([Version("Solo 1", piece)], {}))["versions"]
    assert data["parts"]["Solo"] == [
        [0.05, 0.75, 60, 80],
        [0.975, 0.5, 62, 70, [[0.0, -1.0], [0.125, 0.0]]],
        [2.0, 1.0, 60, 60, [[0.25, 2.0]]],
    ]
    assert [note[:2] for note in data["notes"]] == [[0.0, 1.0], [1.0, 0.5], [2.0, 1.0]]  # as written, in the roll
    assert data["plays"] == "Tenor Sax and piano, 112.5 quarters a minute"


def test_texts_stay_texts():
    version = our_version(NASTY, 1, links={NASTY: "javascript:alert(1)"}, facts={NASTY: NASTY}, score=False)
    version = replace(with_symbol(version, NASTY), copies=[Copy(0, 3, NASTY, our_copy().passage)])
    text = page_html([version], {"title": NASTY, "settings": {NASTY: NASTY}})
    tags, texts = [], []
    reader = html.parser.HTMLParser()
    reader.handle_starttag = lambda tag, attributes: tags.append((tag, attributes))
    reader.handle_data = texts.append
    reader.feed(text)
    assert [attributes for tag, attributes in tags if tag == "script"] == [
        [("type", "application/json"), ("id", "data")],
        [("type", "text/plain"), ("id", "samples")],
        [],
    ]
    assert not [tag for tag, _ in tags if tag == "img"] and "".join(texts).count(NASTY) == 4
    [data] = data_of(text)["versions"]
    assert data["name"] == data["chords"][0][1] == data["facts"][0][0] == data["copies"][0][2] == NASTY
    assert data["links"] == [[NASTY, "./javascript%3Aalert%281%29"]]


def test_the_page_needs_no_network_and_is_small():
    text = page_html([our_version()], {"title": "x"}, our_samples())
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text and "connect-src" not in text and "{{" not in text
    assert base64.b64encode(our_samples().mp3).decode() in text
    assert len(page_html([Version("n", empty_piece(0))], {}).encode()) < 60_000


def test_with_scores_and_the_samples_of_a_guitar_and_a_piano_it_is_below_a_megabyte_and_a_half():
    duo = piece_of(our_solo(18), "A solo", Arrangement(130))
    assert {part.program for part in duo.parts} == {26, 0}
    sampled = sampled_for(duo)
    versions = [version_of(duo, name, with_score=True) for name in ("The solo", "The source")]
    assert len(page_html(versions, {"title": "x"}, sampled).encode()) < 1_500_000


def test_the_same_music_gives_the_same_page_from_any_folder(tmp_path, monkeypatch):
    pages = []
    for folder in (ROOT, tmp_path):
        monkeypatch.chdir(folder)
        pages.append(page_html([our_version()], {"title": "x\udcff"}))  # as a file's name can be
    assert pages[0] == pages[1] and pages[0].encode(errors="replace")


def test_what_does_not_fit_together_is_refused():
    version = our_version(n_bars=1)
    with pytest.raises(AssertionError, match="Solo 1: an id for each note"):
        page_html([replace(version, note_ids=["n0"])], {})
    with pytest.raises(AssertionError, match="Solo 1: a copy of notes that are not there"):
        page_html([replace(version, copies=[our_copy()])], {})
    with pytest.raises(AssertionError, match="needs a version"):
        page_html([], {})


# --- In the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page of these versions from disk; in the end there must have been no error and no request but to disk."""
    contexts, errors, requests = [], [], []

    def open_it(*versions, story=None, sampled=None, width=1200, script="", **context):
        path, story = tmp_path / f"page{len(contexts)}.html", story or {"title": "A solo", "settings": {"seed": "0"}}
        path.write_text(page_html(list(versions), story, sampled), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **context))
        opened = contexts[-1].new_page()
        opened.add_init_script(script or LISTEN)
        opened.set_default_timeout(5000)
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("request", lambda request: requests.append(request.url))
        opened.goto(path.as_uri())
        opened.errors = errors
        return opened

    yield open_it
    for context in contexts:
        context.close()
    assert not errors
    assert not [url for url in requests if not url.startswith(("file://", "data:"))] and requests


def until(opened, condition, seconds: float = 15.0):
    """Ask until it is so; the page's own policy forbids what Playwright would wait with."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to that"
        opened.wait_for_timeout(20)
    return found


def cursor(opened) -> float:
    """Where the cursor stands, in quarters."""
    return float(re.search(r"[\d.]+", opened.get_attribute("#cursor", "transform"))[0]) / 34


def click_at(opened, quarters: float) -> None:
    x = quarters * 34
    opened.evaluate("x => document.getElementById('roll-box').scrollLeft = x - 100", x)
    opened.locator("#roll").click(position={"x": x, "y": 60})


def lit(opened) -> dict:
    return opened.evaluate(
        """() => ({
            notes: [...document.querySelectorAll("#roll .note")].flatMap((e, i) => e.matches(".on") ? [i] : []),
            chords: [...document.querySelectorAll(".chord.on text")].map(e => e.textContent),
            heads: [...document.querySelectorAll("#score .sounding")].map(e => e.id),
            measures: [...document.querySelectorAll("#score .measure")].flatMap(
                (e, i) => e.querySelector(".lit") ? [i] : []),
        })"""
    )


@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "no sound"])
def test_it_plays_and_the_cursor_moves_in_time(open_page, has_sound):
    opened = open_page(our_version(), sampled=our_samples() if has_sound else None)
    assert opened.get_by_text("There is no sound here").is_visible() != has_sound
    opened.get_by_role("button", name="Play", exact=True).click()
    both = "[performance.now() / 1000, Number(document.getElementById('seek').value)]"
    moved = [until(opened, lambda least=least: (now := opened.evaluate(both))[1] > least and now) for least in (0.5, 4)]
    (start, first), (end, second) = moved
    assert (second - first) * 60 / 130 == pytest.approx(end - start, abs=0.2)
    opened.get_by_role("button", name="Pause").click()
    stopped = cursor(opened)
    assert stopped == pytest.approx(float(opened.locator("#seek").input_value()), abs=0.01)
    opened.wait_for_timeout(150)
    assert cursor(opened) == stopped >= second
    assert bool(opened.evaluate("struck.length")) == has_sound


def test_what_sounds_is_lit_in_roll_and_score(open_page):
    version = our_version()
    opened, solo = open_page(version), version.piece.solo
    for index in range(0, len(solo.notes), 23):
        note = solo.notes[index]
        click_at(opened, note.offset + note.quarter_length / 2)
        place = cursor(opened)
        assert place == pytest.approx(note.offset + note.quarter_length / 2, abs=0.05)
        chord = sounding_chord(solo.chords, to_steps(place)).symbol
        bar = int(place // 4)
        assert lit(opened) == {"notes": [index], "chords": [chord], "heads": [f"n{index}"], "measures": [bar]}
        assert opened.inner_text("#chord") == chord
        seconds = int(place * 60 / 130 + 1e-3)
        beat = f"Bar {bar + 1} of 18, beat {int(place % 4) + 1}"
        assert opened.inner_text("#place") == f"{beat} · 0:{seconds:02d} of 0:33"


def test_chords_light_up_one_after_the_other_while_it_plays(open_page):
    version = our_version(n_bars=6, tempo=900)
    opened = open_page(version)
    opened.evaluate(
        """() => { window.seen = []; new MutationObserver(changes => changes.forEach(change => {
            if (change.target.matches(".chord.on")) seen.push(change.target.querySelector("text").textContent);
        })).observe(document.getElementById("roll"), { subtree: true, attributeFilter: ["class"] }); }"""
    )
    opened.keyboard.press(" ")
    opened.get_by_text("Bar 6 of 6").wait_for()
    opened.get_by_role("button", name="Play").wait_for()  # it stops by itself at the end
    seen, names = opened.evaluate("seen"), iter(symbols_of(version))
    assert all(name in names for name in seen) and len(seen) > len(symbols_of(version)) / 3
    assert cursor(opened) == pytest.approx(24)
    opened.keyboard.press(" ")
    assert cursor(opened) < 24  # from the start again


@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "no sound"])
def test_keys(open_page, has_sound):
    opened = open_page(our_version(), our_version("Solo 2"), sampled=our_samples() if has_sound else None)
    for number in range(2, 8):
        opened.keyboard.press("ArrowRight")
        assert opened.inner_text("#place").startswith(f"Bar {number} of 18, beat 1 ")
    opened.keyboard.press("ArrowLeft")
    assert cursor(opened) == pytest.approx(20, abs=0.01)
    for focus in ("#play", "#seek", "#versions button >> nth=0", "#roll-box", "#score", "body"):
        opened.locator(focus).focus()
        opened.keyboard.press(" ")
        opened.get_by_role("button", name="Pause").wait_for()
        opened.keyboard.press(" ")
        opened.get_by_role("button", name="Play", exact=True).wait_for()
    opened.locator("#seek").focus()
    before = cursor(opened)
    opened.keyboard.press("ArrowRight")
    assert 0 < cursor(opened) - before <= 4.01
    opened.locator("#versions button >> nth=1").focus()
    opened.keyboard.press(" ")
    assert opened.get_attribute("#versions button >> nth=1", "aria-pressed") == "true"
    opened.keyboard.press("1")
    assert opened.get_attribute("#versions button >> nth=0", "aria-pressed") == "true"


def test_the_focus_can_be_seen(open_page):
    version = our_version(n_bars=2, links={"MIDI": "a.midi"}, copies=[our_copy()])
    opened = open_page(version, our_version("Solo 2"), sampled=our_samples())
    reached = []
    for _ in range(21):
        opened.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert opened.evaluate(f"{style}.outlineStyle + {style}.outlineWidth") == "solid3px"
        name = "(e => e.id || e.getAttribute('aria-label') || e.textContent)(document.activeElement)"
        reached.append(opened.evaluate(name))
    faders = [name for part in PARTS for name in (f"{part}, volume", f"Mute {part}")]
    copy = "Bar 1: 8 values, as in bars 3 to 4 of the source"
    before = ["play", "seek", "Solo 1", "Solo 2", "roll-box", "Bar 1", "Bar 2", "speed", "loop", "count-in"]
    assert reached == [*before, *faders, copy, "score", "MIDI"]


def test_everything_has_a_name_and_ids_are_unique(open_page):
    opened = open_page(our_version(facts={"copied": "12 %"}, copies=[our_copy()]), our_version("Solo 2"))
    opened.get_by_role("button", name="as in bars 3 to 4").click()
    nameless = """[...document.querySelectorAll("button, input, section, a, [role=group], [role=img]")].filter(e =>
        !e.hidden && !e.getAttribute("aria-label") && !(e.closest("label") || e).textContent.trim()
    ).map(e => e.outerHTML)"""
    assert opened.evaluate(nameless) == []
    ids = opened.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert opened.get_by_role("slider", name="Position").get_attribute("aria-valuetext").startswith("Bar 1 of 18, ")
    assert opened.get_by_role("row", name="copied 12 %").is_visible()
    assert opened.get_by_role("heading", level=1).inner_text() == opened.title() == "A solo"


@pytest.mark.parametrize("width", [320, 390, 600, 1200])
def test_nothing_overflows_and_the_roll_follows_in_its_box(open_page, width):
    copies = [our_copy(), our_copy()._replace(first=40, last=65, where="x" * 90)]
    version = our_version("A name " * 12, facts={"a measure " * 5: "x" * 90}, links={"MusicXML " * 9: "a.xml"})
    version = replace(version, copies=copies)
    story = {"title": "solo" * 40, "settings": {"seed" * 20: "0" * 90}}
    opened = open_page(version, our_version("Solo 2"), story=story, width=width)
    for number in range(1, 18, 2):
        opened.get_by_role("button", name=f"Bar {number}", exact=True).click()
    opened.get_by_role("button", name="as in xxx").click()
    opened.get_by_role("button", name="Hear: The solo, bars 5 to 7").wait_for()
    opened.get_by_role("button", name="Pause").click()
    for _ in range(15):
        opened.keyboard.press("ArrowRight")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    box, line = opened.locator("#roll-box").bounding_box(), opened.locator("#cursor").bounding_box()
    assert box["x"] < line["x"] < box["x"] + box["width"]
    assert opened.evaluate("document.getElementById('roll-box').scrollLeft") > 0


def test_a_hand_may_look_around_while_it_plays(open_page):
    opened = open_page(our_version())
    opened.keyboard.press(" ")
    opened.locator("#roll-box").dispatch_event("wheel")
    opened.evaluate("document.getElementById('roll-box').scrollLeft = 900")
    before = cursor(opened)
    until(opened, lambda: cursor(opened) > before + 0.4)
    assert opened.evaluate("document.getElementById('roll-box').scrollLeft") == 900


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_roll_glides_only_where_motion_is_welcome(open_page, motion):
    opened = open_page(our_version(score=False, tempo=600), width=390, reduced_motion=motion)
    opened.evaluate(
        """() => {
            window.places = new Set();
            const box = document.getElementById("roll-box");
            box.addEventListener("scroll", () => { places.add(box.scrollLeft); });
        }"""
    )
    opened.keyboard.press(" ")
    until(opened, lambda: cursor(opened) > 12)
    n_places = opened.evaluate("places.size")
    assert n_places <= 4 if motion == "reduce" else n_places > 10


def test_another_solo_is_heard_from_the_same_place_on(open_page):
    # Slow, so that all of this happens in one bar.
    solo = our_version(n_bars=5, tempo=40, facts={"copied": "12 %"})
    source = our_version("The source", 4, tempo=30, score=False, links={"MIDI": "source.midi"})
    opened = open_page(solo, our_version("Another", 6, tempo=40, score=False), source, sampled=our_samples())
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press(" ")
    for name, n_bars in (("The source", 4), ("Another", 6), ("Solo 1", 5)):
        opened.get_by_role("button", name="Pause").wait_for()
        before = cursor(opened)
        opened.get_by_role("button", name=name).click()
        assert before <= cursor(opened) < before + 1
        assert opened.inner_text("#place").startswith(f"Bar 2 of {n_bars}, ")
        assert opened.inner_text("#roll-name") == name
        assert opened.locator("#roll .note").count() == len(our_piece(n_bars).solo.notes)
        assert opened.locator("#score-part").is_visible() == opened.locator("#facts").is_visible() == (name == "Solo 1")
        assert opened.locator("#links a").count() == (name == "The source")
    opened.keyboard.press(" ")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    opened.get_by_role("button", name="The source").click()
    assert cursor(opened) == pytest.approx(16)  # a shorter one: its end


def test_sound_that_is_none_leaves_a_cursor_that_runs(open_page):
    opened = open_page(our_version(), sampled=our_samples()._replace(mp3=b"this is no sound"))
    opened.keyboard.press(" ")
    opened.get_by_text("There is no sound here").wait_for()
    opened.get_by_role("button", name="Pause").wait_for()
    until(opened, lambda: cursor(opened) > 1)
    assert opened.evaluate("struck") == []


def test_a_device_that_does_not_run_leaves_a_cursor_that_runs(open_page):
    refused = """
        Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
        AudioContext.prototype.resume = () => new Promise(() => {});
    """
    opened = open_page(our_version(), sampled=our_samples(), script=LISTEN + refused)
    assert not opened.locator("#silent").is_visible()
    opened.keyboard.press(" ")
    opened.get_by_text("There is no sound here").wait_for()
    until(opened, lambda: cursor(opened) > 1)


def test_missing_parts_leave_a_page(open_page):
    for piece in (empty_piece(0), empty_piece(1)):
        opened = open_page(Version("Nothing", piece), story={})
        for key in (" ", "ArrowRight", "ArrowLeft", "2"):
            opened.keyboard.press(key)
        assert opened.locator("#play").is_disabled() == (not piece.solo.bars)
        beat, of = (r"Bar 1 of 1, beat \d", "0:02") if piece.solo.bars else ("No bars", "0:00")
        assert re.fullmatch(rf"{beat} · 0:0\d of {of}", opened.inner_text("#place"))
        assert opened.get_by_text("The solo has no notes.").is_visible()
        empty = "#score-part, #copies-part, #facts-part, #links-part, #versions, #mixer, #live"
        assert not opened.locator(empty).filter(visible=True).count()


def test_a_score_without_ids_lights_measures_only_and_one_of_other_measures_nothing(open_page):
    version = our_version()
    opened = open_page(replace(version, note_ids=[]), replace(version, score_svgs=version.score_svgs[:1], note_ids=[]))
    click_at(opened, 41.0)
    assert (lit(opened)["heads"], lit(opened)["measures"]) == ([], [10])
    opened.keyboard.press("2")
    assert (lit(opened)["heads"], lit(opened)["measures"]) == ([], [])


def test_ids_may_be_several_none_or_unknown(open_page):
    version = our_version()
    ids = ["n0 n1", "", "not there", *version.note_ids[3:]]
    opened = open_page(replace(version, note_ids=ids))
    heads = []
    for note in version.piece.solo.notes[:4]:
        click_at(opened, note.offset + note.quarter_length / 2)
        heads.append(lit(opened)["heads"])
    assert heads == [["n0", "n1"], [], [], ["n3"]]


def test_other_meters_are_counted_in_their_own_beats(open_page):
    solo = Solo([bar(0.0, 3.0, (6, 8)), bar(3.0, 3.0, (3, 4)), bar(6.0, 3.5, (7, 8))], [[]] * 3, [[]] * 3)
    opened = open_page(Version("Waltz", replace(empty_piece(0), solo=solo)))
    places = []
    for quarters in (2.6, 5.6, 7.9, 9.0):
        click_at(opened, quarters)
        places.append(opened.inner_text("#place").partition(" · ")[0])
    assert places == ["Bar 1 of 3, beat 2", "Bar 2 of 3, beat 3", "Bar 3 of 3, beat 2", "Bar 3 of 3, beat 3"]


def test_nothing_but_the_pages_own_script_runs(open_page):
    version = our_version(NASTY, 1, facts={NASTY: NASTY}, links={NASTY: "javascript:window.hacked=1"})
    parts = [part._replace(name=NASTY) for part in version.piece.parts[:1]]
    version = replace(
        version, piece=replace(version.piece, parts=parts), copies=[Copy(0, 3, NASTY, our_copy().passage)]
    )
    evil = version.score_svgs[0].replace(
        "<defs/>", "<script>window.hacked = 1</script><g onclick='window.hacked = 1' id='trap'><rect/></g>"
    )
    version = with_symbol(replace(version, score_svgs=[evil, "<svg>not closed"]), NASTY)
    sampled = our_samples()._replace(starts={NASTY: our_samples().starts["Solo"]})
    opened = open_page(version, version, story={"title": NASTY, "settings": {"seed": NASTY}}, sampled=sampled)
    opened.locator("#trap").dispatch_event("click")
    opened.locator("#copies button").click()
    opened.locator("#beside button >> nth=1").click()
    opened.locator("#mixer button").click()
    until(opened, lambda: opened.evaluate("struck.length"))
    assert opened.evaluate("window.hacked") is None and opened.locator("#score > svg").count() == 1
    assert opened.inner_text("h1") == " ".join(NASTY.split())
    # The browser says that it has refused them; anything else would be an error of ours.
    assert all("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()


# --- What is heard ----------------------------------------------------------------------------------------------------


@pytest.fixture
def listen(open_page):
    """Open a page with sound; `heard()` tells what was struck and not broken off, by part: (moment, seconds, key,
    level)."""

    def open_it(*versions, **more):
        opened, sampled = open_page(*versions, sampled=our_samples(), **more), our_samples()
        samples_by_start = {start: (part, key) for part, keys in sampled.starts.items() for key, start in keys.items()}

        def heard() -> dict[str, list[tuple[float, float, int, float]]]:
            found = defaultdict(list)
            for told in opened.evaluate("struck.filter(told => told.cuts.length < 2)"):
                part, key = samples_by_start[told["offset"]]
                bend = 12 * np.log2(told["rate"])
                assert bend == pytest.approx(round(bend), abs=1e-3) and abs(bend) < (0.1 if part == "Drums" else 3.1)
                found[part].append((told["when"], told["seconds"], key + round(bend), told["level"]))
            return {part: sorted(strokes) for part, strokes in found.items()}

        opened.heard = heard
        return opened

    return open_it


def among(piece: Piece, spans: list[tuple[float, float]]) -> dict[str, list[tuple[float, float, int, int]]]:
    """What is struck in these spans, played one after the other, each note no longer than its span."""
    found = {part: [] for part in struck_in(piece)}
    passed = 0.0
    for first, last in spans:
        for part, strokes in struck_in(piece).items():
            found[part] += [
                (at - first + passed, min(long, last - at), key, velocity)
                for at, long, key, velocity in strokes
                if first <= at < last
            ]
        passed += last - first
    return found


def assert_played(heard, wanted, quarter: float) -> None:
    """That all parts were struck as wanted and nothing else was; a `quarter` lasts so many seconds."""
    assert {part: len(strokes) for part, strokes in heard.items()} == {
        part: len(strokes) for part, strokes in wanted.items() if strokes
    }
    first = min(at for strokes in wanted.values() for at, *_ in strokes) * quarter
    start = min(when for strokes in heard.values() for when, *_ in strokes) - first
    for part, strokes in heard.items():
        loud, by_moment = {}, itemgetter(0, 2)
        both = zip(sorted(strokes, key=by_moment), sorted(wanted[part], key=by_moment), strict=True)
        for (when, seconds, key, level), (at, long, wanted_key, velocity) in both:
            assert key == wanted_key
            assert when - start == pytest.approx(at * quarter, abs=0.002)
            assert seconds == pytest.approx(4 if part == "Drums" else long * quarter, abs=0.002)
            loud[velocity] = level / velocity**2
        assert max(loud.values()) == pytest.approx(min(loud.values()), rel=1e-4)


def play_to_the_end(opened) -> None:
    opened.locator("#play").click()
    opened.get_by_role("button", name="Pause").wait_for()
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_what_is_struck_is_what_the_midi_says(listen, speed):
    version = our_version(n_bars=4, tempo=300)
    opened = listen(version)
    opened.locator("#speed").fill(str(speed))
    assert opened.inner_text("#speed-told") == f"{speed:.2f}"
    assert opened.inner_text("#place").endswith(f"0:00 of 0:0{int(3.2 / speed)}")
    play_to_the_end(opened)  # and nothing is cut there: the last notes ring
    assert_played(opened.heard(), struck_in(version.piece), 0.2 / speed)
    assert set(opened.heard()) == set(PARTS) and not opened.evaluate("clicks.length")


def test_after_a_jump_the_music_goes_on_from_there(listen):
    version = our_version(n_bars=4, tempo=120)
    opened = listen(version)
    opened.keyboard.press(" ")
    until(opened, lambda: cursor(opened) > 1)
    opened.keyboard.press("ArrowRight")
    until(opened, lambda: cursor(opened) > 5)
    onsets = sorted({at for strokes in struck_in(version.piece).values() for at, *_ in strokes if 8 <= at < 12})
    _, before = max((after - at, at) for at, after in pairwise(onsets))
    place = before + 0.1
    click_at(opened, place)
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    assert_played(opened.heard(), among(version.piece, [(place, 16)]), 0.5)


def test_what_was_planned_before_a_pause_is_not_heard_after_it(listen):
    opened = listen(our_version(n_bars=4))
    for _ in range(12):
        opened.evaluate("struck.length = 0")
        opened.keyboard.press(" ")
        before = cursor(opened)
        until(opened, lambda before=before: cursor(opened) > before + 0.7)
        opened.keyboard.press(" ")
        assert not opened.heard()
        told = opened.evaluate("struck")
        planned = [one for one in told if one["last"] < one["when"]]
        assert all(one["cuts"][-1] < one["when"] for one in planned)
        assert all(one["cuts"][-1] < one["last"] + 0.25 for one in told)
        if any(one["when"] < one["last"] + 0.15 for one in planned):
            return  # near enough that a fading would have let it be heard
    raise AssertionError("no note was near enough")


def test_another_speed_goes_on_from_the_same_place(listen):
    version = our_version(n_bars=4, tempo=120)
    opened = listen(version)
    opened.keyboard.press(" ")
    until(opened, lambda: cursor(opened) > 2)
    for speed in (0.5, 1.25):
        before = cursor(opened)
        opened.locator("#speed").fill(str(speed))
        assert before <= cursor(opened) < before + 2
    between = (before, cursor(opened))
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    left = sum(map(len, opened.heard().values()))
    wanted = [among(version.piece, [(place, 16)]) for place in np.linspace(*between, 200)]
    [wanted, *_] = [strokes for strokes in wanted if sum(map(len, strokes.values())) == left]
    assert_played(opened.heard(), wanted, 0.4)


def test_a_page_that_was_held_up_leaves_out_what_it_missed(listen):
    version = our_version(n_bars=4, tempo=120)
    opened = listen(version)
    opened.keyboard.press(" ")
    until(opened, lambda: cursor(opened) > 0.5)
    opened.evaluate("() => { for (const end = performance.now() + 3000; performance.now() < end;); }")
    until(opened, lambda: cursor(opened) > 5)
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    assert max(opened.evaluate("struck.map(told => told.late)")) <= 0.1
    heard, wanted = opened.heard(), struck_in(version.piece)
    assert all(0 < len(heard[part]) < len(wanted[part]) for part in PARTS)
    assert heard["Solo"][-1][2] == wanted["Solo"][-1][2]


def levels(opened) -> dict[str, float]:
    """How open the bus of each part is that was heard."""
    starts = {start: part for part, keys in our_samples().starts.items() for start in keys.values()}
    told = opened.evaluate("struck.map(told => [told.offset, told.bus.gain.value])")
    return {starts[offset]: round(gain, 2) for offset, gain in told}


def test_mute_and_volume_of_each_part_are_kept_from_solo_to_solo(listen):
    version = our_version(n_bars=4, tempo=60)
    alone = replace(version, name="Alone", piece=replace(version.piece, parts=version.piece.parts[:1]))
    opened = listen(version, alone)
    opened.get_by_role("button", name="Mute Chords").click()
    opened.get_by_role("slider", name="Bass, volume").fill("0.5")
    opened.keyboard.press(" ")
    until(opened, lambda: len(opened.heard()) == 4)
    assert levels(opened)["Chords"] == 0  # from the first moment on, without a fade
    until(opened, lambda: levels(opened) == {"Solo": 1, "Chords": 0, "Bass": 0.25, "Drums": 1})
    opened.get_by_role("button", name="Mute Solo").click()
    until(opened, lambda: levels(opened)["Solo"] == 0)
    opened.get_by_role("button", name="Alone").click()
    assert opened.locator("#mixer label").count() == 1
    assert opened.get_by_role("button", name="Mute Solo").get_attribute("aria-pressed") == "true"
    opened.get_by_role("button", name="Mute Solo").click()
    opened.get_by_role("button", name="Solo 1").click()
    pressed = [button.get_attribute("aria-pressed") for button in opened.locator("#mixer button").all()]
    assert pressed == ["false", "true", "false", "false"]
    assert opened.get_by_role("slider", name="Bass, volume").input_value() == "0.5"
    until(opened, lambda: levels(opened) == {"Solo": 1, "Chords": 0, "Bass": 0.25, "Drums": 1})


def test_a_loop_plays_the_chosen_bars_and_follows_what_is_chosen(listen):
    version = our_version(n_bars=4, tempo=240)
    long = [chord._replace(duration=2 * chord.duration) for chord in version.piece.parts[1].music]
    parts = [version.piece.parts[0], version.piece.parts[1]._replace(music=long, nuances=()), *version.piece.parts[2:]]
    version = replace(version, piece=replace(version.piece, parts=parts))
    assert any(at < 8 < at + held for at, held, *_ in struck_in(version.piece)["Chords"])
    opened = listen(version)
    opened.get_by_role("button", name="Bar 2", exact=True).click()
    opened.get_by_role("button", name="Bar 4", exact=True).click()
    assert opened.inner_text("#looped") == "bars 2, 4"
    opened.get_by_role("button", name="Loop").click()
    opened.locator("#play").click()
    rounds = among(version.piece, [(4, 8), (12, 16)] * 2)
    n_strokes = sum(map(len, rounds.values()))
    opened.get_by_role("button", name="Pause").wait_for()
    places = []
    until(opened, lambda: places.append(cursor(opened)) or sum(map(len, opened.heard().values())) > n_strokes)
    assert all(4 <= place <= 8.1 or 12 <= place <= 16.1 for place in places)
    assert any(later < earlier for earlier, later in pairwise(places))
    heard = opened.heard()
    start = min(when for strokes in heard.values() for when, *_ in strokes)
    heard = {part: [stroke for stroke in strokes if stroke[0] < start + 3.99] for part, strokes in heard.items()}
    assert_played(heard, rounds, 0.25)
    # Chosen anew while it plays: bars side by side go on without a seam.
    opened.get_by_role("button", name="Bar 2", exact=True).click()
    opened.get_by_role("button", name="Bar 3", exact=True).click()
    assert opened.inner_text("#looped") == "bars 3-4"
    assert 8 <= until(opened, lambda: cursor(opened)) <= 16.1
    wanted = {part: len(strokes) for part, strokes in among(version.piece, [(8, 16)]).items()}
    until(opened, lambda: all(len(opened.heard().get(part, [])) >= 2 * wanted[part] for part in PARTS))
    opened.get_by_role("button", name="Loop").click()
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)  # it ends now
    assert cursor(opened) == pytest.approx(16)


def test_a_loop_without_chosen_bars_plays_everything_again(listen):
    version = our_version(n_bars=2, tempo=300)
    opened = listen(version)
    opened.get_by_role("button", name="Loop").click()
    opened.locator("#play").click()
    rounds = among(version.piece, [(0, 8)] * 2)
    until(opened, lambda: all(len(opened.heard().get(part, [])) >= len(rounds[part]) for part in PARTS))
    heard = {part: strokes[: len(rounds[part])] for part, strokes in opened.heard().items()}
    assert_played(heard, rounds, 0.2)
    opened.keyboard.press("ArrowRight")
    assert opened.get_by_role("button", name="Pause").is_visible()


def chosen(opened) -> list[int]:
    return [
        n for n, b in enumerate(opened.locator("#bars button").all(), 1) if b.get_attribute("aria-pressed") == "true"
    ]


def test_bars_are_chosen_by_click_key_and_range(open_page):
    opened = open_page(our_version(n_bars=6), our_version("Short", n_bars=2))
    assert opened.inner_text("#looped") == "the whole solo"
    opened.locator("#bars button >> nth=1").click()
    opened.locator("#bars button >> nth=4").click(modifiers=["Shift"])
    assert chosen(opened) == [2, 3, 4, 5] and opened.locator("#roll .chosen").count() == 4
    assert opened.inner_text("#looped") == "bars 2-5"
    opened.keyboard.press(" ")
    assert chosen(opened) == [2, 3, 4] and opened.locator("#play.playing").count() == 0
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Enter")
    assert chosen(opened) == [2, 3] and opened.inner_text("#looped") == "bars 2-3"
    opened.locator("#bars button >> nth=5").click()
    opened.get_by_role("button", name="Short").click()
    assert chosen(opened) == [2]
    opened.locator("#bars button >> nth=0").click(modifiers=["Shift"])
    assert chosen(opened) == [1, 2] and opened.inner_text("#looped") == "bars 1-2"
    opened.get_by_role("button", name="Solo 1").click()
    assert chosen(opened) == [1, 2]


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_a_bar_is_counted_in(listen, speed):
    version = our_version(n_bars=2, tempo=240)
    opened, quarter = listen(version), 0.25 / speed
    opened.locator("#speed").fill(str(speed))
    opened.get_by_label("Count in").check()
    opened.locator("#play").click()
    until(opened, lambda: opened.evaluate("struck.length"))
    clicks = opened.evaluate("clicks")
    begin = clicks[0]["when"] + 4 * quarter
    assert [click["when"] - clicks[0]["when"] for click in clicks] == pytest.approx(
        [beat * quarter for beat in range(4)]
    )
    assert clicks[0]["pitch"] > clicks[1]["pitch"] == clicks[2]["pitch"] == clicks[3]["pitch"]
    both = "[Number(document.getElementById('seek').value), struck[0].bus.context.currentTime]"
    while (told := opened.evaluate(both))[1] < begin:
        assert told[0] == 0
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    assert_played(opened.heard(), struck_in(version.piece), quarter)
    assert min(when for strokes in opened.heard().values() for when, *_ in strokes) == pytest.approx(begin, abs=0.002)


# A device that renders as fast as it can: its clock is set by hand, and so are the moments at which the page plans.
BY_HAND = """
    window.moment = 0, window.planners = [];
    const Offline = OfflineAudioContext;
    window.AudioContext = function () {
        const made = new Offline(2, 44100 * SECONDS, 44100);
        Object.defineProperty(made, "state", { get: () => "running" });
        Object.defineProperty(made, "currentTime", { get: () => moment });
        return window.device = made;
    };
    window.setInterval = planner => planners.push(planner);
"""
RENDER = """async seconds => {
    for (; moment < seconds - 0.5; moment += 0.5) planners.forEach(planner => planner());
    const rendered = await device.startRendering(), both = [0, 1].map(channel => rendered.getChannelData(channel));
    const audio = Float32Array.from({ length: 2 * rendered.length }, (_, at) => both[at % 2][at >> 1]);
    const bytes = new Uint8Array(audio.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
}"""


def rendered(open_page, version, muted=()) -> np.ndarray:
    """What the page plays of a version, as audio at 44,100 samples a second: (samples, 2)."""
    seconds = int(version.piece.solo.length / 12 * 60 / version.piece.tempo) + 3
    opened = open_page(version, sampled=our_samples(), script=BY_HAND.replace("SECONDS", str(seconds)))
    for part in muted:
        opened.get_by_role("button", name=f"Mute {part}").click()
    opened.locator("#play").click()
    until(opened, lambda: opened.evaluate("planners.length"))
    return np.frombuffer(base64.b64decode(opened.evaluate(RENDER, seconds)), "<f4").reshape(-1, 2)


def attacks(audio) -> np.ndarray:
    """How much louder it becomes, every 5 ms; by its second differences, which are largest where a note is struck."""
    bent = np.diff(audio, n=2, axis=0)
    power = np.square(bent[: len(bent) // 220 * 220]).sum(axis=1).reshape(-1, 220).mean(axis=1)
    power = np.convolve(power, [0.5, 0.5], "same")
    return np.maximum(np.diff(np.log(power + power.mean() / 10)), 0)


def test_the_page_sounds_like_the_sound_file(open_page):
    version = our_version(n_bars=6, score=False)
    parts, bar = version.piece.parts, 4 * 60 / 130
    page, solo, rest = (rendered(open_page, version, muted) for muted in ([], PARTS[1:], PARTS[:1]))
    assert sound.loudness(page, 44_100) == pytest.approx(-16, abs=2)
    assert np.abs(page).max() < 1
    assert 3 <= sound.loudness(solo, 44_100) - sound.loudness(rest, 44_100) <= 7
    for audio, of in ((page, parts), (solo, parts[:1]), (rest, parts[1:])):
        ours, theirs = attacks(audio), attacks(sound.mix(of, 130))
        lags, long = range(-15, 16), round(200 * bar)
        for start in range(20, 6 * long - 20, long):
            alike = [np.vdot(ours[start + lag :][:long], theirs[start:][:long]) for lag in lags]
            delay = lags[int(np.argmax(alike))] / 200 - 0.03  # the page begins 30 ms after the click
            assert abs(delay) <= 0.02


# --- What is copied ---------------------------------------------------------------------------------------------------


def test_copies_are_marked_listed_and_heard_beside_the_source(listen):
    copy = our_copy(tempo=240)
    version = our_version(n_bars=4, tempo=240, copies=[copy])
    opened = listen(version, our_version("Free", n_bars=4))
    notes = version.piece.solo.notes
    [line] = opened.locator("#roll .copied").all()
    sides = "e => [e.getBBox().x, e.getBBox().x + e.getBBox().width]"
    left, right = (opened.locator("#roll .note").nth(number).evaluate(sides) for number in (2, 9))
    assert line.evaluate(sides) == pytest.approx([left[0], right[1]], abs=3)
    assert opened.evaluate("[...document.querySelectorAll('#score .copied')].map(e => e.id)") == [
        f"n{number}" for number in range(2, 10)
    ]
    listed, where = opened.locator("#copies button"), "The source, bars 3 to 4"
    assert listed.all_inner_texts() == ["Bar 1: 8 values, as in bars 3 to 4 of the source"]
    n_bars, wanted = int(notes[9].offset // 4) + 1, struck_in(copy.passage)
    n_wanted = {part: len(strokes) for part, strokes in wanted.items()}
    for what in (listed, line, opened.locator("#score #n5"), opened.get_by_role("button", name=f"Hear: {where}")):
        opened.evaluate("struck.length = 0")
        what.dispatch_event("click")
        until(opened, lambda: {part: len(strokes) for part, strokes in opened.heard().items()} == n_wanted)
        assert_played(opened.heard(), wanted, 0.25)
        assert opened.get_by_role("button", name="Pause").is_visible() and cursor(opened) == 0
    rolls = opened.locator("#beside svg")
    assert [roll.get_attribute("aria-label") for roll in rolls.all()] == [
        f"{where}: {len(copy.passage.solo.notes)} notes",
        f"The solo, bars 1 to {n_bars}: {sum(note.offset < 4 * n_bars for note in notes)} notes",
    ]
    height = "rolls => rolls.map(roll => roll.querySelector('.note.C').height.baseVal.value)"
    assert len(set(rolls.evaluate_all(height))) == 1  # one scale, so that shapes can be compared
    opened.evaluate("struck.length = 0")
    opened.get_by_role("button", name="Hear: The solo").click()
    wanted = among(version.piece, [(0, 4 * n_bars)])
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    assert_played(opened.heard(), wanted, 0.25)
    assert cursor(opened) == 0  # where the solo stood
    opened.get_by_role("button", name="Free").click()
    assert not opened.locator("#copies-part").is_visible() and opened.locator("#beside > *").count() == 0


def test_the_source_is_heard_at_the_speed_that_is_chosen_and_the_solo_waits(listen):
    version = our_version(n_bars=4, copies=[our_copy()])
    opened = listen(version)
    opened.keyboard.press(" ")
    until(opened, lambda: cursor(opened) > 1)
    opened.locator("#copies button").click()
    until(opened, lambda: opened.heard())
    waits = cursor(opened)
    assert waits > 1
    opened.locator("#speed").fill("1.25")
    end = among(our_copy().passage, [(0, 8)])["Solo"][-1]
    until(opened, lambda: opened.heard().get("Solo", [()])[-1][2:3] == (end[2],))
    opened.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    assert cursor(opened) == waits
    assert opened.heard()["Solo"][-1][1] == pytest.approx(end[1] * 60 / 130 / 1.25, abs=0.002)


# --- What it looks like -----------------------------------------------------------------------------------------------


def test_never_is_more_than_one_note_lit(open_page):
    version = our_version(n_bars=8, tempo=400)
    version = replace(version, narrow_svgs=version.score_svgs)
    opened = open_page(version, replace(version, name="Solo 2"), our_version("Solo 3", n_bars=8, tempo=300))
    opened.evaluate(
        """() => {
            window.most = { roll: 0, chords: 0, heads: 0, measures: 0 }, window.seen = 0;
            const places = { roll: "#roll .note.on", chords: ".chord.on", heads: "#score .sounding", measures: ".lit" };
            new MutationObserver(() => {
                seen += 1;
                for (const [name, place] of Object.entries(places))
                    most[name] = Math.max(most[name], document.querySelectorAll(place).length);
            }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["class"] });
        }"""
    )
    for act in (
        lambda: opened.keyboard.press(" "),
        lambda: opened.keyboard.press("2"),
        lambda: opened.set_viewport_size({"width": 390, "height": 844}),
        lambda: opened.keyboard.press("3"),
        lambda: opened.set_viewport_size({"width": 1200, "height": 844}),
        lambda: opened.locator("#speed").fill("0.75"),
        lambda: opened.keyboard.press("ArrowLeft"),
        lambda: opened.keyboard.press("1"),
        lambda: opened.set_viewport_size({"width": 390, "height": 844}),
    ):
        act()
        lights = opened.evaluate("seen")
        until(opened, lambda lights=lights: opened.evaluate("seen") > lights + 3)
    assert opened.evaluate("most") == {"roll": 1, "chords": 1, "heads": 1, "measures": 1}


@cache
def scored() -> Version:
    if engraving.missing():
        pytest.skip(engraving.missing())
    return version_of(our_piece(18), "Solo 1", True, links={"MIDI": "a.midi"}, facts={"a": "b"}, copies=[our_copy()])


@pytest.mark.parametrize("width", [390, 600, 1200])
def test_the_score_fits_the_window_and_is_whole(open_page, width):
    opened = open_page(scored(), width=width)
    assert opened.locator("#score .measure").count() == 18
    assert (opened.locator("#score .system").count() > 9) == (width == 390)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    # Nothing of the last system lies outside of any box around it.
    cut = """() => {
        const last = [...document.querySelectorAll("#score .system")].at(-1), out = [];
        for (const part of last.querySelectorAll("path, use, text, ellipse, polygon, rect")) {
            const { top, bottom, left, right } = part.getBoundingClientRect();
            for (let box = last.closest("#score > svg"); box; box = box.parentElement) {
                const around = box.getBoundingClientRect();
                if (top < around.top - 1 || bottom > around.bottom + 1) out.push(box.id || box.nodeName);
                const scrolls = box.id === "score" && box.scrollWidth > box.clientWidth;
                if (scrolls) break;
                if (left < around.left - 1 || right > around.right + 1) out.push(box.id || box.nodeName);
            }
        }
        return out;
    }"""
    assert opened.evaluate(cut) == []
    size = opened.locator("#score .system").last.bounding_box()
    assert size["height"] > 20
    opened.keyboard.press("ArrowRight")
    assert lit(opened)["measures"] == [1]


def test_a_window_that_changes_its_width_changes_the_score(open_page):
    opened = open_page(scored())
    n_systems = opened.locator("#score .system").count()
    click_at(opened, 9.0)
    before = lit(opened)
    opened.set_viewport_size({"width": 390, "height": 844})
    until(opened, lambda: opened.locator("#score .system").count() > n_systems)
    assert lit(opened) == before and opened.locator("#score .copied").count() >= 8
    opened.set_viewport_size({"width": 1200, "height": 844})
    until(opened, lambda: opened.locator("#score .system").count() == n_systems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing(open_page, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    opened = open_page(scored(), our_version("Solo 2"), sampled=our_samples(), width=width, color_scheme=scheme)
    opened.get_by_role("button", name="Bar 2", exact=True).click()
    opened.get_by_role("button", name="Loop").click()
    opened.get_by_role("button", name="Mute Bass").click()
    opened.locator("#copies button").click()
    opened.get_by_role("button", name="Hear: The solo").wait_for()
    opened.locator("#play").click()
    found = axe.run(opened).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
