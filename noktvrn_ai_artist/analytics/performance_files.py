"""Observations as a CSV or Parquet file: streamed in flat memory, and there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from noktvrn_ai_artist.errors import BadFile, BadValue

if TYPE_CHECKING:
    import pyarrow as pa

# Whoever is told how many observations were written by now.
Progress = Callable[[int], None]


class FileFormat(StrEnum):
    """What a file of observations may be."""

    CSV = "csv"
    PARQUET = "parquet"

    @classmethod
    def of(cls, target: Path) -> FileFormat:
        """What a file's ending says it is.

        Raises:
            BadValue: it says neither.
        """
        try:
            return cls(target.suffix.lower().removeprefix("."))
        except ValueError as error:
            rule = "must end in .csv or .parquet, or the format be named"
            raise BadValue(rule, column="file") from error


# What a spreadsheet would run, and what would be taken for such a text that was made harmless.
FORMULA = "^('*[=+\\-@\t\r])"


def refuse_special(target: Path) -> None:
    """Refuse to replace what is there, if it is no ordinary file.

    Raises:
        BadFile: it is a folder, a device, a pipe, or a link into what the system shows as files.
    """
    if target.is_dir():
        raise BadFile(f"{target} cannot be written: it is a folder")
    # /dev/stdout is such a link, whatever file stands behind it.
    of_system = target.is_symlink() and target.readlink().is_relative_to("/proc")
    if of_system or (target.exists() and not target.is_file()):
        raise BadFile(f"{target} cannot be written: it is no ordinary file")


def write_file(
    target: Path,
    batches: Iterable[pa.RecordBatch],
    *,
    file_format: FileFormat,
    on_progress: Progress,
) -> int:
    """Write the batches of `iter_performance_batches` to a file; how many observations they were.

    The file is written beside its place and moved there when it is whole, readable by its owner. A
    file that is there is replaced; a link is replaced too, not followed.

    Raises:
        BadFile: it cannot be written, or no ordinary file is there; nothing is left of it.
    """
    with _replacing(target) as out:
        return write_stream(out, batches, file_format=file_format, on_progress=on_progress)


def write_stream(
    out: BinaryIO,
    batches: Iterable[pa.RecordBatch],
    *,
    file_format: FileFormat,
    on_progress: Progress,
) -> int:
    """Write the batches as they come to an open file; how many observations they were."""
    # Only exports need Arrow's writers, and they are slow to import.
    from noktvrn_ai_artist.analytics import performance_writers  # noqa: PLC0415

    written = 0
    with performance_writers.WRITERS[file_format](out) as write:
        for batch in batches:
            write(batch)
            written += batch.num_rows
            on_progress(written)
    return written


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    try:
        refuse_special(target)
        with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            whole = Path(folder) / "whole"
            with whole.open("xb") as out:
                whole.chmod(0o600)
                yield out
                out.flush()
                os.fsync(out.fileno())
            whole.replace(target)
    except OSError as error:
        raise BadFile(f"{target} cannot be written: {error.strerror}") from error
