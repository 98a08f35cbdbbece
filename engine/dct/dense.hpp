// Layers over rows of inputs, a row a block.
#pragma once
#include "dct/model.hpp"
#include "dct/operations.hpp"
#include "isa/vectors.hpp"
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

constexpr int kMostCells = rounded_up(kMostWidth + kLine, kLine) / 2;
constexpr int kScanned = 32;  // bytes that are searched for cells at once

// Places of the bits of a byte, packed to the front, and their number: lists are made without branches.
struct BitPlaces {
    std::int16_t places[256][kVector]{};
    std::uint8_t count[256]{};
    constexpr BitPlaces() {
        for (int mask = 0; mask < 256; ++mask)
            for (int bit = 0; bit < kVector; ++bit)
                if (mask >> bit & 1) places[mask][count[mask]++] = std::int16_t(bit);
    }
};
constexpr BitPlaces kBitPlaces;

// Which cells are not 0 in all of kRows rows: how many. any: [bytes], for more rows than one.
template <Operations Set, int kRows>
inline int find_cells(const std::uint8_t* in, std::ptrdiff_t in_stride, int bytes, std::int16_t* cells) {
    std::uint8_t any[kScanned];
    int count = 0;
    for (int at = 0; at < bytes; at += kScanned) {
        const std::uint8_t* part = in + at;
        if constexpr (kRows > 1) {
            std::memcpy(any, part, kScanned);
            for (int r = 1; r < kRows; ++r)
                for (int i = 0; i < kScanned; ++i) any[i] |= part[r * in_stride + i];
            part = any;
        }
        const std::uint32_t mask = Set::cells_of(part);
        for (int first = 0; first < kScanned / Set::kCell; first += kVector) {
            const int byte = mask >> first & 0xff;
            typedef std::int16_t I16x8 __attribute__((vector_size(16)));
            I16x8 places;
            std::memcpy(&places, kBitPlaces.places[byte], sizeof places);
            places += std::int16_t(at / Set::kCell + first);
            std::memcpy(cells + count, &places, sizeof places);
            count += kBitPlaces.count[byte];
        }
    }
    return count;
}

template <Operations Set, int kRows, int kVectors, class Out>
inline void sparse_tile(const PackedLayer<Set>& layer, int vector, const std::int32_t* start, const std::int16_t* cells,
                        int count, const std::uint8_t* in, std::ptrdiff_t in_stride, Out* out,
                        std::ptrdiff_t out_stride) {
    typename Set::Sums sums[kRows][kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r) sums[r][v] = Set::load(start + (vector + v) * kSums);
    const typename Set::Weight* weights = layer.weights_of(vector);
    const std::ptrdiff_t vector_stride = std::ptrdiff_t(layer.cells) * kSums * Set::kCell;
    for (int i = 0; i < count; ++i) {
        const std::ptrdiff_t c = cells[i];
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
            for (int r = 0; r < kRows; ++r)
                sums[r][v] = Set::dot(sums[r][v], in + r * in_stride + c * Set::kCell,
                                      weights + v * vector_stride + c * kSums * Set::kCell);
    }
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r)
            finish<Set>(out + r * out_stride + (vector + v) * kSums, sums[r][v], layer.shift + (vector + v) * kSums);
}

template <Operations Set, int kRows, class Out>
inline void sparse_rows(const PackedLayer<Set>& layer, const std::int32_t* start, const std::uint8_t* in,
                        std::ptrdiff_t in_stride, Out* out, std::ptrdiff_t out_stride) {
    std::int16_t cells[kMostCells + kVector];
    const int count = find_cells<Set, kRows>(in, in_stride, rounded_up(layer.cells * Set::kCell, kScanned), cells);
    const int vectors = layer.outputs / kSums;
    int vector = 0;
    for (; vector + Set::kSparseVectors <= vectors; vector += Set::kSparseVectors)
        sparse_tile<Set, kRows, Set::kSparseVectors>(layer, vector, start, cells, count, in, in_stride, out,
                                                     out_stride);
    for (; vector < vectors; ++vector)
        sparse_tile<Set, kRows, 1>(layer, vector, start, cells, count, in, in_stride, out, out_stride);
}

// Where many inputs are 0: cells that are 0 in all rows of a tile are skipped. start: what sums begin with. Rows are
// multiples of cache lines, with zeros behind the inputs.
template <Operations Set, class Out>
void sparse(const PackedLayer<Set>& layer, const std::int32_t* start, const std::uint8_t* in, std::ptrdiff_t in_stride,
            int rows, Out* out, std::ptrdiff_t out_stride) {
    int r = 0;
    for (; r + Set::kSparseRows <= rows; r += Set::kSparseRows)
        sparse_rows<Set, Set::kSparseRows>(layer, start, in + r * in_stride, in_stride, out + r * out_stride,
                                           out_stride);
    for (; r < rows; ++r)
        sparse_rows<Set, 1>(layer, start, in + r * in_stride, in_stride, out + r * out_stride, out_stride);
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

// What sums begin with where inputs from a multiple of cells on are the same in all rows; in the rows they are 0.
template <Operations Set>
void add_shared(const PackedLayer<Set>& layer, const std::uint8_t* shared, int first, int count, std::int32_t* start) {
    for (int vector = 0; vector < layer.outputs / kSums; ++vector) {
        auto sums = Set::load(layer.start + vector * kSums);
        for (int i = 0; i < count; i += Set::kCell)
            sums = Set::dot(sums, shared + i, layer.weights_of(vector) + (first + i) * kSums);
        Set::store(start + vector * kSums, sums);
    }
}

}  // namespace
}  // namespace l3c::dct
