"""The real script, run as a user runs it, with tiny settings."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, four_bars

import music_generate
from reading import fetching
from reading.grouping import group_notes
from reading.midi import read_midi
from running.settings import declared, read_settings

MIDI_ONLY = [f"--{name}=false" for name in ("sound", "score", "pictures", "page")]
TINY = ["--epochs", "2", "--windows", "8", "--n-a", "8", "--cache", "", *MIDI_ONLY]


def run_script(*arguments, cwd=ROOT):
    command = [sys.executable, ROOT / "music_generate.py", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def refused(tmp_path, *arguments):
    """The one line on stderr of a run that must fail, with status 2, no traceback, and the old output untouched."""
    old = tmp_path / "out" / "my_music.midi"
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(b"the old solo")
    ran = run_script("--output", old.parent, *arguments)
    assert ran.returncode == 2, ran.stderr
    assert old.read_bytes() == b"the old solo"
    assert [path.name for path in old.parent.iterdir()] == ["my_music.midi"]
    lines = ran.stderr.splitlines()
    assert len(lines) == 1, ran.stderr
    return lines[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run on our tune with tiny settings, from another folder."""
    folder = tmp_path_factory.mktemp("run")
    ran = run_script("--tune", ROOT / "data/our_tune.mid", "--output", folder / "out", *TINY, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran, folder / "out/my_music.midi"


def test_the_run_tells_its_story_and_nothing_else(run):
    ran, file = run
    assert ran.stderr == ""
    for told in ("258 values, 73 unique", "(8, 30, 73)", "(30, 8, 73)", "loss", "summed over 30 steps", f"{file}"):
        assert told in ran.stdout
    beginnings = [line.split()[0] for line in ran.stdout.splitlines() if not line.startswith(" ")]
    assert " ".join(beginnings) == "tune corpus feel X Y training network improvised fall-backs copied wrote wrote"
    told = [line.split() for line in ran.stdout.splitlines()[-2:]]
    assert told == [["wrote", str(file)], ["wrote", str(file.with_suffix(".json"))]]


def test_the_file_reads_back_alike_in_other_programs(run):
    import music21
    import pretty_midi

    _, file = run
    ours = {track.name: sorted(track.notes()) for track in read_midi(file).tracks}
    assert list(ours) == ["Solo", "Chords"]
    assert {note.velocity for note in ours["Solo"]} != {90}
    pretty = pretty_midi.PrettyMIDI(str(file))
    assert [(part.name, part.program) for part in pretty.instruments] == [("Solo", 26), ("Chords", 0)]
    assert [(sign.numerator, sign.denominator) for sign in pretty.time_signature_changes] == [(4, 4)]
    assert pretty.get_tempo_changes()[1] == pytest.approx([118], abs=0.01)  # the tune's own
    for part in pretty.instruments:
        read = sorted(
            (pretty.time_to_tick(n.start), pretty.time_to_tick(n.end), n.pitch, n.velocity) for n in part.notes
        )
        assert read == [tuple(note) for note in ours[part.name]]
    score = music21.converter.parse(file, quantizePost=False)  # which would put the notes on a grid
    for part, name in zip(score.parts, ours, strict=True):
        read = sorted(
            (round(float(element.offset) * 480), pitch.midi)
            for element in part.flatten().notes
            for pitch in element.pitches
            if element.tie is None or element.tie.type == "start"
        )
        assert read == [(note.onset, note.pitch) for note in ours[name]]


def test_the_solo_is_one_line_inside_its_bars_over_the_whole_chorus(run):
    _, file = run
    midi = read_midi(file)
    notes = midi.tracks[0].notes()
    assert all(one.end <= two.onset for one, two in zip(notes, notes[1:], strict=False))
    written = midi.tracks[0].written  # what is played lies around it
    assert all(onset + steps <= (onset // 48 + 1) * 48 for onset, steps in written)
    assert {onset // 48 for onset, _ in written} == set(range(24))
    assert all(abs(note.onset / 40 - onset) < 3 for note, (onset, _) in zip(notes, written, strict=True))
    assert min(note.pitch for note in notes) >= 57 and max(note.pitch for note in notes) <= 82


def test_same_seed_same_bytes_another_seed_another_solo(run, tmp_path):
    _, file = run
    tune = ROOT / "data/our_tune.mid"
    for seed, same in ((0, True), (1, False)):
        ran = run_script("--tune", tune, "--output", tmp_path, "--seed", seed, *TINY)
        assert ran.returncode == 0, ran.stderr
        assert ((tmp_path / "my_music.midi").read_bytes() == file.read_bytes()) == same


def test_the_original_s_settings_give_every_bar_the_same_values(metheny, tmp_path, capsys):
    arguments = ["--tune", str(metheny), "--output", str(tmp_path), "--original", "true", "--epochs", "3", *TINY[6:]]
    solo = music_generate.main(arguments).best.solo
    values = solo.values
    assert len([chords for chords in solo.chords_by_bar if chords]) == 5  # late notes may need bars beyond them
    assert len(values) == 250
    assert [values[start : start + 50] for start in range(0, 250, 50)] == [values[:50]] * 5
    assert "(60, 30, 78)" in capsys.readouterr().out


def test_each_original_way_can_be_had_by_itself(metheny, tmp_path):
    """50 greedy values a bar from a zero start, as flags; the file has several notes at once, as the original's."""
    ways = ["--temperature", 0, "--values-per-bar", 50, "--carry-state", "false", "--bars", 5, "--rhythm", "late"]
    ways += ["--keep-types", "false", "--quirks", "rounded,opening", "--one-line", "false"]
    ran = run_script("--tune", metheny, "--output", tmp_path, *ways, *TINY)
    assert ran.returncode == 0, ran.stderr
    notes = read_midi(tmp_path / "my_music.midi").tracks[0].notes()
    assert any(one.end > two.onset for one, two in zip(notes, notes[1:], strict=False))
    assert max(note.end for note in notes) > 5 * 1920


def test_several_solos_are_numbered(tmp_path):
    ran = run_script("--tune", ROOT / "data/our_tune.mid", "--output", tmp_path, "--n-solos", 3, "--bars", 2, *TINY)
    assert ran.returncode == 0, ran.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in names if "_0" in name] == [f"my_music_{n:03d}.midi" for n in (1, 2, 3)]
    numbered = {(tmp_path / name).read_bytes() for name in names if "_0" in name}
    assert len(numbered) == 3
    assert (tmp_path / "my_music.midi").read_bytes() in numbered


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--temperature", "-1"], "TEMPERATURE (--temperature) must be a number, 0 to 100, not -1.0"),
        (["--temperature", "nan"], "TEMPERATURE"),
        (["--epochs", "0"], "EPOCHS (--epochs) must be a whole number"),
        (["--epochs", "many"], "not 'many'"),
        (["--keep-types", "maybe"], "KEEP_TYPES (--keep-types) must be True or False"),
        (["--nonsense", "1"], "there is no flag --nonsense"),
        (["--temprature", "1.2"], "there is no flag --temprature; did you mean --temperature?"),
        (["--tune", "nonsuch.mid"], "nonsuch.mid: cannot be read"),
        (["--backing", "nonsuch.mid"], "nonsuch.mid: cannot be read"),
        (["--tune", ROOT / "data/our_tune.mid", "nonsuch.mid"], "give one of them"),
        (["--tune", ROOT / "README.md"], "not a MIDI file"),
        (
            ["--tune", ROOT / "data/our_tune.mid", "--tx", "258"],
            "has 258 values; windows of Tx = 258 need at least 259",
        ),
        (["--tune", ROOT / "data/our_tune.mid", "--from-beat", "900"], "beat 900"),
    ],
)
def test_bad_input_is_one_line_and_nothing_lost(tmp_path, arguments, told):
    assert told in refused(tmp_path, *arguments)


def test_a_tune_of_drums_only_is_refused(tmp_path, write_tune):
    path = write_tune([("Drums", 9, four_bars()[0][2])])
    assert "tune.mid" in refused(tmp_path, "--tune", path)


def test_sound_score_pictures_and_page_are_made_by_default(tmp_path):
    ran = run_script(
        "--tune", ROOT / "data/our_tune.mid", "--output", tmp_path, "--bars", 4, "--backing=true", *TINY[:8]
    )
    assert ran.returncode == 0, ran.stderr
    wrote = [line.split()[-1] for line in ran.stdout.splitlines() if line.startswith("wrote")]
    in_order = ["my_music.midi", "my_music.mp3", "my_music.musicxml", "my_music.svg", "my_music.png", "training.png"]
    in_order += ["my_music.html", "my_music.json"]
    assert wrote == [str(tmp_path / name) for name in in_order]
    assert {path.name for path in tmp_path.iterdir()} == set(in_order)
    assert [track.name for track in read_midi(tmp_path / "my_music.midi").tracks] == ["Solo", "Chords", "Bass", "Drums"]


def test_typed_changes_in_another_key_twice_over_a_loaded_network(tmp_path):
    """Train and save; then improvise without learning, over changes of the user's own."""
    saved = tmp_path / "network.keras"
    ran = run_script("--tune", ROOT / "data/our_tune.mid", "--output", tmp_path / "one", "--save", saved, *TINY)
    assert ran.returncode == 0, ran.stderr
    changes = ["--chords", "Dm7 | G7 | Cmaj7 A7", "--choruses", 2, "--key", 2]
    ran = run_script("--load", saved, "--output", tmp_path / "two", *changes, *MIDI_ONLY)
    assert ran.returncode == 0, ran.stderr
    assert "loaded" in ran.stdout and "training" not in ran.stdout
    midi = read_midi(tmp_path / "two/my_music.midi")
    groups = group_notes(midi.tracks[1].notes(), 480)
    assert len(groups) > 8  # a pianist comps
    for number, guides in enumerate([{2, 7}, {1, 7}, {1, 6}, {3, 9}] * 2):  # third and seventh of Em7 A7 Dmaj7 B7
        first = (0, 1920, 3840, 4800, 5760, 7680, 9600, 10560)[number]
        near = [group for group in groups if -240 <= group[0].onset - first < 960]
        assert any(guides <= {note.pitch % 12 for note in group} for group in near), number
    assert {onset // 48 for onset, _ in midi.tracks[0].written} == set(range(6))


def start(*arguments):
    """The script, as a terminal starts it: with a group of processes of its own."""
    command = [sys.executable, ROOT / "music_generate.py", "--tune", ROOT / "data/our_tune.mid", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(list(map(str, command)), stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def interrupted(process, processes) -> str:
    """Ctrl-C, which a terminal sends to the whole group: one line and the status, and nobody is left. What was told."""
    os.killpg(process.pid, signal.SIGINT)
    told, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaint.strip().splitlines() == ["interrupted: what was written before is as it was"]
    assert processes.end_of(lambda: processes.of_group(process.pid), seconds=5)
    return told


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.5, 3.0, 6.0])
def test_ctrl_c_leaves_the_old_output_and_says_so(tmp_path, processes, seconds):
    """While modules are imported, the tune is read, the learner is woken, TensorFlow is brought, and in training."""
    old = tmp_path / "my_music.midi"
    old.write_bytes(b"the old solo")
    process = start("--output", tmp_path, "--epochs", 100_000, "--cache", "")
    time.sleep(seconds)
    interrupted(process, processes)
    assert old.read_bytes() == b"the old solo"
    assert [path.name for path in tmp_path.iterdir()] == ["my_music.midi"]


def test_ctrl_c_while_the_sound_is_rendered_leaves_the_older_set(tmp_path, processes):
    assert run_script("--output", tmp_path, *TINY).returncode == 0
    older = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    flags = [*TINY[:-4], "--choruses", 40, "--sound", "yes", *TINY[-3:]]
    process = start("--output", tmp_path, *flags)
    for line in process.stdout:
        if line.startswith("to be heard"):
            break
    assert len(read_midi(line.split()[-1]).tracks[0].notes()) > 24 * 40
    assert "wrote" not in interrupted(process, processes)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == older


def test_a_run_that_ends_well_leaves_nobody_behind(tmp_path, processes):
    process = start("--output", tmp_path, "--bars", 4, *TINY[:-1])
    told, complaint = process.communicate(timeout=120)
    assert (process.returncode, complaint) == (0, "") and "my_music.html" in told
    assert processes.end_of(lambda: processes.of_group(process.pid), seconds=5)


def test_an_output_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    ran = run_script("--output", tmp_path / "file" / "out")
    assert ran.returncode == 2
    assert "cannot be written" in ran.stderr and len(ran.stderr.splitlines()) == 1


def test_offline_our_tune_stands_in_for_the_default_one_only(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fetching, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fetching, "ensure_tune", lambda path: False)
    assert fetching.find_tune(fetching.METHENY) == tmp_path / fetching.OURS
    assert "learning from our own" in capsys.readouterr().out
    assert fetching.find_tune("other.mid") == Path("other.mid")


def test_every_constant_is_declared_with_a_rule_that_it_keeps():
    tree = ast.parse((ROOT / "music_generate.py").read_text())
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    settings = declared(music_generate)
    assert {node.id for node in names if node.id.isupper()} == set(settings)
    assert len(settings) <= 60
    for name, setting in settings.items():
        assert setting.default == getattr(music_generate, name), name
        assert setting.rule.holds(setting.default), name
        assert setting.comment.strip(), name


def given(*flags):
    """The settings of a run with these flags."""
    return read_settings(declared(music_generate), "", list(flags), bare="TUNE")


def test_without_flags_the_constants_count():
    assert vars(given()) == {name.lower(): setting.default for name, setting in declared(music_generate).items()}


def test_a_bare_path_is_the_tune():
    assert given("solo.mid") == given("--tune", "solo.mid")
    for flags in (["solo.mid", "--seed", "3"], ["--seed", "3", "solo.mid"]):
        assert given(*flags) == given("--tune", "solo.mid", "--seed", "3")


@pytest.mark.parametrize("place", ["solo.mid", "folder", "folder/solo", str(ROOT / "data")])
def test_a_bare_switch_means_true_also_before_a_bare_path(tmp_path, monkeypatch, place):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    for flags in (["--backing", place], [place, "--backing"], ["--backing", "--tune", place]):
        assert given(*flags) == given("--backing", "true", "--tune", place)
    assert given("--backing", "--original", place) == given("--backing=true", "--original=true", "--tune", place)
    assert given("--page", "false", place) == given("--page=false", "--tune", place)


@pytest.mark.parametrize(("word", "value"), [("on", True), ("ON", True), ("off", False), ("Off", False)])
def test_on_and_off_are_read(word, value):
    for flags in (["--backing", word], [f"--backing={word}"], ["--backing", word, "solo.mid"]):
        assert given(*flags).backing is value


@pytest.mark.parametrize(
    ("misspelled", "meant"),
    [
        ("--temprature", "--temperature"),
        ("--n_solos", "--n-solos"),
        ("--chorus", "--choruses"),
        ("--Backing", "--backing"),
        ("-seed", "--seed"),
    ],
)
def test_a_misspelled_flag_names_its_neighbour(misspelled, meant):
    for flags in ([misspelled, "1"], [f"{misspelled}=1"], [misspelled, "1", "solo.mid"]):
        with pytest.raises(ValueError, match=f"^there is no flag {misspelled}; did you mean {meant}\\?$"):
            given(*flags)


def test_a_flag_like_no_other_is_told_where_to_look():
    with pytest.raises(ValueError, match="^there is no flag --xyzzy; --help lists the flags$"):
        given("--xyzzy", "1")


@pytest.mark.parametrize("tune", ["other.mid", music_generate.TUNE])
def test_a_tune_and_a_bare_path_are_refused(tune):
    for flags in (["--tune", tune, "solo.mid"], ["solo.mid", "--tune", tune], [f"--tune={tune}", "solo.mid"]):
        with pytest.raises(ValueError, match="--tune is given, and 'solo.mid' beside it without a flag"):
            given(*flags)


def test_two_bare_paths_are_refused():
    with pytest.raises(ValueError, match="'other.mid' stands without a flag"):
        given("solo.mid", "other.mid")


@pytest.mark.parametrize(
    ("line", "edited", "told"),
    [
        ("\nSEED: whole(0, 2_000_000) = 0 ", "\nSEED: whole(0, 2_000_000) ", "SEED has no value"),
        ("BACKING: switch = False", "BACKING = False", "BACKING has lost its rule"),
        ("GRAVITY: number(0.01, 1) = 0.15 ", "# ", "the constant GRAVITY is gone"),
        (
            "TEMPERATURE: number(0, 100) = 1.0",
            "TEMPERATURE: number(0, 100) = 'hot'",
            "TEMPERATURE (--temperature) must be",
        ),
    ],
)
def test_a_constant_that_was_edited_badly_is_one_line(tmp_path, line, edited, told):
    script = (ROOT / "music_generate.py").read_text()
    assert script.count(line) == 1
    copy = tmp_path / "edited.py"
    copy.write_text(script.replace(line, edited))
    command = [sys.executable, copy, ROOT / "data/our_tune.mid", "--output", tmp_path / "out"]
    ran = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), ran.stderr
    assert told in ran.stderr and not (tmp_path / "out").exists()


def test_the_chords_stand_under_the_solo_as_the_tune_has_them(run):
    _, file = run
    midi = read_midi(file)
    tune = read_midi(ROOT / "data/our_tune.mid")
    chords = [group for group in group_notes(midi.tracks[1].notes(), 480) if len(group) > 1]
    assert {chord[0].onset // 1920 for chord in chords} == set(range(24))
    assert len(tune.tracks[0].notes()) > len(midi.tracks[1].notes())
