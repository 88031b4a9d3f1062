"""Which lines of points grow linearly, and which do not."""

import scaling

MEBIBYTE = 1 << 20


def point(factory, ns, peak=100):
    return {"factory": factory, "ns": ns, "peak_bytes": peak * MEBIBYTE, "tensor_bytes": 30 * MEBIBYTE,
            "l1_bytes": 20 * MEBIBYTE}  # fmt: skip


def verdicts(*points):
    return {asked: holds for asked, _, holds in scaling.verdicts({"line": list(points)})}


def test_each_factory_is_held_to_its_own_fastest_point():
    found = verdicts(point("default", 1), point("default", 1.2), point("streaming", 1.5), point("streaming", 2.0))
    assert found == {
        "line, default: slowest to fastest, at most 1.25": True,
        "line, streaming: slowest to fastest, at most 1.25": False,
        "line: streaming to default, at most 1.6": False,
        "memory beyond tensors and L1s in MiB, at most 64": True,
    }


def test_memory_is_what_tensors_and_l1s_do_not_explain():
    assert not verdicts(point("default", 1, peak=115))["memory beyond tensors and L1s in MiB, at most 64"]
