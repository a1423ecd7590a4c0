"""How the tests of checks look at a run made by hand."""

from harness.checks.view import PhaseView, all_views
from harness.metrics.join import join
from tests.synthetic import Scene


def view(scene: Scene) -> PhaseView:
    """The only phase of `scene`."""
    (found,) = all_views(join(scene.run()))
    return found
