"""axe, which holds a page to the rules of accessibility: https://github.com/dequelabs/axe-core."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # WCAG 2.2, 2.5.8 and 2.5.3: axe leaves them out unless they are asked for.
    "rules": {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
}


def violations(page: Page, view: str) -> list[str]:
    """List what breaks a rule of WCAG 2.2 A or AA, or is no best practice: the view, the rule, and where."""
    # Not as a script of the page: its policy allows none but its own.
    page.evaluate(SCRIPT)
    found: list[dict[str, Any]] = page.evaluate("(options) => axe.run(options)", OPTIONS)["violations"]
    return [
        f"{view}: {rule['id']} at {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
