"""An environment that has lost something is not taken for a good one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import ROOT, node

PROGRAM = """
import { environmentProblem } from './scripts/pythonEnvironment.mjs';
const [folder, pins] = process.argv.slice(1);
console.log(JSON.stringify(environmentProblem(folder, pins) ?? 'none'));
"""


def problem_of(folder: Path, pins: Path) -> str:
    return json.loads(node("--input-type=module", "-e", PROGRAM, folder, pins))


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A small environment: one package of two files, and the mark that it is complete."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    packages = subprocess.check_output(
        [folder / "bin" / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    site = Path(packages.strip())
    (site / "small").mkdir(parents=True)
    (site / "small" / "__init__.py").touch()
    record = site / "small-1.5.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: Small\nVersion: 1.5\n")
    (record / "RECORD").write_text("small/__init__.py,,\nsmall-1.5.dist-info/METADATA,,\n")
    (folder / ".complete").touch()
    return folder


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("# What is needed.\nsmall==1.5  # exactly\n")
    return file


def test_complete(environment: Path, pins: Path) -> None:
    assert problem_of(environment, pins) == "none"
    assert problem_of(Path(sys.prefix), ROOT / "scripts" / "python" / "requirements.txt") == "none"


def test_never_finished(environment: Path, pins: Path) -> None:
    (environment / ".complete").unlink()
    assert problem_of(environment, pins) == "it was never finished"


def test_other_version(environment: Path, pins: Path) -> None:
    pins.write_text("small==2.0\nabsent==1.0\n")
    assert problem_of(environment, pins) == "small is 1.5, not 2.0"
    pins.write_text("absent==1.0\n")
    assert problem_of(environment, pins) == "absent is missing, not 1.0"


def test_lost_file(environment: Path, pins: Path) -> None:
    [file] = environment.rglob("small/__init__.py")
    file.unlink()
    assert problem_of(environment, pins) == "Small has lost small/__init__.py"


def test_lost_interpreter(environment: Path, pins: Path) -> None:
    shutil.rmtree(environment / "bin")
    assert problem_of(environment, pins).startswith("its Python does not run: ")
