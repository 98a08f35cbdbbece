#include "symbols.hpp"

#include <algorithm>

namespace l3c {

MixtureKernel mixture_kernel(const std::string& isa) {
#if defined(__x86_64__)
    if (isa != "portable") return mixture_kernel_avx2();
#endif
    (void)isa;
    return mixture_kernel_portable();
}

bool frequencies_sound(const FrequencyMap& map) {
    const std::size_t rows = map.stride ? map.count : 1;
    for (std::size_t i = 0; i < rows; ++i) {
        const std::int32_t* row = map.rows + i * map.stride;
        bool sound = row[0] == 0 && row[map.levels] == 65536;
        for (int v = 0; v < map.levels; ++v) sound &= row[v] <= row[v + 1];
        if (!sound) return false;
    }
    return true;
}

bool frequency_intervals(const FrequencyMap& map, const std::int32_t* symbols, Interval* out) {
    for (std::size_t i = 0; i < map.count; ++i) {
        const std::int32_t* row = map.rows + i * map.stride;
        const std::int32_t v = symbols[i];
        if (v < 0 || v >= map.levels || row[v] >= row[v + 1]) return false;
        out[i] = Interval(row[v]) | Interval(row[v + 1] - row[v]) << 16;
    }
    return true;
}

Status frequency_symbols(const FrequencyMap& map, RansDecoder& decoder, std::int32_t* out) {
    for (std::size_t i = 0; i < map.count; ++i) {
        const std::int32_t* row = map.rows + i * map.stride;
        const int lane = int(i % kLanes);
        const auto slot = std::int32_t(decoder.states[lane] & 0xffff);
        const std::int32_t* at = row;  // the last entry not above the slot, found without branches
        for (std::size_t left = std::size_t(map.levels); left > 1;) {
            const std::size_t half = left / 2;
            at = at[half] <= slot ? at + half : at;
            left -= half;
        }
        const Status status = rans_take(decoder, lane, std::uint64_t(at[0]), std::uint64_t(at[1] - at[0]));
        if (status != Status::kOk) return status;
        out[i] = std::int32_t(at - row);
    }
    return Status::kOk;
}

}  // namespace l3c
