// Threads that work on one tile together, in short phases.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace l3c {

// The caller and some threads of its own. Phases take microseconds, so who waits spins for a while, and then sleeps. Not inline:
// code for one instruction set must not leak to others.
class Team {
public:
    // threads: the caller's with them. Where the system has no more threads to give, the caller is alone.
    explicit Team(int threads);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const { return int(others_.size()) + 1; }

    // Whether run() is worth it now: not where the caller is alone, nor before the others have begun, nor for a while after they
    // were found without a processor, for which the caller would wait longer than the work takes alone.
    bool ready() const;

    // work(i) by all threads, i < size(), the caller's being 0, each in the engine's mode of floating point
    // (isa/float_state.hpp). Returns when all are done. All that was written before it all threads see, and the caller sees
    // afterwards all that they wrote. work must not throw.
    template <class Work>
    void run(const Work& work) {
        run([](const void* state, int i) { (*static_cast<const Work*>(state))(i); }, &work);
    }

private:
    using Clock = std::chrono::steady_clock;
    using Call = void (*)(const void* state, int i);

    void run(Call call, const void* state);
    void serve(int i);
    void end();
    void wait_for_others(Clock::time_point begin);

    std::vector<std::thread> others_;
    Call call_ = nullptr;  // of this phase; none: the end
    const void* state_ = nullptr;
    std::atomic<std::uint32_t> phase_{0};
    std::atomic<int> working_{0};  // others that have not ended the phase
    std::atomic<int> begun_{0};    // others that wait for phases
    Clock::time_point alone_until_{};
    Clock::duration alone_next_;
};

}  // namespace l3c
