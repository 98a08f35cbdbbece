// A layer that learns: parameters in float32, and the integers nearest to them, which tiles are coded with.
// Equal to l3c.wave.learning.LearnedLayer.
#pragma once
#include "dense.hpp"
#include "float_rows.hpp"

namespace l3c {
namespace {

constexpr int kMostWeight = 127, kMostPair = 128, kOffset = 128;
constexpr float kActivationStep = 1.0f / 32;

// Neighbouring inputs from one source. Those with an offset carry 128 more than they mean.
struct Segment {
    int at, size;
    bool offset;
};

// Parameters are [rows][width], a row for each input, segments padded as in packed layers, and a last row of biases.
struct LearnedShape {
    int outputs = 0, rows = 0, width = 0, segments = 0;
    Segment segment[1 + kKeptPositions];
    const float *start, *scale;  // scale [width]: integer steps of 1 in a weight, a power of two

    std::size_t size() const { return std::size_t(rows + 1) * width; }
    void add_segment(int size, bool offset) {
        segment[segments++] = {rows, size, offset};
        rows += padded(size);
    }

    // units: integer steps of each output's 1.
    void begin(const Layer& layer, const float* units, Workspace& memory) {
        outputs = layer.outputs, width = padded_floats(outputs);
        auto* scales = memory.take<float>(width);
        for (int o = 0; o < outputs; ++o) scales[o] = float(1 << layer.shift[o]) * kActivationStep * units[o];
        for (int o = outputs; o < width; ++o) scales[o] = 1;
        auto* parameters = memory.take<float>(size());
        for (int o = 0; o < outputs; ++o) begin_output(layer, o, scales[o], parameters + o);
        start = parameters, scale = scales;
    }

private:
    void begin_output(const Layer& layer, int o, float steps, float* to) const {
        const std::int8_t* weights = layer.weights.data() + std::size_t(o) * layer.inputs;
        std::int32_t bias = layer.bias[o];
        for (int s = 0; s < segments; weights += segment[s++].size)
            for (int i = 0; i < segment[s].size; ++i) {
                to[std::ptrdiff_t(segment[s].at + i) * width] = float(weights[i]) / steps;
                if (segment[s].offset) bias += kOffset * weights[i];
            }
        to[std::ptrdiff_t(rows) * width] = float(bias) * kActivationStep / steps;
    }
};

template <class Isa>
class LearnedLayer {
public:
    LearnedLayer() = default;
    // parameters, slopes: shape.size() each. shift: of each output.
    LearnedLayer(const LearnedShape& shape, const PackedLayer& at_rest, float* parameters, float* slopes, Workspace& memory)
        : shape_(&shape), packed_(at_rest), parameters_(parameters), slopes_(slopes) {
        const std::size_t cells = std::size_t(packed_.outputs) * packed_.rows;
        weights_ = memory.take<std::int32_t>(cells);
        start_ = memory.take<std::int32_t>(packed_.outputs);
        std::memcpy(weights_, at_rest.weights, sizeof(std::int32_t) * cells);
        std::memcpy(start_, at_rest.start, sizeof(std::int32_t) * packed_.outputs);
        packed_.weights = weights_, packed_.start = start_;
        std::memcpy(parameters, shape.start, sizeof(float) * shape.size());
        used_ = memory.take<float>(shape.size());
        std::memcpy(used_, shape.start, sizeof(float) * shape.size());
        whole_ = memory.take<std::int32_t>(shape.size());
        totals_ = memory.take<std::int32_t>(2 * shape.width);
    }

    const PackedLayer& packed() const { return packed_; }
    int outputs() const { return shape_->outputs; }

    // Slopes of the first `inputs` inputs from those of the outputs, added to `first` or to what is there.
    void backward(int inputs, const float* dy, const float* first, float* dx, int pixels, std::ptrdiff_t stride) const {
        float_product({used_, shape_->width, 1}, inputs, shape_->outputs, pixels, dy, stride, first, dx, stride);
    }

    // turned: slopes of the outputs, [pixels][width]. x: rows of inputs, as those of the parameters.
    void add_slopes(const float* turned, const float* x, int pixels, std::ptrdiff_t stride) {
        const int width = shape_->width;
        for (int s = 0; s < shape_->segments; ++s) {
            const Segment& from = shape_->segment[s];
            float_product({x + from.at * stride, stride, 1}, from.size, pixels, width, turned, width, nullptr,
                          slopes_ + std::ptrdiff_t(from.at) * width, width);
        }
        float* biases = slopes_ + std::ptrdiff_t(shape_->rows) * width;
        for (int o = 0; o < width; o += kFloats) {
            Floats sum = load_floats(biases + o);
            for (int p = 0; p < pixels; ++p) sum += load_floats(turned + std::ptrdiff_t(p) * width + o);
            store_floats(biases + o, sum);
        }
    }

    // The integers nearest to the parameters.
    void round() {
        std::memset(totals_, 0, 2 * sizeof(std::int32_t) * shape_->width);
        for (int s = 0; s < shape_->segments; ++s) round_segment(shape_->segment[s]);
        pack();
        round_biases();
    }

private:
    static std::int32_t nearest(float value, float most) {
        value = value > -most ? value : -most;
        value = (value < most ? value : most) + 0.5f;
        const std::int32_t whole = std::int32_t(value);
        return whole - (float(whole) > value);
    }
    static std::int32_t within(std::int32_t value, std::int32_t other) {
        const std::int32_t room = kMostPair - (other < 0 ? -other : other);
        const std::int32_t most = room < kMostPair / 2 ? kMostPair / 2 : room;
        return value < -most ? -most : value > most ? most : value;
    }

    void round_segment(const Segment& segment) {
        const int width = shape_->width;
        const float* __restrict scale = shape_->scale;
        std::int32_t *__restrict totals = totals_, *__restrict offsets = totals_ + width;
        for (int row = segment.at; row < segment.at + segment.size; row += 2) {
            const std::ptrdiff_t at = std::ptrdiff_t(row) * width;
            const float* __restrict from = parameters_ + at;
            std::int32_t* __restrict to = whole_ + at;
            float* __restrict used = used_ + at;
            for (int o = 0; o < width; ++o) {
                const std::int32_t a = nearest(from[o] * scale[o], kMostWeight);
                const std::int32_t b = nearest(from[width + o] * scale[o], kMostWeight);
                to[o] = within(a, b), to[width + o] = within(b, a);
                used[o] = float(to[o]) / scale[o], used[width + o] = float(to[width + o]) / scale[o];
                totals[o] += to[o] + to[width + o];
                offsets[o] += segment.offset ? to[o] + to[width + o] : 0;
            }
        }
    }

    // Cells as `Packer` lays them out, of four outputs at a time, which lie side by side.
    void pack() {
        constexpr int kBits = 32 / Isa::kGroup;
        constexpr std::uint32_t kMask = kBits == 8 ? 0xff : 0xffff;
        const int fours = 4 * packed_.fours, width = shape_->width;
        for (int first = 0; first < packed_.outputs; first += 4) {
            const bool four = first < fours;
            const int size = four ? 4 : Isa::kWide, inside = four ? 0 : (first - fours) % Isa::kWide;
            std::int32_t* __restrict cells = weights_ + std::ptrdiff_t(first - inside) * packed_.rows + inside;
            const std::int32_t* __restrict from = whole_ + first;
            for (int row = 0; row < packed_.rows; ++row, cells += size, from += Isa::kGroup * width)
                for (int o = 0; o < 4; ++o) {
                    std::uint32_t bits = 0;
                    for (int i = 0; i < Isa::kGroup; ++i)
                        bits |= (std::uint32_t(from[std::ptrdiff_t(i) * width + o]) & kMask) << (i * kBits);
                    cells[o] = std::int32_t(bits);
                }
        }
    }

    void round_biases() {
        constexpr float kMost = 1 << 28;
        const float* biases = parameters_ + std::ptrdiff_t(shape_->rows) * shape_->width;
        for (int o = 0; o < shape_->outputs; ++o) {
            const std::int32_t bias = nearest(biases[o] * (shape_->scale[o] / kActivationStep), kMost);
            const std::int32_t half = (1 << packed_.shift[o]) >> 1;
            start_[o] = bias - kOffset * totals_[shape_->width + o] + half + Isa::kOffset * totals_[o];
        }
    }

    const LearnedShape* shape_ = nullptr;
    PackedLayer packed_{};
    float *parameters_, *slopes_, *used_;
    std::int32_t *weights_, *start_, *whole_, *totals_;
};

}  // namespace
}  // namespace l3c
