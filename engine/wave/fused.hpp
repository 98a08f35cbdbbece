// Vectors of float32 and their fused product and sum: a b + c rounded once, as IEEE 754 defines it, with or without an
// instruction for it. Equal to l3c.wave.definition.fused.
#pragma once
#include <cstdint>
#include <cstring>
#if defined(__AVX512F__) || defined(__FMA__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace l3c {
namespace {

#if defined(__AVX512F__)
constexpr int kFloatBytes = 64;
#elif defined(__AVX2__)
constexpr int kFloatBytes = 32;
#else
constexpr int kFloatBytes = 16;
#endif
typedef float Floats __attribute__((vector_size(kFloatBytes)));
typedef std::int32_t Ints __attribute__((vector_size(kFloatBytes)));  // as many
constexpr int kFloats = kFloatBytes / int(sizeof(float));

inline Floats load_floats(const float* p) {
    Floats v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store_floats(float* p, Floats v) { std::memcpy(p, &v, sizeof v); }

// The same where `where` is -1, not 0; nothing else is read, which counts as 0, or written.
inline Floats load_where(const float* p, Ints where) {
#if defined(__AVX512F__)
    return _mm512_maskz_loadu_ps(_mm512_test_epi32_mask(__m512i(where), __m512i(where)), p);
#elif defined(__FMA__)
    return _mm256_maskload_ps(p, __m256i(where));
#else
    Floats v{};
    for (int i = 0; i < kFloats; ++i)
        if (where[i]) v[i] = p[i];
    return v;
#endif
}
inline void store_where(float* p, Floats v, Ints where) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(p, _mm512_test_epi32_mask(__m512i(where), __m512i(where)), v);
#elif defined(__FMA__)
    _mm256_maskstore_ps(p, __m256i(where), v);
#else
    for (int i = 0; i < kFloats; ++i)
        if (where[i]) p[i] = v[i];
#endif
}

#if defined(__AVX512F__)
inline Floats fused(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
#elif defined(__FMA__)
inline Floats fused(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
#elif defined(__aarch64__)
inline Floats fused(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
#else
// In double precision the product is exact. Of the sum's two neighbours the odd one is taken where it is not exact
// ("rounding to odd", Boldo and Melquiond, 2008), so that rounding to float32 afterwards sees on which side it lies.
inline Floats fused(Floats a, Floats b, Floats c) {
    typedef double Doubles __attribute__((vector_size(2 * kFloatBytes)));
    typedef std::int64_t Bits __attribute__((vector_size(2 * kFloatBytes)));
    const Doubles start = __builtin_convertvector(c, Doubles);
    const Doubles product = __builtin_convertvector(a, Doubles) * __builtin_convertvector(b, Doubles);
    const Doubles sum = product + start, part = sum - product;
    const Doubles error = (product - (sum - part)) + (start - part);
    Bits bits;
    std::memcpy(&bits, &sum, sizeof bits);
    const Bits even = (bits & 1) - 1, inexact = error != 0, away = (error > 0) == (sum > 0);
    bits += even & inexact & (-2 * away - 1);
    Doubles odd;
    std::memcpy(&odd, &bits, sizeof odd);
    return __builtin_convertvector(odd, Floats);
}
#endif

}  // namespace
}  // namespace l3c
