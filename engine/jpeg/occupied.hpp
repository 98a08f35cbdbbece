// Which coefficients of a block are not zero.
#pragma once
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "jpeg/entropy.hpp"

namespace l3c::jpeg {
namespace {

// Bit k: coefficient k is not zero.
inline std::uint64_t occupied(const std::int16_t* block) {
    std::uint64_t mask = 0;
#if defined(__SSE2__)
    const auto* rows = reinterpret_cast<const __m128i*>(block);
    const __m128i zero = _mm_setzero_si128();
    for (int i = 0; i < 4; ++i) {
        const __m128i both = _mm_packs_epi16(_mm_loadu_si128(rows + 2 * i), _mm_loadu_si128(rows + 2 * i + 1));
        mask |= std::uint64_t(~_mm_movemask_epi8(_mm_cmpeq_epi8(both, zero)) & 0xFFFF) << (16 * i);
    }
#else
    for (int k = 0; k < kBlockSize; ++k) mask |= std::uint64_t(block[k] != 0) << k;
#endif
    return mask;
}

// Bits first .. last.
inline std::uint64_t band(int first, int last) { return ~std::uint64_t(0) >> (63 - last) >> first << first; }

}  // namespace
}  // namespace l3c::jpeg
