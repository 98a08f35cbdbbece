// How often each symbol came so far, against how often it was expected: l3c.dct.definition.calibration.
#pragma once
#include "dct/windows.hpp"

namespace l3c::dct {
namespace {

constexpr int kMagnitudes = 1024;  // that are counted
constexpr int kLeastReach = 3;     // magnitudes that always have ratios: the inner edges of -3 .. 3 are one vector
constexpr int kClassesFrom[] = {3277, 9830, 19661, 32768, 49152, 58982, 63570};  // shares of the value 0
constexpr int kClasses = 1 + sizeof kClassesFrom / sizeof *kClassesFrom;
constexpr int kNear = 16;                                      // magnitudes that have ratios by class, too
constexpr std::int64_t kPrior = std::int64_t(4) * kTotal;      // added to both counts
constexpr std::int64_t kNearPrior = std::int64_t(8) * kTotal;  // the same by class
constexpr int kRatioBits = 12;                                 // binary logarithm of a ratio of 1
constexpr int kCountBits = 12;                                 // of counts that are left out of a ratio
constexpr int kLeastRatio = 1 << 4;
constexpr int kMostRatio = (1 << 15) - 1;
constexpr int kScaledBits = 10;   // of a share times a ratio that are left out
constexpr int kLoudestBits = 14;  // factors of expected shares are at most 2
constexpr int kMostExpected = kTotal - 1;
constexpr int kFadedCount = 1 << 14;  // symbols after which counts fade to half
constexpr int kFirstDue = 16;         // symbols between new ratios, besides 1/16 of those counted
constexpr int kSurveyFirst = 512;     // first coefficients of a position, all of which are counted far
constexpr int kSurveyPeriod = 16;     // after them, those of one wavefront in so many
constexpr int kFarFrom = 20;          // what a band of magnitudes has to deviate by, in squares by variance
constexpr int kFarBits = 8;           // the same by coefficient

constexpr int kMargin = 8;                            // beyond what is counted, so that vectors may reach there
constexpr int kAround = 2 * (kMagnitudes + kMargin);  // values -1032 .. 1031
constexpr int kAroundNear = 2 * (kNear + kMargin);    // values -24 .. 23
constexpr int kPendingMost = 1 << 11;                 // coefficients whose expected shares fit 32 bits
constexpr int kRegion = kSymbols + 2 * kVector;

static_assert(std::int64_t(kTotal) * kMostRatio <= INT32_MAX);
static_assert(std::int64_t(kTotal) << kLoudestBits <= INT32_MAX);
static_assert(((std::int64_t(kMostExpected) * kMostRatio) >> kRatioBits) * kPendingMost <= INT32_MAX);

constexpr I32x8 kEntries{0, 1, 2, 3, 4, 5, 6, 7};

inline int smaller_of(int a, int b) { return a < b ? a : b; }
inline int larger_of(int a, int b) { return a > b ? a : b; }
template <class T, int kCount>
inline void fill(T (&values)[kCount], T value) {
    for (T& v : values) v = value;
}

// Entries 1 .. 8 of two vectors.
inline I32x8 next_entries(I32x8 a, I32x8 b) { return __builtin_shufflevector(a, b, 1, 2, 3, 4, 5, 6, 7, 8); }

// Sums of a vector's entries up to each.
inline I32x8 running_sums(I32x8 v) {
    const I32x8 zero = all8(0);
    v += __builtin_shufflevector(zero, v, 0, 8, 9, 10, 11, 12, 13, 14);
    v += __builtin_shufflevector(zero, v, 0, 0, 8, 9, 10, 11, 12, 13);
    return v + __builtin_shufflevector(zero, v, 0, 0, 0, 0, 8, 9, 10, 11);
}

// By which a share is multiplied to be divided by the sum over all symbols; factors of frequencies are nearly that.
inline I32x8 expected_of(I32x8 shares, I32x8 factor) {
    const I32x8 quiet = min8(factor, all8(1 << kLoudestBits));
    return min8((shares * quiet) >> (kLoudestBits - 1), all8(kMostExpected));
}

inline std::int32_t ratio_of(std::int64_t observed, std::int64_t expected, std::int64_t prior) {
    // Exact: both are below 2^40, the quotient below 2^32.
    const double ratio =
        double(((observed + prior) >> kCountBits) << kRatioBits) / double((expected + prior) >> kCountBits);
    return std::int32_t(ratio < kLeastRatio ? kLeastRatio : ratio > kMostRatio ? kMostRatio : ratio);
}

// When new ratios are due.
struct Due {
    std::int64_t seen = 0, due = kFirstDue;

    bool now() const { return seen >= due; }
    // fade: halves counts.
    template <class Fade>
    void renew(Fade fade) {
        for (; seen >= kFadedCount; seen >>= 1) fade();
        due = seen + (seen >> 4) + kFirstDue;
    }
};

// Corrected frequencies of eight coefficients. Symbols `from` .. `to` - 1 of each are its region, the only ones whose
// ratios are not 1; it may be empty.
struct Corrected8 {
    int left;                            // of the eight, those that are wanted
    I32x8 from, to, low, total, factor;  // low: the value of the region's first symbol; total: of all symbols
    int kind[kVector];                   // row of ratios by class
    alignas(32) std::int32_t shares[kVector][kRegion];  // of symbols of the region
    alignas(32) std::int32_t below[kVector][kRegion];   // sums of all smaller symbols, of those and of `to`

    I32x8 frequencies_below(I32x8 symbol, I32x8 sum) const {
        return symbol + I32x8((U32x8(sum) * U32x8(factor)) >> kWeightBits);
    }
    // Below symbols that are not inside the region.
    template <class Count>
    I32x8 outside(const Tables& tables, const Window8& w, Count components, I32x8 symbol) const {
        const I32x8 share = share_below(tables, w, components, symbol);
        const I32x8 smaller = (share << 2) + symbol, larger = total - ((kTotal - share) << 2) - (w.levels - symbol);
        const I32x8 inner = frequencies_below(symbol, symbol <= from ? smaller : larger);
        return symbol <= 0 ? all8(0) : symbol >= w.levels ? all8(kTotal) : inner;
    }
    template <class Count>
    Interval8 interval_of(const Tables& tables, const Window8& w, Count components, I32x8 symbol) const {
        const I32x8 inside = (symbol >= from) & (symbol < to);
        I32x8 sum = all8(0), next = all8(0);
        bool all = true;
        for (int v = 0; v < smaller_of(left, kVector); ++v) {
            if (!inside[v]) {
                all = false;
                continue;
            }
            const std::int32_t* at = below[v] + (symbol[v] - from[v]);
            sum[v] = at[0], next[v] = at[1];
        }
        I32x8 start = frequencies_below(symbol, sum), end = frequencies_below(symbol + 1, next);
        if (!all) {
            start = inside ? start : outside(tables, w, components, symbol);
            end = inside ? end : outside(tables, w, components, symbol + 1);
        }
        return {symbol, start, end - start};
    }
    template <class Count>
    Interval8 find_interval(const Tables& tables, const Window8& w, Count components, I32x8 slot) const {
        I32x8 symbol = all8(0), start = all8(0), end = all8(kTotal), sure_below = all8(0), sure_above = w.levels;
        bool all = true;
        std::int32_t most = 0;
        for (int v = 0; v < smaller_of(left, kVector); ++v) {
            const int count = to[v] - from[v];
            const auto at = [&](int j) {
                return from[v] + j +
                       std::int32_t((std::uint32_t(below[v][j]) * std::uint32_t(factor[v])) >> kWeightBits);
            };
            if (count == 0) {
                all = false;
            } else if (const int first = at(0); slot[v] < first) {
                sure_above[v] = from[v], end[v] = first, all = false;
            } else if (const int last = at(count); slot[v] >= last) {
                sure_below[v] = to[v], start[v] = last, all = false;
            } else {
                int smaller = -1;  // symbols of the region whose intervals begin at the slot or below, less 1
                for (int j = 0; j < count; j += kVector) {
                    const I32x8 border = from[v] + j + kEntries +
                                         I32x8((U32x8(load8(below[v] + j)) * std::uint32_t(factor[v])) >> kWeightBits);
                    const I32x8 reached = (border <= slot[v]) & (j + kEntries < count);
                    int reaches = 0;
                    for (int i = 0; i < kVector; ++i) reaches -= reached[i];
                    smaller += reaches;
                    if (reaches < kVector) break;
                }
                symbol[v] = from[v] + smaller, start[v] = at(smaller), end[v] = at(smaller + 1);
                sure_below[v] = symbol[v], sure_above[v] = symbol[v] + 1;
            }
            if (sure_above[v] > sure_below[v] + 1) most = larger_of(most, w.levels[v]);
        }
        if (all) return {symbol, start, end - start};
        symbol = sure_below;
        for (int step = most; step > 0; step >>= 1) {
            const I32x8 candidate = symbol + step;
            const I32x8 between = candidate < sure_above;
            const I32x8 border = outside(tables, w, components, between ? candidate : symbol);
            const I32x8 reached = between & (border <= slot);
            const I32x8 missed = between & ~reached;
            symbol = reached ? candidate : symbol;
            start = reached ? border : start;
            end = missed ? border : end;
            sure_above = missed ? candidate : sure_above;
        }
        return {symbol, start, end - start};
    }
};

// Of a plane.
class Calibration {
public:
    Calibration() {
        for (int k = 0; k < kBlock; ++k) {
            fill(first_[k], 1 << kRatioBits);
            reach_[k] = kLeastReach;
        }
        for (auto& row : second_) fill(row, 1 << kRatioBits);
        fill(last_ratios_, 1 << kRatioBits);
    }

    void begin_front(std::int64_t t) { survey_ = t % kSurveyPeriod == 0; }
    void begin_position(int k) { most_ = survey_ || due_[k].seen < kSurveyFirst ? kMagnitudes - 1 : reach_[k]; }

    // last: whether coefficients cannot be 0. The first `left` of eight are wanted.
    template <class Count>
    void correct(int k, const Tables& tables, const Window8& w, Count components, I32x8 last, int left,
                 Corrected8& c) const {
        const I32x8 low = max8(w.base + 1, all8(-most_)), high = min8(w.base + w.levels - 2, all8(most_));
        const I32x8 any = (w.step == 0) & (low <= high) & (kEntries < left);
        c.left = left;
        c.low = low;
        c.from = any ? low - w.base : w.levels;
        c.to = any ? high + 1 - w.base : w.levels;
        c.total = (kTotal << 2) + w.levels;
        for (int v = 0; v < kVector; ++v) {
            c.kind[v] = k * kClasses;
            if (any[v]) region(k, tables, w, components, last[v] != 0, v, c);
        }
        c.factor = quotient((kTotal - w.levels) << kWeightBits, c.total);
    }

    // The symbols are known.
    void count(int k, const Window8& w, const Corrected8& c, I32x8 symbol, int left) {
        const int n = smaller_of(left, kVector);
        for (int v = 0; v < n; ++v) {
            const int size = c.to[v] - c.from[v], low = c.low[v], kind = c.kind[v];
            ++due_[k].seen;
            ++near_due_[kind].seen;
            if (!size) continue;
            const I32x8 factor = all8(c.factor[v]);
            for (int j = 0; j < size; j += kVector) {
                const I32x8 expected = expected_of(load8(c.shares[v] + j), factor);
                std::int32_t* pending = pending_[k] + kMagnitudes + low + j;
                if (near(low + j)) {
                    const int at = kNear + kMargin + low + j;
                    const I32x8 second = load8(second_[kind] + at);
                    const I32x8 first = load8(first_[k] + kMagnitudes + low + j);
                    std::int32_t* by_class = near_pending_[kind] + at;
                    store8(by_class, load8(by_class) + ((expected * first) >> kRatioBits));
                    store8(pending, load8(pending) + ((expected * second) >> kRatioBits));
                } else {
                    store8(pending, load8(pending) + expected);
                }
            }
            touched_[k] = larger_of(touched_[k], larger_of(-low, low + size - 1));
            if (symbol[v] >= c.from[v] && symbol[v] < c.to[v]) {
                const int value = w.base[v] + symbol[v], magnitude = value < 0 ? -value : value;
                observed_[k][magnitude] += kTotal;
                if (magnitude < kNear) near_observed_[kind][magnitude] += kTotal;
            }
        }
        waiting_[k] += n;
        if (waiting_[k] <= kPendingMost - kVector) return;
        waiting_[k] = 0;
        gather(k);
        for (int row = k * kClasses; row < (k + 1) * kClasses; ++row) gather_near(row);
    }

    // All coefficients at position k of a wavefront are counted.
    void renew(int k) {
        const int touched = touched_[k], near_end = smaller_of(touched + 1, kNear), before = reach_[k];
        if (due_[k].now()) {
            gather(k);
            due_[k].renew([&] {
                for (int m = 0; m <= touched; ++m) expected_[k][m] >>= 1, observed_[k][m] >>= 1;
            });
            for (int m = 0; m <= touched; ++m) ratios_[k][m] = ratio_of(observed_[k][m], expected_[k][m], kPrior);
            reach_[k] = reach_of(k);
            for (int m = 0; m <= touched; ++m) {
                const std::int32_t ratio = m <= reach_[k] ? ratios_[k][m] : 1 << kRatioBits;
                first_[k][kMagnitudes + m] = first_[k][kMagnitudes - m] = ratio;
            }
        }
        for (int row = k * kClasses; row < (k + 1) * kClasses; ++row) {
            const bool due = near_due_[row].now();
            if (due) {
                gather_near(row);
                near_due_[row].renew([&] {
                    for (int m = 0; m < kNear; ++m) near_expected_[row][m] >>= 1, near_observed_[row][m] >>= 1;
                });
                for (int m = 0; m < near_end; ++m)
                    near_ratios_[row][m] =
                        ratio_of(near_observed_[row][m], near_expected_[row][m], kNearPrior) - (1 << kRatioBits);
            }
            if (!due && before == reach_[k]) continue;
            for (int m = 0; m < near_end; ++m) {
                const std::int32_t ratio = (1 << kRatioBits) + (m <= reach_[k] ? near_ratios_[row][m] : 0);
                second_[row][kNear + kMargin + m] = second_[row][kNear + kMargin - m] = ratio;
            }
        }
    }

    // weights: of last positions, in 1/32768, become shares. cumulative: their frequencies. Returns the factor.
    std::int32_t correct_lasts(std::int32_t* weights, std::int32_t* cumulative) const {
        std::int32_t scaled[kLasts], total = 0;
        for (int p = 0; p < kLasts; ++p) {
            weights[p] = 2 * weights[p] + 1;
            scaled[p] = ((weights[p] * last_ratios_[p]) >> kScaledBits) + 1;
            total += scaled[p];
        }
        const std::int32_t factor = std::int32_t(std::int64_t(kTotal - kLasts) << kWeightBits) / total;
        std::int32_t below = 0;
        for (int p = 0; p < kLasts; ++p) {
            cumulative[p] = p + ((below * factor) >> kWeightBits);
            below += scaled[p];
        }
        cumulative[kLasts] = kTotal;
        return factor;
    }
    void count_last(const std::int32_t* shares, std::int32_t factor, int last) {
        const std::int32_t quiet = smaller_of(factor, 1 << kLoudestBits);
        for (int p = 0; p < kLasts; ++p)
            last_expected_[p] += smaller_of((shares[p] * quiet) >> (kLoudestBits - 1), kMostExpected);
        last_observed_[last] += kTotal;
        ++last_due_.seen;
    }
    void renew_lasts() {
        if (!last_due_.now()) return;
        last_due_.renew([&] {
            for (int p = 0; p < kLasts; ++p) last_expected_[p] >>= 1, last_observed_[p] >>= 1;
        });
        for (int p = 0; p < kLasts; ++p) last_ratios_[p] = ratio_of(last_observed_[p], last_expected_[p], kPrior);
    }

private:
    // Whether a vector of values has one that has ratios by class.
    static bool near(int value) { return value > -kNear - kVector + 1 && value < kNear; }

    // The region of one coefficient, which is not empty.
    template <class Count>
    void region(int k, const Tables& tables, const Window8& w, Count components, bool last, int v,
                Corrected8& c) const {
        const int low = c.low[v], size = c.to[v] - c.from[v];
        const auto share = [&](int value) {
            const I32x8 edge = ((value + kEntries) << kGrayBits) - (1 << kGrayBits >> 1);
            U32x8 sum = U32x8(all8(0));
            for (int i = 0; i < components; ++i) {
                const I32x8 distance = clip8(edge - w.mixture.mean[i][v], -kReach, kReach);
                const I32x8 scaled = (distance * w.mixture.mantissa[i][v]) >> w.mixture.shift[i][v];
                sum += std::uint32_t(w.mixture.weight[i][v]) * U32x8(logistic(tables, clip_argument(scaled)));
            }
            return I32x8(sum >> kWeightBits);
        };
        std::int32_t* shares = c.shares[v];
        I32x8 edges = share(low);
        const std::int32_t smaller = edges[0];
        std::int32_t larger = 0;
        for (int j = 0; j < size; j += kVector) {
            const I32x8 after = j + kVector <= size ? share(low + j + kVector) : all8(0);
            store8(shares + j, (next_entries(edges, after) - edges) & (j + kEntries < size));
            if (size - j <= kVector) larger = kTotal - (size - j < kVector ? edges[size - j] : after[0]);
            edges = after;
        }
        if (low <= 0 && low + size > 0) {
            for (const int from : kClassesFrom) c.kind[v] += shares[-low] >= from;
            if (last) shares[-low] = 0;
        }
        std::int32_t sum = c.below[v][0] = (smaller << 2) + c.from[v];
        for (int j = 0; j < size; j += kVector) {
            I32x8 ratio = load8(first_[k] + kMagnitudes + low + j);
            if (near(low + j)) {
                const I32x8 second = load8(second_[c.kind[v]] + kNear + kMargin + low + j);
                ratio = clip8((ratio * second) >> kRatioBits, kLeastRatio, kMostRatio);
            }
            const I32x8 scaled = ((load8(shares + j) * ratio) >> kScaledBits) + 1;
            const I32x8 sums = sum + running_sums(scaled & (j + kEntries < size));
            store8(c.below[v] + j + 1, sums);
            sum = sums[kVector - 1];
        }
        c.total[v] = sum + (larger << 2) + w.levels[v] - c.to[v];
    }

    int reach_of(int k) const {
        constexpr std::int64_t kUnit = kTotal >> kCountBits;
        const std::int64_t least = kUnit * kFarFrom + ((kUnit * due_[k].seen) >> kFarBits);
        int top = kMagnitudes - 1;
        for (; top > kLeastReach; top >>= 1) {
            std::int64_t deviation = 0;
            for (int m = (top >> 1) + 1; m <= smaller_of(top, touched_[k]); ++m) {
                const std::int64_t observed = observed_[k][m] >> kCountBits, expected = expected_[k][m] >> kCountBits;
                const std::int64_t spread = expected + (kPrior >> kCountBits);
                deviation += (observed - expected) * (observed - expected) / spread - kUnit * expected / spread;
            }
            if (deviation > least) break;
        }
        return top;
    }

    // What is pending goes to the counts.
    void gather(int k) {
        std::int32_t* pending = pending_[k] + kMagnitudes;
        expected_[k][0] += pending[0];
        pending[0] = 0;
        for (int m = 1; m <= touched_[k]; ++m) {
            expected_[k][m] += pending[m] + pending[-m];
            pending[m] = pending[-m] = 0;
        }
    }
    void gather_near(int row) {
        std::int32_t* pending = near_pending_[row] + kNear + kMargin;
        near_expected_[row][0] += pending[0];
        for (int m = 1; m < kNear; ++m) near_expected_[row][m] += pending[m] + pending[-m];
        fill(near_pending_[row], 0);  // beyond what is near, too
    }

    bool survey_ = false;
    int most_ = 0;  // magnitude that is counted
    int reach_[kBlock], touched_[kBlock]{}, waiting_[kBlock]{};
    Due due_[kBlock], near_due_[kBlock * kClasses], last_due_;
    std::int64_t expected_[kBlock][kMagnitudes]{}, observed_[kBlock][kMagnitudes]{};  // in 1/65536
    std::int64_t near_expected_[kBlock * kClasses][kNear]{}, near_observed_[kBlock * kClasses][kNear]{};
    std::int64_t last_expected_[kLasts]{}, last_observed_[kLasts]{};
    std::int32_t ratios_[kBlock][kMagnitudes];
    std::int32_t near_ratios_[kBlock * kClasses][kNear]{};  // less 1
    std::int32_t last_ratios_[kLasts];
    std::int32_t first_[kBlock][kAround], second_[kBlock * kClasses][kAroundNear];  // ratios in use, by value
    std::int32_t pending_[kBlock][kAround]{}, near_pending_[kBlock * kClasses][kAroundNear]{};
};

}  // namespace
}  // namespace l3c::dct
