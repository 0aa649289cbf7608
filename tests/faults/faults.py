"""The faults that there are, and the rule by which their product with the programs becomes cells."""

# Their rows go into the table as they are read.
import lies  # noqa: F401  pylint: disable=unused-import
import refusals  # noqa: F401  pylint: disable=unused-import
import wire  # noqa: F401  pylint: disable=unused-import
from shapes import hostile_images, mutations, paths
from table import ENDPOINTS, FAULTS, PROGRAMS, bodies


def table(samples):
    """All of them; SAMPLES as mutations() wants them."""
    return [*FAULTS, *mutations(samples), *hostile_images()]


def cells(faults, samples):
    """Each (program, fault, endpoint, count) that makes sense: the fault can be at the endpoint, the
    program asks it (and is sent there what the fault changes), and it can happen that often."""
    met = {
        key: {path for value in values for path, _ in paths(value)} for key, values in samples.items()
    }
    for program, asks in PROGRAMS.items():
        for one in faults:
            for endpoint in ENDPOINTS:
                if endpoint not in asks or endpoint not in (one.at or bodies()):
                    continue
                if one.path and one.path not in met.get((program, endpoint), ()):
                    continue
                for count in one.counts:
                    yield program, one, endpoint, count
