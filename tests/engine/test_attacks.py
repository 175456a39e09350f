"""Attacks in suites: exact figures on a model that sees brightness, doubts about numbers, and the same at any batch size."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image
from small_project import MODEL, MODELS

import robustcheck
from robustcheck.core.errors import SuiteError

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
checks:
"""

TROUBLE = """

class Masked(torch.nn.Module):
    '''Right on the pictures as they are, with gradients that are zero everywhere.'''

    def __init__(self) -> None:
        super().__init__()
        self.inner = Brightness()

    def forward(self, x):
        return self.inner((x * 15).round() / 15)


def masked():
    return Masked().eval()


class Sure(torch.nn.Module):
    '''So sure of everything near the pictures that a climb on a flat slope gets nowhere.'''

    def __init__(self) -> None:
        super().__init__()
        self.inner = Brightness()

    def forward(self, x):
        steep = self.inner(x)
        flat = (steep - steep.mean(dim=1, keepdim=True)).sign() * 10
        return flat.detach() + 1e-3 * (0.1 + x.mean(dim=(1, 2, 3)))[:, None] * torch.tensor([1.0, -1.0, 1.0])


def sure():
    return Sure().eval()
"""


FRAGILE = """

class Fragile(torch.nn.Module):
    '''Has no answer just above the level of one picture.'''

    def __init__(self) -> None:
        super().__init__()
        self.inner = Brightness()

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3))
        return self.inner(x) + torch.where((mean > 41 / 255) & (mean < 80 / 255), float("nan"), 0.0)[:, None]


def fragile():
    return Fragile().eval()
"""


BENT = """

class Bend(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, mask):
        ctx.save_for_backward(mask)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None


class Bent(torch.nn.Module):
    def __init__(self, *place):
        super().__init__()
        self.inner, self.place = Brightness(), place

    def forward(self, x):
        mask = torch.zeros_like(x)
        mask[self.place] = 1.0
        return self.inner(Bend.apply(x, mask))


class Levels(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Brightness()

    def forward(self, x):
        return self.inner(x + ((x * 15).round() / 15 - x).detach())


def one_row():
    return Bent(..., slice(1), slice(None)).eval()


def one_channel():
    return Bent(slice(None), slice(1)).eval()


def few_levels():
    return Levels().eval()
"""


@pytest.fixture
def run(project: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    def call(checks: str, *, models: str = MODELS, code: str = "", **options: Any) -> Any:
        path = tmp_path / "suites" / "greys.yaml"
        text = SUITE + textwrap.indent(textwrap.dedent(checks).strip(), "  ") + "\n"
        if path.exists():
            path.write_text(text, encoding="utf-8")
        else:
            project(suite=text, models=models)
            # A name of its own: another test's module of the same name may be loaded already.
            (tmp_path / "trouble.py").write_text(MODEL + code, encoding="utf-8")
        return robustcheck.run_suite("suites/greys.yaml", root=tmp_path, **options)

    return call


def records(found: Any, case: str, root: Path) -> dict[str, np.ndarray]:
    table = pyarrow.parquet.read_table(root / "robustcheck-report" / found[case].records)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def test_the_accuracy_at_an_eps_is_what_the_brightness_says(run: Callable[..., Any], tmp_path: Path) -> None:
    """The boundaries lie at brightness .35 and .65, so the least Linf change is the distance to the nearer."""
    found = run("""
        - attack: fmn
          steps: 60
          id: least
          expect: {median_norm: ">= 0.1", robust_accuracy_at: {0.01: ">= 95%"}}
        - attack: pgd
          id: near
          eps: [0.13, 0.17]
          expect: {robust_accuracy: ">= 0.001%"}
    """)
    rows = records(found, "least", tmp_path)
    assert rows["minimal_norm"].min() > 0.1
    assert rows["minimal_norm"].max() < 0.2
    facts = found["least"].attack
    assert facts["bound"].startswith("the accuracy is an upper bound")
    accuracies = [point["robust_accuracy"] for point in facts["curve"]]
    assert accuracies == sorted(accuracies, reverse=True)
    for eps in ("0.13", "0.17"):
        pgd = records(found, f"near[eps={eps}]", tmp_path)
        clear = np.abs(rows["minimal_norm"] - float(eps)) > 0.02 * float(eps)
        assert (pgd["reached"] == (rows["minimal_norm"] < float(eps)))[clear].all()
        assert found[f"near[eps={eps}]"].verdict in ("pass", "fail")
        assert all(check["held"] for check in found[f"near[eps={eps}]"].attack["sanity"])


def test_no_picture_resists_l1_for_a_last_bit(run: Callable[..., Any], tmp_path: Path) -> None:
    """Of 768 values each has the same slope, so about .15 of brightness is 115; the nearest picture was the one that resisted."""
    found = run("""
        - attack: fmn
          norm: l1
          steps: 20
          id: least
          expect: {median_norm: ">= 1"}
    """)
    norms = records(found, "least", tmp_path)["minimal_norm"]
    assert norms.min() > 100
    assert norms.max() < 130
    assert found["least"].metrics["robust_accuracy"].value == 0


def test_targets_are_reached_by_pair(run: Callable[..., Any], tmp_path: Path) -> None:
    found = run("""
        - attack: pgd
          id: one
          eps: 0.2
          targeted: {dark: middle}
          expect: {targeted_success: {dark: {middle: "<= 99%"}}, attack_success: "<= 99%"}
        - attack: pgd
          id: far
          eps: 0.2
          targeted: {dark: bright}
          expect: {attack_success: "<= 1%"}
        - attack: pgd
          id: every
          eps: 0.2
          targeted: all
          expect: {targeted_success: {dark: {bright: "<= 1%"}}}
    """)
    assert found["one"].metrics["attack_success"].value == 1
    assert found["one"].metrics["attack_success"].n == 8
    assert found["one"].verdict == "fail"
    assert found["far"].metrics["attack_success"].value == 0
    assert found["every"].metrics["targeted_success[dark, bright]"].value == 0
    rows = records(found, "every", tmp_path)
    assert (rows["reached.1"][rows["label"] == 0] >= 0).all()
    assert (rows["reached.0"][rows["label"] == 0] == -1).all()


def test_a_block_without_the_class_is_one_of_the_case(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = """
        - attack: pgd
          id: pgd
          eps: 0.2
          targeted: {dark: middle}
          expect: {targeted_success: {dark: {middle: "<= 99%"}}}
        - attack: patch
          id: patch
          area: 30%
          steps: 4
          restarts: 1
          eot: 1
          targeted: {dark: middle}
          expect: {eot_success: "<= 99%"}
        - attack: spatial
          id: spatial
          views: 9
          expect: {robust_accuracy: ">= 50%"}
    """
    whole = run(checks)
    monkeypatch.setattr("robustcheck.engine.kinds.attack.AttackKind.block", 3)
    parts = run(checks, cache=False)
    for case in ("pgd", "patch", "spatial"):
        one, other = (records(found, case, tmp_path) for found in (whole, parts))
        assert set(one) == set(other)
        assert all(np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one)
        assert not [name for name in one if name.startswith("reached.")]
    rows = records(parts, "patch", tmp_path)
    assert (np.isfinite(rows["eot_success"]) == (rows["label"] == 0)).all()
    assert np.abs(records(parts, "spatial", tmp_path)["angle"]).max() <= 30
    assert parts["patch"].metrics["eot_success"].value >= 0


@pytest.mark.parametrize("aim", ["random", "least_likely"])
def test_a_chosen_target_is_never_the_label(run: Callable[..., Any], tmp_path: Path, aim: str) -> None:
    found = run(f"""
        - attack: pgd
          id: aimed
          eps: 0.9
          targeted: {aim}
          expect: {{attack_success: "<= 99%"}}
    """)
    rows = records(found, "aimed", tmp_path)
    assert (rows["target"] != rows["label"]).all()
    assert (rows["target"] >= 0).all()


def test_an_attack_follows_a_shift(run: Callable[..., Any]) -> None:
    found = run("""
        - id: dark-and-harm
          compose:
            - {shift: light.exposure, stops: -0.2ev}
            - {attack: pgd, eps: 0.02}
          expect: {accuracy: ">= 0.1%"}
        - shift: light.exposure
          stops: -0.2ev
          expect: {accuracy: ">= 0.1%"}
    """)
    shifted = found["light.exposure[stops=-0.2ev]"].metrics["accuracy"].value
    assert found["dark-and-harm"].metrics["accuracy"].value <= shifted
    assert found["dark-and-harm"].perturbation == "light.exposure+pgd"


def test_hidden_gradients_make_a_number_unreliable(run: Callable[..., Any]) -> None:
    models = MODELS.replace("tiny:build", "trouble:masked")
    found = run(
        '- {attack: pgd, eps: 0.3, expect: {accuracy: ">= 50%"}}\n'
        '- {attack: square, eps: 0.3, queries: 300, expect: {accuracy: "<= 99%"}}',
        models=models,
        code=TROUBLE,
    )
    blind = found["pgd[eps=0.3]"]
    assert blind.verdict == "unreliable", blind.problems
    assert any("gradient" in problem for problem in blind.problems)
    assert found.cases[-1].metrics["robust_accuracy"].value < 1


@pytest.mark.parametrize("code", ["one_row", "one_channel", "few_levels"])
@pytest.mark.parametrize("attack", ["pgd", "cascade"])
def test_a_gradient_that_is_not_the_model_s_is_unreliable(code: str, attack: str, run: Callable[..., Any]) -> None:
    models = MODELS.replace("tiny:build", f"trouble:{code}")
    found = run(
        f'- {{attack: {attack}, id: it, tier: smoke, eps: 0.02, expect: {{accuracy: ">= 50%"}}}}',
        models=models,
        code=BENT,
    )
    assert found["it"].verdict == "unreliable", found["it"].problems
    (problem,) = [problem for problem in found["it"].problems if "surrogate gradient" in problem]
    assert problem.startswith("the attack cannot be believed: surrogate gradient: for ")
    assert "`backward:`" in problem


def test_an_attack_that_gets_nowhere_is_unreliable(run: Callable[..., Any]) -> None:
    models = MODELS.replace("tiny:build", "trouble:sure")
    found = run('- {attack: pgd, eps: 0.3, expect: {accuracy: ">= 50%"}}', models=models, code=TROUBLE)
    assert found["pgd[eps=0.3]"].verdict == "unreliable", found["pgd[eps=0.3]"].problems
    assert any("huge eps" in problem for problem in found["pgd[eps=0.3]"].problems)


@pytest.mark.parametrize("attack", ["fgsm, eps: 0.05", "pgd, eps: 0.05, steps: 4", "square, eps: 0.05, queries: 20"])
@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_picture_that_a_model_cannot_bear_under_attack_is_named(
    attack: str, batch_size: int | None, run: Callable[..., Any], tmp_path: Path
) -> None:
    models = MODELS.replace("tiny:build", "trouble:fragile")
    run('- {attack: fgsm, eps: 0.01, expect: {accuracy: ">= 1%"}}', models=models, code=FRAGILE)
    for path in (tmp_path / "pictures/dark").iterdir():
        Image.new("RGB", (24, 20), (40 if path.stem == "03" else 20,) * 3).save(path)
    check = f"- {{attack: {attack}, id: it, expect: {{accuracy: '>= 1%'}}}}"
    found = run(check, batch_size=batch_size, cache=False)["it"]
    assert found.verdict == "error"
    (problem,) = [problem for problem in found.problems if "not finite" in problem]
    assert "for 1 of " in problem
    assert problem.endswith(": dark/03.png"), problem


def test_planted_adversarials_are_found(run: Callable[..., Any]) -> None:
    found = run("""
        - attack: pgd
          eps: 0.05
          attack_unit_test: true
          expect: {accuracy: ">= 1%"}
        - attack: fgsm
          eps: 0.05
          expect: {accuracy: ">= 1%"}
    """)
    checks = {check["name"]: check for check in found["pgd[eps=0.05]"].attack["sanity"]}
    assert checks["unit test"]["held"], checks["unit test"]
    assert "unit test" not in {check["name"] for check in found["fgsm[eps=0.05]"].attack["sanity"]}


def test_a_black_box_is_refused_what_needs_gradients(run: Callable[..., Any]) -> None:
    models = MODELS + "  gradients: false\n"
    with pytest.raises(SuiteError, match=r"pgd needs gradients.*these work: blur, boundary.*square"):
        run('- {attack: pgd, eps: 0.1, expect: {accuracy: ">= 50%"}}', models=models)
    found = run('- {attack: square, eps: 0.3, queries: 100, expect: {accuracy: ">= 0.1%"}}', models=models)
    assert found.cases[-1].metrics["robust_accuracy"].value < 1


def test_a_time_limit_is_an_error_of_the_case(run: Callable[..., Any]) -> None:
    found = run('- {attack: square, eps: 0.001, queries: 1000000, time_limit: 0.5s, expect: {accuracy: ">= 1%"}}')
    result = next(case for case in found.cases if case.kind == "attack")
    assert result.verdict == "error"
    assert "longer than its time limit of 0.5 s" in result.problems[0]


@pytest.mark.parametrize("attack", ["pgd", "apgd", "square, queries: 60", "cascade"])
def test_the_same_at_any_batch_size(run: Callable[..., Any], tmp_path: Path, attack: str) -> None:
    kept = []
    for size in (1, 7, 64):
        checks = f'- {{attack: {attack}, eps: 0.15, id: it, expect: {{accuracy: ">= 0.1%"}}}}'
        found = run(checks, batch_size=size, cache=False)
        kept.append(records(found, "it", tmp_path))
    for other in kept[1:]:
        clear = ~(kept[0]["borderline"] | other["borderline"])
        assert (kept[0]["reached"] == other["reached"])[clear].all()
        assert clear.mean() > 0.5


@pytest.mark.long
def test_the_same_at_any_batch_size_on_the_demo_s_network(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    kept = []
    for size in (1, 7, 64):
        found = robustcheck.run_suite(
            "suites/signs/attacks.yaml",
            root=root,
            model="signs-robot",
            tier="smoke",
            limit=28,
            batch_size=size,
            cache=False,
            report=tmp_path,
        )
        cases = [case for case in found.cases if case.kind == "attack"]
        tables = {case.id: pyarrow.parquet.read_table(tmp_path / case.records).to_pydict() for case in cases}
        kept.append({name: {column: np.array(table[column]) for column in table} for name, table in tables.items()})
    assert 0 < kept[0]["any-sign[eps=2/255]"]["reached"].mean() < 1
    for other in kept[1:]:
        for name, rows in kept[0].items():
            clear = ~(rows["borderline"] | other[name]["borderline"])
            assert (rows["reached"] == other[name]["reached"])[clear].all(), name
            assert clear.mean() > 0.8, name


def test_records_come_back_from_the_cache(run: Callable[..., Any]) -> None:
    checks = '- {attack: pgd, eps: 0.15, expect: {accuracy: ">= 0.1%"}}'
    first, second = run(checks)["pgd[eps=0.15]"], run(checks)["pgd[eps=0.15]"]
    assert second.cached
    assert (second.forwards, second.backwards) == (24, 0), "they are looked at, and not attacked"
    assert (second.metrics, second.attack, second.proof) == (first.metrics, first.attack, first.proof)


def test_the_hardened_network_passes_a_gate_that_the_other_fails(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    found = {
        model: robustcheck.run_suite(
            "suites/signs/attacks.yaml", root=root, model=model, tier="smoke", limit=42, cache=False, report=tmp_path
        )["any-sign[eps=4/255]"]
        for model in ("signs-hardened", "signs-robot")
    }
    assert found["signs-hardened"].verdict == "pass"
    assert found["signs-robot"].verdict == "fail"
    assert found["signs-robot"].metrics["robust_accuracy"].value < 0.5
