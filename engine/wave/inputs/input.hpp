// What an optional input of the wave network is: a class with the functions of NoInput, in a file of its own beside this one, and
// a row in inputs.hpp. It serves coding and training alike; the layers are sized by what it says.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wave/architecture.hpp"

namespace l3c {
namespace {

// Pixels of wavefront t: rows first .. first + count - 1 of the tile, all of them or a strip, which one thread codes.
// row_ends: the first of them is its row's last pixel. begins, ends: the strip has the wavefront's first pixel, its last one.
struct Front {
    std::int64_t t;
    int first, count;
    bool row_ends, begins = true, ends = true;
};

// What inputs leave to others: the fits of each channel (levels; 0 where there are none), and what the channel that is coded
// next is expected to be (64ths of a level), which heads have a coefficient for. Rows of a wavefront's pixels.
struct Shared {
    float* fits[kMostChannels];
    std::int32_t* expected;
};

// Inputs see the wavefront through a view, of a tile or of a crop for training, which has
//   Front front() const;
//   void neighbours(int c, int n, float* to) const;    residuals of neighbour n: its sample less channel c's prediction, -128..127
//   void residuals(int c, float* to) const;            the same of the pixels themselves, once channel c is known
//   void differences(int c, float* to) const;          the same, not clipped
//   void ahead(int n, std::int32_t* to) const;         side information at kAheadOffsets[n], as an input
// What an input gives the network is in 0..255, where 128 means 0.
class NoInput {
public:
    // Rows of the context, which stage 1 and stage 2 see.
    static constexpr int context_rows(const Architecture&) { return 0; }
    // Whether stage 1 sees a row of it for each channel, once that is known, and each head one before.
    static constexpr bool in_stage1(const Architecture&) { return false; }
    static constexpr bool in_heads(const Architecture&) { return false; }

    // Once for a tile and thread. longest: pixels that a strip has at most. take(n): n zeroed floats for this thread; share(n):
    // for all threads, each of which writes what belongs to its own pixels. Rows of floats need room for kFloats before and
    // behind.
    template <class Take, class Share>
    void open(const Architecture&, int /*height*/, int /*longest*/, Take, Share, Shared&) {}
    // Fills the rows of the context, `stride` apart, before anything of the wavefront is coded.
    template <class View>
    void fill(const View&, std::int32_t* /*rows*/, std::ptrdiff_t /*stride*/) {}
    // Fills the row of channel c's head, before that is coded, and that of stage 1, when it is known.
    template <class View>
    void expect(const View&, int /*c*/, std::int32_t* /*row*/) {}
    template <class View>
    void observe(const View&, int /*c*/, std::int32_t* /*row*/) {}
    // Takes in the wavefront, when all of it is known.
    template <class View>
    void update(const View&) {}
};

}  // namespace
}  // namespace l3c
