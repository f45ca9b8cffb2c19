"""The Weimar Jazz Database, in the schema it is documented in, with music of our own."""

import csv
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

import music_generate
from improvising.session import band_style
from learning.feel import learn_feel
from music.catalogue import Wanted, chosen
from music.notes import Bar
from preprocess import list_file, read_tune, read_tunes
from reading.choosing import Selection
from reading.tune_json import tune_from_json, tune_to_json
from reading.weimar import TERMS, Listed, listed, symbol_of

SCHEMA = """
CREATE TABLE melody(eventid INTEGER PRIMARY KEY AUTOINCREMENT, melid INTEGER, onset REAL, pitch REAL, duration REAL,
  period INTEGER, division INTEGER, bar INTEGER, beat INTEGER, tatum INTEGER, subtatum INTEGER, num INTEGER,
  denom INTEGER, beatprops TEXT, beatdur REAL, tatumprops TEXT, f0_mod TEXT, loud_max REAL, loud_med REAL);
CREATE TABLE beats(beatid INTEGER PRIMARY KEY AUTOINCREMENT, melid INTEGER, onset REAL, bar INTEGER, beat INTEGER,
  signature TEXT, chord TEXT, form TEXT, bass_pitch INTEGER, chorus_id INTEGER);
CREATE TABLE solo_info(melid INTEGER, performer TEXT, title TEXT, solopart INTEGER, instrument TEXT, style TEXT);
CREATE TABLE transcription_info(melid INTEGER, filename_sv TEXT);
"""
BEAT = 0.5  # seconds
CHORDS = {(1, 1): "Bbj7", (2, 1): "G79b/F", (3, 1): "", (4, 1): "NC"}


def solo(bars=range(1, 5), meter=(4, 4), period=None, division=2, moved=0, late=0.02, chords=CHORDS):
    """Rows of beats and notes: two notes a beat, up and down, all a little late and off-beats at 0.6 of the beat."""
    period = period or meter[0]
    beats, notes, at = [], [], 1.0
    for bar in bars:
        for beat in range(1, period + 1):
            is_first = (bar, beat) == (bars[0], 1)
            signature = "{}/{}".format(*meter) if is_first else ""  # told where it changes
            beats.append({"onset": at, "bar": bar, "beat": beat, "signature": signature, "form": "A1" * is_first,
                          "chord": chords.get((bar, beat), ""), "chorus_id": 1})  # fmt: skip
            for tatum, share in ((1, 0.0), (division, 0.6)):
                pitch = 60 + moved + (7 * (len(notes) + bar)) % 12
                notes.append(
                    {"onset": at + share * BEAT + late, "pitch": pitch, "duration": 0.2, "period": period,
                     "division": division, "bar": bar, "beat": beat, "tatum": tatum, "num": meter[0],
                     "denom": meter[1], "beatdur": BEAT, "loud_med": 60 + bar}
                )  # fmt: skip
            at += BEAT
    return beats, notes


SOLOS = [  # performer, title, instrument, style, rows
    ("Jürgen Müller", "Blue Door", "ts", "BEBOP", solo()),
    ("Jürgen Müller", "Mr. P.'s Walk", "ts", "BEBOP", solo(bars=range(-1, 4), moved=1)),
    ("Anna Smith", "Blue Door", "tp", "HARDBOP", solo(meter=(3, 4), moved=2)),
    ("Bob Smith", "Blue Door", "g", "SWING", solo(meter=(6, 8), period=2, division=3, moved=3)),
    ("Bob Smith", "Blue Door", "kazoo", "SWING", solo(meter=(5, 4), moved=4, chords={})),
]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "wjazzd.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
        for number, (performer, title, instrument, style, (beats, notes)) in enumerate(SOLOS, 1):
            values = (number, performer, title, 1, instrument, style)
            connection.execute("INSERT INTO solo_info VALUES (?, ?, ?, ?, ?, ?)", values)
            for table, rows in (("beats", beats), ("melody", notes)):
                for row in rows:
                    names = ", ".join(["melid", *row])
                    marks = ", ".join("?" * (len(row) + 1))
                    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", (number, *row.values()))
    connection.close()
    return path


def write_csv(folder: Path, name: str, beats: list[dict], notes: list[dict], beats_in: Path | None = None) -> Path:
    """The two files of a solo, as they are exported."""
    theirs = {"beatdur": "beat_duration", "loud_med": "loud_median"}
    path = folder / f"{name}_FINAL.csv"
    for file, rows in ((path, notes), ((beats_in or folder) / f"{name}_FINAL_beattrack.csv", beats)):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as opened:
            names = [theirs.get(key, key) for key in rows[0] if key not in ("num", "denom")]
            writer = csv.writer(opened)
            writer.writerow(names)
            writer.writerows([value for key, value in row.items() if key not in ("num", "denom")] for row in rows)
    return path


def placed(tune):
    return [(note.onset, note.duration, note.pitch) for note in tune.solo.notes]


def test_a_solo_is_read_as_it_is_annotated(database):
    tune = read_tune(database / "JürgenMüller_BlueDoor")
    assert (tune.player, tune.title, tune.style, tune.program) == ("Jürgen Müller", "Blue Door", "BEBOP", 66)
    assert tune.tempo == 120 and list(tune.bars.values()) == [Bar(48 * number, 48) for number in range(4)]
    assert placed(tune)[:3] == [(0, 4, 67), (6, 4, 62), (12, 4, 69)]  # 0.2 s are 0.4 quarters
    assert [[chord.symbol for chord in in_bar] for in_bar in tune.chords.values()] == [
        ["Bbmaj7"], ["G7b9/F"], ["G7b9/F"], ["N.C."]
    ]  # fmt: skip
    assert tune.sections == {0: "A1"} and TERMS in tune.told[0]
    assert [note.velocity for note in tune.melody[0]][:2] == [int((61 - 40) * 2.5)] * 2
    first, second, *_ = tune.nuances[0]
    assert first == (0.04, 0.4, ()) and second.late == pytest.approx(0.14)
    assert learn_feel([tune]).swing == pytest.approx(0.64)


def test_bars_before_the_first_and_any_meter_are_read(database):
    before, three, six, five = (read_tune(database / name) for name in (
        "JürgenMüller_MrP'sWalk", "AnnaSmith_BlueDoor", "BobSmith_BlueDoor", "BobSmith_BlueDoor~2"))  # fmt: skip
    assert len(before.bars) == 5 and before.solo.notes[0].onset == 0
    assert three.solo.bars[0] == Bar(0, 36, (3, 4)) and three.solo.notes[6].onset == 36
    assert six.solo.bars[1] == Bar(36, 36, (6, 8)) and [note.onset for note in six.solo.notes[:4]] == [0, 12, 18, 30]
    assert six.tempo == 180  # two dotted quarters a second and a half
    assert five.program is None and five.bars[0].meter == (5, 4)
    assert all(chord.root is not None for in_bar in five.chords.values() for chord in in_bar)
    assert "made from the melody alone" in five.told[1]


@pytest.mark.parametrize(
    "odd",
    [
        {"loud_med": None}, {"loud_med": "nan"}, {"beatdur": None}, {"division": 7, "tatum": 6}, {"division": None},
        {"tatum": 99}, {"bar": None, "beat": None}, {"duration": None}, {"duration": 1e9},
        {"period": None}, {"beatdur": 1e-6},
    ],
)  # fmt: skip
def test_a_row_that_lacks_something_is_read_all_the_same(tmp_path, odd):
    beats, notes = solo()
    notes[5] = notes[5] | odd
    path = write_csv(tmp_path, "A_B", [*beats, dict.fromkeys(beats[0], "")], [*notes, dict.fromkeys(notes[0], "")])
    tune = read_tune(path)
    assert abs(tune.solo.notes[5].onset - 30) <= 6 and len(tune.solo.notes) >= 31
    assert all(0 < note.velocity <= 127 for note in tune.solo.notes)
    assert tune_from_json(json.loads(json.dumps(tune_to_json(tune)))).melody == tune.melody


def test_a_solo_without_numbered_beats_lies_where_it_sounds(tmp_path):
    beats, notes = solo(late=0)
    blank = {"bar": "", "beat": "", "signature": ""}
    tune = read_tune(write_csv(tmp_path, "A_B", [row | blank for row in beats], [row | blank for row in notes]))
    assert [note.onset for note in tune.solo.notes[:4]] == [0, 6 + 2, 12, 18 + 2]  # 0.6 is nearer to 2/3


def test_signatures_change_where_they_are_told(tmp_path):
    beats, notes = solo(bars=range(1, 3))
    more_beats, more_notes = solo(bars=range(3, 5), meter=(3, 4))
    later = (
        [row | {"onset": row["onset"] + 4} for row in more_beats],
        [row | {"onset": row["onset"] + 4} for row in more_notes],
    )
    tune = read_tune(write_csv(tmp_path, "A_B", beats + later[0], notes + later[1]))
    assert [bar.meter for bar in tune.bars.values()] == [(4, 4), (4, 4), (3, 4), (3, 4)]
    assert max(abs(nuance.late) for nuance in tune.solo.nuances) < 0.2


def test_csv_and_database_say_the_same_wherever_the_beats_lie(tmp_path, database):
    of_database = read_tune(database / "JürgenMüller_BlueDoor")
    for place in (None, tmp_path / "solos/beats", tmp_path / "beats"):
        path = write_csv(tmp_path / "solos", "JürgenMüller_BlueDoor", *SOLOS[0][-1], beats_in=place)
        tune = read_tune(path)
        assert (placed(tune), tune.nuances, tune.chords) == (
            placed(of_database),
            of_database.nuances,
            of_database.chords,
        )
        assert (tune.player, tune.title, tune.style) == ("Jürgen Müller", "Blue Door", "")
        for file in (tmp_path / "solos").rglob("*.csv"):
            file.unlink()


@pytest.mark.parametrize(
    ("name", "player", "title"),
    [("CharlieParker_DonnaLee-1_FINAL", "Charlie Parker", "Donna Lee"),
     ("JJJohnson_Two'sBlues", "JJ Johnson", "Two's Blues"), ("X_IFallInLove_FINAL", "X", "I Fall In Love")],
)  # fmt: skip
def test_a_file_s_name_tells_who_plays_what(name, player, title):
    assert listed(Path(f"{name}.csv"))[1:3] == (player, title)


@pytest.mark.parametrize(
    ("theirs", "ours", "tones"),
    [("Bbj7", "Bbmaj7", {10, 2, 5, 9}), ("C-7", "Cm7", {0, 3, 7, 10}), ("C-j7", "CmMaj7", {0, 3, 7, 11}),
     ("F#o", "F#dim", {6, 9, 0}), ("Co7", "Cdim7", {0, 3, 6, 9}), ("Cm7b5", "Cm7b5", {0, 3, 6, 10}),
     ("G+7", "G7#5", {7, 11, 3, 5}), ("C+", "Caug", {0, 4, 8}), ("Csus", "Csus", {0, 5, 7}),
     ("Fsus7913", "F13sus", {5, 10, 0, 3, 7, 2}), ("G79b", "G7b9", {7, 11, 2, 5, 8}),
     ("G79#", "G7#9", {7, 11, 2, 5, 10}), ("Ebj7911#", "Ebmaj9#11", {3, 7, 10, 2, 5, 9}),
     ("C7913", "C13", {0, 4, 7, 10, 2, 9}), ("C7911", "C9add11", {0, 4, 7, 10, 2, 5}),
     ("C-7911", "Cm11", {0, 3, 7, 10, 2, 5}), ("C69", "C69", {0, 4, 7, 9, 2}), ("C6", "C6", {0, 4, 7, 9}),
     ("C79b13b", "C7b9b13", {0, 4, 7, 10, 1, 8}), ("E7alt", "E7alt", {4, 8, 2, 5, 7, 10, 0}),
     ("Abj", "Abmaj7", {8, 0, 3, 7})],
)  # fmt: skip
def test_chords_keep_their_meaning_in_our_spelling(theirs, ours, tones):
    symbol = symbol_of(theirs)
    assert symbol.text == ours and set(symbol.tones) == tones
    assert symbol_of(f"{theirs}/D").text == f"{ours}/D" and symbol_of(f"{theirs}/D").bass == 2


def test_a_chord_that_cannot_be_read_is_told_and_the_one_before_goes_on(tmp_path):
    assert symbol_of("NC").root is None and symbol_of("blah") is None
    path = write_csv(tmp_path, "A_B", *solo(chords=CHORDS | {(3, 1): "Hx??"}))
    tune = read_tune(path)
    assert tune.chords[2][0].symbol == "G7b9/F" and "Hx??" in " ".join(tune.told)


# --- Choosing --------------------------------------------------------------------------------------------------------


def names(tunes):
    return [(tune.player, tune.title) for tune in tunes]


def test_players_titles_and_styles_choose(database):
    def read(**wanted):
        return names(read_tunes(database, wanted=Wanted(**wanted), other_styles=("swing", "bossa"))[0])

    assert len(read()) == 5
    assert (
        read(player="jurgen muller", title="BLUE door")
        == read(player="Müller", title="blue")
        == [("Jürgen Müller", "Blue Door")]
    )
    assert read(style="hard-bop") == [("Anna Smith", "Blue Door")]
    assert read(style="swing") == [("Bob Smith", "Blue Door")] * 2
    assert len(read(style="bossa")) == 5  # the band's


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"player": "Smith"}, r"PLAYER \(--player\) 'Smith' may mean Anna Smith or Bob Smith; write the whole name"),
        ({"player": "Jurgen Muler"}, "is not among what was read; there is Jürgen Müller"),
        ({"title": "Nothing"}, "TITLE .* there is one of 2, as Blue Door"),
        (
            {"style": "polka"},
            "'polka' is no style here; the band's are swing, bossa; the solos' are bebop, hardbop, swing",
        ),
    ],
)
def test_what_is_not_there_is_told(database, wanted, said):
    with pytest.raises(ValueError, match=said):
        read_tunes(database, wanted=Wanted(**wanted), other_styles=("swing", "bossa"))


def test_only_a_database_tells_players_and_styles(our_tune):
    with pytest.raises(ValueError, match="PLAYER .* only a database of solos tells its players"):
        read_tunes(our_tune, wanted=Wanted(player="Parker"))
    with pytest.raises(ValueError, match="only wjazzd.db tells its solos' styles"):
        chosen([Listed(Path("a.csv"), "A", "B")], Wanted(style="bebop"), ("swing",))


def test_a_style_is_the_band_s_or_the_solos(database, monkeypatch):
    tunes, _ = read_tunes(database)
    given = type("Given", (), {"style": "Swing"})
    assert band_style(given, tunes) == "swing"
    given.style = "bebop"
    assert band_style(given, tunes) is None
    with pytest.raises(ValueError, match="no style"):
        band_style(given, [])


# --- Files -----------------------------------------------------------------------------------------------------------


def broken(path: Path, how: str) -> Path:
    content = path.read_bytes()
    if how in ("other tables", "no solos"):
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.executescript(SCHEMA if how == "no solos" else "CREATE TABLE songs(name TEXT);")
        connection.close()
    else:
        path.write_bytes({"empty": b"", "text": b"no database at all" * 99, "cut": content[: len(content) // 2]}[how])
    return path


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("empty", "not the Weimar Jazz Database, for it has no table 'melody'"), ("text", "not an SQLite database"),
        ("cut", "a damaged one"), ("other tables", "no table 'melody'"), ("no solos", "a database without solos"),
    ],
)  # fmt: skip
def test_what_is_no_such_database_is_told_in_a_line(database, tmp_path, our_tune, how, said):
    with pytest.raises(ValueError, match=f"wjazzd.db: {said}|wjazzd.db: .*{said}") as told:
        read_tunes(broken(database, how))
    assert "\n" not in str(told.value)
    (tmp_path / "ours.mid").write_bytes(our_tune.read_bytes())
    tunes, skipped = read_tunes(tmp_path)
    assert len(tunes) == 1 and [one.path for one in skipped] == [database]


def test_what_is_no_solo_as_csv_is_told_in_a_line(tmp_path):
    path = write_csv(tmp_path / "export/solos", "A_B", *solo())
    with pytest.raises(ValueError, match="the beats of a solo; give the file with its notes, A_B_FINAL.csv"):
        read_tune(path.with_name("A_B_FINAL_beattrack.csv"))
    path.with_name("A_B_FINAL_beattrack.csv").unlink()
    with pytest.raises(ValueError, match="its beats, A_B_FINAL_beattrack.csv, lie neither beside it nor"):
        read_tune(path)
    path.write_text("name,price\nx,1\n")
    with pytest.raises(ValueError, match="not a solo of the Weimar Jazz Database as CSV, for it has no column"):
        read_tunes(path)


def test_tracks_and_meters_that_are_asked_for_are_told(database):
    tune = read_tune(database / "AnnaSmith_BlueDoor", Selection(melody_track=1, meter="4/4", from_beat=3.0))
    assert tune.begins == 3 and len(tune.solo.bars) == 3
    assert [line[:6] for line in tune.told[1:4]] == ["tracks", "meter:", "solo: "]
    with pytest.raises(ValueError, match="names the marker 'Solo'"):
        read_tune(database / "AnnaSmith_BlueDoor", Selection(from_beat="Solo"))


def test_solos_are_listed_and_remembered(database, tmp_path, monkeypatch):
    lines = list_file(database)
    assert len(lines) == 6 and "Anna Smith" in lines[1] and "hardbop  4     24" in lines[1]
    first, _ = read_tunes(database, memory=tmp_path / "memory")
    monkeypatch.setattr("preprocess.read_tune", lambda *_: pytest.fail("it is read again"))
    assert read_tunes(database, memory=tmp_path / "memory")[0] == first


def test_a_run_learns_a_player_and_plays_over_another_solo(database, tmp_path):
    flags = [
        "--player",
        "bob smith",
        "--over",
        "BobSmith_BlueDoor~2",
        "--style",
        "swing",
        "--output",
        f"{tmp_path}/out",
    ]
    off = [f"--{name}=no" for name in ("sound", "score", "pictures", "page")]
    music_generate.main([str(database), *flags, *off, "--epochs=1", "--tx=4", "--cache="])
    told = json.loads((tmp_path / "out/my_music.json").read_text())["tune"]
    assert (told["tunes"], told["sha256"]) == (2, hashlib.sha256(database.read_bytes()).hexdigest())
