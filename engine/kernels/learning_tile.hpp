// The network behind the kept features in float32, learning from every pixel once it is coded, in encoder and decoder
// alike. Equal to l3c.wave.learning.LearningNetwork.
#pragma once
#include "float_rows.hpp"
#include "mixture_slopes.hpp"
#include "wavefronts.hpp"

namespace l3c {
namespace {

// A layer's weights are [inputs][width], width the padded number of outputs; a bias row follows them.
struct LearnedLayer {
    int outputs, inputs, width;
    float *weights, *slopes;
    float* bias() const { return weights + std::ptrdiff_t(inputs) * width; }
    float* bias_slopes() const { return slopes + std::ptrdiff_t(inputs) * width; }
    std::size_t size() const { return std::size_t(inputs + 1) * width; }
};

constexpr float kStep = 1.0f / 32, kActivationMax = 255.0f / 32;

template <class Isa>
class LearningTile : public Wavefronts<Isa> {
    using Base = Wavefronts<Isa>;
    using Base::a_, Base::model_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::outputs_;

public:
    struct Model : PackedModel<Isa> {
        Learning learning;
        struct {
            int outputs, inputs;
        } shapes[8];
        float* start;
        Model(const WaveModel& model, Workspace& memory) : PackedModel<Isa>(model, memory), learning(model.learning) {
            for (int i = 0; i < 2 + 2 * model.architecture.channels; ++i)
                shapes[i] = {model.layers[2 + i].outputs, model.layers[2 + i].inputs};
            start = memory.take<float>(model.start.size());
            std::memcpy(start, model.start.data(), sizeof(float) * model.start.size());
        }
    };

    LearningTile(const Model& model, int height, int width)
        : Base(model, height, width), tables_(*model.tables), group_(model.learning.group),
          first_(model.learning.first - 2),
          adam_{model.learning.rate, model.learning.momentum, model.learning.spread, model.learning.epsilon} {
        begin(model);
        inputs_ = floats(first_ ? 0 : layers_[0].inputs);
        cells_ = this->rows(padded(a_.hidden2) / Isa::kGroup);
        shared_cells_ = this->rows(padded(a_.hidden3) / Isa::kGroup);
        hidden_ = floats(a_.hidden2);
        shared_ = floats(a_.hidden3 + a_.channels);
        head_ = floats(a_.head);
        raw_ = floats(padded(layers_[count_layers() - 1].outputs));
        d_outputs_ = floats(padded_floats(layers_[count_layers() - 1].outputs));
        d_head_ = floats(a_.head);
        d_shared_ = floats(a_.hidden3);
        d_hidden_ = floats(a_.hidden2);
        int widest = 0;
        for (int i = first_; i < count_layers(); ++i) widest = layers_[i].width > widest ? layers_[i].width : widest;
        turned_ = this->memory().template take<float>(std::size_t(widest) * longest_);
    }

    void share() {
        first_layer();
        second_layer();
        std::memset(d_shared_, 0, sizeof(float) * a_.hidden3 * longest_);
    }

    void predict_mixtures(int c) {
        forward(hidden_of(c), shared_, head_);
        activate(head_, a_.head);
        forward(output_of(c), head_, raw_);
        const int k = a_.components;
        for (int o = 0; o < 3 * k + c; ++o) round(o, o < k ? 16.0f : o < 2 * k ? 512.0f : o < 3 * k ? 16.0f : 64.0f);
    }

    // Called with the channel's samples known: slopes of head c, and what they mean for the shared layers.
    void learn(int c) {
        set_own(c);
        for (int at = 0; at < count_; at += kVector) slopes(c, at);
        add_slopes(output_of(c), d_outputs_, head_);
        backward(output_of(c), a_.head, d_outputs_, kZeros, d_head_);
        deactivate(d_head_, head_, a_.head);
        add_slopes(hidden_of(c), d_head_, shared_);
        if (first_ < 2) backward(hidden_of(c), a_.hidden3, d_head_, nullptr, d_shared_);
    }

    void learn_shared() {
        if (first_ < 2) {
            deactivate(d_shared_, shared_, a_.hidden3);
            add_slopes(layers_[1], d_shared_, hidden_);
        }
        if (!first_) {
            backward(layers_[1], a_.hidden2, d_shared_, kZeros, d_hidden_);
            deactivate(d_hidden_, hidden_, a_.hidden2);
            add_slopes(layers_[0], d_hidden_, inputs_);
        }
        pixels_ += count_;
        if (pixels_ < group_) return;
        adam_.step(values_learned_, slopes_, means_, squares_, learned_, pixels_);
        pixels_ = 0;
    }

private:
    int count_layers() const { return 2 + 2 * a_.channels; }
    LearnedLayer& hidden_of(int c) { return layers_[2 + 2 * c]; }
    LearnedLayer& output_of(int c) { return layers_[3 + 2 * c]; }
    float* floats(int rows) { return this->memory().template take<float>(std::size_t(rows) * longest_); }

    // model.start holds the layers behind the kept features, each [outputs][inputs] and then its biases.
    void begin(const Model& model) {
        learned_ = 0;
        for (int i = first_; i < count_layers(); ++i) {
            const auto [outputs, inputs] = model.shapes[i];
            layers_[i] = {outputs, inputs, padded_floats(outputs), nullptr, nullptr};
            learned_ += layers_[i].size();
        }
        values_learned_ = this->memory().template take<float>(learned_);
        slopes_ = this->memory().template take<float>(learned_);
        means_ = this->memory().template take<float>(learned_);
        squares_ = this->memory().template take<float>(learned_);
        const float* from = model.start;
        std::size_t at = 0;
        for (int i = first_; i < count_layers(); at += layers_[i++].size()) {
            LearnedLayer& l = layers_[i];
            l.weights = values_learned_ + at, l.slopes = slopes_ + at;
            for (int o = 0; o < l.outputs; ++o)
                for (int j = 0; j < l.inputs; ++j) l.weights[std::ptrdiff_t(j) * l.width + o] = *from++;
            for (int o = 0; o < l.outputs; ++o) l.bias()[o] = *from++;
        }
    }

    // A row of cells of 8-bit integers, less an offset, as rows of floats, at most `rows` of them; returns what follows.
    float* spread(const std::int32_t* cells, int rows, int offset, float* to) {
        constexpr int kBits = 32 / Isa::kGroup;
        for (int j = 0; j < Isa::kGroup && j < rows; ++j, to += longest_)
            for (int i = 0; i < count_; ++i)
                to[i] = float(std::int32_t(std::uint32_t(cells[i]) >> (j * kBits) & 255) - offset) * kStep;
        return to;
    }

    // Differences and predictions about 0, kept features from 0.
    void unpack() {
        float* to = inputs_;
        for (int i = 0; i < a_.context(); i += Isa::kGroup)
            to = spread(context_ + std::ptrdiff_t(i / Isa::kGroup) * longest_, a_.context() - i, 128, to);
        const int end = this->point_at_kept(0);
        for (int row = 0; row < end; ++row)
            to = spread(pointers_[row], a_.kept - row % this->kept_rows_ * Isa::kGroup, 0, to);
    }

    void first_layer() {
        if (!first_) {
            unpack();
            forward(layers_[0], inputs_, hidden_);
            return activate(hidden_, a_.hidden2);
        }
        this->point_at_kept(this->point(0, context_, this->context_rows_));
        dense<Isa, true>(model_.share[0], pointers_, count_, cells_, longest_);
        if (first_ == 1) spread_all(cells_, a_.hidden2, hidden_);
    }

    void second_layer() {
        if (first_ < 2) {
            forward(layers_[1], hidden_, shared_);
            return activate(shared_, a_.hidden3);
        }
        this->point(0, cells_, padded(a_.hidden2) / Isa::kGroup);
        dense<Isa, true>(model_.share[1], pointers_, count_, shared_cells_, longest_);
        spread_all(shared_cells_, a_.hidden3, shared_);
    }

    void spread_all(const std::int32_t* cells, int rows, float* to) {
        for (int i = 0; i < rows; i += Isa::kGroup)
            to = spread(cells + std::ptrdiff_t(i / Isa::kGroup) * longest_, rows - i, 0, to);
    }

    // Rows beyond the outputs, up to a multiple of 4, are 0.
    void forward(const LearnedLayer& l, const float* x, float* y) {
        float_product({l.weights, 1, l.width}, padded(l.outputs), l.inputs, count_, x, longest_, l.bias(), y, longest_);
    }

    // Slopes of the first `inputs` inputs from those of the outputs, added to `first` or to what is there.
    void backward(const LearnedLayer& l, int inputs, const float* dy, const float* first, float* dx) {
        float_product({l.weights, l.width, 1}, inputs, l.outputs, count_, dy, longest_, first, dx, longest_);
    }

    void add_slopes(const LearnedLayer& l, const float* dy, const float* x) {
        turn(dy, longest_, l.outputs, count_, turned_, l.width);
        float* bias = l.bias_slopes();
        for (int p = 0; p < count_; ++p)
            for (int o = 0; o < l.outputs; ++o) bias[o] += turned_[std::ptrdiff_t(p) * l.width + o];
        float_product({x, longest_, 1}, l.inputs, count_, l.width, turned_, l.width, nullptr, l.slopes, l.width);
    }

    void activate(float* rows, int count) {
        for (int r = 0; r < count; ++r, rows += longest_)
            for (int i = 0; i < count_; ++i) {
                const float v = rows[i] > 0.0f ? rows[i] : 0.0f;
                rows[i] = v < kActivationMax ? v : kActivationMax;
            }
    }

    void deactivate(float* slopes, const float* rows, int count) {
        for (int r = 0; r < count; ++r, rows += longest_, slopes += longest_)
            for (int i = 0; i < count_; ++i) slopes[i] = rows[i] > 0.0f && rows[i] < kActivationMax ? slopes[i] : 0.0f;
    }

    // Row o of the outputs in integer steps: floor(value * steps + 1/2).
    void round(int o, float steps) {
        const float* from = raw_ + o * longest_;
        std::int32_t* to = outputs_ + o * longest_;
        constexpr float kMost = 1 << 20;
        for (int i = 0; i < count_; ++i) {
            float v = from[i] * steps + 0.5f;
            v = v > -kMost ? v : -kMost;
            v = v < kMost ? v : kMost;
            const std::int32_t whole = std::int32_t(v);
            to[i] = whole - (float(whole) > v);
        }
    }

    void set_own(int c) {
        const std::int32_t *v = this->values(c), *p = this->prediction(c);
        float* row = shared_ + (a_.hidden3 + c) * longest_;
        for (int i = 0; i < count_; ++i) row[i] = float(Base::residual(v[i], p[i]) - 128) * kStep;
    }

    // Slopes by the head's outputs, eight pixels at a time. A unit of a mean is 8 levels.
    void slopes(int c, int at) {
        const int k_count = a_.components;
        float* rows = d_outputs_ + at;
        const Int8 symbol = load8(this->values(c) + at) & 255;
        const Float8 mean = mixture_slopes(tables_, this->mixture(c, at), symbol, rows, longest_);
        for (int k = 0; k < k_count; ++k) {
            scale(rows + (k_count + k) * longest_, all_floats8(8.0f));
            const Int8 place = load8(outputs_ + (2 * k_count + k) * longest_ + at) + 56;
            keep_where((place >= 0) & (place <= 127), rows + (2 * k_count + k) * longest_);
        }
        for (int j = 0; j < c; ++j) {
            float* row = rows + (3 * k_count + j) * longest_;
            const Int8 coefficient = load8(outputs_ + (3 * k_count + j) * longest_ + at);
            store_floats8(row, mean * floats8(load8(this->values(j) + at) - load8(this->prediction(j) + at)));
            keep_where((coefficient >= -256) & (coefficient <= 256), row);
        }
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
    const int group_, first_;
    Adam adam_;
    LearnedLayer layers_[8]{};
    std::size_t learned_;
    int pixels_ = 0;
    float *values_learned_, *slopes_, *means_, *squares_;
    std::int32_t *cells_, *shared_cells_;
    float *inputs_, *hidden_, *shared_, *head_, *raw_, *d_outputs_, *d_head_, *d_shared_, *d_hidden_, *turned_;
};

}  // namespace
}  // namespace l3c
