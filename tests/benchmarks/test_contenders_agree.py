"""All that the benchmarks time gives the same verdicts and hits; a fast engine that is wrong is not fast."""

from importlib import import_module

import pytest

from tests.benchmarks.ours import reference_alone, rete_alone, whole
from tests.benchmarks.peers import business_rules, cedar, cel_rust, hand_written, zen, zen_compiled
from tests.benchmarks.samples import sized_pack, sized_requests, trading_core, trading_requests

BUILDERS = [
    whole,
    reference_alone,
    rete_alone,
    hand_written,
    cel_rust,
    zen,
    zen_compiled,
    cedar,
    business_rules,
]
NEEDS = {zen: "zen", zen_compiled: "zen", cedar: "cedarpy", business_rules: "business_rules"}


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
@pytest.mark.parametrize(
    ("pack", "requests"),
    [(trading_core(), trading_requests(300)), (sized_pack(100), sized_requests(40))],
    ids=["trading-core", "100 rules"],
)
def test_every_contender_gives_the_hand_written_answer(build, pack, requests):
    if build in NEEDS:
        import_module(NEEDS[build])  # all of them are locked: a missing one is a failure, not a skip
    contender, expected = build(pack), hand_written(pack)
    for facts in requests:
        assert contender.answer(facts) == expected.answer(facts), facts


def test_the_sample_has_every_verdict_and_every_rule():
    pack = trading_core()
    answers = [hand_written(pack).answer(facts) for facts in trading_requests(300)]
    assert {verdict for verdict, _ in answers} == {"APPROVE", "REVIEW", "REJECT"}
    assert {rule for _, hits in answers for rule in hits} == {rule.id for rule in pack.rules}
