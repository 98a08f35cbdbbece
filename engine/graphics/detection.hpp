// What tells drawings from photographs; l3c.graphics.drawings decides by it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace l3c::graphics {

// Samples [height, width, channels], row by row, of at most four channels.
struct Picture {
    const std::uint8_t* samples;
    std::size_t height, width, channels;
};

// Of the pixels of rows 1, 1 + step, ... but their first ones, how many equal the left or the upper one.
std::size_t count_repeated(const Picture& picture, std::size_t step);

struct Runs {
    std::size_t chosen = 0, distinct = 0;
};
// The runs of so many pixels in a row, 8 to 16 bytes, whose sum begins with six zeros: all of them, and how many differ.
Runs count_runs(const Picture& picture, std::size_t length);

// Different colours, in the order in which they come first, at most `most` + 1 of them: with more, the rest is not looked
// at. A colour is a number: its samples, the first channel's highest.
std::vector<std::uint32_t> find_colours(const Picture& picture, std::size_t most);

// The index of each pixel's colour among these. out: [height, width]. False where a colour is not there.
bool index_colours(const Picture& picture, const std::uint32_t* colours, std::size_t count, std::uint8_t* out);

}  // namespace l3c::graphics
