"""B10: bytes of scripts and styles that a page loads."""

from __future__ import annotations

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import NotMeasured, Row, judge_maximum, not_measured, plain_bar

KB = 1000
MAX_KB = {"display": 20.0, "terminal": 25.0, "editor": 35.0}
BARS = {f"B10.{name}": plain_bar(maximum, "KB") for name, maximum in MAX_KB.items()}
NOTE = (
    "scripts and styles, gzip as they are served (1 KB = 1,000 bytes), with what they import and the "
    "service worker; no fonts, no pictures"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    in_process = context.prepare_stack(engine).in_process()
    wall = in_process.call("events.create_wall", displays=1)
    paths = {
        "display": wall["pages"][0],
        "terminal": f"/n/{wall['slug']}/terminal/",
        "editor": f"/n/{wall['slug']}/edit/",
    }
    return [_row(in_process, engine, name, path) for name, path in paths.items()]


def _row(in_process: InProcessClient, engine: Engine, name: str, path: str) -> Row:
    row_id = f"B10.{name}{engine.suffix}"
    try:
        files: dict[str, int] = in_process.call("page_weight.weigh_page", path=path)
    except NotMeasured as error:
        return not_measured(row_id, BARS[f"B10.{name}"], "KB", str(error))
    heaviest = sorted(files.items(), key=lambda item: -item[1])[:3]
    listed = ", ".join(
        f"{address.rpartition('/')[2]} {size / KB:.1f}" for address, size in heaviest
    )
    print_progress(f"{row_id}: {sum(files.values()) / KB:.1f} KB in {len(files)} files")
    sizes = [size / KB for size in files.values()]
    note = f"{NOTE}; {len(files)} files, the heaviest: {listed}"
    return judge_maximum(
        row_id, ours=sizes, value=sum(sizes), maximum=MAX_KB[name], unit="KB", note=note
    )
