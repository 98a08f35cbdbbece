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

typedef float Vec __attribute__((vector_size(32)));
constexpr std::size_t kLanes = 8;

Vec load(const float* p) {
    Vec v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
Vec splat(float x) { return Vec{x, x, x, x, x, x, x, x}; }

// Y[r][p] = start + sum_i A[r][i] X[i][p] for Rows rows and 16 columns; start is bias[r], or Y[r][p] itself without one.
template <int Rows>
void product_rows(int inputs, const float* a, int a_stride, const float* x, int x_stride, const float* bias, float* y,
                  int y_stride) {
    Vec sum[Rows][2];
    for (int r = 0; r < Rows; ++r)
        for (int half = 0; half < 2; ++half)
            sum[r][half] = bias ? splat(bias[r]) : load(y + std::size_t(r) * y_stride + half * kLanes);
    for (int i = 0; i < inputs; ++i) {
        const Vec left = load(x + std::size_t(i) * x_stride), right = load(x + std::size_t(i) * x_stride + kLanes);
        for (int r = 0; r < Rows; ++r) {
            const Vec f = splat(a[std::size_t(r) * a_stride + i]);
            sum[r][0] += f * left;
            sum[r][1] += f * right;
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int half = 0; half < 2; ++half) store(y + std::size_t(r) * y_stride + half * kLanes, sum[r][half]);
}

// All rows for 16 columns, in groups that fill the registers.
void product_columns(int rows, int inputs, const float* a, int a_stride, const float* x, int x_stride,
                            const float* bias, float* y, int y_stride) {
    int r = 0;
    const auto group = [&](auto size) {
        constexpr int kRows = decltype(size)::value;
        for (; r + kRows <= rows; r += kRows)
            product_rows<kRows>(inputs, a + std::size_t(r) * a_stride, a_stride, x, x_stride, bias ? bias + r : nullptr,
                                y + std::size_t(r) * y_stride, y_stride);
    };
    group(std::integral_constant<int, 6>{});
    group(std::integral_constant<int, 4>{});
    group(std::integral_constant<int, 1>{});
}

// Y = W X + bias over `pixels` columns (a multiple of 16); X and Y share the row stride `ld`.
void product(int outputs, int inputs, int pixels, const float* w, const float* x, const float* bias, float* y,
                    int ld) {
    for (int p = 0; p < pixels; p += 16) product_columns(outputs, inputs, w, inputs, x + p, ld, bias, y + p, ld);
}

constexpr int padded(int n) { return (n + 15) / 16 * 16; }

// dWt[i][o] += sum_p X[i][p] dY[o][p], a product whose long axis is the pixels; db[o] += sum_p dY[o][p].
// dWt has rows of padded(outputs); `turned` is room for pixels x padded(outputs).
void outer(int outputs, int inputs, int pixels, const float* dy, const float* x, int ld, float* turned,
                  float* dwt, float* db) {
    const int width = padded(outputs);
    for (int o = 0; o < outputs; ++o) {
        float sum = 0;
        for (int p = 0; p < pixels; ++p) sum += dy[std::size_t(o) * ld + p];
        db[o] += sum;
    }
    for (int first = 0; first < pixels; first += kLanes)
        for (int o = 0; o < width; ++o)
            for (int p = first; p < first + int(kLanes); ++p)
                turned[std::size_t(p) * width + o] = o < outputs ? dy[std::size_t(o) * ld + p] : 0.0f;
    for (int o = 0; o < width; o += 16)
        product_columns(inputs, pixels, x, ld, turned + o, width, nullptr, dwt + o, width);
}

}  // namespace
}  // namespace l3c::training
