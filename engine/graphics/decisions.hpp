// Binary decisions: adaptive probabilities, their mixture, and the arithmetic coder (format 10.2 to 10.4).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace l3c::graphics {

inline constexpr int kStretchReach = 2047;
inline constexpr int kStretchSize = 4096;
inline constexpr int kSquashSize = 2 * kStretchReach + 1;
inline constexpr int kCountLimit = 80;
inline constexpr int kInputsMax = 13;      // of a mixture: of a bilevel pixel; candidates and samples have fewer
inline constexpr int kLanes = 16;          // 13 inputs, and three that are 0
inline constexpr int kWeightBits = 14;     // of their fractions
inline constexpr int kRefined = 24;        // steps of a refinement
inline constexpr std::size_t kBeyond = 3;  // bytes that a decoder reads beyond a payload

// l3c.graphics.definition.decisions computes them: log odds of probabilities, the inverse, 65536 / (n + 1.4).
struct DecisionTables {
    const std::int16_t* stretch;  // [kStretchSize]
    const std::uint16_t* squash;  // [kSquashSize]
    const std::uint16_t* rates;   // [kCountLimit + 1]
};

// A probability of 1, of 65536, less a half, and how many decisions it has seen. All bits 0 are a new one.
struct Chance {
    std::int16_t centred = 0;
    std::uint16_t seen = 0;
    int p() const { return centred + 32768; }
};

struct Weights {
    alignas(16) std::int16_t w[kLanes];
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

// Log odds of a mixture's inputs, and what is done with them and the weights: with vectors of 16-bit integers where
// every processor has them. The same integers either way.
class Inputs {
public:
    // given(i): input i, 0 beyond the last. The sum of weights times inputs.
    template <class Given>
    int weighted(const Weights& weights, const Given& given) {
#ifdef __SSE2__
        low_ = _mm_setr_epi16(short(given(0)), short(given(1)), short(given(2)), short(given(3)), short(given(4)),
                              short(given(5)), short(given(6)), short(given(7)));
        high_ = _mm_setr_epi16(short(given(8)), short(given(9)), short(given(10)), short(given(11)), short(given(12)),
                               0, 0, 0);
        const auto* w = reinterpret_cast<const __m128i*>(weights.w);
        __m128i sum = _mm_add_epi32(_mm_madd_epi16(low_, w[0]), _mm_madd_epi16(high_, w[1]));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        return _mm_cvtsi128_si32(sum);
#else
        int sum = 0;
        for (int i = 0; i < kInputsMax; ++i) {
            inputs_[i] = std::int16_t(given(i));
            sum += weights.w[i] * inputs_[i];
        }
        return sum;
#endif
    }
    // Each weight moves by input times error, rounded. error: of 16 bits.
    void learn(Weights& weights, int error) const {
#ifdef __SSE2__
        auto* w = reinterpret_cast<__m128i*>(weights.w);
        w[0] = _mm_adds_epi16(w[0], rounded(low_, error));
        w[1] = _mm_adds_epi16(w[1], rounded(high_, error));
#else
        for (int i = 0; i < kInputsMax; ++i) {
            const int moved = weights.w[i] + ((inputs_[i] * error + 0x4000) >> 15);
            weights.w[i] = std::int16_t(std::clamp(moved, -32768, 32767));
        }
#endif
    }

private:
#ifdef __SSE2__
    // (input * error + 2^14) >> 15: twice the product's upper half, and the next two bits.
    static __m128i rounded(__m128i inputs, int error) {
        const __m128i factor = _mm_set1_epi16(short(error));
        const __m128i upper = _mm_mulhi_epi16(inputs, factor), lower = _mm_mullo_epi16(inputs, factor);
        const __m128i floored = _mm_add_epi16(_mm_add_epi16(upper, upper), _mm_srli_epi16(lower, 15));
        return _mm_add_epi16(floored, _mm_and_si128(_mm_srli_epi16(lower, 14), _mm_set1_epi16(1)));
    }
    __m128i low_, high_;
#else
    std::int16_t inputs_[kInputsMax];
#endif
};

// Codes decisions one by one, alone or by a mixture of several chances.
template <class Coder>
class Decisions {
public:
    Decisions(Coder& coder, const DecisionTables& tables) : coder_(coder), tables_(tables) {}

    void learn(Chance& chance, int bit) const {
        const int target = bit ? 32767 : -32768;
        chance.centred =
            std::int16_t(chance.centred + (((target - chance.centred) * int(tables_.rates[chance.seen])) >> 16));
        if (chance.seen < kCountLimit) ++chance.seen;
    }
    int even(int bit) { return coder_.code(bit, 32768); }
    int single(int bit, Chance& chance) {
        bit = coder_.code(bit, std::clamp<int>(chance.p(), 32, 65504));
        learn(chance, bit);
        return bit;
    }

    void begin() { count_ = 0; }
    void add(Chance& chance) { chances_[count_++] = &chance; }

    // By the chances that were added since `begin`, of which there are so many.
    template <int kCount>
    int mixed(int bit, Weights& weights, int rate, Refinement& refinement) {
        static_assert(kCount <= kInputsMax);
        Inputs inputs;
        const int sum = inputs.weighted(weights, [&](int i) { return i < kCount ? stretched(i) : 0; });
        const int odds = std::clamp(sum >> kWeightBits, -kStretchReach, kStretchReach);
        const int p = tables_.squash[odds + kStretchReach];
        const int scaled = (odds + kStretchReach) * kRefined, place = scaled >> 12, share = (scaled & 4095) >> 6;
        Chance* steps = refinement.steps + place;
        const int refined = (steps[0].p() * (64 - share) + steps[1].p() * share) >> 6;
        bit = coder_.code(bit, std::clamp((p + refined) >> 1, 16, 65520));
        inputs.learn(weights, (((bit << 16) - p) * rate) >> 7);
        for (int i = 0; i < kCount; ++i) learn(*chances_[i], bit);
        learn(steps[share >= 32], bit);
        return bit;
    }

private:
    int stretched(int i) const { return tables_.stretch[kStretchSize / 2 + (chances_[i]->centred >> 4)]; }

    Coder& coder_;
    const DecisionTables& tables_;
    int count_ = 0;
    Chance* chances_[kInputsMax];
};

}  // namespace l3c::graphics
