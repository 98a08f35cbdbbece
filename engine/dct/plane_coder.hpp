// The planes of a picture's coefficients, in block wavefronts: l3c.dct.definition.plane. Included once by each instruction
// set's source.
//
// Block (y, x) belongs to wavefront x + 2 y. The blocks of a wavefront are coded together: the last positions of all, by rising
// y; then, from position 63 down, the coefficients of all blocks that reach it, by falling last position.
#pragma once
#include <new>

#include "dct/features.hpp"
#include "dct/network.hpp"
#include "dct/symbols.hpp"

namespace l3c::dct {
namespace {

constexpr int kSlope = 2;           // columns by which a row of blocks lags behind the row above it
constexpr int kExcessLengths = 17;  // lengths of an excess, plus 1, less its leading one: 0 .. 16 bits
constexpr int kChunk = 8;           // bits that are coded as one symbol

// What is shared by all planes of all pictures.
template <Operations Set>
struct PackedModel {
    Workspace memory;
    Tables tables;
    Scales scales;
    LogTable logs[kLogs];
    bool calibrated;
    PackedNetwork<Set> networks[kNetworks];

    explicit PackedModel(const Model& model)
        : tables(model.tables),
          scales(model.tables),
          calibrated(model.calibrated),
          networks{PackedNetwork<Set>(model.networks[0], memory), PackedNetwork<Set>(model.networks[1], memory)} {
        for (int i = 0; i < kLogs; ++i) logs[i] = model.logs[i];
    }
};

// Numbers of a plane's shape and network, of which all buffers are made.
struct Sizes {
    int blocks;                         // of the longest wavefront, rounded up to vectors
    int inputs, trunk1, trunk2, lasts;  // bytes, or numbers, of a row
    int hidden, head_inputs, head;

    Sizes(const Plane& plane, const Architecture& a) {
        const int longest = plane.rows < (plane.columns + 1) / kSlope ? plane.rows : (plane.columns + 1) / kSlope;
        blocks = rounded_up(longest, kVector);
        inputs = rounded_up(a.inputs(), kLine);
        trunk1 = rounded_up(a.trunk1, kLine);
        trunk2 = rounded_up(a.trunk2, kLine);
        lasts = rounded_up(kLasts, kSums);
        hidden = rounded_up(a.hidden, kSums);
        head_inputs = rounded_up(hidden + kMostSeen, kLine);
        head = rounded_up(a.head, kLine);
    }
};
static_assert(3 * kMostComponents + kMostReferences <= kSums, "the outputs of a head are one vector");

template <Operations Set, class Symbols, Kind kKind>
class PlaneCoder {
public:
    PlaneCoder(const PackedModel<Set>& model, const Plane* planes, int number, Symbols& symbols)
        : model_(model),
          network_(model.networks[kKind != kLuma]),
          planes_(planes),
          number_(number),
          plane_(planes[number]),
          steps_(plane_.steps, model.logs[kDequantizedLog]),
          symbols_(symbols),
          sizes_(plane_, network_.architecture),
          calibration_(model.calibrated ? new (memory_.take<Calibration>(1)) Calibration : nullptr),
          corrected_(memory_.take<Corrected8>(1)),
          counts_(memory_.take<Counts>(std::size_t(plane_.rows) * plane_.columns)),
          blocks_(memory_.take<Block>(sizes_.blocks)),
          order_(memory_.take<std::int32_t>(sizes_.blocks)),
          values_(memory_.take<std::int32_t>(sizes_.blocks)),
          symbol_(memory_.take<std::int32_t>(sizes_.blocks)),
          base_(memory_.take<std::int32_t>(sizes_.blocks)),
          step_(memory_.take<std::int32_t>(sizes_.blocks)),
          levels_(memory_.take<std::int32_t>(sizes_.blocks)),
          list_(memory_.take<std::int32_t>(sizes_.blocks)),
          start_(memory_.take<std::int32_t>(rounded_up(network_.architecture.trunk1, kSums))),
          inputs_(rows<std::uint8_t>(sizes_.inputs)),
          trunk1_(rows<std::uint8_t>(sizes_.trunk1)),
          trunk2_(rows<std::uint8_t>(sizes_.trunk2)),
          lasts_(rows<std::int32_t>(sizes_.lasts)),
          accumulators_(rows<std::int32_t>(sizes_.hidden)),
          head_inputs_(rows<std::uint8_t>(sizes_.head_inputs)),
          head_(rows<std::uint8_t>(sizes_.head)),
          outputs_(rows<std::int32_t>(kSums)),
          references_(rows<std::int32_t>(kMostReferences + 1)),
          sums_(memory_.take<Sums>(kRelated * std::size_t(plane_.rows))),
          relations_(kKind == kRelatedChroma ? related_planes() : 0) {}

    Status run() {
        const std::int64_t fronts = plane_.columns + std::int64_t(kSlope) * (plane_.rows - 1);
        for (std::int64_t t = 0; t < fronts; ++t) {
            const std::int64_t late = (t - plane_.columns + kSlope) / kSlope;
            const int first = t < plane_.columns ? 0 : int(late);
            const int end = int(t / kSlope < plane_.rows - 1 ? t / kSlope : plane_.rows - 1) + 1;
            if (first >= end) continue;
            const Status status = code_front(t, first, end - first);
            if (status != Status::kOk) return status;
        }
        return Status::kOk;
    }

private:
    template <class T>
    T* rows(int stride) {
        return memory_.take<T>(std::size_t(sizes_.blocks) * stride);
    }
    static const std::int16_t* block_of(const Plane& plane, std::int64_t y, std::int64_t x) {
        static constexpr std::int16_t kZeros[kBlock]{};
        if (y < 0 || x < 0 || x >= plane.columns) return kZeros;
        return plane.coefficients + (y * plane.columns + x) * kBlock;
    }
    int column_of(std::int64_t t, int y) const { return int(t - std::int64_t(kSlope) * y); }

    Status code_front(std::int64_t t, int first, int count) {
        if (calibration_) calibration_->begin_front(t);
        std::uint8_t statistics[2 * kBlock];  // and steps: inputs that all blocks share
        statistics_.levels(statistics, model_.logs[kDequantizedLog]);
        std::memcpy(statistics + kBlock, steps_.levels, kBlock);
        for (int j = 0; j < count; ++j) enter(blocks_[j], first + j, column_of(t, first + j), j);
        add_shared(network_.trunk1, statistics, 3 * kBlock, 2 * kBlock, start_);
        sparse(network_.trunk1, start_, inputs_, sizes_.inputs, count, trunk1_, sizes_.trunk1);
        sparse(network_.trunk2, network_.trunk2.start, trunk1_, sizes_.trunk1, count, trunk2_, sizes_.trunk2);
        sparse(network_.last, network_.last.start, trunk2_, sizes_.trunk2, count, lasts_, sizes_.lasts);
        sparse(network_.start, network_.start.start, trunk2_, sizes_.trunk2, count, accumulators_, sizes_.hidden);
        Status status = code_lasts(count);
        if (status != Status::kOk) return status;
        sort(count);
        for (int j = 0; j < count; ++j) {
            std::int32_t* to = accumulators_ + std::ptrdiff_t(j) * sizes_.hidden;
            const std::int32_t* from = network_.last_columns + blocks_[j].last * network_.hidden;
            for (int i = 0; i < network_.hidden; i += kSums)
                Set::store(to + i, Set::add(Set::load(to + i), Set::load(from + i)));
        }
        int reached = 0;
        for (int k = kBlock - 1; k >= 0; --k) {
            while (reached < count && blocks_[order_[reached]].last > k) ++reached;
            if (!reached) continue;
            status = code_position(k, reached, statistics[k]);
            if (status != Status::kOk) return status;
        }
        for (int j = 0; j < count; ++j) {
            Block& b = blocks_[j];
            if constexpr (kKind == kRelatedChroma) add_relations(b, first + j);
            statistics_.add(b.own, b.last, b.has_left ? b.left[0] : b.above[0]);
            counts_[std::size_t(first + j) * plane_.columns + column_of(t, first + j)] = counts_of(b.own);
        }
        statistics_.fade();
        return Status::kOk;
    }

    void enter(Block& b, int y, int x, int j) {
        b.left = block_of(plane_, y, x - 1);
        b.above = block_of(plane_, y - 1, x);
        b.above_left = block_of(plane_, y - 1, x - 1);
        b.above_right = block_of(plane_, y - 1, x + 1);
        b.own = plane_.coefficients + (std::size_t(y) * plane_.columns + x) * kBlock;
        b.has_left = x > 0, b.has_above = y > 0;
        std::uint8_t* trunk = inputs_ + std::ptrdiff_t(j) * sizes_.inputs;
        const Counts near[4] = {counts(y, x - 1), counts(y - 1, x), counts(y - 1, x - 1), counts(y - 1, x + 1)};
        const int lasts[4] = {near[0].last, near[1].last, near[2].last, near[3].last};
        b.surround(steps_, model_.logs, lasts, trunk);
        trunk += 5 * kBlock + 2 * kSide;
        if constexpr (kKind != kLuma) {
            see_luma(b, y, x);
            see_other(b, y, x);
            if constexpr (kKind == kRelatedChroma) relate(b, y, x);
            std::memcpy(trunk, b.luma, kBlock);
            std::memset(trunk + kBlock, 0, kBlock);
            for (int k = 0, last = last_of(b.other); k < last; ++k) {
                const std::int32_t v = dequantized(b.other[k], steps_.steps[k]);
                trunk[kBlock + k] = std::uint8_t(model_.logs[kDequantizedLog](Block::magnitude(v)));
            }
            trunk += 2 * kBlock;
        }
        for (int i = 0; i < 4; ++i) {
            trunk[i] = std::uint8_t(kCountLevel * near[i].last);
            trunk[4 + i] = std::uint8_t(kCountLevel * near[i].present);
        }
        trunk[8] = std::uint8_t(kPresent * b.has_left);
        trunk[9] = std::uint8_t(kPresent * b.has_above);
        if constexpr (kKind != kLuma) trunk[10] = number_ > 1 ? kPresent : 0;
        if constexpr (Symbols::kDecodes) {
            std::memset(b.own, 0, kBlock * sizeof *b.own);
        } else {
            b.last = counts_of(b.own).last;
        }
    }

    Counts counts(int y, int x) const {
        if (y < 0 || x < 0 || x >= plane_.columns) return {0, 0};
        return counts_[std::size_t(y) * plane_.columns + x];
    }

    // Mean dequantized magnitudes of the blocks of luma at the place of a block of chroma.
    void see_luma(Block& b, int y, int x) const {
        const Plane& luma = planes_[0];
        const auto larger = [](int v, int w) { return v > w ? v : w; };
        const auto smaller = [](int v, int w) { return v < w ? v : w; };
        const int tall = larger(1, luma.vertical / plane_.vertical);
        const int wide = larger(1, luma.horizontal / plane_.horizontal);
        const int top = smaller(y * luma.vertical / plane_.vertical, larger(0, luma.rows - tall));
        const int left = smaller(x * luma.horizontal / plane_.horizontal, larger(0, luma.columns - wide));
        std::int32_t total[kBlock]{};
        int last = 0;
        for (int dy = 0; dy < tall; ++dy)
            for (int dx = 0; dx < wide; ++dx) {
                const std::int16_t* block =
                    block_of(luma, smaller(top + dy, luma.rows - 1), smaller(left + dx, luma.columns - 1));
                const int end = last_of(block);
                last = larger(last, end);
                for (int k = 0; k < end; ++k)
                    total[k] += std::int32_t(Block::magnitude(dequantized(block[k], luma.steps[k])));
            }
        std::memset(b.luma, 0, sizeof b.luma);
        for (int k = 0; k < last; ++k)
            b.luma[k] = std::uint8_t(model_.logs[kDequantizedLog](std::uint32_t(total[k] / (tall * wide))));
    }

    // The first chroma component at the same place, for the second one, where both have one shape.
    void see_other(Block& b, int y, int x) const {
        const Plane& first = planes_[1];
        if (number_ < 2 || first.rows != plane_.rows || first.columns != plane_.columns) {
            b.other = block_of(plane_, -1, -1);
            b.other_change = 0;
            return;
        }
        b.other = block_of(first, y, x);
        b.other_change = 2 * b.other[0] - block_of(first, y, x - 1)[0] - block_of(first, y - 1, x)[0];
    }

    // Planes before this one, at most kRelated, that all have its shape; else none.
    int related_planes() const {
        const int others = number_ < kRelated ? number_ : kRelated;
        for (int i = 0; i < others; ++i)
            if (planes_[i].rows != plane_.rows || planes_[i].columns != plane_.columns) return 0;
        return others;
    }

    // Slopes and what they are multiplied with. The blocks to the left and to the upper right are those that their rows
    // have coded last, in the wavefront before.
    void relate(Block& b, int y, int x) const {
        for (int i = 0; i < kRelated; ++i) b.related[i].slope = 0;
        for (int i = 0; i < relations_; ++i) {
            static constexpr Sums kNone{0, 0};
            const Sums& left = x > 0 ? sums_[y * kRelated + i] : kNone;
            const Sums& above = y > 0 && x + 1 < plane_.columns ? sums_[(y - 1) * kRelated + i] : kNone;
            const Plane& plane = planes_[i];
            Relation& r = b.related[i];
            r.sums = {Sums::faded(left.products, above.products), Sums::faded(left.squares, above.squares)};
            r.slope = r.sums.slope();
            r.other = block_of(plane, y, x), r.steps = plane.steps;
            const std::int32_t change = 2 * r.other[0] - block_of(plane, y, x - 1)[0] - block_of(plane, y - 1, x)[0];
            const std::int64_t value = (std::int64_t(change) * plane.steps[0]) >> 1;
            r.change = std::int32_t(value < -kMostDequantized  ? -kMostDequantized
                                    : value > kMostDequantized ? kMostDequantized
                                                               : value);
        }
    }

    void add_relations(Block& b, int y) {
        for (int i = 0; i < relations_; ++i) {
            Relation& r = b.related[i];
            r.sums.add(b.own, plane_.steps, r.other, r.steps);
            sums_[y * kRelated + i] = r.sums;
        }
    }

    Status code_lasts(int count) {
        for (int j = 0; j < count; ++j) {
            const std::int32_t* logits = lasts_ + std::ptrdiff_t(j) * sizes_.lasts;
            std::int32_t powers[kLasts], top = logits[0], sum = 0;
            for (int p = 1; p < kLasts; ++p) top = top > logits[p] ? top : logits[p];
            for (int p = 0; p < kLasts; ++p) {
                const std::uint32_t below = std::uint32_t(top) - std::uint32_t(logits[p]);
                powers[p] = model_.tables.exponential[below < kExponentials - 1 ? below : kExponentials - 1];
                sum += powers[p];
            }
            const std::int32_t share = (1 << 2 * kWeightBits) / sum;
            std::int32_t left = 1 << kWeightBits;
            for (int p = 0; p < kLasts; ++p) {
                powers[p] = (powers[p] * share) >> kWeightBits;
                left -= powers[p];
            }
            powers[0] += left;
            std::int32_t cumulative[kLasts + 1], below = 0, factor = 0;
            if (calibration_) {
                factor = calibration_->correct_lasts(powers, cumulative);
            } else {
                for (int p = 0; p <= kLasts; ++p) {
                    cumulative[p] = p + ((below * (kTotal - kLasts)) >> kWeightBits);
                    if (p < kLasts) below += powers[p];
                }
            }
            const Status status = symbols_.row(j, blocks_[j].last, cumulative, kLasts);
            if (status != Status::kOk) return status;
            if (calibration_) calibration_->count_last(powers, factor, blocks_[j].last);
        }
        symbols_.end_group();
        if (calibration_) calibration_->renew_lasts();
        return Status::kOk;
    }

    // By falling last position; those that share one by rising y.
    void sort(int count) {
        int starts[kLasts + 1]{};
        for (int j = 0; j < count; ++j) ++starts[kLasts - blocks_[j].last];
        for (int i = 0; i < kLasts; ++i) starts[i + 1] += starts[i];
        for (int j = 0; j < count; ++j) order_[starts[kLasts - 1 - blocks_[j].last]++] = j;
    }

    Status code_position(int k, int n, std::uint8_t statistic) {
        const int hidden = network_.hidden, seen = network_.architecture.hidden;
        const std::int32_t* position = network_.positions + k * hidden;
        for (int i = 0; i < n; ++i) {
            const int j = order_[i];
            const std::int32_t* from = accumulators_ + std::ptrdiff_t(j) * sizes_.hidden;
            std::uint8_t* to = head_inputs_ + std::ptrdiff_t(i) * sizes_.head_inputs;
            for (int h = 0; h < hidden; h += kSums)
                Set::activate(to + h, Set::add(Set::load(from + h), Set::load(position + h)), network_.shift + h);
            blocks_[j].template position<kKind>(k, steps_, model_.logs, statistic, to + seen, references_ + i,
                                                sizes_.blocks);
        }
        dense(network_.heads[2 * k], head_inputs_, sizes_.head_inputs, n, head_, sizes_.head);
        dense(network_.heads[2 * k + 1], head_, sizes_.head, n, outputs_, kSums);
        Status status;
        switch (network_.architecture.components) {
            case 1: status = code_values(k, n, std::integral_constant<int, 1>{}); break;
            case 2: status = code_values(k, n, std::integral_constant<int, 2>{}); break;
            default: status = code_values(k, n, std::integral_constant<int, 3>{});
        }
        if (status != Status::kOk) return status;
        const std::int16_t* columns = network_.columns + std::ptrdiff_t(k) * hidden * 2;
        for (int i = 0; i < n; ++i) {
            if (!values_[i]) continue;
            const int j = order_[i];
            if constexpr (Symbols::kDecodes) blocks_[j].own[k] = std::int16_t(values_[i]);
            const int step = blocks_[j].set(k, values_[i], steps_, model_.logs[kEdgeLog]);
            std::int32_t* to = accumulators_ + std::ptrdiff_t(j) * sizes_.hidden;
            for (int h = 0; h < hidden; h += kSums)
                Set::store(to + h, Set::add_pair(Set::load(to + h), step, step < 0 ? -step : step, columns + 2 * h));
        }
        return Status::kOk;
    }

    // From rows kSums apart, eight of each.
    static void transpose(const std::int32_t* rows, I32x8* columns) {
        I32x8 a[kVector], b[kVector];
        for (int v = 0; v < kVector; ++v) a[v] = load8(rows + v * kSums);
        for (int v = 0; v < kVector; v += 2) {
            b[v] = __builtin_shufflevector(a[v], a[v + 1], 0, 8, 2, 10, 4, 12, 6, 14);
            b[v + 1] = __builtin_shufflevector(a[v], a[v + 1], 1, 9, 3, 11, 5, 13, 7, 15);
        }
        for (int v = 0; v < kVector; ++v) {
            const int w = v & 1, half = v & 4, pair = half + w;
            a[v] = v & 2 ? __builtin_shufflevector(b[pair], b[pair + 2], 2, 3, 10, 11, 6, 7, 14, 15)
                         : __builtin_shufflevector(b[pair], b[pair + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        }
        for (int v = 0; v < kVector / 2; ++v) {
            columns[v] = __builtin_shufflevector(a[v], a[v + 4], 0, 1, 2, 3, 8, 9, 10, 11);
            columns[v + 4] = __builtin_shufflevector(a[v], a[v + 4], 4, 5, 6, 7, 12, 13, 14, 15);
        }
    }

    // Coefficients k of the first n blocks, to or from values_.
    template <class Count>
    Status code_values(int k, int n, Count components) {
        constexpr int kReferences = kKind == kRelatedChroma ? kMostReferences : kKind == kChroma ? 5 : 4;
        bool plain = true;
        if (calibration_) calibration_->begin_position(k);
        for (int i = 0; i < n; i += kVector) {
            I32x8 outputs[kSums], references[kReferences], last, known;
            transpose(outputs_ + i * kSums, outputs);
            if (3 * components + kReferences > kVector) transpose(outputs_ + i * kSums + kVector, outputs + kVector);
            for (int r = 0; r < kReferences; ++r) references[r] = load8(references_ + r * sizes_.blocks + i);
            for (int v = 0; v < kVector; ++v) {
                const Block& b = blocks_[order_[i + v]];
                last[v] = b.last == k + 1 ? -1 : 0;
                known[v] = Symbols::kDecodes ? 0 : b.own[k];
            }
            const bool calibrated = calibration_;
            const I32x8 origin = load8(references_ + kMostReferences * sizes_.blocks + i);
            const Window8 w = make_window(model_.tables, model_.scales, components, outputs, references, kReferences,
                                          origin, calibrated ? all8(0) : last, calibrated ? kFineFrom : kCoarseFrom);
            I32x8 symbol = all8(0);
            if constexpr (!Symbols::kDecodes) {
                symbol = min8(max8((known - w.base) >> w.step, all8(0)), w.levels - 1);
                symbol += (w.zero != kNone) & (symbol > w.zero);
            }
            const Status status = calibrated ? code_calibrated(k, n - i, components, w, last, symbol)
                                             : symbols_.window(model_.tables, w, components, symbol, n - i);
            if (status != Status::kOk) return status;
            symbol -= (w.zero != kNone) & (symbol >= w.zero);
            store8(symbol_ + i, symbol);
            store8(base_ + i, w.base);
            store8(step_ + i, w.step);
            store8(levels_ + i, w.levels);
            store8(values_ + i, Symbols::kDecodes ? w.base + symbol : known);
            const I32x8 special = (symbol == 0) | (symbol == w.levels - 1) | (w.step != 0);
            for (int v = 0; v < kVector; ++v) plain &= special[v] == 0 || i + v >= n;
        }
        symbols_.end_group();
        if (calibration_) calibration_->renew(k);
        return plain ? Status::kOk : code_rests(n);
    }

    template <class Count>
    Status code_calibrated(int k, int left, Count components, const Window8& w, I32x8 last, I32x8& symbol) {
        calibration_->correct(k, model_.tables, w, components, last, left, *corrected_);
        const Status status = symbols_.corrected(model_.tables, w, components, *corrected_, symbol);
        if (status != Status::kOk) return status;
        calibration_->count(k, w, *corrected_, symbol, left);
        return Status::kOk;
    }

    // Of coefficients in steps of several values, and of those beyond their windows.
    Status code_rests(int n) {
        const auto beyond = [&](int i) { return symbol_[i] == 0 || symbol_[i] == levels_[i] - 1; };
        const auto edge = [&](int i) { return base_[i] + ((symbol_[i] ? symbol_[i] : 1) << step_[i]); };
        int most = 0;
        for (int i = 0; i < n; ++i) most = most > step_[i] ? most : step_[i];
        for (int step = 1; step <= most; ++step) {
            int count = 0;
            for (int i = 0; i < n; ++i) {
                if (step_[i] != step || beyond(i)) continue;
                std::int32_t rest = values_[i] - edge(i);
                const Status status = symbols_.uniform(count++, rest, 1 << step);
                if (status != Status::kOk) return status;
                values_[i] = edge(i) + rest;
            }
            if (count) symbols_.end_group();
        }
        int count = 0;
        for (int i = 0; i < n; ++i)
            if (beyond(i)) list_[count++] = i;
        return count ? code_excesses(count, edge) : Status::kOk;
    }

    // Numbers from 0 up of the coefficients in list_: the length of n + 1 in bits, less 1; then its bits below the leading one,
    // from above.
    template <class Edge>
    Status code_excesses(int count, Edge edge) {
        std::int32_t *given = base_lengths(), *length = given + sizes_.blocks, *total = length + sizes_.blocks;
        for (int c = 0; c < count; ++c) {
            const int i = list_[c];
            given[c] = (symbol_[i] ? values_[i] - edge(i) : edge(i) - 1 - values_[i]) + 1;
            length[c] = 0;
            if constexpr (!Symbols::kDecodes)
                while (given[c] >> (length[c] + 1)) ++length[c];
            const Status status = symbols_.uniform(c, length[c], kExcessLengths);
            if (status != Status::kOk) return status;
            total[c] = 1;
        }
        symbols_.end_group();
        for (const int low : {kChunk, 0})
            for (int bits = 1; bits <= kChunk; ++bits) {
                int coded = 0;
                for (int c = 0; c < count; ++c) {
                    const int left = length[c] - low;
                    if ((left < kChunk ? left : kChunk) != bits) continue;
                    std::int32_t part = (given[c] >> low) & ((1 << bits) - 1);
                    const Status status = symbols_.uniform(coded++, part, 1 << bits);
                    if (status != Status::kOk) return status;
                    total[c] = total[c] << bits | part;
                }
                if (coded) symbols_.end_group();
            }
        for (int c = 0; c < count; ++c) {
            const int i = list_[c];
            values_[i] = symbol_[i] ? edge(i) + total[c] - 1 : edge(i) - total[c];
            if (values_[i] < INT16_MIN || values_[i] > INT16_MAX) return Status::kBeyond16Bits;
        }
        return Status::kOk;
    }
    std::int32_t* base_lengths() {
        if (!excesses_) excesses_ = rows<std::int32_t>(3);
        return excesses_;
    }

    const PackedModel<Set>& model_;
    const PackedNetwork<Set>& network_;
    const Plane* planes_;
    const int number_;
    const Plane& plane_;
    const Steps steps_;
    Symbols& symbols_;
    Workspace memory_;
    const Sizes sizes_;
    Statistics statistics_;
    Calibration* const calibration_;  // null where models are not calibrated
    Corrected8* const corrected_;
    Counts* const counts_;  // of blocks, by rows
    Block* const blocks_;   // of a wavefront, by rising y
    std::int32_t* const order_;
    // Of a position's coefficients, in the order in which they are coded.
    std::int32_t *const values_, *const symbol_, *const base_, *const step_, *const levels_, *const list_;
    std::int32_t* const start_;  // of sums of trunk1, with what all blocks of a wavefront share
    // Rows of a wavefront's blocks.
    std::uint8_t *const inputs_, *const trunk1_, *const trunk2_;
    std::int32_t *const lasts_, *const accumulators_;
    std::uint8_t *const head_inputs_, *const head_;
    std::int32_t *const outputs_, *const references_;
    std::int32_t* excesses_ = nullptr;
    Sums* const sums_;     // of each row's latest block, [row][relation]
    const int relations_;  // planes that this one is predicted from
};

template <Operations Set>
class PlanesCoder final : public Coder {
public:
    explicit PlanesCoder(const Model& model) : model_(model) {}

    std::vector<std::uint8_t> encode(const Plane* planes, int count) const override {
        Writer writer;
        run(planes, count, writer);
        return writer.finish();
    }
    Status decode(const std::uint8_t* payload, std::size_t size, const Plane* planes, int count) const override {
        Reader reader;
        Status status = reader.begin(payload, size);
        if (status == Status::kOk) status = run(planes, count, reader);
        return status == Status::kOk ? reader.finish() : status;
    }

private:
    template <class Symbols>
    Status run(const Plane* planes, int count, Symbols& symbols) const {
        Status status = Status::kOk;
        for (int i = 0; i < count && status == Status::kOk; ++i) {
            const Kind kind = model_.networks[i > 0].architecture.kind();
            if (kind == kRelatedChroma)
                status = PlaneCoder<Set, Symbols, kRelatedChroma>(model_, planes, i, symbols).run();
            else if (kind == kChroma)
                status = PlaneCoder<Set, Symbols, kChroma>(model_, planes, i, symbols).run();
            else
                status = PlaneCoder<Set, Symbols, kLuma>(model_, planes, i, symbols).run();
        }
        return status;
    }
    PackedModel<Set> model_;
};

template <Operations Set>
std::unique_ptr<Coder> make_coder(const Model& model) {
    return std::make_unique<PlanesCoder<Set>>(model);
}

}  // namespace
}  // namespace l3c::dct
