"""Take the README's picture: what the report says of changes, in headless Chromium."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import surveylib as sl

OUT = Path("docs/images/report.png")
SIZE = "1120,1050"


#: Questions of the picture.
QUESTIONS = ("region", "rising_trends")


def section(page: str, question: str) -> str:
    """What a page says of one question."""
    start = page.rindex("<section", 0, page.index(f'id="q-{question}"'))
    return page[start : page.index("</section>", start) + len("</section>")]


def main() -> None:
    """Write the report, keep two of its questions, and take a picture of it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        message = "the picture needs chromium on the PATH"
        raise SystemExit(message)
    with tempfile.TemporaryDirectory() as folder:
        page = sl.report(sl.load_study("waves/netclean"), folder).page
        text = page.read_text("utf-8")
        head = text[: text.index("<body>") + len("<body>")]
        shown = "".join(section(text, question) for question in QUESTIONS)
        page.write_text(f"{head}<main>{shown}</main></body></html>", "utf-8")
        options = "--headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run"
        subprocess.run(
            [
                browser,
                *options.split(),
                "--disable-background-networking",
                f"--user-data-dir={folder}/profile",
                f"--window-size={SIZE}",
                f"--screenshot={OUT}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    print(OUT)


if __name__ == "__main__":
    main()
