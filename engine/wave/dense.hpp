// Fully connected integer layers over the pixels of a wavefront, equal to l3c.wave.definition.network.IntegerLayer.
//
// A cell is 32 bits for one pixel and holds Set::kCellChannels neighbouring channels; a row is the cells of all pixels.
#pragma once
#include <cstdint>
#include <type_traits>

#include "isa/isa.hpp"
#include "wave/model.hpp"
#include "workspace.hpp"

namespace l3c {
namespace {

// Output blocks: `fours` blocks of 4, then blocks of Set::kWideOutputs. Weights: [block][row][output of the block].
// runs: [block of 4][rows], if the set has them.
struct PackedLayer {
    int outputs, rows, fours;
    const std::int32_t *weights, *start, *shift;
    const std::uint8_t* runs;
};

// Finds runs of rows of a block of 4 outputs, of weights [row][output], whose products may be summed in 16 bits: the weights of
// an input pair above 0 sum to 128 at most, and so do those below 0; times 255 they fit. Pairs alone always do.
inline void find_runs(const std::int32_t* weights, int rows, std::uint8_t* runs) {
    typedef std::int16_t I16x8 __attribute__((vector_size(16)));
    typedef std::int8_t I8x16 __attribute__((vector_size(16)));
    constexpr int kMostSum = 128, kMostRun = 255;
    I16x8 above{}, below{};
    int length = 0;
    for (int row = 0; row < rows; ++row, weights += 4) {
        I8x16 cells;
        std::memcpy(&cells, weights, sizeof cells);
        const I16x8 both = I16x8(cells);
        const I16x8 even = (both << 8) >> 8, odd = both >> 8;
        const I16x8 more = (even > 0 ? even : 0) + (odd > 0 ? odd : 0),
                    less = (even < 0 ? even : 0) + (odd < 0 ? odd : 0);
        above += more, below += less;
        const I16x8 over = (above > kMostSum) | (below < -kMostSum);
        std::uint64_t halves[2];
        std::memcpy(halves, &over, sizeof halves);
        if (length && ((halves[0] | halves[1]) || length == kMostRun)) {
            *runs++ = std::uint8_t(length);
            above = more, below = less, length = 0;
        }
        ++length;
    }
    *runs = std::uint8_t(length);
}

template <Isa Set>
class Packer {
public:
    Packer(const Layer& layer, const LayerSpec& spec, Workspace& memory) : layer_(layer) {
        packed_.outputs = padded(layer.outputs);
        packed_.fours = 0;
        while ((packed_.outputs - 4 * packed_.fours) % Set::kWideOutputs) ++packed_.fours;
        packed_.rows = padded_inputs(spec) / Set::kCellChannels;
        columns_ = memory.take<std::int32_t>(std::size_t(packed_.rows) * Set::kCellChannels);
        lay_out(spec);
        fill(memory);
    }
    const PackedLayer& packed() const { return packed_; }

private:
    // columns_[padded input] = the layer's input, or -1 where there is none.
    void lay_out(const LayerSpec& spec) {
        int at = 0, input = 0;
        for (int s = 0; s < spec.segments; ++s)
            for (int i = 0; i < padded(spec.segment[s].size); ++i)
                columns_[at++] = i < spec.segment[s].size ? input++ : -1;
    }

    std::int32_t weight(int output, int place) const {
        const int column = columns_[place];
        if (output >= layer_.outputs || column < 0) return 0;
        return layer_.weights[std::size_t(output) * layer_.inputs + column];
    }

    void fill(Workspace& memory) {
        auto* weights = memory.take<std::int32_t>(std::size_t(packed_.outputs) * packed_.rows);
        auto* start = memory.take<std::int32_t>(packed_.outputs);
        auto* shift = memory.take<std::int32_t>(packed_.outputs);
        packed_.weights = weights, packed_.start = start, packed_.shift = shift, packed_.runs = nullptr;
        for (int first = 0; first < packed_.outputs;) {
            const int size = first < 4 * packed_.fours ? 4 : Set::kWideOutputs;
            for (int row = 0; row < packed_.rows; ++row)
                for (int o = first; o < first + size; ++o) *weights++ = cell(o, row);
            first += size;
        }
        for (int o = 0; o < layer_.outputs; ++o) {
            shift[o] = layer_.shift[o];
            start[o] = layer_.bias[o] + ((1 << shift[o]) >> 1) + Set::kCellOffset * total(o);
        }
        if constexpr (Set::kRuns) {
            static_assert(Set::kWideOutputs == 4);
            auto* runs = memory.take<std::uint8_t>(std::size_t(packed_.outputs / 4) * packed_.rows);
            packed_.runs = runs;
            for (int block = 0; block < packed_.outputs / 4; ++block)
                find_runs(packed_.weights + std::ptrdiff_t(4 * block) * packed_.rows, packed_.rows,
                          runs + std::ptrdiff_t(block) * packed_.rows);
        }
    }

    std::int32_t cell(int output, int row) const {
        std::uint32_t bits = 0;
        constexpr int kBits = 32 / Set::kCellChannels;
        constexpr std::uint32_t kMask = kBits == 8 ? 0xff : 0xffff;
        for (int i = 0; i < Set::kCellChannels; ++i)
            bits |= (std::uint32_t(weight(output, row * Set::kCellChannels + i)) & kMask) << (i * kBits);
        return std::int32_t(bits);
    }

    std::int32_t total(int output) const {
        std::int32_t sum = 0;
        for (int i = 0; i < layer_.inputs; ++i) sum += layer_.weights[std::size_t(output) * layer_.inputs + i];
        return sum;
    }

    const Layer& layer_;
    PackedLayer packed_;
    std::int32_t* columns_;
};

// sum[output][vector] = the start of the output, and the products of all rows of cells with their weights.
template <Isa Set, int Outputs, int Vectors>
inline void sum_rows(typename Set::Vector (&sum)[Outputs][Vectors], const std::int32_t* start,
                     const std::int32_t* const* rows, int count, int at, const std::int32_t* weights) {
    for (int o = 0; o < Outputs; ++o)
        for (int v = 0; v < Vectors; ++v) sum[o][v] = Set::all(start[o]);
    for (int row = 0; row < count; ++row, weights += Outputs) {
        typename Set::Vector cells[Vectors];
        for (int v = 0; v < Vectors; ++v) cells[v] = Set::load_cells(rows[row] + at + v * Set::kVectorPixels);
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o) {
            const typename Set::Vector w = Set::all(weights[o]);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sum[o][v] = Set::dot(sum[o][v], cells[v], w);
        }
    }
}

// Outputs of one block for `Vectors` vectors of pixels from `at` on; `out` is the block's first row.
template <Isa Set, int Outputs, int Vectors, bool Activate>
inline void dense_block(const std::int32_t* const* rows, int count, int at, const std::int32_t* weights,
                        const std::uint8_t* runs, const std::int32_t* start, const std::int32_t* shift,
                        std::int32_t* out, std::ptrdiff_t stride) {
    typename Set::Vector sum[Outputs][Vectors];
    Set::template products<Outputs, Vectors>(sum, start, rows, count, at, weights, runs);
    for (int v = 0; v < Vectors; ++v) {
        std::int32_t* to = out + at + v * Set::kVectorPixels;
        if constexpr (Activate) {
            for (int o = 0; o < Outputs; o += Set::kCellChannels, to += stride) {
                typename Set::Vector shifted[Set::kCellChannels];
                for (int i = 0; i < Set::kCellChannels; ++i) shifted[i] = Set::shift_right(sum[o + i][v], shift[o + i]);
                Set::store(to, Set::cells_of(shifted));
            }
        } else {
            for (int o = 0; o < Outputs; ++o, to += stride) Set::store(to, Set::shift_right(sum[o][v], shift[o]));
        }
    }
}

// All outputs for `pixels` pixels, rounded up to whole vectors. Activate: rows of cells; else rows of int32 outputs.
// Each block of weights serves kBlocks blocks of pixels before it leaves the first cache.
template <Isa Set, bool Activate>
void dense(const PackedLayer& layer, const std::int32_t* const* rows, int pixels, std::int32_t* out,
           std::ptrdiff_t stride) {
    constexpr int kPerRow = Activate ? Set::kCellChannels : 1;
    constexpr int kBlocks = 2;
    for (int begin = 0; begin < pixels; begin += kBlocks * Set::kBlockPixels) {
        const int end = pixels < begin + kBlocks * Set::kBlockPixels ? pixels : begin + kBlocks * Set::kBlockPixels;
        const std::int32_t* weights = layer.weights;
        const auto block = [&](int o, auto outputs) {
            constexpr int kOutputs = decltype(outputs)::value;
            std::int32_t* to = out + o / kPerRow * stride;
            const std::uint8_t* runs = Set::kRuns ? layer.runs + std::ptrdiff_t(o / 4) * layer.rows : nullptr;
            const auto part = [&](int at, auto vectors) {
                dense_block<Set, kOutputs, decltype(vectors)::value, Activate>(
                    rows, layer.rows, at, weights, runs, layer.start + o, layer.shift + o, to, stride);
            };
            for (int at = begin; at < end; at += Set::kBlockPixels)
                if (end - at > Set::kBlockPixels / 2)
                    part(at, std::integral_constant<int, Set::kVectors>{});
                else
                    part(at, std::integral_constant<int, (Set::kVectors + 1) / 2>{});
            weights += std::ptrdiff_t(kOutputs) * layer.rows;
        };
        int o = 0;
        for (; o < 4 * layer.fours; o += 4) block(o, std::integral_constant<int, 4>{});
        for (; o < layer.outputs; o += Set::kWideOutputs) block(o, std::integral_constant<int, Set::kWideOutputs>{});
    }
}

}  // namespace
}  // namespace l3c
