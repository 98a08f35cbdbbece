// Binary decisions: adaptive probabilities, their mixture, and the arithmetic coder (format 10.2 to 10.4).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace l3c::graphics {

inline constexpr int kStretchReach = 2047;
inline constexpr int kStretchSize = 4096;
inline constexpr int kSquashSize = 2 * kStretchReach + 1;
inline constexpr int kCountLimit = 80;
inline constexpr int kInputsMax = 12;  // of a mixture; one of 11 has 0 as its last
inline constexpr int kRefined = 24;    // steps of a refinement
inline constexpr int kWeightLimit = (1 << 19) - 1;
inline constexpr std::size_t kBeyond = 3;  // bytes that a decoder reads beyond a payload

// l3c.graphics.definition.decisions computes them: log odds of probabilities, the inverse, 65536 / (n + 1.4).
struct DecisionTables {
    const std::int16_t* stretch;  // [kStretchSize]
    const std::uint16_t* squash;  // [kSquashSize]
    const std::uint16_t* rates;   // [kCountLimit + 1]
};

// A probability of 1, of 65536, and how many decisions it has seen.
struct Chance {
    std::uint16_t p = 32768;
    std::uint16_t seen = 0;
};

struct Weights {
    alignas(16) std::int32_t w[kInputsMax];
};

struct Refinement {
    Chance steps[kRefined + 1];
};

class Writer {
public:
    static constexpr bool kEncodes = true;
    explicit Writer(std::vector<std::uint8_t>& out) : out_(out) {}
    int code(int bit, int p) {
        const std::uint32_t middle = low_ + std::uint32_t(std::uint64_t(high_ - low_) * std::uint32_t(p) >> 16);
        if (bit)
            high_ = middle;
        else
            low_ = middle + 1;
        while (((low_ ^ high_) & 0xff000000u) == 0) {
            out_.push_back(std::uint8_t(high_ >> 24));
            low_ <<= 8;
            high_ = high_ << 8 | 255;
        }
        return bit;
    }
    void finish() { out_.push_back(std::uint8_t((low_ >> 24) + (low_ << 8 != 0))); }

private:
    std::vector<std::uint8_t>& out_;
    std::uint32_t low_ = 0, high_ = 0xffffffffu;
};

class Reader {
public:
    static constexpr bool kEncodes = false;
    Reader(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {
        for (int i = 0; i < 4; ++i) value_ = value_ << 8 | next();
    }
    int code(int, int p) {
        const std::uint32_t middle = low_ + std::uint32_t(std::uint64_t(high_ - low_) * std::uint32_t(p) >> 16);
        const int bit = value_ <= middle;
        if (bit)
            high_ = middle;
        else
            low_ = middle + 1;
        while (((low_ ^ high_) & 0xff000000u) == 0) {
            low_ <<= 8;
            high_ = high_ << 8 | 255;
            value_ = value_ << 8 | next();
        }
        return bit;
    }
    // Whether more was read than a payload of this size can hold.
    bool overrun() const { return read_ > size_ + kBeyond; }
    bool finished() const { return read_ == size_ + kBeyond; }

private:
    std::uint32_t next() {
        const std::size_t at = read_++;
        return at < size_ ? data_[at] : 0;
    }
    const std::uint8_t* data_;
    std::size_t size_, read_ = 0;
    std::uint32_t low_ = 0, high_ = 0xffffffffu, value_ = 0;
};

// Codes decisions one by one, alone or by a mixture of several chances.
template <class Coder>
class Decisions {
public:
    Decisions(Coder& coder, const DecisionTables& tables) : coder_(coder), tables_(tables) {}

    void learn(Chance& chance, int bit) const {
        const int target = bit ? 65535 : 0;
        chance.p = std::uint16_t(chance.p + (((target - chance.p) * int(tables_.rates[chance.seen])) >> 16));
        if (chance.seen < kCountLimit) ++chance.seen;
    }
    int even(int bit) { return coder_.code(bit, 32768); }
    int single(int bit, Chance& chance) {
        bit = coder_.code(bit, std::clamp<int>(chance.p, 32, 65504));
        learn(chance, bit);
        return bit;
    }

    void begin() {
        count_ = 0;
        inputs_[kInputsMax - 1] = 0;
    }
    void add(Chance& chance) {
        inputs_[count_] = tables_.stretch[chance.p >> 4];
        chances_[count_++] = &chance;
    }
    // By the chances that were added since `begin`.

    int mixed(int bit, Weights& weights, int rate, Refinement& refinement) {
        int sum = 0;
        for (int i = 0; i < kInputsMax; ++i) sum += weights.w[i] * inputs_[i] >> 8;
        const int odds = std::clamp(sum >> 8, -kStretchReach, kStretchReach);
        const int p = tables_.squash[odds + kStretchReach];
        const int scaled = (odds + kStretchReach) * kRefined, place = scaled >> 12, share = (scaled & 4095) >> 6;
        Chance* steps = refinement.steps + place;
        const int refined = (steps[0].p * (64 - share) + steps[1].p * share) >> 6;
        bit = coder_.code(bit, std::clamp((p + refined) >> 1, 16, 65520));
        const int error = (((bit << 16) - p) * rate) >> 4;
        for (int i = 0; i < kInputsMax; ++i) {
            const int moved = weights.w[i] + ((inputs_[i] * error + 0x8000) >> 16);
            weights.w[i] = std::min(std::max(moved, -kWeightLimit), kWeightLimit);
        }
        for (int i = 0; i < count_; ++i) learn(*chances_[i], bit);
        learn(steps[share >= 32], bit);
        return bit;
    }

private:
    Coder& coder_;
    const DecisionTables& tables_;
    int count_ = 0;
    alignas(16) int inputs_[kInputsMax] = {};
    Chance* chances_[kInputsMax];
};

}  // namespace l3c::graphics
