"""A folder's tunes are read once each: copies with less, and copies in other formats, are told."""

from dataclasses import replace
from pathlib import Path

import mido
import pytest
from test_weimar import solo, write_csv

from preprocess import read_tune, read_tunes
from reading.repeats import print_of, repeats_among

MELODY = [72, 74, 76, 79, 77, 76, 74, 71, 69, 71, 72, 76, 74, 72, 71, 67]
CHORDS = [(48, 52, 55, 59), (45, 52, 55, 60), (50, 53, 57, 60), (43, 53, 57, 59)]


def write_parts(path: Path, *parts: str, moved: int = 0) -> Path:
    """Four bars as a MIDI file of some of these parts: a melody in quarters, chords struck in halves."""
    file = mido.MidiFile(ticks_per_beat=480)
    music = {
        "Solo": [(number, 1, (pitch + moved,)) for number, pitch in enumerate(MELODY)],
        "Piano": [(2 * half, 2, tuple(pitch + moved for pitch in CHORDS[half // 2])) for half in range(8)],
    }
    for channel, name in enumerate(parts):
        events = []
        for onset, length, pitches in music[name]:
            for pitch in pitches:
                events += [(onset * 480, "note_on", pitch), ((onset + length) * 480 - 5, "note_off", pitch)]
        track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
        for tick, kind, pitch in sorted(events, key=lambda event: event[0]):
            track.append(mido.Message(kind, note=pitch, velocity=80, channel=channel, time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


@pytest.mark.parametrize("place", ["{tune}/{part}.mid", "{part}/{tune}.mid", "{tune}_{part}.mid"])
def test_a_copy_with_the_melody_or_the_chords_alone_is_told_and_left_out(tmp_path, place):
    for tune, moved in (("one", 0), ("two", 1)):
        for part, parts in (("chords", ["Piano"]), ("full", ["Solo", "Piano"]), ("melody", ["Solo"])):
            write_parts(tmp_path / place.format(tune=tune, part=part), *parts, moved=moved)
    tunes, skipped = read_tunes(tmp_path)
    whole = [tmp_path / place.format(tune=tune, part="full") for tune in ("one", "two")]
    assert sorted(tune.path for tune in tunes) == sorted(whole)
    told = {one.path.relative_to(tmp_path).as_posix(): one.reason for one in skipped}
    for tune, path in zip(("one", "two"), whole, strict=True):
        assert told[place.format(tune=tune, part="melody")].endswith(f"repeats the melody of {path}")
        assert told[place.format(tune=tune, part="chords")].endswith(f"has only the chords of {path}")


def test_chords_without_the_whole_and_other_tunes_stay(tmp_path):
    write_parts(tmp_path / "one/chords.mid", "Piano")
    write_parts(tmp_path / "two/melody.mid", "Solo", moved=5)
    write_parts(tmp_path / "two/chords.mid", "Solo", moved=1)  # called so, and none
    assert len(read_tunes(tmp_path)[0]) == 3


def test_the_same_solo_in_other_formats_is_read_once_the_most_telling_one(tmp_path):
    csv = write_csv(tmp_path, "A_B", *solo())
    tune = read_tune(csv)
    track = mido.MidiTrack()
    for note, after in zip(tune.solo.notes, [*(note.onset for note in tune.solo.notes[1:]), 400], strict=True):
        track.append(mido.Message("note_on", note=note.pitch, velocity=70))
        track.append(mido.Message("note_off", note=note.pitch, time=(after - note.onset) * 41))  # another rhythm
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(tmp_path / "A_B.mid")
    tunes, skipped = read_tunes(tmp_path)
    assert [one.path for one in tunes] == [csv]
    assert skipped[0].reason == f"{tmp_path / 'A_B.mid'}: repeats the melody of {csv}"


def test_a_few_notes_are_no_melody_to_know_a_tune_by(tmp_path):
    tune = read_tune(write_parts(tmp_path / "a.mid", "Solo", "Piano"))
    few = replace(tune, melody={number: notes[:1] for number, notes in tune.melody.items()})
    assert not repeats_among([print_of(few), print_of(few)])
    assert list(repeats_among([print_of(tune), print_of(tune)])) == [1]
