"""The store of runs on disk: a file a run, written whole or not at all, and read only where it is unharmed.

A file's first line is the SHA-256 of all that follows, the second the record as JSON, the rest the pickled answer. Unpickling
runs code, so that a store is its user's own: never take one from people you do not trust. The key that names a file holds the
versions of everything its answer was made with.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quadopt.sweep.job import Ended
from quadopt.sweep.run import FAILED, Run, versions
from quadopt.tables.writing import new_file

ENDING = ".run"


class DamagedRunError(Exception):
    """A file of a store is not what was written: cut short, or changed."""


@dataclass(frozen=True)
class Record:
    """What a store says of a run beside its answer.

    `settings` and `versions` are part of what `key` was made of; `gap` is relative; times are UTC; `size` is the file's,
    in bytes.
    """

    key: str
    name: str
    work: str
    settings: dict[str, Any]
    case_hash: str
    title: str
    model: str
    versions: dict[str, str]
    status: str
    reason: str
    gap: float
    seconds: float
    started: str
    finished: str
    size: int = field(default=0, compare=False)

    @property
    def is_failed(self) -> bool:
        """Whether the run has no answer; the next sweep tries it again."""
        return self.status == FAILED


@dataclass(frozen=True)
class Kept:
    """A run that a store holds: its record and its answer."""

    record: Record
    payload: Any


class Store:
    """A folder of runs. Several sweeps may share it: each file appears whole, and the last one stands."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def path(self, key: str) -> Path:
        """The file of a run."""
        return self.folder / f"{key}{ENDING}"

    def keep(self, run: Run, ended: Ended) -> None:
        """Writes a run down at once: what is kept has reached the disk when this returns."""
        record = Record(
            run.key,
            run.name,
            run.work,
            dict(run.settings),
            run.case.input_hash,
            run.case.title,
            run.options.name,
            versions(),
            ended.status,
            ended.reason,
            ended.gap,
            ended.seconds,
            ended.started,
            ended.finished,
        )
        content = _line(record) + b"\n" + ended.payload
        with new_file(self.path(run.key), force=True, is_synced=True) as temporary:
            temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def kept(self, key: str) -> Kept | None:
        """A run with its answer; None where there is none, or the run failed. Raises DamagedRunError."""
        found = self._read(self.path(key))
        if found is None or found[0].is_failed:
            return None
        record, payload = found
        if record.key != key:
            raise DamagedRunError(f"{self.path(key)} holds another run than its name says")
        try:
            return Kept(record, pickle.loads(payload))
        except Exception as error:
            raise DamagedRunError(f"{self.path(key)}: its answer cannot be read ({error})") from error

    def records(self) -> Iterator[tuple[Path, Record | DamagedRunError]]:
        """Every file of the store with its record, or what is wrong with it."""
        for path in sorted(self.folder.glob(f"[!.]*{ENDING}")):
            try:
                found = self._read(path)
            except DamagedRunError as error:
                yield path, error
            else:
                if found is not None:
                    yield path, found[0]

    def _read(self, path: Path) -> tuple[Record, bytes] | None:
        try:
            whole = path.read_bytes()
        except FileNotFoundError:
            return None
        digest, _, content = whole.partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            raise DamagedRunError(f"{path} is cut short or was changed")
        line, _, payload = content.partition(b"\n")
        try:
            values = json.loads(line)
            numbers = {name: float(values[name]) for name in ("gap", "seconds")}
            return Record(**{**values, **numbers, "size": len(whole)}), payload
        except (TypeError, ValueError, KeyError) as error:
            raise DamagedRunError(f"{path}: its record cannot be read ({error})") from error


def _line(record: Record) -> bytes:
    """The record as one line of JSON; numbers that JSON does not have are written as text."""
    values = asdict(record)
    del values["size"]
    for name in ("gap", "seconds"):
        if values[name] - values[name] != 0:
            values[name] = str(values[name])
    return json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
