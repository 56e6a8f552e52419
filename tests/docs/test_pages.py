"""What the README and the pages of the guide show runs, block by block, as for a reader."""

import ast
import contextlib
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveylib.errors import ComparabilityError

ROOT = Path(__file__).parents[2]
#: Pages with tests of their own run there; a page on Spark runs where Spark is.
ELSEWHERE = {"change", "trend", "translation", "nonresponse", "next_round", "mix"}
NEEDS_SPARK = "from pyspark"


def blocks(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


PAGES = sorted(
    page.stem
    for page in (ROOT / "docs").glob("*.md")
    if blocks(page) and page.stem not in ELSEWHERE
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of what pages name, with a file of made-up answers where they name one."""
    place = tmp_path_factory.mktemp("reader")
    for folder in ("instruments", "waves"):
        shutil.copytree(ROOT / folder, place / folder)
    for folder in ("stats", "analysis"):
        shutil.copytree(ROOT / "tests" / folder / "references", place / "tests" / folder
                        / "references")  # fmt: skip
    drawn, rows = np.random.default_rng(1), 2000
    answers = pd.DataFrame(
        {
            "wave": drawn.choice(["2023", "2024", "2025"], rows),
            "country": drawn.choice(["north", "south"], rows),
            "region": drawn.choice(["a", "b"], rows),
            **{name: drawn.choice(["yes", "no"], rows)
               for name in ("q1", "q2", "met", "bands", "chat", "email")},
            "hours": drawn.integers(1, 60, rows),
            "w": drawn.uniform(0.5, 2, rows),
            "district": drawn.integers(0, 20, rows),
        }
    )  # fmt: skip
    answers["weight"], answers["stratum"], answers["psu"] = (
        answers[name] for name in ("w", "region", "district")
    )
    write(answers, place / "answers.parquet")
    (place / "waves" / "2025").mkdir()
    write(answers, place / "waves" / "2025" / "answers.parquet")
    return place


def write(frame, path):
    """A Parquet file, written by DuckDB."""
    import duckdb  # noqa: PLC0415 - only here

    duckdb.from_df(frame, connection=duckdb.connect()).write_parquet(str(path))


def run(source, names, name):
    """Run a block; a statement that says so must be refused."""
    for statement in ast.parse(source).body:
        code = ast.get_source_segment(source, statement)
        line = source.splitlines()[statement.end_lineno - 1]
        refused = "# refused" in line
        try:
            exec(compile(code, name, "exec"), names)  # noqa: S102 - our own page
        except ComparabilityError:
            assert refused, code
        else:
            assert not refused, code


@pytest.mark.parametrize("name", PAGES)
def test_every_block_of_a_page_runs(name, copy, monkeypatch):
    monkeypatch.chdir(copy)
    names = {}
    for block in blocks(ROOT / "docs" / f"{name}.md"):
        if NEEDS_SPARK in block:
            continue
        # A folder of this machine stands for the one that a page makes up.
        shown = block.replace("/scratch/duckdb", str(copy / "spill"))
        with contextlib.redirect_stdout(io.StringIO()):
            run(shown, names, f"docs/{name}.md")


def test_every_block_of_the_readme_that_needs_no_download_runs(copy, monkeypatch):
    monkeypatch.chdir(copy)
    names = {}
    for block in blocks(ROOT / "README.md"):
        kept = "\n".join(line for line in block.splitlines() if "downloads" not in line)
        if "programme/yes" in kept:
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            run(kept, names, "README.md")


def test_no_page_with_blocks_is_left_out():
    assert {page.stem for page in (ROOT / "docs").glob("*.md") if blocks(page)} == {
        *PAGES, *ELSEWHERE
    }  # fmt: skip
