"""Which environment variables a suite may use: what it takes stands in reports, in results and on pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from robustcheck.core.errors import did_you_mean

FILE: Final = "variables.yaml"
PREFIX: Final = "ROBUSTCHECK_VAR_"
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANYWHERE: Final = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|COOKIE|WEBHOOK|AUTHORI[SZ]ATION|CONNECTION_?STRING|CONN_?STR",
    re.IGNORECASE,
)
_WORD: Final = re.compile(
    r"(?:^|_)(?:[A-Z0-9]*KEYS?|PATS?|O?AUTH|AUTHN|AUTHZ|BASICAUTH|DSNS?|PWD|PW|PASS|PHRASE|[A-Z0-9]*SESSIONS?|[A-Z0-9]*SESS(?:ION)?ID|SID|CERTS?|"
    r"CERTIFICATES?|SIGNING|SIGNATURE|SIG|SAS|JWTS?|BEARER|CREDS?|PEM|PFX|P12|KEYSTORE|KEYRING|SSH|GPG|PGP|OTP|TOTP|MFA|PIN|SALT|"
    r"NONCE|SEEDPHRASE|MNEMONIC|LOGIN|NETRC|HTPASSWD|KUBECONFIG|VAULT)[0-9]*(?:_|$)",
    re.IGNORECASE,
)
_VALUE: Final = re.compile(
    r"://[^\s/@]*:[^\s@]*@"  # a password in an address
    r"|://[^\s/@:]{20,}@"  # a token in the place of a user
    r"|-----BEGIN|AGE-SECRET-KEY-|PuTTY-User-Key"
    r"|\b(?:hf_|npm_|pypi-|dckr_pat_|shp(?:at|ca|pa|ss)_|dop_v1_|lin_api_|rubygems_|do[or]_v1_)"
    r"[A-Za-z0-9_-]{16,}"
    r"|\b(?:gh[a-z]_|github_pat_|gl[a-z]{2,6}-)[A-Za-z0-9_]{6,}"
    r"|\bxox[a-z]-[A-Za-z0-9-]{6,}|\bxapp-[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9_-]{16,}|\b[srpw][kh](?:sec)?_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|\bA(?:KIA|SIA|GPA|IDA|ROA|NPA)[A-Z0-9]{12,}|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.|\bSG\.[A-Za-z0-9_-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+"
    r"|hooks\.slack\.com/|discord(?:app)?\.com/api/webhooks/|webhook\.office\.com/"
    r"|(?i:\b(?:bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,})"
    r"|(?i:(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:account|access|api|private|shared_?access)_?-?key|sig|signature)\s*[=:]\s*\S)"
)


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment as a suite may see it.

    Attributes:
        values: All of it.
        listed: Names that ``configs/variables.yaml`` lists; those that begin with ``ROBUSTCHECK_VAR_`` need no listing.
    """

    values: Mapping[str, str]
    listed: frozenset[str] = frozenset()

    def refusal(self, name: str) -> tuple[str, str]:
        """Return why a suite may not take a variable, and what to do; both empty where it may. Neither holds a value."""
        if looks_secret(name):
            what = f"the environment variable {name} looks like a secret, which a suite may not put into reports"
            return what, "name a variable that anybody may read"
        if name not in self.listed and not _ours(name):
            near = self._near(name)
            hint = near or f"call it {PREFIX}{name}, or list it in configs/{FILE}: variables: [{name}]"
            return f"a suite may not read the environment variable {name}", hint
        if name not in self.values:
            return f"the environment variable {name} is not set", self._near(
                name
            ) or "set it, or write $$ for a dollar sign"
        if not is_text(self.values[name]):
            return f"the environment variable {name} is not UTF-8", "set it to text"
        if holds_secret(self.values[name]):
            what = f"the value of the environment variable {name} looks like a secret, which a suite may not put into reports"
            return what, "name a variable that anybody may read"
        return "", ""

    def _near(self, name: str) -> str:
        """Return the allowed variable that may have been meant; other names of the environment are told to nobody."""
        allowed = (other for other in self.values if other in self.listed or _ours(other))
        # All of ours begin alike, which would make any two of them near.
        stems = {other.removeprefix(PREFIX): other for other in allowed if not looks_secret(other)}
        near = did_you_mean(name.removeprefix(PREFIX), stems)
        stem = near.removeprefix("did you mean ").removesuffix("?")
        return f"did you mean {stems[stem]}?" if stem != near and stems[stem] != name else ""


def looks_secret(name: str) -> bool:
    """Whether the name of a variable says that few may read it."""
    return bool(_ANYWHERE.search(name) or _WORD.search(name))


def is_text(value: str) -> bool:
    """Whether a text can be written: bytes that are none arrive as lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def holds_secret(value: str) -> bool:
    """Whether a value has the form of a token, a key, or an address with a password."""
    return bool(_VALUE.search(value))


def _ours(name: str) -> bool:
    return name.startswith(PREFIX) and name != PREFIX
