"""The tree of errors and its exit codes are a promise."""

import re
import tomllib
from pathlib import Path

import pytest

import l3c
from l3c import errors

EXIT_CODES = {
    "L3CError": 1,
    "InputError": 2,
    "TargetExistsError": 2,
    "FormatError": 3,
    "VersionError": 3,
    "ChecksumError": 3,
    "ModelError": 4,
    "LimitError": 5,
    "EngineError": 6,
    "DependencyError": 7,
}


def test_the_table_is_complete() -> None:
    defined = {name for name, value in vars(errors).items() if isinstance(value, type) and hasattr(value, "exit_code")}
    assert defined == set(EXIT_CODES)
    assert defined <= set(l3c.__all__)


@pytest.mark.parametrize(("name", "code"), EXIT_CODES.items())
def test_every_error_is_an_l3c_error_and_a_value_error(name: str, code: int) -> None:
    error = getattr(l3c, name)
    assert issubclass(error, l3c.L3CError)
    assert issubclass(error, ValueError)
    assert error.exit_code == code
    assert name in str(errors.__doc__)


def test_versions_and_check_sums_are_matters_of_format() -> None:
    assert issubclass(l3c.VersionError, l3c.FormatError)
    assert issubclass(l3c.ChecksumError, l3c.FormatError)


def test_messages_name_our_distribution_and_what_can_be_installed_today() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["name"] == errors.DISTRIBUTION
    assert ("dev" not in project["version"]) == errors.RELEASED
    assert "'.[deep]'" in errors.install_command("deep") or errors.RELEASED


def test_no_page_and_no_message_names_another_projects_package() -> None:
    root = Path(__file__).parents[1]
    texts = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("src/**/*.py"), *root.glob("benchmarks/*.py")]
    assert [str(path) for path in texts if re.search(r"\bl3c\[|pip install '?l3c(?!-codec)", path.read_text())] == []
