"""The tests of a trend, each on what it needs of a run of waves; table TESTS."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.series import bending, models
from surveylib.analysis.series.panel import answers_of_all
from surveylib.analysis.series.tested import Tested, straight
from surveylib.errors import MethodError, NotEstimableError, listed, no_method
from surveylib.stats import (
    crosstabs,
    trends,
    trends_fits,
    trends_ordered,
    trends_series,
    trends_slopes,
    turnover,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from surveylib.analysis.series.run import Numbers, Run
    from surveylib.analysis.series.tested import Asking
    from surveylib.stats.trends_fits import Fit

    Floats = NDArray[np.float64]


class TrendTest(NamedTuple):
    """A test: what it asks, of what, and how.

    Args:
        function: The test, of a run; of Numbers where it needs no single answers.
        words: What it asks.
        whole: Whether it is of all ordered answers of a question together.
        simple: Whether it is for simple samples only.
        sided: Whether it can look in one direction only.
        degrees: The highest degree of a curve that it can fit.
        printed: Whether printed figures are enough for it.
        people: Whether it is for the same people in every wave only.
        joints: Whether it can bend at times that are given.
    """

    function: Callable[[Any, Asking], Tested]
    words: str
    whole: bool = False
    simple: bool = False
    sided: bool = False
    degrees: int = 1
    printed: bool = False
    people: bool = False
    joints: bool = False


def _armitage(method: str) -> Callable[[Numbers, Asking], Tested]:
    def test(run: Numbers, asking: Asking) -> Tested:
        drawn = method == "permutation"
        found = trends.cochran_armitage(
            run.counts[:, 0],
            run.column("n"),
            run.times,
            alternative=asking.alternative,
            method=method,
            confidence_level=asking.confidence_level,
            replicates=asking.draws if drawn else None,
            seed=asking.seed if drawn else None,
        )
        slope = found.slope
        return Tested(
            statistic=float(found.statistic),
            statistic_name="z",
            p_value=float(found.p_value),
            up=float(found.statistic),
            lack_of_fit=float(found.lack_of_fit.p_value),
            slope=(float(slope.estimate), float(slope.low), float(slope.high)),
        )

    return test


def _least_squares(run: Numbers, asking: Asking) -> Tested:
    def fitted(degree: int) -> Fit:
        return trends_fits.least_squares(
            run.column("estimate"),
            run.covariance,
            run.times,
            degree=degree,
            df=run.fewest_df,
            confidence_level=asking.confidence_level,
        )

    line = fitted(1)
    fit = line if asking.degree == 1 else fitted(asking.degree)
    t, free = float(line.coefficients[1] / line.standard_errors[1]), float(line.df)
    return Tested(
        statistic=t,
        statistic_name="z" if math.isinf(free) else "t",
        p_value=float(line.p_values[1]),
        df=None if math.isinf(free) else free,
        up=t,
        lack_of_fit=float(line.lack_of_fit.p_value),
        curved=float(fit.p_values[-1]) if asking.degree > 1 else None,
        slope=(float(line.coefficients[1]), float(line.low[1]), float(line.high[1])),
        notes=tuple(fit.notes),
    )


def _linear_by_linear(run: Run, asking: Asking) -> Tested:
    found = trends_ordered.linear_by_linear(
        run.counts, run.times, "midranks", alternative=asking.alternative
    )
    return Tested(
        statistic=float(found.statistic),
        statistic_name="M²",
        p_value=float(found.p_value),
        df=1.0,
        up=float(found.z),
        effect=f"correlation of wave and answer {found.correlation:+.3f}",
        notes=("Answers count by their midranks over all waves.",),
    )


def _jonckheere(run: Run, asking: Asking) -> Tested:
    found = trends_ordered.jonckheere_terpstra(run.counts, alternative=asking.alternative)
    return Tested(
        statistic=float(found.z),
        statistic_name="z",
        p_value=float(found.p_value),
        up=float(found.z),
        effect=f"the later of two respondents gave the higher answer with a probability of "
        f"{found.superiority:.3f}, ties counting half",
    )


def _homogeneity(run: Run, _asking: Asking) -> Tested:
    share = run.table.numbers("estimate")[np.ix_(run.places, run.answers)]
    # Shares of a wave add up to 1, so what all have in common cannot vary.
    centre = np.kron(np.eye(len(share)), np.eye(share.shape[1]) - 1 / share.shape[1])
    found = crosstabs.homogeneity(
        share / share.sum(axis=1, keepdims=True),
        None if run.simple else centre @ run.covariance @ centre,
        n=run.column("n"),
        df=max(run.df, 1.0),
    )
    return Tested(
        statistic=float(found.statistic),
        statistic_name=found.distribution,
        p_value=float(found.p_value),
        df=float(found.df_numerator),
        df_denominator=None if math.isinf(found.df_denominator) else float(found.df_denominator),
        notes=tuple(found.notes),
    )


def _cochran_q(method: str) -> Callable[[Run, Asking], Tested]:
    def test(run: Run, asking: Asking) -> Tested:
        waves = [run.table.sampled[place] for place in run.places]
        code = run.table.answers[run.answers[0]]
        answers, left_out = answers_of_all(waves, run.table.domain, code)
        patterns, people = np.unique(answers, axis=0, return_counts=True)
        found = turnover.cochran_q(patterns, people, method=method)
        n = int(found.n)
        told = f"The test is of the {n:,} who answered in every wave, shares and slope of all"
        return Tested(
            statistic=found.statistic,
            statistic_name="Q",
            p_value=found.p_value,
            df=None if found.df is None else float(found.df),
            slope=straight(run, asking),
            effect=f"{int(found.n_changed):,} of {n:,} people changed their answer",
            notes=(f"{told}: {left_out:,} answered in some waves only.",),
        )

    return test


def _mann_kendall(run: Numbers, asking: Asking) -> Tested:
    values, errors = run.column("estimate"), np.sqrt(np.diag(run.covariance))
    found = trends_series.mann_kendall(values, run.times, alternative=asking.alternative)
    if not (errors > 0).all():
        message = (
            "a wave has no variance, as where everybody or nobody gave the answer: there is no "
            "interval of a slope; take 'cochran-armitage', or leave the wave out"
        )
        raise NotEstimableError(message)
    slope = trends_slopes.sen_slope(
        values,
        run.times,
        standard_errors=errors,
        method="weighted",
        confidence_level=asking.confidence_level,
        replicates=asking.draws,
        seed=asking.seed,
    )
    return Tested(
        statistic=float(found.statistic),
        statistic_name="S",
        p_value=float(found.p_value),
        up=float(found.statistic),
        slope=(slope.estimate, slope.low, slope.high),
        notes=tuple(filter(None, (
            ("The test takes the order of the shares only; the slope is Sen's, with an interval "
            "from the standard errors."), slope.note))),
    )  # fmt: skip


def _bendable(line: Callable[[Any, Asking], Tested], bent: Callable[[Any, Asking], Tested]
              ) -> Callable[[Any, Asking], Tested]:  # fmt: skip
    """One test of a straight line, and another where joints were given."""

    def test(run: Any, asking: Asking) -> Tested:
        return (bent if asking.joints else line)(run, asking)

    return test


TESTS: Mapping[str, TrendTest] = MappingProxyType(
    {
        "cochran-armitage": TrendTest(
            _armitage("asymptotic"),
            "does the share rise or fall with time?",
            simple=True,
            sided=True,
            printed=True,
        ),
        "cochran-armitage-exact": TrendTest(
            _armitage("exact"),
            "the same, counting every table with these margins",
            simple=True,
            sided=True,
        ),
        "cochran-armitage-permutation": TrendTest(
            _armitage("permutation"),
            "the same, drawing such tables at random",
            simple=True,
            sided=True,
        ),
        "logistic": TrendTest(
            _bendable(models.logistic_on_time, bending.logistic_with_joints),
            "do the odds rise or fall with time, under the design?",
            degrees=3,
            joints=True,
        ),
        "least-squares": TrendTest(
            _bendable(_least_squares, bending.least_squares_with_joints),
            "do the shares lie on a line that rises or falls?",
            degrees=3,
            joints=True,
            printed=True,
        ),
        "mann-kendall": TrendTest(
            _mann_kendall, "do the shares mostly rise or mostly fall?", sided=True, printed=True
        ),
        "joinpoint": TrendTest(
            bending.joinpoint_search, "where does the trend bend?", printed=True
        ),
        "cochran-q": TrendTest(
            _cochran_q("asymptotic"),
            "do the same people give an answer equally often in every wave?",
            people=True,
        ),
        "cochran-q-exact": TrendTest(
            _cochran_q("exact"),
            "the same, counting every way to hand people's answers to waves",
            people=True,
        ),
        "linear-by-linear": TrendTest(
            _linear_by_linear,
            "do ordered answers move with time, by their midranks?",
            whole=True,
            simple=True,
            sided=True,
        ),
        "jonckheere-terpstra": TrendTest(
            _jonckheere,
            "do ordered answers move from wave to wave?",
            whole=True,
            simple=True,
            sided=True,
        ),
        "cumulative-link": TrendTest(
            models.cumulative_on_time,
            "do the odds of a higher answer rise or fall with time?",
            whole=True,
        ),
        "homogeneity": TrendTest(
            _homogeneity, "do the answers differ between waves in any way?", whole=True
        ),
    }
)


def check(test: str, asking: Asking) -> TrendTest:
    """The test of this name, if it can do what is asked.

    Args:
        test: A name in TESTS.
        asking: How it is to be made.

    Raises:
        MethodError: It cannot.
    """
    if test not in TESTS:
        raise MethodError(no_method("trend test", test, TESTS))
    found = TESTS[test]
    if asking.alternative != "two-sided" and not found.sided:
        message = f"'{test}' is two-sided; for one direction take 'cochran-armitage'"
        raise MethodError(message)
    if not 1 <= asking.degree <= found.degrees:
        message = f"degree is {asking.degree}; '{test}' takes 1 to {found.degrees}"
        raise MethodError(message)
    return found


def check_joints(test: str, asking: Asking) -> None:
    """Refuse joints for tests that have none, or that look for their own.

    Args:
        test: A name in TESTS.
        asking: How it is to be made.

    Raises:
        MethodError: The test takes none.
    """
    if not TESTS[test].joints:
        own = "looks for joints itself" if test == "joinpoint" else "has no joints"
        known = listed(name for name, one in TESTS.items() if one.joints)
        raise MethodError(f"'{test}' {own}: leave joints out, or take one of {known}")
    if asking.degree > 1:
        message = f"joints stand in place of a curve: leave out joints, or degree={asking.degree}"
        raise MethodError(message)


def check_for_samples(test: str, *, simple: bool, samples: str) -> None:
    """Refuse a test that is not made for samples like these.

    Args:
        test: A name in TESTS.
        simple: Whether every wave is a simple sample.
        samples: The relation between the samples.

    Raises:
        MethodError: It is for others.
    """
    shared = samples in {"shared-psu", "rotating", "panel"}
    if TESTS[test].simple and (shared or not simple):
        message = (
            f"'{test}' is for simple samples that share nobody; take 'logistic' or 'least-squares'"
        )
        raise MethodError(message)
    if TESTS[test].people and not (simple and samples == "panel"):
        message = (
            f"'{test}' is for the same people in every wave, in simple samples: declare "
            "samples='panel' with ids=, or take 'least-squares'"
        )
        raise MethodError(message)
