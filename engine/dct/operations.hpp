// What an instruction set gives coefficient networks: a struct of the operations below, in its dct.cpp.
#pragma once
#include <concepts>
#include <cstdint>

namespace l3c::dct {
namespace {

constexpr int kSums = 16;  // sums that are computed side by side

template <class Set>
concept Operations =
    requires(typename Set::Sums sums, const std::int32_t* from, std::int32_t* to, const std::uint8_t* bytes,
             std::uint8_t* out, const typename Set::Weight* weights, const std::int16_t* columns) {
        // Inputs that are taken at once, and where the weight of one of them for a sum lies among their kSums * kCell weights.
        requires Set::kCell == 2 || Set::kCell == 4;
        { Set::weight_place(int(), int()) } -> std::same_as<int>;
        // Rows, and vectors of outputs, that are computed at once, as many as fit the registers.
        requires Set::kRows >= 2 && Set::kVectors >= 1;
        // The same where cells that are 0 in all of these rows are skipped.
        requires Set::kSparseRows >= 1 && Set::kSparseVectors >= 1;
        // Bit i: whether cell i of 32 bytes is not 0.
        { Set::cells_of(bytes) } -> std::same_as<std::uint32_t>;
        { Set::load(from) } -> std::same_as<typename Set::Sums>;
        { Set::store(to, sums) };
        // sums + the products of kCell inputs with their weights.
        { Set::dot(sums, bytes, weights) } -> std::same_as<typename Set::Sums>;
        // sums + first * columns[0], [2], .. + second * columns[1], [3], ..
        { Set::add_pair(sums, int(), int(), columns) } -> std::same_as<typename Set::Sums>;
        // sums >> shift, clipped to bytes.
        { Set::activate(out, sums, from) };
        { Set::add(sums, sums) } -> std::same_as<typename Set::Sums>;
        { Set::shift_right(sums, from) } -> std::same_as<typename Set::Sums>;
    };

}  // namespace
}  // namespace l3c::dct
