"""Which environment variables a suite may take, and that no other one is told to anybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from writing import make_project, text_of

from robustcheck.core.errors import SuiteError
from robustcheck.domain.suite import Suite
from robustcheck.language import listed_variables, load_project, load_suite

Load = Callable[..., Suite]
VALUE = "zebra-42"


def taken(root: Path, name: str, value: str = VALUE, listed: str = "", **others: str) -> str:
    """Return the title of a suite that takes a variable."""
    make_project(root)
    if listed:
        (root / "configs" / "variables.yaml").write_text(f"variables: [{listed}]\n")
    suite = root / "suites" / "a.yaml"
    suite.write_text(text_of(title=f'"${{{name}}}"'))
    return load_suite(suite, load_project(root, root / "configs"), environment={name: value, **others}).title


def refusal(root: Path, name: str, value: str = VALUE, listed: str = "", **others: str) -> str:
    with pytest.raises(SuiteError) as caught:
        taken(root, name, value, listed, **others)
    message = str(caught.value)
    assert message.startswith("suites/a.yaml:2:8: ")
    assert "\n" not in message
    assert value not in message, "no value is ever told"
    return message.removeprefix("suites/a.yaml:2:8: RC113 ")


@pytest.mark.parametrize(
    "name", ["ROBUSTCHECK_VAR_BRANCH", "ROBUSTCHECK_VAR_x", "ROBUSTCHECK_VAR_AUTHOR", "ROBUSTCHECK_VAR_PATTERN"]
)
def test_variables_of_ours_need_no_listing(name: str, tmp_path: Path) -> None:
    assert taken(tmp_path, name) == VALUE


@pytest.mark.parametrize(
    "name", ["GIT_BRANCH", "CI_COMMIT_SHA", "GIT_AUTHOR_NAME", "lower", "PATH", "PASSING", "CERTAINTY"]
)
def test_others_are_taken_where_configs_list_them(name: str, tmp_path: Path) -> None:
    assert taken(tmp_path, name, listed=f"OTHER, {name}") == VALUE


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "HOME",
        "USER",
        "CI",
        "robustcheck_var_x",
        "ROBUSTCHECK_VAR_",
        "ROBUSTCHECK_VARX",
        "XROBUSTCHECK_VAR_A",
        "ROBUSTCHECK_TIER",
    ],
)
def test_any_other_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    what = f"a suite may not read the environment variable {name}; "
    assert refusal(tmp_path, name) == (
        f"{what}call it ROBUSTCHECK_VAR_{name}, or list it in configs/variables.yaml: variables: [{name}]"
    )


SECRET_NAMES = """
    GH_PAT PAT MY_PAT_2 GITHUB_TOKEN TOKENS accessToken API_KEY APIKEY MYAPIKEY AWS_ACCESS_KEY_ID SSH_KEY KEY KEYS SIGNINGKEY PRIVATE_X
    CLIENT_SECRET DB_PASSWORD PASSWD HTPASSWD DB_PASS PGPASSWORD GPG_PASSPHRASE PWD OLD_PWD DB_PWD BASIC_AUTH AUTH OAUTH OAUTH2
    PROXY_AUTHORIZATION SENTRY_DSN DSN SESSION SESSION_ID PHPSESSID COOKIE COOKIES TLS_CERT CERTS CERTIFICATE SIGNING SIGNING_X
    SLACK_WEBHOOK WEBHOOK_URL GOOGLE_APPLICATION_CREDENTIALS AZURE_CREDS JWT BEARER SAS KUBECONFIG NETRC DB_CONNECTION_STRING
    ROBUSTCHECK_VAR_TOKEN ROBUSTCHECK_VAR_GH_PAT ROBUSTCHECK_KEY_PASSWORD ROBUSTCHECK_CACHE_SECRET
"""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets_are_refused_though_listed(name: str, tmp_path: Path) -> None:
    what = "looks like a secret, which a suite may not put into reports; name a variable that anybody may read"
    assert refusal(tmp_path, name) == f"the environment variable {name} {what}"
    (tmp_path / "configs" / "variables.yaml").write_text(f"variables:\n  - {name}\n")
    with pytest.raises(SuiteError) as caught:
        load_project(tmp_path, tmp_path / "configs")
    assert str(caught.value) == (
        f"configs/variables.yaml:2:5: RC113 the environment variable {name} looks like a secret, which no suite may put into reports; "
        "list variables that anybody may read"
    )


A = "abcdefghij"
SECRET_VALUES = {
    "postgres": "postgres://app:hunter2@db.internal/prod",
    "a slash in the password": "amqp://app:hun/ter2@mq",
    "no user": "redis://:hunter2@cache:6379/0",
    "a token as user": f"https://{A}{A}{A}@example.org/x.git",
    "within a text": "see https://u:p@example.org now",
    "GitHub": "ghp_" + A * 3,
    "GitHub, short": "ghp_" + A[:6],
    "GitHub, fine-grained": f"github_pat_{A}_{A * 3}",
    "GitHub, server": "ghs_" + A * 3,
    "GitLab": "glpat-" + A * 2,
    "Slack": "xoxb-1234-" + A,
    "Slack address": "https://hooks.slack.com/services/T0/B0/x",
    "AWS": "AKIA" + "ABCDEFGH23456789",
    "Google": "AIza" + A * 4,
    "Hugging Face": "hf_" + A * 3,
    "npm": "npm_" + A * 3,
    "OpenAI": f"sk-proj-{A}{A}",
    "Stripe": f"sk_live_{A}{A}",
    "JWT": f"eyJ{A}.eyJ{A}.{A}",
    "PEM": "-----BEGIN OPENSSH PRIVATE" + " KEY-----",
    "PEM in lines": "x\n-----BEGIN CERTIFICATE-----\nabc",
    "header": f"Authorization: Bearer {A}{A}",
    "connection string": "Server=db;User Id=app;Password=hunter2;",
    "storage": "DefaultEndpointsProtocol=https;AccountKey=abc==",
    "signed address": "https://x.blob/y?sv=1&sig=abc",
}


@pytest.mark.parametrize("form", SECRET_VALUES)
@pytest.mark.parametrize("name", ["ROBUSTCHECK_VAR_NOTE", "CI_NOTE"])
def test_values_of_secrets_are_refused_though_allowed(form: str, name: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, name, SECRET_VALUES[form], listed="CI_NOTE")
    assert message.startswith(
        f"the value of the environment variable {name} looks like a secret, which a suite may not"
    )


@pytest.mark.parametrize(
    "value",
    ["", "main", "feature/tokens", "0123456789abcdef0123456789abcdef01234567", "https://ci.example.org/run/7?tab=log", "12:30", "a@b.org",
     "git@example.org:team/x.git", "ssh://git@example.org/x", "v1.2.3-rc1", "2026-11-26T01:00:00+00:00", "skip-everything", "glance-wide", "high_contrast"],
)  # fmt: skip
def test_ordinary_values_pass(value: str, tmp_path: Path) -> None:
    assert taken(tmp_path, "ROBUSTCHECK_VAR_X", f"a {value}") == f"a {value}"


def test_suggestions_tell_no_other_name(tmp_path: Path) -> None:
    environment = {
        "DATABASE_URLS": "x",
        "ROBUSTCHECK_VAR_BRANCH": "x",
        "ROBUSTCHECK_VAR_BRANCH_TOKEN": "x",
        "CI_COMMIT": "x",
    }
    message = refusal(tmp_path, "DATABASE_URL", **environment)
    assert "DATABASE_URLS" not in message
    make_project(tmp_path)
    (tmp_path / "configs" / "variables.yaml").write_text("variables: [CI_COMMIT]\n")
    suite, project = tmp_path / "suites" / "a.yaml", load_project(tmp_path, tmp_path / "configs")
    for name, hint in {
        "ROBUSTCHECK_VAR_BRANHC": "is not set; did you mean ROBUSTCHECK_VAR_BRANCH?",
        "BRANCH": "a suite may not read the environment variable BRANCH; did you mean ROBUSTCHECK_VAR_BRANCH?",
        "CI_COMIT": "a suite may not read the environment variable CI_COMIT; did you mean CI_COMMIT?",
        "ROBUSTCHECK_VAR_UNLIKE_ALL": "is not set; set it, or write $$ for a dollar sign",
        "DATABASE_URLZ": "or list it in configs/variables.yaml: variables: [DATABASE_URLZ]",
    }.items():
        suite.write_text(text_of(title=f'"${{{name}}}"'))
        with pytest.raises(SuiteError) as caught:
            load_suite(suite, project, environment=environment)
        assert str(caught.value).endswith(hint)
        assert "TOKEN" not in str(caught.value)


def test_whether_a_variable_is_set_is_not_told(tmp_path: Path) -> None:
    make_project(tmp_path)
    suite, project = tmp_path / "suites" / "a.yaml", load_project(tmp_path, tmp_path / "configs")
    messages = set()
    for environment in ({"DATABASE_URL": "x"}, {}):
        suite.write_text(text_of(title='"${DATABASE_URL}"'))
        with pytest.raises(SuiteError) as caught:
            load_suite(suite, project, environment=environment)
        messages.add(str(caught.value))
    assert len(messages) == 1


@pytest.mark.parametrize("text", ["[x]", "{}"])
def test_a_suite_lists_nothing_itself(text: str, load: Load) -> None:
    with pytest.raises(SuiteError, match="variables is no key of a suite"):
        load(variables=text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "configs/variables.yaml:1:1: RC108 the file is empty"),
        ("[A]\n", "configs/variables.yaml:1:1: RC107 the file must be a mapping, not a list"),
        ("A: x\n", "configs/variables.yaml:1:1: RC105 A is no key of variables.yaml; known: robustcheck, variables\n"
         "configs/variables.yaml:1:1: RC106 variables.yaml needs variables; write variables: environment variables that suites may put into reports"),
        ("variable: [A]\n", "configs/variables.yaml:1:1: RC105 variable is no key of variables.yaml; did you mean variables?"),
        ("variables: A\n", "configs/variables.yaml:1:12: RC107 variables must be a list, not the text A"),
        ("variables: [A, 'B C']\n", "configs/variables.yaml:1:16: RC201 variables lists names of environment variables, not the text B C; write"),
        ("variables: [A_*]\n", "configs/variables.yaml:1:13: RC201 variables lists names of environment variables, not the text A_*"),
        ("variables: [[A]]\n", "configs/variables.yaml:1:13: RC201 variables lists names of environment variables, not a list"),
        ("variables: [null]\n", "configs/variables.yaml:1:13: RC201 variables lists names of environment variables, not nothing"),
        ("robustcheck: 2\nvariables: [A]\n", "configs/variables.yaml:1:14: RC111 robustcheck must be 1"),
        ("variables: [A]\nvariables: [B]\n", "configs/variables.yaml:2:1: RC104 the key variables is written twice"),
    ],
)  # fmt: skip
def test_malformed_lists(content: str, says: str, tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "configs" / "variables.yaml").write_text(content)
    with pytest.raises(SuiteError) as caught:
        load_project(tmp_path, tmp_path / "configs")
    assert str(caught.value).startswith(says)
    assert isinstance(listed_variables(tmp_path, tmp_path / "configs"), frozenset)


def test_what_a_base_takes_is_held_to_the_same(load: Load, signs: Any) -> None:
    (signs.root / "base.yaml").write_text('description: "${DATABASE_URL}"\n')
    with pytest.raises(
        SuiteError, match=r"base\.yaml:1:14: RC113 a suite may not read the environment variable DATABASE_URL"
    ):
        load("extends: ../base.yaml\n" + text_of(), options={"environment": {"DATABASE_URL": "x"}})
