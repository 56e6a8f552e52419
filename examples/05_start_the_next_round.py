"""How do I start next year's questionnaire without breaking the series?

The new version begins as the old one, with every question to be decided; the check fails until all
are. Run from the project's folder: python examples/05_start_the_next_round.py
"""

import shutil
import tempfile
from pathlib import Path

import surveylib as sl

with tempfile.TemporaryDirectory() as folder:
    shelf = Path(folder) / "instruments" / "organised_groups"
    shelf.mkdir(parents=True)
    shutil.copy("instruments/organised_groups/1.0.yaml", shelf)

    draft = sl.new_version(shelf / "1.0.yaml", "2.0")
    try:
        sl.check(draft)
    except sl.errors.InstrumentError as error:
        print(f"{len(error.faults)} questions to decide, the first:")
        print(error.faults[0])

    # Decide: everything stays, except one label, which is told and judged.
    text = draft.read_text("utf-8").replace("decision: undecided", "decision: same")
    text = text.replace('en: "Darknet"', 'en: "Darknet sites"')
    draft.write_text(text, "utf-8")
    try:
        sl.check(draft)
    except sl.errors.InstrumentError as error:
        print(error)

    text = text.replace(
        "{question: groups_places, decision: same}",
        "{question: groups_places, decision: same, changed: [label], verdict: equivalent, "
        "reason: Darknet became darknet sites.}",
    )
    draft.write_text(text, "utf-8")
    print(*sl.check(shelf), sep="\n")
    older, newer = sl.load_versions(shelf)
    print(older.diff(newer))
