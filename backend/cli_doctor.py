"""`contrapposto doctor`: the report, and a check of every part; imports no package before it is checked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .checkup import CheckRequest, check_up, in_order
from .doctor import Finding
from .errors import InputError
from .job import run_job
from .masking import Secrets, mask
from .report import Section, models_section, render, versions_section
from .weights.registry import model_entries
from .weights.state import model_state

FAILED: Final = 1
DEVICES: Final = {"auto": "AUTOMATIC", "cuda": "CUDA", "metal": "METAL", "cpu": "CPU"}


def add_command(commands: Any) -> None:
    """Add `doctor` to the parser's commands."""
    doctor = commands.add_parser("doctor", help="check the installation: packages, models, device, a pose of each kind")
    doctor.set_defaults(run=run)
    doctor.add_argument("--device", choices=tuple(DEVICES), default="auto", help="what models run on (default auto)")
    doctor.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")
    doctor.add_argument("--smpl", type=Path, metavar="FOLDER", help="folder of your own SMPL files")
    doctor.add_argument("--cache", type=Path, metavar="FOLDER", help="where results of videos are kept")
    doctor.add_argument("--json", action="store_true", help="print JSON, and nothing else, on standard output")


def run(options: argparse.Namespace) -> int:
    """Check and print; 0 where all that is needed is well, else `FAILED`.

    Raises:
        InputError: a folder that is named does not exist.
    """
    for folder in (options.models, options.smpl):
        if folder is not None and not folder.is_dir():
            raise InputError(f"The folder {folder} does not exist. Name the folder that holds the files.")
    request = CheckRequest(DEVICES[options.device], options.models, options.smpl, options.cache, more=_of_blender())
    findings = run_job(check_up(request))
    states = [run_job(model_state(entry, options.models)) for entry in model_entries().values()]
    sections = [versions_section(blender=_blender()), models_section(states), findings_section(findings)]
    secrets = Secrets.here()
    if options.json:
        text = json.dumps(as_json(findings, sections, secrets), indent=2, ensure_ascii=False) + "\n"
    else:
        text = render(sections, secrets)
    sys.stdout.write(text)
    return FAILED if any(finding.is_trouble for finding in findings) else 0


def findings_section(findings: Sequence[Finding]) -> Section:
    """A line a finding: how it stands, what was found and what to do now; trouble first."""
    trouble = sum(finding.is_trouble for finding in findings)
    words = "All that is needed is well." if not trouble else f"{trouble} of {len(findings)} parts need something done."
    return Section("Checks", (*map(line_of, in_order(findings)), words))


def line_of(finding: Finding) -> str:
    """Such as `WRONG  device: ... Do now: ...`."""
    advice = f" Do now: {finding.advice}" if finding.advice else ""
    return f"{state_of(finding):<7}{finding.name}: {finding.sentence}{advice}"


def state_of(finding: Finding) -> str:
    """`ok`, `WRONG`, or `absent` of what can be done without."""
    return "ok" if finding.ok else ("WRONG" if finding.is_trouble else "absent")


def as_json(findings: Sequence[Finding], sections: Sequence[Section], secrets: Secrets) -> dict[str, Any]:
    """The same as `render` writes, with nothing private in it."""
    checks = [
        {
            "name": finding.name,
            "state": state_of(finding),
            "found": mask(finding.sentence, secrets),
            "do_now": mask(finding.advice, secrets),
        }
        for finding in findings
    ]
    report = {section.title: [mask(line, secrets) for line in section.lines] for section in sections[:-1]}
    return {"ok": not any(finding.is_trouble for finding in findings), "checks": checks, "report": report}


def _blender() -> str:
    """Blender's version where this runs inside it; it is not imported for that."""
    blender: Any = sys.modules.get("bpy")
    return "" if blender is None else str(blender.app.version_string)


def _of_blender() -> tuple[Finding, ...]:
    blender: Any = sys.modules.get("bpy")
    return () if blender is None else (find_blender(tuple(blender.app.version)),)


def find_blender(version: tuple[int, ...]) -> Finding:
    """Whether the add-on runs in this Blender."""
    words = f"Blender {'.'.join(map(str, version))}"
    if version[:2] >= (4, 5):
        return Finding("Blender", f"{words} is right.", ok=True, needed=True)
    advice = "Use Blender 4.5 or newer."
    return Finding("Blender", f"{words} is too old.", ok=False, needed=True, failed=True, advice=advice)
