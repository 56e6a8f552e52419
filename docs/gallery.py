"""Make the pictures of the gallery, docs/pictures.md: each kind of chart, without a browser."""

from pathlib import Path
from typing import Any

import surveylib as sl

OUT = Path("docs/images/charts")
GROUPS = sl.load_study("waves/organised_groups")
REPORTS = sl.load_study("waves/netclean")


def results() -> dict[str, tuple[Any, dict[str, Any]]]:
    """A result for each kind of chart, and what else its call takes."""
    places = sl.change(GROUPS, "groups_places", 2025, 2026)
    parts = sl.decompose(GROUPS, "groups_encountered/yes", 2025, 2026, by="region")
    asked = sl.estimate(GROUPS, "groups_number_change", base="asked")
    regions = sl.estimate(GROUPS.wave("2026"), "caution_change", by="region")
    return {
        "rows": (sl.estimate(REPORTS, "region"), {}),
        "waves": (sl.estimate(REPORTS, "region"), {}),
        "panels": (regions, {}),
        "diverging": (asked, {"neutral": "unchanged"}),
        "bands": (sl.estimate(GROUPS, "largest_group_size"), {}),
        "series": (sl.change(REPORTS, "region"), {}),
        "slope": (places, {}),
        "arrows": (places, {}),
        "trend": (sl.trend(REPORTS, "region/usa"), {}),
        "cuts": (sl.shift(GROUPS, "largest_group_size", 2025, 2026), {}),
        "bounds": (sl.sensitivity(REPORTS, "region/usa", response_rate=0.4), {}),
        "parts": (parts, {}),
        "groups": (parts, {}),
        "mix": (sl.standardise(GROUPS, "groups_encountered/yes", by="region", to="2025"), {}),
    }


def main() -> None:
    """Write a drawing of each kind, on white so that it is read on any page."""
    theme = sl.Theme(background="#ffffff")
    for kind, (result, options) in results().items():
        print(sl.save_chart(result, OUT / f"{kind}.svg", kind=kind, theme=theme, **options))


if __name__ == "__main__":
    main()
