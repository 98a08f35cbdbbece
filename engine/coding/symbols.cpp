#include "coding/symbols.hpp"

namespace l3c {

constexpr std::size_t kAhead = 8;  // rows that memory is asked for in advance

bool frequencies_sound(const FrequencyMap& map) {
    if (map.stride) return true;  // judged where they are used, since reading all of them costs more than coding
    bool sound = map.rows[0] == 0 && map.rows[map.levels] == 65536;
    for (int v = 0; v < map.levels; ++v) sound &= map.rows[v] <= map.rows[v + 1];
    return sound;
}

bool frequency_intervals(const FrequencyMap& map, const std::int32_t* symbols, Interval* out) {
    for (std::size_t i = 0; i < map.count; ++i) {
        const std::int32_t v = symbols[i];
        if (v < 0 || v >= map.levels) return false;
        if (i + kAhead < map.count) {
            const std::int32_t next = symbols[i + kAhead];
            if (next >= 0 && next < map.levels) __builtin_prefetch(map.rows + (i + kAhead) * map.stride + next);
        }
        const std::int32_t start = map.rows[i * map.stride + v], end = map.rows[i * map.stride + v + 1];
        if (start < 0 || end > 65536 || start >= end) return false;
        out[i] = Interval(start) | Interval(end - start) << 16;
    }
    return true;
}

namespace {

// A symbol for each of the first lanes, from `first` on: the entries that begin the intervals of the slots. The searches
// take their steps together, so that what each waits for from memory is waited for at once.
template <int count>
void find_intervals(const FrequencyMap& map, std::size_t first, const std::uint64_t* states,
                    const std::int32_t** found) {
    const std::int32_t* at[count];
    std::int32_t slots[count];
    for (int lane = 0; lane < count; ++lane) {
        at[lane] = map.rows + (first + lane) * map.stride;
        slots[lane] = std::int32_t(states[lane] & 0xffff);
    }
    for (std::size_t left = std::size_t(map.levels); left > 1;) {
        const std::size_t half = left / 2;
#pragma GCC unroll 8
        for (int lane = 0; lane < count; ++lane) {
            const std::int32_t* middle = at[lane] + half;
            at[lane] = *middle <= slots[lane] ? middle : at[lane];
        }
        left -= half;
    }
    for (int lane = 0; lane < count; ++lane) found[lane] = at[lane];
}

Status take_found(const std::int32_t* at, RansDecoder& decoder, int lane) {
    const auto slot = std::int32_t(decoder.states[lane] & 0xffff);
    if (at[0] < 0 || at[0] > slot || at[1] <= slot || at[1] > 65536) return Status::kBadFrequencies;
    return rans_take(decoder, lane, std::uint64_t(at[0]), std::uint64_t(at[1] - at[0]));
}

}  // namespace

Status frequency_symbols(const FrequencyMap& map, RansDecoder& decoder, std::int32_t* out) {
    const std::size_t half = std::size_t(map.levels) / 2, quarter = (std::size_t(map.levels) - half) / 2;
    const std::int32_t* found[kLanes];
    for (std::size_t first = 0; first < map.count; first += kLanes) {
        const int count = first + kLanes <= map.count ? kLanes : int(map.count - first);
        for (std::size_t i = first + 2 * kLanes; i < first + 3 * kLanes && i < map.count; ++i)
            __builtin_prefetch(map.rows + i * map.stride + half);  // where a search begins
        if (count == kLanes)
            find_intervals<kLanes>(map, first, decoder.states, found);
        else
            for (int lane = 0; lane < count; ++lane)
                find_intervals<1>(map, first + lane, decoder.states + lane, found + lane);
        for (int lane = 0; lane < count; ++lane) {
            const std::size_t i = first + lane;
            const Status status = take_found(found[lane], decoder, lane);
            if (status != Status::kOk) return status;
            out[i] = std::int32_t(found[lane] - (map.rows + i * map.stride));
            if (i + kLanes >= map.count) continue;
            const std::int32_t* next = map.rows + (i + kLanes) * map.stride;  // where the lane's next search goes on
            const bool above = next[half] <= std::int32_t(decoder.states[lane] & 0xffff);
            __builtin_prefetch(next + (above ? half : 0) + quarter);
        }
    }
    return Status::kOk;
}

}  // namespace l3c
