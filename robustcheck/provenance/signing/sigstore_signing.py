"""Hands a statement to Sigstore, which signs it with a key of the moment for an identity, and logs it for all to see."""

from __future__ import annotations

import os
from typing import Any

from robustcheck.core.errors import RobustcheckError


def sigstore_bundle(statement: bytes, signer: Any = None) -> bytes:
    """Return Sigstore's bundle of a statement.

    Args:
        statement: The very bytes that an envelope of ours holds.
        signer: What signs, a ``sigstore.sign.Signer``; one for the identity of this job by default, which needs the network.

    Raises:
        RobustcheckError: The extra is not installed, there is no identity, or Sigstore refuses.
    """
    try:
        from sigstore.dsse import Statement
    except ImportError:
        raise RobustcheckError("sigstore is not installed: python -m pip install sigstore") from None
    if signer is not None:
        return _bundle(signer, Statement(statement))
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken, detect_credential
    from sigstore.sign import SigningContext

    try:
        token = os.environ.get("SIGSTORE_ID_TOKEN") or detect_credential()
        if not token:
            raise RobustcheckError(
                "there is no identity to sign for; in a GitHub workflow give the job `id-token: write`, elsewhere set "
                "SIGSTORE_ID_TOKEN"
            )
        context = SigningContext.from_trust_config(ClientTrustConfig.production())
        with context.signer(IdentityToken(token)) as found:
            return _bundle(found, Statement(statement))
    except (Error, OSError) as error:
        raise RobustcheckError(f"Sigstore did not sign: {type(error).__name__}: {error}") from None


def _bundle(signer: Any, statement: Any) -> bytes:
    text: str = signer.sign_dsse(statement).to_json()
    return f"{text}\n".encode()
