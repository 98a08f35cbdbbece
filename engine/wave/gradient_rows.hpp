// Matrices of 16-bit integers whose inner dimension comes in pairs: sums of gradients, in 32 bits. Sums of integers do not depend on
// their order, nor on the width of vectors.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wave/fused.hpp"

namespace l3c {
namespace {

typedef std::int16_t Shorts __attribute__((vector_size(kFloatBytes / 2)));  // as many as Floats

inline Ints load_ints(const std::int32_t* p) {
    Ints v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store_ints(std::int32_t* p, Ints v) { std::memcpy(p, &v, sizeof v); }
inline Floats floats_of(Ints v) { return __builtin_convertvector(v, Floats); }
inline void store_shorts(std::int16_t* p, Ints v) {
    const Shorts narrow = __builtin_convertvector(v, Shorts);
    std::memcpy(p, &narrow, sizeof narrow);
}

// sum + the products of both halves, 16-bit integers, of each number.
inline Ints add_pairs(Ints sum, Ints a, Ints b) {
#if defined(__AVX512VNNI__) && !defined(L3C_SIMDE)
    asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
#elif defined(__AVXVNNI__) && !defined(L3C_SIMDE)
    asm("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
    return sum;
#elif defined(__AVX2__)
    return sum + Ints(_mm256_madd_epi16(__m256i(a), __m256i(b)));
#elif defined(__SSE4_1__)
    return sum + Ints(_mm_madd_epi16(__m128i(a), __m128i(b)));
#elif defined(__aarch64__)
    const int16x8_t x = int16x8_t(a), y = int16x8_t(b);
    return sum + Ints(vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y)));
#else
    return sum + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

// A part of the inner dimension: pair i of row r of the left matrix is left[r * left_step + 2 i] and the number behind it; row i of
// the right one has such pairs, a number each.
struct PairProducts {
    const std::int16_t* left;
    std::ptrdiff_t left_step;
    const std::int32_t* right;
    std::ptrdiff_t right_step;
    int pairs;
};

// finish(row, column, sums) of Rows rows and Vectors vectors of columns, sums over all parts.
template <int Rows, int Vectors, class Finish>
inline void pair_block(const PairProducts* parts, int count, int row, int column, Finish finish) {
    Ints sum[Rows][Vectors]{};
    for (const PairProducts* part = parts; part != parts + count; ++part) {
        const std::int16_t* left = part->left + row * part->left_step;
        const std::int32_t* right = part->right + column;
        for (int i = 0; i < part->pairs; ++i, left += 2, right += part->right_step) {
            Ints x[Vectors];
            for (int v = 0; v < Vectors; ++v) x[v] = load_ints(right + v * kFloats);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                std::int32_t pair;
                std::memcpy(&pair, left + r * part->left_step, sizeof pair);
                const Ints factor = Ints{} + pair;
#pragma GCC unroll 4
                for (int v = 0; v < Vectors; ++v) sum[r][v] = add_pairs(sum[r][v], x[v], factor);
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) finish(row + r, column + v * kFloats, sum[r][v]);
}

// finish(row, column, sums) of `rows` rows and `columns` columns, these rounded up to kFloats.
template <class Finish>
inline void pair_matmul(const PairProducts* parts, int count, int rows, int columns, Finish finish) {
    // Rows whose sums, for two vectors of columns, fill the registers.
#if defined(__AVX512F__)
    constexpr int kRows = 12;
#elif defined(__aarch64__)
    constexpr int kRows = 8;
#else
    constexpr int kRows = 6;
#endif
    const auto strip = [&](int column, auto vectors) {
        constexpr int kVectors = decltype(vectors)::value;
        int row = 0;
        const auto group = [&](auto size) {
            for (; row + decltype(size)::value <= rows; row += decltype(size)::value)
                pair_block<decltype(size)::value, kVectors>(parts, count, row, column, finish);
        };
        group(std::integral_constant<int, kRows>{});
        group(std::integral_constant<int, 4>{});
        group(std::integral_constant<int, 1>{});
        return column + kVectors * kFloats;
    };
    for (int column = 0; column < columns;)
        column = columns - column > kFloats ? strip(column, std::integral_constant<int, 2>{})
                                            : strip(column, std::integral_constant<int, 1>{});
}

// to[p][r] = from[r][p] of 32-bit numbers for `rows` rows and `columns` columns, each rounded up to 4.
inline void transpose(const std::int32_t* from, std::ptrdiff_t from_stride, int rows, int columns, std::int32_t* to,
                      std::ptrdiff_t to_stride) {
    typedef std::int32_t I32x4 __attribute__((vector_size(16)));
    for (int p = 0; p < columns; p += 4)
        for (int r = 0; r < rows; r += 4) {
            I32x4 row[4];
            for (int i = 0; i < 4; ++i) std::memcpy(&row[i], from + (r + i) * from_stride + p, sizeof row[i]);
            const I32x4 a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
            const I32x4 b = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
            const I32x4 c = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
            const I32x4 d = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
            const I32x4 columns_of_four[4] = {
                __builtin_shufflevector(a, c, 0, 1, 4, 5), __builtin_shufflevector(a, c, 2, 3, 6, 7),
                __builtin_shufflevector(b, d, 0, 1, 4, 5), __builtin_shufflevector(b, d, 2, 3, 6, 7)};
            for (int i = 0; i < 4; ++i)
                std::memcpy(to + (p + i) * to_stride + r, &columns_of_four[i], sizeof columns_of_four[i]);
        }
}

}  // namespace
}  // namespace l3c
