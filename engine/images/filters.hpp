// The filters of PNG's rows (its specification, third edition, section 9).
#pragma once
#include <cstddef>
#include <cstdint>

namespace l3c::images {

constexpr int kMostPixel = 8;  // bytes of a pixel: four channels of 16 bits

// Undoes the filters of `count` rows of 1 + size bytes, whose first says which. step: bytes from a pixel to the next, 1, 2, 3,
// 4, 6 or 8, of which size is a multiple. above: the row before them, of size bytes. out: count rows of size bytes.
// Returns how many rows were done: fewer where the next one has a filter that there is not.
std::size_t undo_filters(const std::uint8_t* rows, std::size_t count, std::size_t size, int step,
                         const std::uint8_t* above, std::uint8_t* out);

}  // namespace l3c::images
