// From a head's outputs to the frequencies of a coefficient's symbols, eight side by side: l3c.dct.definition.symbols.
#pragma once
#include "coding/mixture.hpp"
#include "dct/model.hpp"

namespace l3c::dct {
namespace {

constexpr int kTotal = 1 << kFrequencyBits;  // of the frequencies of a symbol's alphabet
constexpr int kMostMean = 1 << 10;           // 16 scales, in 1/64
constexpr int kMostCoefficient = 1 << 7;     // of a reference: 2, in 1/64
constexpr int kOutputBits = 6;               // binary logarithm of the unit of both
constexpr int kReach = 1 << 18;              // distances from a mean are clipped here
constexpr int kHeavy = 1 << 13;              // weight from which a component counts for the size of steps
constexpr int kNotable = 1 << 10;            // and for the window
constexpr int kCoarseFrom = 52;              // index of the scale from twice which steps double
constexpr int kFineFrom = 74;                // the same where values are calibrated
constexpr int kOctave = 11;                  // indices in a doubling of scales
constexpr int kNarrow = 28, kWide = 54;      // largest indices, counted in steps, of windows of the two lesser sizes
constexpr int kNarrowSymbols = 16, kWideSymbols = 64;
constexpr int kMostZero = kTotal - 2048;  // share of 0, where it is taken out
constexpr int kNone = -1;                 // in place of a symbol that is left out

constexpr int kMantissas = 1 << 12;
static_assert(std::int64_t(kMostReferences) * kMostCoefficient * kMostReference < (1 << 27));
static_assert(std::int64_t(kReach) * kMantissas <= 1 << 30);

constexpr int of_octaves(int v) { return v * 187 >> 11; }  // v / kOctave, for vectors
constexpr bool octaves_are_exact() {
    for (int v = 0; v <= kLogScales - kCoarseFrom; ++v)
        if (of_octaves(v) != v / kOctave) return false;
    return true;
}
static_assert(octaves_are_exact());

typedef std::int64_t I64x8 __attribute__((vector_size(64)));

// Scales in 1/64 of a level, by the table of inverses.
struct Scales {
    std::int32_t entries[kLogScales];
    explicit Scales(const Tables& tables) {
        for (int i = 0; i < kLogScales; ++i) {
            const std::int64_t numerator = std::int64_t(2) << (10 + tables.scale_shift[i]);
            entries[i] = std::int32_t((numerator / tables.mantissa[i] + 1) >> 1);
        }
    }
};

// floor(a / b) for 0 <= a < 2^31 and 0 < b < 2^22: a quotient that is no integer lies at least 1 / b below the next one.
inline I32x8 quotient(I32x8 a, I32x8 b) {
    I32x8 result;
    for (int i = 0; i < kVector; ++i) result[i] = std::int32_t(double(a[i]) / double(b[i]));
    return result;
}

struct Window8 {
    Mixture8Of<kMostComponents> mixture;
    I32x8 base, step, levels, zero, share, factor;
    I32x8 most() const { return levels + (zero != kNone); }  // symbols that have frequencies; true is -1
};

// 65536 times the share of all values below symbols.
template <class Count>
inline I32x8 share_below(const Tables& tables, const Window8& w, Count components, I32x8 symbol) {
    const I32x8 edge = ((w.base + (symbol << w.step)) << kGrayBits) - (1 << kGrayBits >> 1);
    U32x8 sum = U32x8(all8(0));
    for (int k = 0; k < components; ++k) {
        const I32x8 distance = clip8(edge - w.mixture.mean[k], -kReach, kReach);
        const I32x8 argument = clip_argument((distance * w.mixture.mantissa[k]) >> w.mixture.shift[k]);
        sum += U32x8(w.mixture.weight[k]) * U32x8(logistic(tables, argument));
    }
    return I32x8(sum >> kWeightBits);
}

// outputs: of a head, [output][8]. references: [reference][8], from the origin. last: whether the coefficient is not 0, -1 or 0.
template <class Count>
inline Window8 make_window(const Tables& tables, const Scales& scales, Count components, const I32x8* outputs,
                           const I32x8* references, int reference_count, I32x8 origin, I32x8 last,
                           int coarse_from = kCoarseFrom) {
    Window8 w;
    auto& m = w.mixture;
    m.components = components;
    I32x8 top = outputs[0];
    for (int k = 1; k < components; ++k) top = max8(top, outputs[k]);
    I32x8 sum = all8(0);
    for (int k = 0; k < components; ++k) {
        const U32x8 below = U32x8(top) - U32x8(outputs[k]);
        const U32x8 most = U32x8(all8(kExponentials - 1));
        m.weight[k] = look_up(tables.exponential, I32x8(below < most ? below : most));
        sum += m.weight[k];
    }
    const I32x8 share = reciprocal(sum);
    I32x8 left = all8(1 << kWeightBits);
    for (int k = 0; k < components; ++k) {
        m.weight[k] = (m.weight[k] * share) >> kWeightBits;
        left -= m.weight[k];
    }
    m.weight[0] += left;

    I32x8 mean = all8(0);
    for (int r = 0; r < reference_count; ++r)
        mean += clip8(outputs[3 * components + r], -kMostCoefficient, kMostCoefficient) * references[r];
    mean = origin + (mean >> kOutputBits);
    I32x8 narrow = all8(kLogScales), wide = all8(0);
    I64x8 centre{};
    for (int k = 0; k < components; ++k) {
        const I32x8 index =
            clip8(outputs[2 * components + k], -kLogScaleOrigin, kLogScales - 1 - kLogScaleOrigin) + kLogScaleOrigin;
        const I32x8 offset = clip8(outputs[components + k], -kMostMean, kMostMean) * look_up(scales.entries, index);
        m.mean[k] = mean + (offset >> kOutputBits);
        m.mantissa[k] = look_up(tables.mantissa, index);
        m.shift[k] = look_up(tables.scale_shift, index);
        narrow = m.weight[k] >= kHeavy ? min8(narrow, index) : narrow;
        wide = m.weight[k] >= kNotable ? max8(wide, index) : wide;
        centre += __builtin_convertvector(m.weight[k], I64x8) * __builtin_convertvector(m.mean[k], I64x8);
    }
    const I32x8 middle = __builtin_convertvector(centre >> kWeightBits, I32x8);
    w.step = (max8(narrow - coarse_from, all8(0)) * 187) >> 11;
    const I32x8 in_steps = wide - kOctave * w.step;
    w.levels = in_steps <= kWide ? all8(kWideSymbols) : all8(kSymbols);
    w.levels = in_steps <= kNarrow ? all8(kNarrowSymbols) : w.levels;
    w.base = (((middle + (1 << kGrayBits >> 1)) >> (kGrayBits + w.step)) - (w.levels >> 1)) << w.step;
    const I32x8 out = last & (w.step == 0) & (w.base < -1) & (w.base + w.levels > 2);
    w.zero = out ? -w.base : all8(kNone);
    w.share = all8(0);
    w.factor = all8(0);
    I32x8 any = out;
    bool some = false;
    for (int i = 0; i < kVector; ++i) some |= any[i] != 0;
    if (some) {
        const I32x8 mass = share_below(tables, w, components, w.zero + 1) - share_below(tables, w, components, w.zero);
        w.share = out ? min8(mass, all8(kMostZero)) : all8(0);
    }
    w.factor = quotient((kTotal - w.most()) << kWeightBits, kTotal - w.share);
    return w;
}

// Sum of the frequencies of all smaller symbols; those behind the one left out count one less.
template <class Count>
inline I32x8 cumulative(const Tables& tables, const Window8& w, Count components, I32x8 symbol) {
    const I32x8 behind = (w.zero != kNone) & (symbol > w.zero);
    const I32x8 below = share_below(tables, w, components, symbol - behind) - (w.share & behind);
    const I32x8 inner = symbol + I32x8((U32x8(below) * U32x8(w.factor)) >> kWeightBits);
    const I32x8 upper = symbol >= w.most() ? all8(kTotal) : inner;
    return symbol <= 0 ? all8(0) : upper;
}

template <class Count>
inline Interval8 interval_of(const Tables& tables, const Window8& w, Count components, I32x8 symbol) {
    const I32x8 start = cumulative(tables, w, components, symbol);
    return {symbol, start, cumulative(tables, w, components, symbol + 1) - start};
}

// Within the largest of the eight windows.
template <class Count>
inline Interval8 find_interval(const Tables& tables, const Window8& w, Count components, I32x8 slot) {
    std::int32_t levels = 0;
    for (int i = 0; i < kVector; ++i) levels = levels > w.levels[i] ? levels : w.levels[i];
    return bisect(levels, slot, [&](I32x8 symbol) { return cumulative(tables, w, components, symbol); });
}

}  // namespace
}  // namespace l3c::dct
