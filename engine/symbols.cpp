#include "symbols.hpp"

namespace l3c {

constexpr std::size_t kAhead = 8;  // rows that memory is asked for in advance

MixtureKernel mixture_kernel(const std::string& isa) {
#if defined(__x86_64__)
    if (isa != "portable") return mixture_kernel_avx2();
#endif
    (void)isa;
    return mixture_kernel_portable();
}

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

Status frequency_symbols(const FrequencyMap& map, RansDecoder& decoder, std::int32_t* out) {
    for (std::size_t i = 0; i < map.count; ++i) {
        const std::int32_t* row = map.rows + i * map.stride;
        if (i + kAhead < map.count)  // lines that a search begins with
            for (int eighth = 1; eighth < 8; ++eighth)
                __builtin_prefetch(map.rows + (i + kAhead) * map.stride + eighth * map.levels / 8);
        const int lane = int(i % kLanes);
        const auto slot = std::int32_t(decoder.states[lane] & 0xffff);
        const std::int32_t* at = row;  // the last entry not above the slot, found without branches
        for (std::size_t left = std::size_t(map.levels); left > 1;) {
            const std::size_t half = left / 2;
            at = at[half] <= slot ? at + half : at;
            left -= half;
        }
        if (at[0] < 0 || at[0] > slot || at[1] <= slot || at[1] > 65536) return Status::kBadFrequencies;
        const Status status = rans_take(decoder, lane, std::uint64_t(at[0]), std::uint64_t(at[1] - at[0]));
        if (status != Status::kOk) return status;
        out[i] = std::int32_t(at - row);
    }
    return Status::kOk;
}

}  // namespace l3c
