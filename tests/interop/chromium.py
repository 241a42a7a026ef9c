"""A real Chromium on Quorate's pages, which writes down whatever should never happen there."""

import re
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
    async_playwright,
    expect,
)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
"""1280 px at 400 % zoom."""

WAIT_MS = 60_000
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
# Evaluated by the debugger, so the page's own policy stays in force. The guards that keep the focus
# inside a dialog are hidden from assistive technology on purpose.
_RUN_AXE = """
(() => { const module = undefined, exports = undefined; %s;
  return axe.run({ exclude: ["[data-base-ui-focus-guard]"] }, { runOnly: %s }).then((found) =>
    found.violations.map((v) => `${v.id} x${v.nodes.length}: ${v.nodes[0].html.slice(0, 200)}`)); })()
"""


@dataclass
class Visitors:
    """Opens pages, each in a browser context of its own, and collects their faults."""

    browser: Browser
    faults: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)
    """Console errors that belong to what a test does, such as the answer 422 to a text that is refused."""

    async def page(self, url: str, *, size: ViewportSize = DESK) -> Page:
        context = await self.browser.new_context(viewport=size, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        await context.add_init_script(_REPORT_VIOLATIONS)
        page = await context.new_page()
        await page.goto(url)
        return page

    def expect_errors(self, *patterns: str) -> None:
        self.expected += [re.compile(pattern) for pattern in patterns]

    async def leave(self) -> None:
        for context in list(self.browser.contexts):
            await context.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.location['url']}: {message.text}")

    def _error(self, error: WebError) -> None:
        self._note(f"error: {error.error}")

    def _note(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self.expected):
            self.faults.append(text)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def accessibility_faults(page: Page, sizes: Iterable[ViewportSize] = (DESK, PHONE)) -> list[str]:
    """What axe finds (WCAG 2.2 A and AA, best practice) in both colour schemes, at each size."""
    script = _RUN_AXE % (AXE.read_text(), list(RULES))
    found = []
    for size in sizes:
        await page.set_viewport_size(size)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            faults: list[str] = await page.evaluate(script)
            found += [f"{size['width']} px, {scheme}: {fault}" for fault in faults]
    return found


async def sideways(page: Page) -> int:
    """By how many pixels the page scrolls sideways at 320 px."""
    await page.set_viewport_size(NARROW)
    root = "document.documentElement"
    width: int = await page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
    return width


async def fetched(page: Page, path: str) -> Any:
    """What the page's own origin answers at ``path``, raw, with the page's cookies."""
    answer = await page.request.get(path)
    return await answer.json()
