"""The pages for those who come next: what they show is printed, and what they name is there."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surveylib.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "next_round.md").read_text("utf-8")
CARRYING_ON = (ROOT / "docs" / "carrying_on.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(python|console|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"


def run(line):
    """What a command of the page prints: what is meant for a pipe first, then the rest."""
    name, *arguments = shlex.split(line)
    if name == "python":
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(
            [sys.executable, *arguments],
            check=True,
            capture_output=True,
            encoding="utf-8",
            env=environment,
        ).stdout
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.suppress(SystemExit),
    ):
        patch.setattr(sys, "argv", [name, *arguments])
        main()
    return out.getvalue() + err.getvalue()


def parted(block):
    """The commands of a block, each with the lines shown below it."""
    parts = re.split(r"^\$ (.+)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What is shown of each output and what was printed, in the order of a reader, in a copy."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("instruments", "waves", "examples"):
        skipped = shutil.ignore_patterns("ingested", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    found, names, printed = [], {}, ""
    with contextlib.chdir(folder):
        for kind, block in BLOCKS:
            if kind == "python":
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(block, "docs/next_round.md", "exec"), names)  # noqa: S102 - our own page
                printed = out.getvalue()
            elif kind == "text":
                found.append(("the block before", block, printed))
            else:
                found += [(line, told, run(line)) for line, told in parted(block)]
    return found


def missing(told, printed):
    """Lines that are shown and were not printed in that order; one that ends in … may go on."""
    left, lost = iter(printed.replace("\u00a0", " ").splitlines()), []
    for line in told.splitlines():
        begun = line.removesuffix(LEFT_OUT) if line.endswith(f" {LEFT_OUT}") else None
        if line.strip() in {"", LEFT_OUT}:
            continue
        if not any(
            one.rstrip() == line or (begun and one.startswith(begun.rstrip())) for one in left
        ):
            lost.append(line)
    return lost


def test_every_output_that_the_page_shows_is_printed(shown):
    assert len(shown) > 20
    found = {line: missing(told, printed) for line, told, printed in shown}
    assert {line: lost for line, lost in found.items() if lost} == {}


def test_an_output_that_is_shown_whole_is_printed_whole(shown):
    whole = [
        (told, printed)
        for line, told, printed in shown
        if told.strip() and LEFT_OUT not in told and not line.startswith("the block")
    ]
    assert whole
    for told, printed in whole:
        assert told.split() == printed.split()


def test_a_change_of_the_shown_output_would_be_found():
    assert missing("a\n…\nc 1\nd …\n", "a\nb\nc 1\nd and so on\n") == []
    assert missing("a\nc 2\n", "a\nb\nc 1\n") == ["c 2"]
    assert missing("b\na\n", "a\nb\n") == ["a"]


def test_every_path_that_is_named_to_those_who_carry_on_is_there():
    named = set(re.findall(r"`((?:surveylib|tests|docs|examples|waves)/[^`\s]+)`", CARRYING_ON))
    assert len(named) > 60
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_table_that_is_named_to_those_who_carry_on_is_in_its_file():
    rows = re.findall(
        r"((?:`_?[A-Z][A-Z_]+`(?: and )?)+) (?:in|of) `(surveylib/\S+\.py)`", CARRYING_ON
    )
    assert len(rows) > 10
    for names, path in rows:
        source = (ROOT / path).read_text("utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^{name}\b", source, re.MULTILINE), f"{name} in {path}"


def test_every_command_of_make_that_is_named_is_one():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", CARRYING_ON)) <= targets
