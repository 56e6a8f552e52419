"""What several tests need: the shipped study, its report, and a small study to break."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

import surveylib as sl
from surveylib.errors import InputError
from surveylib.instrument.identity import instrument_hash

# Laws look for new examples on every desk; in CI the same ones each time, so that a red run is red
# again.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


ROOT = Path(__file__).parents[1]

INSTRUMENT = """\
format: surveylib.instrument/1
id: demo
version: "1"
title: {en: "Demo questionnaire"}
languages: [en]
provenance: Made up to test with.
population: People with and without pets.
questions:
  - id: pets
    kind: single
    concept: pets
    text: {en: "Do you keep a pet?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    option_list: complete
    options:
      - {code: "yes", label: {en: "Yes, one or more"}}
      - {code: "no", label: {en: "No, none"}}
  - id: how_many
    kind: banded
    concept: how_many
    text: {en: "How many pets do you keep?"}
    wording: printed
    base: {asked: those who keep a pet, if: {question: pets, answers: ["yes"]}}
    period: not_stated
    unit: pets
    minimum: 1
    option_list: complete
    options:
      - {code: few, label: {en: "1 to 2"}, interval: [1, 2]}
      - {code: some, label: {en: "3 to 5"}, interval: [3, 5]}
      - {code: many, label: {en: "6 or more"}, interval: [6, open]}
  - id: which
    kind: multi_answer
    concept: which
    text: {en: "Which animals do you like?"}
    wording: own_words
    base: {asked: all}
    period: P1Y
    missing: [dont_know]
    option_list: partial
    options:
      - {code: cat, label: {en: "Cats"}}
      - {code: dog, label: {en: "Dogs"}}
"""

COMPARISONS = """\
comparisons:
  - question: pets
    with: {version: "1"}
    verdict: identical
    reason: Asked in the same words.
  - question: how_many
    with: {version: "1"}
    verdict: order_only
    order: higher
    reason: Only the direction was printed.
  - question: which
    answer: cat
    with: {version: "1"}
    verdict: limited
    reason: The list of animals became longer.
  - question: which
    answer: dog
    with: {version: "1"}
    verdict: different_construct
    reason: Foxes counted as dogs before.
"""

STUDY = """\
format: surveylib.study/1
survey: demo
title: {en: "Demo study"}
publisher: Nobody
respondents: people who answered
about: A made-up study of pets.
words: words.csv
headlines:
  - pets/yes
"""

WORDS = """\
words,low_percent,high_percent,note
about half,45,55,
hardly any,1,5,
"""

WAVE = """\
format: surveylib.wave/1
survey: demo
wave: "2020"
instrument: demo@1
instrument_hash: IDENTITY
n: 200
countries: 1
field_dates: {from: 2020-03-01, to: 2020-03-31}
published_on: 2020-06-01
frame: A made-up list
mode: On paper
response_rate: unknown
weighting: unknown
smallest_item_base: unknown
sources:
  - id: page
    title: A page that is not there
    address: https://example.org/2020
    kind: publisher
files:
  - path: published.csv
    content: published_figures
    sha256: HASH
"""

HEAD = (
    "question,answer,domain,printed,read_as,low_percent,high_percent,"
    "base,base_n,base_origin,source,certainty,note\n"
)

FIRST = f"""{HEAD}\
pets,yes,,60 %,60,,,all respondents,200,wave,page,verbatim,
pets,no,,40 %,40,,,all respondents,200,wave,page,verbatim,
how_many,few,,about half,about half,,,those who keep a pet,119-121,derived,page,approximate,
which,cat,,70 %,70,,,all respondents,200,wave,page,verbatim,
which,dog,,62.5 %,62.5,62.45,62.55,all respondents,200,wave,page,verbatim,
"""

SECOND = f"""{HEAD}\
pets,yes,,72 %,72,,,all respondents,250,wave,page,verbatim,
pets,no,,28 %,28,,,all respondents,250,wave,page,verbatim,
how_many,few,,about half,about half,,,those who keep a pet,179-181,derived,page,approximate,
which,cat,,71 %,71,,,all respondents,250,wave,page,verbatim,
which,dog,,50 %,50,,,all respondents,250,wave,page,verbatim,
"""


@dataclass(frozen=True)
class Demo:
    """A small study on disk, right in every part until a test breaks it."""

    root: Path

    @property
    def study(self):
        return self.root / "waves" / "demo"

    @property
    def instruments(self):
        return self.root / "instruments" / "demo"

    def path(self, file):
        return self.root / file

    def write(self, file, text):
        place = self.path(file)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.seal()

    def edit(self, file, old, new):
        text = self.path(file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    def seal(self):
        """Write the hashes of data and instrument into each manifest that has a place for them."""
        for manifest in self.study.glob("*/wave.yaml"):
            self.hold(manifest)
            data = manifest.parent / "published.csv"
            if data.is_file():
                digest = hashlib.sha256(data.read_bytes()).hexdigest()
                text = manifest.read_text("utf-8")
                manifest.write_text(
                    re.sub(r"sha256: (HASH|[0-9a-f]{64})\n", f"sha256: {digest}\n", text), "utf-8"
                )

    def hold(self, manifest):
        """Write the instrument's hash into a manifest, where the instrument can be read."""
        text = manifest.read_text("utf-8")
        used = re.search(r"instrument: demo@(.+)\n", text)
        try:
            instrument = sl.load_instrument(self.instruments / f"{used[1]}.yaml")
        except (TypeError, OSError, sl.errors.SurveylibError):
            return
        place = r"instrument_hash: (IDENTITY|[0-9a-f]{64})\n"
        manifest.write_text(
            re.sub(place, f"instrument_hash: {instrument_hash(instrument)}\n", text)
        )

    def line(self, file, words):
        """The one line of a file that holds these words, counted from 1."""
        lines = self.path(file).read_text("utf-8").splitlines()
        found = [number for number, line in enumerate(lines, 1) if words in line]
        assert len(found) == 1, f"{words!r} stands on lines {found} of {file}"
        return found[0]

    def load(self):
        return sl.load_study(self.study)


def second_wave(text):
    return (
        text.replace('wave: "2020"', 'wave: "2021"')
        .replace("demo@1", "demo@2")
        .replace("n: 200", "n: 250")
        .replace("2020-", "2021-")
        .replace("example.org/2020", "example.org/2021")
    )


@pytest.fixture
def demo(tmp_path):
    made = Demo(tmp_path)
    made.write("instruments/demo/1.yaml", INSTRUMENT)
    made.write(
        "instruments/demo/2.yaml",
        INSTRUMENT.replace('version: "1"', 'version: "2"\nfollows: unknown') + COMPARISONS,
    )
    made.write("waves/demo/study.yaml", STUDY)
    made.write("waves/demo/words.csv", WORDS)
    made.write("waves/demo/2020/wave.yaml", WAVE)
    made.write("waves/demo/2020/published.csv", FIRST)
    made.write("waves/demo/2021/wave.yaml", second_wave(WAVE))
    made.write("waves/demo/2021/published.csv", SECOND)
    return made


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def netclean():
    return sl.load_study(ROOT / "waves" / "netclean")


@pytest.fixture(scope="session")
def written(netclean, tmp_path_factory):
    """The report of the shipped study, written once for all tests."""
    return sl.report(netclean, tmp_path_factory.mktemp("report"))


@pytest.fixture
def refused(demo):
    """Break a file by a small change, load the study, and look at the fault.

    `at` are words that only the wrong line holds; `helps` stands in the fault's message.
    """

    def check(file, old, new, code, at, helps, error):
        demo.edit(file, old, new)
        with pytest.raises(InputError, match=rf"\[{code}\]") as caught:
            demo.load()
        assert type(caught.value) is error
        fault = next(fault for fault in caught.value.faults if fault.code == code)
        assert fault.file == str(demo.path(file))
        assert fault.line == demo.line(file, at)
        assert f"\n{demo.path(file)}:{fault.line}: {fault.what} [{code}]" in str(caught.value)
        assert helps in str(fault)

    return check
