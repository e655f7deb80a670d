"""What another reader makes of a file is what ours does, where that one knows the standard."""

import pytest
from pydifact.segmentcollection import Interchange as Other

from kit.standards.edifact import envelopes
from kit.standards.edifact.messages import segments_of
from tests.make.messages.files import FILE


@pytest.mark.filterwarnings("ignore:segments.xml not found")
def test_another_reader_reads_the_same_segments() -> None:
    (found,) = envelopes.split(FILE)
    own = [list(segments_of(FILE, found, each))[1:-1] for each in found.messages]
    other = [list(it.segments) for it in Other.from_str(FILE.decode()).get_messages()]
    assert len(own) == len(other) == 2
    for ours, theirs in zip(own, other, strict=True):
        assert [it.tag for it in ours] == [it.tag for it in theirs]
        for one, two in zip(ours, theirs, strict=True):
            parts = [it if isinstance(it, list) else [it] for it in two.elements]
            assert [it for (it,) in one.elements()[1:]] == parts
