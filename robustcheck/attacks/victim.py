"""The model as attacks see it: logits and gradients in parts that fit, counted, and nothing believed that is not finite."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from robustcheck.core.errors import CaseError, ModelError, NotFiniteError

Loss = Callable[[torch.Tensor, slice], torch.Tensor]
"""From the logits (m, classes) of some of the pictures, and which ones they are, to losses (m,)."""


class Victim:
    """A model under attack.

    Attributes:
        size: Pictures a pass.
        gradients: Whether it has gradients.
        forwards: Pictures that went forward through the model so far.
        backwards: Pictures that went backward through it so far.
        zero_gradients: Of these, how many had a gradient that was zero everywhere.
        told: Gets the number of pictures after each pass.
    """

    def __init__(
        self,
        forward: Callable[[torch.Tensor], torch.Tensor],
        *,
        size: int = 64,
        gradients: bool = True,
        seconds: float = float("inf"),
        began: float | None = None,
        told: Callable[[int], object] = lambda count: None,
    ) -> None:
        """Take a model.

        Args:
            forward: Maps pictures (n, 3, h, w) in [0, 1] to logits (n, classes).
            size: Pictures a pass.
            gradients: Whether ``forward`` can be differentiated.
            seconds: Time until calls are refused.
            began: Since when that counts, by ``time.monotonic``; now by default.
            told: Gets the number of pictures after each pass, forward or backward.
        """
        self._forward = forward
        self._deadline = (time.monotonic() if began is None else began) + seconds
        self._seconds = seconds
        self.size = size
        self.gradients = gradients
        self.forwards = 0
        self.backwards = 0
        self.zero_gradients = 0
        self.told = told

    def logits(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return logits without gradients, shape (n, classes).

        Raises:
            ModelError: A logit is not finite.
            CaseError: The time is over.
        """
        with torch.no_grad():
            return torch.cat([self._call(part) for part in torch.split(pictures, self.size)])

    def gradient(self, pictures: torch.Tensor, loss: Loss) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits (n, classes), losses (n,) and the gradient of each picture's loss, of the pictures' shape.

        A gradient that is not finite counts as zero.

        Raises:
            ModelError: A logit is not finite, or the model has no gradients.
            CaseError: The time is over.
        """
        logits, losses, gradients = [], [], []
        for start in range(0, len(pictures), self.size):
            part = pictures[start : start + self.size].detach().requires_grad_(True)
            with torch.enable_grad():
                given = self._call(part)
                if not given.requires_grad:
                    raise ModelError(
                        "the model gives no gradients, so only black-box attacks can say anything about it"
                    )
                each = loss(given, slice(start, start + len(part)))
                (gradient,) = torch.autograd.grad(each.sum(), part, allow_unused=True)
            gradient = torch.zeros_like(part) if gradient is None else gradient
            gradient = torch.where(gradient.isfinite(), gradient, torch.zeros_like(gradient))
            self.backwards += len(part)
            self.told(len(part))
            self.zero_gradients += int((gradient.flatten(1) == 0).all(dim=1).sum())
            logits.append(given.detach())
            losses.append(each.detach())
            gradients.append(gradient.detach())
        return torch.cat(logits), torch.cat(losses), torch.cat(gradients)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return logits through which gradients flow, for attacks of other libraries."""
        return torch.cat([self._call(part) for part in torch.split(pictures, self.size)])

    def _call(self, pictures: torch.Tensor) -> torch.Tensor:
        if time.monotonic() > self._deadline:
            raise CaseError(
                f"the attack took longer than its time limit of {self._seconds:g} s; raise time_limit, attack fewer pictures, "
                "or choose fewer steps"
            )
        self.forwards += len(pictures)
        # As precise as the pictures, whatever the model computes in: all that is computed of both is of one kind.
        logits = self._forward(pictures).to(pictures.dtype)
        self.told(len(pictures))
        bad = ~torch.isfinite(logits.detach()).all(dim=1)
        if bad.any():
            raise NotFiniteError(
                f"the model gives logits that are not finite for {int(bad.sum())} of {len(pictures)} pictures under attack, "
                "which is no success of the attack; look for a division by zero or a precision too low",
                bad.nonzero()[:, 0].tolist(),
                pictures.detach()[bad],
            )
        return logits
