"""The attacks of suites that look for the least change, and the noises: most are foolbox's."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

from robustcheck.attacks.catalogue import Eps, Linear, Restarts, Steps
from robustcheck.core.registry import attack
from robustcheck.core.units import Quantity, Range

UNBOUNDED: Final = Quantity(math.inf)
"""The default radius of attacks that look for the least change: any."""


@attack(
    "fab",
    minimal=True,
    targeted=False,
    source="Croce and Hein (2020), Minimally distorted adversarial examples",
    synonyms=("fast adaptive boundary", "minimum norm"),
)
def fab(
    *,
    eps: Eps = UNBOUNDED,
    norm: Linear = "linf",
    steps: Steps = 100,
    restarts: Restarts = 1,
    targets: Annotated[int, Range(1, 1000)] = 9,
) -> Any:
    """Steps onto the boundary to each of the likeliest wrong classes, looking for the least change.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Gradient steps a target.
        restarts: Random starts a target.
        targets: Classes tried.
    """
    from robustcheck.attacks.fab import FABTargeted

    return FABTargeted(norm=norm, steps=steps, restarts=restarts, n_targets=targets)


@attack(
    "fmn",
    minimal=True,
    source="Pintor et al. (2021), Fast minimum-norm adversarial attacks",
    synonyms=("fast minimum norm",),
)
def fmn(*, eps: Eps = UNBOUNDED, norm: Literal["linf", "l2", "l1", "l0"] = "linf", steps: Steps = 100) -> Any:
    """Walks along the boundary towards the least change.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change; l0 counts values.
        steps: Gradient steps.
    """
    return _of_foolbox("fmn", norm, steps=steps)


@attack(
    "ddn",
    minimal=True,
    source="Rony et al. (2019), Decoupling direction and norm",
    synonyms=("decoupled direction and norm", "minimum norm"),
)
def ddn(*, eps: Eps = UNBOUNDED, norm: Literal["l2"] = "l2", steps: Steps = 100) -> Any:
    """Shrinks and grows a sphere around the picture until it touches the boundary.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Gradient steps.
    """
    return _of_foolbox("ddn", norm, steps=steps)


@attack(
    "deepfool",
    minimal=True,
    targeted=False,
    source="Moosavi-Dezfooli et al. (2016), DeepFool",
    synonyms=("minimum norm",),
)
def deepfool(*, eps: Eps = UNBOUNDED, norm: Linear = "linf", steps: Steps = 50) -> Any:
    """Steps onto the nearest boundary as if the model were linear: quick, and seldom the least change.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Gradient steps.
    """
    return _of_foolbox("deepfool", norm, steps=steps)


@attack(
    "cw",
    minimal=True,
    source="Carlini and Wagner (2017), Towards evaluating the robustness of neural networks",
    synonyms=("Carlini Wagner", "minimum norm"),
)
def cw(*, eps: Eps = UNBOUNDED, norm: Literal["l2"] = "l2", steps: Steps = 200) -> Any:
    """Trades the size of the change against the margin, by Adam: thorough, and slow.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Gradient steps of each of its searches.
    """
    return _of_foolbox("cw", norm, steps=steps)


@attack(
    "boundary",
    gradients=False,
    minimal=True,
    source="Brendel et al. (2018), Decision-based adversarial attacks",
    synonyms=("black box", "decision based", "label only"),
)
def boundary(*, eps: Eps = UNBOUNDED, norm: Literal["l2"] = "l2", steps: Steps = 1000) -> Any:
    """Walks along the boundary by the predicted class alone.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Steps, each a model call or more.
    """
    return _of_foolbox("boundary", norm, steps=steps)


@attack(
    "hopskipjump",
    gradients=False,
    minimal=True,
    source="Chen et al. (2020), HopSkipJumpAttack",
    synonyms=("black box", "decision based", "label only", "hop skip jump"),
)
def hopskipjump(*, eps: Eps = UNBOUNDED, norm: Linear = "l2", steps: Steps = 20) -> Any:
    """Estimates the boundary's direction by the predicted class alone.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Steps, each of some hundred model calls.
    """
    return _of_foolbox("hopskipjump", norm, steps=steps)


@attack("noise", gradients=False, source="Rauber et al. (2020), Foolbox Native", synonyms=("random noise",))
def noise(*, eps: Eps, norm: Linear = "linf", repeats: Annotated[int, Range(1, 100_000)] = 100) -> Any:
    """The worst of many draws of noise: what an attacker gets who does not try.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        repeats: Draws a picture.
    """
    return _of_foolbox("noise", norm, steps=repeats)


@attack(
    "contrast", gradients=False, minimal=True, source="Rauber et al. (2020), Foolbox Native", synonyms=("low contrast",)
)
def contrast(*, eps: Eps = UNBOUNDED, norm: Literal["l2"] = "l2", steps: Steps = 20) -> Any:
    """The least loss of contrast that fools the model.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Of the search.
    """
    return _of_foolbox("contrast", norm, steps=steps)


@attack(
    "blur", gradients=False, minimal=True, source="Rauber et al. (2020), Foolbox Native", synonyms=("Gaussian blur",)
)
def blur(*, eps: Eps = UNBOUNDED, norm: Literal["l2"] = "l2", steps: Steps = 50) -> Any:
    """The least Gaussian blur that fools the model.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change.
        steps: Widths tried.
    """
    return _of_foolbox("blur", norm, steps=steps)


@attack(
    "salt_and_pepper",
    gradients=False,
    minimal=True,
    source="Rauber et al. (2020), Foolbox Native",
    synonyms=("dead pixels", "specks", "few pixels", "sparse"),
)
def salt_and_pepper(*, eps: Eps = UNBOUNDED, norm: Literal["l0", "l2"] = "l0", steps: Steps = 200) -> Any:
    """The fewest black and white specks that fool the model.

    Args:
        eps: Radius within which a change counts; any by default.
        norm: Of the change; l0 counts values.
        steps: Amounts tried.
    """
    return _of_foolbox("salt_and_pepper", norm, steps=steps)


def _of_foolbox(name: str, norm: str, *, steps: int) -> Any:
    from robustcheck.attacks.foolbox_bridge import FoolboxAttack

    return FoolboxAttack(name=name, norm=norm, steps=steps)
