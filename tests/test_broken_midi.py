"""Broken files that players play: what is whole is read as it was meant, and told; and what is no MIDI is named."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import mido
import pytest
from fuzz_readers import check
from test_any_midi import CHORD, TPQ, TRACKS, melody, meter, midi_bytes, raw_file, said, struck, tune_of  # noqa: F401

from preprocess import read_tune, read_tunes
from reading.midi import midi_in
from reading.scores import read_score

DATA = midi_bytes(*TRACKS)
SECOND = DATA.index(b"MTrk", 20)
END = b"\0\xff\x2f\0"


def raw(data):
    return midi_in(data, Path("any.mid"))


def events(data):
    return [track.events for track in raw(data).tracks]


def told_of_file(data):
    return [line for line in raw(data).told if line.startswith("file: ")]


def with_length(data, chunk, more):
    """The file with the length of the chunk at some place wrong by so much, or as the bytes say."""
    length = int.from_bytes(data[chunk + 4 : chunk + 8], "big")
    return (
        data[: chunk + 4]
        + (more if isinstance(more, bytes) else (length + more).to_bytes(4, "big"))
        + data[chunk + 8 :]
    )


# --- Chunks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [14, SECOND])
@pytest.mark.parametrize(
    "more", [3, 1, 8, 200, -1, -4, -8, -60, bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\1\0\0\0"]
)
def test_wrong_lengths_do_not_matter(chunk, more):
    data = with_length(DATA, chunk, more)
    assert events(data) == events(DATA) and not told_of_file(data)


def test_all_lengths_may_be_wrong_or_the_whole_file_s():
    rest = (len(DATA) - 22).to_bytes(4, "big")
    for length in (bytes(4), b"\xff" * 4, rest):
        assert events(with_length(with_length(DATA, SECOND, length), 14, length)) == events(DATA)


@pytest.mark.parametrize("length", [bytes(4), b"\xff" * 4, None])
def test_without_an_end_of_track_the_next_chunk_ends_it(length):
    data = DATA.replace(END, b"")
    place = data.index(b"MTrk", 20)
    for chunk in (14, place):
        data = with_length(data, chunk, length or (-4))
    assert events(data) == events(DATA)


def test_without_an_end_of_track_what_follows_the_chunk_is_no_music():
    rows = [b"\0\x90\x48\x50\x60\x48\0", CHORD]
    for rest in (b"\0", b"\0\0\0", b"some text after the music", b"\xff\xff\xff\xff"):
        assert events(raw_file(*rows) + rest) == events(raw_file(*rows))


@pytest.mark.parametrize(
    "between",
    [
        b"\0",
        b"\0\0\0",
        b"\r\n",
        b"XFIH\0\0\0\3abc",
        b"LIST\0\0\0\x08MTrk\0\0\0\0",
        b"x" * 500,
        b"MTr",
        b"XFIH\xff\0\0\0abc",
    ],
)
def test_what_stands_around_the_tracks_does_not_matter(between):
    for place in (14, SECOND, len(DATA)):
        assert events(DATA[:place] + between + DATA[place:]) == events(DATA), place


def test_what_stands_before_the_header_does_not_matter(tune_of):  # noqa: F811
    plain, size = tune_of(DATA), len(DATA).to_bytes(4, "little")
    mac = b"\0\x04tune" + bytes(59) + b"Midi" + b"ttxt" + bytes(10) + len(DATA).to_bytes(4, "big") + bytes(41)
    assert len(mac) == 128
    info = b"LIST\x0c\0\0\0INFOINAM\0\0\0\0"
    riffs = [
        b"RIFF" + (len(DATA) + 24).to_bytes(4, "little") + b"RMIDDISP\4\0\0\0\1\2\3\4data" + size,
        b"RIFF\0\0\0\0RMIDdata\0\0\0\0",  # wrong sizes
        b"RIFF\xff\xff\xff\xffRMID" + info + b"data" + size,
        b"RIFF" + size + b"RMID" + info * 300 + b"data" + size,
    ]
    mail = b"HTTP/1.1 200 OK\r\nContent-Type: audio/midi\r\n\r\n"
    for before in (mac, *riffs, mail, b"\xef\xbb\xbf", bytes(7), b"\r\n", b"<!DOCTYPE html><html>"):
        for after in (b"", info, bytes(90)):
            tune = tune_of(before + DATA + after)
            assert (tune.melody, tune.chords, tune.told) == (plain.melody, plain.chords, plain.told), before[:20]
    with pytest.raises(ValueError, match="a RIFF file without MIDI data"):
        tune_of(riffs[0])


def test_headers_may_be_wrong():
    for header in (
        b"MThd\0\0\0\x08" + DATA[8:14] + b"\0\0",
        b"MThd" + bytes(4) + DATA[8:14],
        b"MThd\6\0\0\0" + DATA[8:14],
    ):
        assert events(header + DATA[14:]) == events(DATA)
    for kind in (0, 5, 255):
        assert events(DATA[:8] + kind.to_bytes(2, "big") + DATA[10:]) == events(DATA)
    missing = DATA[:11] + b"\5" + DATA[12:]
    assert told_of_file(missing) == ["file: 2 tracks are there of 5 that it promises"]
    assert events(DATA[:11] + b"\1" + DATA[12:]) == events(DATA)
    for bad, line in ((DATA[:12] + b"\0\0" + DATA[14:], "0 ticks a quarter"), (DATA[:13], "header ends too early")):
        with pytest.raises(ValueError, match=f"damaged or truncated MIDI file .*{line}.*; export it again"):
            raw(bad)


def test_of_several_files_in_one_the_first_is_read():
    assert events(DATA + DATA) == events(DATA)
    assert told_of_file(DATA + bytes(9) + DATA) == ["file: the first of several files in one; what follows is left out"]


def test_type_2_is_a_tune_where_one_pattern_has_notes(tune_of):  # noqa: F811
    with pytest.raises(ValueError, match="any.mid: MIDI type 2, 2 independent patterns, .*; export it as type 1"):
        tune_of(midi_bytes(*TRACKS, midi_type=2))
    for empty in ([], [("Tempo", 0, [])]):
        assert events(midi_bytes(*empty, TRACKS[0], midi_type=2)) == events(midi_bytes(TRACKS[0]))


# --- Damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [25, 50, 75, 90])
@pytest.mark.parametrize("which", ["our_tune", "metheny"])
def test_of_a_cut_file_the_beginning_is_read(which, percent, request):
    data = request.getfixturevalue(which).read_bytes()
    whole, cut = events(data), raw(data[: len(data) * percent // 100])
    assert cut.tracks and [len(track.events) for track in cut.tracks[:-1]] == [
        len(row) for row in whole[: len(cut.tracks) - 1]
    ]
    for track, row in zip(cut.tracks, whole, strict=False):
        assert track.events == row[: len(track.events)]
    assert any("damaged or cut off" in line or "it promises" in line for line in cut.told)


def test_wherever_a_file_is_cut_its_beginning_is_read(tmp_path):
    whole, path = events(DATA), tmp_path / "cut.mid"
    for length in range(len(DATA)):
        path.write_bytes(DATA[:length])
        tune = check(path)
        if length > 45:
            assert tune and any(line.startswith("file: ") for line in tune.told)
            for row, all_of_it in zip(events(DATA[:length]), whole, strict=False):
                assert row == all_of_it[: len(row)]


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (b"\0\x90\x48\x50\0\xff\x01\x50abc", 1),  # an event longer than its track
        (b"\0\x90\x48\x50\x60\x4a", 1),
        (b"\0\x90\x48\x50\xff\xff\xff\xff\x7f\x4a\x50" + END, 1),  # a time of more than four bytes
        (b"\0\x90\x48\x50\xff\xff\xff\x7f\x4a\x50\0\x4a", 1),  # a time beyond reason
        (b"\0\x90\x48\x50\x60\xc8\xff\x60\x4a\0\x60\x4a", 1),  # data bytes above 127, and wild after
        (b"\0\x90\x48\x50\0\xf4\x60\x4a\0\x60\x4a", 1),  # a message that no file has
        (b"\0\x90\x48\x50\x60\x4a\x50\x60\x4c\x50\0\xf0\x7f\1\2", 3),
    ],
)
def test_of_a_damaged_track_what_comes_before_is_read(row, count):
    for data, rest in ((raw_file(row, CHORD), True), (raw_file(CHORD, row), True), (raw_file(row), False)):
        found = raw(data)
        place = [track.channel for track in found.tracks].index(0)
        assert len(found.tracks[place].events) == count and len(found.tracks) == 1 + rest
        told = f"what comes before is used: track {place} 'unnamed' after beat {count - 1}"
        assert told_of_file(data) == [f"file: damaged or cut off, {told}"]


@pytest.mark.parametrize(
    "row", [b"\0\x48\x50", b"\0\x90\x48", b"\xff\xff\xff\xff\x7f\x90\x48\x50", b"\0\xff\x7f\x05abc"]
)
def test_where_nothing_is_whole_it_is_refused(row):
    with pytest.raises(
        ValueError, match="any.mid: a damaged or truncated MIDI file .no note is whole.; export it again"
    ):
        raw(raw_file(row))
    with pytest.raises(ValueError, match="no note is whole"):
        raw(raw_file(END, CHORD)[:26])  # the second track is gone
    found = raw(raw_file(row, CHORD))
    assert found.told == ("file: damaged or cut off, what comes before is used: a track without notes after beat 0",)


def test_a_track_without_notes_is_no_damage():
    for row in (b"", b"\0\x90\x48\0", END):
        with pytest.raises(ValueError, match="no track holds a note; choose"):
            raw(raw_file(row))
    with pytest.raises(ValueError, match="it is 699,051 bars long"):
        raw(raw_file(b"\0\x90\x48\x50\xff\xff\xff\x7f\x48\0\0\x48\x50" + END))


STRUCK = [bytes((60 + n % 12, 80)) + b"\x18" + bytes((60 + n % 12, 0)) for n in range(400)]
RUNNING = b"\0\x90" + b"\x18".join(STRUCK) + END  # as most sequencers write: no status byte but the first
RESTATED = b"\0\x90" + b"\x18\x90".join(STRUCK) + END


@pytest.mark.parametrize("row", [RUNNING, RESTATED])
def test_noise_in_the_middle_of_a_track_is_not_played(row):
    """Bytes are overwritten, cut out or put in: what came before is read, and of what is read most was there."""
    whole, chord, foreign, told = set(events(raw_file(row))[0]), events(raw_file(CHORD))[0], 0, 0
    for number in range(60):
        generator = random.Random(number)
        place, length = generator.randrange(600, 1200), generator.choice((10, 50, 200))
        noise = generator.choice((bytes(length + 50), b"\xff" * length, generator.randbytes(length)))
        before, after = row[:place], row[place + generator.choice((len(noise), 0)) :]
        data = raw_file(row)[:22] + before + noise + after + raw_file(CHORD)[14:]
        found = events(data)
        assert found[-1] == chord and len(whole & set(found[0])) >= place // 4 - 2
        foreign += len(set(found[0]) - whole) / len(found[0])
        told += any("what comes before is used: track 0 'unnamed' after beat" in line for line in raw(data).told)
    assert foreign / 60 < 0.03 and told > 50


@pytest.mark.parametrize(
    "odd",
    [
        b"\0\xf0\x81\0" + bytes(127) + b"\xf7",  # zeros within a message
        b"\0\xff\x7f\x40" + bytes(64),
        b"\0\xb0" + bytes(20),  # bank selects
        b"\0\x90\x48\xff\0\x49\xff\0\x4a\xff\0\x4b\xff",  # loudness beyond 127, however often
        b"\0\x90\xc8\x50",  # a pitch beyond 127
    ],
)
def test_what_only_looks_like_damage_is_none(odd):
    row = b"\0\x90\x48\x50\x60\x48\0" + odd + b"\0\x90\x4c\x50\x60\x4c\0" + END
    for padded in (row, row + bytes(100)):
        assert not told_of_file(raw_file(padded)) and events(raw_file(padded))[0][-2:] == [
            (96, True, 76, 80),
            (192, False, 76, 0),
        ]


# --- Time in frames --------------------------------------------------------------------------------------------------


def in_frames(frames, ticks_per_frame, rate, tempos=((0, 500_000),)):
    """The tunes TRACKS in ticks of a frame, for each tempo `(quarter, microseconds)`."""

    def seconds(quarter):
        found = 0.0
        for (begin, tempo), end in zip(tempos, [*(at for at, _ in tempos[1:]), 1e9], strict=True):
            found += max(0.0, min(quarter, end) - begin) * tempo / 1e6
        return found

    def ticks(quarter):
        return round(seconds(quarter) * rate * ticks_per_frame)

    tracks = [
        (name, channel, [(ticks(a / TPQ), ticks(b / TPQ), *rest) for a, b, *rest in played])
        for name, channel, played in TRACKS
    ]
    meta = [(ticks(at), mido.MetaMessage("set_tempo", tempo=tempo)) for at, tempo in tempos]
    meta.append((ticks(8), mido.MetaMessage("time_signature", numerator=2, denominator=4)))
    data = midi_bytes(*tracks, events=meta)
    return data[:12] + bytes((256 - frames, ticks_per_frame)) + data[14:]


@pytest.mark.parametrize(("frames", "rate"), [(24, 24), (25, 25), (29, 30_000 / 1_001), (30, 30)])
@pytest.mark.parametrize("ticks_per_frame", [40, 80, 100])
@pytest.mark.parametrize(
    "tempos",
    [((0, 500_000),), ((0, 631_579),), ((0, 500_000), (4, 300_000)), ((0, 400_000), (2, 700_000), (9, 333_333))],
)
def test_time_in_frames_becomes_quarters(tune_of, frames, rate, ticks_per_frame, tempos):  # noqa: F811
    plain = tune_of(midi_bytes(*TRACKS, events=[meter(2, 4, at=8)]))
    tune = tune_of(in_frames(frames, ticks_per_frame, rate, tempos))
    assert (
        said(tune, "file")
        == f"file: its time is in SMPTE frames, {frames} a second, turned into quarters by its tempos"
    )
    assert (tune.melody, tune.chords, tune.bars) == (plain.melody, plain.chords, plain.bars)
    assert tune.tempo in [round(6e7 / tempo, 3) for _, tempo in tempos]


def test_time_in_frames_without_a_tempo_is_told_and_a_rate_that_is_none_refused(tune_of):  # noqa: F811
    data = in_frames(25, 40, 25)
    bare = data.replace(b"\xff\x51\3\x07\xa1\x20", b"\xff\x51\3\0\0\0")
    assert bare != data and tune_of(bare).melody == tune_of(data).melody
    assert any(
        "SMPTE frames, 25 a second, turned into quarters at 120, for it tells no tempo" in line
        for line in tune_of(bare).told
    )
    for division in (b"\xe7\0", b"\xd8\x28", b"\x80\x28"):
        with pytest.raises(ValueError, match="damaged or truncated MIDI file .* SMPTE frames a second of .* ticks"):
            raw(data[:12] + division + data[14:])


# --- Other kinds of file ---------------------------------------------------------------------------------------------


def zipped(*names, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, DATA)
    return buffer.getvalue()


CONTENTS = {
    "an MP3 recording": [b"ID3\4\0\0\0\0", b"\xff\xfb\x90\x64"],
    "an M4A, MP4 or AAC recording": [b"\0\0\0\x20ftypM4A ", b"\0\0\0\x18ftypmp42"],
    "a WAV recording": [b"RIFF\x24\0\0\0WAVEfmt "],
    "an Ogg recording": [b"OggS\0\2"],
    "a FLAC recording": [b"fLaC\0\0\0\x22"],
    "a Guitar Pro file": [
        b"\x18FICHIER GUITAR PRO v3.00",
        b"\x18FICHIER GUITAR PRO v5.10",
        b"BCFZ\0\1",
        zipped("VERSION", "Content/score.gpif", method=zipfile.ZIP_DEFLATED),
    ],
    "a MuseScore file": [
        zipped("META-INF/container.xml", "tune.mscx", method=zipfile.ZIP_DEFLATED),
        b'<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="3.02">',
    ],
    "an Ableton Live set": [gzip.compress(b'<?xml version="1.0"?>\n<Ableton MajorVersion="5"/>')],
    "a Sibelius score": [b"\x0fSIBELIUS\0\0"],
    "a Finale score": [b"ENIGMA BINARY FILE"],
    "a PDF": [b"%PDF-1.4\n"],
    "a picture": [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"],
    "a web page": [
        b"<!DOCTYPE html>\n<html>",
        b"\xef\xbb\xbf\n<html lang=en>",
        b"<?xml version='1.0'?>\n<!DOCTYPE HTML>",
    ],
    "a ZIP archive": [zipped("tune.mid"), zipped("tune.mid", method=zipfile.ZIP_DEFLATED)],
    "packed by gzip": [gzip.compress(DATA), gzip.compress(DATA)[:50]],
    "an archive": [
        b"Rar!\x1a\7",
        b"7z\xbc\xaf\x27\x1c",
        b"tune.mid".ljust(257, b"\0") + b"ustar".ljust(255, b"\0") + DATA,
    ],
    "an FL Studio project": [b"FLhd\6\0\0\0"],
    "a Cakewalk project": [b"CAKEWALK\x1a"],
    "a Cubase project": [b"RIFF\0\0\0\0NUNDROOT"],
    "a Power Tab file": [b"ptab\4\0"],
    "a tracker module": [b"Extended Module: tune", bytes(1080) + b"M.K."],
    "a MusicXML or MEI score": [b"<?xml version='1.0'?><!DOCTYPE score-partwise PUBLIC ''><score-partwise/>"],
}


@pytest.mark.parametrize("what", CONTENTS)
def test_a_wrong_kind_of_file_is_named_by_its_content(tmp_path, what):
    for content in CONTENTS[what]:
        for padded in (content, content + bytes(5_000_000)):  # more than is read of a MIDI file
            path = tmp_path / "tune.mid"
            path.write_bytes(padded)
            with pytest.raises(ValueError, match=f"^{path}: {what}, which ") as error:
                read_tune(path)
            assert "; " in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("ending", "what"),
    [
        ("mp3", "an MP3"), ("m4a", "an M4A"), ("gp3", "a Guitar Pro"), ("gp4", "a Guitar Pro"), ("GP5", "a Guitar Pro"),
        ("gpx", "a Guitar Pro"), ("gp", "a Guitar Pro"), ("mscz", "a MuseScore"), ("als", "an Ableton"),
        ("sib", "a Sibelius"), ("mus", "a Finale"), ("musx", "a Finale"), ("pdf", "a PDF"), ("sgu", "a Band-in-a-Box"),
        ("MGU", "a Band-in-a-Box"), ("mg4", "a Band-in-a-Box"), ("logicx", "a Logic"), ("cpr", "a Cubase"),
        ("flp", "an FL Studio"), ("ptb", "a Power Tab"), ("xm", "a tracker"), ("mod", "a tracker"), ("txt", "a text"),
        ("zip", "a ZIP"), ("nwc", "a NoteWorthy"), ("enc", "an Encore"), ("ly", "a LilyPond"), ("wav", "a WAV"),
    ],
)  # fmt: skip
def test_a_wrong_kind_of_file_is_named_by_its_ending(tmp_path, ending, what):
    path = tmp_path / f"tune.{ending}"
    for content in (b"\1\2\3\4 whatever", zipped("whatever"), gzip.compress(b"whatever")):
        path.write_bytes(content)
        if ending == "zip" and content[:2] == b"\x1f\x8b":
            continue
        with pytest.raises(ValueError, match=f"^{path}: {what}.*, which .*; "):
            read_tune(path)
    path.write_bytes(DATA)  # whatever it is called, it is MIDI
    assert read_tune(path).melody


def test_scores_and_midi_files_with_each_other_s_endings_are_named(tmp_path):
    for name in ("tune.xml", "tune.abc", "tune.mxl"):
        (tmp_path / name).write_bytes(DATA)
        with pytest.raises(ValueError, match="a MIDI file, which is known by its ending; let it end in .mid"):
            read_score(tmp_path / name)
    (tmp_path / "tune.mxl").write_bytes(b"%PDF-1.4")
    with pytest.raises(ValueError, match="a PDF, which has pictures of notes; "):
        read_score(tmp_path / "tune.mxl")


def test_in_a_folder_they_are_left_out_with_the_reason(tmp_path):
    for name in ("one.mid", "one.mp3", "two.mp3", "two.gp5", "cover.jpg", "notes.txt", "one.mscz", "broken.mid"):
        (tmp_path / name).write_bytes(DATA if name == "one.mid" else b"\1\2\3\4")
    tunes, skipped = read_tunes(tmp_path)
    assert [tune.path.name for tune in tunes] == ["one.mid"]
    assert [path.name for path, _ in skipped] == ["broken.mid", "one.mscz", "two.gp5", "two.mp3"]
    assert "a Guitar Pro file, which is read by its own program; open it in " in skipped[2].reason
