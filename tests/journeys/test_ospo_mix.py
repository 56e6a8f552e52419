"""Who answered, and what they said: surveys on open source programmes, counted from the files."""

import contextlib
import io
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

import surveylib as sl
from surveylib.errors import DesignError
from tests.journeys import test_ospo_exports as exports
from tests.journeys.test_ospo_change import study
from tests.journeys.test_ospo_waves import respondents

pytestmark = exports.pytestmark

#: Labels of sizes before 2021, as the export of 2018 and those after write them.
SIZES = 6


@cache
def crossed(year):
    """Respondents by label of size, and whether they have a programme; neither is damaged."""
    instrument = sl.load_instrument(exports.ROOT / "instruments" / "ospo" / f"{year}.yaml")
    size, has = (instrument.question(name) for name in ("organisation_size", "programme"))
    (size_at,) = exports.columns(year, size)
    (has_at,) = exports.columns(year, has)
    sizes = [exports.plain(option.label["en"]) for option in size.options]
    yes = next(option.label["en"] for option in has.options if option.code == "yes")
    answers = {exports.plain(option.label["en"]) for option in has.options}
    found = Counter()
    for row in respondents(year):
        one, other = exports.plain(row[size_at]), exports.plain(row[has_at])
        if one in sizes and other in answers:
            found[sizes.index(one), other == exports.plain(yes)] += 1
    return found


def parts(first, second):
    """Mix and rate, by Kitagawa's formula."""
    waves = []
    for counts in (first, second):
        n = sum(counts.values())
        sizes = [counts[size, True] + counts[size, False] for size in range(SIZES)]
        waves.append([(of / n, counts[size, True] / of) for size, of in enumerate(sizes)])
    pairs = list(zip(*waves, strict=True))
    mix = sum((c2 - c1) * (r1 + r2) / 2 for (c1, r1), (c2, r2) in pairs)
    rate = sum((r2 - r1) * (c1 + c2) / 2 for (c1, r1), (c2, r2) in pairs)
    return mix, rate


@pytest.mark.parametrize(
    ("first", "second"), [("2018", "2019"), ("2019", "2020"), ("2018", "2020")]
)
def test_changes_of_programmes_are_taken_apart_by_size_as_the_files_count_them(first, second):
    row = sl.decompose(study(), "programme/yes", first, second, by="organisation_size").rows[0]
    mix, rate = parts(crossed(first), crossed(second))
    assert row.mix.estimate == pytest.approx(mix, abs=1e-12)
    assert row.rate.estimate == pytest.approx(rate, abs=1e-12)
    assert row.n_from == sum(crossed(first).values())
    assert row.mix.ci_low < mix < row.mix.ci_high


def test_every_wave_has_the_mix_of_2018_but_the_one_that_lost_a_size():
    found = sl.standardise(study(), "programme/yes", by="organisation_size", to="2018")
    base = crossed("2018")
    n = sum(base.values())
    for row in found.rows:
        counts = crossed(row.wave)
        expected = sum(
            # The mix is that of everybody who said their size; who said no more is a few.
            counts[size, True] / (counts[size, True] + counts[size, False])
            * (base[size, True] + base[size, False]) / n
            for size in range(SIZES)
        )  # fmt: skip
        assert row.estimate == pytest.approx(expected, abs=2e-3)
    assert [row.wave for row in found.rows] == ["2018", "2019", "2020"]
    # A spreadsheet cut “2-50” to “2-5” in 2021: these cells are in quarantine.
    assert any(text.startswith("2021, yes") and "from_2" in text for text in found.refused)
    with pytest.raises(DesignError, match=r"wave 2021: .*'from_2'.*TARGET-EMPTY"):
        sl.weight(study(), sl.mix(study().wave("2018"), "organisation_size", missing="keep"))


def test_weighting_to_sizes_and_their_mix_say_the_same_of_the_change():
    three = replace(study(), waves=study().waves[:3])
    mix = sl.mix(three.wave("2018"), "organisation_size", missing="keep")
    weighed = sl.weight(three, mix)
    assert [wave.kept for wave in weighed.waves] == [
        wave.n - sum(row.n for row in weighed.rows if row.wave == wave.wave)
        for wave in weighed.waves
    ]
    design = sl.Design(weighting=mix)
    change = sl.change(three, "programme/yes", "2018", "2020", design=design).rows[0]
    raw = sl.change(three, "programme/yes", "2018", "2020").rows[0]
    parted = sl.decompose(three, "programme/yes", "2018", "2020", by="organisation_size").rows[0]
    # Of the change, what is left under one mix is near what groups said, and nearer than the whole.
    assert abs(change.difference - parted.rate_before.estimate) < 0.003
    assert abs(raw.difference - parted.change.estimate) < 0.003


def test_every_result_says_that_the_sample_is_no_random_one():
    for result in (
        sl.estimate(study(), "programme/yes"),
        sl.standardise(study(), "programme/yes", by="organisation_size", to="equal"),
        sl.decompose(study(), "programme/yes", "2018", "2020", by="organisation_size"),
    ):
        assert "whoever an open invitation reached, and no random sample" in str(result)


def test_the_mix_of_netclean_bounds_what_it_can_move():
    netclean = sl.load_study(exports.ROOT / "waves" / "netclean")
    found = sl.decompose(netclean, "region/usa", "2016", "2019", by="region").rows[0]
    # Printed: 61.1 to 46.4 in the USA, 26 to 40 in Europe, all others 12.9 to 13.6.
    assert found.mix.high == pytest.approx((0.147 + 0.14 + 0.007) / 2)
    assert found.change.estimate == pytest.approx(-0.147)


def test_what_the_readme_and_the_page_on_the_mix_show_of_these_files_runs(monkeypatch):
    monkeypatch.chdir(exports.ROOT)
    data = repr(str(exports.DATA))
    page = (exports.ROOT / "docs" / "mix.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    readme = (exports.ROOT / "README.md").read_text("utf-8")
    blocks += [
        block
        for block in re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
        if "programme/yes" in block
    ]
    names = {"sl": sl, "sizes": {"small": 40, "large": 60}}
    assert len(blocks) > 4
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for block in blocks:
            code = block.replace('"osposurvey"', data).replace('"downloads"', data)
            exec(compile(code, "docs/mix.md", "exec"), names)  # noqa: S102 - our own page
    assert "Has an open source programme" in out.getvalue()
