"""What becomes of published exports with their damages, and what do they say over four years?

The responses are kept outside the project: `SURVEYLIB_DATA` names the folder that holds `ospo/`;
left out, `../shared/data`. Run from the project's folder: python examples/07_ingest_ospo.py
"""

import os
from pathlib import Path

import surveylib as sl

data = Path(os.environ.get("SURVEYLIB_DATA", "../shared/data")) / "ospo"
folders = sorted(folder for folder in Path("waves/ospo").iterdir() if folder.is_dir())
waves = {}

for folder in folders:
    if not any((data / folder.name).glob("results*.csv")):
        print(f"{folder}: not read, there are no responses in {data / folder.name}")
        continue
    try:
        found = sl.ingest(folder, data=data)
    except sl.errors.InputError as error:
        print(f"{folder}: not read\n{error}")
        continue
    waves[folder.name] = found.wave

    # Every row and every cell is accounted for; nothing is repaired or set aside in silence.
    rows = found.accounts
    print(found.wave)
    print(f"  {rows.rows_read} rows: {rows.accepted} respondents, {rows.quarantined} in quarantine")
    for rule, count in rows.excluded.items():
        print(f"  {count} rows excluded: {rule}")
    print(f"  {rows.cells_given} cells with a value, {rows.cells_quarantined} in quarantine")
    for (question, raw, label), cells in found.repairs.groupby(["question", "raw", "after"]):
        print(f"  repaired in {question}: {raw} was {label}, {len(cells)} times")
    for (question, raw, what), cells in found.quarantine.groupby(["question", "raw", "what"]):
        print(f"  in quarantine from {question}: {raw}, {len(cells)} times; {what}")

if waves:
    # The bands of each year, at cuts that all years have; the base is who gave a number.
    projects = sl.load_crosswalk("instruments/ospo")["projects_maintained"]
    print("\nCompanies that maintain at most so many open source projects:")
    for year, wave in waves.items():
        counts = wave.counts("projects_maintained")
        bands = {code: counts[code] for code in projects.source(year).intervals}
        shares = [f"{t}: {projects.share_up_to(t, year, bands).low:.1%}" for t in (0, 10, 100)]
        print(f"  {year}  {', '.join(shares)}  of {sum(bands.values())}")

if len(waves) == len(folders):
    study = sl.load_study("waves/ospo", data=data)
    print(f"\n{sl.change(study, 'projects_maintained/from_0')}")
else:
    print("\nNot run: changes between waves, which need the responses of all of them.")
