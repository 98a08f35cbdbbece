// Steps in float32, in a written order: + - * / and fused(), each rounded once, no contraction. Vectors hold independent
// results, so their width does not matter to the bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wave/fused.hpp"

namespace l3c {
namespace {

constexpr int kFloatGranule = 16;  // rows of results are padded to this many columns
constexpr int padded_floats(int n) { return (n + kFloatGranule - 1) / kFloatGranule * kFloatGranule; }

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
