"""Models of single answers on time, under the design: odds, and odds of a higher answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.series.model_sums import model_sums
from surveylib.analysis.series.tested import Tested, straight
from surveylib.errors import NotEstimableError
from surveylib.stats import cumulative, logistic, trends_fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from surveylib.analysis.series.run import Run
    from surveylib.analysis.series.tested import Asking

    Floats = NDArray[np.float64]


def columns_of(
    run: Run, asking: Asking, time: Mapping[str, Floats], *, constant: bool
) -> tuple[Floats, list[str]]:
    """Columns of a model's cells, a cell for each wave, or wave in a composition; and their names.

    Args:
        run: The waves.
        asking: The composition.
        time: Columns of the waves (W,), by name.
        constant: Whether a column of ones comes first.
    """
    cells = len(asking.composition) or 1
    names = list(time)
    columns = [np.tile(column, cells) for column in time.values()]
    parts = np.array(asking.composition, np.float64).reshape(cells, -1) if cells > 1 else None
    if parts is not None:
        columns += [np.repeat(column, len(run.times)) for column in parts.T]
        names += [f"composition {place + 1}" for place in range(parts.shape[1])]
    if constant:
        columns, names = [np.ones(len(columns[0])), *columns], ["constant", *names]
    return np.column_stack(columns), names


def _columns(run: Run, asking: Asking, *, constant: bool) -> tuple[Floats, list[str], int]:
    """Columns of a model's cells, their names, and where time begins.

    The first power of time is in years, so that its coefficient is a change per year; higher ones
    are polynomials that have nothing to do with it (CDC 2003, as with the Youth Risk Behavior
    Survey), each a column of its own.
    """
    time = {"time": run.times - run.times.mean()}
    if asking.degree > 1:
        higher = trends_fits.polynomials(run.times, asking.degree).T[1:]
        time |= dict(zip(("time squared", "time cubed"), higher, strict=False))
    return *columns_of(run, asking, time, constant=constant), int(constant)


def logistic_on_time(run: Run, asking: Asking) -> Tested:
    """The odds of one answer on time, by logistic regression under the design.

    With bends, the straight line is tested in a model of its own, and the bends beside it in the
    whole one, as the Centers for Disease Control and Prevention do.

    Args:
        run: The waves.
        asking: The degree, the level and the composition.

    Raises:
        NotEstimableError: A design that the model does not read, or separation.
    """
    x, names, first = _columns(run, asking, constant=True)
    model = logistic.logistic(model_sums(run), x, df=run.df, names=names)
    each = model.each(confidence_level=asking.confidence_level)
    higher = range(first + 1, first + asking.degree)
    line = model
    if asking.degree > 1:  # the linear model alone is what is reported of the line
        kept = [place for place in range(len(names)) if place not in higher]
        line = logistic.logistic(
            model_sums(run), x[:, kept], df=run.df, names=[names[place] for place in kept]
        )
        each = line.each(confidence_level=asking.confidence_level)
    t = float(each.estimate[first] / each.standard_error[first])
    ratio = (float(np.exp(column[first])) for column in (each.estimate, each.low, each.high))
    return Tested(
        statistic=t,
        statistic_name="z" if math.isinf(line.df) else "t",
        p_value=float(each.p_value[first]),
        df=None if math.isinf(line.df) else float(line.df),
        up=t,
        curved=float(model.test(list(higher)).p_value) if asking.degree > 1 else None,
        slope=straight(run, asking),
        effect="odds ratio {:.3f} ({:.3f} to {:.3f}) per year".format(*ratio),
    )


def cumulative_on_time(run: Run, asking: Asking) -> Tested:
    """The odds of a higher answer on time, one for all cuts, under the design.

    Args:
        run: The waves; its answers from low to high.
        asking: The level and the composition.

    Raises:
        NotEstimableError: A design that the model does not read, or cells that nothing tells apart.
    """
    sums, answers = model_sums(run), len(run.answers)
    x, names, first = _columns(run, asking, constant=False)
    model = cumulative.cumulative(sums, x, answers=answers, df=run.df, names=names)
    each = model.each(confidence_level=asking.confidence_level)
    t = float(each.estimate[first] / each.standard_error[first])
    ratio = (float(np.exp(column[first])) for column in (each.estimate, each.low, each.high))
    notes: tuple[str, ...] = ()
    proportional = None
    try:
        cuts = cumulative.by_cut(sums, x, answers=answers, df=run.df, names=names)
        proportional = float(cuts.test([first]).p_value)
    except NotEstimableError as error:
        notes = (f"Whether the odds are proportional could not be tested: {error}",)
    return Tested(
        statistic=t,
        statistic_name="z" if math.isinf(model.df) else "t",
        p_value=float(each.p_value[first]),
        df=None if math.isinf(model.df) else float(model.df),
        up=t,
        lack_of_fit=proportional,
        effect="odds ratio of a higher answer {:.3f} ({:.3f} to {:.3f}) per year".format(*ratio),
        notes=notes,
    )
