// Least-squares prediction of a channel from 12 neighbours, fitted at each pixel to the pixels before it, whose weights fade
// with their distance. Equal to l3c.wave.local_fit.
//
// Everything is kept by wavefront and row, so that the pixels of a wavefront fill vectors: sums of pixel (y, x) lie in slot
// t = x + 3 y at lane y, those of its left neighbour in slot t - 1 at the same lane, of the upper right one in slot t - 2 at
// lane y - 1.
#pragma once
#include <cmath>
#include <cstddef>

#include "fused.hpp"
#include "wave_model.hpp"

namespace l3c {
namespace {

constexpr int kFit = kFitted, kFitSums = kFit * (kFit + 1) / 2 + kFit, kFitRing = 4;
constexpr float kFromLeft = 17.0f / 32, kFromAbove = 27.0f / 64, kRidge = 8.0f;

class LocalFit {
public:
    static std::size_t size(std::ptrdiff_t lanes) { return std::size_t(kFitRing) * kFitSums * lanes; }

    LocalFit() = default;
    // sums: size(lanes) zeros, lanes at least rows + kFloats + 2.
    LocalFit(float* sums, std::ptrdiff_t lanes) : sums_(sums), lanes_(lanes) {}

    // x: 12 rows of the neighbours' differences; out: predicted differences of rows first .. first + count - 1.
    void predict(std::int64_t t, int first, int count, const float* x, std::ptrdiff_t stride, float* out) {
        for (int i = 0; i < count; i += kFloats) {
            Floats rows[kFit + 2][kFit];
            const Lanes inside = lanes_below(count - i);
            fade(t, first + i, inside, rows);
            for (int j = 0; j < kFit; ++j) rows[kFit + 1][j] = load_floats(x + j * stride + i);
            store_floats(out + i, solve(rows));
        }
    }

    // target: the true differences. room: one row.
    void update(std::int64_t t, int first, int count, const float* x, std::ptrdiff_t stride, const float* target,
                float* room) {
        weigh(count, x, stride, room);
        for (int i = 0; i < count; i += kFloats) {
            const Lanes inside = lanes_below(count - i);
            float* sum = slot(t) + first + i;
            const Floats weight = load_floats(room + i);
            for (int r = 0; r <= kFit; ++r) {
                const Floats value = weight * load_floats(r < kFit ? x + r * stride + i : target + i);
                for (int j = 0; j <= r && j < kFit; ++j, sum += lanes_) {
                    const Floats total = fused(value, load_floats(x + j * stride + i), load_floats(sum));
                    store_floats(sum, inside ? total : Floats{});
                }
            }
        }
    }

    // The row's last pixel was in wavefront t: what follows it counts as nothing.
    void end_row(std::int64_t t, int row) {
        float* sum = slot(t + 1) + row;
        for (int e = 0; e < kFitSums; ++e) sum[e * lanes_] = 0.0f;
    }

private:
    typedef std::int32_t Lanes __attribute__((vector_size(kFloatBytes)));

    float* slot(std::int64_t t) { return sums_ + (t & (kFitRing - 1)) * kFitSums * lanes_ + 1; }

    static Lanes lanes_below(int count) {
        Lanes index;
        for (int i = 0; i < kFloats; ++i) index[i] = i;
        return index < count;
    }

    // The sums that a pixel finds, kept for update(); as rows of a ridged lower triangle and the target's row.
    void fade(std::int64_t t, int at, Lanes inside, Floats (*rows)[kFit]) {
        const float *left = slot(t - 1) + at, *above = slot(t - 2) + at - 1;
        float* here = slot(t) + at;
        for (int r = 0; r <= kFit; ++r)
            for (int j = 0; j <= r && j < kFit; ++j, left += lanes_, above += lanes_, here += lanes_) {
                const Floats total = fused(Floats{} + kFromAbove, load_floats(above), kFromLeft * load_floats(left));
                store_floats(here, inside ? total : Floats{});
                rows[r][j] = r == j ? total + kRidge : total;
            }
    }

    // Elimination without pivots: the target's row times the features' row, by the inverse of the triangle.
    static Floats solve(Floats (*rows)[kFit]) {
        Floats result{}, scaled[kFit];
        for (int j = 0; j < kFit; ++j) {
            const Floats least = Floats{} + kRidge / 2, pivot = rows[j][j] > least ? rows[j][j] : least;
            const Floats inverse = 1.0f / pivot;
            for (int k = j + 1; k < kFit; ++k) scaled[k] = rows[k][j] * inverse;
            for (int r = j + 1; r < kFit + 2; ++r) {
                const Floats factor = -rows[r][j];
                for (int k = j + 1; k <= r && k < kFit; ++k) rows[r][k] = fused(factor, scaled[k], rows[r][k]);
            }
            result = fused(rows[kFit + 1][j], rows[kFit][j] * inverse, result);
        }
        return result;
    }

    // 16 / sqrt(energy of the neighbours' differences + 16): lively places count less.
    static void weigh(int count, const float* x, std::ptrdiff_t stride, float* weight) {
        for (int i = 0; i < count; ++i) weight[i] = 16.0f;
        for (int j = 0; j < kFit; ++j)
            for (int i = 0; i < count; ++i) weight[i] += x[j * stride + i] * x[j * stride + i];
        for (int i = 0; i < count; ++i) weight[i] = 16.0f / std::sqrt(weight[i]);
    }

    float* sums_ = nullptr;
    std::ptrdiff_t lanes_ = 0;
};

// A fitted difference as an input of the network: quarters of a level about 128.
inline std::int32_t fit_level(float difference) {
    float v = difference * 4.0f + 128.5f;
    v = v > 0.0f ? v : 0.0f;
    return std::int32_t(v < 255.0f ? v : 255.0f);
}

}  // namespace
}  // namespace l3c
