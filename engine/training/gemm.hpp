// Small dense products on channel-major blocks: X[channel][pixel], pixels contiguous.
//
// Written with GCC/Clang vector extensions, so one source serves every instruction set. Floating-point sums may be
// taken in any order here: nothing of this reaches a file.
#pragma once
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace l3c::training {
namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
constexpr int kMostRows = 12;  // times 2 vectors of sums: 24 of 32 registers
#else
constexpr int kVectorBytes = 32;
constexpr int kMostRows = 6;  // times 2 vectors of sums: 12 of 16 registers
#endif
typedef float Vec __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes = kVectorBytes / sizeof(float);

Vec load(const float* p) {
    Vec v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
Vec splat(float x) { return Vec{} + x; }

// What a product begins with: bias[r] in each row, 0, or what is there.
struct Start {
    const float* bias;
    bool add;
    Start from(int row) const { return {bias ? bias + row : nullptr, add}; }
};
constexpr Start kZero{nullptr, false}, kAdd{nullptr, true};

// Y[r][p] = start + sum_i A[r][i] X[i][p] for Rows rows and Vectors x kLanes columns.
template <int Rows, int Vectors>
void matmul_rows(int inputs, const float* a, int a_stride, const float* x, int x_stride, Start start, float* y,
                 int y_stride) {
    Vec sum[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            sum[r][v] = start.bias  ? splat(start.bias[r])
                        : start.add ? load(y + std::size_t(r) * y_stride + v * kLanes)
                                    : Vec{};
    for (int i = 0; i < inputs; ++i) {
        Vec column[Vectors];
        for (int v = 0; v < Vectors; ++v) column[v] = load(x + std::size_t(i) * x_stride + v * kLanes);
        for (int r = 0; r < Rows; ++r) {
            const Vec f = splat(a[std::size_t(r) * a_stride + i]);
            for (int v = 0; v < Vectors; ++v) sum[r][v] += f * column[v];
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) store(y + std::size_t(r) * y_stride + v * kLanes, sum[r][v]);
}

// All rows for Vectors x kLanes columns, in groups that fill the registers.
template <int Vectors>
void matmul_columns(int rows, int inputs, const float* a, int a_stride, const float* x, int x_stride, Start start,
                    float* y, int y_stride) {
    int r = 0;
    const auto group = [&](auto size) {
        constexpr int kRows = decltype(size)::value;
        for (; r + kRows <= rows; r += kRows)
            matmul_rows<kRows, Vectors>(inputs, a + std::size_t(r) * a_stride, a_stride, x, x_stride, start.from(r),
                                        y + std::size_t(r) * y_stride, y_stride);
    };
    group(std::integral_constant<int, kMostRows>{});
    group(std::integral_constant<int, 4>{});
    group(std::integral_constant<int, 1>{});
}

// Y = A X + start over `columns` columns, a multiple of 16.
void matmul_all(int rows, int inputs, int columns, const float* a, int a_stride, const float* x, int x_stride,
                Start start, float* y, int y_stride) {
    int p = 0;
    for (; p + 2 * kLanes <= columns; p += 2 * kLanes)
        matmul_columns<2>(rows, inputs, a, a_stride, x + p, x_stride, start, y + p, y_stride);
    for (; p < columns; p += kLanes)
        matmul_columns<1>(rows, inputs, a, a_stride, x + p, x_stride, start, y + p, y_stride);
}

// Y = W X + start over `pixels` columns (a multiple of 16); X and Y share the row stride `ld`.
void matmul(int outputs, int inputs, int pixels, const float* w, const float* x, Start start, float* y, int ld) {
    matmul_all(outputs, inputs, pixels, w, inputs, x, ld, start, y, ld);
}

constexpr int padded(int n) { return (n + 15) / 16 * 16; }

// dWt[i][o] += sum_p X[i][p] dY[o][p], a product whose long axis is the pixels; db[o] += sum_p dY[o][p].
// dWt has rows of padded(outputs); `transposed` is room for pixels x padded(outputs).
void outer(int outputs, int inputs, int pixels, const float* dy, const float* x, int ld, float* transposed, float* dwt,
           float* db) {
    const int width = padded(outputs);
    for (int o = 0; o < outputs; ++o) {
        float sum = 0;
        for (int p = 0; p < pixels; ++p) sum += dy[std::size_t(o) * ld + p];
        db[o] += sum;
    }
    for (int first = 0; first < pixels; first += 8)
        for (int o = 0; o < width; ++o)
            for (int p = first; p < first + 8; ++p)
                transposed[std::size_t(p) * width + o] = o < outputs ? dy[std::size_t(o) * ld + p] : 0.0f;
    matmul_all(inputs, pixels, width, x, ld, transposed, width, kAdd, dwt, width);
}

}  // namespace
}  // namespace l3c::training
