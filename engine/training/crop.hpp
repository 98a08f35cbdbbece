// The whole computation; included once by each instruction set's source, all of it local to that source.
//
// No templates of the standard library: what they generate is shared between sources, whatever each was compiled for.
#pragma once
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "training/gemm.hpp"
#include "training/gradient.hpp"
#include "workspace.hpp"

namespace l3c::training {
namespace {

// Zeroed float32 memory.
class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }
    void allocate(std::size_t count) {
        std::free(data_);
        size_ = count;
        data_ = static_cast<float*>(std::calloc(count ? count : 1, sizeof(float)));
        if (!data_) throw std::bad_alloc();
    }
    void clear(std::size_t count) { std::memset(data_, 0, count * sizeof(float)); }
    void fill(float value) {
        for (std::size_t i = 0; i < size_; ++i) data_[i] = value;
    }
    float* data() { return data_; }
    const float* data() const { return data_; }
    std::size_t size() const { return size_; }
    float& operator[](std::size_t i) { return data_[i]; }

private:
    float* data_ = nullptr;
    std::size_t size_ = 0;
};

constexpr int kTop = 3;    // rows above a crop that its pixels see
constexpr int kBelow = 1;  // below, of side information
constexpr int kLeft = 3;   // columns
constexpr int kRight = 2;
constexpr int kRowsPerBlock = 2;  // whose activations fit the second cache
constexpr int kPart = 64;         // pixels whose mixtures are computed at once
constexpr int kPad = 16;          // keeps rows off a common power of two, which would crowd them into few cache sets

constexpr float kActivationScale = 32;  // integer steps of an activation's 1
constexpr float kActivationMax = 255 / kActivationScale;
constexpr float kInputScale = 1 / kActivationScale;  // inputs have the same steps
constexpr float kMeanScale = 8;                      // gray levels in a unit of output
constexpr float kLogScaleOffset = 1;                 // so that an output of 0 means a usual scale
constexpr float kLogScaleMin = -kLogScaleOrigin / 16.0f + kLogScaleOffset;
constexpr float kLogScaleMax = (kLogScales - 1 - kLogScaleOrigin) / 16.0f + kLogScaleOffset;
constexpr float kFloor = 1.0f / (1 << kFrequencyBits);  // probability of the slot that each symbol has of its own
constexpr float kShare = 1 - kSymbols * kFloor;         // of the slots those that follow the mixture
constexpr float kMostCoefficient = 4;                   // in magnitude: 256 / 64

struct Layer {
    int outputs = 0, inputs = 0;
    const float *weights = nullptr, *bias = nullptr;
    Buffer transposed;    // [inputs][outputs]
    Buffer d_transposed;  // [inputs][padded(outputs)]
    float *d_weights = nullptr, *d_bias = nullptr;

    std::size_t parameters() const { return std::size_t(outputs) * (inputs + 1); }

    void open(const LayerSpec& spec, const float* parameters, float* gradient) {
        outputs = spec.outputs, inputs = inputs_of(spec);
        const std::size_t n = std::size_t(outputs) * inputs;
        weights = parameters, bias = parameters + n, d_weights = gradient, d_bias = gradient + n;
        transposed.allocate(n);
        d_transposed.allocate(std::size_t(inputs) * padded(outputs));
        for (int o = 0; o < outputs; ++o)
            for (int i = 0; i < inputs; ++i) transposed[std::size_t(i) * outputs + o] = weights[o * inputs + i];
    }

    void add_gradient() {
        for (int o = 0; o < outputs; ++o)
            for (int i = 0; i < inputs; ++i)
                d_weights[std::size_t(o) * inputs + i] += d_transposed[std::size_t(i) * padded(outputs) + o];
    }
};

struct Layers {
    Layer all[kMostLayers];  // stage 1 (2), stage 2 (2), then hidden and output of each head
    int count = 0;
    int first_head = 0;
    Layer& head_hidden(int c) { return all[first_head + 2 * c]; }
    Layer& head_output(int c) { return all[first_head + 2 * c + 1]; }

    Layers(const Architecture& a, const float* parameters, float* gradient) {
        const NetworkSpec network = network_of(a);
        count = network.count, first_head = a.head_index(0);
        for (int i = 0; i < count; ++i) {
            all[i].open(network.layer[i], parameters, gradient);
            parameters += all[i].parameters();
            gradient += all[i].parameters();
        }
    }
};

float larger(float a, float b) { return a > b ? a : b; }
float clip(float v, float lo, float hi) { return v < lo ? lo : v > hi ? hi : v; }

void activate(float* x, int n, bool quantized) {
    if (quantized)
        for (int i = 0; i < n; ++i)
            x[i] = clip(std::floor(x[i] * kActivationScale + 0.5f) / kActivationScale, 0.0f, kActivationMax);
    else
        for (int i = 0; i < n; ++i) x[i] = clip(x[i], 0.0f, kActivationMax);
}

// The gradient passes where the activation lies inside its range.
void deactivate(float* d, const float* x, int n) {
    for (int i = 0; i < n; ++i) d[i] = (x[i] > 0.0f && x[i] < kActivationMax) ? d[i] : 0.0f;
}

// One plane with the definition's borders: 128 above, the pixel above on the left, the row's last pixel on the right, the
// last row again below.
struct Plane {
    int stride = 0;
    Buffer data;
    const float* row(int y) const { return data.data() + std::size_t(y + kTop) * stride + kLeft; }
};

void read_plane(Plane& plane, const std::uint8_t* crop, int height, int width, int channels, int channel) {
    plane.data.fill(128.0f);
    for (int y = 0; y < height + kBelow; ++y) {
        float* row = plane.data.data() + std::size_t(y + kTop) * plane.stride + kLeft;
        const std::uint8_t* from = crop + std::size_t(y < height ? y : height - 1) * width * channels + channel;
        for (int x = 0; x < width; ++x) row[x] = from[std::size_t(x) * channels];
        for (int x = -kLeft; x < 0; ++x) row[x] = y > 0 ? row[-plane.stride] : 128.0f;
        for (int x = width; x < width + kRight; ++x) row[x] = row[width - 1];
    }
}

float median(float w, float n, float nw) {
    const float lo = w < n ? w : n, hi = w < n ? n : w;
    return clip(w + n - nw, lo, hi);
}

// Everything one crop needs; blocks of kRowsPerBlock rows are worked through in cache.
class Crop {
public:
    Crop(const Architecture& a, Layers& layers, int height, int width, bool quantized)
        : a_(a),
          layers_(layers),
          height_(height),
          width_(width),
          quantized_(quantized),
          pixels_(height * width),
          block_(kRowsPerBlock * width),
          plane_(pixels_ + kPad),
          ld_(block_ + kPad),
          inputs_(context_rows(a)),
          cached_stride_(width + kLeft + kRight),
          cached_plane_(std::size_t(height + kTop) * cached_stride_) {
        const NetworkSpec network = network_of(a);
        x1_.allocate(std::size_t(inputs_of(network.layer[0])) * plane_);
        h1_.allocate(std::size_t(a.hidden1) * plane_);
        value_.allocate(std::size_t(a.channels) * plane_);
        prediction_.allocate(value_.size());
        expected_.allocate(value_.size());
        head_inputs_.allocate(Inputs::head_segments(a) * value_.size());
        cached_.allocate(a.cached * cached_plane_);
        d_cached_.allocate(cached_.size());
        plane_of_crop_.stride = cached_stride_;
        plane_of_crop_.data.allocate(cached_plane_ + kBelow * cached_stride_);
        const int most_outputs = most_of(network, [](const LayerSpec& layer) { return layer.outputs; });
        const int most_inputs = most_of(network, inputs_of),
                  widest = most_inputs > most_outputs ? most_inputs : most_outputs;
        transposed_.allocate(std::size_t(padded(most_outputs)) * block_);
        for (auto* b : {&x2_, &h2_, &h3_, &hh_, &out_, &d_, &e_, &d3_}) b->allocate(std::size_t(widest) * ld_);
    }

    double run(const std::uint8_t* crop) {
        read(crop);
        for (int at = 0; at < pixels_; at += block_) cache_features(at);
        d_cached_.clear(d_cached_.size());
        double bits = 0;
        for (int at = 0; at < pixels_; at += block_) bits += code(at);
        for (int at = 0; at < pixels_; at += block_) cache_backward(at);
        return bits;
    }

private:
    void read(const std::uint8_t* crop) {
        for (int c = a_.channels - 1; c >= 0; --c) {  // so that the first one, which may be side information, stays
            read_plane(plane_of_crop_, crop, height_, width_, a_.channels, c);
            for (int y = 0; y < height_; ++y) read_row(plane_of_crop_, c, y);
        }
        if (Inputs::context_rows(a_)) read_inputs();
    }

    // A wavefront of the crop as inputs see it (wave/inputs/input.hpp).
    class View {
    public:
        View(const Crop& crop, int t) : crop_(crop), t_(t) {
            first_ = t < crop.width_ ? 0 : (t - crop.width_) / kSlope + 1;
            count_ = (t / kSlope < crop.height_ ? t / kSlope : crop.height_ - 1) - first_ + 1;
        }
        Front front() const {
            const int width = crop_.width_;
            return {t_, first_, count_, t_ >= width - 1 && (t_ - width + 1) % kSlope == 0};
        }
        int place(int i) const { return (first_ + i) * crop_.width_ + t_ - kSlope * (first_ + i); }
        void neighbours(int c, int n, float* to) const { inputs(c * kNeighbours + n, to); }
        void residuals(int c, float* to) const { inputs(crop_.inputs_ + c, to); }
        void differences(int c, float* to) const {
            const std::size_t plane = std::size_t(c) * crop_.plane_;
            for (int i = 0; i < count_; ++i)
                to[i] = crop_.value_.data()[plane + place(i)] - crop_.prediction_.data()[plane + place(i)];
        }
        void ahead(int n, std::int32_t* to) const {
            const Offset o = kAheadOffsets[n];
            for (int i = 0; i < count_; ++i) {
                const int y = first_ + i, x = t_ - kSlope * y;
                const float difference =
                    crop_.plane_of_crop_.row(y + o.dy)[x + o.dx] - crop_.prediction_.data()[place(i)];
                to[i] = std::int32_t(clip(difference, -128.0f, 127.0f)) + 128;
            }
        }

    private:
        void inputs(int row, float* to) const {
            const float* from = crop_.x1_.data() + std::size_t(row) * crop_.plane_;
            for (int i = 0; i < count_; ++i) to[i] = from[place(i)] / kInputScale;
        }
        const Crop& crop_;
        int t_, first_, count_;
    };

    // The optional inputs, wavefront after wavefront.
    void read_inputs() {
        Workspace memory;
        const auto take = [&](std::size_t count) { return memory.take<float>(count); };
        const int rows = Inputs::context_rows(a_), stage1 = Inputs::stage1_segments(a_),
                  heads = Inputs::head_segments(a_);
        Shared shared{};
        for (int c = 0; c < a_.channels; ++c) shared.fits[c] = take(height_ + 2 * kFloats) + kFloats;
        shared.expected = memory.take<std::int32_t>(height_);
        auto* levels = memory.take<std::int32_t>(std::size_t(rows + stage1 + heads) * height_);
        Inputs inputs;
        inputs.open(a_, height_, height_, take, take, shared);
        for (int t = 0; t < width_ + kSlope * (height_ - 1); ++t) {
            const View view(*this, t);
            inputs.fill(view, levels, height_);
            float* context = x1_.data() + std::size_t((kNeighbours + 1) * a_.channels) * plane_;
            for (int r = 0; r < rows; ++r) spread(view, levels + r * height_, context + std::size_t(r) * plane_);
            for (int c = a_.side_channels; c < a_.channels; ++c) {
                inputs.expect(view, c, levels, height_);
                for (int s = 0; s < heads; ++s) spread(view, levels + s * height_, head_input(s, c));
                for (int i = 0; i < view.front().count; ++i)
                    expected_[std::size_t(c) * plane_ + view.place(i)] = float(shared.expected[i]) / kFine;
                inputs.observe(view, c, levels, height_);
                float* observed = x1_.data() + std::size_t(inputs_ + a_.channels + c) * plane_;
                for (int s = 0; s < stage1; ++s)
                    spread(view, levels + s * height_, observed + std::size_t(s) * a_.channels * plane_);
            }
            inputs.update(view);
        }
    }

    float* head_input(int segment, int c) {
        return head_inputs_.data() + (std::size_t(segment) * a_.channels + c) * plane_;
    }

    static void spread(const View& view, const std::int32_t* levels, float* plane) {
        for (int i = 0; i < view.front().count; ++i) plane[view.place(i)] = as_input(levels[i]);
    }

    static float as_input(std::int32_t level) { return float(level - 128) * kInputScale; }

    void read_row(const Plane& plane, int c, int y) {
        const float* row = plane.row(y);
        const float* above = plane.row(y - 1);
        float* p = prediction_.data() + std::size_t(c) * plane_ + y * width_;
        for (int x = 0; x < width_; ++x) p[x] = median(row[x - 1], above[x], above[x - 1]);
        for (int n = 0; n < kNeighbours; ++n) {
            const float* from = plane.row(y + kNeighbourOffsets[n].dy) + kNeighbourOffsets[n].dx;
            float* to = x1_.data() + std::size_t(c * kNeighbours + n) * plane_ + y * width_;
            for (int x = 0; x < width_; ++x) to[x] = clip(from[x] - p[x], -128.0f, 127.0f) * kInputScale;
        }
        float* level = x1_.data() + std::size_t(kNeighbours * a_.channels + c) * plane_ + y * width_;
        float* own = x1_.data() + std::size_t(inputs_ + c) * plane_ + y * width_;
        float* value = value_.data() + std::size_t(c) * plane_ + y * width_;
        for (int x = 0; x < width_; ++x) {
            value[x] = row[x];
            level[x] = (p[x] - 128.0f) * kInputScale;
            own[x] = clip(row[x] - p[x], -128.0f, 127.0f) * kInputScale;
        }
    }

    float* cached_row(Buffer& planes, int k, int y, int x) {
        return planes.data() + k * cached_plane_ + std::size_t(y + kTop) * cached_stride_ + kLeft + x;
    }

    void cache_features(int at) {
        Layer &first = layers_.all[0], &second = layers_.all[1];
        float* h = h1_.data() + at;
        matmul(first.outputs, first.inputs, block_, first.weights, x1_.data() + at, Start{first.bias, false}, h,
               plane_);
        for (int i = 0; i < first.outputs; ++i) activate(h + std::size_t(i) * plane_, block_, quantized_);
        gather(h1_.data() + at, plane_, first.outputs, d_.data());
        matmul(second.outputs, second.inputs, block_, second.weights, d_.data(), Start{second.bias, false}, e_.data(),
               ld_);
        activate(e_.data(), second.outputs * ld_, quantized_);
        for (int k = 0; k < a_.cached; ++k)
            for (int r = 0; r < kRowsPerBlock; ++r)
                std::memcpy(cached_row(cached_, k, at / width_ + r, 0), e_.data() + k * ld_ + r * width_,
                            sizeof(float) * width_);
    }

    void gather(const float* from, int ld, int rows, float* to) {
        for (int i = 0; i < rows; ++i)
            std::memcpy(to + std::size_t(i) * ld_, from + std::size_t(i) * ld, sizeof(float) * ld_);
    }

    void cache_backward(int at) {
        Layer &first = layers_.all[0], &second = layers_.all[1];
        for (int k = 0; k < a_.cached; ++k)
            for (int r = 0; r < kRowsPerBlock; ++r) {
                float* d = d_.data() + k * ld_ + r * width_;
                std::memcpy(d, cached_row(d_cached_, k, at / width_ + r, 0), sizeof(float) * width_);
                deactivate(d, cached_row(cached_, k, at / width_ + r, 0), width_);
            }
        gather(h1_.data() + at, plane_, a_.hidden1, h2_.data());
        learn(second, d_.data(), h2_.data());
        matmul(second.inputs, second.outputs, block_, second.transposed.data(), d_.data(), kZero, e_.data(), ld_);
        deactivate(e_.data(), h2_.data(), a_.hidden1 * ld_);
        gather(x1_.data() + at, plane_, first.inputs, x2_.data());
        learn(first, e_.data(), x2_.data());
    }

    void learn(Layer& l, const float* dy, const float* x) {
        outer(l.outputs, l.inputs, block_, dy, x, ld_, transposed_.data(), l.d_transposed.data(), l.d_bias);
    }

    void forward(const Layer& l, const Buffer& x, Buffer& y) {
        matmul(l.outputs, l.inputs, block_, l.weights, x.data(), Start{l.bias, false}, y.data(), ld_);
        activate(y.data(), l.outputs * ld_, quantized_);
    }

    double code(int at) {
        gather(x1_.data() + at, plane_, inputs_, x2_.data());
        for_cached(at, [&](float* cached, float* x) { std::memcpy(x, cached, sizeof(float) * width_); }, cached_);
        forward(layers_.all[2], x2_, h2_);
        forward(layers_.all[3], h2_, h3_);
        d3_.clear(std::size_t(a_.hidden3) * ld_);
        double bits = 0;
        for (int c = a_.side_channels; c < a_.channels; ++c) bits += head(at, c);
        code_backward(at);
        return bits;
    }

    template <class F>
    void for_cached(int at, F f, Buffer& planes, float* x = nullptr) {
        x = x ? x : x2_.data();
        for (int j = 0; j < kCachedPositions; ++j)
            for (int k = 0; k < a_.cached; ++k)
                for (int r = 0; r < kRowsPerBlock; ++r)
                    f(cached_row(planes, k, at / width_ + r + kCachedOffsets[j].dy, kCachedOffsets[j].dx),
                      x + std::size_t(inputs_ + j * a_.cached + k) * ld_ + r * width_);
    }

    void code_backward(int at) {
        Layer &first = layers_.all[2], &second = layers_.all[3];
        deactivate(d3_.data(), h3_.data(), a_.hidden3 * ld_);
        learn(second, d3_.data(), h2_.data());
        matmul(second.inputs, second.outputs, block_, second.transposed.data(), d3_.data(), kZero, d_.data(), ld_);
        deactivate(d_.data(), h2_.data(), a_.hidden2 * ld_);
        learn(first, d_.data(), x2_.data());
        const int cached = kCachedPositions * a_.cached;
        matmul(cached, first.outputs, block_, first.transposed.data() + std::size_t(inputs_) * first.outputs, d_.data(),
               kZero, e_.data(), ld_);
        for_cached(
            at,
            [&](float* d_cached, float* d) {
                for (int x = 0; x < width_; ++x) d_cached[x] += d[x];
            },
            d_cached_, e_.data() - std::size_t(inputs_) * ld_);
    }

    double head(int at, int c) {
        Layer &hidden = layers_.head_hidden(c), &output = layers_.head_output(c);
        if (c > 0)
            std::memcpy(h3_.data() + std::size_t(a_.hidden3 + c - 1) * ld_,
                        x1_.data() + std::size_t(inputs_ + c - 1) * plane_ + at, sizeof(float) * ld_);
        for (int s = 0; s < Inputs::head_segments(a_); ++s)
            std::memcpy(h3_.data() + std::size_t(a_.hidden3 + c + s) * ld_, head_input(s, c) + at, sizeof(float) * ld_);
        forward(hidden, h3_, hh_);
        matmul(output.outputs, output.inputs, block_, output.weights, hh_.data(), Start{output.bias, false},
               out_.data(), ld_);
        const double bits = mixture(at, c);  // leaves the gradient of the outputs in d_
        learn(output, d_.data(), hh_.data());
        matmul(output.inputs, output.outputs, block_, output.transposed.data(), d_.data(), kZero, e_.data(), ld_);
        deactivate(e_.data(), hh_.data(), a_.head * ld_);
        learn(hidden, e_.data(), h3_.data());
        matmul(a_.hidden3, hidden.outputs, block_, hidden.transposed.data(), e_.data(), kZero, d_.data(), ld_);
        for (int i = 0; i < a_.hidden3 * ld_; ++i) d3_[i] += d_[i];
        return bits;
    }

    float round_to(float v, float steps) const { return quantized_ ? std::floor(v * steps + 0.5f) / steps : v; }

    // Outputs of head c: component logits, means, log scales (components each), then c linear coefficients.
    double mixture(int at, int c) {
        const int k_count = a_.components;
        const float* value = value_.data() + std::size_t(c) * plane_ + at;
        const float* prediction = prediction_.data() + std::size_t(c) * plane_ + at;
        double bits = 0;
        for (int p = 0; p < block_; p += kPart) bits += mixture_part(k_count, c, at, p, value + p, prediction + p);
        return bits;
    }

    // What coefficient j of head c multiplies: how far an earlier channel is from its prediction, or what is expected of c.
    void moves(int c, int j, int place, float* to) const {
        const std::size_t first = std::size_t(j) * plane_ + place;
        if (j == c)
            std::memcpy(to, expected_.data() + first, kPart * sizeof(float));
        else
            for (int i = 0; i < kPart; ++i) to[i] = value_.data()[first + i] - prediction_.data()[first + i];
    }

    double mixture_part(int k_count, int c, int at, int p0, const float* value, const float* prediction) {
        constexpr int kMax = kMaxComponents, N = kPart;
        float pi[kMax][N], mass[kMax][N], da[kMax][N], db[kMax][N], sa[kMax][N], sb[kMax][N], inv[kMax][N];
        float base[N], move[N], q[N], sum[N], bits[N];
        const float* out = out_.data() + p0;
        float* d = d_.data() + p0;
        for (int i = 0; i < N; ++i) base[i] = prediction[i], sum[i] = 0, q[i] = 0;
        for (int j = 0; j < c + a_.coupled; ++j) {
            const float* coefficient = out + std::size_t(3 * k_count + j) * ld_;
            moves(c, j, at + p0, move);
            for (int i = 0; i < N; ++i)
                base[i] += round_to(clip(coefficient[i], -kMostCoefficient, kMostCoefficient), 64) * move[i];
        }
        float top[N];
        for (int i = 0; i < N; ++i) top[i] = round_to(out[i], 16);
        for (int k = 1; k < k_count; ++k)
            for (int i = 0; i < N; ++i) top[i] = larger(top[i], round_to(out[std::size_t(k) * ld_ + i], 16));
        for (int k = 0; k < k_count; ++k) {
            const float* logit = out + std::size_t(k) * ld_;
            const float* mean = out + std::size_t(k_count + k) * ld_;
            const float* log_scale = out + std::size_t(2 * k_count + k) * ld_;
            for (int i = 0; i < N; ++i) {
                pi[k][i] = std::exp(larger(round_to(logit[i], 16) - top[i], -16.0f));
                sum[i] += pi[k][i];
                const float s = clip(round_to(log_scale[i] + kLogScaleOffset, 16), kLogScaleMin, kLogScaleMax);
                inv[k][i] = std::exp(-s);
                const float centre = (value[i] - base[i] - round_to(kMeanScale * mean[i], 64));
                da[k][i] = clip((centre - 0.5f) * inv[k][i], -30.0f, 30.0f);
                db[k][i] = clip((centre + 0.5f) * inv[k][i], -30.0f, 30.0f);
                sa[k][i] = 1.0f / (1.0f + std::exp(-da[k][i]));
                sb[k][i] = 1.0f / (1.0f + std::exp(-db[k][i]));
                const float low = value[i] < 0.5f ? 0.0f : sa[k][i], high = value[i] > 254.5f ? 1.0f : sb[k][i];
                mass[k][i] = high - low;
                q[i] += pi[k][i] * mass[k][i];
            }
        }
        for (int i = 0; i < N; ++i) {
            q[i] /= sum[i];
            const float probability = q[i] * kShare + kFloor;
            bits[i] = -std::log2(probability);
            sum[i] = -kShare / (probability * 0.6931472f) / sum[i];  // d bits / d q, over the weights' sum
        }
        for (int k = 0; k < k_count; ++k) {
            float* d_logit = d + std::size_t(k) * ld_;
            float* d_mean = d + std::size_t(k_count + k) * ld_;
            float* d_scale = d + std::size_t(2 * k_count + k) * ld_;
            const float* log_scale = out + std::size_t(2 * k_count + k) * ld_;
            for (int i = 0; i < N; ++i) {
                const float g = sum[i] * pi[k][i];
                const float slope_a = value[i] < 0.5f ? 0.0f : sa[k][i] * (1 - sa[k][i]);
                const float slope_b = value[i] > 254.5f ? 0.0f : sb[k][i] * (1 - sb[k][i]);
                d_logit[i] = g * (mass[k][i] - q[i]);
                d_mean[i] = -g * (slope_b - slope_a) * inv[k][i];
                const float s = log_scale[i] + kLogScaleOffset;
                const bool inside = s > kLogScaleMin && s < kLogScaleMax;
                d_scale[i] = inside ? -g * (db[k][i] * slope_b - da[k][i] * slope_a) : 0.0f;
            }
        }
        for (int j = 0; j < c + a_.coupled; ++j) {
            const float* coefficient = out + std::size_t(3 * k_count + j) * ld_;
            float* d_coefficient = d + std::size_t(3 * k_count + j) * ld_;
            moves(c, j, at + p0, move);
            for (int i = 0; i < N; ++i) {
                float mean_gradient = 0;
                for (int k = 0; k < k_count; ++k) mean_gradient += d[std::size_t(k_count + k) * ld_ + i];
                const bool inside = coefficient[i] > -kMostCoefficient && coefficient[i] < kMostCoefficient;
                d_coefficient[i] = inside ? mean_gradient * move[i] : 0.0f;
            }
        }
        for (int k = 0; k < k_count; ++k)
            for (int i = 0; i < N; ++i) d[std::size_t(k_count + k) * ld_ + i] *= kMeanScale;
        double all = 0;
        for (int i = 0; i < N; ++i) all += bits[i];
        return all;
    }

    const Architecture& a_;
    Layers& layers_;
    int height_, width_;
    bool quantized_;
    int pixels_, block_, plane_, ld_, inputs_, cached_stride_;
    std::size_t cached_plane_;
    Plane plane_of_crop_;
    Buffer x1_, h1_, value_, prediction_, cached_, d_cached_;
    Buffer expected_, head_inputs_;  // of the optional inputs
    Buffer transposed_, x2_, h2_, h3_, hh_, out_, d_, e_, d3_;
};

double gradient_of_crops(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count,
                         int height, int width, bool quantized, float* gradient) {
    Layers layers(a, parameters, gradient);
    Crop crop(a, layers, height, width, quantized);
    double bits = 0;
    for (int i = 0; i < count; ++i) bits += crop.run(crops + std::size_t(i) * height * width * a.channels);
    for (int i = 0; i < layers.count; ++i) layers.all[i].add_gradient();
    return bits;
}

}  // namespace
}  // namespace l3c::training
