"""Read many odd scores, in MusicXML and ABC, and many odd charts, and check what comes out. Run by hand, as long as
wanted (see `fuzzing.py`); what chooses scores is not guided, as they are read in other processes.

A score is one of the small ones here with signs and numbers changed, a chart is made of symbols and what stands between
them. Each is read, within the time and memory that it has, or refused with one line. `test_kept.py` checks some in the
same way, and everything that was ever found.
"""

import random
import re
import tempfile
from pathlib import Path

from fuzzing import fuzz

import preprocess
from music.notes import Bar
from music.units import GRID
from reading.changes import typed_chorus

XML = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Lead</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>4</divisions><key><fifths>-1</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes><sound tempo="120"/>
<harmony><root><root-step>F</root-step><root-alter>0</root-alter></root><kind text="maj7">major-seventh</kind>
<degree><degree-value>9</degree-value><degree-alter>0</degree-alter><degree-type>add</degree-type></degree></harmony>
<note><pitch><step>A</step><octave>4</octave></pitch><duration>8</duration><type>half</type></note>
<note><rest/><duration>4</duration></note>
<note><pitch><step>C</step><alter>1</alter><octave>5</octave></pitch><duration>4</duration><tie type="start"/></note>
<barline location="right"><bar-style>light-heavy</bar-style><repeat direction="backward" times="2"/></barline></measure>
<measure number="2"><barline location="left"><ending number="1" type="start"/></barline>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>12</duration>
<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification></note>
<backup><duration>4</duration></backup><forward><duration>4</duration></forward></measure></part></score-partwise>
"""
ABC = """X:1
T:A small tune
M:4/4
L:1/8
Q:1/4=120
K:F
|: "Fmaj7" A2 c2 (3def e2 | "Gm7" d4 "C7" ^c2 B,2 :|1 "F" A8 :|2 "Dm" d3/2c/ [FA]6 |]
"""
SIGNED_ABC = """X:1
M:3/4
K:Bb
P:A
"Bb"d2 (f>e) "^To Coda"d2|Z2!segno!|"Cm7""_soft"c6!fine!|[M:4/4][K:C]"H7"=B4 x4|
P:B
[P:C]"C/g"c8!coda!|[L:1/4]"N.C."z4::+D.C.+_e4|"^D.S. al Coda"[ce]4:|
"""
NUMBERS = ("0", "-1", "1", "7", "63", "999", "65536", "9999999999", "1e9", "0.5", "1/0", "", "x" * 50)
SYMBOLS = ["C", "Dm7", "G7b9", "F#m7b5", "Bbmaj7/D", "N.C.", "%", "/", "|", "||", "|:", ":|", ":|x3", "[A]", "(Dm7)"]
SYMBOLS += ["3/4", ".", ",", "^", "ø", "Esus4", "Cb9", "H7", "<b>", "\n", "\t", "\0", "\x1b"]
OF_IREAL = ["<D.C. al Fine>", "<3x>", "   ", " ", "T34", "T12", "*A", "<", "N1", "N2", "S", "Q", "U", "(A7)", "n", "p"]
OF_IREAL += ["x", "r", "|", "[", "]", "{", "}", "Z", "C^7", "Bb-7b5/Ab", "D7alt", "Eh7", "F*blah*", "W/G", "s", ","]


def changed(text: str, generator: random.Random) -> str:
    """A score with numbers changed, and pieces cut out, doubled or moved."""
    for _ in range(generator.choice((1, 1, 2, 5))):
        numbers = list(re.finditer(r"-?\d+", text))
        place, length = generator.randrange(len(text)), generator.choice((1, 3, 30, 200))
        match generator.randrange(6):
            case 0:
                text = text[:place] + text[place + length :]
            case 1:
                text = text[:place] + text[place : place + length] * generator.choice((2, 3, 50)) + text[place:]
            case 2:
                text = text[:place] + generator.choice("<>&\"'|:[](){}/^_=,~$é\0") + text[place + 1 :]
            case _ if numbers:
                found = generator.choice(numbers)
                text = text[: found.start()] + generator.choice(NUMBERS) + text[found.end() :]
        text = text or " "
    return text


def chart(generator: random.Random) -> str:
    if generator.random() < 0.2:
        signs = [generator.choice(OF_IREAL) for _ in range(generator.choice((1, 4, 20, 200)))]
        return "irealbook://Title=Name=Swing=C=n=" + "".join(signs)
    signs = [generator.choice(SYMBOLS) for _ in range(generator.choice((1, 4, 20, 200)))]
    return generator.choice((" ", " ", "", "|")).join(signs)


def check_chart(text: str) -> None:
    """A chart is a chorus, or refused with one line that can be printed."""
    try:
        chorus = typed_chorus(text, Bar(0, 4 * GRID))
    except ValueError as error:
        assert str(error) and len(str(error)) < 600, error
        return
    assert chorus.bars and len(chorus.bars) == len(chorus.chords_by_bar)
    assert all(chord.duration > 0 for chords in chorus.chords_by_bar for chord in chords)


def check_scores(texts: dict[str, str], folder: Path) -> int:
    """Write and read some scores in one folder: how many are tunes. None ends the others."""
    files = []
    for name, text in texts.items():
        files.append(folder / name)
        files[-1].write_text(text, errors="replace")
    results = list(preprocess._read_apart(files, preprocess.Selection()))
    for file, result in results:
        assert isinstance(result, bytes) or (result.startswith(f"{file}: ") and len(result) < 1000), result
        file.unlink()
    return sum(isinstance(result, bytes) for _, result in results)


def odd_scores(generator: random.Random, count: int) -> dict[str, str]:
    """Some scores, by the name of their file."""
    return {
        f"{number}{ending}": changed(text, generator)
        for number in range(count)
        for ending, text in ((".musicxml", XML), (".abc", ABC), ("-signed.abc", SIGNED_ABC))
    }


def some(folder: Path, generator: random.Random) -> None:
    """Mostly a chart; some scores now and then."""
    if generator.random() < 0.995:
        check_chart(chart(generator))
    else:
        check_scores(odd_scores(generator, 50), folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        fuzz(
            lambda generator: some(Path(folder), generator),
            seconds_each=900,
            guided=lambda generator: check_chart(chart(generator)),
        )
