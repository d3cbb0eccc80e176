"""``touchline analyze``: spot the actions of a match, and find its shots, boundaries and what its replays show."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import TaskID
from rich.table import Table

from app.command_line.terminal import check_output, err, out, print_note, progress_bar, write_machine_output
from app.settings import DEMO
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, printable
from spotting_core.computing.device import device_named
from spotting_core.tasks.registry import layer_task

if TYPE_CHECKING:  # commands that need no arrays start without the library that reads them
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.jobs.kind import Context
    from spotting_core.media.source import MatchSource
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.load import LoadedModel
    from spotting_core.samples.progress import AnalysisProgress, ReportProgress


def analyze(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder with a video for each part.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="Analyse the bundled match."),
    out_folder: Path | None = typer.Option(
        None, "--out", help="Where to write the analysis.", show_default="the data directory"
    ),
    task: list[str] | None = typer.Option(
        None,
        help="What to find: spotting, shots, boundaries, replays, calibration. May be given several times.",
        show_default="all for which a model ships",
    ),
    model: list[str] | None = typer.Option(
        None,
        help="Name of a bundled or added model, or a model folder, in place of the tasks' own. Given several times, "
        "their scores are averaged.",
        show_default="that of each task",
    ),
    keep: Path | None = typer.Option(
        None, help="Where to keep the average of several models as a model folder.", show_default=False
    ),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    rate: float | None = typer.Option(None, help="Samples a second; must be the model's.", show_default="the model's"),
    features: Path | None = typer.Option(
        None, help="Folder of feature files, for a model that reads them.", show_default="the match's own, or computed"
    ),
    adapt: bool = typer.Option(
        False,
        "--adapt",
        help="Spot by a model whose statistics of pictures are half those of this match, for one that looks otherwise "
        "than those it was trained on; without labels. Spots alone are looked for.",
    ),
    explain: bool = typer.Option(False, "--explain", help="Also explain every spot, and keep that with the analysis."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write the spots as JSON to this file (- for standard output)."
    ),
) -> None:
    """Spot the actions of a match, find its shots and what its replays show, and write the analysis.

    An analysis that was stopped goes on where it was. `touchline app --root FOLDER`, with a folder above the
    match, opens the result.
    """
    from spotting_core.jobs.kind import Context
    from spotting_core.media.source import open_match

    check_output(json_file)
    match = open_match(source_path(source, demo))
    data = DataDirectory.default().ensure()
    choice = _Choice(tuple(task or ()), tuple(model or ()), keep, rate, features, adapt)
    if explain and not choice.spots:
        fix = "Add --task spotting, give a model that spots, or leave out --explain"
        raise BadInputError("only spots are explained, and none are looked for", fix=fix)
    with progress_bar() as bar:
        progress = bar.add_task(escape(match.fixture.title), total=None, note="")
        layers = choice.analyse(match, data, device_named(device), out_folder, _bar_report(bar, progress))
        if explain:
            _explain_spots(layers["spotting"], match.path, Context(data, lambda *_: True, device), bar)
    first = next(iter(layers.values()))
    of_layers = (remark for layer in layers.values() for remark in layer.remarks)
    for remark in dict.fromkeys((*(f"{r}." for r in match.remarks(first.classes.parts)), *of_layers)):
        err.print(f"[yellow]Note:[/yellow] {escape(remark)}", highlight=False, soft_wrap=True)
    if json_file is not None:
        write_machine_output(as_json(layers), json_file)
    if json_file != "-":
        for layer in layers.values():
            _print_summary(layer)
    if choice.tasks and choice.left_out:  # what somebody asked for by its name is not there
        raise typer.Exit(2)


@dataclass(frozen=True)
class _Choice:
    """What to find, and by which models; ``left_out`` gets the tasks that cannot be done while others can.

    Errors:
        BadInputError: settings that do not go together.
    """

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    keep: Path | None
    rate: float | None
    features: Path | None
    adapt: bool = False
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.tasks and self.models:
            fix = "Leave out --task: a model says which task it is of"
            raise BadInputError("--task and --model cannot both be given", fix=fix)
        if len(self.tasks) > 1 and (self.rate is not None or self.features is not None):
            raise BadInputError("--rate and --features are of one model", fix="Give one --task, or a --model")
        if self.adapt and (len(self.models) > 1 or set(self.tasks) - {"spotting"}):
            fix = "Give one --model, or none for the bundled one that spots"
            raise BadInputError("--adapt is of one model that looks at pictures", fix=fix)
        if self.keep is not None and not self.models:
            raise BadInputError("one model has no average to keep", where=self.keep, fix="Give --model several times")

    @property
    def spots(self) -> bool:
        """Whether spots are looked for.

        Errors:
            BadInputError: no such model.
        """
        from spotting_core.models.card import model_folder, read_card

        if self.models:
            return all(read_card(model_folder(name)).task == "spotting" for name in self.models)
        return not self.tasks or "spotting" in self.tasks

    def analyse(
        self, match: MatchSource, data: DataDirectory, device: str, out_folder: Path | None, report: ReportProgress
    ) -> dict[str, Analysis]:
        """The layers, by task.

        Errors:
            BadInputError: see ``analyse_match``.
        """
        if self.models or self.rate is not None or self.features is not None or self.adapt:
            analysis = self._by_models(match, data, device, out_folder, report)
            return {analysis.record.task: analysis}
        return self._by_tasks(match, data, device, out_folder, report)

    def _by_models(
        self, match: MatchSource, data: DataDirectory, device: str, out_folder: Path | None, report: ReportProgress
    ) -> Analysis:
        from spotting_core.inference.ensemble import analyse
        from spotting_core.inference.every_task import require_models
        from spotting_core.media.source import check_parts
        from spotting_core.models.ensemble import load_models

        names = self.models or tuple(require_models(self.tasks or ("spotting",)).values())
        loaded = load_models(names, device)
        check_parts(match, loaded.classes.parts)
        if self.keep is not None:
            _keep_average(self.keep, loaded)
        _remember_average(self.keep, names, loaded, data)
        _print_doubts(match, loaded, data)
        if self.adapt:
            loaded = _adapted(match, loaded, data, report)
        return analyse(match, loaded, data, out=out_folder, rate=self.rate, features=self.features, report=report)

    def _by_tasks(
        self, match: MatchSource, data: DataDirectory, device: str, out_folder: Path | None, report: ReportProgress
    ) -> dict[str, Analysis]:
        from spotting_core.inference.default_models import default_models
        from spotting_core.inference.every_task import analyse_tasks, require_models
        from spotting_core.media.source import check_parts
        from spotting_core.models.load import load_model

        models = require_models(self.tasks) if self.tasks else default_models()
        first = load_model(next(iter(models.values())), device)
        check_parts(match, first.classes.parts)
        _print_doubts(match, first, data)

        def leave_out(name: str, error: BadInputError) -> None:
            if len(self.left_out) == len(models) - 1:  # there is no other
                raise error
            self.left_out.append(name)
            _print_left_out(name, error)

        return analyse_tasks(
            match,
            models,
            data,
            load=lambda name: load_model(name, device),
            out=out_folder,
            report=report,
            left_out=leave_out,
        )


def _print_left_out(task: str, error: BadInputError) -> None:
    text = escape(f"The task {task} is left out: {error}")
    err.print(f"[yellow]Note:[/yellow] {text}", highlight=False, soft_wrap=True)


def _adapted(
    match: MatchSource, loaded: LoadedModel | Ensemble, data: DataDirectory, report: ReportProgress
) -> LoadedModel:
    """The model adapted to the match.

    Errors:
        BadInputError: see ``adapted_model``.
    """
    from spotting_core.inference.adapted import adapted_model
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.load import load_model

    if isinstance(loaded, Ensemble):
        raise BadInputError("an average of models is not adapted", fix="Give one of them with --model")
    return load_model(adapted_model(match, loaded, data, report), loaded.device.type)


def _keep_average(folder: Path, loaded: LoadedModel | Ensemble) -> None:
    """Write the average of several models as a model folder.

    Errors:
        BadInputError: there is only one, or a model lies there.
    """
    from spotting_core.models.ensemble import Ensemble, save_ensemble

    if not isinstance(loaded, Ensemble):
        raise BadInputError("one model has no average to keep", where=folder, fix="Give --model several times")
    save_ensemble(folder, loaded)


def _remember_average(
    keep: Path | None, names: Sequence[str], loaded: LoadedModel | Ensemble, data: DataDirectory
) -> None:
    """Keep where the folder of an average is, if it has one; members are remembered when they are used."""
    from spotting_core.models.card import model_folder
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.known import remember

    if isinstance(loaded, Ensemble) and (keep is not None or len(names) == 1):
        remember(keep or model_folder(names[0]), loaded.sha256, data)


def _bar_report(bar: RichProgress, task: TaskID) -> ReportProgress:
    """A report that moves the bar, and says once where stopped work goes on."""
    resumed: list[int] = []

    def report(progress: AnalysisProgress) -> bool:
        if progress.before and not resumed:
            resumed.append(progress.before)
            err.print(f"Going on at sample {progress.before} of {progress.total}.", highlight=False)
        note = f"{progress.stage}, {progress.speed:.1f}× real time" if progress.speed else progress.stage
        bar.update(task, total=progress.total, completed=progress.done, note=note)
        return True

    return report


def _print_doubts(match: MatchSource, loaded: LoadedModel | Ensemble, data: DataDirectory) -> None:
    """What the checks find wrong with the videos, before the work; the domain is told with the spots."""
    from spotting_core.media.ingest import ingest
    from spotting_core.preflight.finding import NOTE
    from spotting_core.preflight.match import check_videos
    from spotting_core.preflight.video import DOMAIN

    media = [ingest(h.path, data) for h in match.halves]
    for finding in check_videos(match, media, loaded.classes.parts, loaded.card):
        if finding.severity != NOTE and finding.check != DOMAIN:
            sentence = ". ".join(filter(None, [finding.what, finding.evidence, finding.fix]))
            print_note(printable(sentence))


def _explain_spots(analysis: Analysis, path: Path, context: Context, bar: RichProgress) -> None:
    """Explain the spots at the default thresholds, beside the analysis."""
    from explain.jobs.explanation import explain_spot
    from explain.kept import subject_of

    spots = analysis.spots()
    task = bar.add_task("Explanations", total=len(spots), note="")
    for done, spot in enumerate(spots, 1):
        explain_spot(analysis, path, subject_of(analysis, spot), context, ship=True)
        bar.update(task, completed=done, note=f"{spot.label} at {analysis.clock(spot.half, spot.time)}")


def source_path(source: Path | None, demo: bool) -> Path:
    """The path to work on.

    Errors:
        BadInputError: neither or both of SOURCE and --demo.
    """
    if demo == (source is not None):
        raise BadInputError("give a SOURCE or --demo", fix="A SOURCE is a video or a folder, for example my_match.mp4")
    return DEMO if source is None else source


def as_json(layers: Mapping[str, Analysis]) -> dict[str, Any]:
    """Machine output: where the layers lie, and the spots at the default thresholds.

    What is said of ``analysis`` is the layer of spotting, or the first one where spotting was not asked for.
    """
    analysis = layers.get("spotting") or next(iter(layers.values()))
    spots = analysis.spots() if analysis.record.task == "spotting" else []
    return {
        "analysis": printable(os.fspath(analysis.folder)),
        "model": analysis.record.model["name"],
        "notice": analysis.record.notice,
        "remarks": list(analysis.remarks),
        "timings": dict(analysis.record.timings),
        "spots": [
            {"half": s.half, "time": s.seconds, "label": s.label, "confidence": round(s.confidence or 0, 4)}
            for s in spots
        ],
        "layers": {
            task: {
                "analysis": printable(os.fspath(layer.folder)),
                "model": layer.record.model["name"],
                "results": layer_task(task).results_file,
                "timings": dict(layer.record.timings),
            }
            for task, layer in layers.items()
        },
    }


def _print_summary(analysis: Analysis) -> None:
    """What was found, class by class."""
    task = layer_task(analysis.record.task)
    findings = analysis.findings(task)
    counts = Counter(f.label for f in findings)
    table = Table("Class", "Count", "When", box=None, header_style="bold", pad_edge=False)
    for action in analysis.classes:
        if counts[action.name]:
            own = [f for f in findings if f.label == action.name]
            times = ", ".join(analysis.clock(f.half, task.begins(f)) for f in own[:8])
            table.add_row(action.short, str(len(own)), times + (" …" if len(own) > 8 else ""))
    if table.row_count:
        out.print(table)
    elif absence := task.absence(findings):
        out.print(absence)
    text = escape(printable(f"{task.summary(findings)} of {analysis.record.title} in {analysis.folder}"))
    out.print(f"\n{text}\n", highlight=False, soft_wrap=True)
