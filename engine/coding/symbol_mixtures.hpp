// Symbols under mixtures, eight positions at a time. Included once by each instruction set's source.
#pragma once
#include "coding/mixture.hpp"
#include "coding/symbols.hpp"

namespace l3c {
namespace {

using WideMixture = Mixture8Of<kMaxMixtureComponents>;

// Eight positions (or the `left` ones there are) of one channel after another.
class Positions {
public:
    Positions(const Tables& tables, const MixtureMap& map, std::size_t at)
        : tables_(tables), map_(map), at_(at), left_(int(map.count - at < kVector ? map.count - at : kVector)) {}

    int left() const { return left_; }

    WideMixture mixture(int channel, const I32x8* known) const {
        std::int32_t rows[3 * kMaxMixtureComponents * kVector];
        const int k_count = map_.components;
        for (int k = 0; k < k_count; ++k) {
            I32x8 mean = load(1, channel, k);
            for (int j = 0; map_.joint && j < channel; ++j) mean += shift(channel, j, k, known[j]);
            store8(rows + k * kVector, load(0, channel, k));
            store8(rows + (k_count + k) * kVector, mean);
            store8(rows + (2 * k_count + k) * kVector, load(2, channel, k));
        }
        return make_mixture<kMaxMixtureComponents>(tables_, k_count, rows, kVector, all8(0));
    }

    I32x8 symbols(const std::uint8_t* from) const {
        I32x8 v = all8(0);
        for (int i = 0; i < left_; ++i) v[i] = from[at_ + i];
        return v;
    }

private:
    // What is read is clipped, so that no sum leaves 32 bits whatever the caller gave.
    I32x8 load(int part, int channel, int k) const {
        constexpr std::int32_t kMost = 1 << 20;
        const std::size_t row = (std::size_t(part) * map_.channels + channel) * map_.components + k;
        const std::int32_t* from = map_.rows + row * map_.count + at_;
        I32x8 v = all8(0);
        if (left_ == kVector)
            v = load8(from);
        else
            std::memcpy(&v, from, sizeof(std::int32_t) * left_);
        return clip8(v, -kMost, kMost);
    }

    I32x8 shift(int channel, int earlier, int k, I32x8 value) const {
        const int row = channel == 1 ? 0 : 1 + earlier;
        return (logistic(tables_, clip_argument(load(3, row, k))) * value) >> 10;
    }

    const Tables& tables_;
    const MixtureMap& map_;
    std::size_t at_;
    int left_;
};

struct Alphabet {
    int levels;

    I32x8 border(const Tables& tables, const WideMixture& m, I32x8 symbol) const {
        const U32x8 share = U32x8(mass_below(tables, m, m.components, symbol));
        return symbol + I32x8((share * U32x8(all8((1 << kFrequencyBits) - levels))) >> 16);
    }

    Interval8 interval(const Tables& tables, const WideMixture& m, I32x8 symbol) const {
        const I32x8 start = symbol == 0 ? all8(0) : border(tables, m, symbol);
        const I32x8 end = symbol == levels - 1 ? all8((1 << kFrequencyBits)) : border(tables, m, symbol + 1);
        return {symbol, start, end - start};
    }

    Interval8 find(const Tables& tables, const WideMixture& m, I32x8 slot) const {
        I32x8 symbol = all8(0), start = all8(0), end = all8((1 << kFrequencyBits));
        for (int step = kSymbols / 2; step > 0; step >>= 1) {
            if (step >= levels) continue;
            const I32x8 candidate = symbol + step;
            const I32x8 inner = border(tables, m, candidate);
            const I32x8 reached = candidate >= levels ? all8((1 << kFrequencyBits)) : inner;
            const I32x8 above = reached <= slot;
            symbol = above ? candidate : symbol;
            start = above ? reached : start;
            end = above ? end : reached;
        }
        return {symbol, start, end - start};
    }
};

void mixture_intervals(const Tables& tables, const MixtureMap& map, const std::uint8_t* symbols, Interval* out) {
    const Alphabet alphabet{map.levels};
    for (std::size_t at = 0; at < map.count; at += kVector) {
        const Positions here(tables, map, at);
        I32x8 known[kJointChannels];
        for (int c = 0; c < map.channels; ++c) {
            const I32x8 symbol = min8(here.symbols(symbols + c * map.count), all8(map.levels - 1));
            if (map.joint) known[c] = symbol;
            const Interval8 found = alphabet.interval(tables, here.mixture(c, known), symbol);
            const I32x8 both = found.start | (found.frequency << 16);
            for (int i = 0; i < here.left(); ++i) out[c * map.count + at + i] = Interval(both[i]);
        }
    }
}

Status mixture_symbols(const Tables& tables, const MixtureMap& map, RansDecoder& decoder, std::uint8_t* out) {
    const Alphabet alphabet{map.levels};
    for (int c = 0; c < map.channels; ++c)
        for (std::size_t at = 0; at < map.count; at += kVector) {
            const Positions here(tables, map, at);
            I32x8 known[kJointChannels], slots;
            for (int j = 0; map.joint && j < c; ++j) known[j] = here.symbols(out + j * map.count);
            for (int i = 0; i < kVector; ++i) slots[i] = std::int32_t(decoder.states[i] & 0xffff);
            const Interval8 found = alphabet.find(tables, here.mixture(c, known), slots);
            for (int i = 0; i < here.left(); ++i) {
                const Status status = rans_take(decoder, i, found.start[i], found.frequency[i]);
                if (status != Status::kOk) return status;
                out[c * map.count + at + i] = std::uint8_t(found.symbol[i]);
            }
        }
    return Status::kOk;
}

}  // namespace
}  // namespace l3c
