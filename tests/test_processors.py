"""The attack tests under every code path that this processor has: another one rounds the last bits of a sum otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]
CAPABILITIES = ["DEFAULT", "AVX2", "AVX512"]
"""Of PyTorch's own kernels, each of which includes the ones before."""

PLAINEST = {
    "MKL_CBWR": "COMPATIBLE",
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OMP_NUM_THREADS": "1",
}
VARIANTS: list[tuple[str, dict[str, str]]] = [
    ("DEFAULT", {}),
    ("DEFAULT", PLAINEST),
    ("DEFAULT", {"MKL_CBWR": "COMPATIBLE"}),
    ("DEFAULT", {"MKL_CBWR": "SSE4_2"}),
    ("DEFAULT", {"ATEN_CPU_CAPABILITY": "default"}),
    ("DEFAULT", {"OMP_NUM_THREADS": "1"}),
    ("DEFAULT", {"OMP_NUM_THREADS": "2"}),
    ("AVX2", {"MKL_CBWR": "AVX2"}),
    ("AVX2", {"MKL_CBWR": "AVX2,STRICT"}),
    ("AVX2", {"ATEN_CPU_CAPABILITY": "avx2"}),
    ("AVX2", {"ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"}),
    ("AVX512", {"MKL_CBWR": "AVX512"}),
    ("AVX512", {"ATEN_CPU_CAPABILITY": "avx512"}),
    ("AVX512", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "OPENBLAS_CORETYPE": "SkylakeX"}),
]
"""What the processor must have at least, and the environment that chooses a code path."""

CHOOSING = ("ATEN_", "DNNL_", "MKL_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTEST_")
"""Variables of the surroundings that would choose something else."""


def run(variables: dict[str, str], *arguments: str) -> None:
    """Run tests in a process of their own and fail with its last lines where they do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CHOOSING)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=kept | variables, capture_output=True, text=True)
    assert ran.returncode == 0, f"under {variables}:\n{ran.stdout[-4000:]}{ran.stderr[-2000:]}"


def capability() -> str:
    """Return the best one that the processor has, whatever the environment asks for."""
    kept = {name: value for name, value in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    ran = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def id_of(value: str | dict[str, str]) -> str:
    if isinstance(value, str):
        return value
    return ",".join(map("=".join, value.items())) or "as-it-is"


def test_the_least_changes_are_found_with_the_plainest_kernels() -> None:
    files = ("tests/attacks/test_last_bits.py", "tests/attacks/test_bridge.py")
    run(PLAINEST, *files, "-k", "fmn-l1 and (test_last_bits or test_targets or least_changes)")


@pytest.mark.long
@pytest.mark.parametrize(("needed", "variables"), VARIANTS, ids=id_of)
def test_the_attack_tests_pass_on_every_code_path(needed: str, variables: dict[str, str]) -> None:
    if variables and not torch.backends.mkl.is_available() and set(variables) <= {"MKL_CBWR"}:
        pytest.skip("this PyTorch has no MKL")
    has = capability()
    if needed != "DEFAULT" and (has not in CAPABILITIES or CAPABILITIES.index(has) < CAPABILITIES.index(needed)):
        pytest.skip(f"this processor has {has} and no {needed}")
    run(variables, "tests/attacks")
