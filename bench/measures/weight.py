"""B10: how many bytes of scripts and styles a page brings along."""

from __future__ import annotations

from bench.engines import Engine
from bench.inside.client import Inside
from bench.rows import NotMeasured, Row, below, not_measured, plain_bar
from bench.workshop import Room, tell

KB = 1000
MOST = {"display": 25.0, "terminal": 40.0, "editor": 60.0}
BARS = {f"B10.{name}": plain_bar(most, "KB") for name, most in MOST.items()}
NOTE = (
    "scripts and styles, gzip as they are served (1 KB = 1,000 bytes), with what they import and the "
    "service worker; no fonts, no pictures"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    inside = room.place(engine).inside()
    hung = inside.ask("happening.hung", displays=1)
    paths = {
        "display": hung["pages"][0],
        "terminal": f"/n/{hung['slug']}/terminal/",
        "editor": f"/n/{hung['slug']}/edit/",
    }
    return [_row(inside, engine, name, path) for name, path in paths.items()]


def _row(inside: Inside, engine: Engine, name: str, path: str) -> Row:
    row_id = f"B10.{name}{engine.suffix}"
    try:
        files: dict[str, int] = inside.ask("weighing.page", path=path)
    except NotMeasured as error:
        return not_measured(row_id, BARS[f"B10.{name}"], "KB", str(error))
    heaviest = sorted(files.items(), key=lambda item: -item[1])[:3]
    told = ", ".join(f"{address.rpartition('/')[2]} {size / KB:.1f}" for address, size in heaviest)
    tell(f"{row_id}: {sum(files.values()) / KB:.1f} KB in {len(files)} files")
    sizes = [size / KB for size in files.values()]
    note = f"{NOTE}; {len(files)} files, the heaviest: {told}"
    return below(row_id, ours=sizes, value=sum(sizes), most=MOST[name], unit="KB", note=note)
