// Groups of symbols, coded or decoded: l3c.dct.definition.plane.SymbolWriter and SymbolReader.
#pragma once
#include <vector>

#include "coding/rans.hpp"
#include "dct/calibration.hpp"

namespace l3c::dct {
namespace {

class Writer {
public:
    static constexpr bool kDecodes = false;

    std::vector<std::uint8_t> finish() const { return rans_encode(intervals_.data(), sizes_.data(), sizes_.size()); }

    void end_group() {
        sizes_.push_back(std::uint32_t(intervals_.size() - ended_));
        ended_ = intervals_.size();
    }
    void put(std::uint32_t start, std::uint32_t frequency) { intervals_.push_back(start | frequency << 16); }

    // Symbol i of a group. cumulative: frequencies below each symbol.
    Status row(int, std::int32_t& symbol, const std::int32_t* cumulative, int) {
        put(std::uint32_t(cumulative[symbol]), std::uint32_t(cumulative[symbol + 1] - cumulative[symbol]));
        return Status::kOk;
    }
    // Symbols of a group from a multiple of 8 on, `count` of them.
    template <class Count>
    Status window(const Tables& tables, const Window8& w, Count components, I32x8& symbol, int count) {
        put(interval_of(tables, w, components, symbol), count);
        return Status::kOk;
    }
    // The same by corrected frequencies.
    template <class Count>
    Status corrected(const Tables& tables, const Window8& w, Count components, const Corrected8& c, I32x8& symbol) {
        put(c.interval_of(tables, w, components, symbol), c.left);
        return Status::kOk;
    }
    // Symbol i of a group, all of whose `levels` symbols are equally likely.
    Status uniform(int, std::int32_t& symbol, int levels) {
        const std::uint32_t start = std::uint32_t(kTotal * symbol / levels);
        put(start, std::uint32_t(kTotal * (symbol + 1) / levels) - start);
        return Status::kOk;
    }

private:
    void put(const Interval8& found, int count) {
        const I32x8 both = found.start | (found.frequency << 16);
        const std::size_t at = intervals_.size();
        intervals_.resize(at + kVector);
        std::memcpy(&intervals_[at], &both, sizeof both);
        if (count < kVector) intervals_.resize(at + count);
    }

    std::vector<Interval> intervals_;
    std::vector<std::uint32_t> sizes_;
    std::size_t ended_ = 0;
};

class Reader {
public:
    static constexpr bool kDecodes = true;

    Status begin(const std::uint8_t* payload, std::size_t size) { return rans_begin(payload, size, decoder_); }
    Status finish() const { return rans_finish(decoder_); }
    void end_group() {}

    Status row(int i, std::int32_t& symbol, const std::int32_t* cumulative, int levels) {
        const std::int32_t slot = slot_of(i);
        symbol = 0;
        for (int s = 1; s < levels; ++s) symbol += cumulative[s] <= slot;
        return rans_take(decoder_, i % kLanes, cumulative[symbol], cumulative[symbol + 1] - cumulative[symbol]);
    }
    template <class Count>
    Status window(const Tables& tables, const Window8& w, Count components, I32x8& symbol, int count) {
        return take(find_interval(tables, w, components, slots()), symbol, count);
    }
    template <class Count>
    Status corrected(const Tables& tables, const Window8& w, Count components, const Corrected8& c, I32x8& symbol) {
        return take(c.find_interval(tables, w, components, slots()), symbol, c.left);
    }
    Status uniform(int i, std::int32_t& symbol, int levels) {
        const std::int32_t slot = slot_of(i);
        symbol = (slot * levels) / kTotal;  // or one more
        symbol += kTotal * (symbol + 1) / levels <= slot;
        const int start = kTotal * symbol / levels;
        return rans_take(decoder_, i % kLanes, start, kTotal * (symbol + 1) / levels - start);
    }

private:
    Status take(const Interval8& found, I32x8& symbol, int count) {
        symbol = found.symbol;
        for (int i = 0; i < (count < kVector ? count : kVector); ++i) {
            const Status status = rans_take(decoder_, i, found.start[i], found.frequency[i]);
            if (status != Status::kOk) return status;
        }
        return Status::kOk;
    }
    I32x8 slots() const {
        I32x8 result;
        for (int i = 0; i < kVector; ++i) result[i] = slot_of(i);
        return result;
    }
    std::int32_t slot_of(int i) const { return std::int32_t(decoder_.states[i % kLanes] & 0xffff); }
    RansDecoder decoder_;
};

}  // namespace
}  // namespace l3c::dct
