"""Made-up answers to draw, and what stands in a specification of a chart."""

import pandas as pd

import surveylib as sl

COUNTS = {2021: [30, 25, 20, 15, 10], 2023: [20, 25, 20, 20, 15]}
#: Answers of a frame come in the order of their letters.
SCALE = ["1 very bad", "2 bad", "3 neither", "4 good", "5 very good"]
PROJECTS = ["0", "1-10", "11-50", "More than 50"]


def people():
    """200 made-up answers to a scale, a yes and a number in bands, with a size of towns."""
    rows = []
    for year, counts in COUNTS.items():
        answers = [code for code, count in zip(SCALE, counts, strict=True) for _ in range(count)]
        for place, answer in enumerate(answers):
            rows.append({
                "year": year, "opinion": answer, "met": "yes" if place % 3 else "no",
                "projects": PROJECTS[place % 4], "town": "small" if place % 5 < 2 else "large",
            })  # fmt: skip
    return pd.DataFrame(rows)


def opinions():
    """Shares of all answers to the scale in two waves."""
    return sl.estimate(people(), "opinion", wave="year")


def walk(node):
    """Every part of a specification."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from walk(part)


def marks(spec, kind):
    """The layers of one kind of mark, each with its rows."""
    stored = spec.get("datasets", {})
    found = []

    def look(node, data):
        data = node.get("data", data)
        mark = node.get("mark")
        if isinstance(mark, dict) and mark["type"] == kind:
            rows = stored[data["name"]] if "name" in data else data["values"]
            found.append((node, rows))
        for inner in ("layer", "vconcat", "hconcat", "concat"):
            for part in node.get(inner, []):
                look(part, data)

    look(spec, None)
    return found


def words(spec):
    """Everything that is written above and below charts."""
    lines = []
    for part in walk(spec):
        title = part.get("title")
        if isinstance(title, dict):
            lines += title["text"] if isinstance(title["text"], list) else [title["text"]]
            lines += title.get("subtitle", [])
    return " ".join(lines).replace("\u00a0", " ")
