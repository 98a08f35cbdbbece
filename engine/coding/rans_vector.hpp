// A symbol of each of the eight lanes at once, equal to eight calls of rans_take. Included by each instruction set's source.
#pragma once
#include "coding/rans.hpp"
#include "isa/vectors.hpp"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace l3c {
namespace {

static_assert(kLanes == kVector);

// The low bits of the lanes' states, which say what symbols follow.
inline I32x8 slots_of(const RansDecoder& decoder) {
#if defined(__AVX512F__)
    const __m512i states = _mm512_loadu_si512(decoder.states);
    return I32x8(_mm512_cvtepi64_epi32(_mm512_and_si512(states, _mm512_set1_epi64(0xffff))));
#else
    I32x8 slots;
    for (int i = 0; i < kVector; ++i) slots[i] = std::int32_t(decoder.states[i] & 0xffff);
    return slots;
#endif
}

// Removes the intervals from all lanes. False, with nothing done, where a lane may ask for more than is left, or where the set has
// no instructions for it: rans_take then says how it ends.
inline bool rans_take_all(RansDecoder& decoder, I32x8 start, I32x8 frequency) {
#if defined(__AVX512F__)
    if (decoder.end - decoder.next < 2 * kLanes) return false;
    __m512i x = _mm512_loadu_si512(decoder.states);
    const __m512i slot = _mm512_and_si512(x, _mm512_set1_epi64(0xffff));
    const __m512i product = _mm512_mul_epu32(_mm512_srli_epi64(x, 16), _mm512_cvtepu32_epi64(__m256i(frequency)));
    x = _mm512_add_epi64(product, _mm512_sub_epi64(slot, _mm512_cvtepu32_epi64(__m256i(start))));
    const __mmask8 low = _mm512_cmplt_epu64_mask(x, _mm512_set1_epi64(std::int64_t(kStateMin)));
    __m128i bytes;
    std::memcpy(&bytes, decoder.next, sizeof bytes);
    const __m512i words = _mm512_maskz_expand_epi64(low, _mm512_cvtepu16_epi64(bytes));
    x = _mm512_mask_or_epi64(x, low, _mm512_slli_epi64(x, 16), words);
    _mm512_storeu_si512(decoder.states, x);
    decoder.next += 2 * __builtin_popcount(low);
    return true;
#else
    (void)decoder, (void)start, (void)frequency;
    return false;
#endif
}

// Removes the intervals from the first `count` lanes.
inline Status take_group(RansDecoder& decoder, I32x8 start, I32x8 frequency, int count) {
    if (count == kLanes && rans_take_all(decoder, start, frequency)) return Status::kOk;
    for (int i = 0; i < count; ++i) {
        const Status status = rans_take(decoder, i, start[i], frequency[i]);
        if (status != Status::kOk) return status;
    }
    return Status::kOk;
}

}  // namespace
}  // namespace l3c
