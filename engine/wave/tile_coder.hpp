// Tiles to payloads and back. Included once by each instruction set's source.
//
// The pixels of a wavefront do not depend on each other, so threads share them: each codes a strip of every wavefront, and all
// meet at its end. Sums of gradients run over all pixels in their order, however many threads there are: they share the
// parameters, not the pixels. So bits do not depend on the number of threads.
#pragma once
#include <algorithm>

#include "coding/rans_vector.hpp"
#include "team.hpp"
#include "wave/deep_tile.hpp"
#include "wave/integer_tile.hpp"
#include "wave/learning_tile.hpp"
#include "wave/streams.hpp"

namespace l3c {
namespace {

// A tile as its threads see it. Tile: what predicts the mixtures (IntegerTile, LearningTile).
template <class Tile>
class Views {
public:
    // strips: into which wavefronts are divided; thread i codes strips first_strip(i) .. first_strip(i + 1) - 1.
    Views(const typename Tile::Model& model, int height, int width, SampleDepth depth, int strips, int threads)
        : strips_(strips), threads_(threads) {
        const int each = (strips + threads - 1) / threads, all = most_pixels(height, width);
        const int most = std::min(all, (all * each + strips - 1) / strips + 2 * kStripRows);
        for (int i = 0; i < threads; ++i) {
            shared_.begin_view();
            owner_[i].reset(new Tile(model, height, width, depth, {threads, i ? most : all}, shared_));
            views_[i] = owner_[i].get();
        }
    }

    SharedWorkspace& shared() { return shared_; }
    // Of the wavefront that is coded.
    int first_strip(int thread) const { return strips_ * thread / active_; }

    // All wavefronts, by all threads of the team that the views are for. side: the tile with its side information, where the
    // model has it. code(tile, i, c): turns the mixtures of channel c of thread i's strips into samples, or samples into
    // intervals. begin(tile), end(tile): around a wavefront.
    template <class Begin, class Code, class End>
    Status run(Team& team, const std::uint8_t* side, Begin begin, Code code, End end) {
        if (side) views_[0]->set_side(side);
        std::int64_t t = 0;
        Status status[kMostStreams]{};
        const auto code_strips = [&](int i) {
            Tile& tile = *views_[i];
            tile.enter(t, first_strip(i), first_strip(i + 1), strips_);
            begin(tile);
            status[i] = tile.count() ? code_wavefront(tile, t, i, code) : Status::kOk;
            end(tile);
            if (side && i == 0) tile.show_side_after(side, t);
        };
        const auto step = [&](int i) {
            if constexpr (Tile::kLearns) views_[i]->step(views_, i, active_);
        };
        const auto by_all = [&](const auto& work) {
            if (active_ > 1)
                team.run(work);
            else
                work(0);
        };
        for (; t < views_[0]->wavefronts(); ++t) {
            active_ = team.ready() ? threads_ : 1;
            by_all(code_strips);
            for (int i = 0; i < active_; ++i)
                if (status[i] != Status::kOk) return status[i];
            if constexpr (Tile::kDeep)
                views_[0]->sample_scale().repeats().merge(
                    active_, [&](int i) -> auto& { return views_[i]->sample_scale().repeats(); });
            if constexpr (Tile::kLearns)
                if (views_[0]->learns_from(t)) {
                    views_[0]->begin_step();
                    by_all(step);
                    views_[0]->end_step(active_);
                }
        }
        return Status::kOk;
    }

private:
    template <class Code>
    Status code_wavefront(Tile& tile, std::int64_t t, int i, Code code) {
        tile.context();
        tile.share();
        for (int c = tile.first_channel(); c < tile.channels(); ++c) {
            tile.predict_mixtures(c);
            const Status status = code(tile, i, c);
            if (status != Status::kOk) return status;
            tile.set_residual(c);
            if constexpr (Tile::kLearns)
                if (tile.learns_from(t)) tile.learn(c);
        }
        if constexpr (Tile::kLearns)
            if (tile.learns_from(t)) tile.learn_shared();
        tile.remember();
        return Status::kOk;
    }

    const int strips_, threads_;
    int active_ = 1;  // threads that code this wavefront
    SharedWorkspace shared_;
    std::unique_ptr<Tile> owner_[kMostStreams];
    Tile* views_[kMostStreams];
};

// DeepTile: the same as Tile for samples of more than 8 bits.
template <class Tile, class DeepTile>
class Coder final : public TileCoder {
public:
    explicit Coder(const WaveModel& model) : tables_(model.tables), model_(model, memory_) { model_.tables = &tables_; }

    std::vector<std::uint8_t> encode(const std::uint8_t* pixels, int height, int width, int threads) const override {
        return encode_tile<Tile, 1>(
            pixels, kBytes, height, width, threads,
            [&](Tile& tile, int c, int at, int left, Interval* const* out) { put(tile, c, at, left, out[0]); });
    }

    std::vector<std::uint8_t> encode_deep(const std::uint16_t* pixels, SampleDepth depth, int height, int width,
                                          int threads) const override {
        std::vector<std::uint8_t> payload = encode_tile<DeepTile, kDeepSymbols>(
            pixels, depth, height, width, threads, [&](DeepTile& tile, int c, int at, int left, Interval* const* out) {
                put_deep(tables_, tile, c, at, left, out);
            });
        payload.insert(payload.begin(), std::uint8_t(depth.usual));
        return payload;
    }

    Status decode(const std::uint8_t* payload, std::size_t size, std::uint8_t* pixels, int height, int width,
                  int threads) const override {
        return decode_tile<Tile>(
            payload, size, pixels, kBytes, height, width, threads,
            [&](Tile& tile, int c, Strip(&strips)[kTogether]) { return take_all(tile, c, strips); });
    }

    Status decode_deep(const std::uint8_t* payload, std::size_t size, std::uint16_t* pixels, int depth, int height,
                       int width, int threads) const override {
        if (size < 1) return Status::kTooShort;
        const int usual = payload[0];
        if (usual > kMostUsual) return Status::kBadSteps;
        return decode_tile<DeepTile>(payload + 1, size - 1, pixels, {depth, usual}, height, width, threads,
                                     [&](DeepTile& tile, int c, Strip(&strips)[kTogether]) {
                                         for (const Strip& strip : strips)
                                             for (int at = strip.at; at < strip.end; at += kVector) {
                                                 const Status status =
                                                     take_deep(tables_, tile, c, at, strip.end - at, *strip.decoder);
                                                 if (status != Status::kOk) return status;
                                             }
                                         return Status::kOk;
                                     });
    }

private:
    static constexpr SampleDepth kBytes{kByteDepth, 0};

    // What is left of a strip to decode: pixels at .. end - 1.
    struct Strip {
        int at, end;
        RansDecoder* decoder;
    };
    // Strips whose symbols are searched for at once, since a search waits for its own results most of the time. This encoder gives
    // a tile as many streams at most.
    static constexpr int kTogether = 4;

    // put(tile, c, at, left, out): the intervals of channel c of eight pixels, or of the `left` ones there are; a sample has
    // `symbols` of them, each kind in an array of its own.
    template <class AnyTile, int symbols, class Sample, class Put>
    std::vector<std::uint8_t> encode_tile(const Sample* pixels, SampleDepth depth, int height, int width, int threads,
                                          Put put_some) const {
        const int channels = model_.architecture.coded();
        Team team(useful_strips(height, width, threads));
        Views<AnyTile> views(model_, height, width, depth, team.size(), team.size());
        const std::size_t all = std::size_t(height) * width * channels;
        auto* intervals = views.shared().template take<Interval>(symbols * all);
        const auto code = [&](AnyTile& tile, int, int c) {
            const RowRange rows = tile.wavefront();
            Interval* out[symbols];
            for (int k = 0; k < symbols; ++k)
                out[k] = intervals + k * all + tile.pixels_before() * channels +
                         std::size_t(c - tile.first_channel()) * rows.size() + (tile.first() - rows.begin);
            for (int at = 0; at < tile.count(); at += kVector) {
                put_some(tile, c, at, tile.count() - at, out);
                for (Interval*& to : out) to += kVector;
            }
            return Status::kOk;
        };
        views.run(team, side(pixels), [&](AnyTile& tile) { fetch(tile, pixels, width); }, code, [](AnyTile&) {});
        return encode_streams(intervals, symbols, height, width, channels, team);
    }

    // take(tile, c, strips): decodes channel c of strips, which follow each other.
    template <class AnyTile, class Sample, class Take>
    Status decode_tile(const std::uint8_t* payload, std::size_t size, Sample* pixels, SampleDepth depth, int height,
                       int width, int threads, Take take_some) const {
        RansDecoder decoders[kMostStreams];
        int streams = 0;
        Status status = begin_streams(payload, size, decoders, streams);
        if (status != Status::kOk) return status;
        Team team(std::min(useful_strips(height, width, threads), streams));
        Views<AnyTile> views(model_, height, width, depth, streams, team.size());
        const auto code = [&](AnyTile& tile, int i, int c) {
            const int last = views.first_strip(i + 1);
            for (int s = views.first_strip(i); s < last; s += kTogether) {
                Strip strips[kTogether];
                for (int j = 0; j < kTogether; ++j) {
                    const int number = std::min(s + j, last);
                    strips[j] = {strip_start(tile.wavefront(), number, streams) - tile.first(),
                                 strip_start(tile.wavefront(), std::min(number + 1, last), streams) - tile.first(),
                                 &decoders[number < last ? number : s]};
                }
                const Status taken = take_some(tile, c, strips);
                if (taken != Status::kOk) return taken;
            }
            return Status::kOk;
        };
        status =
            views.run(team, side(pixels), [](AnyTile&) {}, code, [&](AnyTile& tile) { emit(tile, pixels, width); });
        for (int s = 0; s < streams && status == Status::kOk; ++s) status = rans_finish(decoders[s]);
        return status;
    }

    const std::uint8_t* side(const std::uint8_t* tile) const {
        return model_.architecture.side_channels ? tile : nullptr;
    }
    static const std::uint8_t* side(const std::uint16_t*) { return nullptr; }
    int order(int c) const { return model_.architecture.coded() == 3 ? kCodingOrder[c] : c; }

    template <class AnyTile>
    std::ptrdiff_t place(const AnyTile& tile, int width, int i, int c) const {
        const std::int64_t row = tile.first() + i, x = tile.front().t - kSlope * row;
        return (row * width + x) * model_.architecture.channels + order(c);
    }

    template <class AnyTile, class Sample>
    void fetch(AnyTile& tile, const Sample* pixels, int width) const {
        for (int c = tile.first_channel(); c < tile.channels(); ++c)
            for (int i = 0; i < tile.count(); ++i) tile.values(c)[i] = pixels[place(tile, width, i, c)];
    }

    template <class AnyTile, class Sample>
    void emit(const AnyTile& tile, Sample* pixels, int width) const {
        for (int c = tile.first_channel(); c < tile.channels(); ++c)
            for (int i = 0; i < tile.count(); ++i) pixels[place(tile, width, i, c)] = Sample(tile.values(c)[i]);
    }

    void put(Tile& tile, int c, int at, int left, Interval* out) const {
        const I32x8 symbol = load8(tile.values(c) + at) & 255;
        const Interval8 found = tile.with_mixture(
            c, at, [&](const Mixture8& m, auto components) { return interval_of(tables_, m, components, symbol); });
        const I32x8 both = found.start | (found.frequency << 16);
        for (int i = 0; i < (left < kVector ? left : kVector); ++i) out[i] = Interval(both[i]);
    }

    Status take_all(Tile& tile, int c, Strip (&strips)[kTogether]) const {
        Strip* left[kTogether];
        int count = 0;
        for (Strip& strip : strips)
            if (strip.at < strip.end) left[count++] = &strip;
        while (count) {
            const Status status = count >= 4   ? take<4>(tile, c, left)
                                  : count >= 2 ? take<2>(tile, c, left)
                                               : take<1>(tile, c, left);
            if (status != Status::kOk) return status;
            count = int(std::remove_if(left, left + count, [](const Strip* s) { return s->at >= s->end; }) - left);
        }
        return Status::kOk;
    }

    // Eight samples of each of the first strips, or those that are left.
    template <int Groups>
    Status take(Tile& tile, int c, Strip* const* strips) const {
        int at[Groups];
        I32x8 slots[Groups];
        Interval8 found[Groups];
        for (int g = 0; g < Groups; ++g) at[g] = strips[g]->at, slots[g] = slots_of(*strips[g]->decoder);
        tile.with_mixtures(c, at, [&](const Mixture8(&m)[Groups], auto components) {
            find_intervals(tables_, m, components, slots, found);
        });
        for (int g = 0; g < Groups; ++g) {
            const int count = std::min(strips[g]->end - at[g], kVector);
            const Status status = take_group(*strips[g]->decoder, found[g].start, found[g].frequency, count);
            if (status != Status::kOk) return status;
            std::int32_t* values = tile.values(c) + at[g];
            if (count == kVector)
                store8(values, found[g].symbol);
            else
                for (int i = 0; i < count; ++i) values[i] = found[g].symbol[i];
            strips[g]->at += kVector;
        }
        return Status::kOk;
    }

    Workspace memory_;
    const Tables tables_;
    typename Tile::Model model_;
};

template <Isa Set>
std::unique_ptr<TileCoder> make_tile_coder(const WaveModel& model) {
    if (model.learning.step_pixels > 0)
        return std::make_unique<Coder<LearningTile<Set>, LearningTile<Set, DeepScale>>>(model);
    return std::make_unique<Coder<IntegerTile<Set>, IntegerTile<Set, DeepScale>>>(model);
}

}  // namespace
}  // namespace l3c
