"""A researcher runs the example notebook, with its results on a light and on a dark ground."""

import ast
import os
import re
from html import escape
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

import surveylib as sl
from tests.journeys.colours import contrast
from tests.journeys.programs import chromium

journey = pytest.mark.journey

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "what_changed.ipynb"
#: Of a display: what stands in it, the best first.
KINDS = ("text/html", "image/png", "text/markdown")


def opened():
    return nbformat.read(NOTEBOOK, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebook_is_valid_and_is_kept_without_results():
    notebook = opened()
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert 12 <= len(code_of(notebook)) <= 18
    for cell in code_of(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_the_cells_of_the_notebook_are_named_after_what_they_show():
    names = [cell.id for cell in opened().cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_every_cell_compiles_and_names_only_what_surveylib_has():
    trees = [ast.parse(cell.source) for cell in code_of(opened())]
    named = {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "sl"
    }
    assert {"estimate", "change", "trend", "state", "table", "judge", "protect"} <= named
    assert named <= set(sl.__all__)
    assert all(isinstance(tree.body[-1], ast.Expr) for tree in trees)


def run(notebook, folder, own):
    """Run a notebook in a fresh kernel that starts in a folder, and keeps its own files in another.

    It talks through files, as no port needs to be open for a kernel on the same machine.
    """
    kept = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR")
    env = {
        **os.environ,
        **{name: str(own / name.lower()) for name in kept},
        "PYTHONPATH": str(ROOT),
        # A request that leaves reaches nobody.
        **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    }
    talks = {"transport": "ipc", "connection_file": str(own / "kernel.json")}
    client = NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(folder)}},
        config=Config({"KernelManager": talks}),
    )
    return client.execute(env=env)


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory):
    """Where Jupyter keeps its files; away from those of the people who run the tests."""
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def executed(own_folder):
    return run(opened(), ROOT, own_folder)


def displays(notebook):
    """What each cell shows, by its name: the data and what is said of them."""
    return {
        cell.id: (output.data, output.metadata)
        for cell in code_of(notebook)
        for output in cell.outputs
        if output.output_type == "execute_result"
    }


def kind_of(data):
    return next((kind for kind in KINDS if kind in data), None)


@journey
def test_every_cell_shows_one_thing_and_warns_of_nothing(executed):
    for cell in code_of(executed):
        assert len(cell.outputs) == 1, cell.id
        output = cell.outputs[0]
        assert output.output_type in {"execute_result", "stream"}, cell.id
        assert output.get("name", "stdout") == "stdout", output
    assert {name for name, (data, _) in displays(executed).items() if not kind_of(data)} == set()
    printed = [cell.id for cell in code_of(executed) if cell.id not in displays(executed)]
    assert printed == ["explain"]


@journey
def test_results_are_tables_with_the_question_above_and_caveats_below(executed):
    shown = displays(executed)
    for name in ("estimate", "change", "refused", "trend", "simulated", "judge", "protect"):
        assert "<table>" in shown[name][0]["text/html"], name
    page = shown["estimate"][0]["text/html"]
    above, _, below = page.partition("<table>")
    assert "In which region do you work?" in above
    assert "no random sample of officers" in below
    # 44 - 61.1, as printed.
    assert "−17.1" in shown["change"][0]["text/html"]


@journey
def test_charts_are_pictures_with_a_text_and_ask_for_no_script(executed):
    shown = displays(executed)
    charts = {name: shown[name] for name in shown if name.endswith("-chart")}
    assert len(charts) == 4
    for data, metadata in charts.values():
        assert set(data) == {"image/png", "text/plain"}
        told = metadata["image/png"]
        assert told["alt"] == data["text/plain"]
        assert re.search(r"20\d\d", told["alt"])
        assert told["width"] > 300


@journey
def test_the_notebook_runs_from_the_folder_of_examples_too(own_folder):
    notebook = opened()
    notebook.cells = [cell for cell in notebook.cells if cell.id == "open"]
    done = run(notebook, ROOT / "examples", own_folder)
    assert "2015" in displays(done)["open"][0]["text/html"]


@pytest.fixture(scope="module")
def browser():
    opened_one = chromium()
    opened_one.set_window_size(1280, 900)
    yield opened_one
    opened_one.quit()


def part(data, metadata):
    """One display as a notebook would put it into its page."""
    kind = kind_of(data)
    if kind != "image/png":
        return data[kind] if kind == "text/html" else f"<pre>{escape(data[kind][:80])}</pre>"
    told = metadata[kind]
    return (
        f'<img src="data:{kind};base64,{data[kind].strip()}" alt="{escape(told["alt"])}" '
        f'width="{told["width"]}" height="{told["height"]}">'
    )


@pytest.fixture(params=["light", "dark"])
def page(browser, executed, own_folder, request):
    """Every display below the others, on the ground that a reader prefers."""
    parts = "\n".join(f"<div>{part(*one)}</div>" for one in displays(executed).values())
    path = own_folder / "page.html"
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Displays</title>'
        '<link rel="icon" href="data:,"><style>:root { color-scheme: light dark; '
        "color: CanvasText; background: Canvas }</style></head>"
    )
    path.write_text(f"{head}<body>{parts}</body></html>", "utf-8")
    features = [{"name": "prefers-color-scheme", "value": request.param}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


@journey
def test_displays_report_nothing_and_ask_for_nothing(page):
    assert page.get_log("browser") == []
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert [name for name in loaded if not name.startswith("data:")] == []


@journey
def test_every_table_fits_into_the_window(page):
    rights = page.execute_script(
        "return [...document.querySelectorAll('table, img, p')]"
        ".map(node => node.getBoundingClientRect().right)"
    )
    assert len(rights) > 12
    assert max(rights) <= page.execute_script("return document.documentElement.clientWidth")


@journey
def test_every_picture_is_there_with_two_dots_for_each_pixel(page):
    sizes = page.execute_script(
        "return [...document.images].map(one => [one.complete, one.naturalWidth, one.width])"
    )
    assert len(sizes) == 4
    for complete, dots, width in sizes:
        assert complete
        assert dots == pytest.approx(2 * width, abs=2)


@journey
def test_words_of_tables_begin_at_the_left_and_are_read_on_any_ground(page):
    found = page.execute_script(
        """
        const ground = getComputedStyle(document.documentElement).backgroundColor;
        const ours = [...document.querySelectorAll('div > table')]
            .filter(table => !table.id && !table.className);
        return ours.flatMap(table => [...table.querySelectorAll('th, td')]).map(cell => {
            const style = getComputedStyle(cell);
            return [style.textAlign, style.color, style.backgroundColor, ground];
        });
        """
    )
    assert len(found) > 100
    for side, ink, behind, ground in {tuple(one) for one in found}:
        assert side == "left"
        assert behind == "rgba(0, 0, 0, 0)"
        one, two = ([float(x) for x in re.findall(r"[\d.]+", c)[:3]] for c in (ink, ground))
        assert contrast(one, two) >= 4.5
