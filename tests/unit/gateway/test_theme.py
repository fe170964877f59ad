"""The colours of the browser page can be told apart by those who see less (WCAG 2.2)."""

import re

import pytest

from gateway.pages import FOLDER

THEME = (FOLDER / "assets" / "theme.css").read_text(encoding="utf-8")
GROUNDS = ("ground", "surface", "sunken")
TEXTS = [
    *((text, ground) for text in ("text", "text-quiet") for ground in GROUNDS),
    *((text, ground) for text in ("accent", "good", "bad") for ground in ("ground", "surface")),
    ("text", "accent-soft"),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *((kind, f"{kind}-soft") for kind in ("good", "bad", "warning")),
]
PARTS = [("line-strong", "surface"), ("chart", "surface"), ("chart-quiet", "surface"), ("accent", "ground")]


def palette(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", css))


LIGHT, DARK = (palette(css) for css in THEME.split("@media (prefers-color-scheme: dark)"))


def luminance(colour: str) -> float:
    """Give the relative luminance as WCAG 2.2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read_on_its_ground(colours: dict[str, str], text: str, ground: str) -> None:
    """1.4.3, level AA."""
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("part", "ground"), PARTS)
def test_the_edges_of_controls_and_the_charts_can_be_seen(
    colours: dict[str, str], part: str, ground: str
) -> None:
    """1.4.11, level AA."""
    assert contrast(colours[part], colours[ground]) >= 3
