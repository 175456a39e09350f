"""The cache from outside: signing looks at all anew, what git tracks is refused, and a fleet's or nobody's secret counts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from test_attest_option import ATTESTATION, prepare

from robustcheck.core.errors import AttestationRefused
from robustcheck.provenance.signing.verification import verify_attestation


def cached(gate: Any) -> list[bool]:
    return [case["cached"] for case in gate.report()["suites"][0]["cases"]]


def notes(gate: Any) -> str:
    return "\n".join(gate.report()["suites"][0]["notes"])


def files(gate: Any) -> list[Path]:
    return sorted((gate.root / ".robustcheck" / "cache").glob("*/*.parquet"))


FAILS = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
checks:
  - {shift: light.exposure, stops: -3ev, expect: {accuracy: ">= 60%"}}
"""


def poison(path: Path) -> None:
    """Make all predictions right, as whoever wants a pass would."""
    table = pyarrow.parquet.read_table(path)
    label = table.column("label")
    for name, values in (("predicted", label), ("rank", pyarrow.array(np.zeros(len(table), np.int32)))):
        table = table.set_column(table.column_names.index(name), name, values)
    pyarrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)


@pytest.mark.parametrize("arguments", [(), ("--robustcheck-attest", "ci.key")], ids=["as ever", "signed"])
def test_an_edited_file_makes_no_pass(gate: Any, arguments: tuple[str, ...]) -> None:
    prepare(gate, suite=FAILS)
    assert gate.run().ret == 1
    for path in files(gate):
        poison(path)
    result = gate.run(*arguments)
    assert result.ret == 1
    # The clean case was right throughout, so that nothing was changed.
    assert cached(gate) == [not arguments, False]
    case = gate.report()["suites"][0]["cases"][1]
    assert case["metrics"]["accuracy"]["value"] < 0.5
    if not arguments:
        assert "1 cached case was not believed, since it does not carry the seal of this machine" in notes(gate)


def test_what_is_signed_was_looked_at_anew(gate: Any) -> None:
    prepare(gate)
    gate.run()
    known = {path.name: path.read_bytes() for path in files(gate)}
    result = gate.run("--robustcheck-attest", "ci.key")
    assert not any(cached(gate))
    result.stdout.fnmatch_lines(["robustcheck: *cache off: every picture is looked at anew"])
    assert known.keys() == {path.name for path in files(gate)}
    gate.run()
    assert all(cached(gate)), "what was looked at for the signature is kept"


@pytest.mark.skipif(not shutil.which("git"), reason="git is needed")
@pytest.mark.parametrize("how", ["git", "without git", "a file of it", "the folder of a subproject"])
def test_a_cache_that_git_tracks_is_refused(gate: Any, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.engine.cache.version_control import refuse_tracked

    root = gate.root / "sub" if how == "the folder of a subproject" else gate.root
    (root / ".robustcheck" / "cache").mkdir(parents=True)
    (root / ".robustcheck" / "cache" / "a.parquet").write_text("x")
    subprocess.run(["git", "init", "-q", str(gate.root)], check=True)
    refuse_tracked(root)
    name = ".robustcheck/cache/a.parquet" if how == "a file of it" else ".robustcheck"
    subprocess.run(["git", "-C", str(root), "add", "-f", name], check=True)
    if how == "without git":
        monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(RobustcheckError, match=r"\.robustcheck/ is tracked by git .*git rm -r --cached \.robustcheck"):
        refuse_tracked(root)


@pytest.mark.skipif(not shutil.which("git"), reason="git is needed")
def test_no_case_of_a_project_with_a_tracked_cache_passes(gate: Any) -> None:
    gate.write()
    gate.run()
    subprocess.run(["git", "init", "-q", str(gate.root)], check=True)
    subprocess.run(["git", "-C", str(gate.root), "add", "-f", ".robustcheck"], check=True)
    result = gate.run()
    assert result.ret == 1
    assert set(gate.verdicts().values()) == {"error"}
    assert "is tracked by git" in result.stdout.str()


def test_without_a_secret_the_cache_is_off_and_says_so(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(gate.root / "state"))
    gate.write()
    for _ in range(2):
        result = gate.run()
        assert result.ret == 0
        assert not any(cached(gate))
        result.stdout.fnmatch_lines(["NOTE the cache is off: *lies in the project*"])
    assert not files(gate)
    records = gate.root / "robustcheck-report" / gate.report()["suites"][0]["cases"][0]["records"]
    assert pyarrow.parquet.read_table(records).num_rows == 24, "the report has its records all the same"


def test_a_cache_from_another_machine_is_computed_anew(
    gate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate.write()
    gate.run()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    result = gate.run()
    assert result.ret == 0
    assert not any(cached(gate))
    assert "6 cached cases were not believed" in notes(gate)
    monkeypatch.setenv("ROBUSTCHECK_CACHE_SECRET", "the one of the whole fleet")
    gate.run()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "third"))
    gate.run()
    assert all(cached(gate))


def test_the_oldest_records_make_way_and_those_of_this_run_stay(gate: Any) -> None:
    import os

    gate.write()
    gate.run()
    for path in files(gate)[:3]:
        os.utime(path, (1, 1))
    gate.run("--robustcheck-cache-size", "1")
    assert len(files(gate)) == 6, "all were used by this run"
    stranger = files(gate)[0].with_name("ff" * 32 + ".parquet")
    stranger.write_bytes(files(gate)[0].read_bytes())
    os.utime(stranger, (1, 1))
    gate.run("--robustcheck-cache-size", "1")
    assert not stranger.exists()
    assert len(files(gate)) == 6


@pytest.mark.parametrize("size", ["much", "-1", "5 XB", "1e9", "ib"])
def test_a_size_that_is_none_is_refused(gate: Any, size: str) -> None:
    gate.write()
    result = gate.run(f"--robustcheck-cache-size={size}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--robustcheck-cache-size {size}: a size such as 500MB or 2GiB is needed*"])


def test_code_is_an_input_of_the_result_and_verify_holds_it(gate: Any) -> None:
    model = prepare(gate)
    (gate.root / "tables").mkdir()
    (gate.root / "tables" / "a.json").write_text("{}")
    models = gate.root / "configs" / "models.yaml"
    models.write_text(models.read_text() + "  depends: [../tables]\n")
    result = gate.run("--robustcheck-attest", "ci.key")
    assert result.ret == 0, result.stdout.str()
    code = {one["name"] for one in gate.report()["suites"][0]["inputs"] if one["role"] == "code"}
    assert {"tiny.py", "tables/a.json"} <= code

    def verified() -> str:
        try:
            verify_attestation(
                model,
                attestation=gate.root / ATTESTATION,
                keys=[gate.root / "ci.pub"],
                suite=gate.root / "suites" / "greys.yaml",
                root=gate.root,
                configs=gate.root / "configs",
            )
        except AttestationRefused as refused:
            return str(refused)
        return ""

    assert verified() == ""
    for name, text, told in (
        ("tables/a.json", "[]", "the code tables/a.json was changed"),
        ("tables/b.json", "{}", "the code tables/b.json lies here, and did not when the suite was run"),
        ("tiny.py", "import torch", "the code tiny.py was changed"),
    ):
        path = gate.root / name
        before = path.read_text() if path.exists() else None
        path.write_text(text)
        assert told in verified()
        path.unlink()
        if before is not None:
            path.write_text(before)
    (gate.root / "tiny.py").unlink()
    assert "the code tiny.py of the run is not here" in verified()
