"""Arrays to HiGHS, the same for every writing."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np


def hand_over(program: Any) -> highspy.Highs:
    """A HiGHS model of arrays as they stand (`raw.Arrays` or quadopt's `Program`), nothing scaled.

    Raises `RuntimeError` where HiGHS does not take them.
    """
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)  # another number than the models solved later in a process is an error there
    rows, columns = program.a.shape
    status = highs.passModel(
        columns,
        rows,
        program.a.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.a.indptr.astype(np.int32),
        program.a.indices.astype(np.int32),
        program.a.data,
        program.is_integer.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS did not take the model")
    return highs
