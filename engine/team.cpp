#include "team.hpp"

#include <algorithm>
#include <system_error>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "isa/float_state.hpp"

namespace l3c {
namespace {

using namespace std::chrono_literals;

// Looks at the next phase before a thread sleeps: about 100 microseconds, some times what a phase takes.
constexpr int kSpins = 4000;
// Longer than its own work and this, the caller waits only for threads that have no processor.
constexpr auto kPatience = 500us;
// Then it works alone: an operating system lets a thread wait for some milliseconds, so that one stall in this time costs little.
constexpr auto kAloneFirst = 50ms, kAloneMost = 1600ms;

inline void pause() {
#if defined(__SSE2__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

void call_one(void (*call)(const void*, int), const void* state, int i) {
    const FloatState mode;
    call(state, i);
}

}  // namespace

Team::Team(int threads) : alone_next_(kAloneFirst) {
    try {
        others_.reserve(threads > 1 ? threads - 1 : 0);
        for (int i = 1; i < threads; ++i) others_.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error&) {
        end();
    }
}

Team::~Team() { end(); }

void Team::end() {
    call_ = nullptr;
    phase_.fetch_add(1, std::memory_order_release);
    phase_.notify_all();
    for (auto& other : others_) other.join();
    others_.clear();
}

bool Team::ready() const {
    if (others_.empty() || begun_.load(std::memory_order_relaxed) < int(others_.size())) return false;
    return alone_until_ == Clock::time_point{} || Clock::now() >= alone_until_;
}

void Team::run(Call call, const void* state) {
    if (others_.empty()) return call_one(call, state, 0);
    const auto begin = Clock::now();
    call_ = call, state_ = state;
    working_.store(int(others_.size()), std::memory_order_relaxed);
    phase_.fetch_add(1, std::memory_order_release);
    phase_.notify_all();
    call_one(call, state, 0);
    wait_for_others(begin);
}

void Team::wait_for_others(Clock::time_point begin) {
    const auto patience = [&] { return Clock::now() - begin + kPatience; };
    Clock::time_point limit{};
    for (int i = 1;; ++i) {
        if (!working_.load(std::memory_order_acquire)) return;
        pause();
        if (i % 64) continue;
        if (limit == Clock::time_point{}) limit = Clock::now() + patience();
        if (Clock::now() >= limit) break;
    }
    for (int left; (left = working_.load(std::memory_order_acquire));) working_.wait(left, std::memory_order_acquire);
    const auto now = Clock::now();
    // stalls that are rare do not count as one long one
    alone_next_ =
        now - alone_until_ < alone_next_ ? std::min<Clock::duration>(2 * alone_next_, kAloneMost) : kAloneFirst;
    alone_until_ = now + alone_next_;
}

void Team::serve(int i) {
    begun_.fetch_add(1, std::memory_order_relaxed);
    for (std::uint32_t seen = 0;;) {
        std::uint32_t phase;
        for (int n = 0; n < kSpins && (phase = phase_.load(std::memory_order_acquire)) == seen; ++n) pause();
        while ((phase = phase_.load(std::memory_order_acquire)) == seen) phase_.wait(seen, std::memory_order_acquire);
        seen = phase;
        if (!call_) return;
        call_one(call_, state_, i);
        if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1) working_.notify_one();
    }
}

}  // namespace l3c
