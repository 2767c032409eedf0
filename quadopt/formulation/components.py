"""Pyomo components whose rule is called once, with index templates, and whose data are made when asked for.

`model.base.balance[c, m, t]` is an ordinary Pyomo constraint, `model.base.shipment[c, d, m, t]` an ordinary variable; but
nobody makes a million of them to fill a matrix. Where a rule cannot be called with templates (a condition on an index, a
Python dict, a loop over a set that is no sum), Pyomo expands it as it always does, and the log says so.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
from pyomo.core.base.constraint import IndexedConstraint
from pyomo.core.base.expression import IndexedExpression, ScalarExpression
from pyomo.core.base.param import IndexedParam
from pyomo.core.base.set import IndexedSet, InsertionOrderSetData, OrderedScalarSet, SetProduct
from pyomo.core.base.var import IndexedVar
from pyomo.core.expr.template_expr import (
    GetItemExpression,
    IndexTemplate,
    NPV_Numeric_GetItemExpression,
    NPV_Structural_GetItemExpression,
    Numeric_GetItemExpression,
    templatize_rule,
)

Array = npt.NDArray[np.float64]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Template:
    """What a rule returned for `indices`, which stand for any member of the component's index set."""

    expression: Any
    indices: tuple[Any, ...]


def template_of(component: Any, rule: Any) -> Template | None:
    """A component's rule, called once with index templates; None, and a line in the log, where it cannot be."""
    try:
        return Template(*templatize_rule(component.parent_block(), rule, component.index_set()))
    except Exception as reason:  # a rule may raise anything at an index that has no value yet
        log.info("%s is expanded by Pyomo, member by member: %s", component.name, reason)
        return None


class _OnDemand:
    """Every member of the index set is in the component, whether its data have been made or not."""

    _data: dict[Any, Any]
    _index_set: Any
    _constructed: bool
    _places: list[tuple[int, dict[Any, int]]] | None = None
    _templated_as: type
    """What a member at index templates is to Pyomo."""

    def __len__(self) -> int:
        return len(self._index_set)

    def __contains__(self, index: Any) -> bool:
        return index in self._index_set

    def _processUnhashableIndex(self, index: Any) -> Any:
        """A member at index templates, said at once: Pyomo would try whether it can be evaluated."""
        labels = index if isinstance(index, tuple) else (index,)
        if any(label.__class__ is IndexTemplate for label in labels) and not any(
            isinstance(label, tuple) for label in labels
        ):
            return self._templated_as((self, *labels))
        return super()._processUnhashableIndex(index)  # type: ignore[misc]

    def made(self) -> list[tuple[Any, Any]]:
        """(index, data) of the members that somebody has asked for."""
        return list(self._data.items())

    def position(self, index: Any) -> int:
        """Where a member stands in the index set, from 0."""
        if self._places is None:
            parts = parts_of(self._index_set)
            self._places = [(part.dimen, {member: at for at, member in enumerate(part)}) for part in parts]
        labels, position = index if isinstance(index, tuple) else (index,), 0
        for width, places in self._places:
            own, labels = labels[:width], labels[width:]
            position = position * len(places) + places[own if width > 1 else own[0]]
        return position

    def shape(self) -> tuple[int, ...]:
        """Members of each of the sets that the index set is a product of."""
        return tuple(len(part) for part in parts_of(self._index_set))

    def _construct_index_set(self) -> None:
        for part in self._anonymous_sets or ():  # type: ignore[attr-defined]
            part.construct()
        self._index_set.construct()
        self._constructed = True


def parts_of(index_set: Any) -> list[Any]:
    """The sets that an index set is a product of, itself where it is none."""
    if isinstance(index_set, SetProduct):
        return [part for factor in index_set.subsets(expand_all_set_operators=False) for part in parts_of(factor)]
    return [index_set]


class Var(_OnDemand, IndexedVar):
    """Variables over an index set; `bounds` is a pair or a rule that gives one."""

    _templated_as = Numeric_GetItemExpression

    def __init__(self, *indexes: Any, **options: Any) -> None:
        super().__init__(*indexes, dense=False, **options)
        self.loaded: Array | None = None
        """Values in the order of the index set, as `load` was given them."""
        self.bounds_template: Template | None = None

    def construct(self, data: Any = None) -> None:
        """Calls the bounds' rule once."""
        if not self._constructed:
            super().construct(data)
            if self._rule_bounds is not None and len(self):
                self.bounds_template = template_of(self, self._rule_bounds)

    @property
    def has_bounds_by_pyomo(self) -> bool:
        """Whether bounds must be asked of the variables one by one."""
        has_own = self._rule_bounds is not None and self.bounds_template is None
        return len(self) > 0 and (has_own or not self._rule_domain.constant())

    @property
    def common_domain(self) -> Any:
        """The domain, one for all members."""
        return self._rule_domain(self.parent_block(), None, self)

    def load(self, values: Array) -> None:
        """Gives the variables values, in the order of the index set."""
        self.loaded = values
        for index, variable in self.made():
            variable.set_value(float(values[self.position(index)]), skip_validation=True)

    def array(self) -> Array:
        """The values that were loaded, one dimension a set. Raises `ValueError` before any were."""
        if self.loaded is None:
            raise ValueError(f"{self.name} has no values")
        return self.loaded.reshape(self.shape())

    def _getitem_when_not_present(self, index: Any) -> Any:
        variable = super()._getitem_when_not_present(index)
        if self.loaded is not None:
            variable.set_value(float(self.loaded[self.position(index)]), skip_validation=True)
        return variable


class Param(_OnDemand, IndexedParam):
    """Numbers over an index set, from an array with one dimension a set or with all members in one.

    Raises `ValueError` where the array has not as many numbers as the set has members.
    """

    _templated_as = NPV_Numeric_GetItemExpression

    def __init__(self, *indexes: Any, initialize: npt.ArrayLike, **options: Any) -> None:
        super().__init__(*indexes, **options)
        self.numbers: Array = np.asarray(initialize, dtype=float).reshape(-1)
        """In the order of the index set."""

    def construct(self, data: Any = None) -> None:
        """Checks the size; no number becomes a Python object."""
        if not self._constructed:
            self._construct_index_set()
            if self.numbers.size != len(self):
                raise ValueError(f"{self.name} has {self.numbers.size} numbers for {len(self)} members")

    def array(self) -> Array:
        """The numbers, one dimension a set."""
        return self.numbers.reshape(self.shape())

    def _getitem_when_not_present(self, index: Any) -> float:
        return float(self.numbers[self.position(index)])


class Set(OrderedScalarSet):
    """An index set of labels, or of tuples of `dimen` labels, taken as they come: none is checked, each is taken once.

    `numbered`: of a large set, dimension by dimension, labels and the number among them of every member's.
    """

    def __init__(
        self,
        initialize: Iterable[Any],
        dimen: int = 1,
        numbered: Iterable[tuple[Sequence[Any], npt.NDArray[np.int64]]] = (),
    ) -> None:
        super().__init__(dimen=dimen)
        self._taken = dict.fromkeys(initialize)
        self.numbered = tuple(numbered)

    def construct(self, data: Any = None) -> None:
        """Takes the members."""
        if not self._constructed:
            super().construct(data)
            self._values = self._taken


class Grouped(defaultdict[Any, list[Any]]):
    """Index -> members, from tuples (index .., member ..); an index that is not there has none.

    `width` is the length of a member.
    """

    def __init__(self, tuples: Iterable[tuple[Any, ...]], width: int = 1) -> None:
        super().__init__(list)
        self.width = width
        whole = list(tuples)
        if whole:
            last = len(whole[0]) - width
            index, member = itemgetter(*range(last)), itemgetter(*range(last, last + width))
            for group, one in zip(map(index, whole), map(member, whole), strict=True):
                self[group].append(one)


class _GroupAtTemplates(NPV_Structural_GetItemExpression):
    """The set of `Groups` at index templates. Its dimension is known: Pyomo would look for a member to tell it."""

    __slots__ = ()

    def is_expression_type(self, expression_system: Any = None) -> bool:
        """False: to a sum it is a set."""
        return False

    @property
    def dimen(self) -> int:
        """Length of a member."""
        return int(self._args_[0].members.width)


class Groups(_OnDemand, IndexedSet):
    """Sets over an index set, empty where `initialize` has no members."""

    _templated_as = _GroupAtTemplates

    def __new__(cls, *indexes: Any, **options: Any) -> Groups:
        """An indexed set whose members keep the order in which they come."""
        made = super().__new__(cls)
        made._ComponentDataClass = InsertionOrderSetData
        return made

    def __init__(self, *indexes: Any, initialize: Grouped) -> None:
        self.members = initialize
        super().__init__(*indexes, initialize=initialize, dimen=initialize.width)

    def construct(self, data: Any = None) -> None:
        """Makes no set yet."""
        if not self._constructed:
            self._construct_index_set()


class _Templated(_OnDemand):
    """Members held as what the component's rule says of any index."""

    template: Template | None = None
    _rule_attribute: str
    """Where Pyomo keeps the rule."""

    def construct(self, data: Any = None) -> None:
        """Calls the rule once; Pyomo's own way where that fails."""
        if self._constructed:
            return
        self._construct_index_set()
        if not len(self):
            return
        self.template = template_of(self, getattr(self, self._rule_attribute))
        if self.template is None:
            self._constructed = False
            super().construct(data)  # type: ignore[misc]


class Constraint(_Templated, IndexedConstraint):
    """Constraints over an index set, held as what their rule says of any index."""

    _templated_as = GetItemExpression
    _rule_attribute = "rule"


class Expression(_Templated, IndexedExpression):
    """Expressions over an index set, held as what their rule says of any index."""

    _templated_as = Numeric_GetItemExpression
    _rule_attribute = "_rule"


class Total(ScalarExpression):
    """One expression, held as its rule says it until Pyomo asks for the whole of it."""

    template: Template | None = None
    _constructed: bool
    _whole: tuple[Any, ...] | None = None

    def construct(self, data: Any = None) -> None:
        """Calls the rule once."""
        if not self._constructed:
            self._constructed = True
            self._data[None] = self
            self.template = template_of(self, self._rule)

    @property
    def _args_(self) -> tuple[Any, ...]:
        if self._whole is None:
            self._whole = (self._rule(self.parent_block(), None),)
        return self._whole

    @_args_.setter
    def _args_(self, whole: tuple[Any, ...]) -> None:
        self._whole = whole if whole != (None,) else None
