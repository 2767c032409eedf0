"""Formulation: one model file, typed. It names rules and their parameters and holds no data about the world."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quadopt.errors import Finding, ModelFileError

Method = Literal["guided", "plain"]
Objective = Literal["shortage", "dependence", "stress", "cost"]
OBJECTIVES: tuple[Objective, ...] = ("shortage", "dependence", "stress", "cost")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Slack(_Part):
    """How far a later stage may fall back: `max(relative x |incumbent|, absolute)`, never less than the stage's gap."""

    relative: float = Field(0.0, ge=0)
    """Part of the value reached."""
    absolute: float = Field(0.0, ge=0)
    """In the objective's unit: points of the index, millions."""


class DependenceRules(_Part):
    """What dependence means (the method, section 5)."""

    measure: Literal["traced", "direct", "hhi"] = "traced"
    """`traced` through every stage; `direct`: shipments over need; `hhi`: concentration of shipments over need."""
    objective: Literal["index", "worst"] = "index"
    """The weighted mean, or the worst share of any member, material and supplier (then the mean)."""
    weight: Literal["value", "material"] = "value"
    """Weights of the mean: price x quantity x importance, or every material by its importance."""
    suppliers: Literal["all"] | list[str] = "all"
    """Whom to trace: all outside suppliers, or the named ones (a member among them is traced for the others)."""
    worst_from: str = ""
    """First period that counts for the worst; blank: the first in which a candidate can be online."""
    exposed_disposal: Literal["any", "own_output"] = "any"
    """Which exposed material may be booked as disposed of: `own_output` bars buying twice and throwing half away, which
    lets every supplier's book say that it was the other's."""
    hhi_tolerance: float = Field(0.001, gt=0)
    """Measure `hhi`: how far its tangents may stay below the true value, relative to it, or to this where it is smaller."""


class StressRules(_Part):
    """How crises are weighed and which clock they run on (the method, section 6)."""

    risk: Literal["expected", "worst", "cvar"] = "expected"
    """Expected stress, the worst crisis, or the mean of the worst tail (both then followed by the expected one)."""
    alpha: float = Field(0.95, ge=0, lt=1)
    """For `cvar`: 0.95 looks at the worst 5 %."""
    step_years: float = Field(0.25, gt=0)
    """Length of a step in a crisis, years."""
    recovery_years: float = Field(0.0, ge=0)
    """How long a branch goes on after its disruption has ended, years."""
    crisis_trade: Literal["own_output", "free"] = "own_output"
    """In a crisis a member ships only what it makes itself in that step, or anything."""


class PactRules(_Part):
    """What the members have agreed on."""

    pooled: bool = True
    """One joint fund; otherwise every member pays for projects on its own soil only."""
    burden: Literal["free", "weight"] = "free"
    """`weight`: each member's share of all contributions follows its `burden_weight`."""
    burden_tolerance: float = Field(0.01, ge=0)
    """How far a share may be off, in share points."""
    sharing: bool = True
    """Whether members share their stockpiles as the `sharing` table allows."""
    sharing_rule: Literal["free"] = "free"
    """How what goes short is spread between members: as the objective likes."""


class Cap(_Part):
    """At most `share` of yearly use from one supplier (the method, section 5, caps)."""

    share: float = Field(gt=0, le=1)
    """At most this share of yearly use."""
    basis: Literal["traced", "direct"] = "direct"
    """Of what goes back to the supplier through every stage, or of what it ships itself."""
    scope: Literal["member", "group"] = "member"
    """For every member, or for the group as a whole."""
    materials: list[str] = []
    """Which materials; blank, with `stages` blank: all."""
    stages: list[str] = []
    """Materials of these stages, beside the named ones."""
    from_period: str = ""
    """Blank: for each material, the first period from which the cap can hold to the end."""


class SolverRules(_Part):
    """When a stage may stop: relative gap, or seconds."""

    method: Method = "guided"
    """`guided`: local search beside the bound, suppliers taken in as they matter; `plain`: HiGHS on the whole program."""
    gap: float = Field(0.01, ge=0)
    """Relative gap at which a stage counts as solved."""
    time_limit: dict[Objective, float] = {}
    """Seconds a stage may take, by objective."""
    default_time_limit: float = Field(300.0, gt=0)
    """Seconds for objectives that `time_limit` does not name."""
    threads: int = Field(1, ge=1)
    """Threads of the solver."""
    repeatable: bool = False
    """Search and proof take turns by amounts of work instead of racing: one core is enough, and the plan is the same however
    fast the machine is, unless a time limit is reached. Runs of a sweep always do."""


class Formulation(_Part):
    """A named formulation, read from a TOML file; unknown keys are refused."""

    name: str = ""
    """Set to the file's name."""
    title: str
    """One line that says what the file stands for."""
    approach: Literal["lexicographic", "weighted", "bounded"] = "lexicographic"
    """One objective after the other, a weighted sum, or one objective within bounds on the others."""
    order: list[Objective] = ["shortage", "dependence", "stress", "cost"]
    """Lexicographic approach: which objectives, the first first."""
    weights: dict[Objective, float] = {}
    """Weighted approach: millions of currency per unit of the objective."""
    minimise: Objective = "cost"
    """Bounded approach: what is minimised .."""
    bounds: dict[Objective, float] = {}
    """.. within these bounds on the others."""
    slack: dict[Objective, Slack] = {}
    """How far later stages may fall back; not named: 0.005 for dependence (absolute), 0.1 % for money."""
    dependence: DependenceRules = DependenceRules()
    stress: StressRules = StressRules()
    pact: PactRules = PactRules()
    caps: list[Cap] = []
    solver: SolverRules = SolverRules()

    @model_validator(mode="after")
    def _is_consistent(self) -> Formulation:
        if self.approach == "lexicographic" and (not self.order or len(set(self.order)) != len(self.order)):
            raise ValueError("order must name at least one objective and none twice")
        if self.approach == "weighted" and not self.weights:
            raise ValueError("the weighted approach needs weights")
        if self.approach != "weighted" and self.weights:
            raise ValueError("weights are read by the weighted approach only")
        if self.approach != "bounded" and self.bounds:
            raise ValueError("bounds are read by the bounded approach only")
        if self.approach == "bounded" and self.minimise in self.bounds:
            raise ValueError("the minimised objective cannot be bounded as well")
        return self

    def slack_of(self, objective: Objective) -> Slack:
        """The slack of a stage; where the file is silent 0.005 for dependence (absolute), 0.1 % for money."""
        default = Slack(absolute=0.005) if objective == "dependence" else Slack(relative=0.001)
        return self.slack.get(objective, default)

    def time_limit(self, objective: Objective) -> float:
        """Seconds that a stage may take."""
        return self.solver.time_limit.get(objective, self.solver.default_time_limit)

    def objectives(self) -> list[Objective]:
        """The objectives that the formulation looks at, in the order in which they are solved."""
        if self.approach == "lexicographic":
            return list(self.order)
        if self.approach == "weighted":
            return [o for o in OBJECTIVES if o in self.weights]
        return [*(o for o in OBJECTIVES if o in self.bounds), self.minimise]

    def traced_suppliers(self, outside: list[str]) -> list[str]:
        """The suppliers traced: all outside suppliers, or the named ones (a named member is traced for the others)."""
        return list(outside) if self.dependence.suppliers == "all" else list(self.dependence.suppliers)


def model_names() -> list[str]:
    """Names of the model files that come with quadopt."""
    return sorted(p.name.removesuffix(".toml") for p in _model_folder().iterdir() if p.name.endswith(".toml"))


def read_formulation(model: str | Path | Formulation) -> Formulation:
    """Read a model file: the name of one that comes with quadopt (`pact`), or a path to a TOML file; rules stay as they are.

    Raises `ModelFileError` with every fault: unknown names and keys, wrong types, values out of bounds.
    """
    if isinstance(model, Formulation):
        return model
    path = Path(model)
    if path.suffix == ".toml":
        if not path.is_file():
            raise ModelFileError([_finding(str(path), "", str(path), "a model file that exists", [])])
        text, name = path.read_text(encoding="utf-8"), path.stem
    else:
        name = str(model)
        if name not in model_names():
            raise ModelFileError(
                [_finding("model", "", name, "a model file (.toml) or one of these names", model_names())]
            )
        text = (_model_folder() / f"{name}.toml").read_text(encoding="utf-8")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelFileError([_finding(name, "", "", f"valid TOML ({error})", [])]) from None
    return parse_formulation(values, name)


def parse_formulation(values: dict[str, Any], name: str) -> Formulation:
    """A formulation from a model file's values. Raises `ModelFileError` with every fault."""
    try:
        return Formulation(**{"name": name, **values})
    except ValidationError as error:
        findings = []
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            is_unknown = fault["type"] == "extra_forbidden"
            value = "" if is_unknown or isinstance(fault.get("input"), dict) else str(fault.get("input", ""))
            known = _keys_beside(fault["loc"]) if is_unknown else []
            expected = "a key that is known here" if is_unknown else fault["msg"]
            findings.append(_finding(name, where, value, expected, known))
        raise ModelFileError(findings) from None


def _keys_beside(where: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where an unknown one was found."""
    parts: dict[str, type[_Part]] = {
        "dependence": DependenceRules,
        "stress": StressRules,
        "pact": PactRules,
        "caps": Cap,
        "solver": SolverRules,
        "slack": Slack,
    }
    part = parts.get(str(where[0]), Formulation) if len(where) > 1 else Formulation
    return list(part.model_fields)


def _model_folder() -> Any:
    """The folder `models/`: beside the package in a checkout, inside it where installed."""
    inside = resources.files("quadopt") / "models"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models"


def _finding(sheet: str, column: str, value: str, expected: str, names: list[str]) -> Finding:
    from difflib import get_close_matches

    near = get_close_matches(value or column.split(".")[-1], names, 1)
    wanted = f"{expected} ({', '.join(names)})" if names and not near else expected
    return Finding(
        "error", sheet, "", None, column, value, wanted, near[0] if near else "", "the model file has a fault"
    )
