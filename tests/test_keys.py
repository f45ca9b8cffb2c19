from conftest import chord, note

from music.keys import Key, find_key, key_names, key_of, root_name


def test_keys():
    major = [1.0 if step in (0, 2, 4, 5, 7, 9, 11) else 0.0 for step in range(12)]
    assert find_key(major[:7] + [2.0] + major[8:]) in ((0, "major"), (7, "major"))
    minor = [3, 0, 1, 2, 0, 1, 0, 3, 1, 0, 0, 1]
    assert find_key(minor[-9:] + minor[:-9]) == (9, "minor")
    assert find_key([0.0] * 12) == Key(0, "major")


def test_signatures_and_names():
    assert [Key(tonic, "major").fifths for tonic in (0, 7, 5, 10, 6, 11)] == [0, 1, -1, -2, -6, 5]
    assert [Key(tonic, "minor").fifths for tonic in (9, 4, 2, 0)] == [0, 1, -1, -3]
    assert Key(10, "major").name == "Bb major" and Key(1, "minor").name == "C# minor"
    for fifths in range(-6, 7):
        assert len(key_names(fifths)) == 7


def test_the_chords_count_beside_the_melody():
    melody = [note(0, 1, 60), note(1, 1, 62), note(2, 1, 64), note(3, 1, 67)]
    assert key_of(melody, [chord(0, 4, (43, 47, 50, 53)), chord(4, 4, (48, 52, 55, 59))]) == (0, "major")
    assert key_of(melody, [chord(0, 4, (50, 54, 57)), chord(4, 4, (43, 47, 50))]).fifths == 1


def test_roots_are_spelled_in_the_key():
    assert [root_name(8, False, fifths) for fifths in (4, -4)] == ["G#", "Ab"]
    assert root_name(8, True, None) == "G#" and root_name(8, False, None) == "Ab"
