#include "images/filters.hpp"

#include <cstring>

namespace l3c::images {
namespace {

using Bytes = const std::uint8_t*;

// The bytes of a pixel do not depend on each other, so that all are worked at at once, each a number of 16 bits.
typedef std::int16_t Pixel __attribute__((vector_size(2 * kMostPixel)));
typedef std::uint8_t PixelBytes __attribute__((vector_size(kMostPixel)));

inline Pixel load(Bytes from) {
    PixelBytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Pixel);
}
inline void store(std::uint8_t* to, Pixel pixel) {
    const PixelBytes bytes = __builtin_convertvector(pixel, PixelBytes);
    std::memcpy(to, &bytes, sizeof bytes);
}
inline Pixel least(Pixel a, Pixel b) { return a < b ? a : b; }
inline Pixel magnitude(Pixel a) { return a > -a ? a : -a; }

inline Pixel left(Pixel a, Pixel, Pixel) { return a; }
inline Pixel average(Pixel a, Pixel b, Pixel) { return (a + b) >> 1; }

// The one of a, b and c that is nearest to a + b - c, the first of those that are. Without branches, which photographs would
// mispredict.
inline Pixel paeth(Pixel a, Pixel b, Pixel c) {
    const Pixel of_a = b - c, of_b = a - c;
    const Pixel pa = magnitude(of_a), pb = magnitude(of_b), pc = magnitude(of_a + of_b), most = least(pb, pc);
    const Pixel second = pb <= pc ? b : c;
    return pa <= most ? a : second;
}

// A row whose bytes depend on those to the left. predict(a, b, c): from the left byte, the upper one, and the one above the left.
template <int step, Pixel (*predict)(Pixel a, Pixel b, Pixel c)>
void undo_from_left(Bytes row, Bytes above, std::size_t size, std::uint8_t* out) {
    Pixel a{}, c{};
    const auto undo = [&](Bytes from, Bytes above_it, std::uint8_t* to) {
        const Pixel b = load(above_it);
        a = (load(from) + predict(a, b, c)) & 255;
        c = b;
        store(to, a);
    };
    std::size_t i = 0;
    for (; i + kMostPixel <= size; i += step) undo(row + i, above + i, out + i);  // the next pixels are overwritten
    for (; i < size; i += step) {
        std::uint8_t last[3][kMostPixel]{};
        std::memcpy(last[0], row + i, step), std::memcpy(last[1], above + i, step);
        undo(last[0], last[1], last[2]);
        std::memcpy(out + i, last[2], step);
    }
}

void undo_up(Bytes row, Bytes above, std::size_t size, std::uint8_t* __restrict out) {
    for (std::size_t i = 0; i < size; ++i) out[i] = std::uint8_t(row[i] + above[i]);
}

template <int step>
std::size_t undo(Bytes rows, std::size_t count, std::size_t size, Bytes above, std::uint8_t* out) {
    for (std::size_t y = 0; y < count; ++y, rows += size + 1, above = out, out += size) {
        Bytes row = rows + 1;
        switch (rows[0]) {
            case 0: std::memcpy(out, row, size); break;
            case 1: undo_from_left<step, left>(row, above, size, out); break;
            case 2: undo_up(row, above, size, out); break;
            case 3: undo_from_left<step, average>(row, above, size, out); break;
            case 4: undo_from_left<step, paeth>(row, above, size, out); break;
            default: return y;
        }
    }
    return count;
}

}  // namespace

std::size_t undo_filters(Bytes rows, std::size_t count, std::size_t size, int step, Bytes above, std::uint8_t* out) {
    switch (step) {
        case 1: return undo<1>(rows, count, size, above, out);
        case 2: return undo<2>(rows, count, size, above, out);
        case 3: return undo<3>(rows, count, size, above, out);
        case 4: return undo<4>(rows, count, size, above, out);
        case 6: return undo<6>(rows, count, size, above, out);
        default: return undo<8>(rows, count, size, above, out);
    }
}

}  // namespace l3c::images
