"""How well sentences pose a skeleton, how plausible and different the poses are, and how long they take.

    python benchmarks/text.py [--group GROUP ...] [--worst] [--no-time]
    python benchmarks/text.py --languages
    python benchmarks/text.py --hostile
    python benchmarks/text.py --retrieval
    python benchmarks/text.py --sheet OUT.png

The prompts and what is expected of their poses lie in `text_prompts/` and were written without knowledge of what the
grammar understands. Offline, without a language model, from one seed. Numbers marked with ! miss their goal.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from text_answers import ALTERNATIVES, Product, random_mocap, unchanged  # noqa: E402
from text_cases import GROUPS, TextCase, read_cases, read_start_poses  # noqa: E402
from text_hostile import hostile_table, language_tables  # noqa: E402
from text_sheet import write_sheet  # noqa: E402
from text_tables import answered, diversity_table, met_table, plausibility_table, time_table, worst_table  # noqa: E402

from contrapposto.backend.errors import ContrappostoError, InputError  # noqa: E402

POSES: Final = ROOT / "build" / "training" / "poses.npz"
LESSONS: Final = ROOT / "build" / "training_text"
SHIPPED: Final = ROOT / "backend" / "weights" / "text" / "text.safetensors"
MET = f"""Per cent of the expectations met by the first pose of a prompt, and of the prompts of which all are met; then
the same over its {ALTERNATIVES} alternatives, and the expectations met by the one that meets most. Edits have one pose.
A refused prompt meets nothing. "standing": one relaxed pose for every prompt, an edit's own pose unchanged; "mocap": a
random pose of motion capture that no training saw."""
PLAUSIBLE = """Plausibility of all alternatives: joints outside of the anatomical ranges (goal: none); poses whose
centre of mass lies more than 5 cm outside of what carries them (poses in the air left out; a chair carries who sits on
one), and the worst; how deep parts of the body are inside of others, the deepest place of a pose, mean and worst. Of
edits only what the start pose has not already."""
DIVERSE = f"""Diversity: mean distance of joints and mean angle of turns between any two of the {ALTERNATIVES}
alternatives; "alike": prompts whose alternatives are closer than 10 mm on average."""
TIMES = f"""Milliseconds for {ALTERNATIVES} alternatives, warm, by the clock: median of each stage and of all; and the
median of the processor's work, which other work on the machine does not lengthen much."""


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--worst", action="store_true", help="also list what is not met, and what was understood")
    parser.add_argument("--no-time", action="store_true", help="leave the table of times out")
    parser.add_argument("--languages", action="store_true", help="prompts in other languages, and nothing else")
    parser.add_argument("--hostile", action="store_true", help="hostile sentences, and nothing else")
    parser.add_argument("--retrieval", action="store_true", help="text to pose on held-out captions, and nothing else")
    parser.add_argument("--sheet", type=Path, help="write 24 prompts with the posed character, and nothing else")
    options = parser.parse_args()
    console = Console(highlight=False, width=170)
    try:
        if options.sheet is not None:
            write_sheet(options.sheet, Product(alternatives=1))
        elif options.languages:
            console.print(*language_tables(Product()), sep="\n\n")
        elif options.hostile:
            console.print(hostile_table(Product()))
        elif options.retrieval:
            retrieval()
        else:
            measure(console, read_cases(options.group), options)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def measure(console: Console, cases: list[TextCase], options: argparse.Namespace) -> None:
    """Print what is met, plausibility, diversity and times."""
    product = Product()
    ours = answered(cases, product)
    ways = {"sentence": ours, "standing": answered(cases, unchanged(read_start_poses()["standing"]))}
    mocap = random_mocap(POSES)
    if mocap is None:
        console.print(f"No motion capture is at hand in {POSES}: its row is left out.")
    else:
        ways["mocap"] = answered(cases, mocap)
    console.print(MET, met_table(ways), sep="\n", end="\n\n")
    refused = [each for each in ours if each.answer.refusal]
    changes = [each for each in ours if each.case.start is None and each.answer.program.edit]
    told = f"Refused prompts: {len(refused)} of {len(ours)}. New poses taken as a change of one who stands: "
    console.print(f"{told}{len(changes)}.", end="\n\n")
    console.print(PLAUSIBLE, plausibility_table(ways), sep="\n", end="\n\n")
    console.print(DIVERSE, diversity_table(ours), sep="\n", end="\n\n")
    if not options.no_time:
        new = [case for case in cases if case.start is None][:: max(1, len(cases) // 60)]
        console.print(TIMES, time_table(new or cases, product), sep="\n", end="\n\n")
    if options.worst:
        console.print(worst_table(ours))


def retrieval() -> None:
    """Print how well poses of held-out captions fit their words: what `make train-text` leaves in `build/`.

    Raises:
        InputError: it has not run here.
    """
    from training.text import evaluate

    models = {"the text model": SHIPPED, "the same without words": LESSONS / "no_text.safetensors"}
    missing = [file for file in (LESSONS / "lessons.npz", LESSONS / "retrieval.safetensors") if not file.is_file()]
    if missing:
        raise InputError(f"{missing[0]} is missing: `make train-text` writes it.")
    named = [each for name, file in models.items() if file.is_file() for each in ("--model", name, str(file))]
    evaluate.main([str(LESSONS / "lessons.npz"), str(LESSONS / "retrieval.safetensors"), *named])


if __name__ == "__main__":
    main()
