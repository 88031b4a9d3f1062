"""loom bench: prints its line; how fast it is, no test asks."""
import re


def line(rows, numerics, repeat):
    return (rf"layernorm_fused_rm \[{rows}, 64\] bfloat16, {numerics}: (\d+\.\d{{3}}) ns an element, (\d+\.\d) times a "
            rf"one-thread memcpy of the input \((\d+\.\d{{3}}) ns\); medians of {repeat}\n")


def test_bench_prints_a_line_for_each_numerics(loom, choice):
    rows, repeat = 32 * choice.randint(1, 9), choice.randint(1, 5)
    ran = loom("bench", "layernorm_fused_rm", "--shape", f"{rows}x64", "--repeat", repeat)
    assert (ran.code, ran.err) == (0, "")
    lines = re.fullmatch(line(rows, "exact", repeat) + line(rows, "silicon", repeat), ran.out)
    assert lines and all(float(number) > 0 for number in lines.groups())


def test_bench_of_one_numerics_prints_its_line_alone(loom):
    ran = loom("bench", "layernorm_fused_rm", "--shape", "32x64", "--repeat", 1, "--numerics", "silicon")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(line(32, "silicon", 1), ran.out)


def test_nothing_cannot_be_timed(loom):
    ran = loom("bench", "layernorm_fused_rm", "--shape", "0,64")
    assert (ran.code, ran.out, ran.err) == (2, "", "A tensor of shape [0, 64] is empty: there is no program for it.\n")


def test_repeat_has_a_range(loom):
    for bad in ("0", "-1", "1001"):
        ran = loom("bench", "layernorm_fused_rm", "--shape", "32,64", "--repeat", bad)
        assert (ran.code, ran.out, ran.err) == (
            2, "", f"loom bench: --repeat: Value {bad} not in range 1 to 1000; see loom bench --help.\n")
