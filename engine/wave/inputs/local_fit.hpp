// Least-squares prediction of a channel from 12 neighbours, fitted at each pixel to the pixels before it, whose weights fade
// with their distance. Equal to l3c.wave.definition.local_fit.
//
// The sums of pixel (y, x) lie in slot t = x + 3 y of a ring, its rows in blocks that fill a vector: those of its left
// neighbour in slot t - 1 at the same place, of the upper right one in slot t - 2 one row before.
#pragma once
#include <cmath>
#include <cstddef>
#include <utility>

#include "wave/fused.hpp"
#include "wave/inputs/input.hpp"

namespace l3c {
namespace {

constexpr int kFit = kFitted;
constexpr int kFitSums =
    kFit * (kFit + 1) / 2 + kFit;         // products of the neighbours' residuals, and with the pixel's own
constexpr int kFitRing = 3;               // slots: a wavefront's, and the two before it
constexpr float kFromLeft = 35.0f / 64;   // what a pixel takes of its left neighbour's sums; the two shares make 62/64
constexpr float kFromAbove = 27.0f / 64;  // and of its upper right neighbour's
constexpr float kRidge = 8.0f;            // added to the sums' diagonal: fits of few pixels stay small

class LocalFit {
public:
    static std::size_t size(int rows) { return std::size_t(kFitRing) * blocks(rows) * kBlock; }

    LocalFit() = default;
    // sums: size(rows) zeros.
    LocalFit(float* sums, int rows) : sums_(sums), slot_size_(std::ptrdiff_t(blocks(rows)) * kBlock) {}

    // x: 12 rows of the neighbours' differences, out: predicted differences, of the front's pixels and with room for a vector
    // before and behind.
    void predict(const Front& front, const float* x, std::ptrdiff_t stride, float* out) {
        each_block(front, [&](int row, const Lanes& lanes) {
            const std::ptrdiff_t at = row - front.first;
            store_floats(out + at, solve(front.t, row, lanes, x + at, stride));
        });
        if (front.begins && front.first > 0) forget(front.t, front.first - 1);
    }

    // target: the true differences. room: one row. With room before and behind, as above.
    void update(const Front& front, const float* x, std::ptrdiff_t stride, const float* target, float* room) {
        weigh(front.count, x, stride, room);
        each_block(front, [&](int row, const Lanes& lanes) {
            const std::ptrdiff_t at = row - front.first;
            float* sum = block(front.t, row);
            const Floats weight = load_floats(room + at);
            for (int r = 0; r <= kFit; ++r) {
                const Floats value = weight * load_floats((r < kFit ? x + r * stride : target) + at);
                for (int j = 0; j <= r && j < kFit; ++j, sum += kFloats)
                    lanes.store(sum, fused(value, load_floats(x + j * stride + at), lanes.load(sum)));
            }
        });
    }

private:
    static constexpr int kBlock = kFitSums * kFloats;

    // One block of zeros stands for the rows above the first.
    static int blocks(int rows) { return 1 + (rows + kFloats - 1) / kFloats; }
    float* block(std::int64_t t, int row) {
        return sums_ + ((t + kFitRing) % kFitRing) * slot_size_ + std::ptrdiff_t(1 + row / kFloats) * kBlock;
    }

    // The rows of a block that are in the wavefront, and those that this thread writes: its strip, and what lies beyond the
    // wavefront's ends, where sums are 0.
    struct Lanes {
        Ints inside, own;
        bool all_own;

        Floats load(const float* p) const { return all_own ? load_floats(p) : load_where(p, own); }
        void store(float* p, Floats v) const {
            const Floats kept = inside ? v : Floats{};
            if (all_own)
                store_floats(p, kept);
            else
                store_where(p, kept, own);
        }
    };

    // work(first row, lanes) on each block of the strip's rows.
    template <class Work>
    static void each_block(const Front& front, Work work) {
        const int end = front.first + front.count;
        for (int row = front.first / kFloats * kFloats; row < end; row += kFloats) {
            Ints place;
            for (int i = 0; i < kFloats; ++i) place[i] = row + i;
            const Ints before = place < front.first, behind = place >= end;
            const bool others = (row < front.first && !front.begins) || (row + kFloats > end && !front.ends);
            work(row, Lanes{~(before | behind), ~((front.begins ? Ints{} : before) | (front.ends ? Ints{} : behind)),
                            !others});
        }
    }

    // A row that has ended counts as nothing for what follows it.
    void forget(std::int64_t t, int row) {
        float* sum = block(t, row) + row % kFloats;
        for (int e = 0; e < kFitSums; ++e) sum[e * kFloats] = 0.0f;
    }

    // The last of `before` and all but the last of `here`.
    template <int... I>
    static Floats shifted(Floats before, Floats here, std::integer_sequence<int, I...>) {
        return __builtin_shufflevector(before, here, (kFloats - 1 + I)...);
    }

    // Elimination without pivots, row by row, of the sums that a pixel finds, a ridged triangle and the target's row, and of
    // the features' row; returns the target's row times the features' by the triangle's inverse. The sums are kept for update().
    // Each row stays in registers; scaled[j][k] is what row k has in column j, by the pivot of row j.
    Floats solve(std::int64_t t, int row, const Lanes& lanes, const float* x, std::ptrdiff_t stride) {
        const float *left = block(t - 1, row), *above = block(t - 2, row);
        float* here = block(t, row);
        Floats scaled[kFit][kFit + 1], inverse[kFit], result{};
#pragma GCC unroll 16
        for (int r = 0; r <= kFit; ++r) {
            Floats entry[kFit];
#pragma GCC unroll 16
            for (int j = 0; j <= r && j < kFit; ++j, left += kFloats, above += kFloats, here += kFloats) {
                entry[j] = fade(left, above);
                lanes.store(here, entry[j]);
            }
            eliminate(entry, r, scaled);
#pragma GCC unroll 16
            for (int j = 0; j < r; ++j) scaled[j][r] = entry[j] * inverse[j];
            if (r == kFit) break;
            Floats pivot = entry[r] + kRidge;
#pragma GCC unroll 16
            for (int j = 0; j < r; ++j) pivot = fused(-entry[j], scaled[j][r], pivot);
            const Floats least = Floats{} + kRidge / 2;
            inverse[r] = 1.0f / (pivot > least ? pivot : least);
        }
        Floats features[kFit];
#pragma GCC unroll 16
        for (int j = 0; j < kFit; ++j) features[j] = load_floats(x + j * stride);
        eliminate(features, kFit, scaled);
#pragma GCC unroll 16
        for (int j = 0; j < kFit; ++j) result = fused(features[j], scaled[j][kFit], result);
        return result;
    }

    // The first columns of a row, less what the rows before have of each.
    __attribute__((always_inline)) static void eliminate(Floats* entry, int columns, const Floats (*scaled)[kFit + 1]) {
#pragma GCC unroll 16
        for (int j = 0; j < columns; ++j)
#pragma GCC unroll 16
            for (int k = j + 1; k < columns; ++k) entry[k] = fused(-entry[j], scaled[j][k], entry[k]);
    }

    static Floats fade(const float* left, const float* above) {
        const Floats upper =
            shifted(load_floats(above - kBlock), load_floats(above), std::make_integer_sequence<int, kFloats>());
        return fused(Floats{} + kFromAbove, upper, kFromLeft * load_floats(left));
    }

    // 16 / sqrt(energy of the neighbours' differences + 16): lively places count less.
    static void weigh(int count, const float* x, std::ptrdiff_t stride, float* weight) {
        for (int i = 0; i < count; ++i) weight[i] = 16.0f;
        for (int j = 0; j < kFit; ++j)
            for (int i = 0; i < count; ++i) weight[i] += x[j * stride + i] * x[j * stride + i];
        for (int i = 0; i < count; ++i) weight[i] = 16.0f / std::sqrt(weight[i]);
    }

    float* sums_ = nullptr;
    std::ptrdiff_t slot_size_ = 0;
};

// A fitted difference as an input of the network: quarters of a level about 128.
inline std::int32_t fit_level(float difference) {
    float v = difference * 4.0f + 128.5f;
    v = v > 0.0f ? v : 0.0f;
    return std::int32_t(v < 255.0f ? v : 255.0f);
}

// The input: each coded channel's prediction.
class FitInput : public NoInput {
public:
    static constexpr int context_rows(const Architecture& a) { return a.fitted ? a.coded() : 0; }

    template <class Take, class Share>
    void open(const Architecture& a, int height, int longest, Take take, Share share, Shared& shared) {
        a_ = a, shared_ = &shared, stride_ = longest + 2 * kFloats;
        for (int c = a.side_channels; c < a.channels; ++c) fits_[c] = LocalFit(share(LocalFit::size(height)), height);
        neighbours_ = take(a.channels * kFit * stride_) + kFloats;
        for (float*& row : targets_) row = take(stride_) + kFloats;
        room_ = take(stride_) + kFloats;
    }

    template <class View>
    void fill(const View& view, std::int32_t* rows, std::ptrdiff_t stride) {
        const Front front = view.front();
        for (int c = a_.side_channels; c < a_.channels; ++c, rows += stride) {
            for (int n = 0; n < kFit; ++n) {
                float* x = neighbours(c) + n * stride_;
                view.neighbours(c, n, x);
                if (of_excess(c)) subtract(x, neighbours(0) + n * stride_, front.count);
            }
            float* fit = shared_->fits[c];
            fits_[c].predict(front, neighbours(c), stride_, fit);
            for (int i = 0; i < front.count; ++i) rows[i] = fit_level(fit[i]);
        }
    }

    template <class View>
    void update(const View& view) {
        const Front front = view.front();
        for (int c = a_.side_channels; c < a_.channels; ++c) {
            float* target = targets_[c > 0];
            view.residuals(c, target);
            if (of_excess(c)) subtract(target, targets_[0], front.count);
            fits_[c].update(front, neighbours(c), stride_, target, room_);
        }
    }

private:
    // Where channels follow each other, later ones are fitted by how much they exceed the first one.
    bool of_excess(int c) const { return a_.coupled && c > 0; }
    float* neighbours(int c) { return neighbours_ + c * kFit * stride_; }
    static void subtract(float* row, const float* other, int count) {
        for (int i = 0; i < count; ++i) row[i] -= other[i];
    }

    Architecture a_{};
    Shared* shared_ = nullptr;
    std::ptrdiff_t stride_ = 0;
    LocalFit fits_[kMostChannels];
    float *neighbours_ = nullptr, *targets_[2]{}, *room_ = nullptr;
};

}  // namespace
}  // namespace l3c
