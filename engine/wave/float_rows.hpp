// Products and steps in float32, in a written order: + - * / and fused(), each rounded once, no contraction.
// Every sum runs over one index, upwards, for each result alone; vectors hold independent results, so their width does not
// matter to the bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wave/fused.hpp"

namespace l3c {
namespace {

// Rows whose sums, for so many vectors of columns, fill the registers.
#if defined(__AVX512F__)
constexpr int most_float_rows(int vectors) { return vectors == 3 ? 8 : 12; }
#else
constexpr int most_float_rows(int vectors) { return vectors == 3 ? 3 : 5; }
#endif
constexpr int kFloatGranule = 16;  // rows of results are padded to this many columns
constexpr int padded_floats(int n) { return (n + kFloatGranule - 1) / kFloatGranule * kFloatGranule; }

// A matrix whose element (row, i) is data[row * row_step + i * step].
struct Matrix {
    const float* data;
    std::ptrdiff_t row_step, step;
};

// y[r][p] = start + sum over i < inner of a(r, i) x[i][p], each term fused; start is y[r][p] itself if `add`, or 0.
template <int Rows, int Vectors>
inline void float_block(Matrix a, int inner, const float* x, std::ptrdiff_t x_stride, bool add, float* y,
                        std::ptrdiff_t y_stride) {
    Floats sum[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) sum[r][v] = add ? load_floats(y + r * y_stride + v * kFloats) : Floats{};
    for (int i = 0; i < inner; ++i) {
        Floats column[Vectors];
        for (int v = 0; v < Vectors; ++v) column[v] = load_floats(x + i * x_stride + v * kFloats);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const Floats factor = Floats{} + a.data[r * a.row_step + i * a.step];
            for (int v = 0; v < Vectors; ++v) sum[r][v] = fused(factor, column[v], sum[r][v]);
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) store_floats(y + r * y_stride + v * kFloats, sum[r][v]);
}

template <int Vectors>
inline void float_columns(Matrix a, int rows, int inner, const float* x, std::ptrdiff_t x_stride, bool add, float* y,
                          std::ptrdiff_t y_stride) {
    int r = 0;
    const auto group = [&](auto size) {
        constexpr int kRows = decltype(size)::value;
        for (; r + kRows <= rows; r += kRows)
            float_block<kRows, Vectors>({a.data + r * a.row_step, a.row_step, a.step}, inner, x, x_stride, add,
                                        y + r * y_stride, y_stride);
    };
    group(std::integral_constant<int, most_float_rows(Vectors)>{});
    group(std::integral_constant<int, 4>{});
    group(std::integral_constant<int, 1>{});
}

// Rows of y for `columns` columns, rounded up to kFloats.
inline void float_matmul(Matrix a, int rows, int inner, int columns, const float* x, std::ptrdiff_t x_stride, bool add,
                         float* y, std::ptrdiff_t y_stride) {
    const auto part = [&](int p, auto vectors) {
        float_columns<decltype(vectors)::value>(a, rows, inner, x + p, x_stride, add, y + p, y_stride);
        return p + decltype(vectors)::value * kFloats;
    };
    for (int p = 0; p < columns;) {
        const int left = (columns - p + kFloats - 1) / kFloats;
        p = left == 1   ? part(p, std::integral_constant<int, 1>{})
            : left == 3 ? part(p, std::integral_constant<int, 3>{})
                        : part(p, std::integral_constant<int, 2>{});
    }
}

// to[p][r] = from[r][p] for `rows` rows and `columns` columns, each rounded up to 4.
inline void transpose(const float* from, std::ptrdiff_t from_stride, int rows, int columns, float* to,
                      std::ptrdiff_t to_stride) {
    typedef float F32x4 __attribute__((vector_size(16)));
    for (int p = 0; p < columns; p += 4)
        for (int r = 0; r < rows; r += 4) {
            F32x4 row[4];
            for (int i = 0; i < 4; ++i) std::memcpy(&row[i], from + (r + i) * from_stride + p, sizeof row[i]);
            const F32x4 a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
            const F32x4 b = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
            const F32x4 c = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
            const F32x4 d = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
            const F32x4 columns_of_four[4] = {
                __builtin_shufflevector(a, c, 0, 1, 4, 5), __builtin_shufflevector(a, c, 2, 3, 6, 7),
                __builtin_shufflevector(b, d, 0, 1, 4, 5), __builtin_shufflevector(b, d, 2, 3, 6, 7)};
            for (int i = 0; i < 4; ++i)
                std::memcpy(to + (p + i) * to_stride + r, &columns_of_four[i], sizeof columns_of_four[i]);
        }
}

// About 1 / sqrt(x) of normal x above 0: a line through its bits, then two steps of Newton's method; equal on all machines.
inline Floats inverse_root(Floats x) {
    Ints bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits = 0x5f3759df - (bits >> 1);
    Floats y;
    std::memcpy(&y, &bits, sizeof y);
    const Floats half = x * 0.5f;
    for (int i = 0; i < 2; ++i) y = y * fused(-(half * y), y, Floats{} + 1.5f);
    return y;
}

// Adam (Kingma and Ba, 2015) with bias correction; small moments are rounded away, so that none becomes subnormal.
// Arrays are whole vectors.
struct Adam {
    float learning_rate, first_moment_rate, second_moment_rate, epsilon;
    float mean_left = 1, square_left = 1;  // the powers of the bias correction

    void begin_step() { mean_left *= 1.0f - first_moment_rate, square_left *= 1.0f - second_moment_rate; }

    // Of some of the parameters.
    void step(float* __restrict values, float* __restrict gradients, float* __restrict means, float* __restrict squares,
              std::size_t count, int samples) const {
        constexpr float kTiny = 1e-12f;  // added and taken away: what is far smaller becomes 0, never subnormal
        const float share = 1.0f / float(samples);
        const float reach = learning_rate / (1.0f - mean_left), scale = 1.0f / (1.0f - square_left),
                    least = epsilon * epsilon;
        for (std::size_t i = 0; i < count; i += kFloats) {
            const Floats gradient = load_floats(gradients + i) * share;
            Floats mean = load_floats(means + i), square = load_floats(squares + i);
            mean = (mean + first_moment_rate * (gradient - mean) + kTiny) - kTiny;
            square = (square + second_moment_rate * (gradient * gradient - square) + kTiny) - kTiny;
            store_floats(means + i, mean);
            store_floats(squares + i, square);
            store_floats(values + i, load_floats(values + i) - (reach * mean) * inverse_root(square * scale + least));
            store_floats(gradients + i, Floats{});
        }
    }
};

}  // namespace
}  // namespace l3c
