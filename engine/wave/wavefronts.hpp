// What all wave coders share: the state of a tile in wavefronts, equal to l3c.wave.definition.tile.Wavefronts.
// Included once by each instruction set's source, which gives `Isa`.
//
// Pixel (y, x) belongs to wavefront t = x + 3 y and is kept at (t modulo a ring's length, y): the neighbours of all
// pixels of a wavefront then lie in rows at fixed offsets. What lies beyond the tile is written into the same rings.
#pragma once
#include <cstdint>

#include "wave/dense.hpp"
#include "wave/local_fit.hpp"
#include "coding/mixture.hpp"
#include "wave/regression.hpp"
#include "wave/model.hpp"

namespace l3c {
namespace {

struct Offset {
    int dy, dx;
    int back() const { return -(dx + kSlope * dy); }  // wavefronts before the pixel's own
};
constexpr Offset kNeighbourOffsets[kNeighbours] = {{0, -1},  {0, -2},  {0, -3},  {-1, 0},  {-1, 1},  {-1, 2},
                                                   {-1, -1}, {-1, -2}, {-2, 0},  {-2, 1},  {-2, 2},  {-2, -1},
                                                   {-2, -2}, {-3, 0},  {-3, 1},  {-3, -1}};
constexpr Offset kCachedOffsets[kCachedPositions] = {{0, -1}, {0, -2}, {-1, -1}, {-1, 0}, {-1, 1}, {-1, 2}, {-2, 0}};
constexpr Offset kAheadOffsets[kAheadPositions] = {{0, 0}, {0, 1}, {0, 2}, {1, -1}, {1, 0}, {1, 1}};
constexpr int kAheadReach = 4;                  // wavefronts that side information is ahead: the farthest -back() of these
constexpr int kSampleRing = 16, kCachedRing = 8;  // powers of two above the farthest back(): 10 and 6
constexpr int kSideRing = 32;                 // above 10 and kAheadReach and a border's 2 together
constexpr int kAbove = 8;                       // lanes before row 0
constexpr int kLeft = 3, kRight = 2, kNeutral = 128;
constexpr int kCodingOrder[kMostChannels] = {1, 0, 2};

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

template <Isa Set>
class Wavefronts {
public:
    Wavefronts(const PackedModel<Set>& model, int height, int width)
        : model_(model), a_(model.architecture), height_(height), width_(width),
          longest_(((height < (width + 2) / 3 ? height : (width + 2) / 3) + Set::kBlockPixels) / 16 * 16 + 16),
          lanes_(kAbove + height + Set::kBlockPixels + 16), cached_rows_(cell_rows(a_.cached)),
          ring_(a_.side_channels ? kSideRing : kSampleRing) {
        samples_ = memory_.take<std::int32_t>(std::size_t(a_.channels) * ring_ * lanes_);
        for (std::size_t i = 0; i < std::size_t(a_.channels) * ring_ * lanes_; ++i) samples_[i] = kNeutral;
        cached_ = memory_.take<std::int32_t>(std::size_t(cached_rows_) * kCachedRing * lanes_);
        context_ = rows(cell_rows(context_rows(a_)));
        residuals_ = rows(kResidualRows);
        error_cells_ = rows(kResidualRows);
        expected_cells_ = rows(kResidualRows);
        expected_ = rows(1);
        hidden_ = rows(cell_rows(a_.hidden1 > a_.hidden2 ? a_.hidden1 : a_.hidden2));
        outputs_ = rows(most_of(model.network, [](const LayerSpec& layer) { return padded(layer.outputs); }, kHeads));
        predictions_ = rows(level_rows(a_));
        values_ = rows(a_.channels);
        if (a_.fitted || a_.coupled) open_fits();
        pointers_ = memory_.take<const std::int32_t*>(model.most_rows());
    }

    Workspace& memory() { return memory_; }
    std::int64_t wavefronts() const { return width_ + std::int64_t(kSlope) * (height_ - 1); }

    // Before the first wavefront, of a model with side information: the tile's first channel.
    void set_side(const std::uint8_t* tile) {
        side_ = tile;
        for (int t = 0; t < kAheadReach; ++t) show_side(t);
    }

    // Goes to wavefront t; returns its first row.
    int enter(std::int64_t t) {
        const int last = int(t / kSlope < height_ ? t / kSlope : height_ - 1);
        first_ = int(t < width_ ? 0 : (t - width_) / kSlope + 1);
        t_ = int(t % ring_), count_ = last - first_ + 1;
        if (a_.side_channels) show_side(t + kAheadReach);
        return first_;
    }
    int count() const { return count_; }
    int first_channel() const { return a_.side_channels; }  // that is coded
    int channels() const { return a_.channels; }

    std::int32_t* values(int c) { return values_ + std::ptrdiff_t(c) * longest_; }

    // work(mixture, components) on channel c of eight pixels.
    template <class Work>
    auto with_mixture(int c, int at, Work work) const {
        return with_components(a_.components, [&](auto components) { return work(mixture(components, c, at), components); });
    }

    // Context and predictions of the pixels of wavefront t.
    void context(std::int64_t t) {
        for (int c = 0; c < a_.channels; ++c) {
            predict(c);
            neighbour_residuals(c);
            if (c < a_.side_channels)
                side_context(c);
            else if (a_.fitted)
                fit(c, t);
        }
        if (a_.coupled) find_energies(t);
        join(predictions_, level_rows(a_), context_ + std::ptrdiff_t(a_.channels * kNeighbours / Set::kCellChannels) * longest_);
    }

    // To be called when the samples of channel c are known.
    void set_residual(int c) {
        const std::int32_t *v = values(c), *p = prediction(c);
        set_cells(residuals_, c, [&](int i) { return residual(v[i], p[i]); });
        if (a_.coupled) set_error(c);
    }

    // To be called when all samples are known.
    void remember(std::int64_t t) {
        write(t);
        cache_features();
        if (a_.fitted) learn_fits(t);
        if (a_.coupled) regression_.update(a_.channels, difference_rows_, fit_rows_, error_rows_);
    }

protected:
    static constexpr int cell_rows(int features) { return padded(features) / Set::kCellChannels; }
    static constexpr int kResidualRows = cell_rows(kMostChannels);
    static_assert(kNeighbours % Set::kCellChannels == 0 && kGranule % Set::kCellChannels == 0);

    template <class Count>
    Mixture8 mixture(Count components, int c, int at) const {
        I32x8 centre = load8(prediction(c) + at) << 6;
        for (int j = 0; j < c; ++j) {
            const I32x8 raw = load8(outputs_ + std::ptrdiff_t(3 * a_.components + j) * longest_ + at);
            const I32x8 coefficient = min8(max8(raw, all8(-256)), all8(256));
            centre += coefficient * (load8(values_ + std::ptrdiff_t(j) * longest_ + at) - load8(prediction(j) + at));
        }
        if (a_.coupled) {
            const I32x8 raw = load8(outputs_ + std::ptrdiff_t(3 * a_.components + c) * longest_ + at);
            centre += (min8(max8(raw, all8(-256)), all8(256)) * load8(expected_ + at) + 32) >> 6;
        }
        return make_mixture(*model_.tables, components, outputs_ + at, longest_, centre);
    }

    std::int32_t* rows(int count) { return memory_.take<std::int32_t>(std::size_t(count) * longest_); }
    std::int32_t* prediction(int c) { return predictions_ + std::ptrdiff_t(c) * longest_; }
    const std::int32_t* prediction(int c) const { return predictions_ + std::ptrdiff_t(c) * longest_; }

    std::int32_t* sample_row(int c, int slot) {
        return samples_ + (std::ptrdiff_t(c) * ring_ + (slot & (ring_ - 1))) * lanes_ + kAbove;
    }
    const std::int32_t* samples_at(int c, Offset o) { return sample_row(c, t_ - o.back()) + first_ + o.dy; }

    std::int32_t* cached_row(int group, int slot) {
        return cached_ + (std::ptrdiff_t(slot & (kCachedRing - 1)) * cached_rows_ + group) * lanes_ + kAbove;
    }

    static std::int32_t residual(std::int32_t value, std::int32_t prediction) {
        const std::int32_t d = value - prediction;
        return (d < -128 ? -128 : d > 127 ? 127 : d) + 128;
    }

    void neighbour_residuals(int c) {
        constexpr int kBits = 32 / Set::kCellChannels;
        const std::int32_t* p = prediction(c);
        const int count = count_;
        for (int n = 0; n < kNeighbours; n += Set::kCellChannels) {
            std::int32_t* __restrict cells = context_ + std::ptrdiff_t((c * kNeighbours + n) / Set::kCellChannels) * longest_;
            const std::int32_t* from[Set::kCellChannels];
            for (int i = 0; i < Set::kCellChannels; ++i) from[i] = samples_at(c, kNeighbourOffsets[n + i]);
            for (int i = 0; i < count; ++i) {
                std::int32_t cell = 0;
#pragma GCC unroll 4
                for (int j = 0; j < Set::kCellChannels; ++j) cell |= residual(from[j][i], p[i]) << (j * kBits);
                cells[i] = cell;
            }
        }
    }

    // What is known of a side channel's wavefront, as of a coded one, and what it shows ahead, behind the predictions.
    void side_context(int c) {
        const std::int32_t *own = samples_at(c, {0, 0}), *p = prediction(c);
        const int count = count_;
        for (int i = 0; i < count; ++i) values(c)[i] = own[i];
        set_residual(c);
        for (int n = 0; n < kAheadPositions; ++n) {
            const std::int32_t* from = samples_at(c, kAheadOffsets[n]);
            std::int32_t* __restrict out = prediction(a_.channels + n);
            for (int i = 0; i < count; ++i) out[i] = residual(from[i], p[i]);
        }
    }

    // Channel c's value of a row of cells; of the others none is known yet, if c is the row's first.
    template <class Value>
    void set_cells(std::int32_t* rows_of_cells, int c, Value value) {
        constexpr int kBits = 32 / Set::kCellChannels;
        std::int32_t* __restrict cells = rows_of_cells + std::ptrdiff_t(c / Set::kCellChannels) * longest_;
        const int place = c % Set::kCellChannels * kBits, count = count_;
        for (int i = 0; i < count; ++i) cells[i] = (place ? cells[i] : 0) | value(i) << place;
    }

    void open_fits() {
        const std::ptrdiff_t stride = longest_ + 2 * kFloats;
        const auto row = [&] { return memory_.take<float>(stride) + kFloats; };
        for (int c = 0; c < a_.channels; ++c) {
            if (a_.fitted) fits_[c] = LocalFit(memory_.take<float>(LocalFit::size(height_)), height_);
            fit_rows_[c] = row(), difference_rows_[c] = row(), error_rows_[c] = row();
        }
        fit_inputs_ = memory_.take<float>(a_.channels * kFit * stride) + kFloats;
        for (float*& spare : spare_rows_) spare = row();
        if (a_.coupled) regression_ = Regression(memory_.take<float>(Regression::size(height_)), height_);
    }

    // What the errors so far add up to, as rows behind the fits.
    void find_energies(std::int64_t t) {
        regression_.fade(t, first_, count_);
        const int count = count_;
        for (int c = 0; c < a_.channels; ++c) {
            const float* energy = regression_.energy(c);
            std::int32_t* out = prediction(shown_rows(a_) + (a_.fitted != 0) * a_.coded() + c);
            for (int i = 0; i < count; ++i) out[i] = energy_level(energy[i]);
        }
    }

    // What channel c is expected to be, with the channels before it known.
    void expect(int c) {
        regression_.expect(c, fit_rows_[c], difference_rows_[0], error_rows_, spare_rows_[0]);
        const float* expected = spare_rows_[0];
        const int count = count_;
        for (int i = 0; i < count; ++i) expected_[i] = std::int32_t(expected[i] * kFine);
        set_cells(expected_cells_, 0, [&](int i) { return step_level(expected_[i]); });
    }

    void set_error(int c) {
        const std::int32_t *v = values(c), *p = prediction(c);
        float *difference = difference_rows_[c], *error = error_rows_[c];
        const int count = count_;
        for (int i = 0; i < count; ++i) {
            difference[i] = float(v[i] - p[i]);
            error[i] = difference[i] - float(expected_[i]) * (1 / kFine);
        }
        set_cells(error_cells_, c, [&](int i) { return step_level((v[i] - p[i]) * int(kFine) - expected_[i]); });
    }
    float* fit_inputs(int c) { return fit_inputs_ + std::ptrdiff_t(c) * kFit * (longest_ + 2 * kFloats); }

    bool of_excess(int c) const { return a_.coupled && c > 0; }

    // The fit's difference in quarters of a level, as a row behind what is shown. Coupled, of the second channel and the
    // third by how much they exceed the first.
    void fit(int c, std::int64_t t) {
        const std::int32_t* p = prediction(c);
        const int count = count_;
        for (int n = 0; n < kFit; ++n) {
            const std::int32_t* from = samples_at(c, kNeighbourOffsets[n]);
            float* x = fit_inputs(c) + n * (longest_ + 2 * kFloats);
            for (int i = 0; i < count; ++i) x[i] = float(residual(from[i], p[i]) - 128);
            if (of_excess(c)) subtract(x, fit_inputs(0) + n * (longest_ + 2 * kFloats));
        }
        fits_[c].predict(t, first_, count_, fit_inputs(c), longest_ + 2 * kFloats, fit_rows_[c]);
        std::int32_t* out = prediction(shown_rows(a_) + c - a_.side_channels);
        for (int i = 0; i < count; ++i) out[i] = fit_level(fit_rows_[c][i]);
    }

    void subtract(float* row, const float* other) {
        const int count = count_;
        for (int i = 0; i < count; ++i) row[i] -= other[i];
    }

    void learn_fits(std::int64_t t) {
        const bool row_ends = t >= width_ - 1 && (t - width_ + 1) % kSlope == 0;
        const int count = count_;
        for (int c = a_.side_channels; c < a_.channels; ++c) {
            const std::int32_t *v = values(c), *p = prediction(c);
            float* target = spare_rows_[c > 0];
            for (int i = 0; i < count; ++i) target[i] = float(residual(v[i], p[i]) - 128);
            if (of_excess(c)) subtract(target, spare_rows_[0]);
            fits_[c].update(t, first_, count_, fit_inputs(c), longest_ + 2 * kFloats, target, spare_rows_[2]);
            if (row_ends) fits_[c].end_row(t, first_);
        }
    }

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
    void write(std::int64_t t) {
        for (int c = a_.side_channels; c < a_.channels; ++c) {
            const std::int32_t* v = values(c);
            std::int32_t* row = sample_row(c, t_) + first_;
            for (int i = 0; i < count_; ++i) row[i] = v[i];
            write_borders(c, t, t_, first_, count_, height_);
        }
    }

    // slot, first, count: of wavefront t in a plane of so many rows.
    void write_borders(int c, std::int64_t t, int slot, int first, int count, int height) {
        const std::int32_t* row = sample_row(c, slot) + first;
        if (t % kSlope == 0 && t / kSlope < height)  // its last pixel stands for the next row's pixels -3, -2, -1, of
            for (int i = 0; i < kLeft; ++i)          // wavefronts t, t + 1, t + 2
                sample_row(c, slot + i)[first + count] = row[count - 1];
        if (t >= width_ - 1 && (t - width_ + 1) % kSlope == 0)
            for (int i = 1; i <= kRight; ++i) sample_row(c, slot + i)[first] = row[0];
    }

    // The side channel's samples of wavefront t; below the last row there is another one like it.
    void show_side(std::int64_t t) {
        if (t >= width_ + std::int64_t(kSlope) * height_) return;
        const int last = int(t / kSlope < height_ ? t / kSlope : height_), slot = int(t % ring_);
        const int first = int(t < width_ ? 0 : (t - width_) / kSlope + 1);
        std::int32_t* row = sample_row(0, slot);
        for (int y = first; y <= last; ++y) {
            const std::ptrdiff_t from = y < height_ ? y : height_ - 1;
            row[y] = side_[(from * width_ + t - std::int64_t(kSlope) * y) * a_.channels];
        }
        write_borders(0, t, slot, first, last - first + 1, height_ + 1);
    }

    void cache_features() {
        const int at = point(point(0, context_, cell_rows(context_rows(a_))), residuals_, cell_rows(a_.channels));
        if (a_.coupled) point(at, error_cells_, cell_rows(a_.channels));
        dense<Set, true>(model_.layers[0], pointers_, count_, hidden_, longest_);
        point(0, hidden_, cell_rows(a_.hidden1));
        std::int32_t* out = cached_row(0, t_) + first_;
        dense<Set, true>(model_.layers[1], pointers_, count_, out, lanes_);
        const int rounded = (count_ + Set::kBlockPixels - 1) / Set::kBlockPixels * Set::kBlockPixels;
        for (int g = 0; g < cached_rows_; ++g) {
            std::int32_t* row = out + std::ptrdiff_t(g) * lanes_;
            for (int i = -kAbove; i < 0; ++i) row[i] = 0;
            for (int i = count_; i < rounded; ++i) row[i] = 0;
        }
    }

    const PackedModel<Set>& model_;
    const Architecture& a_;
    Workspace memory_;
    const int height_, width_;
    const std::ptrdiff_t longest_, lanes_;
    const int cached_rows_, ring_;
    const std::uint8_t* side_ = nullptr;
    int t_ = 0, first_ = 0, count_ = 0;
    LocalFit fits_[kMostChannels];
    Regression regression_;
    float *fit_inputs_ = nullptr, *fit_rows_[kMostChannels]{}, *difference_rows_[kMostChannels]{};
    float *error_rows_[kMostChannels]{}, *spare_rows_[3]{};
    std::int32_t *samples_, *cached_, *context_, *residuals_, *error_cells_, *expected_cells_, *expected_, *hidden_, *outputs_, *predictions_, *values_;
    const std::int32_t** pointers_;
};

}  // namespace
}  // namespace l3c
