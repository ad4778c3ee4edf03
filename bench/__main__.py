"""``python -m bench``: measure everything, or what is named; print it and keep it as JSON."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench import batches, evaluation, grown, posts, proof
from bench.databases import KINDS, new_database, postgres_server, postgres_version
from bench.load import LoadGenerator, load_generator
from bench.machine import describe_machine, load_average
from bench.report import Report
from bench.scale import FULL, QUICK, SMOKE

ON_EMPTY: Final = {"posts": posts, "batches": batches, "evaluation": evaluation, "proof": proof}
"""Parts that begin with an empty database; the others share one that grows."""

NAMES: Final = (*ON_EMPTY, *grown.PARTS)
RESULTS: Final = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _read(arguments)
    names = chosen.names or list(NAMES)
    kinds = chosen.database or list(KINDS)
    with postgres_server(kinds) as postgres_url, load_generator() as load:
        machine = describe_machine()
        if postgres_url is not None:
            machine["postgresql"] = postgres_version(postgres_url)
        print("; ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
        report = Report(machine)
        for kind in kinds:
            _measure(kind, postgres_url, names, chosen, report, load)
    machine["load afterwards"] = load_average()
    report.finish()
    print(f"load {machine['load']} before, {machine['load afterwards']} after")
    print(f"written to {report.write(chosen.results)}")


def _measure(
    kind: str,
    postgres_url: str | None,
    names: Sequence[str],
    chosen: Namespace,
    report: Report,
    load: LoadGenerator,
) -> None:
    new = partial(new_database, kind, postgres_url)
    for name, part in ON_EMPTY.items():
        if name in names:
            part.measure(new, chosen.scale, report, load)
    if parts := [name for name in grown.PARTS if name in names]:
        grown.measure(new, parts, chosen.scale, report, load)


def _read(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--database", action="append", choices=KINDS, help="only this one")
    parser.add_argument("--results", type=Path, default=RESULTS, help="directory of the JSON files")
    scale = parser.add_mutually_exclusive_group()
    for name, value, said in (
        ("--quick", QUICK, "shorter runs, 100,000 statements at most"),
        ("--smoke", SMOKE, "a few hundred statements: only to see that it runs"),
    ):
        scale.add_argument(
            name, dest="scale", action="store_const", const=value, default=FULL, help=said
        )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"no such part: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}")
    return chosen


if __name__ == "__main__":
    main()
