"""The attacks that suites may name: what each takes, and which class it is."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from robustcheck.core.registry import attack
from robustcheck.core.units import Degrees, In, Percent, Quantity, Range

Eps = Annotated[Quantity, In(("/255", "")), Range(0, 100_000)]
Steps = Annotated[int, Range(1, 100_000)]
Restarts = Annotated[int, Range(1, 1000)]
Travel = Annotated[float, Range(2, 1000)]
Linear = Literal["linf", "l2"]
Loss = Literal["margin", "ce", "dlr"]

_LINF: Final = {"eps": ("1/255", "2/255", "4/255", "8/255")}
_MADRY: Final = "Madry et al. (2018), Towards deep learning models resistant to adversarial attacks"
_AUTO: Final = "Croce and Hein (2020), Reliable evaluation of adversarial robustness with an ensemble"


@attack(
    "fgsm",
    sweep=_LINF,
    source="Goodfellow et al. (2015), Explaining and harnessing adversarial examples",
    synonyms=("fast gradient sign",),
)
def fgsm(*, eps: Eps, norm: Literal["linf", "l2", "l1"] = "linf") -> Any:
    """One step along the gradient of the cross-entropy: the cheapest attack, and the weakest.

    Whatever resists it alone says nothing; what falls to it is settled.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
    """
    from robustcheck.attacks.pgd import PGD

    return PGD(norm=norm, steps=1, loss="ce", travel=1.0, random_start=False)


@attack("pgd", sweep=_LINF, source=_MADRY, synonyms=("projected gradient descent", "white box", "Madry"))
def pgd(
    *,
    eps: Eps,
    norm: Literal["linf", "l2", "l1"] = "linf",
    steps: Steps = 20,
    restarts: Restarts = 1,
    loss: Loss = "margin",
    travel: Travel = 2.5,
) -> Any:
    """Projected gradient ascent from a random start.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        steps: Gradient steps a restart.
        restarts: Random starts.
        loss: What is made large: the margin finds more than cross-entropy where a model is very sure.
        travel: Sum of all step lengths in multiples of eps; below 2 a random start could not cross the ball.
    """
    from robustcheck.attacks.pgd import PGD

    return PGD(norm=norm, steps=steps, restarts=restarts, loss=loss, travel=travel)


@attack(
    "bim",
    sweep=_LINF,
    source="Kurakin et al. (2017), Adversarial examples in the physical world",
    synonyms=("basic iterative method", "iterative FGSM"),
)
def bim(
    *,
    eps: Eps,
    norm: Literal["linf", "l2", "l1"] = "linf",
    steps: Steps = 10,
    loss: Loss = "ce",
    travel: Travel = 2.5,
) -> Any:
    """Projected gradient ascent from the picture itself.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        steps: Gradient steps.
        loss: What is made large.
        travel: Sum of all step lengths in multiples of eps.
    """
    from robustcheck.attacks.pgd import PGD

    return PGD(norm=norm, steps=steps, loss=loss, travel=travel, random_start=False)


@attack(
    "mi_fgsm",
    sweep=_LINF,
    source="Dong et al. (2018), Boosting adversarial attacks with momentum",
    synonyms=("momentum",),
)
def mi_fgsm(
    *,
    eps: Eps,
    norm: Linear = "linf",
    steps: Steps = 10,
    loss: Loss = "ce",
    travel: Travel = 2.5,
    decay: Annotated[float, Range(0, 10)] = 1.0,
) -> Any:
    """Gradient steps with momentum, from the picture itself.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        steps: Gradient steps.
        loss: What is made large.
        travel: Sum of all step lengths in multiples of eps.
        decay: Weight of the gradients so far.
    """
    from robustcheck.attacks.pgd import PGD

    return PGD(norm=norm, steps=steps, loss=loss, travel=travel, random_start=False, momentum=decay)


@attack("apgd", sweep=_LINF, source=_AUTO, synonyms=("auto PGD",))
def apgd(
    *,
    eps: Eps,
    norm: Linear = "linf",
    steps: Steps = 100,
    restarts: Restarts = 1,
    loss: Literal["ce", "dlr", "margin"] = "ce",
) -> Any:
    """Gradient ascent with momentum that halves its step where it no longer gains.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        steps: Gradient steps a restart.
        restarts: Random starts.
        loss: What is made large.
    """
    from robustcheck.attacks.apgd import APGD

    return APGD(norm=norm, steps=steps, restarts=restarts, loss=loss)


@attack("apgd_t", targeted=False, sweep=_LINF, source=_AUTO, synonyms=("targeted auto PGD",))
def apgd_t(
    *,
    eps: Eps,
    norm: Linear = "linf",
    steps: Steps = 100,
    restarts: Restarts = 1,
    targets: Annotated[int, Range(1, 1000)] = 9,
) -> Any:
    """``apgd`` on the targeted DLR loss, towards each of the likeliest wrong classes in turn; any of them counts.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        steps: Gradient steps a target.
        restarts: Random starts a target.
        targets: Classes tried.
    """
    from robustcheck.attacks.apgd import APGDTargeted

    return APGDTargeted(norm=norm, steps=steps, restarts=restarts, n_targets=targets)


@attack(
    "square",
    gradients=False,
    sweep=_LINF,
    source="Andriushchenko et al. (2020), Square Attack",
    synonyms=("black box", "random search", "query attack", "no gradients"),
)
def square(*, eps: Eps, norm: Linear = "linf", queries: Annotated[int, Range(1, 10_000_000)] = 1000) -> Any:
    """Random squares of noise that are kept where they help: no gradients, so masking them does not stop it.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
        queries: Model calls a picture at most.
    """
    from robustcheck.attacks.square import Square

    return Square(norm=norm, queries=queries)


@attack(
    "autoattack",
    targeted=False,
    sweep=_LINF,
    source=_AUTO,
    synonyms=("RobustBench", "standard evaluation", "benchmark"),
)
def autoattack(*, eps: Eps, norm: Linear = "linf") -> Any:
    """The standard set of AutoAttack, each on what resisted so far: APGD, targeted APGD, targeted FAB, Square.

    What published tables of robust accuracy are made with.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
    """
    from robustcheck.attacks.cascade import autoattack_of

    return autoattack_of(norm)


@attack(
    "cascade", targeted=False, sweep=_LINF, source=_AUTO, synonyms=("several attacks", "ensemble", "cheapest first")
)
def cascade(*, eps: Eps, norm: Linear = "linf", tier: str = "standard") -> Any:
    """The set of attacks of the check's tier in order of price, each on what resisted so far.

    Args:
        eps: Radius of the ball; 4/255 for linf, a plain number otherwise.
        norm: Of the ball.
    """
    from robustcheck.attacks.cascade import cascade_of

    return cascade_of(norm, tier)


@attack(
    "spatial",
    gradients=False,
    source="Engstrom et al. (2019), Exploring the landscape of spatial robustness",
    synonyms=("rotation", "translation", "geometric attack"),
)
def spatial(
    *,
    rotation: Annotated[float, In(("deg",)), Range(0, 180)] = 30.0,
    translation: Annotated[float, In(("%",)), Range(0, 50)] = 0.1,
    views: Annotated[int, Range(1, 100_000)] = 64,
    padding: Literal["reflection", "zeros"] = "reflection",
) -> Any:
    """The worst of many small rotations and shifts of the model's input.

    Args:
        rotation: Greatest turn to either side.
        translation: Greatest shift, a share of the input's size.
        views: Views a picture at most.
        padding: What stands where no pixel exists.
    """
    from robustcheck.attacks.spatial import Spatial

    return Spatial(rotation=rotation, translation=translation, views=views, padding=padding)


@attack(
    "patch",
    sweep={"area": ("1%", "5%", "10%")},
    source="Brown et al. (2017), Adversarial patch; Karmon et al. (2018), LaVAN",
    note="the sticker is made for one picture and seen from the front; a printed one may do less",
    synonyms=(
        "sticker",
        "adversarial patch",
        "adversarial sticker",
        "physical attack",
        "printed attack",
        "graffiti",
        "tape",
    ),
)
def patch(
    *,
    area: Annotated[Percent, Range(0.01, 90)],
    shape: Literal["square", "circle"] = "square",
    place: Literal["anywhere", "centre"] = "anywhere",
    steps: Steps = 60,
    restarts: Restarts = 3,
    eot: Annotated[int, Range(0, 100)] = 4,
    rotation: Annotated[Degrees, Range(0, 45)] = 10.0,
) -> Any:
    """A sticker: any pixels within a small area, which is looked for too.

    Args:
        area: Share of the model's input that it covers.
        shape: Of the sticker.
        place: Where it may be.
        steps: Gradient steps a place.
        restarts: Places tried.
        eot: Random poses over which each gradient is averaged.
        rotation: Greatest turn of these poses.
    """
    from robustcheck.attacks.patch import Patch

    return Patch(area=area, shape=shape, place=place, steps=steps, restarts=restarts, eot=eot, rotation=rotation)
