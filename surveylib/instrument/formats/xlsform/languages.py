"""Languages in the way an XLSForm names them: `English (en)`, in the header of a column."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE = re.compile(r"^(.*?)\(\s*([A-Za-z]{2,3})((?:-[A-Za-z0-9]+)*)\s*\)$")
_TAG = re.compile(r"(?:^|\s)([a-z]{2,3}(?:-[A-Za-z0-9]+)+)\s*$")


def column_language(code: str) -> str:
    """The name of a language in a header.

    Converters know languages without a region; region and script stand in front of the bracket.

    >>> column_language("de"), column_language("pt-BR")
    ('German (de)', 'Portuguese pt-BR (pt)')
    """
    primary = code.partition("-")[0]
    name = NAMES.get(primary, "")
    shown = name if primary == code else f"{name} {code}".strip()
    return f"{shown or code} ({primary})"


def code_of(name: str) -> str:
    """The code of a language in a header; one for an unknown language where it tells none.

    >>> code_of("German (de)"), code_of("Portuguese pt-BR (pt)"), code_of("english")
    ('de', 'pt-BR', 'en')
    >>> code_of("Klingon")
    'und-klingon'
    """
    found = _CODE.match(name.strip())
    if found:
        primary = found[2].lower()
        tag = _TAG.search(found[1])
        if tag and tag[1].partition("-")[0] == primary:
            return tag[1]
        return f"{primary}{found[3]}"
    word = name.strip().casefold()
    if word.partition("-")[0] in NAMES and re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]+)*", word):
        return name.strip()[:3].lower() + name.strip()[3:] if "-" in word else word
    if word in _BY_NAME:
        return _BY_NAME[word]
    return f"und-{re.sub(r'[^a-z0-9]', '', word) or 'x'}"


_ENGLISH = """
af Afrikaans, am Amharic, ar Arabic, az Azerbaijani, be Belarusian, bg Bulgarian,
bn Bengali, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek,
en English, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fr French,
ga Irish, gl Galician, gu Gujarati, ha Hausa, he Hebrew, hi Hindi, hr Croatian,
hu Hungarian, hy Armenian, id Indonesian, is Icelandic, it Italian, ja Japanese,
ka Georgian, kk Kazakh, km Khmer, ko Korean, ky Kyrgyz, lo Lao, lt Lithuanian,
lv Latvian, mk Macedonian, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese,
nb Norwegian Bokmål, ne Nepali, nl Dutch, nn Norwegian Nynorsk, no Norwegian, pa Punjabi,
pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, rw Kinyarwanda,
se Northern Sami, si Sinhala, sk Slovak, sl Slovenian, so Somali, sq Albanian,
sr Serbian, sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai, ti Tigrinya,
tl Tagalog, tr Turkish, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, xh Xhosa,
yo Yoruba, zh Chinese, zu Zulu
"""
_OWN = """
de deutsch, es español, fr français, pt português, sv svenska, nl nederlands,
it italiano, da dansk, no norsk, fi suomi, pl polski, ru русский, ar العربية, zh 中文,
sw kiswahili
"""


def _listed(pairs: str) -> dict[str, str]:
    """Codes and names out of a list."""
    return dict(pair.split(maxsplit=1) for pair in pairs.split(","))


#: ISO 639-1 codes and the English names of the languages.
NAMES: Mapping[str, str] = MappingProxyType(_listed(_ENGLISH))
_BY_NAME = {
    name.casefold(): code for names in (_ENGLISH, _OWN) for code, name in _listed(names).items()
}
