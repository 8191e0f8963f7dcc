"""Every page at four widths, as a visitor and as an admin see it, and the displays of an
installation also upright: `make screenshots`.

Starts an installation of its own in a temporary folder, has two demo networks run in it, and
leaves the pictures under `<data dir>/screenshots/`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from panic.environment import data_dir
from tests.stack import ROOT, Stack

SIZES = {390: 844, 1440: 900, 1920: 1080, 3840: 2160}
UPRIGHT = {1080: 1920, 2160: 3840}
# As the eye meets them: these fill a screen, all others are longer than one.
SCREENS = {"home", "terminal", "terminal-yours", "wall", "wall-attract", "wall-3x2", "step-screen"}
VISITOR = {
    "home": "/",
    "about": "/about/",
    "networks": "/networks/",
    "runs": "/n/telephone/runs/",
    "all-runs": "/runs/?q=light",
    "network": "/n/telephone/",
    "terminal": "/n/particulars/terminal/",
    "terminal-yours": "/n/score/terminal/",
    "wall": "/n/telephone/wall/",
    "wall-attract": "/n/particulars/wall/",
    "wall-3x2": "/n/score/wall/?rows=3&columns=2",
    "qr": "/n/telephone/qr/",
    "models": "/models/",
    "models-compared": "/models/compare/?model=local:painter&model=replicate:flux-2-klein-4b"
    "&model=replicate:wan-2.2-t2v-fast&model=gemini:gemini-2.5-flash-image",
    "models-found": "/models/?output=video&model=replicate:wan-2.2-t2v-fast",
    "model": "/models/local:painter/",
    "sign-in": "/account/sign-in/",
    "forgotten": "/account/password/forgotten/",
    "no-entry": "/n/telephone-off/terminal/?token=old",
    "privacy": "/privacy/",
    "unlock": "/unlock/",
    "not-found": "/nowhere/",
}
ADMIN = {
    "control-room": "/n/telephone/",
    "edit": "/n/telephone/edit/",
    "settings": "/n/telephone/settings/",
    "attendant": "/n/telephone/attendant/",
    "stream": "/n/telephone/stream/",
    "live": "/n/telephone/live/",
    "featured": "/mission-control/featured/",
    "write-privacy": "/account/privacy/",
    "new": "/networks/new/",
    "delete": "/n/telephone/delete/",
    "import": "/runs/import/",
    "mission-control": "/mission-control/",
    "under-way": "/mission-control/under-way/",
    "storage": "/mission-control/storage/",
    "stop-all": "/mission-control/stop-all/",
    "servers": "/mission-control/servers/",
    "notifications": "/account/notifications/",
    "new-channel": "/account/notifications/new/",
    "boards": "/account/boards/",
    "account": "/account/",
    "people": "/account/people/",
    "log": "/account/log/",
    "keys": "/account/keys/",
    "operator-keys": "/account/keys/house/",
    "network-keys": "/n/telephone/keys/",
}


# Beside the demo wall's own; on a network where nothing has happened they invite.
MORE_DISPLAYS = [
    {"type": "grid", "name": "twelve", "rows": 3, "columns": 4, "qr_corner": "top-right"},
    {"type": "grid", "name": "row", "rows": 1, "columns": 3},
    {"type": "single", "name": "sixth", "stride": 8, "offsets": [5, 6]},
    {"type": "vestaboard", "name": "board", "stride": 1, "offset": 0, "vestaboard_name": "drawn"},
]


@contextmanager
def installation() -> Iterator[tuple[Stack, Mapping[str, str]]]:
    """A running installation with the demo networks, and its admin."""
    with tempfile.TemporaryDirectory(prefix="panic-screenshots-") as folder:
        stack = Stack(Path(folder) / "data")
        stack.data_dir.mkdir()
        weights = data_dir(ROOT) / "weights"
        if weights.is_dir():
            (stack.data_dir / "weights").symlink_to(weights)
        stack.prepare()
        stack.manage("seed_demo")
        admin = json.loads((stack.data_dir / "first-admin.json").read_text())
        try:
            stack.start()
            yield stack, admin
        finally:
            stack.destroy()


def shoot(page: Page, base: str, pages: Mapping[str, str], folder: Path) -> None:
    for name, path in pages.items():
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.goto(base + path)
            page.wait_for_timeout(600)
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=name not in SCREENS)


def set_up(stack: Stack, email: str) -> dict[str, str]:
    """The demo wall with some more displays, and an empty one; their addresses by name."""
    with stack.client(stack.token(email)) as admin:
        demo = admin.get("/api/v1/installations").json()["items"][0]
        for display in MORE_DISPLAYS:
            admin.post(f"/api/v1/installations/{demo['id']}/displays", json=display)
        body = {"name": "Empty", "network": "particulars", "displays": MORE_DISPLAYS}
        quiet = admin.post("/api/v1/installations", json=body).json()
        shown = admin.get(f"/api/v1/installations/{demo['id']}/displays").json()["items"]
    found = {f"display-{one['name']}": one["url"] for one in shown}
    found |= {f"display-{one['name']}-empty": one["url"] for one in quiet["displays"]}
    gone = shown[0]["url"].replace("/grid/", "/nobody/")
    return {**found, "short": f"/r/{shown[0]['code']}", "kiosk": "/kiosk/", "display-gone": gone}


def installation_pages(display: str) -> dict[str, str]:
    """Of the installation that this display belongs to, `/i/<installation>/<display>/`."""
    one = f"/installations/{display.split('/')[2]}/"
    return {
        "installations": "/installations/",
        "installation-new": "/installations/new/",
        "claim": "/installations/claim/",
        "installation": one,
        "installation-delete": f"{one}delete/",
        "fleet": f"{one}fleet/",
    }


def shoot_displays(page: Page, base: str, pages: Mapping[str, str], folder: Path) -> None:
    """All of them fill a screen, lying or upright."""
    for name, path in pages.items():
        for width, height in [*SIZES.items(), *UPRIGHT.items()]:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(base + path)
            page.wait_for_timeout(800)
            upright = "-upright" if height > width > 390 else ""
            page.screenshot(path=folder / f"{name}-{width}{upright}.png")


def stop_everything(page: Page, base: str) -> dict[str, str]:
    """Press stop-all; the address of its receipt once every display has answered."""
    page.goto(f"{base}/mission-control/stop-all/")
    page.get_by_role("main").get_by_role("button", name="Stop everything").click()
    page.wait_for_timeout(6_000)
    return {"receipt": page.url.removeprefix(base)}


def start(page: Page, base: str, slug: str, prompt: str) -> None:
    """Type at a terminal and wait for some steps; without weights it stays quiet."""
    page.goto(f"{base}/n/{slug}/terminal/")
    page.locator("#prompt").fill(prompt)
    page.keyboard.press("Enter")
    page.wait_for_timeout(15_000)


def sign_in(page: Page, base: str, admin: Mapping[str, str]) -> None:
    page.goto(f"{base}/account/sign-in/")
    page.get_by_label("E-mail").fill(admin["email"])
    page.get_by_label("Password").fill(admin["password"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def history(page: Page, base: str) -> dict[str, str]:
    """The addresses of a run and of one of its steps, where there is one."""
    page.goto(f"{base}/n/telephone/")
    found = {}
    run = page.locator("#network-now a")
    if run.count():
        found["run"] = str(run.get_attribute("href"))
        found["compare"] = f"{found['run']}compare/"
    step = page.locator(".tile[data-state=completed] a.tile-model").first
    if step.count():
        found["step"] = str(step.get_attribute("href"))
        found["step-screen"] = f"{found['step']}?screen=1"
    return found


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("There is no Chromium on this machine, so nothing can be photographed.\n")
        return 1
    folder = data_dir(ROOT) / "screenshots"
    folder.mkdir(exist_ok=True)
    with installation() as (stack, admin), sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        start(page, stack.base_url, "telephone", "a lighthouse that has fallen in love with a ship")
        start(page, stack.base_url, "score", "slow snow over the harbour")
        shoot(page, stack.base_url, {**VISITOR, **history(page, stack.base_url)}, folder)
        displays = set_up(stack, admin["email"])
        shoot_displays(page, stack.base_url, displays, folder)
        sign_in(page, stack.base_url, admin)
        watching = browser.new_page()
        watching.goto(stack.base_url + displays["display-grid"])
        page.wait_for_timeout(5_000)  # until it is known that somebody watches
        shoot(page, stack.base_url, ADMIN, folder)
        pages = installation_pages(displays["display-grid"])
        shoot(page, stack.base_url, pages, folder)
        shoot(page, stack.base_url, stop_everything(page, stack.base_url), folder)
        stopped = {f"{one}-stopped": displays[one] for one in ("display-grid", "display-left")}
        shoot_displays(page, stack.base_url, stopped, folder)
        browser.close()
    sys.stdout.write(f"{len(list(folder.glob('*.png')))} pictures are in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
