"""The page that plays along: the real program as a server, asked by plain requests and by a real browser."""

import ast
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT

MIDI_ONLY = [f"--{name}=false" for name in ("sound", "score", "pictures", "page")]
TINY = ["--epochs", "2", "--windows", "8", "--n-a", "8", "--bars", "6"]
QUIET = {"BROWSER": "true %s"}  # no browser of the machine's own is opened


class Served(NamedTuple):
    """A program that serves: its process, host, path with the token, and where it writes."""

    process: subprocess.Popen
    host: str
    path: str
    output: Path
    arguments: list[str]

    def ask(self, path="", body=None, method=None, **headers):
        """Status and body of an answer; a dict is sent as JSON from the page's own origin."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        sent = {}
        if body is not None:
            sent = {"Content-Type": "application/json", "Origin": f"http://{self.host}"}
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        path = path if path.startswith("/") else self.path + path
        connection.request(
            method or ("POST" if body is not None else "GET"), path, body, {k: v for k, v in sent.items() if v}
        )
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def play(self, keep=None, **settings):
        """The answer to a wish."""
        status, content = self.ask("play", {"settings": {k: str(v) for k, v in settings.items()}, "keep": keep})
        assert status == 200, content
        return json.loads(content)

    def file(self, take, name="my_music.midi"):
        status, content = self.ask(f"takes/{take}/{name}")
        assert status == 200, content
        return content


def serve(folder: Path, *arguments) -> Served:
    """The program with `--live`, as soon as it serves."""
    output = folder / "out"
    arguments = ["--tune", str(ROOT / "data/our_tune.mid"), "--cache", str(folder / "cache"), *TINY, *arguments]
    command = [sys.executable, str(ROOT / "music_generate.py"), *arguments, "--output", str(output), "--live"]
    process = subprocess.Popen(
        command, env=os.environ | QUIET, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    )
    told = []
    for line in process.stdout:
        told.append(line)
        if found := re.search(r"http://([\d.:]+)(/[\w-]+/)", line):
            return Served(process, found[1], found[2], output, arguments)
    pytest.fail("it did not serve: " + "".join(told))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    started = serve(tmp_path_factory.mktemp("live"), *MIDI_ONLY)
    yield started
    started.process.kill()
    started.process.communicate()


def by_command_line(served, output, *arguments):
    """What the program writes with these settings."""
    command = [sys.executable, ROOT / "music_generate.py", *served.arguments, "--output", output, *arguments]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, cwd=output.parent)
    assert ran.returncode == 0, ran.stderr
    return ran


def notes_of(answer, bars):
    """What the solo strikes of the notes that stand in some bars, counted from 1."""
    version = answer["versions"][0]
    spans = [(version["bars"][number - 1][0], sum(version["bars"][number - 1][:2])) for number in bars]
    written = zip(version["notes"], version["parts"]["Solo"], strict=True)
    return [event for note, event in written if any(low <= note[0] < high for low, high in spans)]


# --- What is played --------------------------------------------------------------------------------------------------


def test_what_is_played_is_what_the_program_writes(served, tmp_path):
    wishes = {"seed": 7, "temperature": 1.3, "density": 0.8, "tempo": 96, "key": 3, "choruses": 2, "backing": "true"}
    answer = served.play(**wishes, chords="Dm7 | G7 | Cmaj7 | A7")
    flags = [f"--{name}={value}" for name, value in wishes.items()]
    by_command_line(served, tmp_path / "out", *flags, "--chords", "Dm7 | G7 | Cmaj7 | A7", "--score=true")
    for name in ("my_music.midi", "my_music.musicxml"):
        assert served.file(answer["take"], name) == (tmp_path / "out" / name).read_bytes()
    assert answer["title"].endswith("over typed changes, seed 7")
    assert list(answer["versions"][0]["parts"]) == ["Solo", "Chords", "Bass", "Drums"]
    chips = answer["settings"]
    assert chips["temperature"] == "1.3" and chips["key"] == "3" and chips["backing"] == "on"
    assert "min p" not in chips


def test_kept_bars_stay_and_the_rest_is_new_and_a_saved_set_can_be_played_again(served, tmp_path):
    first = served.play(seed=1)
    second = served.play({"take": first["take"], "bars": "2-3,6"}, seed=2, temperature=1.4)
    third = served.play({"take": second["take"], "bars": "1-3"}, seed=3)
    kept, rest = (2, 3, 6), (1, 4, 5)
    assert notes_of(first, kept) == notes_of(second, kept) and notes_of(first, rest) != notes_of(second, rest)
    assert notes_of(second, (1, 2, 3)) == notes_of(third, (1, 2, 3)) and notes_of(second, rest) != notes_of(third, rest)
    assert second["settings"]["keep bars"] == "2,3,6"
    status, content = served.ask("save", {"take": third["take"]})
    saved = json.loads(content)
    assert status == 200, saved
    written = (served.output / "my_music.midi").read_bytes()
    assert written == served.file(third["take"])
    assert (served.output / "my_music_constants.txt").read_text().strip() == saved["constants"]
    constants = dict(re.findall(r"^(\w+): .*? = (.*?)  #", saved["constants"], re.MULTILINE))
    assert ast.literal_eval(constants["KEEP_BARS"]) == (1, 2, 3)
    flags = ["--seed", constants["SEED"], "--keep-bars", "1-3", "--keep-from", ast.literal_eval(constants["KEEP_FROM"])]
    by_command_line(served, tmp_path / "again", *flags)
    assert (tmp_path / "again/my_music.midi").read_bytes() == written


def test_two_pages_do_not_disturb_each_other(served):
    one, two = served.play(seed=11), served.play(seed=12, tempo=80)
    kept = served.play({"take": one["take"], "bars": "1"}, seed=13)
    assert notes_of(kept, [1]) == notes_of(one, [1]) != notes_of(two, [1])
    assert served.play(seed=12, tempo=80)["versions"] != kept["versions"]
    assert served.file(one["take"]) == served.file(served.play(seed=11)["take"])


def test_the_first_solo_is_the_one_that_was_written_and_has_its_files(served):
    status, page = served.ask()
    assert status == 200
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.decode(), re.DOTALL)[1])
    assert data["panel"]["take"] == "1"
    for _, link in data["versions"][0]["links"]:
        assert served.ask(link.removeprefix("./"))[0] == 200
    status, scores = served.ask("takes/1/score")
    assert status == 200 and "<svg" in json.loads(scores)[0]["scores"][0]


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"temperature": "hot"}, "TEMPERATURE (--temperature) must be a number, 0 to 100, not 'hot'"),
        ({"tempo": "1e99"}, "TEMPO (--tempo) must be a number, 20 to 400"),
        ({"seed": "-1"}, "SEED (--seed) must be a whole number"),
        ({"chords": "Dm7 | H7"}, "bar 2, chord 1: 'H7' is not a chord symbol"),
        ({"chords": "/etc/passwd.txt"}, "here changes are typed"),
        ({"over": "nonsuch"}, "OVER (--over) names 'nonsuch', which was not read"),
        ({"output": "/tmp/elsewhere"}, "an object of seed,"),
    ],
)
def test_a_bad_wish_is_told_in_the_line_of_the_command_line(served, settings, told):
    status, content = served.ask("play", {"settings": settings, "keep": None})
    assert status == 400
    error = json.loads(content)["error"]
    assert told in error and "\n" not in error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'"play"',
        b'{"settings": 3}',
        b'{"settings": {}, "keep": 3}',
        b'{"settings": {}, "keep": {"take": "999", "bars": "1"}}',
        b'{"settings": {}, "keep": {"take": "1", "bars": "99"}}',
        b'{"settings": {}, "keep": {"take": ["1"], "bars": {}}}',
        b'{"settings": {"seed": {"a": 1}}}',
        b'{"settings": {}, "more": 1}',
        b"[" * 5000,
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_something_else_is_refused_in_one_line(served, body):
    status, content = served.ask("play", body)
    assert status == 400, content
    assert len(json.loads(content)["error"].splitlines()) == 1


def test_only_this_page_is_served(served):
    body, other = {"settings": {}, "keep": None}, "http://example.org"
    assert served.ask("play", body)[0] == 200
    assert served.ask("play", body, Host="example.org")[0] == 403
    assert served.ask("", Host="localhost.example.org")[0] == 403
    assert served.ask("play", body, Origin=other)[0] == 403
    assert served.ask("play", body, Origin="null")[0] == 403
    assert served.ask("play", body, Origin=None)[0] == 403
    assert served.ask("play", body, Content_Type="text/plain")[0] == 403
    assert served.ask("", Sec_Fetch_Site="cross-site")[0] == 403
    assert served.ask("/wrong-token/")[0] == served.ask("/")[0] == served.ask("/wrong-token/play", body)[0] == 403
    assert served.ask("takes/1/../../../etc/passwd")[0] == served.ask("takes/1/nonsuch")[0] == 404
    assert served.ask("takes/999/my_music.midi")[0] == 400
    assert served.ask("", method="DELETE")[0] == 405


def test_a_huge_body_is_refused_and_the_next_one_served(served):
    for size in (20_000, 20_000_000):
        with contextlib.suppress(ConnectionError, http.client.HTTPException):  # or it hangs up before the end of it
            assert served.ask("play", b" " * size)[0] in (400, 413)
        assert served.ask()[0] == 200
    assert served.ask("x" * 300_000)[0] in (400, 403, 404, 414, 431)
    assert served.ask()[0] == 200


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system does not tell who listens where")
def test_it_listens_on_loopback_only(served):
    port = f"{int(served.host.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{port}")]
    assert listening == [f"0100007F:{port}"]
    assert not any(f":{port} " in line and " 0A " in line for line in Path("/proc/net/tcp6").read_text().splitlines())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell memory and handles")
def test_many_clicks_leave_memory_and_handles_as_they_are(served):
    def used():
        status = Path(f"/proc/{served.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, len(os.listdir(f"/proc/{served.process.pid}/fd"))

    for seed in range(60):
        served.play(seed=seed)
    memory, handles = used()
    for seed in range(60, 200):
        served.play(seed=seed)
    assert used()[0] < memory + 25
    assert used()[1] <= handles + 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals of that system differ")
def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path):
    started = serve(tmp_path, *MIDI_ONLY)
    started.play(seed=1)
    children = subprocess.run(["pgrep", "-P", str(started.process.pid)], capture_output=True, text=True).stdout.split()
    began = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    told, _ = started.process.communicate(timeout=20)
    assert started.process.returncode == 0, told
    assert time.monotonic() - began < 5  # a second on a quiet machine
    assert "Traceback" not in told
    time.sleep(0.2)
    assert not [
        child
        for child in children
        if Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text()
    ]


# --- In the browser --------------------------------------------------------------------------------------------------

HOOK = """
window.struck = [];
const begin = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, ...rest) {
  window.struck.push([performance.now(), when - this.context.currentTime]);
  return begin.call(this, when, ...rest);
};
"""


@pytest.fixture
def open_live(browser, served):
    contexts, errors, requests = [], [], []

    def open_it(served=served, **options):
        contexts.append(browser.new_context(viewport={"width": 1200, "height": 900}, bypass_csp=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.add_init_script(HOOK)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"http://{served.host}{served.path}")
        page.wait_for_function("document.querySelector('#score svg')")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not errors
    assert requests and all(re.match(rf"http://{served.host}/|data:|http://127\.0\.0\.1:", url) for url in requests)


def roll_of(page) -> list[str]:
    return page.eval_on_selector_all(
        "#roll .note", "notes => notes.map(note => note.getAttribute('x') + note.getAttribute('y'))"
    )


def settled(page, do):
    """Do something that asks for a solo, until its score is there."""
    with page.expect_response(lambda response: response.url.endswith("/score")):
        do()
    page.wait_for_function("document.querySelector('#score svg')")


def test_a_click_sounds_and_everything_follows(open_live):
    page = open_live()
    before = roll_of(page), page.inner_html("#score"), page.inner_text("#facts"), page.inner_text("#title")
    links = page.get_attribute("#links a", "href")
    settled(page, lambda: page.click("#another"))
    page.wait_for_function("window.struck.length > 3")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    assert roll_of(page) != before[0] and page.inner_html("#score") != before[1]
    assert page.inner_text("#title").endswith("seed 1") and page.input_value("#wish-seed") == "1"
    assert page.get_attribute("#links a", "href") != links
    assert "seed 1" in page.inner_text("#settings").replace("\n", " ")
    page.wait_for_function("!document.querySelector('#clock').textContent.startsWith('0:00 ')")


def test_wishes_keep_bars_and_undo(open_live):
    page = open_live()
    settled(page, lambda: page.click("#another"))
    first = roll_of(page)
    page.click("#bars button:nth-child(2)")
    page.click("#bars button:nth-child(4)", modifiers=["Shift"])
    settled(page, lambda: page.click("#keep"))
    assert page.inner_text("#answer") == "Bars 2-4 are kept."
    assert "keep bars 2,3,4" in page.inner_text("#settings").replace("\n", " ")
    kept = roll_of(page)
    assert kept != first
    settled(page, lambda: page.locator("#wish-backing").check())
    assert page.locator("#mixer input").count() == 4
    assert "backing on" in page.inner_text("#settings").replace("\n", " ")
    page.fill("#wish-chords", "Dm7 | H7")
    page.press("#wish-chords", "Enter")
    page.wait_for_function("document.querySelector('#answer').textContent.includes('H7')")
    assert roll_of(page) == kept  # what is shown stays
    page.fill("#wish-chords", "Am7 | D7")
    settled(page, lambda: page.press("#wish-chords", "Enter"))
    assert page.locator("#bars button").count() == 2
    for _ in range(2):
        page.click("#undo")
    assert roll_of(page) == kept and not page.is_checked("#wish-backing")
    page.click("#undo")
    assert roll_of(page) == first
    page.click("#undo")
    assert page.is_disabled("#undo") and page.input_value("#wish-seed") == "0"


def test_two_tabs(open_live):
    one, two = open_live(), open_live()
    settled(one, lambda: one.click("#another"))
    shown = roll_of(one)
    for _ in range(3):
        settled(two, lambda: two.click("#another"))
    assert roll_of(one) == shown and one.input_value("#wish-seed") == "1" and two.input_value("#wish-seed") == "3"
    settled(one, lambda: one.click("#another"))
    assert one.inner_text("#title").endswith("seed 2")


def test_saving_tells_files_and_constants(open_live, served):
    page = open_live()
    settled(page, lambda: page.click("#another"))
    page.click("#save")
    page.wait_for_selector("#saved", state="visible")
    assert "my_music.midi" in page.inner_text("#answer")
    assert "SEED: whole(0, 2000000) = 1" in page.inner_text("#constants")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_is_accessible(open_live, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_live(color_scheme=scheme)
    settled(page, lambda: page.click("#another"))
    page.click("#save")
    page.wait_for_selector("#saved", state="visible")
    for width in (1200, 390):
        page.set_viewport_size({"width": width, "height": 844})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_server_that_has_gone_is_said_and_what_is_there_plays(browser, open_live, tmp_path):
    started = serve(tmp_path, *MIDI_ONLY)
    page = open_live(started)
    settled(page, lambda: page.click("#another"))
    started.process.send_signal(signal.SIGINT)
    started.process.communicate(timeout=20)
    shown = roll_of(page)
    page.click("#another")
    page.wait_for_function("document.querySelector('#answer').textContent.includes('does not answer any more')")
    assert roll_of(page) == shown
    page.evaluate("window.struck = []")
    if page.get_attribute("#play", "aria-label") == "Pause":
        page.click("#play")
    page.click("#play")
    page.wait_for_function("window.struck.length > 0")
