"""A made-up study of towns: three waves of one questionnaire, three of the next, a crosswalk."""

import hashlib

import surveylib as sl
from surveylib.instrument.identity import instrument_hash

HEAD = """\
format: surveylib.instrument/1
id: towns
version: "{version}"
title: {{en: "Towns"}}
languages: [en]
provenance: Made up to test with.
population: People.
{follows}questions:
"""
QUESTION = """\
  - id: {name}
    kind: {kind}
    concept: {name}
    text: {{en: "What about {name}?"}}
    wording: printed
    base: {{asked: all}}
    period: now
    missing: [dont_know]
    option_list: complete
{more}    options:
"""
BANDS = {
    "1": {"up_to_9": (0, 9), "from_10": (10, 49), "from_50": (50, "open")},
    "2": {"up_to_4": (0, 4), "from_5": (5, 49), "from_50": (50, 99), "from_100": (100, "open")},
}
TRAVEL = {"1": ("walk", "bus", "car"), "2": ("walk", "tram", "bus", "car")}
COMPARISONS = """\
comparisons:
  - question: view
    with: {version: "1"}
    verdict: different_construct
    reason: The later wave asks about the town and the earlier about the street.
  - question: fair
    with: {version: "1"}
    verdict: identical
    reason: Asked in the same words.
  - question: market
    with: {version: "1"}
    verdict: limited
    reason: The market was larger when it was asked for the second time.
"""
CROSSWALK = """\
format: surveylib.crosswalk/1
id: towns
harmonised:
  - id: people
    version: "1"
    title: {en: "People in the town"}
    concept: size
    kind: banded
    unit: people
    thresholds: [9, 49, 99]
    sources:
      - {version: "1", question: size, verdict: equivalent, reason: The bands were others.,
         missing: {dont_know: dont_know}}
      - {version: "2", question: size, verdict: equivalent, reason: The bands are finer above.,
         missing: {dont_know: dont_know}}
  - id: way
    version: "1"
    title: {en: "Way to work"}
    concept: travel
    kind: single
    options:
      - {code: foot, label: {en: "On foot"}}
      - {code: public, label: {en: "Bus or tram"}}
      - {code: car, label: {en: "By car"}}
    sources:
      - {version: "1", question: travel, verdict: equivalent, reason: Trams were called buses.,
         map: {walk: foot, bus: public, car: car}, missing: {dont_know: dont_know}}
      - {version: "2", question: travel, verdict: equivalent, reason: Trams are told apart.,
         map: {walk: foot, tram: public, bus: public, car: car}, missing: {dont_know: dont_know}}
  - id: means
    version: "1"
    title: {en: "Means of travel"}
    concept: travel
    kind: single
    options:
      - {code: walk, label: {en: "Walk"}}
      - {code: tram, label: {en: "Tram"}}
      - {code: bus, label: {en: "Bus"}}
      - {code: car, label: {en: "Car"}}
    sources:
      - {version: "1", question: travel, verdict: limited, reason: There was no tram on the list.,
         map: {walk: walk, bus: bus, car: car}, missing: {dont_know: dont_know},
         absent: {tram: not_asked_design}}
      - {version: "2", question: travel, verdict: identical, reason: The list is this one.,
         map: {walk: walk, tram: tram, bus: bus, car: car}, missing: {dont_know: dont_know}}
  - id: funds
    version: "1"
    title: {en: "Funds"}
    concept: money
    kind: single
    options:
      - {code: "yes", label: {en: "Yes"}}
      - {code: "no", label: {en: "No"}}
    sources:
      - {version: "1", question: money, verdict: break, reason: Loans counted as funds.}
      - {version: "2", question: money, verdict: identical, reason: The question is this one.,
         map: {"yes": "yes", "no": "no"}, missing: {dont_know: dont_know}}
"""
STUDY = """\
format: surveylib.study/1
survey: towns
title: {en: "Towns"}
publisher: Nobody
respondents: people who answered
about: A made-up study of towns.
"""
MANIFEST = """\
format: surveylib.wave/1
survey: towns
wave: "{wave}"
instrument: towns@{version}
instrument_hash: {instrument}
field_dates: {{from: {wave}-03-01, to: {wave}-03-31}}
frame: A list that was made up
mode: On paper
response_rate: unknown
weighting: none
sources:
  - {{id: desk, title: "A desk", address: "https://example.org/towns", kind: own}}
responses: {{path: towns.csv, sha256: {sha256}, source: desk}}
respondent: {{column: id}}
columns: {{size: size, travel: travel, view: view, fair: fair, market: market, money: money}}
"""
#: How many gave each answer in each wave: of 100, or of 120 in 2021.
VIEW = ("worse", "same", "better")
ANSWERS = {
    "2016": {"size": [50, 30, 20], "travel": [20, 30, 48], "view": [30, 50, 20], "fair": 40,
             "market": 50, "money": 55},
    "2017": {"size": [48, 30, 22], "travel": [22, 30, 48], "view": [28, 48, 24], "fair": 45,
             "market": 52, "money": 52},
    "2018": {"size": [45, 30, 25], "travel": [25, 30, 45], "view": [25, 50, 25], "fair": 49,
             "market": 50, "money": 50},
    "2020": {"size": [5, 25, 30, 40], "travel": [27, 10, 23, 40], "view": [50, 30, 20], "fair": 56,
             "market": 49, "money": 30},
    "2021": {"size": [4, 30, 40, 46], "travel": [33, 18, 24, 45], "view": [50, 40, 30], "fair": 72,
             "market": 61, "money": 30},
    "2022": {"size": [2, 25, 33, 40], "travel": [28, 20, 17, 35], "view": [30, 40, 30], "fair": 66,
             "market": 52, "money": 20},
}  # fmt: skip
VERSION = {wave: "1" if wave < "2020" else "2" for wave in ANSWERS}
SIZES = {wave: 120 if wave == "2021" else 100 for wave in ANSWERS}


def questionnaire(version):
    """The questionnaire of a version."""
    follows = "follows: unknown\n" if version == "2" else ""
    text = HEAD.format(version=version, follows=follows)
    more = "    unit: people\n    minimum: 0\n"
    text += QUESTION.format(name="size", kind="banded", more=more)
    for code, (low, high) in BANDS[version].items():
        text += f"      - {{code: {code}, label: {{en: {code}}}, interval: [{low}, {high}]}}\n"
    text += QUESTION.format(name="travel", kind="single", more="")
    for code in TRAVEL[version]:
        text += f"      - {{code: {code}, label: {{en: {code}}}}}\n"
    text += QUESTION.format(name="view", kind="ordered", more="")
    for score, code in enumerate(VIEW):
        text += f"      - {{code: {code}, label: {{en: {code}}}, score: {score}}}\n"
    for name in ("fair", "market", "money"):
        text += QUESTION.format(name=name, kind="single", more="")
        for code in ("yes", "no"):
            text += f'      - {{code: "{code}", label: {{en: "{code}"}}}}\n'
    return text + (COMPARISONS if version == "2" else "")


def responses(wave):
    """The file of a wave: answers of each question in order, those of the next one step on."""
    n, given, version = SIZES[wave], ANSWERS[wave], VERSION[wave]
    labels = {"size": tuple(BANDS[version]), "travel": TRAVEL[version], "view": VIEW}
    columns = []
    for name, counts in given.items():
        if isinstance(counts, int):
            listed = ["yes"] * counts + ["no"] * (n - counts)
        else:
            pairs = zip(labels[name], counts, strict=True)
            listed = [code for code, count in pairs for _ in range(count)]
            listed += ["dont_know"] * (n - len(listed))
        columns.append(listed)
    lines = [
        ",".join(["Don't know" if cell == "dont_know" else cell for cell in row])
        for row in zip(*columns, strict=True)
    ]
    numbered = [f"{place},{line}" for place, line in enumerate(lines)]
    return "\n".join([f"id,{','.join(given)}", *numbered]) + "\n"


def write(root):
    """Write the study below a folder, and say where it is."""
    forms = root / "instruments" / "towns"
    forms.mkdir(parents=True)
    for version in ("1", "2"):
        (forms / f"{version}.yaml").write_text(questionnaire(version), "utf-8")
    (forms / "crosswalk.yaml").write_text(CROSSWALK, "utf-8")
    study = root / "waves" / "towns"
    for wave, version in VERSION.items():
        place = study / wave
        place.mkdir(parents=True)
        rows = responses(wave)
        (place / "towns.csv").write_text(rows, "utf-8")
        text = MANIFEST.format(
            wave=wave,
            version=version,
            instrument=instrument_hash(sl.load_instrument(forms / f"{version}.yaml")),
            sha256=hashlib.sha256(rows.encode()).hexdigest(),
        )
        (place / "wave.yaml").write_text(text, "utf-8")
    (study / "study.yaml").write_text(STUDY, "utf-8")
    return study
