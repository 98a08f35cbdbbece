// What an instruction set gives the integer layers of the wave network: a struct of the operations below, in its tiles.cpp.
// All else is written once, in vector types that compilers know.
//
// A cell is 32 bits of one pixel and holds kCellChannels neighbouring activations of 0..255; a Vector is the cells, or the sums,
// of kVectorPixels neighbouring pixels.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace l3c {
namespace {

template <class Set>
concept Isa = requires(typename Set::Vector v, std::int32_t number, std::int32_t* to, const std::int32_t* from,
                       const std::int32_t* const* rows, const std::uint8_t* runs,
                       typename Set::Vector (&sums)[Set::kWideOutputs][Set::kVectors],
                       const typename Set::Vector (&shifted)[Set::kCellChannels]) {
    // Activations in a cell: 4, or 2 where there are no products of 8-bit integers.
    requires Set::kCellChannels == 2 || Set::kCellChannels == 4;
    // Outputs that are computed at once, of 4 or more: as many as their sums fit the registers. Layers whose outputs are no
    // multiple of it begin with blocks of 4.
    requires Set::kWideOutputs >= 4 && Set::kWideOutputs % 4 == 0;
    // Pixels of a vector, vectors that are computed at once, and pixels of these: a power of two, to which rows are padded.
    requires Set::kBlockPixels == Set::kVectors* Set::kVectorPixels;
    requires(Set::kBlockPixels & (Set::kBlockPixels - 1)) == 0;
    requires sizeof(v) == Set::kVectorPixels * sizeof(std::int32_t);
    // What load_cells takes from each activation, so that it fits signed products; the sums start with as much more. 0 or 128.
    requires Set::kCellOffset == 0 || Set::kCellOffset == 128;

    // Whether products are summed in 16 bits over runs of rows, which `Runs` in wave/dense.hpp finds: `runs` are their lengths.
    requires std::same_as<decltype(Set::kRuns), const bool>;

    // The same number for all pixels; cells of pixels; sums or cells to memory, which need not be aligned.
    { Set::all(number) } -> std::same_as<typename Set::Vector>;
    { Set::load_cells(from) } -> std::same_as<typename Set::Vector>;
    { Set::store(to, v) };
    // sums[output][vector] = the output's start, and the products of `count` rows of cells, 1 or more, from pixel `at` on, with
    // weights [row][output]: a weight is kCellChannels signed integers, those of a pair at most 128 together. For 4 outputs and
    // for kWideOutputs, each for kVectors vectors and, behind the last whole block, for half as many.
    // `sum_rows` in wave/dense.hpp does it for a set that has dot(sums, cells, weight).
    { Set::template products<Set::kWideOutputs, Set::kVectors>(sums, from, rows, int(), int(), from, runs) };
    // sums >> by, rounding down; cells of kCellChannels such channels, each clipped to 0..255.
    { Set::shift_right(v, number) } -> std::same_as<typename Set::Vector>;
    { Set::cells_of(shifted) } -> std::same_as<typename Set::Vector>;
};

}  // namespace
}  // namespace l3c
