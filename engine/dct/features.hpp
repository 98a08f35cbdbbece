// What the network sees of a block's surroundings and of its own coefficients so far: l3c.dct.definition.features.
#pragma once
#include <cstring>

#include "dct/model.hpp"

namespace l3c::dct {
namespace {

constexpr int kMostDequantized = (1 << 15) - 1;
// What a coefficient of each frequency adds to the picture at its block's edge, in 1/1024; at the opposite edge.
constexpr std::int32_t kEdge[kSide] = {362, 540, 612, 689, 724, 678, 530, 292};
constexpr std::int32_t kFarEdge[kSide] = {362, -540, 612, -689, 724, -678, 530, -292};
constexpr int kEdgeBits = 10;
constexpr int kResidualUnit = 64;  // steps of a reference in a quantized level
constexpr int kReciprocalBits = 24;
constexpr int kOutputUnitBits = 6;  // binary logarithm of kResidualUnit
constexpr int kResidualStep = 3;    // differences of predictions are seen in eighths of a level
constexpr int kSignedZero = 128;    // the level of 0 where levels have signs
constexpr int kCountLevel = 3;      // what a position or a coefficient adds to an input that counts them
constexpr int kPresent = 64;        // an input that says yes
constexpr int kLastLevel = 8;       // what each position before the last one adds
constexpr int kLastReach = 31;      // positions before the last one that count
constexpr int kFaded = 4096;        // blocks after which statistics fade to half
constexpr int kMostStatistic = 1023;
constexpr int kStatisticsUnit = 64;  // steps of a mean in a quantized level
constexpr int kFrame = kSide + 2;    // a block of magnitudes, and two zeros beyond
constexpr int kFromLeft = 35;        // share of the sums of the block to the left that slopes are of, in 1/64
constexpr int kFromAbove = 27;       // the same of the block to the upper right
constexpr int kShareBits = 6;        // binary logarithm of the shares' unit
constexpr int kMostRelated = 2047;   // dequantized coefficients are clipped here in products
constexpr int kCalm = 1 << 8;        // added to sums of squares
constexpr int kSlopeBits = 8;        // slopes are in 1/256
constexpr int kMostSlope = 1 << 10;

static_assert(std::int64_t(1 << 15) * ((1 << 16) - 1) <= INT32_MAX, "a coefficient times a step");
static_assert(std::int64_t(kBlock) * kMostRelated * kMostRelated <= INT32_MAX, "products of two blocks");
static_assert(std::int64_t(2 * kSide) * 724 * kMostDequantized <= INT32_MAX, "edges less what is known of a block");

// Vertical and horizontal frequency of each position in zigzag order.
struct Zigzag {
    int row[kBlock]{}, column[kBlock]{};
    constexpr Zigzag() {
        int v = 0, u = 0;
        for (int k = 0; k < kBlock; ++k) {
            row[k] = v, column[k] = u;
            if ((v + u) % 2 == 0) {  // upwards
                if (u == kSide - 1)
                    ++v;
                else if (v == 0)
                    ++u;
                else
                    --v, ++u;
            } else {
                if (v == kSide - 1)
                    ++u;
                else if (u == 0)
                    ++v;
                else
                    ++v, --u;
            }
        }
    }
};
constexpr Zigzag kZigzag;

inline std::int32_t clipped(std::int32_t v, std::int32_t most) { return v < -most ? -most : v > most ? most : v; }

inline std::int32_t dequantized(std::int16_t coefficient, std::int32_t step) {
    return clipped(std::int32_t(coefficient) * step, kMostDequantized);
}

// Steps of a plane and what follows from them.
struct Steps {
    std::int32_t steps[kBlock];
    std::uint8_t levels[kBlock];
    std::int32_t down[kBlock], right[kBlock];  // what turns residuals at an edge to 1/64 of a quantized level
    std::int32_t inverse[kBlock];              // 2^24 / steps

    Steps(const std::uint16_t* given, const LogTable& log) {
        for (int k = 0; k < kBlock; ++k) {
            steps[k] = given[k];
            levels[k] = std::uint8_t(log(std::uint32_t(steps[k] - 1)));
            down[k] = reciprocal_of(std::int64_t(kEdge[kZigzag.row[k]]) * steps[k]);
            right[k] = reciprocal_of(std::int64_t(kEdge[kZigzag.column[k]]) * steps[k]);
            inverse[k] = (1 << kReciprocalBits) / steps[k];
        }
    }
    static std::int32_t reciprocal_of(std::int64_t divisor) {
        return std::int32_t(((std::int64_t(kResidualUnit) << kReciprocalBits) + (divisor >> 1)) / divisor);
    }
};

inline std::int32_t residual(std::int32_t edge, std::int32_t reciprocal) {
    const std::int64_t v = (std::int64_t(edge) * reciprocal) >> kReciprocalBits;
    return std::int32_t(v < -kMostReference ? -kMostReference : v > kMostReference ? kMostReference : v);
}

// Mean magnitudes of each position in the wavefronts so far, of a plane; at position 0, of changes.
struct Statistics {
    std::int64_t sums[kBlock]{};
    std::int64_t count = 0;

    void levels(std::uint8_t* out, const LogTable& log) const {
        const std::int64_t divisor = count > 1 ? count : 1;
        for (int k = 0; k < kBlock; ++k) out[k] = std::uint8_t(log(std::uint32_t(kStatisticsUnit * sums[k] / divisor)));
    }
    // before: the mean coefficient to the left, in the first column above.
    void add(const std::int16_t* block, int last, std::int32_t before) {
        const auto counted = [](std::int32_t v) {
            const std::int32_t magnitude = v < 0 ? -v : v;
            return magnitude < kMostStatistic ? magnitude : kMostStatistic;
        };
        sums[0] += counted(block[0] - before);
        for (int k = 1; k < last; ++k) sums[k] += counted(block[k]);
        ++count;
    }
    void fade() {
        for (; count >= kFaded; count >>= 1)
            for (auto& sum : sums) sum >>= 1;
    }
};

// Last position and number of coefficients of a block that is coded.
struct Counts {
    std::uint8_t last, present;
};
inline int last_of(const std::int16_t* block) {
    constexpr int kWord = 4;  // coefficients that are looked at together
    int end = kBlock;
    for (std::uint64_t word; end; end -= kWord) {
        std::memcpy(&word, block + end - kWord, sizeof word);
        if (word) break;
    }
    while (end && !block[end - 1]) --end;
    return end;
}
inline Counts counts_of(const std::int16_t* block) {
    const int last = last_of(block);
    int present = 0;
    for (int k = 0; k < last; ++k) present += block[k] != 0;
    return {std::uint8_t(last), std::uint8_t(present)};
}

// Sums over a block and, less and less, those before it: of products with a plane that it is predicted from, and of that
// one's squares.
struct Sums {
    std::int64_t products, squares;

    static std::int64_t faded(std::int64_t left, std::int64_t above) {
        return (kFromLeft * left + kFromAbove * above) >> kShareBits;
    }
    void add(const std::int16_t* own, const std::uint16_t* steps, const std::int16_t* other,
             const std::uint16_t* other_steps) {
        std::int32_t product = 0, square = 0;
        for (int k = 1; k < kBlock; ++k) {
            const std::int32_t a = clipped(std::int32_t(own[k]) * steps[k], kMostRelated);
            const std::int32_t b = clipped(std::int32_t(other[k]) * other_steps[k], kMostRelated);
            product += a * b, square += b * b;
        }
        products += product, squares += square;
    }
    // In 1/256, of least squares, rounded down.
    std::int32_t slope() const {
        const std::int64_t numerator = products * (1 << kSlopeBits), divisor = squares + kCalm;
        const std::int64_t quotient = numerator / divisor - (numerator % divisor < 0);
        return std::int32_t(quotient < -kMostSlope ? -kMostSlope : quotient > kMostSlope ? kMostSlope : quotient);
    }
};

// What predicts a block of chroma by a slope.
struct Relation {
    const std::int16_t* other;   // the block at the same place, of another plane
    const std::uint16_t* steps;  // of that plane
    std::int32_t change;         // of its mean, dequantized
    std::int32_t slope;
    Sums sums;

    // In 1/64 of a quantized level. inverse: of the step of the plane that is predicted.
    std::int32_t prediction(int k, std::int32_t inverse) const {
        const std::int32_t value = k ? dequantized(other[k], steps[k]) : change;
        return std::int32_t((std::int64_t(slope * value) * inverse) >> kPredictionShift);
    }
    static constexpr int kPredictionShift = kReciprocalBits + kSlopeBits - kOutputUnitBits;
};

// A block that is being coded.
struct Block {
    const std::int16_t *left, *above, *above_left, *above_right;  // blocks of zeros beyond the plane
    std::int16_t* own;
    std::int32_t has_left, has_above;
    std::int32_t last;
    std::int32_t rows[kSide], columns[kSide];  // the edges' spectra, less what is known of the block
    std::uint16_t magnitudes[kFrame][kFrame];
    std::uint8_t near[3][kBlock];  // levels of magnitudes to the left, above, at the corners
    std::uint8_t luma[kBlock];     // levels at the same place
    const std::int16_t* other;     // first chroma component
    std::int32_t other_change;
    Relation related[kRelated];  // without a slope where there is no such plane

    // Fills in what is known before the block and writes the trunk's inputs, but for those that all blocks of a wavefront
    // share. lasts: last positions of the neighbours, from which on there are zeros.
    void surround(const Steps& s, const LogTable* logs, const int* lasts, std::uint8_t* trunk) {
        std::memset(rows, 0, sizeof rows);
        std::memset(columns, 0, sizeof columns);
        std::memset(magnitudes, 0, sizeof magnitudes);
        std::memset(near, 0, sizeof near);
        std::memset(trunk, 0, 3 * kBlock);
        const LogView quantized = logs[kQuantizedLog].view(), large = logs[kDequantizedLog].view();
        const auto see = [&](int i, int k, std::uint32_t m) {
            near[i][k] = std::uint8_t(quantized(m));
            const std::uint32_t product = m * std::uint32_t(s.steps[k]);
            trunk[i * kBlock + k] =
                std::uint8_t(large(product < std::uint32_t(kMostDequantized) ? product : kMostDequantized));
        };
        see(0, 0, magnitude(left[0] - above_left[0]));
        see(1, 0, magnitude(above[0] - above_right[0]));
        see(2, 0, magnitude(left[0] - above[0]));
        for (int k = 1; k < lasts[0]; ++k) see(0, k, magnitude(left[k]));
        for (int k = 1; k < lasts[1]; ++k) see(1, k, magnitude(above[k]));
        for (int k = 1, last = lasts[2] > lasts[3] ? lasts[2] : lasts[3]; k < last; ++k)
            see(2, k, (magnitude(above_left[k]) + magnitude(above_right[k]) + 1) >> 1);
        for (int k = 0; k < lasts[0]; ++k)
            columns[kZigzag.row[k]] += kFarEdge[kZigzag.column[k]] * dequantized(left[k], s.steps[k]);
        for (int k = 0; k < lasts[1]; ++k)
            rows[kZigzag.column[k]] += kFarEdge[kZigzag.row[k]] * dequantized(above[k], s.steps[k]);
        const LogView edges = logs[kEdgeLog].view();
        for (int i = 0; i < kSide; ++i) {
            trunk[5 * kBlock + i] = signed_level(edges, rows[i] >> kEdgeBits);
            trunk[5 * kBlock + kSide + i] = signed_level(edges, columns[i] >> kEdgeBits);
        }
    }

    static std::uint32_t magnitude(std::int32_t v) { return std::uint32_t(v < 0 ? -v : v); }
    static std::uint8_t signed_level(const LogView& log, std::int32_t v) {
        return std::uint8_t(kSignedZero + log.with_sign(v));
    }

    // Before position k is coded: inputs of its head, and references, `stride` apart; the origin that those of the mean
    // coefficient are counted from comes last, in row kMostReferences.
    template <Kind kKind>
    void position(int k, const Steps& s, const LogTable* logs, std::uint8_t statistic, std::uint8_t* out,
                  std::int32_t* references, std::ptrdiff_t stride) const {
        const LogView residuals = logs[kResidualLog].view();
        const int v = kZigzag.row[k], u = kZigzag.column[k];
        const std::int32_t down = has_above ? residual(rows[u], s.down[k]) : 0;
        const std::int32_t right = has_left ? residual(columns[v], s.right[k]) : 0;
        std::int32_t error[2] = {down, right}, more[2] = {kResidualUnit * left[k], kResidualUnit * above[k]},
                     origin = 0;
        if (!k) {
            const std::int32_t plane = kResidualUnit * (left[0] + above[0] - above_left[0]);
            origin = has_above && has_left ? (down + right) >> 1 : down + right;
            error[0] = down - right, error[1] = plane - origin;
            more[0] = plane - origin, more[1] = kResidualUnit * above_right[0] - origin;
        }
        // a copy of its own, so that bytes are not stored between what follows
        std::uint8_t seen[kMostSeen]{};
        for (int i = 0; i < 3; ++i) seen[i] = near[i][k];
        const auto& m = magnitudes;
        seen[3] =
            std::uint8_t(logs[kOwnLog](2u * (m[v + 1][u] + m[v][u + 1]) + m[v + 1][u + 1] + m[v + 2][u] + m[v][u + 2]));
        for (int i = 0; i < 2; ++i) seen[4 + i] = signed_level(residuals, error[i] >> kResidualStep);
        const int distance = last - 1 - k;
        seen[6] = std::uint8_t(kLastLevel * (distance < kLastReach ? distance : kLastReach));
        seen[7] = distance ? 0 : kPresent;
        seen[8] = s.levels[k];
        seen[9] = statistic;
        references[0] = clipped(down - origin, kMostReference);
        references[stride] = clipped(right - origin, kMostReference);
        references[kMostReferences * stride] = clipped(origin, kMostReference);
        references[2 * stride] = clipped(more[0], kMostReference);
        references[3 * stride] = clipped(more[1], kMostReference);
        if constexpr (kKind != kLuma) {
            const std::int32_t change = k ? 2 * other[k] : other_change;
            seen[10] = luma[k];
            seen[11] = signed_level(logs[kOtherLog].view(), change);
            references[4 * stride] = clipped(kResidualUnit / 2 * change, kMostReference);
        }
        if constexpr (kKind == kRelatedChroma)
            for (int i = 0; i < kRelated; ++i) {
                const std::int32_t value = related[i].slope ? related[i].prediction(k, s.inverse[k]) : 0;
                seen[12 + i] = signed_level(residuals, value >> kResidualStep);
                references[(5 + i) * stride] = clipped(value, kMostReference);
            }
        std::memcpy(out, seen, sizeof seen);
    }

    // The coefficient at position k is known, and not 0: returns what the accumulator adds it by.
    int set(int k, std::int32_t value, const Steps& s, const LogTable& log) {
        const int v = kZigzag.row[k], u = kZigzag.column[k];
        const std::int32_t product = dequantized(std::int16_t(value), s.steps[k]);
        rows[u] -= kEdge[v] * product;
        columns[v] -= kEdge[u] * product;
        magnitudes[v][u] = std::uint16_t(magnitude(value));
        return log.with_sign(product);
    }
};

}  // namespace
}  // namespace l3c::dct
