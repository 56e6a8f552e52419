"""What do the answers of single respondents look like, before anybody has been asked?

Draws respondents for any questionnaire and writes their answers as a CSV file. Nobody was asked:
every answer is simulated. Run from the project's folder, by itself or with another questionnaire:

    python examples/simulate_wave.py
    python examples/simulate_wave.py --instrument FILE --respondents 100 --seed 7 --out FILE
"""

import argparse
import csv
import datetime as dt
import io
import json
import tempfile
from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from itertools import accumulate
from math import ceil, fsum
from pathlib import Path
from random import Random
from typing import Any

import surveylib as sl
from surveylib.instrument.conditions import Given
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import Derived

GROUPS = Path("instruments/organised_groups/1.0.yaml")
SHARES = Path("waves/organised_groups/2026/shares.json")
#: Shares of ways of not answering among those who are asked, where they are offered.
NOT_ANSWERING = {"dont_know": 0.05, "refused": 0.02, "not_applicable": 0.02}
UNANSWERED, BREAK_OFFS, WRITE_INS = 0.01, 0.04, 0.8
WORDS = ("simulated answer A", "simulated answer B", "simulated answer C")
QUANTITIES = ("{}", "about {}", "at least {}", "up to {}", "{} to {}")
Wanted = Mapping[str, float]  # shares by answer
Shares = Mapping[str, Wanted]  # these by question


def pick(random: Random, chances: Wanted) -> str:
    """Draw one of some keys, each with its chance; chances need not add up to 1."""
    if min(chances.values()) < -1e-9:
        raise ValueError(f"shares add up to more than 1; what is left is {dict(chances)}")
    ends = list(accumulate(max(chance, 0) for chance in chances.values()))
    # Of all its methods only random() is promised to draw the same in every version of Python.
    return list(chances)[bisect_right(ends, random.random() * ends[-1])]


def whole(random: Random, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return low + int(random.random() * (high - low + 1))


def offered(question: Any) -> tuple[list[str], list[str]]:
    """The answers that can be given, of which a net is none, and the ways of not answering."""
    codes = [option.code for option in question.answers if not option.net_of]
    return codes, [state for state in question.missing if state in OFFERED]


def one_option(random: Random, question: Any, wanted: Wanted) -> Given:
    """Draw one option: those with a share by it, the others evenly from what is left."""
    codes, _ = offered(question)
    told = {code: wanted[code] for code in codes if code in wanted}
    left, others = 1 - fsum(told.values()), len(codes) - len(told)
    if left < -1e-9 or (left > 1e-9 and not others):
        raise ValueError(f"the shares of '{question.id}' add up to {1 - left:.4g}; wanted 1")
    return pick(random, {code: told.get(code, max(left, 0) / max(others, 1)) for code in codes})


def several_options(random: Random, question: Any, wanted: Wanted) -> Given:
    """Draw ticks: each option with its share, and no more or fewer than may be ticked."""
    codes, _ = offered(question)
    exclusive = [o.code for o in question.answers if getattr(o, "exclusive", False)]
    alone = {code: wanted.get(code, 1 / len(codes)) for code in exclusive}
    others = [code for code in codes if code not in alone]
    rest = 1 - fsum(alone.values())
    if not others or pick(random, {"alone": 1 - rest, "others": rest}) == "alone":
        return frozenset([pick(random, alone)])
    told = {code: wanted[code] / rest for code in others if code in wanted}
    least = max(getattr(question, "min_selected", None) or 1, 1)
    most = getattr(question, "max_selected", None) or len(others)
    usual = min(max(fsum(told.values()), least, min(len(others) / 2, 3)), most)
    even = min((usual - fsum(told.values())) / max(len(others) - len(told), 1), 1)
    chances = {code: told.get(code, even) for code in others}
    total = fsum(chances.values())
    if max(chances.values()) > 1 + 1e-9 or not least - 1e-9 <= total <= most + 1e-9:
        raise ValueError(f"{question.id}: shares make {total:.4g} ticks; wanted {least} to {most}")
    # Chances laid end to end in random order, with a mark at every whole number beyond a random
    # point: what has a mark is ticked. Every share is met, and the number of ticks hardly varies.
    point, end, ticked = random.random(), 0.0, []
    for code in sorted(others, key=lambda _: random.random()):
        begin, end = end, end + chances[code]
        ticked += [code] if ceil(begin - point) < end - point else []
    return frozenset(ticked or [pick(random, chances)])  # rounding may lose the only mark


def a_number(random: Random, question: Any, _wanted: Wanted) -> Given:
    """Draw a number within the question's limits."""
    low, high = question.minimum, question.maximum
    low = (high or Decimal(100)) - 100 if low is None else low
    high = low + 100 if high is None else high
    step = Decimal(1).scaleb(-min(question.decimals, 2))
    return Decimal(low + whole(random, 0, int((high - low) / step)) * step)


def a_date(random: Random, question: Any, _wanted: Wanted) -> Given:
    """Draw a date within the question's limits, as exact as it asks for."""
    first = question.earliest or min("2016", question.latest or "2016")
    last = question.latest or max("2025", question.earliest or "2025")
    low = dt.date.fromisoformat(first + "-01-01"[len(first) - 4 :]).toordinal()
    high = dt.date.fromisoformat(last + "-12-28"[len(last) - 4 :]).toordinal()
    day = dt.date.fromordinal(whole(random, low, high)).isoformat()
    return day[: {"year": 4, "month": 7, "day": 10}[question.precision]]


def own_words(random: Random, question: Any, _wanted: Wanted) -> Given:
    """Draw a quantity as somebody might write it, or a text that says that it is simulated."""
    form = pick(random, dict.fromkeys(QUANTITIES if hasattr(question, "unit") else WORDS, 1))
    low = whole(random, 3, 400)
    return form.format(low, low + whole(random, 10, 400))


def answer(random: Random, question: Any, wanted: Wanted) -> Given:
    """Draw what somebody says who is asked: an answer, a way of not answering, or None."""
    chances = {state: wanted.get(state, NOT_ANSWERING[state]) for state in offered(question)[1]}
    left = 1 - fsum(chances.values())
    chances["no_answer"] = 0 if question.required else min(UNANSWERED, left)
    chances["answered"] = left - chances["no_answer"]
    said = pick(random, chances)
    if said == "answered":
        draw = {"number": a_number, "date": a_date, "text": own_words, "text_quantity": own_words}
        listed = one_option if question.exclusive else several_options
        return draw.get(question.kind, listed)(random, question, wanted)
    return None if said == "no_answer" else said


def respondent(random: Random, items: Any, shares: Shares) -> tuple[dict[str, Given], bool]:
    """Draw what one respondent says to what they are asked, and whether they come to the end."""
    breaks_off = random.random() < BREAK_OFFS
    given: dict[str, Given] = {}
    for item in items[: whole(random, 1, len(items)) if breaks_off else None]:
        if isinstance(item, Derived):
            given[item.id] = next((o.code for o in item.options if o.when.holds(given)), None)
        elif item.base.condition is None or item.base.condition.holds(given):
            given[item.id] = answer(random, item, shares.get(item.id, {}))
    return given, not breaks_off


def layout(question: Any) -> dict[str, Any]:
    """Where the answers to a question stand in the file, as wave.yaml says it."""
    name = question.id
    written = [o.code for o in question.answers if o.write_in and not o.net_of]
    writes = {"write_in": {code: f"{name}/{code}:text" for code in written}}
    if question.kind == "multi_answer":
        options, states = ({code: f"{name}/{code}" for code in part} for part in offered(question))
        told = {"options": options, "missing": states, "ticked": ["1"], "not_ticked": ["0"]}
        return {"layout": "column_per_option", **told, **writes}
    kind = "coded_text" if question.kind == "open_coded" else "one_column"
    return {"layout": kind, "column": name, **writes}


def columns(instrument: Instrument) -> dict[str, Any]:
    """Where everything stands in the file, as `ingest` and wave.yaml take it."""
    asked = [item for item in instrument.items if not isinstance(item, Derived)]
    return {
        "respondent": {"column": "respondent"},
        "timing": {"started": "started", "ended": "ended"},
        "blanks": {"finished": {"column": "finished", "texts": ["yes"]}, "routed": "by_software"},
        "columns": {item.id: layout(item) for item in asked},
    }


def cells(random: Random, instrument: Instrument, question: Any, given: Given) -> dict[str, str]:
    """Write what was said into the question's columns; texts beside options are drawn here."""
    place = layout(question)
    chosen = given if isinstance(given, frozenset) else frozenset([given])
    names = {option.code: question.label(option.code) for option in question.answers}
    names |= {state: instrument.missing_label(state) for state in offered(question)[1]}
    both = {**place.get("options", {}), **place.get("missing", {})}
    found = {column: "" if given is None else "01"[code in chosen] for code, column in both.items()}
    if not both:
        told = [name for code, name in names.items() if code in chosen]
        found[place["column"]] = "; ".join(told) or ("" if given is None else str(given))
    for code, column in place["write_in"].items():
        written = code in chosen and random.random() < WRITE_INS
        found[column] = pick(random, dict.fromkeys(WORDS, 1)) if written else ""
    return found


def simulate(
    instrument: Instrument, respondents: int, seed: int, shares: Shares, first_day: dt.date
) -> bytes:
    """Simulate 28 days of a wave: a CSV file, for the same arguments the same on every machine.

    Shares are of those who answer, by question (`grid.row` in a grid) and answer; those of ways of
    not answering are of everybody asked. What is not given is drawn evenly.
    """
    for name, wanted in shares.items():
        known = [code for part in offered(instrument.question(name)) for code in part]
        if lost := [code for code in wanted if code not in known or not 0 <= wanted[code] <= 1]:
            raise ValueError(f"question '{name}' has no such answer, or not such a share: {lost}")
    if respondents < 1:
        raise ValueError(f"{respondents} respondents; wanted at least one")
    random = Random(seed)  # noqa: S311 - no secret is drawn
    places, rows = columns(instrument)["columns"], []
    for number in range(1, respondents + 1):
        given, finished = respondent(random, instrument.items, shares)
        started = dt.datetime.combine(first_day, dt.time(7))
        started += dt.timedelta(days=whole(random, 0, 27), seconds=whole(random, 0, 43_200))
        ended = started + dt.timedelta(seconds=20 + sum(whole(random, 6, 30) for _ in given))
        row = {"respondent": f"simulated-{number:04}", "started": started.isoformat()}
        row |= {"ended": ended.isoformat(), "finished": "yes" if finished else "no"}
        for name in places:
            row |= cells(random, instrument, instrument.question(name), given.get(name))
        rows.append(row)
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return file.getvalue().encode()


def main() -> None:
    """Simulate a wave; write it, or ingest it and print what became of every cell."""
    parser = argparse.ArgumentParser(description="Simulate a wave. Nobody is asked.")
    parser.add_argument("--instrument", type=Path, default=GROUPS)
    parser.add_argument("--respondents", type=int, default=260)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--shares", type=Path, help="JSON: shares by question and answer")
    parser.add_argument("--first-day", type=dt.date.fromisoformat, default=dt.date(2026, 9, 1))
    parser.add_argument("--out", type=Path, help="the file to write; left out, it is ingested")
    told = parser.parse_args()
    shares = told.shares or (SHARES if told.instrument == GROUPS else None)
    try:
        instrument = sl.load_instrument(told.instrument)
        wanted = json.loads(shares.read_text("utf-8")) if shares else {}
        raw = simulate(instrument, told.respondents, told.seed, wanted, told.first_day)
        with tempfile.TemporaryDirectory() as folder:
            file = told.out or Path(folder) / "simulated.csv"
            file.write_bytes(raw)
            print(f"{instrument.id} {instrument.version}, simulated: nobody was asked.")
            print(told.out or sl.ingest(file, instrument, columns=columns(instrument)))
    except (sl.errors.SurveylibError, OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
