// The strips of a wavefront, each of which a stream of its own codes (format 5.9).
#pragma once
#include <cstdint>

#include "wave/architecture.hpp"

namespace l3c {
namespace {

constexpr int kMostStreams = 8;  // of a tile
constexpr int kStripRows = 16;   // strips have a multiple of it, but for the last: the pixels of the widest vector

// Rows begin .. end - 1.
struct RowRange {
    int begin, end;
    constexpr int size() const { return end - begin; }
};

// The rows of the pixels of wavefront t.
constexpr RowRange wavefront_rows(std::int64_t t, int height, int width) {
    return {int(t < width ? 0 : (t - width) / kSlope + 1), int(t / kSlope < height ? t / kSlope + 1 : height)};
}
constexpr std::int64_t wavefronts_of(int height, int width) { return width + std::int64_t(kSlope) * (height - 1); }

// Pixels that a wavefront has at most.
constexpr int most_pixels(int height, int width) {
    const int columns = (width + kSlope - 1) / kSlope;
    return height < columns ? height : columns;
}

// The first row of strip `number` of `count`; strip `count` begins where the last one ends.
constexpr int strip_start(RowRange wavefront, int number, int count) {
    if (number == 0) return wavefront.begin;
    if (number == count) return wavefront.end;
    const int parts = (wavefront.size() + kStripRows - 1) / kStripRows;
    const int row = wavefront.begin + (parts * number + count - 1) / count * kStripRows;
    return row < wavefront.end ? row : wavefront.end;
}

// Strips of fewer pixels gain nothing from a thread of their own.
constexpr int useful_strips(int height, int width, int wanted) {
    const int most = most_pixels(height, width) / (2 * kStripRows);
    const int strips = wanted < most ? wanted : most;
    return strips < 1 ? 1 : strips > kMostStreams ? kMostStreams : strips;
}

}  // namespace
}  // namespace l3c
