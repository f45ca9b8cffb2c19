"""The page in a real browser: Chromium, opened from disk, driven by Playwright. Without either, those tests are skipped
and say why; in CI that is a failure."""

import html.parser
import io
import json
import os
import re
import shutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import bar
from test_pictures import empty_piece, our_piece

from music.note_types import sounding_chord
from music.piece import Solo
from music.units import to_steps
from writing.page import Version, page_html, write_page

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --autoplay-policy=no-user-gesture-required"
)
NASTY = "</script><script>window.hacked = 1</script> & \"it's\" <img src=x onerror='window.hacked = 1'> {{data}} \\1"


@cache
def sine(seconds: float) -> bytes:
    """A soft A as MP3."""
    import soundfile

    content, times = io.BytesIO(), np.arange(int(44100 * seconds)) / 44100
    soundfile.write(content, 0.1 * np.sin(2 * np.pi * 440 * times), 44100, format="MP3")
    return content.getvalue()


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


def our_version(name="Solo 1", n_bars=18, mp3: bytes | None = None, score=True, **more) -> Version:
    piece = our_piece(n_bars)
    pages, ids = engraved(piece) if score else ([], [])
    return Version(name, piece, mp3, pages, ids, **more)


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
    version = our_version(links={"MIDI": "my_music.midi"}, facts={"copied": "12 %"})
    [data], solo = data_of(page_html([version], {}))["versions"], version.piece.solo
    assert [tuple(note[:3]) for note in data["notes"]] == [
        (pytest.approx(note.offset), pytest.approx(note.quarter_length), note.pitch) for note in solo.notes
    ]
    assert "".join(note[3] for note in data["notes"]) == solo.types
    assert [name for _, name in data["chords"]] == symbols_of(version)
    assert data["bars"][17] == [68.0, 4.0, [1.0, 1.0, 1.0, 1.0]] and data["length"] == 72.0
    assert (data["links"], data["facts"]) == ([["MIDI", "./my_music.midi"]], [["copied", "12 %"]])


def test_texts_stay_texts():
    version = our_version(NASTY, 1, links={NASTY: "javascript:alert(1)"}, facts={NASTY: NASTY}, score=False)
    version = with_symbol(version, NASTY)
    text = page_html([version], {"title": NASTY, "settings": {NASTY: NASTY}})
    tags, texts = [], []
    reader = html.parser.HTMLParser()
    reader.handle_starttag = lambda tag, attributes: tags.append((tag, attributes))
    reader.handle_data = texts.append
    reader.feed(text)
    assert [attributes for tag, attributes in tags if tag == "script"] == [
        [("type", "application/json"), ("id", "data")],
        [],
    ]
    assert not [tag for tag, _ in tags if tag == "img"] and "".join(texts).count(NASTY) == 4
    [data] = data_of(text)["versions"]
    assert data["name"] == data["chords"][0][1] == data["facts"][0][0] == NASTY
    assert data["links"] == [[NASTY, "./javascript%3Aalert%281%29"]]


def test_the_page_needs_no_network_and_is_small():
    text = page_html([our_version(mp3=sine(1.0))], {"title": "x"})
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text and "{{" not in text
    assert len(page_html([Version("n", empty_piece(0))], {}).encode()) < 40_000


def test_the_same_music_gives_the_same_page_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.html", "b.html"):
        write_page(tmp_path / "new" / name, [our_version()], {"title": "x\udcff"})  # as a file's name can be
    assert (tmp_path / "new/a.html").read_bytes() == (tmp_path / "new/b.html").read_bytes()


def test_what_does_not_fit_together_is_refused(tmp_path):
    version = our_version(n_bars=1)
    with pytest.raises(AssertionError, match="Solo 1: an id for each note"):
        page_html([replace(version, note_ids=["n0"])], {})
    with pytest.raises(AssertionError, match="needs a version"):
        page_html([], {})
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be written"):
        write_page(tmp_path / "file" / "page.html", [version], {})


# --- In the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    missing = None if program else "no Chromium: apt-get install chromium"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = missing or "no Playwright: pip install playwright"
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the page was not tried in a browser: {missing}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS.split())
        yield started
        started.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page of these versions from disk; in the end there must have been no error and no request but to disk."""
    contexts, errors, requests = [], [], []

    def open_it(*versions, story=None, width=1200, **context):
        path = tmp_path / f"page{len(contexts)}.html"
        write_page(path, list(versions), story or {"title": "A solo", "settings": {"seed": "0"}})
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **context))
        opened = contexts[-1].new_page()
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
    opened = open_page(our_version(mp3=sine(34.0) if has_sound else None))
    assert opened.locator("#silent").is_visible() != has_sound
    opened.get_by_role("button", name="Play").click()
    opened.wait_for_timeout(300)  # a sound needs a moment to begin
    both = "[performance.now() / 1000, Number(document.getElementById('seek').value)]"
    before = opened.evaluate(both)
    opened.wait_for_timeout(900)
    after = opened.evaluate(both)
    assert (after[1] - before[1]) * 60 / 130 == pytest.approx(after[0] - before[0], abs=0.2)
    assert opened.evaluate("[...document.querySelectorAll('audio')].some(a => !a.paused)") == has_sound
    opened.get_by_role("button", name="Pause").click()
    stopped = cursor(opened)
    assert stopped == pytest.approx(float(opened.locator("#seek").input_value()), abs=0.01)
    opened.wait_for_timeout(150)
    assert cursor(opened) == stopped > after[1]


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
        assert opened.inner_text("#place") == f"Bar {bar + 1} of 18, beat {int(place % 4) + 1}"


def test_chords_light_up_one_after_the_other_while_it_plays(open_page):
    version = our_version(n_bars=6)
    fast = replace(version, piece=replace(version.piece, tempo=900))
    opened = open_page(fast)
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
    opened = open_page(our_version(mp3=sine(34.0) if has_sound else None), our_version("Solo 2"))
    # Pressed at once: a sound's clock is rounded, and its bar must not be.
    for number in range(2, 8):
        opened.keyboard.press("ArrowRight")
        assert opened.inner_text("#place") == f"Bar {number} of 18, beat 1"
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
    opened = open_page(our_version(links={"MIDI": "a.midi"}), our_version("Solo 2"))
    reached = []
    for _ in range(7):
        opened.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert opened.evaluate(f"{style}.outlineStyle + {style}.outlineWidth") == "solid3px"
        reached.append(opened.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert reached == ["play", "seek", "Solo 1", "Solo 2", "roll-box", "score", "MIDI"]


def test_everything_has_a_name_and_ids_are_unique(open_page):
    opened = open_page(our_version(mp3=sine(1.0), facts={"copied": "12 %"}), our_version("Solo 2"))
    nameless = """[...document.querySelectorAll("button, input, section, a, [role=group], [role=img]")].filter(
        e => !e.hidden && !e.getAttribute("aria-label") && !e.textContent.trim()).map(e => e.outerHTML)"""
    assert opened.evaluate(nameless) == []
    ids = opened.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert opened.get_by_role("slider", name="Position").get_attribute("aria-valuetext").startswith("Bar 1 of 18, ")
    assert opened.get_by_role("row", name="copied 12 %").is_visible()
    assert opened.get_by_role("heading", level=1).inner_text() == opened.title() == "A solo"


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_overflows_and_the_roll_follows_in_its_box(open_page, width):
    version = our_version("A name " * 12, facts={"a measure " * 5: "x" * 90}, links={"MusicXML " * 9: "a.xml"})
    story = {"title": "solo" * 40, "lead": "word " * 60, "settings": {"seed" * 20: "0" * 90}}
    opened = open_page(version, our_version("Solo 2"), story=story, width=width)
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
    opened.wait_for_timeout(200)
    assert opened.evaluate("document.getElementById('roll-box').scrollLeft") == 900


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_roll_glides_only_where_motion_is_welcome(open_page, motion):
    fast = our_version(score=False)
    fast = replace(fast, piece=replace(fast.piece, tempo=600))
    opened = open_page(fast, width=390, reduced_motion=motion)
    opened.evaluate(
        """() => {
            window.places = new Set();
            const box = document.getElementById("roll-box");
            box.addEventListener("scroll", () => { places.add(box.scrollLeft); });
        }"""
    )
    opened.keyboard.press(" ")
    opened.wait_for_timeout(1000)
    n_places = opened.evaluate("places.size")
    assert n_places <= 4 if motion == "reduce" else n_places > 10


def test_another_solo_is_heard_from_the_same_place_on(open_page):
    source = our_version("The source", 4, mp3=sine(34.0), score=False, links={"MIDI": "source.midi"})
    solo, silent = (
        our_version(n_bars=5, mp3=sine(34.0), facts={"copied": "12 %"}),
        our_version("Silent", 6, score=False),
    )
    # Slow, so that all of this happens in one bar.
    versions = [
        replace(v, piece=replace(v.piece, tempo=tempo)) for v, tempo in ((solo, 40), (silent, 40), (source, 30))
    ]
    opened = open_page(*versions)
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press(" ")
    for name, n_bars, sounding in (("The source", 4, ["sound-2"]), ("Silent", 6, []), ("Solo 1", 5, ["sound-0"])):
        opened.get_by_role("button", name="Pause").wait_for()
        before = cursor(opened)
        opened.get_by_role("button", name=name).click()
        assert before <= cursor(opened) < before + 1
        assert opened.inner_text("#place").startswith(f"Bar 2 of {n_bars}, ")
        assert opened.evaluate("[...document.querySelectorAll('audio')].flatMap(a => a.paused ? [] : a.id)") == sounding
        assert opened.locator("#roll .note").count() == len(our_piece(n_bars).solo.notes)
        assert opened.locator("#score-part").is_visible() == opened.locator("#facts").is_visible() == (name == "Solo 1")
        assert opened.locator("#links a").count() == (name == "The source")
    opened.keyboard.press(" ")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    opened.get_by_role("button", name="The source").click()
    assert cursor(opened) == pytest.approx(16)  # a shorter one: its end


def test_sound_that_is_none_leaves_a_cursor_that_runs(open_page):
    opened = open_page(our_version(mp3=b"this is no sound"))
    opened.keyboard.press(" ")
    opened.get_by_text("There is no sound for this solo").wait_for()
    opened.get_by_role("button", name="Pause").wait_for()
    opened.wait_for_timeout(200)
    assert cursor(opened) > 0


def test_missing_parts_leave_a_page(open_page):
    for piece in (empty_piece(0), empty_piece(1)):
        opened = open_page(Version("Nothing", piece), story={})
        for key in (" ", "ArrowRight", "ArrowLeft", "2"):
            opened.keyboard.press(key)
        assert opened.locator("#play").is_disabled() == (not piece.solo.bars)
        assert opened.inner_text("#place") == ("Bar 1 of 1, beat 1" if piece.solo.bars else "No bars")
        assert opened.get_by_text("The solo has no notes.").is_visible()
        assert not opened.locator("#score-part, #facts-part, #links-part, #versions").filter(visible=True).count()


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
        places.append(opened.inner_text("#place"))
    assert places == ["Bar 1 of 3, beat 2", "Bar 2 of 3, beat 3", "Bar 3 of 3, beat 2", "Bar 3 of 3, beat 3"]


def test_nothing_but_the_pages_own_script_runs(open_page):
    version = our_version(NASTY, 1, facts={NASTY: NASTY}, links={NASTY: "javascript:window.hacked=1"})
    evil = version.score_svgs[0].replace(
        "<defs/>", "<script>window.hacked = 1</script><g onclick='window.hacked = 1' id='trap'><rect/></g>"
    )
    version = with_symbol(replace(version, score_svgs=[evil, "<svg>not closed"]), NASTY)
    opened = open_page(version, version, story={"title": NASTY, "settings": {"seed": NASTY}})
    opened.locator("#trap").dispatch_event("click")
    assert opened.evaluate("window.hacked") is None and opened.locator("#score > svg").count() == 1
    assert opened.inner_text("h1") == " ".join(NASTY.split())
    # The browser says that it has refused them; anything else would be an error of ours.
    assert all("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()
