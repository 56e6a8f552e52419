"""Imports go one way, rooms know only what they may, and no module holds two ideas."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import surveylib

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "surveylib"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Each room, and the rooms it may open. The front door is the bare `surveylib` package.
MAY_OPEN = {
    "errors": set(),
    "stats": {"errors"},
    "instrument": {"errors"},
    "wave": {"errors", "instrument", "stats"},
    "analysis": {"errors", "instrument", "stats", "wave"},
    "present": {"errors", "instrument", "stats", "wave", "analysis", "front door"},
}
#: The command: it calls the front door, and names results, errors and methods.
COMMAND_MAY_OPEN = {
    "surveylib",
    "surveylib.analysis.changes",
    "surveylib.analysis.results",
    "surveylib.analysis.trends",
    "surveylib.cli.audit",
    "surveylib.cli.instrument",
    "surveylib.cli.wave",
    "surveylib.errors",
    "surveylib.present.table",
    "surveylib.stats",
}
#: Packages of others that a room does without.
NEVER = {
    "errors": {"numpy", "scipy", "pandas", "pydantic", "yaml", "typer", "rich", "altair"},
    "stats": {"pandas", "pydantic", "yaml", "typer", "rich", "altair"},
    "instrument": {"pandas", "numpy", "scipy", "typer", "rich", "altair"},
    "wave": {"pandas", "typer", "rich", "altair"},
    "analysis": {"yaml", "typer", "rich", "jinja2", "vl_convert"},
    "present": {"yaml", "typer"},
}

#: Modules that need one of these, and why.
EXCEPT = {
    "surveylib.instrument.formats.spss": {"pandas"},  # pyreadstat writes no other frame
    "surveylib.wave.responses": {"pandas"},  # a wave as a data frame, when asked for
    "surveylib.wave.door": {"pandas"},  # the quarantine as a data frame, when asked for
}

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 40
#: Functions that may be longer: `module.function` and why. The aim is that there are none.
LONG_FOR_A_REASON: dict[str, str] = {}


def named(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module):
    """The room of a module of ours; the package itself is the front door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "front door"


def tree(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path):
    """Every module that a file imports, at any depth; `from a import b` as a.b if that is one."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                place = ROOT.joinpath(*whole.split("."))
                is_module = place.with_suffix(".py").is_file() or place.is_dir()
                yield whole if node.module.startswith("surveylib") and is_module else node.module


def ours(path):
    return {name for name in imports(path) if name.split(".")[0] == "surveylib"}


each_module = pytest.mark.parametrize("path", MODULES, ids=named)
inside_rooms = [path for path in MODULES if room(named(path)) in MAY_OPEN]


def test_every_module_stands_in_a_known_room():
    assert {room(named(path)) for path in MODULES} == {*MAY_OPEN, "cli", "front door"}


@pytest.mark.parametrize("path", inside_rooms, ids=named)
def test_a_room_opens_only_the_rooms_before_it(path):
    here = room(named(path))
    opened = {room(name) for name in ours(path)} - {here}
    assert opened <= MAY_OPEN[here]


def test_the_command_opens_the_front_door_and_names_results():
    opened = {name for path in (PACKAGE / "cli").glob("*.py") for name in ours(path)}
    rest = {name for name in opened if not name.startswith("surveylib.stats.")}
    assert rest <= COMMAND_MAY_OPEN


@pytest.mark.parametrize("path", inside_rooms, ids=named)
def test_a_room_does_without_packages_that_are_not_its_business(path):
    packages = {name.split(".")[0] for name in imports(path)}
    assert not packages & (NEVER[room(named(path))] - EXCEPT.get(named(path), set()))


@each_module
def test_no_module_opens_a_room_by_a_text_except_the_front_doors(path):
    calls = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "id", "") or getattr(node, "attr", ""))
        in {"import_module", "__import__"}
    ]
    assert not calls or path in {PACKAGE / "__init__.py", PACKAGE / "stats" / "__init__.py"}


@each_module
def test_every_module_says_what_it_holds(path):
    assert ast.get_docstring(tree(path))


@each_module
def test_no_module_is_longer_than_400_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


def functions(path):
    return [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def lines_of_code(function):
    """Lines from `def` to the end, without a docstring, which may be long."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


@each_module
def test_no_function_is_longer_than_40_lines(path):
    long = {
        f"{named(path)}.{function.name}": lines_of_code(function)
        for function in functions(path)
        if lines_of_code(function) > MOST_LINES_OF_A_FUNCTION
    }
    assert set(long) <= set(LONG_FOR_A_REASON), long


def test_every_exception_from_the_length_of_functions_is_needed_and_has_a_reason():
    known = {
        f"{named(path)}.{function.name}"
        for path in MODULES
        for function in functions(path)
        if lines_of_code(function) > MOST_LINES_OF_A_FUNCTION
    }
    assert set(LONG_FOR_A_REASON) <= known
    assert all(LONG_FOR_A_REASON.values())


def run(code):
    """What a fresh interpreter prints, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout


LOADED = "import sys; print(*sorted(name for name in sys.modules if '.' not in name))"


def test_importing_surveylib_opens_no_room():
    loaded = run(f"import surveylib; {LOADED}").split()
    assert "surveylib" in loaded
    assert not {"pandas", "numpy", "scipy", "pydantic", "altair", "jinja2", "yaml"} & set(loaded)


def test_a_first_estimate_and_a_first_change_do_without_pandas_and_charts():
    code = (
        "import surveylib as sl\n"
        "study = sl.load_study('waves/netclean')\n"
        "str(sl.estimate(study, 'region')), str(sl.change(study, 'region'))\n"
    )
    loaded = run(code + LOADED).split()
    assert not {"pandas", "altair", "jinja2", "vl_convert", "typer"} & set(loaded)


def test_the_front_door_shows_every_public_name_and_no_other():
    code = (
        "import surveylib as sl\n"
        "print(*(name for name in sl.__all__ if getattr(sl, name, None) is None))\n"
        "print(*(set(sl.__all__) - set(dir(sl))))"
    )
    assert run(code).split() == []


def test_a_name_that_is_not_there_is_an_attribute_error_that_names_it():
    code = "import surveylib as sl\ntry: sl.estimat\nexcept AttributeError as error: print(error)"
    assert "estimat" in run(code)


def test_a_result_shows_itself_whichever_room_was_opened_first():
    code = (
        "from surveylib.analysis.loading import load_study\n"
        "from surveylib.analysis.estimate import estimate\n"
        "print(estimate(load_study('waves/netclean'), 'organised_groups_encountered'))"
    )
    assert "80.3 to 88.8" in run(code)


def test_the_version_is_the_same_in_both_places():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert surveylib.__version__ == declared
