"""The page that plays along: a server for the page of a run, on this computer only, that improvises as it is asked.

Flask, because it is small, old and well kept, and Waitress, the server that its documentation names for production: it
is Python alone and bounds what a client may send before any of it is looked at. Both keep no state for us: whatever a
page asks for, it says in full, and so two pages do not disturb each other; only the last solos are held, for their
files and for the bars that are kept of them.

Only who has the token of the address is served, under this host and from this page alone. What is played is what
`music_generate.py` plays with the same settings. Left to others: the page (`writing/page.py` and its template),
improvising (`improvising/session.py`).
"""

import hmac
import importlib.util
import itertools
import logging
import secrets
import signal
import threading
import webbrowser
from pathlib import Path
from typing import NamedTuple

from improvising.backing import backing
from improvising.session import Session, facts_of, shown_of, tempo_of, tune_over
from improvising.styles import STYLES, style_of
from learning.learner import end_learner
from music.notes import Note
from music.piece import DRUM_CHANNEL, Part, Piece
from reading.changes import names_file
from reading.many_tunes import headings_of
from running.console import say, tell
from running.helpers import result_of
from running.settings import Setting, Settings, as_constants, changed
from writing import engraving, samples, sound
from writing.count_in import counted_in
from writing.lead_sheet import lead_sheet
from writing.midi import piece_bytes
from writing.outputs import SOLO_FILE, STUDIO, Results, Wanted, write_outputs
from writing.page import Version, page_html, version_data, version_of

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 16_384  # bytes of a request: settings and typed changes
HELD = 20  # solos that a page may still ask for
THREADS = 4
MOST_BARS = 400  # of a solo that is asked for here: it should be heard at once
KEPT_FILE, CONSTANTS_FILE = "my_music_kept.midi", "my_music_constants.txt"
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What the panel sets: the name, what is said, and for a number its least, most and step.
PANEL = (
    ("seed", "Seed", 0, 2_000_000, 1),
    ("temperature", "Temperature", 0, 2, 0.05),
    ("density", "Density", 0.25, 2, 0.05),
    ("tempo", "Tempo", 20, 400, 1),
    ("key", "Key, semitones up", -11, 11, 1),
    ("choruses", "Choruses", 1, 20, 1),
    ("backing", "Band"),
    ("chords", "Changes"),
    ("over", "Tune"),
)
ASKED = tuple(name for name, *_ in PANEL)


class Take(NamedTuple):
    """A solo that was asked for: its settings, what there is to show, and the piece of which bars were kept."""

    given: Settings
    results: Results
    kept_from: Piece | None


class Takes:
    """The first solo and the last that were asked for, by number; played one at a time."""

    def __init__(self, session: Session, given: Settings, settings: dict[str, Setting]):
        self.session, self.given, self.settings = session, given, settings
        self.held: dict[str, Take] = {}
        self.numbers, self.lock = itertools.count(1), threading.Lock()

    def hold(self, take: Take) -> str:
        """Keep a take; its name."""
        name = str(next(self.numbers))
        self.held[name] = take
        if len(self.held) > HELD:
            del self.held[next(itertools.islice(self.held, 1, None))]  # not the first: a page opens with it
        return name

    def take(self, name: object) -> Take:
        """The take of this name; ValueError where it is held no longer."""
        found = self.held.get(name) if isinstance(name, str) else None
        if found is None:
            raise ValueError(f"only the last {HELD - 1} solos are held, and this is none of them; play another one")
        return found

    def play(self, wishes: object) -> tuple[str, Take]:
        """Improvise as a page asks: `{"settings": {name: text}, "keep": {"take": name, "bars": text}}`."""
        asked = _object(wishes, "settings", "keep")
        changes, keep = _object(asked.get("settings", {}), *ASKED), asked.get("keep")
        kept_from = None
        with self.lock:
            if keep is not None:
                keep = _object(keep, "take", "bars")
                kept_from = self.take(keep.get("take")).results.best
                changes["keep_bars"] = keep.get("bars", "")
            given = changed(self.given, self.settings, {name: str(value) for name, value in changes.items()})
            if names_file(given.chords):
                raise ValueError(
                    "CHORDS: here changes are typed, as 'Dm7 | G7 | Cmaj7'; a file is for the command line"
                )
            take = Take(given, self._improvised(given, kept_from), kept_from)
            return self.hold(take), take

    def _improvised(self, given: Settings, kept_from: Piece | None) -> Results:
        shown = shown_of(given, self.settings, self.session.tunes)
        return self.session.improvise(given, shown, kept_from, MOST_BARS)

    def save(self, name: object, memory: Path | None) -> dict:
        """Write the set of a take as the program writes it, and the constants that play it: what was written."""
        with self.lock:
            take = self.take(name)
            given, output, more = take.given, Path(take.given.output), {}
            if take.kept_from:
                kept = take.kept_from
                more[KEPT_FILE] = piece_bytes(kept)
                given = changed(given, self.settings, {"keep_from": str(output / KEPT_FILE)})
            lines = [line for line in as_constants(given, self.settings) if not line.startswith("LIVE:")]
            constants = "\n".join(lines) or "# The constants as they are."
            more[CONSTANTS_FILE] = f"{constants}\n".encode()
            wanted = Wanted(given.sound, given.score, given.pictures, given.page, given.soundfont)
            results, facts = self._improvised(given, take.kept_from), facts_of(given, self.session)
            told = list(write_outputs(output, results, wanted, memory, facts, more))
            wrote = [line.removeprefix("wrote").strip() for line in told if line.startswith("wrote")]
            return {"told": wrote, "constants": constants}


def _object(sent: object, *names: str) -> dict:
    """What was sent, if it is an object with these names alone."""
    if not isinstance(sent, dict) or not set(sent) <= set(names):
        raise ValueError(f"an object of {', '.join(names)} was expected, and nothing else")
    return dict(sent)


def _mp3(piece: Piece, soundfont: str) -> bytes:
    heard = counted_in(piece)[0]
    return result_of(STUDIO.begin(sound.mp3_bytes, heard.parts, heard.tempo, soundfont), "the sound")


# What a take may be had as: the file's name, how it is made (of a piece and a SoundFont), and its type.
FILES = {
    SOLO_FILE: (lambda piece, _: piece_bytes(piece), "audio/midi"),
    "my_music.mp3": (_mp3, "audio/mpeg"),
    "my_music.musicxml": (lambda piece, _: lead_sheet(piece).musicxml, "application/vnd.recordare.musicxml+xml"),
}


def scores_of(piece: Piece) -> dict:
    """A piece's scores as the page takes them. The studio engraves: verovio keeps to the thread that brought it."""
    version = version_of(piece, "", True)
    return {"scores": version.score_svgs, "narrow": version.narrow_svgs, "ids": version.note_ids}


def links_of(take: str) -> dict[str, str]:
    """From what is said to where the files of a take are, on this server."""
    names = {"MIDI": SOLO_FILE, "MP3": "my_music.mp3", "MusicXML": "my_music.musicxml"}
    return {kind: f"takes/{take}/{name}" for kind, name in names.items() if kind != "MP3" or not sound.missing()}


def fields_of(takes: Takes) -> list[dict]:
    """The panel's fields: name, label, bounds and value; the tunes to choose from, if there are several."""
    tunes, fields = takes.session.tunes, []
    for name, label, *bounds in PANEL:
        value = getattr(takes.given, name)
        if name == "tempo":
            value = tempo_of(takes.given, tune_over(takes.given, tunes))
        field = {"name": name, "label": label, "value": value}
        if bounds:
            least, most, step = bounds
            field |= {"min": min(least, value), "max": max(most, value), "step": step}
        if name == "over":
            over = tune_over(takes.given, tunes)
            paths = [tune.path for tune in headings_of(tunes)]
            field["choices"] = [["", paths[0].stem], *([str(path), path.stem] for path in paths[1:])]
            field["value"] = "" if over.path == paths[0] else str(over.path)
        if name != "over" or len(tunes) > 1:
            fields.append(field)
    return fields


def page_ranges(source: Piece) -> tuple[samples.Range, ...]:
    """The samples for all that the page may be asked for: an octave more than the source's, and the band."""
    struck = [Note(0, 1, layer.key) for name in STYLES for layer in style_of(name).drums]
    bass = [backing(source.solo.chords, source.solo.bars, 0, name)[:1] for name in STYLES]
    drums = Part("Drums", style_of(source.style).kit, DRUM_CHANNEL, struck)
    return samples.ranges([*source.parts, *(part for parts in bass for part in parts), drums], octaves_around=1)


def prepare_to_play_along(source: Piece, memory: Path | None, soundfont: str = "") -> None:
    """Let the page's samples be rendered beside the learning. Raises ValueError where the server is not installed."""
    lacking = [name for name in ("flask", "waitress") if importlib.util.find_spec(name) is None]
    if lacking:
        raise ValueError(f"LIVE (--live) needs {' and '.join(lacking)}: pip install {' '.join(lacking)}")
    if not sound.missing():
        STUDIO.begin(samples.sampled, page_ranges(source), memory, soundfont)


def versions_of(take: str, results: Results) -> list[Version]:
    """A take's solo and the source as a page shows them; their scores come later."""
    best = results.ranking[0]
    links, facts, copies = links_of(take), results.facts[best], results.copies[best]
    solo = version_of(results.best, "The solo", links=links, facts=facts, copies=copies)
    return [solo, *(version_of(piece, name) for name, piece in results.beside.items())]


def play_along(session: Session, given: Settings, settings: dict[str, Setting], results: Results) -> None:
    """Serve the page until Ctrl-C."""
    from waitress.server import create_server

    end_learner()
    memory = Path(given.cache) if given.cache else None
    takes = Takes(session, Settings(**vars(given) | {"n_solos": 1, "keep_bars": (), "keep_from": ""}), settings)
    first = takes.hold(Take(given, results, None))
    token = secrets.token_urlsafe(24)
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    server = create_server(
        lambda environ, start: app(environ, start),
        host=LOOPBACK,
        port=0,
        threads=THREADS,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        channel_timeout=30,
    )
    host = f"{LOOPBACK}:{server.effective_port}"
    app = make_app(takes, results, first, token, host, memory)
    enough = threading.Event()
    threading.Thread(target=_serve, args=(server, enough), daemon=True).start()
    threading.Thread(target=_bring_music21, daemon=True).start()
    address = f"http://{host}/{token}/"
    tell("live", f"{address} (Ctrl-C ends it)")
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    signal.signal(signal.SIGINT, lambda *_: enough.set())  # here it is no interruption
    while not enough.wait(3600):
        pass
    say("")
    server.close()


def _serve(server, enough: threading.Event) -> None:
    """Serve until it is enough: then the server's sockets are closed, in whatever it is doing with them."""
    try:
        server.run()
    except (OSError, ValueError):  # of a socket that is closed
        if not enough.is_set():
            raise


def _bring_music21() -> None:
    """Before it is asked what a new chord means, which should not take longer than playing."""
    import music21  # noqa: F401


def make_app(takes: Takes, results: Results, first: str, token: str, host: str, memory: Path | None):
    """The web application: the page, solos, scores, files, saving."""
    # Long: the sum of its routes.
    from flask import Flask, Response, abort, jsonify, request

    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.sort_keys = False
    origin = f"http://{host}"

    @app.before_request
    def only_this_page():
        sent = request.path.split("/")[1]
        if request.host != host or not hmac.compare_digest(sent.encode(), token.encode()):
            abort(403)
        if request.headers.get("Origin", origin) != origin or request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)
        if request.method == "POST" and (not request.headers.get("Origin") or not request.is_json):
            abort(403)

    @app.after_request
    def keep_to_yourself(response):
        response.headers.update(PRIVATE)
        return response

    @app.errorhandler(ValueError)
    @app.errorhandler(RecursionError)
    def told(error):
        return jsonify(error=" ".join(str(error).split())), 400

    @app.errorhandler(Exception)
    def failed(error):
        status = getattr(error, "code", 500)
        return jsonify(error=getattr(error, "name", f"it failed ({type(error).__name__})")), status

    @app.get(f"/{token}/")
    def page():
        sampled = None
        if not sound.missing():
            wanted = page_ranges(results.beside["As played"]), memory, takes.given.soundfont
            sampled = result_of(STUDIO.begin(samples.sampled, *wanted), "the samples")
        panel = {"take": first, "fields": fields_of(takes)}
        return page_html(versions_of(first, results), results.story, sampled, panel)

    @app.post(f"/{token}/play")
    def play():
        name, take = takes.play(request.get_json())
        results = take.results
        versions = [version_data(version) for version in versions_of(name, results)]
        return jsonify(take=name, title=results.best.title, settings=results.settings, versions=versions)

    @app.get(f"/{token}/takes/<name>/score")
    def score(name):
        results = takes.take(name).results
        if engraving.missing():
            return jsonify([])
        begun = [STUDIO.begin(scores_of, piece) for piece in (results.best, *results.beside.values())]
        return jsonify([result_of(job, "the score") for job in begun])

    @app.get(f"/{token}/takes/<name>/<file>")
    def file(name, file):
        if file not in FILES:
            abort(404)
        make, kind = FILES[file]
        return Response(make(takes.take(name).results.best, takes.given.soundfont), mimetype=kind)

    @app.post(f"/{token}/save")
    def save():
        return jsonify(takes.save(_object(request.get_json(), "take").get("take"), memory))

    return app
