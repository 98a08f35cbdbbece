// Fully connected integer layers over the pixels of a wavefront, equal to l3c.wave.definition.network.IntegerLayer.
//
// A cell is 32 bits for one pixel and holds Set::kCellChannels neighbouring channels; a row is the cells of all pixels.
#pragma once
#include <cstdint>

#include "isa/isa.hpp"
#include "wave/model.hpp"
#include "workspace.hpp"

namespace l3c {
namespace {

// Output blocks: `fours` blocks of 4, then blocks of Set::kWideOutputs. Weights: [block][row][output of the block].
struct PackedLayer {
    int outputs, rows, fours;
    const std::int32_t *weights, *start, *shift;
};

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
        packed_.weights = weights, packed_.start = start, packed_.shift = shift;
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

// sum[output][vector] += the products of all rows of cells with their weights.
template <Isa Set, int Outputs>
inline void add_rows(typename Set::Vector (&sum)[Outputs][Set::kVectors], const std::int32_t* const* rows, int count,
                     int at, const std::int32_t* weights) {
    for (int row = 0; row < count; ++row, weights += Outputs) {
        typename Set::Vector cells[Set::kVectors];
        for (int v = 0; v < Set::kVectors; ++v) cells[v] = Set::load_cells(rows[row] + at + v * Set::kVectorPixels);
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o) {
            const typename Set::Vector w = Set::all(weights[o]);
#pragma GCC unroll 8
            for (int v = 0; v < Set::kVectors; ++v) sum[o][v] = Set::dot(sum[o][v], cells[v], w);
        }
    }
}

// Outputs of one block for Set::kBlockPixels pixels from `at` on; `out` is the block's first row.
template <Isa Set, int Outputs, bool Activate>
inline void dense_block(const std::int32_t* const* rows, int count, int at, const std::int32_t* weights,
                        const std::int32_t* start, const std::int32_t* shift, std::int32_t* out,
                        std::ptrdiff_t stride) {
    typename Set::Vector sum[Outputs][Set::kVectors];
    for (int o = 0; o < Outputs; ++o)
        for (int v = 0; v < Set::kVectors; ++v) sum[o][v] = Set::all(start[o]);
    Set::template add_products<Outputs>(sum, rows, count, at, weights);
    for (int v = 0; v < Set::kVectors; ++v) {
        if constexpr (Activate) {
            for (int o = 0; o < Outputs; o += Set::kCellChannels) {
                typename Set::Vector cell = Set::activation(sum[o][v], shift[o]);
                for (int i = 1; i < Set::kCellChannels; ++i)
                    cell = Set::join(cell, Set::activation(sum[o + i][v], shift[o + i]), i);
                Set::store(out + (o / Set::kCellChannels) * stride + at + v * Set::kVectorPixels, cell);
            }
        } else {
            for (int o = 0; o < Outputs; ++o)
                Set::store(out + o * stride + at + v * Set::kVectorPixels, Set::shift_right(sum[o][v], shift[o]));
        }
    }
}

// All outputs for `pixels` pixels, rounded up to Set::kBlockPixels. Activate: rows of cells; else rows of int32 outputs.
// Each block of weights serves kBlocks blocks of pixels before it leaves the first cache.
template <Isa Set, bool Activate>
void dense(const PackedLayer& layer, const std::int32_t* const* rows, int pixels, std::int32_t* out,
           std::ptrdiff_t stride) {
    constexpr int kPerRow = Activate ? Set::kCellChannels : 1;
    constexpr int kBlocks = 2;
    for (int begin = 0; begin < pixels; begin += kBlocks * Set::kBlockPixels) {
        const int end = pixels < begin + kBlocks * Set::kBlockPixels ? pixels : begin + kBlocks * Set::kBlockPixels;
        const std::int32_t* weights = layer.weights;
        for (int o = 0; o < layer.outputs;) {
            std::int32_t* to = out + o / kPerRow * stride;
            const bool four = o < 4 * layer.fours;
            for (int at = begin; at < end; at += Set::kBlockPixels)
                if (four)
                    dense_block<Set, 4, Activate>(rows, layer.rows, at, weights, layer.start + o, layer.shift + o, to,
                                                  stride);
                else
                    dense_block<Set, Set::kWideOutputs, Activate>(rows, layer.rows, at, weights, layer.start + o,
                                                                  layer.shift + o, to, stride);
            const int size = four ? 4 : Set::kWideOutputs;
            weights += std::ptrdiff_t(size) * layer.rows;
            o += size;
        }
    }
}

}  // namespace
}  // namespace l3c
