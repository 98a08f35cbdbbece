// The entropy-coded scan of a baseline JPEG file (ITU-T T.81) to coefficients. src/l3c/jpeg/scan.py is its definition.
#pragma once
#include <cstddef>
#include <cstdint>

namespace l3c {

constexpr int kCodeBits = 16;  // of the longest code
constexpr int kBlock = 64;     // coefficients of 8 x 8 samples
constexpr int kPlanes = 3;     // components at most: luma and two of chroma

// Codes of 1 .. 16 bits in rising order: how many of each length, and their symbols.
struct PrefixCode {
    std::uint8_t counts[kCodeBits];
    std::uint8_t symbols[256];
};

// data: without stuffed bytes. component: of each of the `per_unit` blocks of a unit. out: units * per_unit blocks, zero,
// in zigzag order, as the scan has them. Returns nullptr, or what is wrong.
const char* read_scan(const std::uint8_t* data, std::size_t size, const PrefixCode& dc, const PrefixCode& ac,
                      const std::uint8_t* component, std::size_t per_unit, std::size_t units, std::int16_t* out);

}  // namespace l3c
