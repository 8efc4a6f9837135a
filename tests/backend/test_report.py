"""The report: its parts, its bound, and that it is masked before it is cut."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.masking import Secrets
from contrapposto.backend.report import (
    LIMIT_BYTES,
    Section,
    render,
    shortened_paths,
    traceback_section,
    versions_section,
)

SECRETS = Secrets(homes=("/home/annabel",), users=("annabel",), keys=("swordfish-77",))


def error_of(depth: int = 0, cause: str = "") -> BaseException:
    try:
        if depth:
            raise error_of(depth - 1) from None
        if cause:
            try:
                raise OSError(cause)
            except OSError as error:
                raise ValueError("no pose") from error
        raise ZeroDivisionError("division by zero")
    except (ZeroDivisionError, ValueError) as error:
        return error


def test_versions_name_everything_that_is_asked_for():
    lines = "\n".join(versions_section(blender="5.2.0").lines)
    for word in (
        "Contrapposto 0.",
        "Blender 5.2.0",
        "Python 3.",
        "System ",
        "numpy ",
        "scipy ",
        "opencv ",
        "litert ",
        "torch ",
    ):
        assert word in lines


def test_versions_import_nothing_large():
    code = (
        "import sys; from contrapposto.backend.report import versions_section; versions_section();"
        "print([name for name in ('numpy', 'torch', 'cv2', 'scipy') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_the_traceback_has_its_causes_and_no_folder_of_ours():
    lines = traceback_section(error_of(cause="/home/annabel/x is gone")).lines
    text = render([Section("Traceback", lines)], SECRETS)
    assert "ValueError: no pose" in text
    assert "OSError: ~/x is gone" in text
    assert "annabel" not in text


def test_our_files_start_at_the_package_and_those_of_others_at_theirs():
    from contrapposto.backend import report

    ours = f'File "{report.__file__}", line 3'
    assert shortened_paths(ours) == 'File "contrapposto/backend/report.py", line 3'
    theirs = r'File "C:\Users\bob\blender\lib\site-packages\torch\nn\module.py", line 3'
    assert shortened_paths(theirs) == r'File "torch\nn\module.py", line 3'


def test_long_tracebacks_keep_both_ends():
    def deep(number):
        return 1 // 0 if number == 0 else deep(number - 1) + 1

    try:
        deep(500)
    except ZeroDivisionError as error:
        lines = traceback_section(error).lines
    assert len(lines) <= 202
    assert lines[-1] == "ZeroDivisionError: integer division or modulo by zero"


@pytest.mark.parametrize("letters", ["x", "é", "🙂", "x " * 3, "\n"])
def test_it_is_never_longer_than_its_bound(letters):
    text = render([Section("Log", (letters * 400_000,)), Section("More", ("line",) * 50_000)], SECRETS)
    assert len(text.encode("utf-8")) <= LIMIT_BYTES


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 3_000), st.integers(0, 3), st.sampled_from(["swordfish-77", "/home/annabel/x", "sk-abcdefghijk123"])
)
def test_no_part_of_a_secret_is_left_where_it_is_cut(at, turn, secret):
    around = [LIMIT_BYTES - 1_500, 512 * 1024 - 1_500, 0, 570][turn]
    lines = ["-" * 60] * ((around + at) // 61)
    lines += ["." * (at % 700) + f" {secret} " + "-" * 700] + ["-" * 60] * 30
    text = render([Section("Log", tuple(lines))], SECRETS)
    for length in range(6, len(secret) + 1):
        assert secret[:length] not in text or secret[:length] in {"/home/", "/home"}


def test_letters_that_turn_or_hide_text_are_taken_out():
    text = render([Section("Log", ("a\u202eb\x1b[31mc\x00d",))], SECRETS)
    assert not set("\u202e\x1b\x00") & set(text)


def test_a_report_names_each_section_once():
    text = render([Section("One", ("first",)), Section("Two", ("second",))], SECRETS)
    assert text.startswith("Contrapposto report\n===")
    assert text.index("One\n---\nfirst") < text.index("Two\n---\nsecond")
