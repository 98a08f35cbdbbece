// Eight integer mixtures side by side, equal to l3c.coding.mixture. Included once by each instruction set's source.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "coding/tables.hpp"
#include "isa/vectors.hpp"

namespace l3c {
namespace {

inline I32x8 look_up(const std::int32_t* table, I32x8 at) {
#if defined(__AVX2__)
    return I32x8(_mm256_i32gather_epi32(table, __m256i(at), 4));
#else
    I32x8 v;
    for (int i = 0; i < kVector; ++i) v[i] = table[at[i]];
    return v;
#endif
}

// floor(2^30 / v) for 0 < v < 2^20. A quotient that is no integer lies at least 1 / v below the next one, far more than
// double precision can round away.
inline I32x8 reciprocal(I32x8 v) {
    I32x8 result;
    for (int half = 0; half < 2; ++half) {
        I32x4 part;
        std::memcpy(&part, reinterpret_cast<const char*>(&v) + 16 * half, sizeof part);
        const F64x4 quotient = double(1 << 2 * kWeightBits) / __builtin_convertvector(part, F64x4);
        part = __builtin_convertvector(quotient, I32x4);
        std::memcpy(reinterpret_cast<char*>(&result) + 16 * half, &part, sizeof part);
    }
    return result;
}

template <int kMax>
struct Mixture8Of {
    int components;
    I32x8 weight[kMax], mean[kMax], mantissa[kMax], shift[kMax];
};
using Mixture8 = Mixture8Of<kMaxComponents>;

// Calls work with the number of components, a constant where it is one of the presets': loops then dissolve.
template <class Work>
inline auto with_components(int count, Work work) {
    if (count == 2) return work(std::integral_constant<int, 2>{});
    if (count == 4) return work(std::integral_constant<int, 4>{});
    if (count == 5) return work(std::integral_constant<int, 5>{});
    return work(count);
}

// rows: outputs of a head for 8 pixels, `stride` apart: logits, means, log scales. centre: 1/64 gray level.
template <int kMax = kMaxComponents, class Count>
inline Mixture8Of<kMax> make_mixture(const Tables& tables, Count components, const std::int32_t* rows,
                                     std::ptrdiff_t stride, I32x8 centre) {
    Mixture8Of<kMax> m;
    m.components = components;
    I32x8 top = load8(rows);
    for (int k = 1; k < components; ++k) top = max8(top, load8(rows + k * stride));
    I32x8 sum = all8(0);
    for (int k = 0; k < components; ++k) {
        m.weight[k] = look_up(tables.exponential, min8(top - load8(rows + k * stride), all8(kExponentials - 1)));
        sum += m.weight[k];
        const I32x8 mean = load8(rows + (components + k) * stride) + centre;
        m.mean[k] = clip8(mean, kMeanLeast, kMeanMost);
        const I32x8 log_scale = load8(rows + (2 * components + k) * stride) + all8(kLogScaleOrigin);
        const I32x8 scale = clip8(log_scale, 0, kLogScales - 1);
        m.mantissa[k] = look_up(tables.mantissa, scale);
        m.shift[k] = look_up(tables.scale_shift, scale);
    }
    const I32x8 share = reciprocal(sum);
    I32x8 left = all8(1 << kWeightBits);
    for (int k = 0; k < components; ++k) {
        m.weight[k] = (m.weight[k] * share) >> kWeightBits;
        left -= m.weight[k];
    }
    m.weight[0] += left;
    return m;
}

// Where the table of the logistic function ends.
inline I32x8 clip_argument(I32x8 argument) { return clip8(argument, -kSigmoidReach, kSigmoidReach - 1); }

// The logistic function of argument / 1024, times 65536; the argument is a clipped one.
inline I32x8 logistic(const Tables& tables, I32x8 argument) {
    constexpr int kStep = 1 << kSigmoidStepBits;
    constexpr int kRises = 1 << kSigmoidRiseBits;
    const I32x8 place = argument + kSigmoidReach;
    const I32x8 entry = look_up(tables.sigmoid, place >> kSigmoidStepBits);
    return (entry >> kSigmoidRiseBits) + (((entry & (kRises - 1)) * (place & (kStep - 1))) >> kSigmoidStepBits);
}

// How far a symbol's lower edge is from the mean of component k, in 1/1024 of its scale, clipped.
template <int kMax>
inline I32x8 edge_argument(const Mixture8Of<kMax>& m, int k, I32x8 symbol) {
    const I32x8 edge = (symbol << kGrayBits) - (1 << kGrayBits >> 1);
    return clip_argument(((edge - m.mean[k]) * m.mantissa[k]) >> m.shift[k]);
}

// 65536 times the mass below a symbol.
template <int kMax, class Count>
inline I32x8 mass_below(const Tables& tables, const Mixture8Of<kMax>& m, Count components, I32x8 symbol) {
    U32x8 sum = U32x8(all8(0));
    for (int k = 0; k < components; ++k)
        sum += U32x8(m.weight[k]) * U32x8(logistic(tables, edge_argument(m, k, symbol)));
    return I32x8(sum >> kWeightBits);
}

// The cumulative frequency below symbols 1..255, each of which has at least one slot. share: 65536 times the mass below.
inline I32x8 cumulative_of(I32x8 share, I32x8 symbol) { return symbol + share - ((share + kSymbols - 1) >> 8); }

template <class Count>
inline I32x8 inner_cumulative(const Tables& tables, const Mixture8& m, Count components, I32x8 symbol) {
    return cumulative_of(mass_below(tables, m, components, symbol), symbol);
}

struct Interval8 {
    I32x8 symbol, start, frequency;
};

template <class Count>
inline Interval8 interval_of(const Tables& tables, const Mixture8& m, Count components, I32x8 symbol) {
    const I32x8 begin = inner_cumulative(tables, m, components, symbol);
    const I32x8 end = inner_cumulative(tables, m, components, symbol + 1);
    const I32x8 start = symbol == 0 ? all8(0) : begin;
    return {symbol, start, (symbol == kSymbols - 1 ? all8(1 << kFrequencyBits) : end) - start};
}

// Bisection among `symbols` symbols, a power of two, that remembers the cumulative frequencies at both ends, so that no
// interval is computed again. cumulative: of a symbol, the sum of the frequencies of all smaller ones. Inlined by force:
// a call, or a loop that does not know `symbols`, costs decoding 2 %.
template <class Cumulative>
__attribute__((always_inline)) inline Interval8 bisect(int symbols, I32x8 slot, Cumulative cumulative) {
    I32x8 symbol = all8(0), start = all8(0), end = all8(1 << kFrequencyBits);
    for (int step = symbols / 2; step > 0; step >>= 1) {
        const I32x8 candidate = symbol + step;
        const I32x8 border = cumulative(candidate);
        const I32x8 above = border <= slot;
        symbol = above ? candidate : symbol;
        start = above ? border : start;
        end = above ? end : border;
    }
    return {symbol, start, end - start};
}

#if defined(__AVX512F__)
// The logistic function of sixteen arguments, with the lower half of its table in registers: the upper half mirrors it, since
// entries i and kSigmoids - i sum to 65536.
class WideLogistic {
public:
    explicit WideLogistic(const Tables& tables) {
        for (int i = 0; i < kRows; ++i) rows_[i] = _mm512_loadu_si512(tables.sigmoid + 16 * i);
    }

    __m512i operator()(__m512i argument) const {
        const __m512i place = _mm512_add_epi32(argument, _mm512_set1_epi32(kSigmoidReach));
        const __m512i entry = _mm512_srli_epi32(place, kSigmoidStepBits);
        const __mmask16 upper = _mm512_cmpgt_epi32_mask(entry, _mm512_set1_epi32(kSigmoids / 2 - 1));
        const __m512i at = _mm512_mask_sub_epi32(entry, upper, _mm512_set1_epi32(kSigmoids - 1), entry);
        const __mmask16 odd_pair = _mm512_test_epi32_mask(at, _mm512_set1_epi32(32));
        const auto row = [&](int i) { return _mm512_permutex2var_epi32(rows_[i], at, rows_[i + 1]); };
        const auto four_rows = [&](int i) { return _mm512_mask_blend_epi32(odd_pair, row(i), row(i + 2)); };
        const __m512i first =
            _mm512_mask_blend_epi32(_mm512_test_epi32_mask(at, _mm512_set1_epi32(64)), four_rows(0), four_rows(4));
        const __m512i found =
            _mm512_mask_blend_epi32(_mm512_test_epi32_mask(at, _mm512_set1_epi32(128)), first, four_rows(8));
        const __m512i value = _mm512_srli_epi32(found, kSigmoidRiseBits);
        const __m512i rise = _mm512_and_si512(found, _mm512_set1_epi32((1 << kSigmoidRiseBits) - 1));
        const __m512i share = _mm512_and_si512(place, _mm512_set1_epi32((1 << kSigmoidStepBits) - 1));
        const __m512i base =
            _mm512_mask_sub_epi32(value, upper, _mm512_set1_epi32(1 << kFrequencyBits), _mm512_add_epi32(value, rise));
        return _mm512_add_epi32(base, _mm512_srli_epi32(_mm512_mullo_epi32(rise, share), kSigmoidStepBits));
    }

private:
    static constexpr int kRows = kSigmoids / 2 / 16;
    static_assert(kRows == 12);
    __m512i rows_[kRows];
};

inline __m512i joined(I32x8 low, I32x8 high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(__m256i(low)), __m256i(high), 1);
}
inline void part(__m512i v, I32x8& low, I32x8& high) {
    low = I32x8(_mm512_castsi512_si256(v)), high = I32x8(_mm512_extracti64x4_epi64(v, 1));
}

// find_intervals of two groups for each vector of sixteen.
template <int Vectors, class Count>
inline void find_wide(const Tables& tables, const Mixture8* m, Count components, const I32x8* slots, Interval8* found) {
    constexpr int kMost = Count::value;
    const WideLogistic logistic16(tables);
    __m512i weight[Vectors][kMost], mean[Vectors][kMost], mantissa[Vectors][kMost], shift[Vectors][kMost];
    __m512i slot[Vectors], symbol[Vectors], start[Vectors], end[Vectors];
    const __m512i half = _mm512_set1_epi32(1 << kGrayBits >> 1), reach = _mm512_set1_epi32(kSigmoidReach - 1);
    for (int v = 0; v < Vectors; ++v) {
        const Mixture8 &a = m[2 * v], &b = m[2 * v + 1];
        for (int k = 0; k < components; ++k) {
            weight[v][k] = joined(a.weight[k], b.weight[k]);
            mean[v][k] = _mm512_add_epi32(joined(a.mean[k], b.mean[k]), half);
            mantissa[v][k] = joined(a.mantissa[k], b.mantissa[k]);
            shift[v][k] = joined(a.shift[k], b.shift[k]);
        }
        slot[v] = joined(slots[2 * v], slots[2 * v + 1]);
        symbol[v] = start[v] = _mm512_setzero_si512();
        end[v] = _mm512_set1_epi32(1 << kFrequencyBits);
    }
    const auto border_at = [&](int v, __m512i candidate) {
        const __m512i edge = _mm512_slli_epi32(candidate, kGrayBits);
        __m512i sum = _mm512_setzero_si512();
        for (int k = 0; k < components; ++k) {
            const __m512i z =
                _mm512_srav_epi32(_mm512_mullo_epi32(_mm512_sub_epi32(edge, mean[v][k]), mantissa[v][k]), shift[v][k]);
            const __m512i clipped = _mm512_min_epi32(_mm512_max_epi32(z, _mm512_set1_epi32(-kSigmoidReach)), reach);
            sum = _mm512_add_epi32(sum, _mm512_mullo_epi32(weight[v][k], logistic16(clipped)));
        }
        const __m512i share = _mm512_srli_epi32(sum, kWeightBits);
        const __m512i spare = _mm512_srli_epi32(_mm512_add_epi32(share, _mm512_set1_epi32(kSymbols - 1)), 8);
        return _mm512_add_epi32(candidate, _mm512_sub_epi32(share, spare));
    };
    if constexpr (Vectors == 1 && kMost <= 2) {
        // Quarters instead of halves: one search alone waits for its own results, while the three candidates of a step do not
        // wait for each other. With more logistics, the registers do not hold them.
        for (int step = kSymbols / 4; step > 0; step >>= 2) {
            __m512i candidate[3], border[3];
#pragma GCC unroll 3
            for (int i = 0; i < 3; ++i) candidate[i] = _mm512_add_epi32(symbol[0], _mm512_set1_epi32((i + 1) * step));
#pragma GCC unroll 3
            for (int i = 0; i < 3; ++i) border[i] = border_at(0, candidate[i]);
#pragma GCC unroll 3
            for (int i = 2; i >= 0; --i)
                end[0] = _mm512_mask_mov_epi32(end[0], _mm512_cmpgt_epi32_mask(border[i], slot[0]), border[i]);
#pragma GCC unroll 3
            for (int i = 0; i < 3; ++i) {
                const __mmask16 above = _mm512_cmple_epi32_mask(border[i], slot[0]);
                symbol[0] = _mm512_mask_mov_epi32(symbol[0], above, candidate[i]);
                start[0] = _mm512_mask_mov_epi32(start[0], above, border[i]);
            }
        }
    } else {
        for (int step = kSymbols / 2; step > 0; step >>= 1)
            for (int v = 0; v < Vectors; ++v) {
                const __m512i candidate = _mm512_add_epi32(symbol[v], _mm512_set1_epi32(step));
                const __m512i border = border_at(v, candidate);
                const __mmask16 above = _mm512_cmple_epi32_mask(border, slot[v]);
                symbol[v] = _mm512_mask_mov_epi32(symbol[v], above, candidate);
                start[v] = _mm512_mask_mov_epi32(start[v], above, border);
                end[v] = _mm512_mask_mov_epi32(border, above, end[v]);
            }
    }
    for (int v = 0; v < Vectors; ++v) {
        part(symbol[v], found[2 * v].symbol, found[2 * v + 1].symbol);
        part(start[v], found[2 * v].start, found[2 * v + 1].start);
        part(_mm512_sub_epi32(end[v], start[v]), found[2 * v].frequency, found[2 * v + 1].frequency);
    }
}
#endif

// The intervals of slots under several mixtures at once: searches of their own, each of which would wait for its own results.
template <int Groups, class Count>
inline void find_intervals(const Tables& tables, const Mixture8 (&m)[Groups], Count components,
                           const I32x8 (&slot)[Groups], Interval8 (&found)[Groups]) {
#if defined(__AVX512F__)
    if constexpr (Groups % 2 == 0 && !std::is_same_v<Count, int>) {
        find_wide<Groups / 2>(tables, m, components, slot, found);
        return;
    }
#endif
    I32x8 end[Groups];
    for (int g = 0; g < Groups; ++g) found[g].symbol = found[g].start = all8(0), end[g] = all8(1 << kFrequencyBits);
    for (int step = kSymbols / 2; step > 0; step >>= 1) {
        I32x8 candidate[Groups];
        U32x8 sum[Groups]{};
#pragma GCC unroll 4
        for (int g = 0; g < Groups; ++g) candidate[g] = found[g].symbol + step;
#pragma GCC unroll 8
        for (int k = 0; k < components; ++k)
#pragma GCC unroll 4
            for (int g = 0; g < Groups; ++g)
                sum[g] += U32x8(m[g].weight[k]) * U32x8(logistic(tables, edge_argument(m[g], k, candidate[g])));
#pragma GCC unroll 4
        for (int g = 0; g < Groups; ++g) {
            const I32x8 border = cumulative_of(I32x8(sum[g] >> kWeightBits), candidate[g]);
            const I32x8 above = border <= slot[g];
            found[g].symbol = above ? candidate[g] : found[g].symbol;
            found[g].start = above ? border : found[g].start;
            end[g] = above ? end[g] : border;
        }
    }
    for (int g = 0; g < Groups; ++g) found[g].frequency = end[g] - found[g].start;
}

}  // namespace
}  // namespace l3c
