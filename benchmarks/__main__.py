"""`python -m benchmarks`: measures, and writes tables and charts."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

from benchmarks import build, growth, machine, page, stages, startup, whatifs
from benchmarks.runs import ROOT, Job, Kept, medians, run_all

PARTS: dict[str, ModuleType] = {
    "build": build,
    "stages": stages,
    "whatifs": whatifs,
    "growth": growth,
    "startup": startup,
}
"""What can be measured, in the order of the page."""
BY_RUN = ("build", "stages")
"""Parts that bring their runs to medians themselves."""
REPEATS = {"build": 9}
"""Where it takes more than three runs until medians hold still."""
SIZES = ["10k", "60k", "365k", "1m", "2m"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    out = argparse.ArgumentParser("python -m benchmarks", description="Measures the speed and scale of quadopt.")
    out.add_argument("parts", nargs="*", metavar="part", help=f"what to measure: {', '.join(PARTS)} (default: all)")
    out.add_argument("--quick", action="store_true", help="tiny cases, one run each, results in results/benchmarks")
    out.add_argument("--repeats", type=int, help="runs of each measurement (default: 3; build 9)")
    out.add_argument("--sizes", nargs="+", help="build: shapes by name (default: 10k 60k 365k 1m 2m)")
    out.add_argument(
        "--cases",
        nargs="+",
        help="stages, whatifs: workbooks, or shapes by name; +50 after one adds 50 generated "
        "disruptions (default: the Quad case)",
    )
    out.add_argument("--models", nargs="+", help="stages, whatifs: model files (default: china_only pact)")
    out.add_argument("--limit", type=float, help="stages, growth: seconds a stage (default: 400; growth 20)")
    out.add_argument("--own-limit", type=float, help="stages: seconds a stage by quadopt's own method (default: 150)")
    out.add_argument("--later", type=float, help="stages: seconds a stage after dependence (default: 30)")
    out.add_argument(
        "--gap", type=float, default=0.005, help="stages: relative gap at which a stage ends (default: 0.005)"
    )
    out.add_argument("--shape", help="growth: the shape to begin with (default: small)")
    out.add_argument("--seed", type=int, default=0, help="of the synthetic cases (default: 0)")
    out.add_argument(
        "--continue", dest="goes_on", action="store_true",
        help="take the runs that results/benchmarks has of the same jobs, and measure only what is missing",
    )  # fmt: skip
    out.add_argument(
        "--output", type=Path, help="folder of the results; the page is written beside it (docs/benchmarks)"
    )
    return out


def jobs_of(part: str, given: argparse.Namespace) -> list[Job]:
    """The jobs of a part under the given arguments."""
    quick, seed = given.quick, given.seed
    cases = given.cases or ["tiny" if quick else str(ROOT / "inputs" / "quad.xlsx")]
    models = given.models or (["pact"] if quick else ["china_only", "pact"])
    if part == "build":
        return build.jobs(given.sizes or (["tiny", "small"] if quick else SIZES), seed)
    if part == "stages":
        limits = {
            stages.OWN: given.own_limit or (5.0 if quick else 150.0),
            stages.PLAIN: given.limit or (5.0 if quick else 400.0),
        }
        return stages.jobs(cases, models, limits, given.later or (5.0 if quick else 30.0), given.gap, seed)
    if part == "whatifs":
        return whatifs.jobs(cases, models, seed)
    if part == "growth":
        shape, factors = given.shape or ("tiny" if quick else "small"), [1, 2] if quick else [1, 2, 4]
        return growth.jobs(shape, factors, given.limit or (5.0 if quick else 20.0), seed)
    return startup.jobs()


def main() -> int:
    """Runs the parts asked for; exit code 1 where one of them gave nothing."""
    arguments = parser()
    given = arguments.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        arguments.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    folder = given.output or ROOT / ("results" if given.quick else "docs") / "benchmarks"
    without = []
    for part in given.parts or PARTS:
        module = PARTS[part]
        repeats = given.repeats or (1 if given.quick else REPEATS.get(part, 3))
        kept = Kept(ROOT / "results" / "benchmarks" / f"{part}{'_quick' if given.quick else ''}.jsonl", given.goes_on)
        runs = run_all(part, jobs_of(part, given), repeats, _tell, kept)
        if not runs:
            without.append(part)
            continue
        rows = module.table(runs if part in BY_RUN else medians(runs))
        page.write_part(folder, part, module.TITLE, module.EXPLAINED, machine.described(), rows, module.PANELS,
                        partial(module.draw, rows, runs))  # fmt: skip
    print(page.write_page(folder, list(PARTS)))
    if without:
        _tell(f"nothing was measured of {', '.join(without)}")
    return 1 if without else 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
