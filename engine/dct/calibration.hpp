// How often each magnitude came at each position so far, against how often it was expected: l3c.dct.definition.calibration.
#pragma once
#include "dct/windows.hpp"

namespace l3c::dct {
namespace {

constexpr int kMagnitudes = 64;                            // that are counted
constexpr std::int64_t kPrior = std::int64_t(8) * kTotal;  // added to both counts
constexpr int kRatioBits = 12;                             // binary logarithm of a ratio of 1
constexpr int kCountBits = 12;                             // of counts that are left out of a ratio
constexpr int kLeastRatio = 1 << 4;
constexpr int kMostRatio = (1 << 15) - 1;
constexpr int kScaledBits = 10;       // of a share times a ratio that are left out
constexpr int kFadedCount = 1 << 14;  // coefficients of a position after which its counts fade to half
constexpr int kFirstDue = 32;  // coefficients of a position between new ratios, besides an eighth of those counted

static_assert(std::int64_t(kTotal) * kMostRatio <= INT32_MAX);

// Of a plane.
class Calibration {
public:
    Calibration() {
        for (int k = 0; k < kBlock; ++k) {
            due_[k] = kFirstDue;
            for (auto& ratio : ratios_[k]) ratio = 1 << kRatioBits;
        }
    }

    // shares: of each symbol, [levels]. table: cumulative frequencies, [levels + 1].
    void tabulate(int k, const Window8& w, const I32x8* shares, int levels, I32x8* table) const {
        I32x8 below = all8(0);
        for (int s = 0; s < levels; ++s) {
            table[s] = below;
            const I32x8 magnitude = magnitude_of(w, s);
            const I32x8 known = look_up(ratios_[k], min8(magnitude, all8(kMagnitudes - 1)));
            const I32x8 ratio = counted(w, s, magnitude) ? known : all8(1 << kRatioBits);
            const I32x8 scaled = ((shares[s] * ratio) >> kScaledBits) + 1;
            below += scaled & (s < w.levels);
        }
        const I32x8 factor = quotient((kTotal - w.levels) << kWeightBits, below);
        for (int s = 0; s < levels; ++s)
            table[s] = s < w.levels ? s + ((table[s] * factor) >> kWeightBits) : all8(kTotal);
        table[levels] = all8(kTotal);
    }

    // Eight coefficients at position k are known, of which those in `of` count.
    void count(int k, const Window8& w, const I32x8* shares, int levels, I32x8 symbol, I32x8 of) {
        for (int s = 1; s < levels - 1; ++s) {
            const I32x8 magnitude = magnitude_of(w, s), counts = counted(w, s, magnitude) & of;
            for (int v = 0; v < kVector; ++v) {
                if (!counts[v]) continue;
                expected_[k][magnitude[v]] += shares[s][v];
                if (symbol[v] == s) observed_[k][magnitude[v]] += kTotal;
            }
        }
        for (int v = 0; v < kVector; ++v) counts_[k] += of[v] != 0;
    }

    // All coefficients at position k of a wavefront are counted.
    void renew(int k) {
        if (counts_[k] < due_[k]) return;
        for (; counts_[k] >= kFadedCount; counts_[k] >>= 1)
            for (int m = 0; m < kMagnitudes; ++m) expected_[k][m] >>= 1, observed_[k][m] >>= 1;
        due_[k] = counts_[k] + (counts_[k] >> 3) + kFirstDue;
        for (int m = 0; m < kMagnitudes; ++m) {
            const std::int64_t observed = (observed_[k][m] + kPrior) >> kCountBits;
            const std::int64_t ratio = (observed << kRatioBits) / ((expected_[k][m] + kPrior) >> kCountBits);
            ratios_[k][m] = std::int32_t(ratio < kLeastRatio ? kLeastRatio : ratio > kMostRatio ? kMostRatio : ratio);
        }
    }

private:
    static I32x8 magnitude_of(const Window8& w, int symbol) {
        const I32x8 value = w.base + symbol;
        return max8(value, -value);
    }
    // Symbols that stand for one value whose magnitude is counted.
    static I32x8 counted(const Window8& w, int symbol, I32x8 magnitude) {
        return (all8(symbol) > 0) & (symbol < w.levels - 1) & (w.step == 0) & (magnitude < kMagnitudes);
    }

    std::int64_t expected_[kBlock][kMagnitudes]{}, observed_[kBlock][kMagnitudes]{};  // in 1/65536
    std::int64_t counts_[kBlock]{}, due_[kBlock];
    std::int32_t ratios_[kBlock][kMagnitudes];
};

// 65536 times the share of each symbol, the outer ones with all beyond; 0 for the value 0 where it cannot be.
template <class Count>
inline void find_shares(const Tables& tables, const Window8& w, Count components, I32x8 last, int levels,
                        I32x8* shares) {
    I32x8 below = all8(0);
    for (int s = 0; s < levels; ++s) {
        const I32x8 next = s + 1 < w.levels ? share_below(tables, w, components, all8(s + 1)) : all8(kTotal);
        const I32x8 barred = last & (w.step == 0) & (w.base + s == 0) & (all8(s) > 0) & (s < w.levels - 1);
        shares[s] = barred ? all8(0) : next - below;
        below = next;
    }
}

}  // namespace
}  // namespace l3c::dct
