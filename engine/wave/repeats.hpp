// Values that deep samples may repeat, each with a probability of its own beside the mixture's. Equal to
// l3c.wave.definition.repeats.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coding/mixture.hpp"
#include "wave/architecture.hpp"
#include "workspace.hpp"

namespace l3c {
namespace {

constexpr int kRepeats = 5;           // of a sample: four neighbours, and the plane through three of them
constexpr int kRepeatNeighbours = 4;  // left, above, upper right, upper left
constexpr Offset kRepeatOffsets[kRepeatNeighbours] = {{0, -1}, {-1, 0}, {-1, 1}, {-1, -1}};
constexpr int kRepeatPatterns = 16;  // which of the neighbours are equal
constexpr int kRepeatCounts = kRepeats + 1;
constexpr int kRepeatContexts = kRepeatPatterns * kRepeatCounts;  // and what the channel before repeated
constexpr int kCounted = 256;                                     // what a sample adds to counts
constexpr int kMostCounted = 128 * kCounted;          // beyond, counts of a context are divided by 2: old samples fade
constexpr int kFirstCounts[2] = {16 * kCounted, 51};  // of the mixture, and of each repeat
constexpr int kLeastCounts[2] = {kCounted, 5};

// floor(mass slots / whole), for 0 <= mass <= whole: exact, since a quotient that is no integer lies at least 1 / whole below
// the next one.
inline I32x8 share_of(I32x8 mass, I32x8 slots, I32x8 whole) {
    I32x8 result;
    for (int half = 0; half < 2; ++half) {
        I32x4 part[3];
        const I32x8* from[3] = {&mass, &slots, &whole};
        for (int i = 0; i < 3; ++i)
            std::memcpy(&part[i], reinterpret_cast<const char*>(from[i]) + 16 * half, sizeof part[i]);
        const F64x4 quotient = __builtin_convertvector(part[0], F64x4) * __builtin_convertvector(part[1], F64x4) /
                               __builtin_convertvector(part[2], F64x4);
        part[0] = __builtin_convertvector(quotient, I32x4);
        std::memcpy(reinterpret_cast<char*>(&result) + 16 * half, &part[0], sizeof part[0]);
    }
    return result;
}

// The repeats of eight samples.
struct Repeats8 {
    I32x8 context;           // whose counts they have
    I32x8 value[kRepeats];   // samples
    I32x8 symbol[kRepeats];  // their residuals, or -1 where there is no such repeat
    I32x8 inside[kRepeats];  // their places in the step, all bits
    I32x8 mixture;           // share of the mixture, of 65536
    I32x8 slots[kRepeats];   // frequencies of the repeats
    I32x8 mass[kRepeats];    // the same beside a mixture of 65536
};

// Counts of how often what was repeated. A wavefront sees those of the wavefronts before.
class RepeatCounts {
public:
    void open(int channels, std::ptrdiff_t longest, Workspace& memory, SharedWorkspace& shared) {
        size_ = std::ptrdiff_t(channels) * kEach, longest_ = longest;
        counts_ = shared.take<std::int32_t>(size_);
        if (shared.first_view())
            for (std::ptrdiff_t i = 0; i < size_; ++i) counts_[i] = kFirstCounts[i % kRepeatCounts != 0];
        added_ = memory.take<std::int32_t>(size_);
        repeated_ = memory.take<std::int32_t>(longest), kept_ = memory.take<float>(longest);
    }

    // What the channel before repeated: 0 for nothing.
    I32x8 repeated(int at) const { return load8(repeated_ + at); }
    // The share of eight samples' gradients that is the mixture's.
    F32x8 kept(int at) const {
        F32x8 v;
        std::memcpy(&v, kept_ + at, sizeof v);
        return v;
    }

    // Shares by the counts of the contexts.
    void share(int c, Repeats8& r) const {
        const std::int32_t* counts = counts_ + c * kEach;
        const I32x8 row = r.context * kRepeatCounts;
        I32x8 count[kRepeats], whole = look_up(counts, row);
        for (int k = 0; k < kRepeats; ++k) {
            count[k] = r.symbol[k] < 0 ? all8(0) : look_up(counts, row + (k + 1));
            whole += count[k];
        }
        r.mixture = all8(1 << kFrequencyBits);
        for (int k = 0; k < kRepeats; ++k) {
            count[k] = share_of(count[k], all8(1 << kFrequencyBits), whole);
            r.mixture -= count[k];
        }
        for (int k = 0; k < kRepeats; ++k) {
            r.slots[k] = (count[k] * (kSymbols - 1)) >> 8;
            r.mass[k] = share_of(count[k], all8(1 << kFrequencyBits), r.mixture);
        }
    }

    // Eight samples of channel c, or the `left` ones there are, are known. frequencies: of their three symbols.
    void add(int c, int at, int left, const Repeats8& r, I32x8 value, const I32x8* frequencies) {
        I32x8 which = all8(0), slots = all8(0);
        for (int k = 0; k < kRepeats; ++k) {
            const I32x8 hit = (r.symbol[k] >= 0) & (r.value[k] == value);
            which = hit ? all8(k + 1) : which;
            slots = hit ? r.slots[k] : slots;
        }
        for (int i = 0; i < kVector && i < left; ++i) {  // those behind may be the next strip's
            std::int32_t part = 0, *added = added_ + c * kEach + r.context[i] * kRepeatCounts;
            if (which[i]) {
                const double all = double(frequencies[0][i]) * double(frequencies[1][i]) * double(frequencies[2][i]);
                const double ratio = double(slots[i]) * kRatio / all;
                part = ratio < kCounted ? std::int32_t(ratio) : kCounted;
                added[which[i]] += part;
            }
            added[0] += kCounted - part;
            repeated_[at + i] = part > kCounted / 2 ? which[i] : 0;
            kept_[at + i] = float(kCounted - part) * (1.0f / kCounted);
        }
    }

    // The wavefront is known, to all threads that coded it; by one of them. others: all threads' counts.
    template <class Others>
    void merge(int threads, Others others) {
        for (std::ptrdiff_t i = 0; i < size_; i += kRepeatCounts) {
            std::int32_t sum = 0, *counts = counts_ + i;
            for (int k = 0; k < kRepeatCounts; ++k) {
                for (int thread = 0; thread < threads; ++thread) {
                    std::int32_t& added = others(thread).added_[i + k];
                    counts[k] += added;
                    added = 0;
                }
                sum += counts[k];
            }
            while (sum > kMostCounted) {
                sum = 0;
                for (int k = 0; k < kRepeatCounts; ++k) {
                    const std::int32_t half = counts[k] >> 1, least = kLeastCounts[k > 0];
                    sum += counts[k] = half < least ? least : half;
                }
            }
        }
    }

private:
    static constexpr std::ptrdiff_t kEach = kRepeatContexts * kRepeatCounts;
    static constexpr double kRatio = double(std::int64_t(1) << 40);  // 256 2^48 / 2^16
    std::ptrdiff_t size_ = 0, longest_ = 0;
    std::int32_t *counts_ = nullptr, *added_ = nullptr, *repeated_ = nullptr;
    float* kept_ = nullptr;
};

}  // namespace
}  // namespace l3c
