// Pixels of bilevel tiles, whose colours are 0 and 1: contexts of circles around a pixel (format 10.11).
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "graphics/arena.hpp"
#include "graphics/decisions.hpp"

namespace l3c::graphics {

inline constexpr int kCircles = 12;
inline constexpr int kMatchCircle = 4;  // whose pixels are part of a match's context

// Squares of the circles' radii. By trial: wider circles pay where letters come again.
inline constexpr int kSquares[kCircles] = {2, 5, 9, 13, 17, 20, 25, 29, 34, 40, 50, 72};

class Circles {
public:
    static constexpr int kReach = 6;                // rows above and columns beside that circles reach
    static constexpr int kWindow = 2 * kReach + 1;  // columns
    static constexpr int kRows = 4;                 // of a word

    std::uint64_t near[kCircles], far[kCircles];  // of words of rows 0 .. 3 and 4 .. 6, the bits that a circle has

    constexpr Circles() : near(), far() {
        for (int i = 0; i < kCircles; ++i)
            for (int dy = 0; dy <= kReach; ++dy)
                for (int dx = -kReach; dx <= kReach; ++dx) {
                    if ((dy == 0 && dx >= 0) || dy * dy + dx * dx > kSquares[i]) continue;
                    (dy < kRows ? near : far)[i] |= std::uint64_t(1) << (kWindow * (dy % kRows) + kReach + dx);
                }
    }
};

template <class Coder>
class Bilevel {
public:
    static constexpr std::int16_t kWeight = 2560;
    static constexpr int kRate = 20;
    static constexpr int kMatchStates = 64;

    // bits: of the number of chances of a circle. They lie in the arena.
    Bilevel(Decisions<Coder>& decide, const Refinement& first, Arena& arena, std::size_t width, int bits)
        : decide_(decide),
          width_(width),
          bits_(bits),
          stride_((width + 2 * kReach + 7) / 8 + sizeof(std::uint32_t)),
          rows_((kReach + 1) * stride_, 0),
          refinements_(std::size_t(1) << kAround, first) {
        for (auto& chances : chances_) chances = arena.take<Chance>(std::size_t(1) << bits);
        for (auto& weights : weights_) std::fill(weights.w, weights.w + kLanes, kWeight);
    }
    static std::size_t bytes(int bits) { return kCircles * Arena::bytes<Chance>(std::size_t(1) << bits); }

    void begin_row() {
        std::rotate(rows_.begin(), rows_.end() - std::ptrdiff_t(stride_), rows_.end());
        std::fill(rows_.begin(), rows_.begin() + std::ptrdiff_t(stride_), std::uint8_t(0));
        fill(0, kReach, rows_[stride_] >> kReach & 1);
    }
    void end_row() {
        const std::size_t last = kReach + width_ - 1;
        fill(last + 1, kReach, rows_[last >> 3] >> (last & 7) & 1);
    }
    // Pixels that were coded otherwise.
    void put(std::size_t x, std::size_t count, std::uint32_t colour) { fill(kReach + x, count, colour); }
    // A row that equals the one above.
    void repeat_row() {
        const std::uint8_t margin = rows_[0];
        std::copy(rows_.begin() + std::ptrdiff_t(stride_), rows_.begin() + 2 * std::ptrdiff_t(stride_), rows_.begin());
        rows_[0] = std::uint8_t((rows_[0] & ~kMargin) | (margin & kMargin));
    }

    // find(context): the state of the match, for pixels around of this hash, and the colour that it foretells.
    template <class Find>
    int code(std::size_t x, int actual, const Find& find) {
        std::uint64_t near = 0, far = 0;
        for (int dy = 0; dy <= Circles::kReach; ++dy) {
            std::uint32_t window;
            std::memcpy(&window, rows_.data() + std::size_t(dy) * stride_ + (x >> 3), sizeof window);
            if constexpr (std::endian::native == std::endian::big) window = swapped(window);
            const std::uint64_t seen = window >> (x & 7) & ((1u << Circles::kWindow) - 1);
            (dy < Circles::kRows ? near : far) |= seen << (Circles::kWindow * (dy % Circles::kRows));
        }
        decide_.begin();
        int widest = 0;
        std::uint32_t context = 0;
        for (int i = 0; i < kCircles; ++i) {
            std::uint64_t hash = (near & kPixels.near[i]) * kFirst + (far & kPixels.far[i]) * kSecond;
            hash = (hash ^ hash >> 32) * kFirst;
            if (i == kMatchCircle) context = std::uint32_t(hash >> 32);
            Chance& chance = chances_[i][hash >> (64 - bits_)];
            if (chance.seen > 1) widest = i;
            decide_.add(chance);
        }
        const auto [state, foretold] = find(context);
        decide_.add(by_match_[foretold][state]);
        const auto pixel = [near](int dy, int dx) {
            return unsigned(near >> (Circles::kWindow * dy + Circles::kReach + dx) & 1);
        };
        const unsigned nearest = pixel(0, -1) | pixel(1, 0) << 1 | pixel(1, 1) << 2 | pixel(1, -1) << 3;
        const unsigned around = nearest | pixel(0, -2) << 4 | pixel(2, 0) << 5 | pixel(1, 2) << 6 | pixel(1, -2) << 7 |
                                pixel(2, 1) << 8 | pixel(2, -1) << 9;
        const int bit = decide_.template mixed<kCircles + 1>(actual, weights_[widest * 16 + int(nearest)], kRate,
                                                             refinements_[around]);
        fill(kReach + x, 1, unsigned(bit));
        return bit;
    }

private:
    static constexpr std::size_t kReach = Circles::kReach;
    static constexpr int kAround = 10;                            // pixels by which a refinement is chosen
    static constexpr unsigned kMargin = (1u << kReach) - 1;       // of a row's first byte, the pixels to the left of it
    static constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15u;  // 2^64 over the golden ratio, odd
    static constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4Fu;  // odd, as XXH64 has it
    static constexpr Circles kPixels{};

    static std::uint32_t swapped(std::uint32_t v) {
        return v >> 24 | (v >> 8 & 0xff00u) | (v << 8 & 0xff0000u) | v << 24;
    }
    // Bits at .. at + count - 1 of the current row, which are 0, become this one.
    void fill(std::size_t at, std::size_t count, unsigned bit) {
        if (!bit) return;
        while (count && at & 7) set(at++), --count;
        std::fill_n(rows_.begin() + std::ptrdiff_t(at >> 3), count >> 3, std::uint8_t(255));
        for (at += count & ~std::size_t(7), count &= 7; count; --count) set(at++);
    }
    void set(std::size_t at) { rows_[at >> 3] = std::uint8_t(rows_[at >> 3] | 1u << (at & 7)); }

    Decisions<Coder>& decide_;
    std::size_t width_;
    int bits_;
    std::size_t stride_;              // bytes of a row, with room for the last window
    std::vector<std::uint8_t> rows_;  // the current row and those above it, a bit for a pixel, kReach beside each edge
    Chance* chances_[kCircles];
    Chance by_match_[2][kMatchStates];
    Weights weights_[kCircles * 16];
    std::vector<Refinement> refinements_;
};

}  // namespace l3c::graphics
