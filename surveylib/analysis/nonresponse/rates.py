"""Response rates: as they are given, or as a wave's manifest states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from surveylib.analysis.arguments import is_number
from surveylib.errors import MethodError, UnknownNameError, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.study import AnyWave

#: One number in percent, or a proportion, at the start of a text and followed by no other word.
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)[ \u00a0]?%(?=$|[;,.]| \()")
_PROPORTION = re.compile(r"(0?\.\d+|1(?:\.0+)?)(?=$|[;,]| \()")


def check_rates(given: Any) -> None:
    """Refuse what is no response rate.

    Args:
        given: A number, or one for each wave; None for none.

    Raises:
        MethodError: It is something else, or not above 0 and at most 1.
    """
    if given is None:
        return
    each: Mapping[Any, Any] = given if isinstance(given, Mapping) else {"": given}
    for wave, rate in each.items():
        if not is_number(rate) or not 0 < rate <= 1:
            of = f" of {wave}" if wave else ""
            message = (
                f"response_rate{of} is {show(rate)}; wanted the share of those invited who took "
                "part, a number above 0 and at most 1, such as 0.42"
            )
            raise MethodError(message)


def rates_of(given: Any, waves: Sequence[str]) -> dict[str, float]:
    """The response rate of each wave that one is given for.

    Args:
        given: A number for every wave, or a number by wave; checked. None for none.
        waves: Names of all waves of the source.

    Raises:
        UnknownNameError: A rate of a wave that does not exist.

    >>> rates_of(0.4, ["2020", "2021"]), rates_of({2021: 0.4}, ["2020", "2021"])
    ({'2020': 0.4, '2021': 0.4}, {'2021': 0.4})
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return dict.fromkeys(waves, float(given))
    for wave in given:
        if str(wave) not in waves:
            raise UnknownNameError.of("wave", str(wave), waves, where="response_rate")
    return {str(wave): float(rate) for wave, rate in given.items()}


def stated_rate(wave: AnyWave) -> float | None:
    """The response rate that a wave's manifest states as one number; None where it states none.

    Args:
        wave: The wave.
    """
    return None if wave.manifest is None else rate_in(wave.manifest.response_rate)


def rate_in(text: str) -> float | None:
    """The one number that a statement of a response rate begins with, as a proportion.

    >>> rate_in("42 %"), rate_in("0.42; of members"), rate_in("42% (AAPOR RR1)")
    (0.42, 0.42, 0.42)
    >>> rate_in("unknown"), rate_in("40 % to 50 %"), rate_in("about 40 %"), rate_in("1 in 5")
    (None, None, None, None)
    """
    if found := _PERCENT.match(text):
        rate = float(found[1]) / 100
    elif found := _PROPORTION.match(text):
        rate = float(found[1])
    else:
        return None
    return rate if 0 < rate <= 1 and "%" not in text[found.end() :] else None
