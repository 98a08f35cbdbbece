// The integer network behind the kept features, equal to l3c.wave.network.Network.
#pragma once
#include "wavefronts.hpp"

namespace l3c {
namespace {

template <class Isa>
class IntegerTile : public Wavefronts<Isa> {
    using Base = Wavefronts<Isa>;

public:
    static constexpr bool kLearns = false;
    using Model = PackedModel<Isa>;

    IntegerTile(const Model& model, int height, int width) : Base(model, height, width) {
        shared_ = this->rows(padded(a_.hidden3) / Isa::kGroup);
        head_ = this->rows(padded(a_.head) / Isa::kGroup);
        for (int i = 0; i < 2; ++i) share_[i] = &model.share[i];
        for (int c = a_.guides; c < a_.channels; ++c)
            for (int i = 0; i < 2; ++i) heads_[c][i] = &model.head[c][i];
    }

    // What all heads share.
    void share() {
        this->point_at_kept(this->point(0, context_, this->context_rows_));
        dense<Isa, true>(*share_[0], pointers_, count_, hidden_, longest_);
        this->point(0, hidden_, padded(a_.hidden2) / Isa::kGroup);
        dense<Isa, true>(*share_[1], pointers_, count_, shared_, longest_);
    }

    // The outputs of head c.
    void predict_mixtures(int c) {
        if (a_.coupled) this->expect(c);
        int at = this->point(0, shared_, padded(a_.hidden3) / Isa::kGroup);
        if (c > 0) at = this->point(at, own_, kGranule / Isa::kGroup);
        this->point(at, this->expected_cells_, kGranule / Isa::kGroup);
        dense<Isa, true>(*heads_[c][0], pointers_, count_, head_, longest_);
        this->point(0, head_, padded(a_.head) / Isa::kGroup);
        dense<Isa, false>(*heads_[c][1], pointers_, count_, this->outputs_, longest_);
    }

protected:
    using Base::a_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::own_, Base::hidden_;
    std::int32_t *shared_, *head_;  // cells
    const PackedLayer *share_[2], *heads_[3][2];
};

}  // namespace
}  // namespace l3c
