// What a pixel's channels are expected to be: a channel's fit, corrected by how its errors followed those of the channels
// before it, in sums that fade as the fits' do. Equal to l3c.wave.definition.regression.
//
// The sums of pixel (y, x) lie in slot t = x + 3 y of a ring, one row of lanes for each kind of sum.
#pragma once
#include <cstddef>
#include <cstring>

#include "wave/fused.hpp"
#include "wave/inputs/local_fit.hpp"

namespace l3c {
namespace {

constexpr float kReach = 255.0f;  // the farthest that a sample is from another one
constexpr float kCalm = 4.0f;     // added to energies: slopes of few pixels stay small
constexpr float kFine = 64.0f;    // what is expected is in whole 64ths of a level, the unit of a mixture's means
enum Sum { kError0, kError1, kError2, kFirstBySecond, kFirstByThird, kSecondByThird, kSums };

inline Floats clip_floats(Floats v, float most) {
    v = v > -most ? v : Floats{} - most;
    return v < most ? v : Floats{} + most;
}

// Whole 64ths.
inline Floats rounded_finely(Floats v) {
    const Floats scaled = clip_floats(v, kReach) * kFine + 0.5f;
    const Floats whole = __builtin_convertvector(__builtin_convertvector(scaled, Ints), Floats);
    return (whole > scaled ? whole - 1.0f : whole) * (1 / kFine);
}

// Eighths of an octave of a faded sum of squares, as an input of the network.
inline std::int32_t energy_level(float sum) {
    const float shifted = sum + 0.25f;
    std::int32_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    const std::int32_t level = (bits >> 20) - (127 << 3) + 72;
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

// 64ths of a level, as an input of the network: quarters about 128.
inline std::int32_t step_level(std::int32_t steps) {
    const std::int32_t level = ((steps + 8) >> 4) + 128;
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

class Regression {
public:
    static std::size_t size(int rows) { return std::size_t(kRing) * kSums * lanes(rows); }

    Regression() = default;
    // sums: size(rows) zeros.
    Regression(float* sums, int rows) : sums_(sums), lanes_(lanes(rows)) {}

    // Sums as the pixels of a wavefront find them.
    void fade(Front front) {
        const std::int64_t t = front.t;
        const int first = front.first, count = front.count;
        first_ = first, count_ = count, slot_ = slot(t), begins_ = front.begins, ends_ = front.ends;
        for (int s = 0; s < kSums; ++s) {
            const float *left = slot(t - 1) + s * lanes_ + first, *above = slot(t - 2) + s * lanes_ + first - 1;
            float* here = sum(s);
            for (int i = 0; i < count; i += kFloats)
                put(here, i, fused(Floats{} + kFromAbove, load_floats(above + i), kFromLeft * load_floats(left + i)));
        }
    }

    const float* energy(int channel) const { return sum(channel); }

    // What is expected of channel c, given what is expected to be left of it (`fit`: of channel 0 the difference from its
    // prediction, of others what it exceeds channel 0's by), the first channel's difference and the errors before.
    void expect(int c, const float* fit, const float* first_difference, const float* const* errors, float* out) const {
        for (int i = 0; i < count_; i += kFloats) {
            Floats e = clip_floats(load_floats(fit + i), kReach);
            if (c > 0)
                e = fused(slope(c == 1 ? kFirstBySecond : kFirstByThird, kError0, i), load_floats(errors[0] + i),
                          load_floats(first_difference + i) + e);
            if (c > 1) e = fused(slope(kSecondByThird, kError1, i), load_floats(errors[1] + i), e);
            store_floats(out + i, rounded_finely(e));
        }
    }

    // differences, fits, errors: of each channel.
    void update(int channels, const float* const* differences, const float* const* fits, const float* const* errors) {
        for (int i = 0; i < count_; i += kFloats) {
            const Floats e0 = load_floats(errors[0] + i), r0 = load_floats(differences[0] + i);
            if (channels > 1) {
                const Floats e1 = load_floats(errors[1] + i);
                const Floats left1 =
                    load_floats(differences[1] + i) - r0 - clip_floats(load_floats(fits[1] + i), kReach);
                const Floats left2 =
                    load_floats(differences[2] + i) - r0 - clip_floats(load_floats(fits[2] + i), kReach);
                const Floats rest = fused(-slope(kFirstByThird, kError0, i), e0, left2);
                add(kFirstBySecond, i, e0, left1);
                add(kFirstByThird, i, e0, left2);
                add(kSecondByThird, i, e1, rest);
            }
            for (int c = 0; c < channels; ++c) add(c, i, load_floats(errors[c] + i), load_floats(errors[c] + i));
        }
        for (int s = 0; s < kSums; ++s) {
            if (begins_) sum(s)[-1] = 0.0f;
            if (ends_) std::memset(sum(s) + count_, 0, kFloatBytes);
        }
    }

private:
    static constexpr int kRing = 4;     // slots: a wavefront's, and at least the two before it
    static constexpr int kBefore = 16;  // lanes before row 0, whose upper neighbours they are: a vector
    static std::ptrdiff_t lanes(int rows) { return kBefore + rows + 2 * kFloats; }
    float* slot(std::int64_t t) const { return sums_ + (t & (kRing - 1)) * kSums * lanes_ + kBefore; }
    float* sum(int s) const { return slot_ + s * lanes_ + first_; }

    Floats slope(int by, int energy, int i) const {
        return load_floats(sum(by) + i) / (load_floats(sum(energy) + i) + kCalm);
    }
    void add(int s, int i, Floats a, Floats b) { put(sum(s), i, fused(a, b, load_floats(sum(s) + i))); }

    // Pixels i and following of a row of sums: not those that another thread has.
    void put(float* row, int i, Floats v) const {
        if (i + kFloats <= count_)
            store_floats(row + i, v);
        else
            std::memcpy(row + i, &v, sizeof(float) * (count_ - i));
    }

    float *sums_ = nullptr, *slot_ = nullptr;
    std::ptrdiff_t lanes_ = 0;
    int first_ = 0, count_ = 0;
    bool begins_ = true, ends_ = true;
};

// The input: each channel's energy for all layers, what a channel is expected to be for its head, and by how much that was
// wrong for stage 1.
class RegressionInput : public NoInput {
public:
    static constexpr int context_rows(const Architecture& a) { return a.coupled ? a.coded() : 0; }
    static constexpr bool in_stage1(const Architecture& a) { return a.coupled; }
    static constexpr bool in_heads(const Architecture& a) { return a.coupled; }

    template <class Take, class Share>
    void open(const Architecture& a, int height, int longest, Take take, Share share, Shared& shared) {
        channels_ = a.channels, shared_ = &shared;
        regression_ = Regression(share(Regression::size(height)), height);
        const std::ptrdiff_t stride = longest + 2 * kFloats;
        for (int c = 0; c < channels_; ++c)
            differences_[c] = take(stride) + kFloats, errors_[c] = take(stride) + kFloats;
        room_ = take(stride) + kFloats;
    }

    template <class View>
    void fill(const View& view, std::int32_t* rows, std::ptrdiff_t stride) {
        const Front front = view.front();
        regression_.fade(front);
        for (int c = 0; c < channels_; ++c, rows += stride) {
            const float* energy = regression_.energy(c);
            for (int i = 0; i < front.count; ++i) rows[i] = energy_level(energy[i]);
        }
    }

    template <class View>
    void expect(const View& view, int c, std::int32_t* row) {
        regression_.expect(c, shared_->fits[c], differences_[0], errors_, room_);
        const int count = view.front().count;
        std::int32_t* expected = shared_->expected;
        for (int i = 0; i < count; ++i) expected[i] = std::int32_t(room_[i] * kFine);
        for (int i = 0; i < count; ++i) row[i] = step_level(expected[i]);
    }

    template <class View>
    void observe(const View& view, int c, std::int32_t* row) {
        float *difference = differences_[c], *error = errors_[c];
        view.differences(c, difference);
        const int count = view.front().count;
        const std::int32_t* expected = shared_->expected;
        for (int i = 0; i < count; ++i) error[i] = difference[i] - float(expected[i]) * (1 / kFine);
        for (int i = 0; i < count; ++i) row[i] = step_level(std::int32_t(difference[i] * kFine) - expected[i]);
    }

    template <class View>
    void update(const View&) {
        regression_.update(channels_, differences_, shared_->fits, errors_);
    }

private:
    int channels_ = 0;
    Shared* shared_ = nullptr;
    Regression regression_;
    float *differences_[kMostChannels]{}, *errors_[kMostChannels]{}, *room_ = nullptr;
};

}  // namespace
}  // namespace l3c
