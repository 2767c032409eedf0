"""Pictures of a plan: one file a picture, listed in `PICTURES`; drawn with matplotlib, no pyplot, no screen needed."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

from quadopt.report.pictures.chain import chain
from quadopt.report.pictures.contributions import contributions
from quadopt.report.pictures.crises import crises, crisis
from quadopt.report.pictures.dependence import dependence
from quadopt.report.pictures.look_through import look_through
from quadopt.report.pictures.steps import steps
from quadopt.report.pictures.style import Picture
from quadopt.report.pictures.timeline import timeline
from quadopt.report.pictures.world import world

if TYPE_CHECKING:
    from quadopt.plan import Plan

__all__ = ["PICTURES", "Picture", "Pictures"]

PICTURES: dict[str, Any] = {
    "steps": steps,
    "dependence": dependence,
    "look_through": look_through,
    "timeline": timeline,
    "contributions": contributions,
    "crises": crises,
    "crisis": crisis,
    "chain": chain,
    "map": world,
}
"""Name -> what draws it of a plan."""


class Pictures:
    """The pictures of one plan, by name: `plan.plot.chain(material="magnet")` is a matplotlib figure."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        if name in PICTURES:
            return MethodType(PICTURES[name], self._plan)
        raise AttributeError(f"there is no picture {name!r}; there are {', '.join(PICTURES)}")

    def __dir__(self) -> list[str]:
        return list(PICTURES)

    def __repr__(self) -> str:
        return f"pictures of a plan: {', '.join(PICTURES)}"
