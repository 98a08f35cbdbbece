// What all wave coders share: the state of a tile in wavefronts, equal to l3c.wave.definition.tile.Wavefronts.
// Included once by each instruction set's source, which gives `Isa`.
//
// Pixel (y, x) belongs to wavefront t = x + 3 y and is kept at (t modulo a ring's length, y): the neighbours of all
// pixels of a wavefront then lie in rows at fixed offsets. What lies beyond the tile is written into the same rings.
#pragma once
#include <cstdint>
#include <cstring>

#include "coding/mixture.hpp"
#include "wave/dense.hpp"
#include "wave/model.hpp"
#include "wave/scale.hpp"
#include "wave/strips.hpp"

namespace l3c {
namespace {

// A power of two above n, for rings.
constexpr int ring_above(int n) { return n < 1 ? 1 : 2 * ring_above(n / 2); }

constexpr int kLeft = 3;  // columns that a pixel sees beyond the tile
constexpr int kRight = 2;
constexpr int kRowGranule = 16;  // pixels of the widest vector of floats, which may reach beyond a row's last one
constexpr int kAbove = 8;        // lanes before row 0: more rows than a pixel sees above
constexpr int kFarthestBack = farthest(kNeighbourOffsets, 1);
constexpr int kAheadReach = farthest(kAheadOffsets, -1);  // wavefronts that side information is ahead
constexpr int kSampleRing = ring_above(kFarthestBack);
constexpr int kCachedRing = ring_above(farthest(kCachedOffsets, 1));
constexpr int kSideRing = ring_above(kFarthestBack + kAheadReach + kRight);
static_assert(kSampleRing == 16 && kCachedRing == 8 && kSideRing == 32 && kAheadReach == 4);
constexpr int kMostCoefficient = 256;                   // of a head, in magnitude: 4, in 1/64
constexpr int kCodingOrder[kMostChannels] = {1, 0, 2};  // green, red, blue

template <Isa Set>
struct PackedModel {
    Architecture architecture;
    NetworkSpec network;
    const Tables* tables;
    PackedLayer layers[kMostLayers];

    PackedModel(const WaveModel& model, Workspace& memory)
        : architecture(model.architecture), network(network_of(architecture)), tables(&model.tables) {
        for (int i = 0; i < network.count; ++i)
            layers[i] = Packer<Set>(model.layers[i], network.layer[i], memory).packed();
    }

    // Rows of cells that the widest layer reads.
    int most_rows() const { return most_of(network, padded_inputs) / Set::kCellChannels; }
};

// The threads that a tile has at most, and the pixels of a wavefront that one of them codes at most.
struct Sharing {
    int threads, most_pixels;
};

// A tile as one thread sees it: its rings and sums, which all threads share, and the strip that this thread codes of each
// wavefront. What belongs to a pixel is written by its own thread alone; all threads meet after each wavefront.
// Scale: ByteScale, or DeepScale for samples of more bits.
template <Isa Set, class Scale = ByteScale>
class Wavefronts {
public:
    // shared: at the beginning of a view.
    Wavefronts(const PackedModel<Set>& model, int height, int width, SampleDepth depth, Sharing sharing,
               SharedWorkspace& shared)
        : model_(model),
          a_(model.architecture),
          height_(height),
          width_(width),
          longest_((sharing.most_pixels + Set::kBlockPixels) / kRowGranule * kRowGranule + kRowGranule),
          lanes_(kAbove + height + Set::kBlockPixels + kRowGranule),
          cached_rows_(cell_rows(a_.cached)),
          ring_(a_.side_channels ? kSideRing : kSampleRing) {
        scale_.open(a_.channels, height, longest_, depth, memory_, shared);
        const std::size_t samples = std::size_t(a_.channels) * ring_ * lanes_;
        samples_ = shared.take<std::int32_t>(samples);
        if (shared.first_view())
            for (std::size_t i = 0; i < samples; ++i) samples_[i] = scale_.neutral();
        cached_ = shared.take<std::int32_t>(std::size_t(cached_rows_) * kCachedRing * lanes_);
        cached_strip_ = sharing.threads > 1 ? rows(cached_rows_) : nullptr;
        context_ = rows(cell_rows(context_rows(a_)));
        residuals_ = rows(kResidualRows);
        observed_cells_ = rows(kResidualRows * Inputs::stage1_segments(a_));
        expected_cells_ = rows(cell_rows(1) * Inputs::head_segments(a_));
        input_rows_ = rows(Inputs::stage1_segments(a_) + Inputs::head_segments(a_));
        hidden_ = rows(cell_rows(a_.hidden1 > a_.hidden2 ? a_.hidden1 : a_.hidden2));
        outputs_ = rows(most_of(model.network, [](const LayerSpec& layer) { return padded(layer.outputs); }, kHeads));
        levels_ = rows(level_rows(a_));
        values_ = rows(a_.channels);
        open_inputs(shared);
        pointers_ = memory_.take<const std::int32_t*>(model.most_rows());
    }

    Workspace& memory() { return memory_; }
    std::int64_t wavefronts() const { return wavefronts_of(height_, width_); }

    // Before the first wavefront, by one thread, of a model with side information: the tile's first channel.
    void set_side(const std::uint8_t* tile) {
        for (int t = 0; t <= kAheadReach; ++t) show_side(tile, t);
    }

    // After wavefront t, by one thread: what the next one sees of the side information that none before it saw.
    void show_side_after(const std::uint8_t* tile, std::int64_t t) { show_side(tile, t + 1 + kAheadReach); }

    // Goes to strips begin .. end - 1, of `strips`, of wavefront t.
    void enter(std::int64_t t, int begin, int end, int strips) {
        for (; entered_ < t; ++entered_) pixels_before_ += wavefront_rows(entered_, height_, width_).size();
        wavefront_ = wavefront_rows(t, height_, width_);
        first_ = strip_start(wavefront_, begin, strips), count_ = strip_start(wavefront_, end, strips) - first_;
        t_ = int(t % ring_);
        const bool begins = count_ && first_ == wavefront_.begin, ends = count_ && first_ + count_ == wavefront_.end;
        front_ = {t, first_, count_, begins && t >= width_ - 1 && (t - width_ + 1) % kSlope == 0, begins, ends};
    }
    RowRange wavefront() const { return wavefront_; }
    std::size_t pixels_before() const { return pixels_before_; }  // the wavefront
    int first() const { return first_; }
    int count() const { return count_; }
    int first_channel() const { return a_.side_channels; }  // that is coded
    int channels() const { return a_.channels; }

    std::int32_t* values(int c) { return values_ + std::ptrdiff_t(c) * longest_; }
    const std::int32_t* values(int c) const { return values_ + std::ptrdiff_t(c) * longest_; }

    static constexpr bool kDeep = Scale::kDeep;
    const Scale& sample_scale() const { return scale_; }
    Scale& sample_scale() { return scale_; }

    // What eight samples of channel c exceed those of channel 0 by, at an offset; of channel 0 the samples.
    I32x8 excess(int c, Offset offset, int at) const {
        const I32x8 own = load8(samples_at(c, offset) + at);
        return c ? own - load8(samples_at(0, offset) + at) : own;
    }
    // What that is on top of, at the pixels themselves.
    I32x8 first_values(int c, int at) const { return c ? load8(values(0) + at) : all8(0); }

    // The symbols of eight pixels, once channel c is known: samples, or the residuals of deeper ones.
    I32x8 symbols(int c, int at) const {
        if constexpr (Scale::kDeep)
            return load8(scale_.residuals(c) + at);
        else
            return load8(values(c) + at) & 255;
    }

    // By how much samples differ from their predictions, in steps.
    F32x8 differences8(int c, int at) const {
        if constexpr (Scale::kDeep)
            return floats8(load8(scale_.differences(c) + at)) * all8f(1.0f / kFineSteps);
        else
            return floats8(load8(values(c) + at) - load8(prediction(c) + at));
    }

    // work(mixture, components) on channel c of eight pixels.
    template <class Work>
    auto with_mixture(int c, int at, Work work) const {
        return with_components(a_.components,
                               [&](auto components) { return work(mixture(components, c, at), components); });
    }

    // work(mixtures, components) on channel c of eight pixels at each place.
    template <int Groups, class Work>
    void with_mixtures(int c, const int (&at)[Groups], Work work) const {
        with_components(a_.components, [&](auto components) {
            Mixture8 mixtures[Groups];
            for (int g = 0; g < Groups; ++g) mixtures[g] = mixture(components, c, at[g]);
            work(mixtures, components);
        });
    }

    // Context and predictions of the wavefront's pixels.
    void context() {
        if constexpr (Scale::kDeep) scale_.begin(front_);
        for (int c = 0; c < a_.channels; ++c) {
            if (Scale::kDeep && c)
                predict_excess(c);
            else
                predict(c);
            if constexpr (Scale::kDeep) scale_.set_levels(c, level_row(c));
            neighbour_residuals(c);
            if (c < a_.side_channels) know(c);
        }
        inputs_.fill(*this, level_row(a_.channels), longest_);
        join(level_row(0), level_rows(a_),
             context_ + std::ptrdiff_t(a_.channels * kNeighbours / Set::kCellChannels) * longest_);
    }

    // To be called when the samples of channel c are known.
    void set_residual(int c) {
        const std::int32_t *v = values(c), *p = prediction(c);
        if constexpr (Scale::kDeep) scale_.set(c, v);
        const auto steps = scale_.steps();
        set_cells(residuals_, c, [&](int i) { return steps.residual(v[i], p[i], i); });
        inputs_.observe(*this, c, input_rows_, longest_);
        for (int s = 0; s < Inputs::stage1_segments(a_); ++s) set_row(observed_cells(s), c, input_row(s));
    }

    // To be called when all samples are known.
    void remember() {
        write();
        if constexpr (Scale::kDeep) scale_.update();
        cache_features();
        inputs_.update(*this);
    }

    // What inputs see: a view, as inputs/input.hpp has it.
    Front front() const { return front_; }
    void neighbours(int c, int n, float* to) const {
        const std::int32_t *from = samples_at(c, kNeighbourOffsets[n]), *p = prediction(c);
        const auto steps = scale_.steps();
        const int count = count_;
        for (int i = 0; i < count; ++i) to[i] = steps.fine(from[i], p[i], i);
    }
    void residuals(int c, float* to) const {
        const std::int32_t *v = values(c), *p = prediction(c);
        const auto steps = scale_.steps();
        const int count = count_;
        for (int i = 0; i < count; ++i) to[i] = steps.fine(v[i], p[i], i);
    }
    void differences(int c, float* to) const {
        const int count = count_;
        if constexpr (Scale::kDeep) {
            const std::int32_t* fine = scale_.differences(c);
            for (int i = 0; i < count; ++i) to[i] = float(fine[i]) * (1.0f / kFineSteps);
        } else {
            const std::int32_t *v = values(c), *p = prediction(c);
            for (int i = 0; i < count; ++i) to[i] = float(v[i] - p[i]);
        }
    }
    void ahead(int n, std::int32_t* to) const {
        const std::int32_t *from = samples_at(0, kAheadOffsets[n]), *p = prediction(0);
        const int count = count_;
        for (int i = 0; i < count; ++i) to[i] = byte_residual(from[i] - p[i]);
    }

protected:
    static constexpr int cell_rows(int features) { return padded(features) / Set::kCellChannels; }
    static constexpr int kResidualRows = cell_rows(kMostChannels);
    static_assert(kNeighbours % Set::kCellChannels == 0 && kGranule % Set::kCellChannels == 0);

    template <class Count>
    Mixture8 mixture(Count components, int c, int at) const {
        I32x8 centre = (Scale::kDeep ? all8(128) : load8(prediction(c) + at)) << 6;
        for (int j = 0; j < c; ++j) {
            const I32x8 raw = load8(outputs_ + std::ptrdiff_t(3 * a_.components + j) * longest_ + at);
            const I32x8 coefficient = clip8(raw, -kMostCoefficient, kMostCoefficient);
            if constexpr (Scale::kDeep)
                centre += (coefficient * load8(scale_.differences(j) + at) + 32) >> 6;
            else
                centre += coefficient * (load8(values(j) + at) - load8(prediction(j) + at));
        }
        if (a_.coupled) {
            const I32x8 raw = load8(outputs_ + std::ptrdiff_t(3 * a_.components + c) * longest_ + at);
            centre += (clip8(raw, -kMostCoefficient, kMostCoefficient) * load8(expected() + at) + 32) >> 6;
        }
        return make_mixture(*model_.tables, components, outputs_ + at, longest_, centre);
    }

    std::int32_t* rows(int count) { return memory_.take<std::int32_t>(std::size_t(count) * longest_); }
    // Of what stands behind the neighbours in the context: predictions, as the network sees them, and the inputs' rows.
    std::int32_t* level_row(int row) const { return levels_ + std::ptrdiff_t(row) * longest_; }
    std::int32_t* prediction(int c) const {
        if constexpr (Scale::kDeep)
            return scale_.predictions(c);
        else
            return level_row(c);
    }

    std::int32_t* sample_row(int c, int slot) const {
        return samples_ + (std::ptrdiff_t(c) * ring_ + (slot & (ring_ - 1))) * lanes_ + kAbove;
    }
    const std::int32_t* samples_at(int c, Offset o) const { return sample_row(c, t_ - o.back()) + first_ + o.dy; }

    std::int32_t* cached_row(int group, int slot) {
        return cached_ + (std::ptrdiff_t(slot & (kCachedRing - 1)) * cached_rows_ + group) * lanes_ + kAbove;
    }

    void neighbour_residuals(int c) {
        constexpr int kBits = 32 / Set::kCellChannels;
        const std::int32_t* p = prediction(c);
        const auto steps = scale_.steps();
        const int count = count_;
        for (int n = 0; n < kNeighbours; n += Set::kCellChannels) {
            std::int32_t* __restrict cells =
                context_ + std::ptrdiff_t((c * kNeighbours + n) / Set::kCellChannels) * longest_;
            const std::int32_t* from[Set::kCellChannels];
            for (int i = 0; i < Set::kCellChannels; ++i) from[i] = samples_at(c, kNeighbourOffsets[n + i]);
            for (int i = 0; i < count; ++i) {
                std::int32_t cell = 0;
#pragma GCC unroll 4
                for (int j = 0; j < Set::kCellChannels; ++j) cell |= steps.residual(from[j][i], p[i], i) << (j * kBits);
                cells[i] = cell;
            }
        }
    }

    // A side channel's wavefront, as of a coded one.
    void know(int c) {
        const std::int32_t* from = samples_at(c, {0, 0});
        const int count = count_;
        for (int i = 0; i < count; ++i) values(c)[i] = from[i];
        set_residual(c);
    }

    // Channel c's value of a row of cells; of the others none is known yet, if c is the row's first.
    template <class Value>
    void set_cells(std::int32_t* rows_of_cells, int c, Value value) {
        constexpr int kBits = 32 / Set::kCellChannels;
        std::int32_t* __restrict cells = rows_of_cells + std::ptrdiff_t(c / Set::kCellChannels) * longest_;
        const int place = c % Set::kCellChannels * kBits, count = count_;
        for (int i = 0; i < count; ++i) cells[i] = (place ? cells[i] : 0) | value(i) << place;
    }

    // The same of a row of plain values.
    void set_row(std::int32_t* rows_of_cells, int c, const std::int32_t* row) {
        set_cells(rows_of_cells, c, [row](int i) { return row[i]; });
    }

    void open_inputs(SharedWorkspace& shared) {
        const auto take = [&](std::size_t count) { return memory_.take<float>(count); };
        const auto share = [&](std::size_t count) { return shared.take<float>(count); };
        if (Inputs::context_rows(a_))
            for (int c = 0; c < a_.channels; ++c) shared_.fits[c] = take(longest_ + 2 * kFloats) + kFloats;
        shared_.expected = rows(1);
        inputs_.open(a_, height_, int(longest_), take, share, shared_);
    }

    // What the channel coded next is expected to be, 64ths of a level.
    const std::int32_t* expected() const { return shared_.expected; }
    std::int32_t* input_row(int segment) { return input_rows_ + segment * longest_; }
    std::int32_t* observed_cells(int segment) { return observed_cells_ + segment * kResidualRows * longest_; }
    std::int32_t* expected_cells(int segment) { return expected_cells_ + segment * cell_rows(1) * longest_; }

    // What inputs give channel c's head, with the channels before it known.
    void expect(int c) {
        inputs_.expect(*this, c, input_rows_, longest_);
        for (int s = 0; s < Inputs::head_segments(a_); ++s) set_row(expected_cells(s), 0, input_row(s));
    }

    // The median edge prediction.
    void predict(int c) {
        const std::int32_t *w = samples_at(c, {0, -1}), *n = samples_at(c, {-1, 0}), *nw = samples_at(c, {-1, -1});
        std::int32_t* __restrict p = prediction(c);
        const int count = count_;
        for (int i = 0; i < count; ++i) {
            const std::int32_t low = w[i] < n[i] ? w[i] : n[i], high = w[i] < n[i] ? n[i] : w[i];
            const std::int32_t plane = w[i] + n[i] - nw[i];
            p[i] = plane < low ? low : plane > high ? high : plane;
        }
    }
    // Of deep samples, of what a later channel exceeds the first one by.
    void predict_excess(int c) {
        for (int at = 0; at < count_; at += kVector) {
            const I32x8 w = excess(c, {0, -1}, at), n = excess(c, {-1, 0}, at);
            const I32x8 plane = w + n - excess(c, {-1, -1}, at);
            store8(prediction(c) + at, load8(prediction(0) + at) + max8(min8(w, n), min8(plane, max8(w, n))));
        }
    }

    // Rows of plain values become rows of cells.
    void join(const std::int32_t* values, int count, std::int32_t* cells) {
        constexpr int kBits = 32 / Set::kCellChannels;
        const int pixels = count_;
        for (int c = 0; c < count; c += Set::kCellChannels, cells += longest_)
            for (int i = 0; i < pixels; ++i) {
                std::int32_t cell = values[std::ptrdiff_t(c) * longest_ + i];
                for (int j = 1; j < Set::kCellChannels && c + j < count; ++j)
                    cell |= values[std::ptrdiff_t(c + j) * longest_ + i] << (j * kBits);
                cells[i] = cell;
            }
    }

    int point(int at, const std::int32_t* first, int count) {
        for (int i = 0; i < count; ++i) pointers_[at + i] = first + std::ptrdiff_t(i) * longest_;
        return at + count;
    }

    // Points at the cached features that the wavefront's pixels see.
    int point_at_cached(int at) {
        for (const Offset o : kCachedOffsets)
            for (int g = 0; g < cached_rows_; ++g) pointers_[at++] = cached_row(g, t_ - o.back()) + first_ + o.dy;
        return at;
    }

    // Samples of the wavefront, and what a border shows of them.
    void write() {
        for (int c = a_.side_channels; c < a_.channels; ++c) {
            const std::int32_t* v = values(c);
            std::int32_t* row = sample_row(c, t_) + first_;
            for (int i = 0; i < count_; ++i) row[i] = v[i];
            write_borders(c, front_, t_, height_);
        }
    }

    // slot: of the wavefront in a plane of so many rows.
    void write_borders(int c, Front front, int slot, int height) {
        const std::int32_t* row = sample_row(c, slot) + front.first;
        const std::int64_t t = front.t;
        if (front.ends && t % kSlope == 0 &&
            t / kSlope < height)             // its last pixel stands for the next row's pixels -3, -2,
            for (int i = 0; i < kLeft; ++i)  // -1, of wavefronts t, t + 1, t + 2
                sample_row(c, slot + i)[front.first + front.count] = row[front.count - 1];
        if (front.row_ends)
            for (int i = 1; i <= kRight; ++i) sample_row(c, slot + i)[front.first] = row[0];
    }

    // The side channel's samples of wavefront t; below the last row there is another one like it.
    void show_side(const std::uint8_t* tile, std::int64_t t) {
        if (t >= width_ + std::int64_t(kSlope) * height_) return;
        const int last = int(t / kSlope < height_ ? t / kSlope : height_), slot = int(t % ring_);
        const int first = int(t < width_ ? 0 : (t - width_) / kSlope + 1);
        std::int32_t* row = sample_row(0, slot);
        for (int y = first; y <= last; ++y) {
            const std::ptrdiff_t from = y < height_ ? y : height_ - 1;
            row[y] = tile[(from * width_ + t - std::int64_t(kSlope) * y) * a_.channels];
        }
        write_borders(0, {t, first, last - first + 1, t >= width_ - 1 && (t - width_ + 1) % kSlope == 0}, slot,
                      height_ + 1);
    }

    void cache_features() {
        int at = point(point(0, context_, cell_rows(context_rows(a_))), residuals_, cell_rows(a_.channels));
        for (int s = 0; s < Inputs::stage1_segments(a_); ++s) at = point(at, observed_cells(s), cell_rows(a_.channels));
        dense<Set, true>(model_.layers[0], pointers_, count_, hidden_, longest_);
        point(0, hidden_, cell_rows(a_.hidden1));
        std::int32_t* out = cached_row(0, t_) + first_;
        if (!front_.begins || !front_.ends) {  // whole blocks would reach into the next thread's strip
            dense<Set, true>(model_.layers[1], pointers_, count_, cached_strip_, longest_);
            for (int g = 0; g < cached_rows_; ++g)
                std::memcpy(out + g * lanes_, cached_strip_ + g * longest_, sizeof(std::int32_t) * count_);
        } else {
            dense<Set, true>(model_.layers[1], pointers_, count_, out, lanes_);
        }
        const int rounded = (count_ + Set::kBlockPixels - 1) / Set::kBlockPixels * Set::kBlockPixels;
        for (int g = 0; g < cached_rows_; ++g) {
            std::int32_t* row = out + std::ptrdiff_t(g) * lanes_;
            for (int i = -kAbove; front_.begins && i < 0; ++i) row[i] = 0;
            for (int i = count_; front_.ends && i < rounded; ++i) row[i] = 0;
        }
    }

    const PackedModel<Set>& model_;
    const Architecture& a_;
    Workspace memory_;
    const int height_, width_;
    const std::ptrdiff_t longest_, lanes_;
    const int cached_rows_, ring_;
    int t_ = 0, first_ = 0, count_ = 0;  // of the strip
    RowRange wavefront_{};
    std::int64_t entered_ = 0;
    std::size_t pixels_before_ = 0;
    Front front_{};
    Scale scale_;
    Inputs inputs_;
    Shared shared_{};
    std::int32_t *samples_, *cached_;  // shared
    std::int32_t *cached_strip_, *context_, *residuals_, *hidden_, *outputs_, *levels_, *values_;
    std::int32_t *observed_cells_, *expected_cells_, *input_rows_;  // of the optional inputs
    const std::int32_t** pointers_;
};

}  // namespace
}  // namespace l3c
