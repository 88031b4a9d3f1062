// Runs numbered cases in child processes that a watchdog looks after.
#include "support/case_runner.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <thread>
#include <typeinfo>
#include <utility>
#include <vector>

namespace loom::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kCodes = 0
#define LOOM_ERROR(name, blame, text) +1
#include "util/error_codes.def"
#undef LOOM_ERROR
    ;

/// What a child writes down in memory that its parent shares, and that outlives it.
struct Board {
    std::atomic<std::uint64_t> begun{0};  ///< cases; the last of them runs, or has ended
    std::atomic<std::uint64_t> through{0};
    std::array<std::atomic<std::uint64_t>, kCodes> refused{};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<bool> finished{false};  ///< the last case of all has ended
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

class SharedBoard {
public:
    SharedBoard() {
        void* memory =
            ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
        board_ = new (memory) Board;
    }
    ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    Board& operator*() const { return *board_; }
    Board* operator->() const { return board_; }

private:
    Board* board_ = nullptr;
};

class Folder {
public:
    Folder() {
        path_ = (fs::temp_directory_path() / "loom_cases_XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder for cases");
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// Which cases a child runs: from a number on.
struct Share {
    std::uint64_t first = 0;
    std::uint64_t cases = 0;
    const std::string& folder;
    bool alone = false;  ///< to see whether a failure repeats; not reported
};

class Runner {
public:
    Runner(const CaseOptions& options, const MakeCases& make) : options_(options), make_(make) {}

    CaseTally run() {
        const SharedBoard board;
        while (!enough(*board)) {
            const std::uint64_t begun = board->begun;
            const std::string wrong = run_child(*board, rest(begun));
            if (wrong.empty()) break;
            if (board->begun == begun) throw std::runtime_error("No case could be begun: " + wrong);
            ++board->failed;
            report(options_.first + board->begun - 1, wrong);
        }
        CaseTally tally{.cases = board->begun, .through = board->through, .failed = board->failed};
        for (std::size_t i = 0; i < kCodes; ++i)
            if (board->refused[i] != 0) tally.refused.emplace(static_cast<Code>(i), board->refused[i]);
        return tally;
    }

private:
    Share rest(std::uint64_t begun) const {
        return {options_.first + begun, options_.cases == 0 ? UINT64_MAX : options_.cases - begun,
                folder_.path()};
    }
    bool enough(const Board& board) const {
        return Clock::now() >= end_ || board.failed >= options_.failures ||
               (options_.cases != 0 && board.begun >= options_.cases);
    }

    // Runs a share in a child, and waits for its end. Says what ended it before its last case; "" for nothing.
    std::string run_child(Board& board, const Share& share) const {
        for (const auto& left : fs::directory_iterator(share.folder)) fs::remove_all(left.path());
        std::fflush(stdout);  // or both would write what is in its buffer
        const ::pid_t child = ::fork();
        if (child < 0) throw std::runtime_error("no child process");
        if (child == 0) std::exit(work(board, share));
        std::uint64_t begun = board.begun;
        auto since = Clock::now();
        int status = 0;
        while (::waitpid(child, &status, WNOHANG) == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (board.begun != begun) {
                begun = board.begun;
                since = Clock::now();
            } else if (Clock::now() - since > std::chrono::duration<double>(options_.case_seconds)) {
                ::kill(child, SIGKILL);
                ::waitpid(child, &status, 0);
                return fmt::format("it did not end within {} seconds", options_.case_seconds);
            }
        }
        if (WIFSIGNALED(status))
            return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
        if (WEXITSTATUS(status) != 0) return fmt::format("its process exited with {}", WEXITSTATUS(status));
        return board.finished ? "" : "its process exited with 0";
    }

    // In the child; returns what it exits with.
    int work(Board& board, const Share& share) const try {
        const std::unique_ptr<Cases> cases = make_(share.folder);
        for (std::uint64_t i = 0; i < share.cases && (share.alone || !enough(board)); ++i) {
            ++board.begun;
            const std::string wrong = outcome(*cases, share.first + i, board);
            if (wrong.empty()) continue;
            ++board.failed;
            if (!share.alone) report(share.first + i, wrong);
        }
        board.finished = true;
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }

    static std::string outcome(Cases& cases, std::uint64_t number, Board& board) try {
        std::string wrong = cases.run(number);
        if (wrong.empty()) ++board.through;
        return wrong;
    } catch (const Error& error) {
        if (!cases.allows(error)) return fmt::format("{}: {}", name_of(error.code()), error.what());
        ++board.refused[static_cast<std::size_t>(error.code())];
        return "";
    } catch (const std::exception& error) {
        return fmt::format("it threw {}: {}", typeid(error).name(), error.what());
    } catch (...) {
        return "it threw something that is no std::exception";
    }

    void report(std::uint64_t number, const std::string& wrong) const {
        std::ifstream note(folder_.path() + "/case.txt");
        const std::string what{std::istreambuf_iterator<char>(note), {}};
        fmt::print("FAILED, case {}: {}\n{}{}Again: {} {}\n", number, wrong, what, what.empty() ? "" : "\n",
                   options_.again, number);
        if (!options_.keep.empty()) {
            const fs::path kept = fs::path(options_.keep) / fmt::format("case-{}", number);
            fs::create_directories(kept);
            fs::copy(folder_.path(), kept,
                     fs::copy_options::recursive | fs::copy_options::overwrite_existing);
            fmt::print("Its files: {}\n", kept.string());
        }
        const SharedBoard board;
        const Folder folder;
        if (run_child(*board, {number, 1, folder.path(), true}).empty() && board->failed == 0)
            fmt::print("Alone it does not fail; what came before it matters, so repeat from the seed.\n");
        std::fflush(stdout);
    }

    const CaseOptions& options_;
    const MakeCases& make_;
    const Clock::time_point end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                      std::chrono::duration<double>(options_.seconds));
    Folder folder_;
};

}  // namespace

std::string to_string(const CaseTally& tally) {
    std::vector<std::pair<std::uint64_t, std::string_view>> codes;
    std::uint64_t refused = 0;
    for (const auto& [code, times] : tally.refused) {
        codes.emplace_back(times, name_of(code));
        refused += times;
    }
    std::ranges::sort(codes, std::ranges::greater{});
    std::string list;
    for (const auto& [times, name] : codes)
        list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name, times);
    return fmt::format("{} cases: {} went through, {} were refused{}, {} failed", tally.cases, tally.through,
                       refused, list.empty() ? "" : " (" + list + ")", tally.failed);
}

CaseTally run_cases(const CaseOptions& options, const MakeCases& make) {
    return Runner(options, make).run();
}

}  // namespace loom::testing
