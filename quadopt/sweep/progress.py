"""How far a sweep is, as a bar on standard error; a line for each run that failed."""

from __future__ import annotations

import math
import sys
from types import TracebackType

from tqdm import tqdm

from quadopt.sweep.run import Finished

FORM = "{desc}: {n_fmt} of {total_fmt} runs |{bar:20}| {elapsed}{postfix}"


class Bar:
    """A listener for `run_many`, to be closed when it is over: `with Bar("frontier") as bar: ...`."""

    def __init__(self, what: str) -> None:
        self._bar = tqdm(total=0, desc=what, file=sys.stderr, bar_format=FORM, dynamic_ncols=True)

    def __call__(self, done: int, total: int, finished: Finished | None, seconds_left: float) -> None:
        """Hears of a run that has ended."""
        if finished is not None and not finished.has_answer:
            tqdm.write(f"{finished.run} failed: {finished.reason}", file=sys.stderr)
        self._bar.total, self._bar.n = total, done
        left = "" if math.isnan(seconds_left) or done == total else f"{tqdm.format_interval(seconds_left)} left"
        self._bar.set_postfix_str(left, refresh=False)
        self._bar.refresh()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
