// Side information: what a plane that is known beforehand shows of a pixel and of pixels that are coded after it.
// Equal to l3c.wave.definition.side_information.
#pragma once
#include "wave/inputs/input.hpp"

namespace l3c {
namespace {

// The input: the plane's samples less its prediction.
class SideInput : public NoInput {
public:
    static constexpr int context_rows(const Architecture& a) { return kAheadPositions * a.side_channels; }

    template <class View>
    void fill(const View& view, std::int32_t* rows, std::ptrdiff_t stride) {
        for (int n = 0; n < kAheadPositions; ++n) view.ahead(n, rows + n * stride);
    }
};

}  // namespace
}  // namespace l3c
