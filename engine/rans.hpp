// Interleaved rANS, equal to l3c.coding.rans: 8 lanes, 40-bit states, 16-bit words, frequencies that sum to 2^16.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wave_model.hpp"

namespace l3c {

constexpr int kLanes = 8;
constexpr int kStateBytes = 5;
constexpr std::uint64_t kStateMin = std::uint64_t(1) << 24;

// Start in the low half, frequency in the high half.
using Interval = std::uint32_t;

// Codes groups of intervals backwards; `sizes` are the groups' lengths in the order of decoding.
std::vector<std::uint8_t> rans_encode(const Interval* intervals, const std::uint32_t* sizes, std::size_t groups);

// The reading end. Kept in plain arrays, so that a kernel's loop can hold it close.
struct RansDecoder {
    std::uint64_t states[kLanes];
    const std::uint8_t* next;
    const std::uint8_t* end;
};

Status rans_begin(const std::uint8_t* payload, std::size_t size, RansDecoder& decoder);
Status rans_finish(const RansDecoder& decoder);

}  // namespace l3c
