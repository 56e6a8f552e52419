"""The report: the same bytes each time, nothing from elsewhere, nothing lost, nothing half."""

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise

import pytest

import surveylib as sl
from surveylib.errors import MethodError

NAMES = ["index.html", "estimates.csv", "changes.csv", "not_compared.csv", "study.json"]
#: Elements of HTML that have no end tag.
VOID = {"meta", "link", "br", "img", "input", "hr", "base", "col", "source", "wbr"}
ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"


class Page(HTMLParser):
    """Elements with their attributes and the elements around them."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.texts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [dict(around) for _, around in self.open]))
        if tag not in VOID:
            self.open.append((tag, attrs))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [dict(around) for _, around in self.open]))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.texts.append(data)

    def every(self, *tags):
        return [(attrs, around) for tag, attrs, around in self.elements if tag in tags]


@pytest.fixture(scope="session")
def page(written):
    return Page(written.page.read_text("utf-8"))


@pytest.fixture(scope="session")
def whole(written):
    return json.loads(written.tables[3].read_text("utf-8"))


def table(written, name):
    path = next(path for path in written.tables if path.name == name)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_report_is_a_page_with_its_tables_beside_it(written):
    assert [path.name for path in (written.page, *written.tables)] == NAMES
    assert sorted(path.name for path in written.page.parent.iterdir()) == sorted(NAMES)


def test_the_same_study_gives_the_same_bytes(netclean, written, tmp_path):
    sl.report(netclean, tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(written.page.parent)


def test_another_process_and_another_way_to_the_study_give_the_same_bytes(written, root, tmp_path):
    code = "import sys, surveylib as sl; sl.report(sl.load_study('waves/netclean'), sys.argv[1])"
    environment = {**os.environ, "PYTHONHASHSEED": "4321", "PYTHONPATH": str(root), "TZ": "UTC-14"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "out")],
        check=True,
        cwd=root,
        env=environment,
    )
    assert bytes_of(tmp_path / "out") == bytes_of(written.page.parent)


def test_a_page_loads_nothing(page, written):
    assert not page.every("img", "iframe", "object", "embed", "video", "audio", "source")
    assert [attrs for attrs, _ in page.every("script")] == [{}]
    for tag, attrs, _ in page.elements:
        assert "src" not in attrs
        assert "srcset" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        if tag != "a":
            addresses = [attrs.get("href") or "", attrs.get("xlink:href") or ""]
            assert all(not entry or entry.startswith(("#", "data:")) for entry in addresses)
    text = written.page.read_text("utf-8")
    assert "@import" not in text
    assert "url(http" not in text.replace('"', "").replace("'", "")


def test_only_the_search_may_run_and_nothing_may_be_asked_for(page, written):
    text = written.page.read_text("utf-8")
    policy = next(
        attrs["content"]
        for attrs, _ in page.every("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_links_lead_to_places_in_the_page_to_its_tables_or_to_sources(page, netclean):
    ids = {attrs["id"] for _, attrs, _ in page.elements if "id" in attrs}
    sources = {source.address for wave in netclean.waves for source in wave.manifest.sources}
    for attrs, _ in page.every("a"):
        target = attrs["href"]
        assert target.removeprefix("#") in ids if target.startswith("#") else True
        assert target.startswith("#") or target in {*NAMES, *sources}


def test_every_id_is_unique(page):
    ids = [attrs["id"] for _, attrs, _ in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(ids) > 40


def test_every_table_can_be_reached_and_scrolled_with_the_keyboard(page):
    tables = page.every("table")
    assert len(tables) > 20
    for _, around in tables:
        region = next(attrs for attrs in around if attrs.get("role") == "region")
        assert region["tabindex"] == "0"
        assert region["aria-label"].strip()


def test_names_of_regions_tell_them_apart(page):
    names = [attrs["aria-label"] for _, attrs, _ in page.elements if attrs.get("role") == "region"]
    assert len(names) == len(set(names))


def test_every_picture_has_its_text(page):
    pictures = [attrs for _, attrs, _ in page.elements if attrs.get("role") == "img"]
    assert len(pictures) > 5
    assert all(attrs.get("aria-label", "").strip() for attrs in pictures)


def test_headings_go_down_step_by_step(page):
    levels = [int(tag[1]) for tag, _, _ in page.elements if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_page_has_a_language_a_title_and_a_width_for_phones(page):
    assert page.every("html")[0][0]["lang"] == "en"
    assert page.every("title")
    names = {attrs.get("name"): attrs.get("content") for attrs, _ in page.every("meta")}
    assert "width=device-width" in names["viewport"]


def test_every_printed_figure_every_caveat_and_every_source_is_on_the_page(page, netclean):
    text = " ".join(" ".join(page.texts).split())
    for wave in netclean.waves:
        for figure in wave.figures:
            assert " ".join(figure.printed.split()) in text
        for caveat in wave.manifest.caveats:
            assert caveat in text
        for entry in wave.manifest.also_printed:
            assert entry.printed in text
            assert entry.why_not_used in text
        for source in wave.manifest.sources:
            assert source.title in text
    for caveat in netclean.manifest.caveats:
        assert caveat in text


def test_every_reason_against_a_comparison_is_on_the_page(page, whole):
    text = " ".join(" ".join(page.texts).split())
    assert len(whole["changes"]["refused"]) > 15
    for entry in whole["changes"]["refused"]:
        assert all(" ".join(reason.split()) in text for reason in entry["reasons"])


def test_every_limited_change_carries_its_note(page, whole):
    text = " ".join(" ".join(page.texts).split())
    limited = [row for row in whole["changes"]["rows"] if row["comparability"] == "limited"]
    assert limited
    for row in limited:
        assert all(" ".join(note.split()) in text for note in row["notes"])


def test_tables_hold_every_figure_and_every_pair(written, whole):
    assert len(table(written, "estimates.csv")) == 97
    assert len(table(written, "changes.csv")) == len(whole["changes"]["rows"])
    assert len(table(written, "not_compared.csv")) == len(whole["changes"]["refused"])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("estimates.csv", ("estimates", "rows")),
        ("changes.csv", ("changes", "rows")),
        ("not_compared.csv", ("changes", "refused")),
    ],
)
def test_a_table_gives_back_every_digit(written, whole, name, part):
    rows = whole[part[0]][part[1]]
    for cells, row in zip(table(written, name), rows, strict=True):
        for key, cell in cells.items():
            value = row[key]
            if value is None:
                assert cell == ""
            elif isinstance(value, float | int):
                assert float(cell) == value
            elif isinstance(value, str):
                assert cell.removeprefix("'") == value.removeprefix("'")


def test_plain_data_is_strict_json_with_a_schema(written):
    def refuse(name):
        message = f"{name} is no JSON"
        raise AssertionError(message)

    text = written.tables[3].read_text("utf-8")
    assert json.loads(text, parse_constant=refuse)["schema"] == "surveylib.study/1"


def test_a_report_makes_its_folder_and_leaves_other_files_there_alone(demo, tmp_path):
    out = tmp_path / "new" / "folder"
    sl.report(demo.load(), out)
    (out / "mine.txt").write_text("mine", "utf-8")
    sl.report(demo.load(), out)
    assert sorted(path.name for path in out.iterdir()) == sorted([*NAMES, "mine.txt"])


FULL_DISK = """
import resource, sys
import surveylib as sl
study = sl.load_study("waves/netclean")
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
sl.report(study, sys.argv[1])
"""


def test_a_full_disk_leaves_the_previous_report_and_nothing_else(root, tmp_path):
    for name in NAMES:
        (tmp_path / name).write_text(f"old {name}", "utf-8")
    failed = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        check=False,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
    )
    assert failed.returncode != 0
    assert bytes_of(tmp_path) == {name: f"old {name}".encode() for name in NAMES}


def test_a_file_that_cannot_be_replaced_leaves_the_previous_report_whole(demo, tmp_path):
    out = tmp_path / "out"
    (out / "study.json").mkdir(parents=True)
    for name in NAMES[:-1]:
        (out / name).write_text(f"old {name}", "utf-8")
    with pytest.raises((OSError, sl.errors.SurveylibError), match=r"study\.json"):
        sl.report(demo.load(), out)
    assert {name: (out / name).read_text("utf-8") for name in NAMES[:-1]} == {
        name: f"old {name}" for name in NAMES[:-1]
    }
    assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)


def test_a_file_in_place_of_the_folder_is_refused(demo, tmp_path):
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(MethodError, match="out is a file; wanted a folder"):
        sl.report(demo.load(), tmp_path / "out")


@pytest.mark.parametrize(
    "options",
    [
        {"method": "newcomb"},
        {"interval": "wilsn"},
        {"confidence_level": 95},
        {"design_effect": 0.5},
    ],
)
def test_an_argument_that_does_not_exist_is_refused_before_anything_is_written(
    demo, tmp_path, options
):
    demo.edit(TWO, demo.path(TWO).read_text("utf-8").partition("comparisons:")[2], " []\n")
    with pytest.raises(MethodError, match=r"did you mean|wanted"):
        sl.report(demo.load(), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_anything_but_a_study_is_refused_with_what_to_pass(root, tmp_path):
    with pytest.raises(MethodError, match=r"wanted a study from sl\.load_study"):
        sl.report(root / "waves" / "netclean", tmp_path / "out")


def test_a_study_without_comparisons_has_a_report(demo, tmp_path):
    demo.edit(TWO, demo.path(TWO).read_text("utf-8").partition("comparisons:")[2], " []\n")
    written = sl.report(demo.load(), tmp_path / "out")
    assert table(written, "changes.csv") == []


def test_a_study_of_one_wave_has_a_report(demo, tmp_path):
    for name in ("wave.yaml", "published.csv"):
        demo.path(f"waves/demo/2021/{name}").unlink()
    demo.path("waves/demo/2021").rmdir()
    written = sl.report(demo.load(), tmp_path / "out")
    assert len(table(written, "estimates.csv")) == 5


HOSTILE = "<script>alert(1)</script>"


def test_markup_in_any_text_is_text_on_the_page(demo, tmp_path):
    for file in (ONE, TWO):
        demo.edit(file, '"Yes, one or more"', f'"{HOSTILE}"')
        demo.edit(file, '"Do you keep a pet?"', f'"{HOSTILE}"')
        demo.edit(file, "concept: pets\n", f'concept: pets\n    title: {{en: "{HOSTILE}"}}\n')
    demo.edit(TWO, "reason: Asked in the same words.", f"reason: '{HOSTILE}'")
    demo.edit("waves/demo/study.yaml", '{en: "Demo study"}', f'{{en: "{HOSTILE}"}}')
    demo.edit("waves/demo/study.yaml", "publisher: Nobody", f"publisher: '{HOSTILE}'")
    demo.edit("waves/demo/2020/wave.yaml", "frame: A made-up list", f"frame: '{HOSTILE}'")
    demo.edit("waves/demo/2020/wave.yaml", "title: A page", f"title: '{HOSTILE}' # A page")
    demo.edit("waves/demo/2020/published.csv", "pets,yes,,60 %", f"pets,yes,,60 % {HOSTILE}")
    text = sl.report(demo.load(), tmp_path / "out").page.read_text("utf-8")
    assert text.count("<script") == 1
    assert text.count("&lt;script&gt;") > 8
    assert len(Page(text).every("script")) == 1


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/x"])
def test_a_source_is_linked_by_a_web_address_only(demo, tmp_path, address):
    demo.edit("waves/demo/2020/wave.yaml", "https://example.org/2020", f"'{address}'")
    try:
        page = Page(sl.report(demo.load(), tmp_path / "out").page.read_text("utf-8"))
    except sl.errors.ManifestError:
        return
    assert address not in {attrs.get("href") for attrs, _ in page.every("a")}
