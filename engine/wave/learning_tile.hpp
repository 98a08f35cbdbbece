// The network behind the cached features, learning from pixels once they are coded, in encoder and decoder alike.
// Equal to l3c.wave.definition.learning.LearningNetwork.
#pragma once
#include "coding/mixture_gradients.hpp"
#include "wave/integer_tile.hpp"
#include "wave/learned_layer.hpp"

namespace l3c {
namespace {

constexpr float kActivationMax = 255 * kActivationStep;

template <Isa Set>
class LearningTile : public IntegerTile<Set> {
    using Base = IntegerTile<Set>;
    using Base::a_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::residuals_, Base::outputs_,
        Base::layers_;

public:
    static constexpr bool kLearns = true;

    struct Model : PackedModel<Set> {
        Learning learning;
        LearnedShape shapes[kMostLayers];  // of those that learn

        Model(const WaveModel& model, Workspace& memory) : PackedModel<Set>(model, memory), learning(model.learning) {
            const int k = this->architecture.components;
            for (int i = 0; i < this->network.count; ++i) {
                if (!learning.learns(i)) continue;
                const bool last = i >= kHeads && i % 2;
                shapes[i].begin(
                    model.layers[i], this->network.layer[i],
                    [&](int o) { return last ? output_unit(k, o) : 1 / kActivationStep; }, memory);
            }
        }

        // Integer steps of 1 in output o: logits 1/16, means 1/64 of 1/8 of a unit, log scales 1/16, coefficients 1/64.
        static float output_unit(int k, int o) { return o < k ? 16 : o < 2 * k ? 512 : o < 3 * k ? 16 : 64; }
    };

    LearningTile(const Model& model, int height, int width)
        : Base(model, height, width),
          tables_(*model.tables),
          learning_(model.learning),
          count_layers_(model.network.count),
          adam_{model.learning.learning_rate, model.learning.first_moment_rate, model.learning.second_moment_rate,
                model.learning.epsilon} {
        begin(model);
        const NetworkSpec& network = model.network;
        const int outputs = most_of(network, [](const LayerSpec& layer) { return layer.outputs; }, kHeads);
        if (learns(kStageTwo)) inputs_ = floats(padded_inputs(network.layer[kStageTwo]));
        float_hidden_ = floats(a_.hidden2);
        float_shared_ = floats(most_of(network, padded_inputs, kHeads));
        float_head_ = floats(a_.head);
        d_outputs_ = floats(padded_floats(outputs));
        d_head_ = floats(a_.head);
        d_shared_ = floats(a_.hidden3);
        d_hidden_ = floats(a_.hidden2);
        transposed_ =
            floats(most_of(network, [](const LayerSpec& layer) { return padded_floats(layer.outputs); }, kStageTwo));
    }

    bool learns_from(std::int64_t t) const { return t % learning_.period < learning_.learned; }

    // Called with the channel's samples known: gradients of head c, and what they mean for the shared layers.
    void learn(int c) {
        spread_all(this->head_, a_.head, 0, float_head_);
        for (int at = 0; at < count_; at += kVector) gradients(c, at);
        const int layer = a_.head_index(c);
        add_gradients(layer + 1, d_outputs_, float_head_);
        if (!learns(layer)) return;
        if (c == a_.side_channels) begin_shared();
        learned_[layer + 1].backward(a_.head, d_outputs_, false, d_head_, count_, longest_);
        deactivate(d_head_, float_head_, a_.head);
        spread_all(residuals_, c, kInputOffset, float_shared_ + a_.hidden3 * longest_);
        for (int s = 0; s < Inputs::head_segments(a_); ++s)
            spread_all(this->expected_cells(s), 1, kInputOffset,
                       float_shared_ + (a_.hidden3 + padded(c) + s * padded(1)) * longest_);
        add_gradients(layer, d_head_, float_shared_);
        if (learns(kStageTwo + 1)) learned_[layer].backward(a_.hidden3, d_head_, true, d_shared_, count_, longest_);
    }

    void learn_shared() {
        if (learns(kStageTwo + 1)) learn_second();
        if (learns(kStageTwo)) learn_first();
        pixels_ += count_;
        if (pixels_ < learning_.step_pixels) return;
        adam_.step(parameters_, gradients_, means_, squares_, size_, pixels_);
        for (int i = kStageTwo; i < count_layers_; ++i)
            if (learns(i)) learned_[i].round();
        pixels_ = 0;
    }

private:
    bool learns(int layer) const { return learning_.learns(layer); }
    float* floats(int rows) { return this->memory().template take<float>(std::size_t(rows) * longest_); }

    void begin(const Model& model) {
        size_ = 0;
        for (int i = kStageTwo; i < count_layers_; ++i)
            if (learns(i)) size_ += model.shapes[i].size();
        for (float** part : {&parameters_, &gradients_, &means_, &squares_})
            *part = this->memory().template take<float>(size_);
        std::size_t at = 0;
        for (int i = kStageTwo; i < count_layers_; ++i) {
            if (!learns(i)) continue;
            learned_[i] = {model.shapes[i], *layers_[i], parameters_ + at, gradients_ + at, this->memory()};
            layers_[i] = &learned_[i].packed();
            at += model.shapes[i].size();
        }
    }

    // Rows of cells of 8-bit integers, less an offset, as rows of floats.
    void spread_all(const std::int32_t* cells, int rows, int offset, float* to) {
        for (int i = 0; i < rows; i += Set::kCellChannels)
            spread(cells + std::ptrdiff_t(i / Set::kCellChannels) * longest_, offset, to + i * longest_);
    }

    void spread(const std::int32_t* cells, int offset, float* to) {
        constexpr int kBits = 32 / Set::kCellChannels;
        const int count = count_;
        for (int j = 0; j < Set::kCellChannels; ++j, to += longest_)
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
        add_gradients(kStageTwo + 1, d_shared_, float_hidden_);
    }

    void learn_first() {
        learned_[kStageTwo + 1].backward(a_.hidden2, d_shared_, false, d_hidden_, count_, longest_);
        deactivate(d_hidden_, float_hidden_, a_.hidden2);
        spread_all(context_, context_rows(a_), kInputOffset, inputs_);
        float* to = inputs_ + padded(context_rows(a_)) * longest_;
        for (int row = 0, end = this->point_at_cached(0); row < end; ++row, to += Set::kCellChannels * longest_)
            spread(pointers_[row], 0, to);
        add_gradients(kStageTwo, d_hidden_, inputs_);
    }

    void add_gradients(int layer, const float* dy, const float* x) {
        LearnedLayer<Set>& learned = learned_[layer];
        transpose(dy, longest_, learned.outputs(), count_, transposed_, padded_floats(learned.outputs()));
        learned.add_gradients(transposed_, x, count_, longest_);
    }

    void deactivate(float* gradients, const float* rows, int rows_count) {
        const int count = count_;
        for (int r = 0; r < rows_count; ++r, rows += longest_, gradients += longest_)
            for (int i = 0; i < count; ++i)
                gradients[i] = rows[i] > 0.0f && rows[i] < kActivationMax ? gradients[i] : 0.0f;
    }

    // Gradients by the head's outputs, eight pixels at a time. A unit of a mean is 8 levels.
    void gradients(int c, int at) {
        const int k_count = a_.components;
        float* rows = d_outputs_ + at;
        const I32x8 symbol = load8(this->values(c) + at) & 255;
        const F32x8 mean = this->with_mixture(c, at, [&](const Mixture8& m, auto components) {
            return mixture_gradients(tables_, m, components, symbol, rows, longest_);
        });
        for (int k = 0; k < k_count; ++k) {
            scale(rows + (k_count + k) * longest_, all8f(8.0f));
            const I32x8 place = load8(outputs_ + (2 * k_count + k) * longest_ + at) + kLogScaleOrigin;
            keep_where((place >= 0) & (place < kLogScales), rows + (2 * k_count + k) * longest_);
        }
        for (int j = 0; j < c; ++j)
            move(3 * k_count + j, at, mean * floats8(load8(this->values(j) + at) - load8(this->prediction(j) + at)));
        if (a_.coupled) move(3 * k_count + c, at, mean * (floats8(load8(this->expected() + at)) * all8f(1 / kFine)));
    }

    // The gradient by output o, a coefficient.
    void move(int o, int at, F32x8 gradient) {
        float* row = d_outputs_ + at + o * longest_;
        const I32x8 coefficient = load8(outputs_ + o * longest_ + at);
        store8(row, gradient);
        keep_where((coefficient >= -kMostCoefficient) & (coefficient <= kMostCoefficient), row);
    }

    static void scale(float* row, F32x8 by) {
        F32x8 v;
        std::memcpy(&v, row, sizeof v);
        store8(row, v * by);
    }

    static void keep_where(I32x8 where, float* row) {
        F32x8 v;
        std::memcpy(&v, row, sizeof v);
        store8(row, where ? v : all8f(0));
    }

    const Tables& tables_;
    const Learning learning_;
    const int count_layers_;
    Adam adam_;
    LearnedLayer<Set> learned_[kMostLayers];  // those that learn
    std::size_t size_ = 0;                    // of their parameters
    int pixels_ = 0;
    float *parameters_, *gradients_, *means_, *squares_;
    float* inputs_ = nullptr;
    float *float_hidden_, *float_shared_, *float_head_;
    float *d_outputs_, *d_head_, *d_shared_, *d_hidden_, *transposed_;
};

}  // namespace
}  // namespace l3c
