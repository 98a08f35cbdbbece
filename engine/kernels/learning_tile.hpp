// The network behind the kept features, learning from pixels once they are coded, in encoder and decoder alike.
// Equal to l3c.wave.learning.LearningNetwork.
#pragma once
#include "integer_tile.hpp"
#include "learned_layer.hpp"
#include "mixture_slopes.hpp"

namespace l3c {
namespace {

constexpr float kActivationMax = 255 * kActivationStep;
constexpr int kStageTwo = 2;  // index of the first layer that may learn

// Learned layers are numbered from stage 2 on: 0 and 1 its own, then of each head the hidden and the last one.
template <class Isa>
class LearningTile : public IntegerTile<Isa> {
    using Base = IntegerTile<Isa>;
    using Base::a_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::own_, Base::outputs_;

public:
    static constexpr bool kLearns = true;

    struct Model : PackedModel<Isa> {
        Learning learning;
        LearnedShape shapes[2 + 2 * 3];

        Model(const WaveModel& model, Workspace& memory) : PackedModel<Isa>(model, memory), learning(model.learning) {
            const Architecture& a = model.architecture;
            float units[512];
            for (float& unit : units) unit = 1 / kActivationStep;
            shapes[0].add_segment(a.context(), true);
            for (int i = 0; i < kKeptPositions; ++i) shapes[0].add_segment(a.kept, false);
            shapes[1].add_segment(a.hidden2, false);
            for (int i = 0; i < 2; ++i) shapes[i].begin(model.layers[kStageTwo + i], units, memory);
            for (int c = a.guides; c < a.channels; ++c) {
                const int head = a.first_of_head(c);
                LearnedShape *hidden = shapes + head - kStageTwo, *last = hidden + 1;
                hidden->add_segment(a.hidden3, false);
                hidden->add_segment(c, true);
                if (a.coupled) hidden->add_segment(1, true);
                hidden->begin(model.layers[head], units, memory);
                last->add_segment(a.head, false);
                float steps[3 * kMaxComponents + 3];
                for (int o = 0; o < 3 * a.components + c + a.coupled; ++o) steps[o] = output_unit(a.components, o);
                last->begin(model.layers[head + 1], steps, memory);
            }
        }

        static float output_unit(int k, int o) { return o < k ? 16 : o < 2 * k ? 512 : o < 3 * k ? 16 : 64; }
    };

    LearningTile(const Model& model, int height, int width)
        : Base(model, height, width), tables_(*model.tables), group_(model.learning.group), every_(model.learning.every),
          taken_(model.learning.taken),
          first_(model.learning.first - kStageTwo),
          adam_{model.learning.rate, model.learning.momentum, model.learning.spread, model.learning.epsilon} {
        begin(model);
        inputs_ = floats(first_ ? 0 : model.shapes[0].rows);
        float_hidden_ = floats(a_.hidden2);
        float_shared_ = floats(a_.hidden3 + 2 * kGranule);
        float_head_ = floats(a_.head);
        d_outputs_ = floats(padded_floats(3 * a_.components + a_.channels + a_.coupled));
        d_head_ = floats(a_.head);
        d_shared_ = floats(a_.hidden3);
        d_hidden_ = floats(a_.hidden2);
        int widest = 0;
        for (const LearnedShape& shape : model.shapes) widest = shape.width > widest ? shape.width : widest;
        turned_ = this->memory().template take<float>(std::size_t(widest) * longest_);
    }

    bool learns(std::int64_t t) const { return t % every_ < taken_; }

    // Called with the channel's samples known: slopes of head c, and what they mean for the shared layers.
    void learn(int c) {
        spread_all(this->head_, a_.head, 0, float_head_);
        for (int at = 0; at < count_; at += kVector) slopes(c, at);
        add_slopes(last_of(c), d_outputs_, float_head_);
        if (first_ > 2) return;
        if (c == a_.guides) begin_shared();
        backward(last_of(c), a_.head, d_outputs_, kZeros, d_head_);
        deactivate(d_head_, float_head_, a_.head);
        spread_all(own_, c, kInputOffset, float_shared_ + a_.hidden3 * longest_);
        if (a_.coupled)
            spread_all(this->expected_cells_, 1, kInputOffset, float_shared_ + (a_.hidden3 + padded(c)) * longest_);
        add_slopes(hidden_of(c), d_head_, float_shared_);
        if (first_ < 2) backward(hidden_of(c), a_.hidden3, d_head_, nullptr, d_shared_);
    }

    void learn_shared() {
        if (first_ < 2) learn_second();
        if (!first_) learn_first();
        pixels_ += count_;
        if (pixels_ < group_) return;
        adam_.step(parameters_, slopes_, means_, squares_, learned_, pixels_);
        for (int i = first_; i < count_layers(); i += stride()) layers_[i].round();
        pixels_ = 0;
    }

private:
    // Layers that learn: all from first_ on, or of each head the last alone.
    int stride() const { return first_ < 3 ? 1 : 2; }
    int count_layers() const { return 2 + 2 * a_.coded(); }
    LearnedLayer<Isa>& hidden_of(int c) { return layers_[a_.first_of_head(c) - kStageTwo]; }
    LearnedLayer<Isa>& last_of(int c) { return layers_[a_.first_of_head(c) - kStageTwo + 1]; }
    const PackedLayer*& used(int i) { return i < 2 ? this->share_[i] : this->heads_[a_.guides + (i - 2) / 2][i % 2]; }
    float* floats(int rows) { return this->memory().template take<float>(std::size_t(rows) * longest_); }

    void begin(const Model& model) {
        learned_ = 0;
        for (int i = first_; i < count_layers(); i += stride()) learned_ += model.shapes[i].size();
        for (float** part : {&parameters_, &slopes_, &means_, &squares_})
            *part = this->memory().template take<float>(learned_);
        std::size_t at = 0;
        for (int i = first_; i < count_layers(); at += model.shapes[i].size(), i += stride()) {
            layers_[i] = {model.shapes[i], *used(i), parameters_ + at, slopes_ + at, this->memory()};
            used(i) = &layers_[i].packed();
        }
    }

    // Rows of cells of 8-bit integers, less an offset, as rows of floats.
    void spread_all(const std::int32_t* cells, int rows, int offset, float* to) {
        for (int i = 0; i < rows; i += Isa::kGroup)
            spread(cells + std::ptrdiff_t(i / Isa::kGroup) * longest_, offset, to + i * longest_);
    }

    void spread(const std::int32_t* cells, int offset, float* to) {
        constexpr int kBits = 32 / Isa::kGroup;
        const int count = count_;
        for (int j = 0; j < Isa::kGroup; ++j, to += longest_)
            for (int i = 0; i < count; ++i)
                to[i] = float(std::int32_t(std::uint32_t(cells[i]) >> (j * kBits) & 255) - offset) * kActivationStep;
    }

    void begin_shared() {
        spread_all(this->shared_, a_.hidden3, 0, float_shared_);
        std::memset(d_shared_, 0, sizeof(float) * a_.hidden3 * longest_);
    }

    void learn_second() {
        spread_all(this->hidden_, a_.hidden2, 0, float_hidden_);
        deactivate(d_shared_, float_shared_, a_.hidden3);
        add_slopes(layers_[1], d_shared_, float_hidden_);
    }

    void learn_first() {
        backward(layers_[1], a_.hidden2, d_shared_, kZeros, d_hidden_);
        deactivate(d_hidden_, float_hidden_, a_.hidden2);
        spread_all(context_, a_.context(), kInputOffset, inputs_);
        float* to = inputs_ + padded(a_.context()) * longest_;
        for (int row = 0, end = this->point_at_kept(0); row < end; ++row, to += Isa::kGroup * longest_)
            spread(pointers_[row], 0, to);
        add_slopes(layers_[0], d_hidden_, inputs_);
    }

    void backward(const LearnedLayer<Isa>& layer, int inputs, const float* dy, const float* first, float* dx) {
        layer.backward(inputs, dy, first, dx, count_, longest_);
    }

    void add_slopes(LearnedLayer<Isa>& layer, const float* dy, const float* x) {
        turn(dy, longest_, layer.outputs(), count_, turned_, padded_floats(layer.outputs()));
        layer.add_slopes(turned_, x, count_, longest_);
    }

    void deactivate(float* slopes, const float* rows, int rows_count) {
        const int count = count_;
        for (int r = 0; r < rows_count; ++r, rows += longest_, slopes += longest_)
            for (int i = 0; i < count; ++i) slopes[i] = rows[i] > 0.0f && rows[i] < kActivationMax ? slopes[i] : 0.0f;
    }

    // Slopes by the head's outputs, eight pixels at a time. A unit of a mean is 8 levels.
    void slopes(int c, int at) {
        const int k_count = a_.components;
        float* rows = d_outputs_ + at;
        const Int8 symbol = load8(this->values(c) + at) & 255;
        const Float8 mean = this->with_mixture(c, at, [&](const Mixture8& m, auto components) {
            return mixture_slopes(tables_, m, components, symbol, rows, longest_);
        });
        for (int k = 0; k < k_count; ++k) {
            scale(rows + (k_count + k) * longest_, all_floats8(8.0f));
            const Int8 place = load8(outputs_ + (2 * k_count + k) * longest_ + at) + 56;
            keep_where((place >= 0) & (place <= 127), rows + (2 * k_count + k) * longest_);
        }
        for (int j = 0; j < c; ++j)
            move(3 * k_count + j, at, mean * floats8(load8(this->values(j) + at) - load8(this->prediction(j) + at)));
        if (a_.coupled) move(3 * k_count + c, at, mean * (floats8(load8(this->expected_ + at)) * all_floats8(1 / kFine)));
    }

    // The slope by output o, a coefficient.
    void move(int o, int at, Float8 slope) {
        float* row = d_outputs_ + at + o * longest_;
        const Int8 coefficient = load8(outputs_ + o * longest_ + at);
        store_floats8(row, slope);
        keep_where((coefficient >= -256) & (coefficient <= 256), row);
    }

    static void scale(float* row, Float8 by) {
        Float8 v;
        std::memcpy(&v, row, sizeof v);
        store_floats8(row, v * by);
    }

    static void keep_where(Int8 where, float* row) {
        Float8 v;
        std::memcpy(&v, row, sizeof v);
        store_floats8(row, where ? v : all_floats8(0));
    }

    static constexpr float kZeros[512] = {};
    const FloatState state_;
    const Tables& tables_;
    const int group_, every_, taken_, first_;
    Adam adam_;
    LearnedLayer<Isa> layers_[8];
    std::size_t learned_;
    int pixels_ = 0;
    float *parameters_, *slopes_, *means_, *squares_;
    float *inputs_, *float_hidden_, *float_shared_, *float_head_;
    float *d_outputs_, *d_head_, *d_shared_, *d_hidden_, *turned_;
};

}  // namespace
}  // namespace l3c
