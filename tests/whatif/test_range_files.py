"""Ranges from TOML, CSV and Python, and every fault of them at its place."""

from __future__ import annotations

import pandas as pd
import pytest

from quadopt.errors import InputError
from quadopt.whatif.sensitivity.range_files import read_ranges
from quadopt.whatif.sensitivity.ranges import FACTORS

TOML = """
[quality]
assumed = [0.5, 2.0]

[[input]]
name = "Far"
table = "plants"
where = { country = "Far", period = "2026..2027" }
column = "capacity"
low = 0.8
high = 1.2

[[input]]
name = "late"
table = "Projects"
column = "Lead time"
operation = "add"
low = 0
high = 2

[[input]]
name = "demand"
table = "demand"
column = "quantity"
quality.reported = [0.95, 1.05]
"""
CSV = "name,table,where,column,operation,low,high\nFar,plants,country=Far; period=2026..2027,capacity,,0.8,1.2\n"


def faults(given):
    """The findings of ranges that cannot be read, as text."""
    with pytest.raises(InputError) as raised:
        read_ranges(given)
    return [str(finding) for finding in raised.value.findings]


def test_a_toml_file(tmp_path):
    path = tmp_path / "ranges.toml"
    path.write_text(TOML, encoding="utf-8")
    far, late, demand = read_ranges(path)
    assert (far.table, far.where, far.column) == ("plants", "country=Far; period=2026..2027", "capacity")
    assert (far.operation, far.low, far.high, far.by_quality) == ("multiply", 0.8, 1.2, None)
    assert (late.table, late.column, late.operation, late.high) == ("projects", "lead_time", "add", 2.0)
    assert demand.by_quality == {**FACTORS, "assumed": (0.5, 2.0), "reported": (0.95, 1.05)}
    assert demand.words == "reported x 0.95 to 1.05; derived x 0.8 to 1.2; assumed x 0.5 to 2"


def test_csv_and_python_say_the_same_as_toml(tmp_path):
    path = tmp_path / "ranges.csv"
    path.write_text(CSV, encoding="utf-8")
    row = {"name": "Far", "table": "plants", "where": "country=Far; period=2026..2027", "column": "capacity"}
    by_python = read_ranges([{**row, "low": 0.8, "high": "1.2"}])
    assert read_ranges(path) == by_python == read_ranges(pd.DataFrame([{**row, "low": 0.8, "high": 1.2}]))


def test_every_fault_of_a_toml_file_is_told_with_its_place(tmp_path):
    path = tmp_path / "ranges.toml"
    path.write_text(
        '[[input]]\nname = "a"\ntable = "plants"\ncolumn = "capacity"\nlow = 0.8\n'
        '[[input]]\ntable = "plants"\ncolum = "capacity"\nlow = 2\nhigh = 1\noperation = "multiple"\n'
        '[[input]]\nname = "c"\ntable = "plants"\ncolumn = "capacity"\noperation = "add"\n'
        '[[input]]\nname = "d"\ntable = "plants"\ncolumn = "capacity"\nquality = { guessed = [1, 2], derived = 3 }\n',
        encoding="utf-8",
    )
    told = faults(path)
    for place, words in (
        ("ranges.toml, column input 1.high", "a range with low needs high"),
        ("ranges.toml, column input 2.colum", "did you mean 'column'"),
        ("ranges.toml, column input 2.name", "needs a name"),
        ("ranges.toml, column input 2.operation", "did you mean 'multiply'"),
        ("ranges.toml, column input 2.low", "not below high"),
        ("ranges.toml, column input 3.low", "no usual ends"),
        ("ranges.toml, column input 4.quality.guessed", "no such quality"),
        ("ranges.toml, column input 4.quality.derived", "no pair"),
    ):
        assert any(place in each and words in each for each in told), (place, words, told)


def test_faults_of_other_files(tmp_path):
    csv, toml = tmp_path / "ranges.csv", tmp_path / "ranges.toml"
    csv.write_text("name,table,colum\nFar,plants,capacity\n", encoding="utf-8")
    assert "did you mean 'column'" in faults(csv)[0]
    csv.write_text(CSV + "Far,plants,,capacity,,a,1.2\n", encoding="utf-8")
    assert "ranges.csv, line 3, column low" in faults(csv)[0]
    toml.write_text("inputs = 3", encoding="utf-8")
    assert "did you mean 'input'" in faults(toml)[0]
    toml.write_text("[[input", encoding="utf-8")
    assert "no valid TOML" in faults(toml)[0]
    assert "no such file" in faults(tmp_path / "none.toml")[0]
    assert "there is no input" in faults([])[0]
