"""All workspaces of one sandbox. The app, its sockets, the faults and the log of calls are shared."""

from sandbox.box import Box, Options, Shared, build
from sandbox.config import Manifest, Seed
from sandbox.journal import Journal
from sandbox.model import Json


class Town:
    """Finds the workspace that is meant; the first one where nothing says so."""

    def __init__(self, boxes: list[Box]) -> None:
        self.first = boxes[0]
        self.boxes = {box.workspace.team["id"]: box for box in boxes}

    def of_token(self, token: str) -> Box:
        """The workspace where the app has this token, or once had it."""
        for box in self.boxes.values():
            if token in {box.workspace.token, *box.workspace.old_tokens}:
                return box
        return self.first

    def named(self, team: object, person: object = None) -> Box:
        """By a workspace's id, or by one of its people."""
        if isinstance(team, str) and team in self.boxes:
            return self.boxes[team]
        for box in self.boxes.values():
            if isinstance(person, str) and person in box.workspace.users:
                return box
        return self.first

    def shown(self) -> list[Json]:
        return [{**box.workspace.team, "installed": box.installed} for box in self.boxes.values()]

    def reset(self) -> None:
        for box in self.boxes.values():
            box.reset()


def build_town(options: Options, seeds: list[Seed], manifest: Manifest, journal: Journal) -> Town:
    """The first workspace keeps its journal in `options.data`, each other one in a folder of its own there.

    Raises StartError when a journal is damaged.
    """
    shared = Shared.of(options, seeds[0], manifest)
    boxes = [build(options, seeds[0], manifest, journal, shared)]
    for seed in seeds[1:]:
        own = Journal(options.data / "workspaces" / seed.team["id"])
        boxes.append(build(options, seed, manifest, own, shared))
    return Town(boxes)
