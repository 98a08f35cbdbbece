// The integer network behind the cached features, equal to l3c.wave.definition.network.Network.
#pragma once
#include "wave/wavefronts.hpp"

namespace l3c {
namespace {

template <Isa Set, class Scale = ByteScale>
class IntegerTile : public Wavefronts<Set, Scale> {
    using Base = Wavefronts<Set, Scale>;

public:
    static constexpr bool kLearns = false;
    using Model = PackedModel<Set>;

    IntegerTile(const Model& model, int height, int width, SampleDepth depth, Sharing sharing, SharedWorkspace& shared)
        : Base(model, height, width, depth, sharing, shared) {
        shared_ = this->rows(cell_rows(a_.hidden3));
        head_ = this->rows(cell_rows(a_.head));
        for (int i = 0; i < model.network.count; ++i) layers_[i] = &model.layers[i];
    }

    // What all heads share.
    void share() {
        this->point_at_cached(this->point(0, context_, cell_rows(context_rows(a_))));
        dense<Set, true>(*layers_[kStageTwo], pointers_, count_, hidden_, longest_);
        this->point(0, hidden_, cell_rows(a_.hidden2));
        dense<Set, true>(*layers_[kStageTwo + 1], pointers_, count_, shared_, longest_);
    }

    // The outputs of head c.
    void predict_mixtures(int c) {
        this->expect(c);
        int at = this->point(this->point(0, shared_, cell_rows(a_.hidden3)), residuals_, cell_rows(c));
        for (int s = 0; s < Inputs::head_segments(a_); ++s) at = this->point(at, this->expected_cells(s), cell_rows(1));
        const int layer = a_.head_index(c);
        dense<Set, true>(*layers_[layer], pointers_, count_, head_, longest_);
        this->point(0, head_, cell_rows(a_.head));
        dense<Set, false>(*layers_[layer + 1], pointers_, count_, this->outputs_, longest_);
    }

protected:
    using Base::a_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::residuals_, Base::hidden_;
    using Base::cell_rows;
    std::int32_t *shared_, *head_;  // cells
    const PackedLayer* layers_[kMostLayers]{};
};

}  // namespace
}  // namespace l3c
