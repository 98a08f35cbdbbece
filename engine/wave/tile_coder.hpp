// Tiles to payloads and back. Included once by each instruction set's source.
#pragma once
#include "coding/rans.hpp"
#include "wave/integer_tile.hpp"
#include "wave/learning_tile.hpp"

namespace l3c {
namespace {

// All wavefronts. code(c, count): turns the mixtures of channel c into samples, or samples into intervals.
template <class Tile, class Begin, class Code, class End>
Status run(Tile& tile, Begin begin, Code code, End end) {
    for (std::int64_t t = 0; t < tile.wavefronts(); ++t) {
        const int first = tile.enter(t);
        begin(t, first, tile.count());
        tile.context();
        tile.share();
        for (int c = tile.first_channel(); c < tile.channels(); ++c) {
            tile.predict_mixtures(c);
            const Status status = code(c, tile.count());
            if (status != Status::kOk) return status;
            tile.set_residual(c);
            if constexpr (Tile::kLearns)
                if (tile.learns_from(t)) tile.learn(c);
        }
        if constexpr (Tile::kLearns)
            if (tile.learns_from(t)) tile.learn_shared();
        tile.remember();
        end(t, first, tile.count());
    }
    return Status::kOk;
}

// Tile: what predicts the mixtures (IntegerTile, LearningTile).
template <class Tile>
class Coder final : public TileCoder {
public:
    explicit Coder(const WaveModel& model) : tables_(model.tables), model_(model, memory_) { model_.tables = &tables_; }

    std::vector<std::uint8_t> encode(const std::uint8_t* pixels, int height, int width) const override {
        const int channels = model_.architecture.coded();
        Tile tile(model_, height, width);
        if (model_.architecture.side_channels) tile.set_side(pixels);
        const std::size_t groups = std::size_t(tile.wavefronts()) * channels;
        auto* sizes = tile.memory().template take<std::uint32_t>(groups);
        auto* intervals = tile.memory().template take<Interval>(std::size_t(height) * width * channels);
        std::size_t group = 0, at = 0;
        run(
            tile, [&](std::int64_t t, int first, int count) { fetch(tile, pixels, width, t, first, count); },
            [&](int c, int count) {
                for (int i = 0; i < count; i += kVector) put(tile, c, i, count - i, intervals + at + i);
                sizes[group++] = std::uint32_t(count);
                at += count;
                return Status::kOk;
            },
            [](std::int64_t, int, int) {});
        return rans_encode(intervals, sizes, groups);
    }

    Status decode(const std::uint8_t* payload, std::size_t size, std::uint8_t* pixels, int height,
                  int width) const override {
        RansDecoder decoder;
        Status status = rans_begin(payload, size, decoder);
        if (status != Status::kOk) return status;
        Tile tile(model_, height, width);
        if (model_.architecture.side_channels) tile.set_side(pixels);
        status = run(
            tile, [](std::int64_t, int, int) {},
            [&](int c, int count) {
                for (int i = 0; i < count; i += kVector) {
                    const Status s = take(tile, c, i, count - i, decoder);
                    if (s != Status::kOk) return s;
                }
                return Status::kOk;
            },
            [&](std::int64_t t, int first, int count) { emit(tile, pixels, width, t, first, count); });
        return status == Status::kOk ? rans_finish(decoder) : status;
    }

private:
    int order(int c) const { return model_.architecture.coded() == 3 ? kCodingOrder[c] : c; }

    std::ptrdiff_t place(int width, std::int64_t t, int row, int c) const {
        const std::int64_t x = t - std::int64_t(kSlope) * row;
        return (std::ptrdiff_t(row) * width + x) * model_.architecture.channels + order(c);
    }

    void fetch(Tile& tile, const std::uint8_t* pixels, int width, std::int64_t t, int first, int count) const {
        for (int c = tile.first_channel(); c < tile.channels(); ++c)
            for (int i = 0; i < count; ++i) tile.values(c)[i] = pixels[place(width, t, first + i, c)];
    }

    void emit(Tile& tile, std::uint8_t* pixels, int width, std::int64_t t, int first, int count) const {
        for (int c = tile.first_channel(); c < tile.channels(); ++c)
            for (int i = 0; i < count; ++i) pixels[place(width, t, first + i, c)] = std::uint8_t(tile.values(c)[i]);
    }

    void put(Tile& tile, int c, int at, int left, Interval* out) const {
        const I32x8 symbol = load8(tile.values(c) + at) & 255;
        const Interval8 found = tile.with_mixture(
            c, at, [&](const Mixture8& m, auto components) { return interval_of(tables_, m, components, symbol); });
        const I32x8 both = found.start | (found.frequency << 16);
        for (int i = 0; i < (left < kVector ? left : kVector); ++i) out[i] = Interval(both[i]);
    }

    Status take(Tile& tile, int c, int at, int left, RansDecoder& decoder) const {
        I32x8 slots;
        for (int i = 0; i < kVector; ++i) slots[i] = std::int32_t(decoder.states[i] & 0xffff);
        const Interval8 found = tile.with_mixture(
            c, at, [&](const Mixture8& m, auto components) { return find_interval(tables_, m, components, slots); });
        store8(tile.values(c) + at, found.symbol);
        for (int i = 0; i < (left < kVector ? left : kVector); ++i) {
            const Status status = rans_take(decoder, i, found.start[i], found.frequency[i]);
            if (status != Status::kOk) return status;
        }
        return Status::kOk;
    }

    Workspace memory_;
    const Tables tables_;
    typename Tile::Model model_;
};

template <Isa Set>
std::unique_ptr<TileCoder> make_tile_coder(const WaveModel& model) {
    if (model.learning.step_pixels > 0) return std::make_unique<Coder<LearningTile<Set>>>(model);
    return std::make_unique<Coder<IntegerTile<Set>>>(model);
}

}  // namespace
}  // namespace l3c
