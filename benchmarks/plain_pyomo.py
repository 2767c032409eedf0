"""The base path as Pyomo itself expands it: every component's data made, compiled by its standard-form compiler."""

from __future__ import annotations

import math

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from benchmarks.raw import Arrays


def compile_plainly(model: pyo.ConcreteModel) -> Arrays:
    """Rows and columns of a model with one linear objective; columns that stand in no row or cost are left out."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    bounds = [variable.bounds for variable in form.columns]
    kind = np.array([entry.bound_type for entry in form.rows])
    limit = np.array(form.rhs, dtype=float)
    return Arrays(
        sp.csr_array(form.A),
        form.c.toarray().ravel(),
        np.array([-math.inf if low is None else low for low, _ in bounds]),
        np.array([math.inf if high is None else high for _, high in bounds]),
        np.where(kind <= 0, limit, -math.inf),
        np.where(kind >= 0, limit, math.inf),
        np.fromiter((not variable.is_continuous() for variable in form.columns), bool, len(form.columns)),
    )
