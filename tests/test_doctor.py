"""The check-up finds what is wrong, says how to mend it, and never fails itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmrag import doctor
from mmrag.cli import run
from mmrag.doctor import Check, torch_mismatch


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started to import the libraries."""
    monkeypatch.setattr(doctor, "_run", lambda code, *names: ({"errors": dict.fromkeys(names, ""), "cuda": []}, ""))


def named(checks: list[Check], name: str) -> list[Check]:
    return [check for check in checks if check.name == name]


@pytest.mark.parametrize(
    ("torch", "vision", "requires", "fits"),
    [
        ("2.5.1", "0.20.1", ["torch==2.5.1"], True),
        ("2.5.1+cpu", "0.20.1+cpu", ["torch==2.5.1"], True),
        ("2.5.1+cu121", "0.20.1+cu121", ["torch==2.5.1"], True),
        ("2.5.1", "0.19.0", ["numpy", "torch==2.4.0"], False),
        (None, "0.19.0", ["torch==2.4.0"], True),
        ("2.5.1", None, [], True),
    ],
)
def test_torch_and_torchvision_that_do_not_fit_are_told(
    torch: str | None, vision: str | None, requires: list[str], fits: bool
) -> None:
    assert (torch_mismatch(torch, vision, requires) == "") is fits


def test_a_cpu_build_beside_another_build_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    assert "different indexes" in torch_mismatch("2.5.1+cpu", "0.20.1", ["torch==2.5.1"])


def test_the_missing_operator_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: "1.0")
    monkeypatch.setattr(doctor, "_requirements", lambda package: [])
    broken = {"torchvision": "RuntimeError: operator torchvision::nms does not exist"}
    monkeypatch.setattr(doctor, "_run", lambda code, *names: ({"errors": broken}, ""))
    (check,) = doctor._models_extra()
    assert check.level == "problem"
    assert "install --force-reinstall torch torchvision" in check.hint


def test_a_package_that_cannot_be_imported_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_run", lambda code, *names: ({"errors": {"faiss": "ImportError: no libgomp"}}, ""))
    problems = [check for check in doctor._required() if check.level == "problem"]
    assert "no libgomp" in problems[0].message
    assert "faiss-cpu" in problems[0].hint


def test_a_probe_that_dies_is_reported() -> None:
    assert doctor._run("import os; os._exit(3)") == ({}, "ended with code 3")
    assert doctor._run("print('noise'); print('{\"a\": 1}')") == ({"a": 1}, "")


def test_korean_that_cannot_be_read_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    import mmrag.ocr

    monkeypatch.setattr(mmrag.ocr, "available", lambda: {"rapidocr": frozenset({"en"})})
    (check,) = doctor._recognition()
    assert check.level == "note"
    assert "tesseract" in check.hint.lower()


def test_a_sound_machine_without_an_index(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == (0 if found["healthy"] else 1)
    assert {"python", "packages", "database", "recognition", "disk", "index"} <= {
        one["name"] for one in found["checks"]
    }
    assert all(one["level"] in ("ok", "note", "problem") for one in found["checks"])
    assert not list(tmp_path.iterdir())  # looks, and makes nothing


def test_a_damaged_index_is_a_problem_with_a_way_out(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("the river probe\n" * 50, "utf-8")
    assert run(["index", "a.txt", "--text", "none", "--pixels", "none", "--ocr", "off"]) == 0
    capsys.readouterr()
    assert "all sound" in named(doctor.examine(), "index")[0].message
    catalog = tmp_path / "indexes" / "default" / "catalog.db"
    data = bytearray(catalog.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    catalog.write_bytes(data)
    assert run(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["healthy"]
    assert next(one for one in found["checks"] if one["level"] == "problem")["hint"]


def test_a_check_that_raises_is_reported_and_the_rest_goes_on(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_database", lambda: 1 / 0)
    checks = doctor.examine("somewhere/that/is/not/there")
    assert any("ZeroDivisionError" in check.message for check in checks)
    assert named(checks, "disk")
