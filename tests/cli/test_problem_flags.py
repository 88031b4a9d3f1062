"""The flags of an operation on data that Loom makes: which parameters it has, and how it computes."""
import json

import pytest

OP = ["layernorm_fused_rm", "--shape", "64x96"]


def program(loom, *flags):
    ran = loom("explain", *OP, *flags, "--program")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


@pytest.mark.parametrize("absent", [[], ["gamma"], ["beta"], ["gamma", "beta"]], ids="-".join)
def test_a_parameter_of_dtype_none_is_absent(loom, absent):
    flags = [word for name in absent for word in (f"--{name}-dtype", "none")]
    tensors = [tensor["name"] for tensor in program(loom, *flags)["tensors"]]
    assert tensors == [name for name in ("input", "gamma", "beta", "output") if name not in absent]
    ran = loom("check", *OP, *flags, "--schedules", "0")
    assert (ran.code, ran.err) == (0, "") and ran.out.startswith("clean: ")


def test_the_compute_configuration_is_the_kernels(loom):
    flags = ["--math-fidelity", "HiFi2", "--fp32-dest-acc-en", "false", "--dst-full-sync-en", "true"]
    config = program(loom, *flags)["kernels"][1]["config"]
    assert config["math_fidelity"] == "HiFi2" and config["dst_full_sync_en"] and not config.get("fp32_dest_acc_en")
    default = program(loom)["kernels"][1]["config"]
    assert default.get("math_fidelity", "HiFi4") == "HiFi4" and default["fp32_dest_acc_en"]


def test_a_dst_of_16_bits_is_found_too_coarse(loom):
    ran = loom("check", *OP, "--fp32-dest-acc-en", "false", "--schedules", "0")
    assert ran.code == 1 and ran.err.startswith("No rule was broken, and the values are wrong: ")


def test_bench_takes_them(loom):
    ran = loom("bench", *OP, "--repeat", "1", "--dst-full-sync-en", "true", "--beta-dtype", "none")
    assert (ran.code, ran.err) == (0, "")


def test_a_fidelity_that_there_is_not_is_refused(loom):
    ran = loom("explain", *OP, "--math-fidelity", "HiFi5")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "loom explain: --math-fidelity: HiFi5 not in {LoFi,HiFi2,HiFi3,HiFi4}; see loom explain --help.\n"


@pytest.mark.parametrize("flag", ["--math-fidelity=LoFi", "--fp32-dest-acc-en=true", "--dst-full-sync-en=true"])
def test_a_program_file_has_a_configuration_of_its_own(refuses, flag):
    name = flag.split("=")[0]
    refuses("explain", "x.json", flag,
            message=f"loom explain: {name}: it goes with an operation only; see loom explain --help.")
