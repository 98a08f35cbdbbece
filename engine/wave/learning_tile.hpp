// The network behind the cached features, learning from pixels once they are coded, in encoder and decoder alike.
// Equal to l3c.wave.definition.learning.LearningNetwork.
#pragma once
#include "coding/mixture_gradients.hpp"
#include "wave/integer_tile.hpp"
#include "wave/learned_layer.hpp"

namespace l3c {
namespace {

constexpr int kActivationMax = 255;

// A network that learns, as its tiles begin.
template <Isa Set>
struct LearningModel : PackedModel<Set> {
    Learning learning;
    LearnedShape shapes[kMostLayers];  // of those that learn

    LearningModel(const WaveModel& model, Workspace& memory)
        : PackedModel<Set>(model, memory), learning(model.learning) {
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

template <Isa Set, class Scale = ByteScale>
class LearningTile : public IntegerTile<Set, Scale> {
    using Base = IntegerTile<Set, Scale>;
    using Base::a_, Base::pointers_, Base::count_, Base::longest_, Base::context_, Base::residuals_, Base::outputs_,
        Base::layers_;

public:
    static constexpr bool kLearns = true;

    using Model = LearningModel<Set>;

    LearningTile(const Model& model, int height, int width, SampleDepth depth, Sharing sharing, SharedWorkspace& shared)
        : Base(model, height, width, depth, sharing, shared),
          tables_(*model.tables),
          learning_(model.learning),
          count_layers_(model.network.count) {
        begin(model, sharing.threads, shared);
        const NetworkSpec& network = model.network;
        const int outputs = most_of(network, [](const LayerSpec& layer) { return layer.outputs; }, kHeads);
        d_outputs_ = floats(padded_floats(outputs));
        d_head_ = floats(a_.head);
        d_shared_ = floats(a_.hidden3);
        d_hidden_ = floats(a_.hidden2);
        const int most =
            most_of(network, [](const LayerSpec& layer) { return padded_floats(layer.outputs); }, kStageTwo);
        whole_gradients_ = shorts(most);
        pairs_ = this->rows(most / 2);
        bias_input_ = shorts(1);
        for (int i = 0; i < longest_; ++i) bias_input_[i] = kBiasInput;
        std::int16_t* shared_rows = shorts(a_.hidden3);
        for (int i = kStageTwo; i < count_layers_; ++i) {
            if (!learns(i)) continue;
            const LayerSpec& layer = network.layer[i];
            transposed_[i] = this->rows(padded_floats(layer.outputs) / 2);
            const bool head = i >= kHeads && i % 2 == 0;  // the first of its layers, which sees what all heads share
            std::int16_t* x = shorts(head ? padded_inputs(layer) - a_.hidden3 : padded_inputs(layer));
            for (int s = 0; s < layer.segments; ++s) {
                const bool common = head && s == 0;
                inputs_[i][s] = common ? shared_rows : x;
                if (!common) x += padded(layer.segment[s].size) * longest_;
            }
        }
    }

    bool learns_from(std::int64_t t) const { return learning_.learns_from(t); }

    // Called with the channel's samples known: gradients of head c, and what they mean for the shared layers.
    void learn(int c) {
        const int layer = a_.head_index(c);
        std::int16_t* head = inputs_[layer + 1][0];
        spread_all(this->head_, a_.head, 0, head);
        for (int at = 0; at < count_; at += kVector) gradients(c, at);
        keep_gradients(layer + 1, d_outputs_, nullptr);
        if (!learns(layer)) return;
        if (c == a_.side_channels) begin_shared();
        back(layer + 1, a_.head, false, d_head_);
        spread_all(residuals_, c, kInputOffset, inputs_[layer][1]);
        for (int s = 0; s < Inputs::head_segments(a_); ++s)
            spread_all(this->expected_cells(s), 1, kInputOffset, inputs_[layer][2 + s]);
        keep_gradients(layer, d_head_, head);
        if (learns(kStageTwo + 1)) back(layer, a_.hidden3, true, d_shared_);
    }

    // Called with all channels known.
    void learn_shared() {
        if (learns(kStageTwo + 1)) learn_second();
        if (learns(kStageTwo)) learn_first();
    }

    // The step of a wavefront, once all its pixels are learned from: begin_step() by one thread, step() by all, end_step() by
    // one.
    void begin_step() {
        pace_->pixels += this->wavefront().size();
        pace_->due = pace_->pixels >= learning_.step_pixels;
        if (pace_->due) pace_->adam.begin_step();
    }

    // Sums over the wavefront's pixels, for this thread's share of the parameters, and the step if it is due.
    // views: those that learned from the wavefront, in the order of their strips; this is view `number` of `threads`.
    void step(LearningTile* const* views, int number, int threads) {
        const bool due = pace_->due;
        for (int i = kStageTwo; i < count_layers_; ++i) {
            if (!learns(i)) continue;
            LearnedLayer<Set>& layer = learned_[i];
            const Rows rows = layer.share(number, threads);
            typename LearnedLayer<Set>::Seen seen[kMostStreams];
            for (int v = 0; v < threads; ++v)
                seen[v] = {views[v]->inputs_[i], views[v]->bias_input_, views[v]->longest_, views[v]->transposed_[i],
                           (views[v]->count_ + 1) / 2};
            layer.add_gradients(rows, seen, threads, gradient_shift());
            if (!due) continue;
            const std::size_t width = layer.shape().width, begin = at_[i] + rows.begin * width,
                              count = (rows.end - rows.begin + rows.biases) * width;
            pace_->adam.step(parameters_ + begin, gradients_ + begin, means_ + begin, squares_ + begin, count,
                             pace_->pixels);
            layer.round(rows, number);
        }
    }

    // threads: that took the step.
    void end_step(int threads) {
        if (!pace_->due) return;
        pace_->pixels = 0;
        for (int i = kStageTwo; i < count_layers_; ++i)
            if (learns(i)) learned_[i].round_biases(threads);
    }

private:
    bool learns(int layer) const { return learning_.learns(layer); }
    float* floats(int rows) { return this->memory().template take<float>(std::size_t(rows) * longest_); }
    std::int16_t* shorts(int rows) { return this->memory().template take<std::int16_t>(std::size_t(rows) * longest_); }
    int gradient_shift() const { return halvings(this->wavefront().size()); }

    void begin(const Model& model, int threads, SharedWorkspace& shared) {
        std::size_t size = 0;
        for (int i = kStageTwo; i < count_layers_; ++i) {
            at_[i] = size;
            if (learns(i)) size += model.shapes[i].size();
        }
        for (float** part : {&parameters_, &gradients_, &means_, &squares_}) *part = shared.take<float>(size);
        pace_ = shared.take<Pace>(1);
        if (shared.first_view())
            *pace_ = {{learning_.learning_rate, learning_.first_moment_rate, learning_.second_moment_rate,
                       learning_.epsilon}};
        for (int i = kStageTwo; i < count_layers_; ++i) {
            if (!learns(i)) continue;
            learned_[i] = {model.shapes[i], *layers_[i], parameters_ + at_[i], gradients_ + at_[i], threads, shared};
            layers_[i] = &learned_[i].packed();
        }
    }

    // Rows of cells of 8-bit integers, less an offset, as rows of 16-bit integers.
    void spread_all(const std::int32_t* cells, int rows, int offset, std::int16_t* to) {
        for (int i = 0; i < rows; i += Set::kCellChannels)
            spread(cells + std::ptrdiff_t(i / Set::kCellChannels) * longest_, offset, to + i * longest_);
    }

    void spread(const std::int32_t* cells, int offset, std::int16_t* __restrict to) {
        constexpr int kBits = 32 / Set::kCellChannels;
        const int count = count_;
        for (int j = 0; j < Set::kCellChannels; ++j, to += longest_)
            for (int i = 0; i < count; ++i)
                to[i] = std::int16_t(std::int32_t(std::uint32_t(cells[i]) >> (j * kBits) & 255) - offset);
    }

    void begin_shared() {
        spread_all(this->shared_, a_.hidden3, 0, shared_rows());
        std::memset(d_shared_, 0, sizeof(float) * a_.hidden3 * longest_);
    }

    void learn_second() {
        spread_all(this->hidden_, a_.hidden2, 0, inputs_[kStageTwo + 1][0]);
        keep_gradients(kStageTwo + 1, d_shared_, shared_rows());
    }

    void learn_first() {
        back(kStageTwo + 1, a_.hidden2, false, d_hidden_);
        spread_all(context_, context_rows(a_), kInputOffset, inputs_[kStageTwo][0]);
        std::int16_t* to = inputs_[kStageTwo][1];
        for (int row = 0, end = this->point_at_cached(0); row < end; ++row, to += Set::kCellChannels * longest_)
            spread(pointers_[row], 0, to);
        keep_gradients(kStageTwo, d_hidden_, inputs_[kStageTwo + 1][0]);
    }

    std::int16_t* shared_rows() const { return inputs_[a_.head_index(a_.side_channels)][0]; }

    // Gradients of a layer's inputs, by the gradients of its outputs that were kept last.
    void back(int layer, int inputs, bool add, float* dx) const {
        learned_[layer].backward(inputs, pairs_, gradient_shift(), add, dx, count_, longest_);
    }

    // Gradients by the outputs of a layer as integers, for back() and step(). active: the outputs, if they are activations: those
    // at a bound pass no gradient.
    void keep_gradients(int layer, const float* dy, const std::int16_t* active) {
        const LearnedShape& shape = learned_[layer].shape();
        const float scale = 1.0f / float(1 << gradient_shift()), most = float(int(kMostGradient) >> gradient_shift());
        const auto whole = [&](int o, int i) {
            if (o >= shape.outputs) return Ints{};
            const std::ptrdiff_t at = o * longest_ + i;
            const Ints gradient = nearest(load_floats(dy + at) * (shape.up[o] * scale), most);
            if (!active) return gradient;
            Shorts narrow;
            std::memcpy(&narrow, active + at, sizeof narrow);
            const Ints value = __builtin_convertvector(narrow, Ints);
            return gradient & (value > 0) & (value < kActivationMax);
        };
        const int rows = padded(shape.outputs);
        for (int o = 0; o < rows; o += 2) {
            std::int16_t* row = whole_gradients_ + o * longest_;
            std::int32_t* pairs = pairs_ + o / 2 * longest_;
            for (int i = 0; i < count_; i += kFloats) {
                const Ints first = whole(o, i), second = whole(o + 1, i);
                store_shorts(row + i, first);
                store_shorts(row + longest_ + i, second);
                store_ints(pairs + i, (first & 0xffff) | (second << 16));
            }
            row[count_] = row[longest_ + count_] = 0;  // the other one of the last pair of pixels, if there is none
        }
        transpose(reinterpret_cast<const std::int32_t*>(whole_gradients_), longest_ / 2, rows, (count_ + 1) / 2,
                  transposed_[layer], shape.width);
    }

    // Gradients by the head's outputs, eight pixels at a time. A unit of a mean is 8 levels.
    void gradients(int c, int at) {
        const int k_count = a_.components;
        float* rows = d_outputs_ + at;
        const I32x8 symbol = this->symbols(c, at);
        F32x8 mean = this->with_mixture(c, at, [&](const Mixture8& m, auto components) {
            return mixture_gradients(tables_, m, components, symbol, rows, longest_);
        });
        if constexpr (Base::kDeep) {  // what repeats is not the mixture's
            const F32x8 kept = this->sample_scale().repeats().kept(at);
            for (int k = 0; k < 3 * k_count; ++k) scale(rows + k * longest_, kept);
            mean = mean * kept;
        }
        for (int k = 0; k < k_count; ++k) {
            scale(rows + (k_count + k) * longest_, all8f(8.0f));
            const I32x8 place = load8(outputs_ + (2 * k_count + k) * longest_ + at) + kLogScaleOrigin;
            keep_where((place >= 0) & (place < kLogScales), rows + (2 * k_count + k) * longest_);
        }
        for (int j = 0; j < c; ++j) move(3 * k_count + j, at, mean * this->differences8(j, at));
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

    // Of all views.
    struct Pace {
        Adam adam;
        int pixels = 0;  // since the last step
        bool due = false;
    };

    const Tables& tables_;
    const Learning learning_;
    Pace* pace_;
    const int count_layers_;
    LearnedLayer<Set> learned_[kMostLayers];  // those that learn
    std::size_t at_[kMostLayers];             // their first parameters
    float *parameters_, *gradients_, *means_, *squares_;
    std::int16_t* inputs_[kMostLayers][kMostSegments]{};  // of each segment: rows of what the layer saw in the strip
    std::int32_t* transposed_[kMostLayers]{};  // integers of the gradients by its outputs, [pairs of pixels][outputs]
    std::int16_t *whole_gradients_, *bias_input_;
    std::int32_t* pairs_;  // integers of gradients, [pairs of outputs][pixels]
    float *d_outputs_, *d_head_, *d_shared_, *d_hidden_;
};

}  // namespace
}  // namespace l3c
