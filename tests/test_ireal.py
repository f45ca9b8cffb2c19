"""Links of iReal Pro. The songs are made up here, and scrambled as the app does it."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.notes import Bar
from music.units import GRID, to_quarters
from reading.changes import names_file, typed_chorus
from reading.charts import played_chart
from reading.ireal import BLOCK, MUSIC, SHORT, Song, bars_of, is_ireal, songs_of, swapped, unscrambled

FOUR = Bar(0, 4 * GRID)


def scrambled(music):
    for short, full in SHORT.items():
        music = music.replace(full, short)
    blocks = []
    while len(music) > BLOCK:
        block, music = music[:BLOCK], music[BLOCK:]
        blocks.append(block if len(music) < 2 else swapped(block))
    return "".join(blocks) + music


def fields_of(title, music, composer="Nobody Ann", key="F"):
    return f"{title}={composer}==Medium Swing={key}=={MUSIC}{scrambled(music)}=Jazz-Medium Swing=140=3"


def link(*songs):
    return "irealb://" + quote("===".join([*songs, "A list"] if len(songs) > 1 else songs))


def plain_link(title, music):
    return "irealbook://" + quote(f"{title}=Nobody Ann=Bossa Nova=D-=n={music}")


def beats(music):
    """Each played bar's symbols with their lengths in quarters, one where it changes."""
    bars, _ = bars_of(Song("", "", "", "", music))
    found = []
    for changes in played_chart(bars).changes:
        found.append([])
        for length, symbol in changes:
            if found[-1] and found[-1][-1][0] == symbol.text:
                found[-1][-1] = (symbol.text, found[-1][-1][1] + to_quarters(length))
            else:
                found[-1].append((symbol.text, to_quarters(length)))
    return found


def whole(*texts):
    return [[(text, 4)] for text in texts]


@pytest.mark.parametrize(
    ("music", "bars"),
    [
        ("*A[T44C^7   |A-7   |D-9   |G7#5   Z", whole("C^7", "A-7", "D-9", "G7#5")),
        ("T44C A- |F,G,|C   Z", [[("C", 2), ("A-", 2)], [("F", 2), ("G", 2)], [("C", 4)]]),
        ("T44C  F|C F G ", [[("C", 3), ("F", 1)], [("C", 1), ("F", 1), ("G", 2)]]),
        ("C,F,G,Z", [[("C", 2), ("F", 1), ("G", 1)]]),
        ("T44C,p,F,G|CpppZ", [[("C", 2), ("F", 1), ("G", 1)], [("C", 4)]]),
        ("T34C   |C F G Z", [[("C", 3)], [("C", 1), ("F", 1), ("G", 1)]]),
        ("T68C  F  Z", [[("C", 1.5), ("F", 1.5)]]),
        ("T12C     F     Z", [[("C", 3), ("F", 3)]]),
        ("T54C   F Z", [[("C", 3), ("F", 2)]]),
        ("T22C F Z", [[("C", 2), ("F", 2)]]),
        ("T44C   |T34F  |T44G   Z", [[("C", 4)], [("F", 3)], [("G", 4)]]),
        ("{C   |F   }G   Z", whole("C", "F", "C", "F", "G")),
        ("{C   |N1F   }        |N2G   ][A   Z", whole("C", "F", "C", "G", "A")),
        ("{C   |N1F   |G   }|N2A   |B   ]", whole("C", "F", "G", "C", "A", "B")),
        ("{C   |F<3x>   }G   Z", whole("C", "F", "C", "F", "C", "F", "G")),
        ("C   | x  |F   |G   |r|   |A   Z", whole("C", "C", "F", "G", "F", "G", "A")),
        ("C   |    |F   Z", whole("C", "C", "F")),
        ("nC   |n   |W/E   |sD-7,lW/C,Z", None),
        ("{*AC   |F   |N1G   }|N2A   ][*BF   |<D.C. al 2nd End.>G   Z", whole(*"CFGCFAFGCFA")),
        ("{*AC   |F   |N0G   }|N0A   ][*BF   Z", whole(*"CFGCFAF")),
        ("C   |F   <Fine>|G   |A  <D.C. al Fine>Z", whole("C", "F", "G", "A", "C", "F")),
        ("C   |SF   |QG   |A   <D.S. al Coda>][QB   Z", whole("C", "F", "G", "A", "F", "B")),
        ("C   |SF   |G  Q|A   <D.S. al Coda>][QB   Z", whole("C", "F", "G", "A", "F", "G", "B")),
        ("{C   |N1F   }|N2G   |A  <D.C. al 2nd End.>Z", whole("C", "F", "C", "G", "A", "C", "G", "A")),
        ("C   |F   <D.C. on cue>Z", whole("C", "F")),
        ("C(F)   |G   (A)  |Bh7,(Eb7),E7,Z", None),
        ("YYfC   |sF,lG,Z ", [[("C", 4)], [("F", 2), ("G", 2)]]),
        ("C*sus4*   |Bb7sus   |Eb^7#11/G   |F#-7b5   |Db-^7   |Ao7   |Gh   |E7b9b13   |D7susadd3   Z",
         whole("Csus4", "Bb7sus", "Eb^7#11/G", "F#-7b5", "Db-^7", "Ao7", "Gh", "E7b9b13", "D7susadd3")),
    ],
)  # fmt: skip
def test_bars(music, bars):
    found = beats(music)
    if music.startswith("nC"):
        assert found == [[("N.C.", 1), ("C", 3)], [("N.C.", 4)], [("C/E", 4)], [("D-7", 2), ("D-7/C", 2)]]
    elif music.startswith("C(F)"):
        assert found == [*whole("C", "G"), [("Bh7", 2), ("E7", 2)]]
        assert bars_of(Song("", "", "", "", music))[1] == 3
    else:
        assert found == bars


MUSIC_OF_ONE = "*A{T44F^7   |D-7   |G-7   |C7   }*B[Bb^7   |Bo7   |F/C   |D7b9   |G-7   |C7   |F6   | x  Z"


def test_scrambling_and_back():
    assert unscrambled(scrambled(MUSIC_OF_ONE)) == MUSIC_OF_ONE
    assert scrambled(MUSIC_OF_ONE) != MUSIC_OF_ONE


@settings(deadline=None)
@given(st.text("CDEFGAB7^-|[]{} ", max_size=160))
def test_scrambling_any_text_and_back(music):
    assert unscrambled(scrambled(music)) == music


@pytest.mark.parametrize(
    "text",
    [
        link(fields_of("First Light", MUSIC_OF_ONE)),
        "  " + link(fields_of("First Light", MUSIC_OF_ONE)).replace("%20", " ") + "\n",
        f'<html><body><a href="{link(fields_of("First Light", MUSIC_OF_ONE))}">First Light</a></body></html>',
    ],
)
def test_a_link_alone_or_in_a_page(text):
    (song,) = songs_of(text)
    assert song == Song("First Light", "Nobody Ann", "Medium Swing", "F", MUSIC_OF_ONE)
    chorus = typed_chorus(text, FOUR)
    assert len(chorus.bars) == 16 and chorus.told[:-1] == (
        "song: 'First Light', in F",
        "form: 12 bars written, 16 played",
    )


def test_the_old_links_are_plain():
    (song,) = songs_of(plain_link("Old One", "T44D-7   |G7   Z"))
    assert (song.title, song.key, song.music) == ("Old One", "D-", "T44D-7   |G7   Z")


def test_links_may_follow_one_another_and_hold_what_is_no_tag():
    one, two = plain_link("One", "[T34C   <3x> |D-7 ]"), plain_link("Two", "[T44Eb  |Ab7 ]")
    for text in (f"{one}\n{two}", f"{one} {two}", f"My songs:\n{one}\n\n{two}\n", f'<a href="{one}">{two}</a>'):
        songs = songs_of(text.replace(" <3x>", "") if "href" in text else text)
        assert [song.title for song in songs] == ["One", "Two"], text
    chorus = typed_chorus(f"{one}\n{two}", FOUR)
    assert [bar.meter for bar in chorus.bars] == [(3, 4)] * 2


def test_of_a_playlist_the_song_is_named(tmp_path):
    text = link(
        fields_of("One", "T44C   Z"),
        fields_of("It's = Two", "T34F  |G  Z".replace("=", "")),
        fields_of("Three", "D   Z"),
    )
    text = text.replace("%20%3D%20", "%20")
    assert [song.title for song in songs_of(text)] == ["One", "It's Two", "Three"]
    first = typed_chorus(text, FOUR)
    assert first.told[:-1] == ("song: 'One', in F, the first of 3 songs: SONG names another one",)
    assert [bar.meter for bar in typed_chorus(text, FOUR, "it's two").bars] == [(3, 4), (3, 4)]
    with pytest.raises(ValueError, match="SONG .* names 'Tree', .* did you mean 'Three'"):
        typed_chorus(text, FOUR, "Tree")
    with pytest.raises(ValueError, match="SONG .* names 'One', and these changes are no list of songs"):
        typed_chorus("Dm7 | G7", FOUR, "One")
    page = tmp_path / "My list.html"
    page.write_text(f'<a href="{text}">My list</a>')
    assert typed_chorus(str(page), FOUR, "Three").told[0] == "song: 'Three', in F"


def test_empty_fields_are_no_end_of_a_song():
    text = link(f"No Composer===Swing=C=={MUSIC}T44C   Z==0=0", fields_of("Second", "F   Z"))
    assert [(song.title, song.key) for song in songs_of(text)] == [("No Composer", "C"), ("Second", "F")]


def test_what_is_a_link_is_no_file():
    assert is_ireal(link(fields_of("A.txt", "C   Z"))) and not names_file(link(fields_of("A.txt", "C   Z")))
    assert names_file("list.html") and not is_ireal("list.html")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("irealb://", "holds no song"),
        ("irealb://a=b=c", "holds no song"),
        (link(fields_of("Bad", "C   |C7b11b   Z")), "the song 'Bad': bar 2: 'C7b11"),
        (link(fields_of("Empty", "    Z")), "the song 'Empty': the changes hold bar lines and no chord"),
        (link(fields_of("Lost", "C   |F  <D.S. al Fine>Z")), "the song 'Lost': the changes cannot be followed: a jump"),
        (link(fields_of("Silent", "n   Z")), "only N.C."),
    ],
)
def test_what_cannot_be_read_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        typed_chorus(text, FOUR)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.text("ABCDEFGWT4312*Nxrnp[]{}|ZQSU<>().DCal Fine^-7ho#b/sus,Y", max_size=80))
def test_any_text_is_music_or_a_value_error(music):
    try:
        chart = played_chart(bars_of(Song("", "", "", "", music))[0])
    except ValueError as error:
        assert str(error)
        return
    for bar, changes in zip(chart.bars, chart.changes, strict=True):
        assert sum(length for length, _ in changes) == bar.length
