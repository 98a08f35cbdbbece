// A network as an instruction set computes it, equal to l3c.dct.definition.network.
#pragma once
#include "dct/dense.hpp"

namespace l3c::dct {
namespace {

template <Operations Set>
struct PackedNetwork {
    Architecture architecture;
    int hidden;  // rounded up to lanes
    PackedLayer<Set> trunk1, trunk2, last, start;
    const std::int32_t *last_columns, *positions;  // [..][hidden]; positions hold what rounding adds, too
    const std::int16_t* columns;                   // [kBlock][hidden][2]
    const std::int32_t* shift;                     // of the accumulator
    std::vector<PackedLayer<Set>> heads;           // [kBlock][2]

    PackedNetwork(const Network& n, Workspace& memory)
        : architecture(n.architecture),
          hidden(rounded_up(n.architecture.hidden, kSums)),
          trunk1(n.trunk[0], memory),
          trunk2(n.trunk[1], memory),
          last(n.last, memory),
          start(without_shift(n.start), memory) {
        const int width = architecture.hidden;
        auto* lasts = memory.take<std::int32_t>(std::size_t(kLasts) * hidden);
        auto* places = memory.take<std::int32_t>(std::size_t(kBlock) * hidden);
        auto* pairs = memory.take<std::int16_t>(std::size_t(kBlock) * hidden * 2);
        auto* shifts = memory.take<std::int32_t>(hidden);
        last_columns = lasts, positions = places, columns = pairs, shift = shifts;
        for (int i = 0; i < width; ++i) {
            shifts[i] = n.start.shift[i];
            for (int p = 0; p < kLasts; ++p) lasts[p * hidden + i] = n.last_columns[p * width + i];
            for (int k = 0; k < kBlock; ++k) {
                places[k * hidden + i] = n.positions[k * width + i] + ((1 << shifts[i]) >> 1);
                for (int j = 0; j < 2; ++j) pairs[(k * hidden + i) * 2 + j] = n.columns[(k * 2 + j) * width + i];
            }
        }
        for (const Layer& layer : n.heads) heads.emplace_back(layer, memory);
    }

    // The accumulator takes sums as they are: what shifts and rounds it comes with each position.
    static Layer without_shift(Layer layer) {
        layer.shift.assign(layer.shift.size(), 0);
        return layer;
    }
};

}  // namespace
}  // namespace l3c::dct
