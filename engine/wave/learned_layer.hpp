// A layer that learns: parameters in float32, and the integers nearest to them, which tiles are coded with.
// Equal to l3c.wave.definition.learning.LearnedLayer.
#pragma once
#include "wave/dense.hpp"
#include "wave/float_rows.hpp"
#include "wave/gradient_rows.hpp"
#include "wave/strips.hpp"

namespace l3c {
namespace {

constexpr int kMostWeight = 127;   // 8 bits, signed
constexpr int kMostPair = 128;     // magnitudes of a pair together: times 255 they fit the 16 bits of AVX2's products
constexpr int kInputOffset = 128;  // what inputs with an offset carry more than they mean
constexpr float kActivationStep = 1.0f / 32;  // of an activation or input

inline void add_to(std::int32_t* p, Ints v) { store_ints(p, load_ints(p) + v); }

// Gradients are 16-bit integers: 2^-11 is the step of the finest. Magnitudes stay below 2^13, so that sums over kMostSummed pixels
// and 8-bit inputs fit 32 bits; longer wavefronts halve both.
constexpr float kGradientSteps = 1 << 11;
constexpr float kMostGradient = (1 << 13) - 1;
constexpr int kMostSummed = 1 << 10;
constexpr std::int16_t kBiasInput = 32;  // what a bias sees: a step of activations is 1 / 32

// Halvings of the gradients of a wavefront of so many pixels.
inline int halvings(int pixels) {
    int count = 0;
    while (pixels > kMostSummed << count) ++count;
    return count;
}

// floor(value + 1/2), clipped.
inline Ints nearest(Floats value, float most) {
    value = value > -most ? value : Floats{} - most;
    value = (value < most ? value : Floats{} + most) + 0.5f;
    const Ints whole = __builtin_convertvector(value, Ints);
    return whole + (floats_of(whole) > value);
}

// A weight that leaves room for the other one of its pair.
inline Ints within(Ints value, Ints other) {
    const Ints room = kMostPair - (other < 0 ? -other : other);
    const Ints most = room < kMostPair / 2 ? Ints{} + kMostPair / 2 : room;
    return value < -most ? -most : value > most ? most : value;
}

// Parameters are [rows][width], a row for each input, segments padded as in packed layers, and a last row of biases.
struct LearnedShape {
    int outputs = 0, rows = 0, width = 0;
    LayerSpec spec;
    int at[kMostSegments];       // the first row of each segment
    const float *start, *scale;  // scale [width]: integer steps of 1 in a weight, a power of two
    const float *up, *down;      // [width]: integers of gradients from gradients, gradients from sums over pixels
    float back;                  // gradients from sums over outputs

    std::size_t size() const { return std::size_t(rows + 1) * width; }

    // unit_of(o): integer steps of output o's 1.
    template <class Unit>
    void begin(const Layer& layer, const LayerSpec& spec_of_layer, Unit unit_of, Workspace& memory) {
        spec = spec_of_layer, outputs = spec.outputs, width = padded_floats(outputs);
        for (int s = 0; s < spec.segments; rows += padded(spec.segment[s++].size)) at[s] = rows;
        auto *scales = memory.take<float>(width), *ups = memory.take<float>(width), *downs = memory.take<float>(width);
        for (int o = 0; o < outputs; ++o) scales[o] = float(1 << layer.shift[o]) * kActivationStep * unit_of(o);
        for (int o = outputs; o < width; ++o) scales[o] = 1;
        float least = scales[0];
        for (int o = 0; o < outputs; ++o) least = scales[o] < least ? scales[o] : least;
        for (int o = 0; o < width; ++o)
            ups[o] = kGradientSteps * least / scales[o], downs[o] = kActivationStep / ups[o];
        auto* parameters = memory.take<float>(size());
        for (int o = 0; o < outputs; ++o) begin_output(layer, o, scales[o], parameters + o);
        start = parameters, scale = scales, up = ups, down = downs, back = 1 / (kGradientSteps * least);
    }

private:
    void begin_output(const Layer& layer, int o, float steps, float* to) const {
        const std::int8_t* weights = layer.weights.data() + std::size_t(o) * layer.inputs;
        std::int32_t bias = layer.bias[o];
        for (int s = 0; s < spec.segments; weights += spec.segment[s++].size)
            for (int i = 0; i < spec.segment[s].size; ++i) {
                to[std::ptrdiff_t(at[s] + i) * width] = float(weights[i]) / steps;
                if (spec.segment[s].offset) bias += kInputOffset * weights[i];
            }
        to[std::ptrdiff_t(rows) * width] = float(bias) * kActivationStep / steps;
    }
};

// Rows begin .. end - 1 of a layer's parameters: what one thread moves. biases: their row too.
struct Rows {
    int begin, end;
    bool biases;
};

// Share `number` of `count`: rows that are whole cells of every instruction set.
inline Rows share_of(int rows, int number, int count) {
    return {rows / kGranule * number / count * kGranule, rows / kGranule * (number + 1) / count * kGranule,
            number + 1 == count};
}

// A layer as one thread sees it; threads share all that it points at.
template <Isa Set>
class LearnedLayer {
public:
    LearnedLayer() = default;
    // parameters, gradients: shape.size() each, shared. threads: views of the layer.
    LearnedLayer(const LearnedShape& shape, const PackedLayer& at_rest, float* parameters, float* gradients,
                 int threads, SharedWorkspace& shared)
        : shape_(&shape), packed_(at_rest), parameters_(parameters), gradients_(gradients) {
        const std::size_t cells = std::size_t(packed_.outputs) * packed_.rows;
        weights_ = shared.take<std::int32_t>(cells);
        if (shared.first_view()) std::memcpy(weights_, at_rest.weights, sizeof(std::int32_t) * cells);
        whole_ = shared.take<std::int16_t>(shape.size());
        if (shared.first_view()) {
            std::memcpy(parameters, shape.start, sizeof(float) * shape.size());
            for (int row = 0; row < shape.rows; ++row)
                for (int o = 0; o < shape.width; ++o) {
                    const std::ptrdiff_t at = std::ptrdiff_t(row) * shape.width + o;
                    whole_[at] = std::int16_t(shape.start[at] * shape.scale[o]);
                }
        }
        totals_ = shared.take<std::int32_t>(std::size_t(2) * shape.width * threads);
        start_ = shared.take<std::int32_t>(shape.width > packed_.outputs ? shape.width : packed_.outputs);
        if (shared.first_view()) std::memcpy(start_, at_rest.start, sizeof(std::int32_t) * packed_.outputs);
        packed_.weights = weights_, packed_.start = start_;
        if constexpr (Set::kRuns) {
            const std::size_t runs = std::size_t(packed_.outputs / 4) * packed_.rows;
            runs_ = shared.take<std::uint8_t>(runs);
            if (shared.first_view()) std::memcpy(runs_, at_rest.runs, runs);
            packed_.runs = runs_;
        }
    }

    const PackedLayer& packed() const { return packed_; }
    const LearnedShape& shape() const { return *shape_; }
    Rows share(int number, int count) const { return share_of(shape_->rows, number, count); }

    // Gradients of the first `inputs` inputs from integers of those of the outputs, [pairs of outputs][pixels], `pairs_stride` apart;
    // add: to what is there.
    void backward(int inputs, const std::int32_t* pairs, int gradient_shift, bool add, float* dx, int pixels,
                  std::ptrdiff_t stride) const {
        const PairProducts part{whole_, shape_->width, pairs, stride, (shape_->outputs + 1) / 2};
        const float scale = shape_->back * float(1 << gradient_shift);
        pair_matmul(&part, 1, inputs, pixels, [&](int row, int column, Ints sum) {
            float* to = dx + row * stride + column;
            const Floats gradient = floats_of(sum) * scale;
            store_floats(to, add ? load_floats(to) + gradient : gradient);
        });
    }

    // What a view saw in the wavefront: inputs of each segment, and integers of the gradients of the outputs, [pairs of
    // pixels][width].
    struct Seen {
        const std::int16_t* const* inputs;
        const std::int16_t* bias_input;
        std::ptrdiff_t stride;
        const std::int32_t* gradients;
        int pairs;
    };

    // Adds to the gradients of some parameters what so many views saw.
    void add_gradients(Rows rows, const Seen* seen, int views, int gradient_shift) {
        const int width = shape_->width;
        const auto add = [&](int row, int count, auto left) {
            PairProducts parts[kMostStreams];
            for (int v = 0; v < views; ++v)
                parts[v] = {left(seen[v]), seen[v].stride, seen[v].gradients, width, seen[v].pairs};
            float* to = gradients_ + std::ptrdiff_t(row) * width;
            const float scale = float(1 << gradient_shift);
            pair_matmul(parts, views, count, width, [&](int r, int column, Ints sum) {
                float* at = to + std::ptrdiff_t(r) * width + column;
                store_floats(at, load_floats(at) + floats_of(sum) * (load_floats(shape_->down + column) * scale));
            });
        };
        each_segment(rows, [&](int s, int begin, int end) {
            add(begin, end - begin,
                [&](const Seen& view) { return view.inputs[s] + (begin - shape_->at[s]) * view.stride; });
        });
        if (rows.biases) add(shape_->rows, 1, [](const Seen& view) { return view.bias_input; });
    }

    // The integers nearest to some of the parameters; `number` is the thread's.
    void round(Rows rows, int number) {
        std::int32_t* totals = totals_ + std::ptrdiff_t(2) * shape_->width * number;
        std::memset(totals, 0, 2 * sizeof(std::int32_t) * shape_->width);
        each_segment(rows, [&](int s, int begin, int end) {
            round_segment(begin, end, shape_->spec.segment[s].offset, totals);
        });
        pack(rows.begin / Set::kCellChannels, rows.end / Set::kCellChannels);
    }

    // Once so many threads have rounded their shares: the integers of biases, and what follows from all weights of an output.
    void round_biases(int threads) {
        if constexpr (Set::kRuns)
            for (int first = 0; first < packed_.outputs; first += 4)
                find_runs(weights_ + std::ptrdiff_t(first) * packed_.rows, packed_.rows,
                          runs_ + std::ptrdiff_t(first / 4) * packed_.rows);
        constexpr float kMost = 1 << 28;  // half of kMostBias, since the inputs' offset may add as much
        const float* biases = parameters_ + std::ptrdiff_t(shape_->rows) * shape_->width;
        const int width = shape_->width;
        for (int first = 0; first < shape_->outputs; first += kFloats) {
            Ints total{}, total_of_offset{};
            for (const std::int32_t* from = totals_ + first; from < totals_ + std::ptrdiff_t(2) * width * threads;
                 from += 2 * width)
                total += load_ints(from), total_of_offset += load_ints(from + width);
            const Ints bias =
                nearest(load_floats(biases + first) * (load_floats(shape_->scale + first) / kActivationStep), kMost);
            store_ints(start_ + first, bias - kInputOffset * total_of_offset + Set::kCellOffset * total);
        }
        for (int o = 0; o < shape_->outputs; ++o) start_[o] += (1 << packed_.shift[o]) >> 1;
        for (int o = shape_->outputs; o < packed_.outputs; ++o) start_[o] = 0;
    }

private:
    // work(s, begin, end): the rows that lie in segment s, without its padding.
    template <class Work>
    void each_segment(Rows rows, Work work) const {
        for (int s = 0; s < shape_->spec.segments; ++s) {
            const int first = shape_->at[s], last = first + shape_->spec.segment[s].size;
            const int begin = rows.begin > first ? rows.begin : first, end = rows.end < last ? rows.end : last;
            if (begin < end) work(s, begin, end);
        }
    }

    void round_segment(int begin, int end, bool offset, std::int32_t* totals) {
        const int width = shape_->width;
        for (int row = begin; row < end; row += 2)
            for (int o = 0; o < width; o += kFloats) {
                const std::ptrdiff_t at = std::ptrdiff_t(row) * width + o;
                const Floats scale = load_floats(shape_->scale + o);
                const Ints a = nearest(load_floats(parameters_ + at) * scale, kMostWeight);
                const Ints b = nearest(load_floats(parameters_ + at + width) * scale, kMostWeight);
                const Ints first = within(a, b), second = within(b, a);
                store_shorts(whole_ + at, first);
                store_shorts(whole_ + at + width, second);
                if (Set::kCellOffset) add_to(totals + o, first + second);
                if (offset) add_to(totals + width + o, first + second);
            }
    }

    // Some rows of cells as `Packer` lays them out, of four outputs at a time, which lie side by side.
    void pack(int begin, int end) {
        typedef std::int16_t I16x4 __attribute__((vector_size(8)));
        typedef std::int32_t I32x4 __attribute__((vector_size(16)));
        constexpr int kBits = 32 / Set::kCellChannels;
        constexpr std::int32_t kMask = kBits == 8 ? 0xff : 0xffff;
        const int fours = 4 * packed_.fours, width = shape_->width;
        for (int first = 0; first < packed_.outputs; first += 4) {
            const bool four = first < fours;
            const int size = four ? 4 : Set::kWideOutputs, inside = four ? 0 : (first - fours) % Set::kWideOutputs;
            std::int32_t* __restrict cells =
                weights_ + std::ptrdiff_t(first - inside) * packed_.rows + inside + std::ptrdiff_t(begin) * size;
            const std::int16_t* __restrict from = whole_ + first + std::ptrdiff_t(begin) * Set::kCellChannels * width;
            for (int row = begin; row < end; ++row, cells += size) {
                I32x4 bits{};
#pragma GCC unroll 4
                for (int i = 0; i < Set::kCellChannels; ++i, from += width) {
                    I16x4 weights;
                    std::memcpy(&weights, from, sizeof weights);
                    bits |= (__builtin_convertvector(weights, I32x4) & kMask) << (i * kBits);
                }
                std::memcpy(cells, &bits, sizeof bits);
            }
        }
    }

    const LearnedShape* shape_ = nullptr;
    PackedLayer packed_{};
    float *parameters_ = nullptr, *gradients_ = nullptr;
    std::int32_t *weights_ = nullptr, *start_ = nullptr, *totals_ = nullptr;
    std::int16_t* whole_ = nullptr;  // [rows][width]: the integers that code, as 16 bits
    std::uint8_t* runs_ = nullptr;
};

}  // namespace
}  // namespace l3c
