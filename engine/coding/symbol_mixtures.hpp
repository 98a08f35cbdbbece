// Symbols under mixtures, eight positions at a time. Included once by each instruction set's source.
#pragma once
#include "coding/mixture.hpp"
#include "coding/symbols.hpp"

namespace l3c {
namespace {

using WideMixture = Mixture8Of<kMaxMixtureComponents>;

// The logistic function of argument / 1024, times 65536.
inline Int8 logistic(const Tables& tables, Int8 argument) {
    const Int8 place = min8(max8(argument, all8(-12288)), all8(12287)) + 12288;
    const Int8 entry = look_up(tables.sigmoid, place >> 6);
    return (entry >> 11) + (((entry & 2047) * (place & 63)) >> 6);
}

// Eight positions (or the `left` ones there are) of one channel after another.
class Positions {
public:
    Positions(const Tables& tables, const MixtureMap& map, std::size_t at)
        : tables_(tables), map_(map), at_(at), left_(int(map.count - at < kVector ? map.count - at : kVector)) {}

    int left() const { return left_; }

    WideMixture mixture(int channel, const Int8* known) const {
        std::int32_t rows[3 * kMaxMixtureComponents * kVector];
        const int k_count = map_.components;
        for (int k = 0; k < k_count; ++k) {
            Int8 mean = load(1, channel, k);
            for (int j = 0; map_.joint && j < channel; ++j) mean += shift(channel, j, k, known[j]);
            store8(rows + k * kVector, load(0, channel, k));
            store8(rows + (k_count + k) * kVector, mean);
            store8(rows + (2 * k_count + k) * kVector, load(2, channel, k));
        }
        return make_mixture<kMaxMixtureComponents>(tables_, k_count, rows, kVector, all8(0));
    }

    Int8 symbols(const std::uint8_t* from) const {
        Int8 v = all8(0);
        for (int i = 0; i < left_; ++i) v[i] = from[at_ + i];
        return v;
    }

private:
    // What is read is clipped, so that no sum leaves 32 bits whatever the caller gave.
    Int8 load(int part, int channel, int k) const {
        const std::size_t row = (std::size_t(part) * map_.channels + channel) * map_.components + k;
        const std::int32_t* from = map_.rows + row * map_.count + at_;
        Int8 v = all8(0);
        if (left_ == kVector)
            v = load8(from);
        else
            std::memcpy(&v, from, sizeof(std::int32_t) * left_);
        return min8(max8(v, all8(-(1 << 20))), all8(1 << 20));
    }

    Int8 shift(int channel, int earlier, int k, Int8 value) const {
        const int row = channel == 1 ? 0 : 1 + earlier;
        return (logistic(tables_, load(3, row, k)) * value) >> 10;
    }

    const Tables& tables_;
    const MixtureMap& map_;
    std::size_t at_;
    int left_;
};

struct Alphabet {
    int levels;

    Int8 border(const Tables& tables, const WideMixture& m, Int8 symbol) const {
        const Unsigned8 share = Unsigned8(mass_below(tables, m, m.components, symbol));
        return symbol + Int8((share * Unsigned8(all8(65536 - levels))) >> 16);
    }

    Interval8 interval(const Tables& tables, const WideMixture& m, Int8 symbol) const {
        const Int8 start = symbol == 0 ? all8(0) : border(tables, m, symbol);
        const Int8 end = symbol == levels - 1 ? all8(65536) : border(tables, m, symbol + 1);
        return {symbol, start, end - start};
    }

    Interval8 find(const Tables& tables, const WideMixture& m, Int8 slot) const {
        Int8 symbol = all8(0), start = all8(0), end = all8(65536);
        for (int step = 128; step > 0; step >>= 1) {
            if (step >= levels) continue;
            const Int8 candidate = symbol + step;
            const Int8 inner = border(tables, m, candidate);
            const Int8 reached = candidate >= levels ? all8(65536) : inner;
            const Int8 above = reached <= slot;
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
        Int8 known[kJointChannels];
        for (int c = 0; c < map.channels; ++c) {
            const Int8 symbol = min8(here.symbols(symbols + c * map.count), all8(map.levels - 1));
            if (map.joint) known[c] = symbol;
            const Interval8 found = alphabet.interval(tables, here.mixture(c, known), symbol);
            const Int8 both = found.start | (found.frequency << 16);
            for (int i = 0; i < here.left(); ++i) out[c * map.count + at + i] = Interval(both[i]);
        }
    }
}

Status mixture_symbols(const Tables& tables, const MixtureMap& map, RansDecoder& decoder, std::uint8_t* out) {
    const Alphabet alphabet{map.levels};
    for (int c = 0; c < map.channels; ++c)
        for (std::size_t at = 0; at < map.count; at += kVector) {
            const Positions here(tables, map, at);
            Int8 known[kJointChannels], slots;
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
