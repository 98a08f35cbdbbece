// The gradients of a symbol's cost by the outputs of its head, in float32 from the integers of the mixture: no exponential
// and no logarithm is needed. Equal to l3c.wave.definition.learning.mixture_gradients.
#pragma once
#include "coding/mixture.hpp"

namespace l3c {
namespace {

constexpr float kSlot = 1.0f / (1 << kFrequencyBits);  // probability of one slot
// Of the slots those that follow the mass: each symbol has one of its own.
constexpr float kMassShare = 1 - kSymbols * kSlot;

inline F32x8 inverse_scale(const Mixture8& m, int k) {
    return floats8(m.mantissa[k]) / floats8(all8(16) << m.shift[k]);
}

// Rows of gradients in nats by logits, means (levels) and log scales; returns the sum over the means.
template <class Count>
inline F32x8 mixture_gradients(const Tables& tables, const Mixture8& m, Count components, I32x8 symbol, float* rows,
                               std::ptrdiff_t stride) {
    const Interval8 interval = interval_of(tables, m, components, symbol);
    const F32x8 gain = all8f(kMassShare) / (floats8(interval.frequency) * kSlot);
    F32x8 mass[kMaxComponents], density[kMaxComponents], tilt[kMaxComponents], share[kMaxComponents];
    F32x8 total = all8f(0), mean_gradient = all8f(0);
    for (int k = 0; k < components; ++k) {
        const I32x8 low = edge_argument(m, k, symbol), high = edge_argument(m, k, symbol + 1);
        const F32x8 below = floats8(symbol == 0 ? all8(0) : logistic(tables, low)) * kSlot;
        const F32x8 above =
            floats8(symbol == kSymbols - 1 ? all8(1 << kFrequencyBits) : logistic(tables, high)) * kSlot;
        const F32x8 slope_below = below * (1.0f - below), slope_above = above * (1.0f - above);
        mass[k] = above - below;
        density[k] = slope_above - slope_below;
        tilt[k] = floats8(high) * (1.0f / 1024) * slope_above - floats8(low) * (1.0f / 1024) * slope_below;
        share[k] = floats8(m.weight[k]) * (1.0f / (1 << kWeightBits));
        total += share[k] * mass[k];
    }
    for (int k = 0; k < components; ++k) {
        const F32x8 weight = gain * share[k];
        const F32x8 mean = weight * density[k] * inverse_scale(m, k);
        mean_gradient += mean;
        store8(rows + k * stride, weight * (total - mass[k]));
        store8(rows + (components + k) * stride, mean);
        store8(rows + (2 * components + k) * stride, weight * tilt[k]);
    }
    return mean_gradient;
}

}  // namespace
}  // namespace l3c
