// The integer network behind the kept features, equal to l3c.wave.network.Network.
#pragma once
#include "wavefronts.hpp"

namespace l3c {
namespace {

template <class Isa>
class IntegerTile : public Wavefronts<Isa> {
    using Base = Wavefronts<Isa>;
    using Base::a_, Base::model_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::own_, Base::hidden_;

public:
    struct Model : PackedModel<Isa> {
        using PackedModel<Isa>::PackedModel;
    };

    IntegerTile(const Model& model, int height, int width) : Base(model, height, width) {
        shared_ = this->rows(padded(a_.hidden3) / Isa::kGroup);
        head_ = this->rows(padded(a_.head) / Isa::kGroup);
    }

    // What all heads share.
    void share() {
        this->point_at_kept(this->point(0, context_, this->context_rows_));
        dense<Isa, true>(model_.share[0], pointers_, count_, hidden_, longest_);
        this->point(0, hidden_, padded(a_.hidden2) / Isa::kGroup);
        dense<Isa, true>(model_.share[1], pointers_, count_, shared_, longest_);
    }

    // The outputs of head c.
    void predict_mixtures(int c) {
        const int at = this->point(0, shared_, padded(a_.hidden3) / Isa::kGroup);
        this->point(at, own_, kGranule / Isa::kGroup);
        dense<Isa, true>(model_.head[c][0], pointers_, count_, head_, longest_);
        this->point(0, head_, padded(a_.head) / Isa::kGroup);
        dense<Isa, false>(model_.head[c][1], pointers_, count_, this->outputs_, longest_);
    }

    void learn(int) {}
    void learn_shared() {}

private:
    std::int32_t *shared_, *head_;
};

}  // namespace
}  // namespace l3c
