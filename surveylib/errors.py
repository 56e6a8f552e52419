"""Every error and warning that surveylib raises, the tree drawn on top.

```text
SurveylibError
├── InputError            a file or a table is wrong: carries every fault found, each with its place
│   ├── InstrumentError     instruments/<name>/<version>.yaml
│   ├── ManifestError       waves/<survey>/study.yaml and waves/<survey>/<wave>/wave.yaml
│   ├── PublishedError      published.csv and words.csv
│   ├── DesignError         data that does not fit its declared design
│   ├── ResponsesError      a file of responses that cannot be read as its manifest says
│   │   └── QuarantineError     of which more is in quarantine than may be
│   └── StudyError          files that are right one by one and do not fit together
├── MethodError           an argument asks for what does not exist (also a ValueError)
├── UnknownNameError      no such question, answer, wave or file (also a LookupError)
├── ComparabilityError    the figures must not be compared, with the reason
├── SampleError           ids contradict what is declared of the samples of two waves
├── NotEstimableError     nothing can be computed from what is known, with the reason
├── OutputError           a result cannot be written (also an OSError)
└── MissingExtraError     an optional part is not installed (also an ImportError)
```

Each message says what is wrong, where, what was got, what was wanted, and what to do.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHOWN = 60
#: Control characters, ends of lines, halves of characters, and marks that turn the direction.
_ACTING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def show(value: object) -> str:
    r"""Quote a value for a message: cut at 60 characters, control characters escaped.

    >>> show("over\x00 there")
    "'over\\x00 there'"
    >>> len(show("x" * 200))
    63
    """
    text = str(value)
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f"'{_escaped(cut)}'"


def _escaped(text: str) -> str:
    """A text without characters that are not seen."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def harmless(text: str) -> str:
    r"""A text without characters that a terminal would act on; joiners and hard spaces stay.

    >>> print(harmless("two\nlines"), harmless("\x1b[31mred"))
    two\nlines \x1b[31mred
    """
    return _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that a misspelt name most likely meant, or None.

    >>> nearest("wieght", ["weight", "strata"])
    'weight'
    """
    found = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return found[0] if found else None


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """Names in quotes for a message; a long list is cut and says how many more there are.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    every = list(names)
    shown = ", ".join(f"'{_escaped(name)}'" for name in every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def no_method(kind: str, name: str, table: Iterable[str]) -> str:
    """The message for a method that does not exist."""
    names = list(table)
    guess = nearest(name, names)
    hint = f"did you mean '{guess}'? " if guess else ""
    return f"no {kind} method called {show(name)}; {hint}choose one of {listed(names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in an input.

    Args:
        code: A short, stable name such as `BAND-OVERLAP`; docs/errors.md lists them.
        what: What is wrong, in one sentence.
        file: The file as the user named it, or as it stands below the project's folder.
        line: Line in the file, counted from 1; None where no line applies.
        got: The value found, quoted by `show`.
        wanted: What would be right.
        todo: What to do about it.
    """

    code: str
    what: str
    file: str = ""
    line: int | None = None
    got: str = ""
    wanted: str = ""
    todo: str = ""

    def __str__(self) -> str:
        """`file:line: what [CODE]`, then got, wanted and what to do, each on its own line."""
        place = f"{self.file}:{self.line}: " if self.line is not None else f"{self.file}: "
        head = f"{place if self.file else ''}{self.what} [{self.code}]"
        parts = (("got", self.got), ("wanted", self.wanted), ("do", self.todo))
        return "\n".join([head, *(f"    {name}: {text}" for name, text in parts if text)])


class SurveylibError(Exception):
    """The root: catch it to catch every error that surveylib raises on purpose."""


class InputError(SurveylibError):
    """A file or a table is wrong.

    Args:
        faults: Everything found, in the order of the file.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        count = len(self.faults)
        head = "1 fault" if count == 1 else f"{count} faults"
        super().__init__("\n".join([f"{head}:", *(str(fault) for fault in self.faults)]))


class InstrumentError(InputError):
    """An instrument file is wrong."""


class ManifestError(InputError):
    """A study.yaml or wave.yaml is wrong, or a file it names is not what it says."""


class PublishedError(InputError):
    """A table of published figures, or of what words stand for, is wrong."""


class ResponsesError(InputError):
    """A file of responses cannot be read, or is not what its manifest says."""


class QuarantineError(ResponsesError):
    """More of a file is in quarantine than may be.

    Args:
        faults: What is in quarantine, in groups.
        taken: Everything that was read, for the files that list it.
    """

    def __init__(self, faults: Sequence[Fault], taken: Any) -> None:
        self.taken = taken
        super().__init__(faults)


class DesignError(InputError):
    """Weights, strata, sampling units or population sizes are not what a design needs."""


class StudyError(InputError):
    """Files that are right one by one do not fit together."""


class MethodError(SurveylibError, ValueError):
    """An argument asks for a method, a level or a count that does not exist."""


class UnknownNameError(SurveylibError, LookupError):
    """No question, answer, wave or file has this name."""

    @classmethod
    def of(
        cls, kind: str, name: str, choices: Iterable[str], *, where: str = ""
    ) -> UnknownNameError:
        """Say which names exist, the nearest one first."""
        known = sorted(set(choices))
        guess = nearest(name, known)
        hint = f"; did you mean '{guess}'?" if guess else "."
        place = f" in {where}" if where else ""
        rest = f" Known: {listed(known)}." if known else ""
        return cls(f"no {kind} called {show(name)}{place}{hint}{rest}")


class ComparabilityError(SurveylibError):
    """Two figures must not be compared; the message gives the reason that the study declares."""


class SampleError(SurveylibError):
    """Ids contradict what is declared of the samples of two waves."""


class NotEstimableError(SurveylibError):
    """Nothing can be computed from what is known; the message gives the reason."""


class OutputError(SurveylibError, OSError):
    """A result cannot be written; what was there before is untouched."""


class MissingExtraError(SurveylibError, ImportError):
    """An optional part of surveylib is not installed."""

    @classmethod
    def of(cls, extra: str, purpose: str) -> MissingExtraError:
        """Say what the extra is for and how to install it."""
        return cls(
            f"{purpose} needs an optional part: install it with pip install 'surveylib[{extra}]'"
        )
