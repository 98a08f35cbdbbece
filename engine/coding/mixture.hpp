// Eight integer mixtures side by side, equal to l3c.coding.mixture. Included once by each instruction set's source.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "coding/tables.hpp"

namespace l3c {
namespace {

constexpr int kVector = 8;
typedef std::int32_t Int8 __attribute__((vector_size(32)));
typedef std::uint32_t Unsigned8 __attribute__((vector_size(32)));
typedef std::int32_t Int4 __attribute__((vector_size(16)));
typedef double Double4 __attribute__((vector_size(32)));

inline Int8 load8(const std::int32_t* p) {
    Int8 v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store8(std::int32_t* p, Int8 v) { std::memcpy(p, &v, sizeof v); }
inline Int8 all8(std::int32_t x) { return Int8{x, x, x, x, x, x, x, x}; }
inline Int8 min8(Int8 a, Int8 b) { return a < b ? a : b; }
inline Int8 max8(Int8 a, Int8 b) { return a > b ? a : b; }

inline Int8 look_up(const std::int32_t* table, Int8 at) {
#if defined(__AVX2__)
    return Int8(_mm256_i32gather_epi32(table, __m256i(at), 4));
#else
    Int8 v;
    for (int i = 0; i < kVector; ++i) v[i] = table[at[i]];
    return v;
#endif
}

// floor(2^30 / v) for 0 < v < 2^20. A quotient that is no integer lies at least 1 / v below the next one, far more than
// double precision can round away.
inline Int8 reciprocal(Int8 v) {
    Int8 result;
    for (int half = 0; half < 2; ++half) {
        Int4 part;
        std::memcpy(&part, reinterpret_cast<const char*>(&v) + 16 * half, sizeof part);
        const Double4 quotient = 1073741824.0 / __builtin_convertvector(part, Double4);
        part = __builtin_convertvector(quotient, Int4);
        std::memcpy(reinterpret_cast<char*>(&result) + 16 * half, &part, sizeof part);
    }
    return result;
}

template <int kMax>
struct Mixture8Of {
    int components;
    Int8 weight[kMax], mean[kMax], mantissa[kMax], shift[kMax];
};
using Mixture8 = Mixture8Of<kMaxComponents>;

// Calls work with the number of components, a constant where it is one of the presets': loops then dissolve.
template <class Work>
inline auto with_components(int count, Work work) {
    if (count == 4) return work(std::integral_constant<int, 4>{});
    if (count == 5) return work(std::integral_constant<int, 5>{});
    return work(count);
}

// rows: outputs of a head for 8 pixels, `stride` apart: logits, means, log scales. centre: 1/64 gray level.
template <int kMax = kMaxComponents, class Count>
inline Mixture8Of<kMax> make_mixture(const Tables& tables, Count components, const std::int32_t* rows,
                                     std::ptrdiff_t stride, Int8 centre) {
    Mixture8Of<kMax> m;
    m.components = components;
    Int8 top = load8(rows);
    for (int k = 1; k < components; ++k) top = max8(top, load8(rows + k * stride));
    Int8 sum = all8(0);
    for (int k = 0; k < components; ++k) {
        m.weight[k] = look_up(tables.exponential, min8(top - load8(rows + k * stride), all8(255)));
        sum += m.weight[k];
        const Int8 mean = load8(rows + (components + k) * stride) + centre;
        m.mean[k] = min8(max8(mean, all8(-(128 << 6))), all8(384 << 6));
        const Int8 log_scale = load8(rows + (2 * components + k) * stride) + all8(56);
        const Int8 scale = min8(max8(log_scale, all8(0)), all8(127));
        m.mantissa[k] = look_up(tables.mantissa, scale);
        m.shift[k] = look_up(tables.scale_shift, scale);
    }
    const Int8 share = reciprocal(sum);
    Int8 left = all8(1 << 15);
    for (int k = 0; k < components; ++k) {
        m.weight[k] = (m.weight[k] * share) >> 15;
        left -= m.weight[k];
    }
    m.weight[0] += left;
    return m;
}

// 65536 times the mass below a symbol.
template <int kMax, class Count>
inline Int8 mass_below(const Tables& tables, const Mixture8Of<kMax>& m, Count components, Int8 symbol) {
    const Int8 edge = (symbol << 6) - 32;
    Unsigned8 sum = Unsigned8(all8(0));
    for (int k = 0; k < components; ++k) {
        const Int8 argument = ((edge - m.mean[k]) * m.mantissa[k]) >> m.shift[k];
        const Int8 place = min8(max8(argument, all8(-12288)), all8(12287)) + 12288;
        const Int8 entry = look_up(tables.sigmoid, place >> 6);
        const Int8 value = (entry >> 11) + (((entry & 2047) * (place & 63)) >> 6);
        sum += Unsigned8(m.weight[k]) * Unsigned8(value);
    }
    return Int8(sum >> 15);
}

// The cumulative frequency below symbols 1..255.
template <class Count>
inline Int8 inner_cumulative(const Tables& tables, const Mixture8& m, Count components, Int8 symbol) {
    const Int8 share = mass_below(tables, m, components, symbol);
    return symbol + share - ((share + 255) >> 8);
}

struct Interval8 {
    Int8 symbol, start, frequency;
};

template <class Count>
inline Interval8 interval_of(const Tables& tables, const Mixture8& m, Count components, Int8 symbol) {
    const Int8 begin = inner_cumulative(tables, m, components, symbol);
    const Int8 end = inner_cumulative(tables, m, components, symbol + 1);
    const Int8 start = symbol == 0 ? all8(0) : begin;
    return {symbol, start, (symbol == 255 ? all8(65536) : end) - start};
}

// Bisection that remembers the cumulative frequencies at both ends, so that no interval is computed again.
template <class Count>
inline Interval8 find_interval(const Tables& tables, const Mixture8& m, Count components, Int8 slot) {
    Int8 symbol = all8(0), start = all8(0), end = all8(65536);
    for (int step = 128; step > 0; step >>= 1) {
        const Int8 candidate = symbol + step;
        const Int8 border = inner_cumulative(tables, m, components, candidate);
        const Int8 above = border <= slot;
        symbol = above ? candidate : symbol;
        start = above ? border : start;
        end = above ? end : border;
    }
    return {symbol, start, end - start};
}

}  // namespace
}  // namespace l3c
