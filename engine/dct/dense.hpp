// Layers over rows of inputs, a row a block.
#pragma once
#include "dct/model.hpp"
#include "dct/operations.hpp"
#include "workspace.hpp"

namespace l3c::dct {
namespace {

constexpr int rounded_up(int n, int unit) { return (n + unit - 1) / unit * unit; }
constexpr int kLine = 64;  // bytes of a cache line, of which rows are multiples

// weights: [outputs / kSums][cell][kSums * kCell].
template <Operations Set>
struct PackedLayer {
    int outputs, cells;
    const typename Set::Weight* weights;
    const std::int32_t *start, *shift;

    PackedLayer(const Layer& layer, Workspace& memory) {
        outputs = rounded_up(layer.outputs, kSums);
        cells = rounded_up(layer.inputs, Set::kCell) / Set::kCell;
        auto* packed = memory.take<typename Set::Weight>(std::size_t(outputs) * cells * Set::kCell);
        auto* starts = memory.take<std::int32_t>(outputs);
        auto* shifts = memory.take<std::int32_t>(outputs);
        weights = packed, start = starts, shift = shifts;
        for (int o = 0; o < layer.outputs; ++o) {
            auto* to = packed + std::size_t(o / kSums) * cells * kSums * Set::kCell;
            for (int i = 0; i < layer.inputs; ++i)
                to[i / Set::kCell * kSums * Set::kCell + Set::weight_place(o % kSums, i % Set::kCell)] =
                    layer.weights[std::size_t(o) * layer.inputs + i];
            shifts[o] = layer.shift[o];
            starts[o] = layer.bias[o] + ((1 << shifts[o]) >> 1);
        }
    }
    const typename Set::Weight* weights_of(int vector) const {
        return weights + std::size_t(vector) * cells * kSums * Set::kCell;
    }
};

// What becomes of sums: activations, or outputs.
template <Operations Set>
inline void finish(std::uint8_t* out, typename Set::Sums sums, const std::int32_t* shift) {
    Set::activate(out, sums, shift);
}
template <Operations Set>
inline void finish(std::int32_t* out, typename Set::Sums sums, const std::int32_t* shift) {
    Set::store(out, Set::shift_right(sums, shift));
}

// kRows rows by kVectors vectors of outputs.
template <Operations Set, int kRows, int kVectors, class Out>
inline void dense_tile(const PackedLayer<Set>& layer, int vector, const std::uint8_t* in, std::ptrdiff_t in_stride,
                       Out* out, std::ptrdiff_t out_stride) {
    typename Set::Sums sums[kRows][kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r) sums[r][v] = Set::load(layer.start + (vector + v) * kSums);
    for (int c = 0; c < layer.cells; ++c) {
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
            for (int r = 0; r < kRows; ++r)
                sums[r][v] = Set::dot(sums[r][v], in + r * in_stride + c * Set::kCell,
                                      layer.weights_of(vector + v) + c * kSums * Set::kCell);
    }
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r)
            finish<Set>(out + r * out_stride + (vector + v) * kSums, sums[r][v], layer.shift + (vector + v) * kSums);
}

template <Operations Set, int kVectors, class Out>
inline void dense_vectors(const PackedLayer<Set>& layer, int vector, const std::uint8_t* in, std::ptrdiff_t in_stride,
                          int rows, Out* out, std::ptrdiff_t out_stride) {
    int r = 0;
    for (; r + Set::kRows <= rows; r += Set::kRows)
        dense_tile<Set, Set::kRows, kVectors>(layer, vector, in + r * in_stride, in_stride, out + r * out_stride,
                                              out_stride);
    for (; r + 2 <= rows; r += 2)
        dense_tile<Set, 2, kVectors>(layer, vector, in + r * in_stride, in_stride, out + r * out_stride, out_stride);
    if (r < rows)
        dense_tile<Set, 1, kVectors>(layer, vector, in + r * in_stride, in_stride, out + r * out_stride, out_stride);
}

// Out: uint8_t for activations, int32_t for outputs.
template <Operations Set, class Out>
void dense(const PackedLayer<Set>& layer, const std::uint8_t* in, std::ptrdiff_t in_stride, int rows, Out* out,
           std::ptrdiff_t out_stride) {
    const int vectors = layer.outputs / kSums;
    int vector = 0;
    for (; vector + Set::kVectors <= vectors; vector += Set::kVectors)
        dense_vectors<Set, Set::kVectors>(layer, vector, in, in_stride, rows, out, out_stride);
    for (; vector < vectors; ++vector) dense_vectors<Set, 1>(layer, vector, in, in_stride, rows, out, out_stride);
}

}  // namespace
}  // namespace l3c::dct
