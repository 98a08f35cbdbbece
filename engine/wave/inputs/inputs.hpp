// The optional inputs of the wave network, in the order in which its layers see them.
#pragma once
#include "wave/inputs/channel_regression.hpp"
#include "wave/inputs/local_fit.hpp"
#include "wave/inputs/side_information.hpp"

namespace l3c {
namespace {

// All of some inputs at once. Rows are those of the inputs that the architecture has, `stride` apart.
template <class... Each>
class InputsOf : Each... {
public:
    static constexpr int context_rows(const Architecture& a) { return (0 + ... + Each::context_rows(a)); }
    static constexpr int stage1_segments(const Architecture& a) { return (0 + ... + int(Each::in_stage1(a))); }
    static constexpr int head_segments(const Architecture& a) { return (0 + ... + int(Each::in_heads(a))); }

    template <class Take, class Share>
    void open(const Architecture& a, int height, int longest, Take take, Share share, Shared& shared) {
        a_ = a;
        ((has<Each>() ? Each::open(a, height, longest, take, share, shared) : void()), ...);
    }
    template <class View>
    void fill(const View& view, std::int32_t* rows, std::ptrdiff_t stride) {
        ((has<Each>() ? Each::fill(view, rows, stride) : void(), rows += Each::context_rows(a_) * stride), ...);
    }
    template <class View>
    void expect(const View& view, int c, std::int32_t* rows, std::ptrdiff_t stride) {
        ((Each::in_heads(a_) ? Each::expect(view, c, rows) : void(), rows += Each::in_heads(a_) * stride), ...);
    }
    template <class View>
    void observe(const View& view, int c, std::int32_t* rows, std::ptrdiff_t stride) {
        ((Each::in_stage1(a_) ? Each::observe(view, c, rows) : void(), rows += Each::in_stage1(a_) * stride), ...);
    }
    template <class View>
    void update(const View& view) {
        ((has<Each>() ? Each::update(view) : void()), ...);
    }

private:
    template <class One>
    bool has() const {
        return One::context_rows(a_) || One::in_stage1(a_) || One::in_heads(a_);
    }

    Architecture a_{};
};

using Inputs = InputsOf<SideInput, FitInput, RegressionInput>;

}  // namespace
}  // namespace l3c
