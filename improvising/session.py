"""From what was learned and the settings to results: one run's improvising, as often as it is asked for.

The settings are those of `music_generate.py`, by lower-case name. Left to others: learning, and writing the results.
"""

import difflib
import hashlib
import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from improvising.arranging import SWUNG, Arrangement, piece_of, style_for, style_in
from improvising.comping import Rhythm, learn_rhythm
from improvising.copies import copies_of
from improvising.keeping import Kept, kept_of_file, kept_of_piece
from improvising.measures import originality, rank
from improvising.playing import AS_THE_ORIGINAL, Playing
from improvising.solos import generate_music
from improvising.styles import STYLES
from inference_model import OneStep
from learning.experts import Habits
from learning.learner import Network
from learning.practice import practise
from learning.style import Style
from music.catalogue import Wanted, chosen, plain
from music.chorus import Chorus, tune_chorus, usual_bar
from music.instruments import JAZZ_GUITAR, NO_PITCH, program_of
from music.notes import Chord
from music.piece import Piece, Solo, Tune, from_start
from music.units import GRID
from reading.changes import typed_chorus
from reading.fetching import METHENY_SHA256
from reading.many_tunes import Tunes, headings_of
from reading.weimar import files_behind
from running.console import printable, tell
from running.made_with import made_with
from running.memory import digest_of
from running.settings import Setting, Settings
from writing.outputs import SOLO_FILE, VERSIONS_ON_PAGE, Results
from writing.soundfont import check_font

AS_THEY_CAME = Path(__file__).resolve().parent.parent / "data/constants.json"  # the constants with which it came
MOST_BARS_SHOWN, MOST_BARS, MOST_BARS_IN_ALL = 1_000, 20_000, 1_000_000  # some half an hour, half a day, a month
ORIGINAL_LOSS, ORIGINAL_TX = 7.5, 30  # and the steps over which it is summed
ORIGINAL_TEMPO, SLOWEST_AND_FASTEST = 130, (20, 400)  # quarters a minute
MOST_SECONDS_HEARD = 2_400  # of sound, which is rendered in one piece: 4 MB of memory each
# What the head of a page tells anyway, and what does not shape the music.
NOT_SHOWN = ("SEED", "TUNE", "LIST", "LOAD", "SAVE", "CACHE", "CLUSTER", "OUTPUT")
NOT_SHOWN += ("SOUND", "SOUNDFONT", "SCORE", "PICTURES", "PAGE", "LIVE")


@dataclass(frozen=True)
class Session:
    """What was learned, and so may be improvised with: the tunes, their style and the network; `memory` is a folder
    that keeps what was practised, None for none."""

    tunes: Tunes
    network: Network
    style: Style
    memory: Path | None = None
    habits: dict[tuple, Habits] = field(default_factory=dict)  # of each way of playing that was asked for

    def improvise(
        self, given: Settings, shown: dict[str, str], kept_from: Piece | None = None, most_bars: int | None = None
    ) -> Results:
        """Solos as the settings say, and what there is to show of them; `shown` is what is said of the settings.

        Bars are kept from a piece, or from the file that the settings name. Raises ValueError for settings that do not
        fit what was learned, and for more than `most_bars`.
        """
        over, playing = tune_over(given, self.tunes), playing_of(given)
        one_step = OneStep(self.network.weights)
        style = replace(style_over(given, self.style, self.tunes), habits=self._practised(playing, one_step))
        chorus = style.chorus.first_bars(playing.bars)
        if most_bars and len(chorus.bars) > most_bars:
            raise ValueError(
                f"this would be {len(chorus.bars)} bars, more than the {most_bars} here; take fewer CHORUSES"
            )
        kept = kept_bars(given, chorus, kept_from)
        arrangement = arrangement_of(given, style, self.tunes)
        playing = replace(playing, swing=asked_swing(given, style))
        solos = generate_music(one_step, style, playing, given.n_solos, given.seed, kept, arrangement.tempo)
        ranking = rank(style.source, solos, style.corpus) if len(solos) > 1 else [0]
        best = ranking[:VERSIONS_ON_PAGE]
        typed = f" over {printable(chorus.title) or 'typed changes'}" if given.chords else ""
        after = over.player if typed and over.player else over.name
        title = f"A solo after {printable(after)}{typed}, seed {given.seed}"
        return Results(
            [piece_of(solo, title, arrangement) for solo in solos],
            ranking,
            {number: originality(solos[number], style.corpus) for number in best},
            {number: copies_of(solos[number], self.tunes, arrangement) for number in best},
            self._beside(given, style, playing, one_step, arrangement),
            self.network.losses.tolist(),
            shown,
            self._reference(given),
            over,
            self.network.held_losses.tolist(),
        )

    def _reference(self, given: Settings) -> float | None:
        """The loss with which the original ends after 100 epochs on Metheny's solo; None for anything else."""
        path = self.tunes[0].path
        is_metheny = len(self.tunes) == 1 and given.tx == ORIGINAL_TX and path.is_file()
        if is_metheny and hashlib.sha256(path.read_bytes()).hexdigest() == METHENY_SHA256:
            return ORIGINAL_LOSS
        return None

    def _beside(
        self, given: Settings, style: Style, playing: Playing, one_step: OneStep, arrangement: Arrangement
    ) -> dict[str, Piece]:
        """What a page compares solos with: over other changes a solo over the source's; the source with the same band;
        and the source as it was played."""
        over, beside = tune_over(given, self.tunes), {}
        if not (given.page or given.live):
            return beside
        arrangement = arrangement._replace(comps=comps_over(given, over), rhythm=None, strikes=over.struck())
        if given.chords:
            own = replace(style, chorus=tune_chorus(over))
            (solo,) = generate_music(one_step, own, playing, 1, given.seed, tempo=arrangement.tempo)
            beside["Over the source's changes"] = piece_of(solo, "A solo over the source's changes", arrangement)
        as_played = source_of(given, style, self.tunes)
        beside["The source"] = piece_of(as_played.solo, as_played.title, arrangement)
        return beside | {"As played": as_played}

    def _practised(self, playing: Playing, one_step: OneStep) -> Habits | None:
        """What the experts practise with this network; None where none is asked."""
        if playing.values_per_bar or not playing.experts:
            return None
        way = playing.experts, playing.closeness, playing.gravity
        if way not in self.habits:
            self.habits[way] = practise(one_step, self.style.player, *way, self.memory)
        return self.habits[way]


def shown_of(given: Settings, settings: dict[str, Setting], tunes: Tunes) -> dict[str, str]:
    """What is said of the settings, beside a solo: the seed, the tune, and all that shapes the music and is not as it
    came with the program."""
    shown = {
        "seed": str(given.seed),
        "tune": printable(Path(given.load or given.tune).name if len(tunes) > 1 else tunes[0].path.name),
    }
    try:
        came = json.loads(AS_THEY_CAME.read_text())
    except (OSError, ValueError):  # without the record: as they are declared
        came = {name: setting.default for name, setting in settings.items()}
    unheard = {*NOT_SHOWN, *([field.name.upper() for field in fields(Playing)] if given.original else ())}
    for name in settings:
        value = getattr(given, name.lower())
        if name not in unheard and json.loads(json.dumps(value)) != came.get(name):
            shown[name.lower().replace("_", " ")] = _in_words(value)
    return shown


def facts_of(given: Settings, session: Session) -> dict:
    """How solos were made, for whoever wants to make them again: the settings that shape them, what was learned (the
    sha256 of its file, of several files that of their digests), and what it was done with."""
    files = [Path(given.load)] if given.load else [tune.path for tune in headings_of(session.tunes)]
    digests = [_digest(file) for file in dict.fromkeys(behind for file in files for behind in files_behind(file))]
    learned = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()
    name = files[0].name if len(files) == 1 else Path(given.tune).name
    return {
        "seed": given.seed,
        "settings": {name: value for name, value in sorted(vars(given).items()) if name.upper() not in NOT_SHOWN},
        "tune": {"name": printable(name), "tunes": len(session.tunes), "sha256": learned.hex()},
        "network": digest_of(*(array.tobytes() for array in session.network.weights)),
        "made with": made_with(),
    }


def _digest(file: Path) -> bytes:
    if not file.is_file():
        return hashlib.sha256(b"").digest()
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def _in_words(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return ("off", "on")[value] if isinstance(value, bool) else printable(str(value))


def tell_of(results: Results, seed: int) -> None:
    """Tell of solos: how many notes, how often no pitch fitted, how original the best one is."""
    solos: list[Solo] = [piece.solo for piece in results.pieces]
    fallbacks = sum(solo.fallbacks for solo in solos) / max(1, sum(solo.n_terms for solo in solos))
    tell("improvised", f"{sum(len(solo.notes) for solo in solos):,} notes, seed {seed}")
    tell("fall-backs", f"{fallbacks:.1%} of the values had no pitch as asked")
    tell("copied", ", ".join(f"{name} {figure}" for name, figure in results.facts[results.ranking[0]].items()))


def style_over(given: Settings, style: Style, tunes: Tunes) -> Style:
    """The style over what is improvised over."""
    over = tune_over(given, tunes)
    return replace(style, chorus=chorus_of(given, over), source=over.solo)


def source_of(given: Settings, style: Style, tunes: Tunes) -> Piece:
    """The solo that the new ones are held against, as it was played."""
    over = tune_over(given, tunes)
    solo, arrangement = over.solo, arrangement_of(given, style, tunes)
    if given.original:
        solo = replace(solo, nuances_by_bar=[])
    alone = arrangement._replace(
        tempo=over.tempo,
        comps=comps_over(given, over),
        strikes=over.struck(),
        listens=False,
        band=False,
        count_in=False,
    )
    return piece_of(solo, printable(over.name), alone)


def comps_over(given: Settings, changes: Tune | Chorus) -> bool:
    """Whether a pianist plays these changes: those that a pianist struck sound as he did."""
    return not (changes.is_struck or given.original)


def arrangement_of(given: Settings, style: Style, tunes: Tunes) -> Arrangement:
    """How solos become pieces, as the settings say, and where they leave it open the tune."""
    over, chorus = tune_over(given, tunes), style.chorus
    tempo, swing = tempo_of(given, over), asked_swing(given, style)
    swing = style.feel.swing if swing is None else swing
    struck = next((number for number, tune in enumerate(headings_of(tunes)) if tune.is_struck), None)
    return Arrangement(
        tempo,
        program_asked(given, over),
        band_style(given, tunes) or style_in(chorus.style) or style_for(chorus.bars, tempo, swing),
        swing,
        0.0 if given.original else given.feel,
        comps=comps_over(given, chorus),
        rhythm=None if struck is None or chorus.is_struck else rhythm_of(tunes[struck]),
        strikes=strikes_of(given, over) if chorus.is_struck else (),
        listens=not given.original,
        band=given.backing,
        seed=given.seed,
        written_for=given.part,
        count_in=given.count_in,
    )


def wanted_of(given: Settings) -> tuple[Wanted, tuple[str, ...]]:
    """Which tunes of a database are asked for, and the styles that STYLE may ask of the band instead."""
    return Wanted(given.player, given.title, given.style or ""), STYLES


def band_style(given: Settings, tunes: Tunes) -> str | None:
    """The style that is asked of the band; None where none is, or the tunes were chosen by it. Raises ValueError for
    what is neither."""
    if given.style:
        chosen(headings_of(tunes), Wanted(style=given.style), STYLES)
    return _style_of_band(given.style)


def _style_of_band(asked: str | None) -> str | None:
    return next((name for name in STYLES if asked and plain(name) == plain(asked)), None)


def program_asked(given: Settings, over: Tune) -> int:
    """The instrument that is asked for, else the tune's. Raises ValueError for what is none."""
    if given.instrument is None:
        return JAZZ_GUITAR if over.program is None or over.program >= NO_PITCH else over.program
    try:
        return program_of(given.instrument)
    except ValueError as error:
        raise ValueError(f"INSTRUMENT (--instrument): {error}") from None


def tempo_of(given: Settings, over: Tune) -> float:
    """The tempo that is asked for, else the original's, else the tune's, within what can be asked for."""
    if given.tempo is not None:
        return given.tempo
    return ORIGINAL_TEMPO if given.original else min(SLOWEST_AND_FASTEST[1], max(SLOWEST_AND_FASTEST[0], over.tempo))


def asked_swing(given: Settings, style: Style) -> float | None:
    """Where off-beats are asked to lie; None: where the player's do. A style that is straight, of a player who swings,
    asks for it."""
    named = _style_of_band(given.style) or style_in(style.chorus.style)
    if given.swing is None and named in ("straight", "bossa") and style.feel.swing > SWUNG:
        return 0.5
    return given.swing


def strikes_of(given: Settings, over: Tune) -> list[Chord]:
    """What the tune's pianist strikes in what is improvised over: in its key, and as often as it is played."""
    struck = chorus_of(given, replace(over, chords={number: over.strikes.get(number, []) for number in over.bars}))
    struck = struck.first_bars(playing_of(given).bars)
    return from_start(struck.chords_by_bar, struck.bars)


def rhythm_of(tune: Tune) -> Rhythm | None:
    """When the tune's pianist strikes."""
    return learn_rhythm(tune.strikes_by_bar, list(tune.bars.values()))


def tune_over(given: Settings, tunes: Tunes) -> Tune:
    """The tune that is played: the first one, or the one that OVER names. Raises ValueError where there is none."""
    if not given.over:
        return tunes[0]
    headings = headings_of(tunes)
    for number, tune in enumerate(headings):
        if given.over in (tune.path.name, tune.path.stem, str(tune.path), tune.name):
            return tunes[number]
    names = [tune.path.name for tune in headings]
    close = difflib.get_close_matches(given.over, names, n=1, cutoff=0) or names[:1]
    raise ValueError(f"OVER (--over) names {given.over!r}, which was not read; one that was is {close[0]!r}")


def chorus_of(given: Settings, tune: Tune) -> Chorus:
    """What is improvised over: the typed changes or the tune's, in the key and as often as the settings say."""
    if given.song and not given.chords and not given.tune_chords:
        raise ValueError("SONG (--song) names a song of CHORDS (--chords), which holds none; give a link or its file")
    usual = usual_bar(list(tune.bars.values()))
    chorus = typed_chorus(given.chords, usual, given.song) if given.chords else tune_chorus(tune)
    n_bars = len(chorus.bars) * given.choruses
    if n_bars > MOST_BARS:  # already laying them out would take long
        raise ValueError(f"CHORUSES x the bars of the changes are {n_bars:,}, at most {MOST_BARS:,} can be played")
    return chorus.transposed(given.key).repeated(given.choruses)


def playing_of(given: Settings) -> Playing:
    """How to improvise, as the settings say."""
    if given.original:
        return AS_THE_ORIGINAL
    return Playing(**{field.name: getattr(given, field.name) for field in fields(Playing)})


def check_wishes(given: Settings, style: Style, tunes: Tunes) -> None:
    """Say what cannot be done, before any work is: ValueError for bars to keep that there are not, and for more than
    can be made."""
    chorus = style.chorus.first_bars(playing_of(given).bars)
    kept_bars(given, chorus)
    program_asked(given, tune_over(given, tunes))
    if given.soundfont and (given.sound or given.page):
        check_font(Path(given.soundfont))
    n_bars, asked = len(chorus.bars), "BARS, CHORDS and CHORUSES ask for"
    shown = [name for name in ("sound", "score", "pictures", "page") if getattr(given, name)]
    if shown and n_bars > MOST_BARS_SHOWN:
        off = " and ".join(name.upper() for name in shown)
        raise ValueError(
            f"{asked} {n_bars:,} bars, at most {MOST_BARS_SHOWN:,} can be heard and shown; take fewer, or set {off} to "
            "False: then only the MIDI is made"
        )
    tempo = tempo_of(given, tune_over(given, tunes))
    seconds = chorus.bars[-1].end / GRID * 60 / tempo
    if given.sound and seconds > MOST_SECONDS_HEARD:
        raise ValueError(
            f"{asked} {n_bars:,} bars, at TEMPO {tempo:g} {seconds / 60:,.0f} minutes of music, at most "
            f"{MOST_SECONDS_HEARD // 60} can be rendered; take fewer, a faster TEMPO, or set SOUND to False"
        )
    if n_bars * given.n_solos > MOST_BARS_IN_ALL:
        raise ValueError(
            f"{asked} {n_bars:,} bars, times {given.n_solos:,} solos (N_SOLOS) {n_bars * given.n_solos:,}, at most "
            f"{MOST_BARS_IN_ALL:,} can be made; take fewer of them"
        )


def kept_bars(given: Settings, chorus: Chorus, piece: Piece | None = None) -> Kept:
    """The bars that KEEP_BARS names, of a piece or of the file KEEP_FROM, else of the output folder's last solo."""
    if not given.keep_bars:
        if given.keep_from:
            raise ValueError(
                "KEEP_FROM (--keep-from) names a solo, but KEEP_BARS (--keep-bars) no bars of it; name some"
            )
        return {}
    if piece:
        return kept_of_piece(piece, given.keep_bars, chorus.bars)
    return kept_of_file(Path(given.keep_from or Path(given.output) / SOLO_FILE), given.keep_bars, chorus.bars)
