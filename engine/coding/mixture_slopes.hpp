// The slopes of a symbol's cost by the outputs of its head, in float32 from the integers of the mixture: no exponential
// and no logarithm is needed. Equal to l3c.wave.definition.learning.mixture_slopes.
#pragma once
#include "coding/mixture.hpp"

namespace l3c {
namespace {

typedef float Float8 __attribute__((vector_size(32)));
inline Float8 floats8(Int8 v) { return __builtin_convertvector(v, Float8); }
inline Float8 all_floats8(float x) { return Float8{x, x, x, x, x, x, x, x}; }
inline void store_floats8(float* p, Float8 v) { std::memcpy(p, &v, sizeof v); }

// The logistic function at a symbol's lower edge: its argument in 1/1024 and its value in 1/65536.
struct Edge8 {
    Int8 argument, value;
};

inline Edge8 edge_of(const Tables& tables, const Mixture8& m, int k, Int8 symbol) {
    const Int8 raw = (((symbol << 6) - 32 - m.mean[k]) * m.mantissa[k]) >> m.shift[k];
    const Int8 argument = min8(max8(raw, all8(-12288)), all8(12287)), place = argument + 12288;
    const Int8 entry = look_up(tables.sigmoid, place >> 6);
    return {argument, (entry >> 11) + (((entry & 2047) * (place & 63)) >> 6)};
}

inline Float8 inverse_scale(const Mixture8& m, int k) {
    return floats8(m.mantissa[k]) / floats8(all8(16) << m.shift[k]);
}

// Rows of slopes in nats by logits, means (levels) and log scales; returns the sum over the means.
template <class Count>
inline Float8 mixture_slopes(const Tables& tables, const Mixture8& m, Count components, Int8 symbol, float* rows,
                             std::ptrdiff_t stride) {
    const Interval8 interval = interval_of(tables, m, components, symbol);
    const Float8 gain = all_floats8(0.99609375f) / (floats8(interval.frequency) * (1.0f / 65536));
    Float8 mass[kMaxComponents], density[kMaxComponents], tilt[kMaxComponents], share[kMaxComponents];
    Float8 total = all_floats8(0), mean_slope = all_floats8(0);
    for (int k = 0; k < components; ++k) {
        const Edge8 low = edge_of(tables, m, k, symbol), high = edge_of(tables, m, k, symbol + 1);
        const Float8 below = floats8(symbol == 0 ? all8(0) : low.value) * (1.0f / 65536);
        const Float8 above = floats8(symbol == 255 ? all8(65536) : high.value) * (1.0f / 65536);
        const Float8 slope_below = below * (1.0f - below), slope_above = above * (1.0f - above);
        mass[k] = above - below;
        density[k] = slope_above - slope_below;
        tilt[k] = floats8(high.argument) * (1.0f / 1024) * slope_above - floats8(low.argument) * (1.0f / 1024) * slope_below;
        share[k] = floats8(m.weight[k]) * (1.0f / 32768);
        total += share[k] * mass[k];
    }
    for (int k = 0; k < components; ++k) {
        const Float8 weight = gain * share[k];
        const Float8 mean = weight * density[k] * inverse_scale(m, k);
        mean_slope += mean;
        store_floats8(rows + k * stride, weight * (total - mass[k]));
        store_floats8(rows + (components + k) * stride, mean);
        store_floats8(rows + (2 * components + k) * stride, weight * tilt[k]);
    }
    return mean_slope;
}

}  // namespace
}  // namespace l3c
