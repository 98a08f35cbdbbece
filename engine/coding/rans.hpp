// Interleaved rANS, equal to l3c.coding.rans: 8 lanes, 40-bit states, 16-bit words, frequencies that sum to 2^16.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coding/status.hpp"

namespace l3c {

constexpr int kLanes = 8;
constexpr int kStateBytes = 5;
constexpr std::uint64_t kStateMin = std::uint64_t(1) << 24;

// Start in the low half, frequency in the high half, where 0 stands for 65536.
using Interval = std::uint32_t;

// Codes groups of intervals, the last one first.
class RansEncoder {
public:
    // symbols: about how many will be put.
    explicit RansEncoder(std::size_t symbols);
    void put_before(const Interval* group, std::size_t size);
    std::vector<std::uint8_t> finish() const;

private:
    std::uint64_t states_[kLanes];
    std::vector<std::uint16_t> words_;  // the last one first; at most one for each symbol
};

// Codes groups of intervals backwards; `sizes` are the groups' lengths in the order of decoding.
std::vector<std::uint8_t> rans_encode(const Interval* intervals, const std::uint32_t* sizes, std::size_t groups);

// The reading end. Kept in plain arrays, so that a kernel's loop can hold it close.
// Decoders side by side are used by several threads: none shares a line of the caches with another.
struct alignas(64) RansDecoder {
    std::uint64_t states[kLanes];
    const std::uint8_t* next;
    const std::uint8_t* end;
};

// Removes one symbol's interval from a state; frequency 1 .. 65536.
inline Status rans_take(RansDecoder& decoder, int lane, std::uint64_t start, std::uint64_t frequency) {
    std::uint64_t x = decoder.states[lane];
    x = frequency * (x >> 16) + (x & 0xffff) - start;
    if (x < kStateMin) {
        if (decoder.next == decoder.end) return Status::kRanOut;
        x = x << 16 | decoder.next[0] | std::uint64_t(decoder.next[1]) << 8;
        decoder.next += 2;
    }
    decoder.states[lane] = x;
    return Status::kOk;
}

Status rans_begin(const std::uint8_t* payload, std::size_t size, RansDecoder& decoder);
Status rans_finish(const RansDecoder& decoder);

}  // namespace l3c
