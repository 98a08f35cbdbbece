// How a network of 8 bits sees samples: those of 8 bits as they are, deeper ones in steps of a power of two that follows how
// wrong the predictions before were. Equal to l3c.wave.definition.tile and l3c.wave.definition.deep.
//
// A scale has rows of a wavefront's pixels: `step(i)` levels are what the network takes for one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "isa/vectors.hpp"
#include "wave/fused.hpp"
#include "wave/inputs/input.hpp"
#include "wave/inputs/local_fit.hpp"
#include "wave/model.hpp"
#include "wave/repeats.hpp"
#include "workspace.hpp"

namespace l3c {
namespace {

constexpr int kFineSteps = 64;                     // in a network's level, the unit of means
constexpr int kMostDifference = 255 * kFineSteps;  // in magnitude, as of bytes

inline std::int32_t byte_residual(std::int32_t difference) {
    return (difference < -128 ? -128 : difference > 127 ? 127 : difference) + 128;
}

// Samples of 8 bits: a step is a level.
class ByteScale {
public:
    static constexpr bool kDeep = false;
    struct Steps {
        std::int32_t residual(std::int32_t value, std::int32_t prediction, int) const {
            return byte_residual(value - prediction);
        }
        float fine(std::int32_t value, std::int32_t prediction, int i) const {
            return float(residual(value, prediction, i) - 128);
        }
    };
    void open(int /*channels*/, int /*height*/, std::ptrdiff_t /*longest*/, SampleDepth, Workspace&, SharedWorkspace&) {
    }
    int neutral() const { return 1 << (kByteDepth - 1); }
    Steps steps() const { return {}; }
};

// Deeper samples. Steps are 2^0 .. 2^(depth - 8), the same for all channels of a pixel.
class DeepScale {
public:
    static constexpr bool kDeep = true;
    struct Steps {
        const std::int32_t* shifts;
        std::int32_t residual(std::int32_t value, std::int32_t prediction, int i) const {
            const std::int32_t half = (1 << shifts[i]) >> 1;
            return byte_residual((value - prediction + half) >> shifts[i]);
        }
        // The same, with the fraction of a step.
        float fine(std::int32_t value, std::int32_t prediction, int i) const {
            const float steps = float(value - prediction) / float(1 << shifts[i]);
            return steps < -kMostFine ? -kMostFine : steps > kMostFine ? kMostFine : steps;
        }
        static constexpr float kMostFine = 128.0f;
    };

    void open(int channels, int height, std::ptrdiff_t longest, SampleDepth depth, Workspace& memory,
              SharedWorkspace& shared) {
        channels_ = channels, depth_ = depth.bits, longest_ = longest, lanes_ = kBefore + height + 2 * kFloats;
        usual_ = float(channels << depth.usual);
        const auto rows = [&](int count) { return memory.take<std::int32_t>(std::size_t(count) * longest); };
        predictions_ = rows(channels), residuals_ = rows(channels), differences_ = rows(channels);
        shifts_ = rows(1), magnitudes_ = rows(1);
        sums_ = shared.take<float>(std::size_t(kRing) * kSums * lanes_);
        repeats_.open(channels, longest, memory, shared);
    }
    const RepeatCounts& repeats() const { return repeats_; }
    RepeatCounts& repeats() { return repeats_; }
    int depth() const { return depth_; }
    int neutral() const { return 1 << (depth_ - 1); }
    Steps steps() const { return {shifts_}; }

    std::int32_t* predictions(int c) const { return predictions_ + c * longest_; }
    std::int32_t* residuals(int c) const { return residuals_ + c * longest_; }
    const std::int32_t* differences(int c) const { return differences_ + c * longest_; }
    const std::int32_t* shifts() const { return shifts_; }

    // The strip's steps, of pixels before the wavefront alone.
    void begin(const Front& front) {
        first_ = front.first, count_ = front.count, begins_ = front.begins, ends_ = front.ends;
        for (int s = 0; s < kSums; ++s) {
            const float *left = slot(front.t - 1) + s * lanes_ + first_,
                        *above = slot(front.t - 2) + s * lanes_ + first_ - 1;
            float* here = slot(front.t) + s * lanes_ + first_;
            for (int i = 0; i < count_; i += kFloats) {
                const Floats sum =
                    fused(Floats{} + kFromAbove, load_floats(above + i), kFromLeft * load_floats(left + i));
                const int left_over = count_ - i;  // those behind are other threads'
                std::memcpy(here + i, &sum, sizeof(float) * (left_over < kFloats ? left_over : kFloats));
            }
        }
        here_ = slot(front.t) + first_;
        for (int i = 0; i < count_; i += kFloats) {
            const Floats magnitude = load_floats(here_ + i);
            Floats most = (load_floats(here_ + lanes_ + i) + kLeastPixels) * usual_;
            Ints shift{};
            for (int s = kByteDepth; s < depth_; ++s, most += most) shift -= magnitude > most;
            std::memcpy(shifts_ + i, &shift, sizeof shift);
        }
    }

    // Channel c's prediction as an input of the network.
    void set_levels(int c, std::int32_t* levels) const {
        const std::int32_t* p = predictions(c);
        const std::int32_t most = (1 << depth_) - 1;
        for (int i = 0; i < count_; ++i)
            levels[i] = (p[i] < 0 ? 0 : p[i] > most ? most : p[i]) >> (depth_ - kByteDepth);
    }

    // Channel c is known.
    void set(int c, const std::int32_t* values) {
        const std::int32_t* p = predictions(c);
        std::int32_t *residuals_of = residuals(c), *differences_of = differences_ + c * longest_;
        const Steps steps_of = steps();
        for (int i = 0; i < count_; ++i) {
            residuals_of[i] = steps_of.residual(values[i], p[i], i);
            const std::int32_t fine = (values[i] - p[i]) * kFineSteps >> shifts_[i];
            differences_of[i] = fine < -kMostDifference  ? -kMostDifference
                                : fine > kMostDifference ? kMostDifference
                                                         : fine;
            const std::int32_t magnitude = values[i] < p[i] ? p[i] - values[i] : values[i] - p[i];
            magnitudes_[i] = (c ? magnitudes_[i] : 0) + magnitude;
        }
    }

    // All channels are known.
    void update() {
        for (int i = 0; i < count_; ++i) here_[i] += float(magnitudes_[i]);
        for (int i = 0; i < count_; ++i) here_[lanes_ + i] += 1.0f;
        for (int s = 0; s < kSums; ++s) {
            if (begins_) here_[s * lanes_ - 1] = 0.0f;
            if (ends_) std::memset(here_ + s * lanes_ + count_, 0, kFloatBytes);
        }
    }

private:
    enum { kMagnitudes, kPixels, kSums };  // faded sums: of the differences' magnitudes, and of 1
    static constexpr float kLeastPixels = 1.0f / 64;
    static constexpr int kRing = 4;     // slots: a wavefront's, and at least the two before it
    static constexpr int kBefore = 16;  // lanes before row 0, whose upper neighbours they are: a vector
    float* slot(std::int64_t t) const { return sums_ + (t & (kRing - 1)) * kSums * lanes_ + kBefore; }

    int channels_ = 0, depth_ = 0, first_ = 0, count_ = 0;
    bool begins_ = true, ends_ = true;
    std::ptrdiff_t longest_ = 0, lanes_ = 0;
    std::int32_t *predictions_ = nullptr, *residuals_ = nullptr, *differences_ = nullptr, *shifts_ = nullptr,
                 *magnitudes_ = nullptr;
    float *sums_ = nullptr, *here_ = nullptr, usual_ = 0;
    RepeatCounts repeats_;
};

}  // namespace
}  // namespace l3c
