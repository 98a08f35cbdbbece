#include "graphics/tile.hpp"

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "graphics/arena.hpp"
#include "graphics/bilevel.hpp"

namespace l3c::graphics {
namespace {

constexpr int kMargin = 6;            // pixels beside each row
constexpr int kRowsAbove = 3;         // rows above the first
constexpr int kMemories = 7;          // tables of colours by context
constexpr int kContextColours = 26;   // of the greatest context
constexpr int kCandidates = 3;        // colours that are offered before one is spelled out
constexpr int kRunSizes = 26;         // bits of a run's length, with those of none and of 2^24 pixels
constexpr unsigned kSureLength = 8;   // pixels that a match foretold rightly, to be trusted
constexpr unsigned kKeptLength = 16;  // with as many, no other match is looked for
constexpr unsigned kMissesMax = 8;    // of the last 16 pixels of a match that is kept
constexpr int kTurns[2] = {3, 6};     // how many pixels before, whose contexts are part of a match's
constexpr int kLengthClasses = 13;
constexpr int kStates = 32;        // of a candidate in a memory's entry
constexpr int kPredictions = 5;    // of a sample
constexpr int kDifferences = 128;  // classes of them
constexpr int kForeseen = 5;       // depth after which a sample's upper bits are one of two numbers
constexpr int kSpellings = 6;      // contexts of exact values
constexpr int kCandidateRate = 16, kSampleRate = 30;
constexpr std::int16_t kCandidateWeight = 3328, kSampleWeight = 2560;

// Small tiles, whose rules foresee colours (format 10.12). The numbers are by trial on small pictures.
constexpr std::size_t kSmall = 8192;     // pixels, at most: larger tiles have the time to learn, and must be fast
constexpr int kSmallCandidateRate = 32;  // twice that of others: there is little time to learn
constexpr int kSmallSampleRate = 60;     // so, too
constexpr int kRules = 9;
constexpr int kMissPenalty = 4;                 // a rule that is exact is worth more than one that is close
constexpr int kErrorMax = 31;                   // an edge says little of how smooth the rest is
constexpr int kTrusts = 4;                      // 0 where a rule held at all neighbours, to 3
constexpr int kCloseCost = 24;                  // from which trust is 2: wrong by 2 at each of the four neighbours
constexpr int kNearCost = 60;                   // from which it is 3: wrong by 11 at each
constexpr int kForeseenInputs = 2;              // of a sample's mixture: by channel and trust, and by neither
constexpr std::int16_t kForeseenWeight = 4000;  // of one of these at first

constexpr int kMemoryBitsMin = 10, kMemoryBitsMax = 18;
constexpr int kSpellingBitsMin = 8, kSpellingBitsMax = 16;
constexpr std::uint32_t kGolden = 0x9E3779B1u, kOther = 0x85EBCA6Bu, kOffset = 0x7F4A7C15u, kNode = 0x2545F491u;

constexpr std::uint32_t kColours = 0xffffffu, kGray = 0x10101u;  // red, green and blue; all of them 1

bool is_gray(std::uint32_t colour) { return (colour & kColours) == (colour & 255) * kGray; }

// Folds the upper bits of a sum into the lower ones.
std::uint32_t folded(std::uint32_t h) { return h ^ h >> 15; }

std::uint32_t hash(std::uint32_t a, std::uint32_t b) { return folded(a * kGolden ^ (b + kOffset) * kOther); }

// Powers of kGolden, the factors of a context's colours.
struct Powers {
    std::uint32_t of[kContextColours + 3];
    constexpr Powers() : of() {
        std::uint32_t power = 1;
        for (auto& one : of) {
            one = power;
            power *= kGolden;
        }
    }
};
constexpr Powers kPowers;

// a + b - c, each channel within 0 .. 255.
std::uint32_t slope_of(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    if (a == c) return b;
    if (b == c) return a;
    std::uint32_t out = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        const int value = int(a >> shift & 255) + int(b >> shift & 255) - int(c >> shift & 255);
        out |= std::uint32_t(std::clamp(value, 0, 255)) << shift;
    }
    return out;
}

int bits_of(std::size_t value) { return int(std::bit_width(value)); }

// Of 16 bits. std::popcount is a call where not every processor has the instruction.
unsigned ones(unsigned bits) {
    bits -= bits >> 1 & 0x5555;
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits + (bits >> 4)) & 0x0f0f;
    return (bits + (bits >> 8)) & 31;
}

// Colours that followed a context, the more certain one first.
struct Entry {
    std::uint32_t colours[2];
    std::uint8_t times[2];
    std::uint8_t mark;
};

int confidence(int times) {
    static constexpr std::uint8_t steps[16] = {0, 1, 2, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6};
    return times < 16 ? steps[times] : 7;
}

int state_of(const Entry& entry, std::uint32_t colour) {
    if (!entry.times[0]) return 0;
    if (entry.colours[0] == colour) return 1 + confidence(entry.times[0]);
    if (entry.times[1] && entry.colours[1] == colour)
        return 9 + 2 * std::min(confidence(entry.times[1]), 3) + (entry.times[0] > 2);
    return 17 + confidence(entry.times[0]);
}

void remember(Entry& entry, std::uint32_t colour) {
    if (entry.times[0] && entry.colours[0] == colour) {
        if (entry.times[0] < 255) ++entry.times[0];
        return;
    }
    entry.times[0] >>= 1;
    if (entry.times[1] && entry.colours[1] == colour) {
        ++entry.times[1];
        if (entry.times[1] >= entry.times[0]) {
            std::swap(entry.colours[0], entry.colours[1]);
            std::swap(entry.times[0], entry.times[1]);
        }
        return;
    }
    const int place = entry.times[0] != 0;
    entry.colours[place] = colour;
    entry.times[place] = 1;
}

// What an earlier part of the tile foretells. distance: back to it, in places; 0 for none. length: pixels since the last
// that it foretold wrongly; misses: of the last 16, a bit each.
struct Match {
    std::ptrdiff_t distance = 0;
    unsigned length = 0, misses = 0;

    bool sure() const { return distance && length >= kSureLength; }
    int state() const {
        if (!distance) return 0;
        return 1 + 4 * std::min(bits_of(length), kLengthClasses - 1) + std::min(int(ones(misses & 255)), 3);
    }
    void learn(bool hit) {
        if (!distance) return;
        length = hit ? length + 1 : 0;
        misses = (misses << 1 | unsigned(!hit)) & 0xffff;
        if (ones(misses) > kMissesMax) *this = {};
    }
};

// Classes of differences -255 .. 255: 0 .. 127.
struct Classes {
    std::uint8_t of[511];
    constexpr Classes() : of() {
        for (int d = -255; d < 256; ++d) {
            const int a = d < 0 ? -d : d;
            const int q = a < 16   ? a
                          : a < 24 ? 16 + (a - 16) / 2
                          : a < 48 ? 20 + (a - 24) / 4
                          : a < 96 ? 26 + (a - 48) / 8
                                   : 32 + (a - 96) / 32;
            of[255 + d] = std::uint8_t(d < 0 ? 63 - q : 64 + q);
        }
    }
};
constexpr Classes kClasses;
int difference_class(int d) { return kClasses.of[255 + d]; }

int clipped(int v) { return std::clamp(v, 0, 255); }

int median_edge(int w, int n, int nw) {
    const int low = std::min(w, n), high = std::max(w, n);
    return std::clamp(w + n - nw, low, high);
}

// Channels in the order in which they are coded, and how many of those before are a help to predict each.
struct Order {
    int channel[kChannelsMax];
    int helps[kChannelsMax];
};
constexpr Order kOrders[kChannelsMax] = {
    {{0}, {0}},
    {{1, 0}, {0, 0}},
    {{1, 0, 2}, {0, 1, 2}},
    {{3, 1, 0, 2}, {0, 0, 1, 2}},
};

// Four bits of a value: the nodes of their tree are 1 .. 15.
struct alignas(64) Line {
    Chance chances[16];
};

struct State {
    Chance by_entry[kCandidates][kMemories][kStates];
    Chance by_pair[kCandidates][2][kStates * kStates];
    Chance by_missed[kCandidates][kStates * 16];
    Chance by_equal[kCandidates][384];  // of six equal colours, broken, and three of the slope
    Chance by_match[kCandidates][2][1 + 4 * kLengthClasses];
    Weights candidate_weights[kCandidates][8];
    Refinement candidate_refinements[kCandidates][64];
    Chance row[32];
    Chance gray[64];
    Chance whole_run[kRunSizes][2][2][2];
    Chance run_bits[kRunSizes][kRunSizes];
    Chance run_rest[kRunSizes][4];
    Chance by_prediction[kPredictions][kChannelsMax][8][kDifferences][8];
    Chance by_foreseen[kChannelsMax][8][kDifferences][kTrusts];
    Chance by_any_foreseen[8][kDifferences];
    Weights sample_weights[kChannelsMax][8][8];
    Refinement sample_refinements[kChannelsMax][8][8];

    State(const DecisionTables& tables, bool small) {
        for (auto& rank : candidate_weights)
            for (auto& weights : rank) std::fill(weights.w, weights.w + kLanes, kCandidateWeight);
        for (auto& channel : sample_weights)
            for (auto& depth : channel)
                for (auto& weights : depth) {
                    std::fill(weights.w, weights.w + kLanes, kSampleWeight);
                    if (small) std::fill_n(weights.w + kPredictions + kSpellings, kForeseenInputs, kForeseenWeight);
                }
        for (int i = 0; i < kDifferences; ++i) {
            const int odds = 6 * (2 * i + 1 - kDifferences) + kStretchReach;
            const Chance chance{std::int16_t(tables.squash[odds] - 32768), 1};
            for (auto& prediction : by_prediction)
                for (auto& channel : prediction)
                    for (auto& depth : channel) std::fill(depth[i], depth[i] + 8, chance);
            if (!small) continue;
            for (auto& channel : by_foreseen)
                for (auto& depth : channel) std::fill(depth[i], depth[i] + kTrusts, chance);
            for (auto& depth : by_any_foreseen) depth[i] = chance;
        }
        Refinement first;
        for (int i = 0; i <= kRefined; ++i)
            first.steps[i] = {std::int16_t(tables.squash[i * (2 * kStretchReach) / kRefined] - 32768), 6};
        for (auto& rank : candidate_refinements) std::fill(rank, rank + 64, first);
        for (auto& channel : sample_refinements)
            for (auto& depth : channel) std::fill(depth, depth + 8, first);
    }
};

template <class Coder>
class TileCoder {
public:
    TileCoder(Coder& coder, const DecisionTables& tables, std::size_t height, std::size_t width, int channels)
        : coder_(coder),
          decide_(coder, tables),
          height_(height),
          width_(width),
          channels_(channels),
          stride_(std::ptrdiff_t(width) + 2 * kMargin),
          rows_((height + kRowsAbove) * std::size_t(stride_), 0),
          small_(height * width <= kSmall),
          state_(std::make_unique<State>(tables, small_)),
          memory_bits_(std::clamp(bits_of(height * width - 1), kMemoryBitsMin, kMemoryBitsMax)),
          spelling_bits_(std::clamp(bits_of(height * width - 1), kSpellingBitsMin, kSpellingBitsMax)) {}

    std::uint32_t* row(std::size_t y) { return rows_.data() + (y + kRowsAbove) * std::size_t(stride_) + kMargin; }

    // source: the tile's pixels [height, width] if they are known. False where the payload ended early.
    bool code(const std::uint32_t* source) {
        take_memory(begins_bilevel(source));
        unsigned same = 0;
        for (std::size_t y = 0; y < height_; ++y, source += Coder::kEncodes ? width_ : 0) {
            std::uint32_t *here = row(y), *above = here - stride_;
            first_row_ = y == 0;
            std::fill(here - kMargin, here, above[0]);
            bool equal = false;
            if (bilevel_) bilevel_->begin_row();
            if (y) {
                if constexpr (Coder::kEncodes) equal = std::equal(source, source + width_, above);
                equal = decide_.single(equal, state_->row[same & 31]);
                same = same << 1 | unsigned(equal);
            }
            if (equal) {
                std::copy(above, above + width_, here);
                if (bilevel_) bilevel_->repeat_row();
            } else {
                code_row(here, source);
            }
            if (bilevel_) bilevel_->end_row();
            std::fill(here + width_, here + width_ + kMargin, here[width_ - 1]);
            if constexpr (!Coder::kEncodes)
                if (coder_.overrun()) return false;
        }
        return true;
    }

private:
    // Whether all colours are 0 and 1.
    bool begins_bilevel(const std::uint32_t* source) {
        if (channels_ != 1) return false;
        bool bilevel = false;
        if constexpr (Coder::kEncodes)
            bilevel = std::all_of(source, source + height_ * width_, [](std::uint32_t colour) { return colour < 2; });
        return decide_.even(bilevel);
    }

    void take_memory(bool bilevel) {
        const std::size_t places = std::size_t(1) << memory_bits_, lines = std::size_t(1) << spelling_bits_;
        const std::size_t others = kMemories * Arena::bytes<Entry>(places) + kSpellings * Arena::bytes<Line>(lines);
        arena_ = std::make_unique<Arena>((bilevel ? Bilevel<Coder>::bytes(memory_bits_) : others) +
                                         Arena::bytes<std::uint32_t>(places));
        places_ = arena_->take<std::uint32_t>(places);
        if (bilevel) {
            bilevel_ = std::make_unique<Bilevel<Coder>>(decide_, state_->candidate_refinements[0][0], *arena_, width_,
                                                        memory_bits_);
            return;
        }
        for (auto& memory : memories_) memory = arena_->take<Entry>(places);
        for (auto& spelling : spellings_) spelling = arena_->take<Line>(lines);
    }

    void code_row(std::uint32_t* here, const std::uint32_t* source) {
        bool after_run = false;
        for (std::size_t x = 0; x < width_;) {
            std::uint32_t* p = here + x;
            const std::uint32_t colour = p[-1];
            const bool sure = match_.sure();
            const std::uint32_t* foretold = p - match_.distance;
            bool broken = false;
            if (is_flat(p) && !(sure && foretold[0] != colour)) {
                std::size_t length = 1;
                while (x + length < width_ && !(sure && foretold[length] != colour) &&
                       p[std::ptrdiff_t(length) + 2 - stride_] == colour &&
                       p[std::ptrdiff_t(length) + 1 - 2 * stride_] == colour)
                    ++length;
                std::size_t run = length;
                if constexpr (Coder::kEncodes) {
                    run = 0;
                    while (run < length && source[x + run] == colour) ++run;
                }
                run = code_run(run, length, x + length == width_, after_run, sure);
                std::fill(p, p + run, colour);
                if (bilevel_) bilevel_->put(x, run, colour);
                x += run;
                after_run = run == length;
                if (after_run) continue;
                p += run;
                broken = true;
            }
            const std::uint32_t actual = Coder::kEncodes ? source[x] : 0;
            *p = bilevel_ ? code_bilevel(p, x, actual, broken) : code_pixel(p, actual, broken, x + 1 < width_);
            after_run = false;
            ++x;
        }
    }

    std::uint32_t code_bilevel(const std::uint32_t* p, std::size_t x, std::uint32_t actual, bool broken) {
        if (broken) {
            bilevel_->put(x, 1, p[-1] ^ 1);
            return p[-1] ^ 1;
        }
        std::uint32_t foretold = 0;
        const std::uint32_t colour = std::uint32_t(bilevel_->code(x, int(actual), [&](std::uint32_t context) {
            look_for_match(std::uint32_t(p - rows_.data()), context, *match_place(context));
            foretold = match_.distance ? p[-match_.distance] : 0;
            return std::pair(match_.state(), foretold);
        }));
        match_.learn(colour == foretold);
        return colour;
    }

    bool is_flat(const std::uint32_t* p) const {
        const std::uint32_t c = p[-1];
        const std::uint32_t *n = p - stride_, *nn = n - stride_;
        return c == p[-2] && c == n[-2] && c == n[-1] && c == n[0] && c == n[1] && c == n[2] && c == nn[0];
    }

    // How many of `length` pixels continue the flat area.
    std::size_t code_run(std::size_t run, std::size_t length, bool to_the_end, bool after_run, bool sure) {
        const int size = bits_of(length);
        if (decide_.single(run == length, state_->whole_run[size][to_the_end][after_run][sure])) return length;
        const int most = bits_of(length - 1), own = bits_of(run);
        int bits = 0;
        while (bits < most && decide_.single(bits < own, state_->run_bits[size][bits])) ++bits;
        std::size_t found = bits > 0;
        for (int i = bits - 2; i >= 0; --i) {
            const int bit = int(run >> i & 1), done = bits - 2 - i;
            found = found << 1 |
                    std::size_t(done < 2 ? decide_.single(bit, state_->run_rest[bits][done + (done && found & 1)])
                                         : decide_.even(bit));
        }
        return std::min(found, length - 1);
    }

    // Where the pixel that is coded next finds its match. far: its greatest context, or of bilevel tiles a circle's.
    std::uint32_t* match_place(std::uint32_t far) const {
        const std::uint32_t context = folded(far + recent_[(turn_ - kTurns[0]) & 7] * kPowers.of[kContextColours + 1] +
                                             recent_[(turn_ - kTurns[1]) & 7] * kPowers.of[kContextColours + 2]);
        return &places_[context * kGolden >> (32 - memory_bits_)];
    }

    // Another match, where the current one is not kept and these contexts occurred before. last: of `match_place`.
    void look_for_match(std::uint32_t place, std::uint32_t far, std::uint32_t& last) {
        recent_[turn_++ & 7] = far;
        const auto distance = std::ptrdiff_t(place - last);
        if (match_.length < kKeptLength && last && distance != match_.distance) match_ = {distance, 0, 0};
        last = place;
    }

    // The entries of the pixel at p, whose left neighbour has the colour w, on their way to the cache.
    void find_entries(const std::uint32_t* p, std::uint32_t w) {
        const std::uint32_t *n = p - stride_, *nn = n - stride_, *nnn = nn - stride_;
        const auto& power = kPowers.of;
        std::uint32_t contexts[kMemories], sum = w * power[1];
        contexts[6] = sum;
        contexts[5] = sum += n[0] * power[2];
        contexts[4] = sum += n[1] * power[3] + n[-1] * power[4];
        contexts[3] = sum += p[-2] * power[5] + nn[0] * power[6];
        contexts[2] = sum += n[2] * power[7] + n[-2] * power[8];
        sum += nn[1] * power[9] + nn[-1] * power[10] + p[-3] * power[11] + nnn[0] * power[12];
        contexts[1] = sum += n[3] * power[13] + nn[2] * power[14] + nn[-2] * power[15] + n[-3] * power[16];
        sum += nn[3] * power[17] + nn[-3] * power[18] + nnn[1] * power[19] + nnn[-1] * power[20] + nnn[2] * power[21];
        sum += nnn[-2] * power[22] + nnn[3] * power[23] + nnn[-3] * power[24] + p[-4] * power[25] + n[4] * power[26];
        contexts[0] = sum;
        for (int i = 0; i < kMemories; ++i) {
            const std::uint32_t place = folded(contexts[i]) * kGolden;
            found_.marks[i] = std::uint8_t(place);
            found_.entries[i] = &memories_[i][place >> (32 - memory_bits_)];
            __builtin_prefetch(found_.entries[i], 1);
            __builtin_prefetch(&found_.entries[i]->mark, 1);  // which may lie in the next line
        }
        found_.place = p;
        found_.left = w;
        found_.far = sum;
        found_.last = match_place(sum);
        __builtin_prefetch(found_.last, 1);
    }

    // more: whether another pixel follows in the row. Its entries are looked up before this one's colour is known, as if
    // it were the first candidate, which it mostly is: they take longer to come than anything else here.
    std::uint32_t code_pixel(const std::uint32_t* p, std::uint32_t actual, bool broken, bool more) {
        const std::uint32_t *n = p - stride_, *nn = n - stride_;
        const std::uint32_t near[6] = {p[-1], n[0], n[1], n[-1], p[-2], nn[0]};
        if (found_.place != p || found_.left != near[0]) find_entries(p, near[0]);
        Entry* entries[kMemories];
        for (int i = 0; i < kMemories; ++i) {
            entries[i] = found_.entries[i];
            if (entries[i]->mark != found_.marks[i]) *entries[i] = Entry{{0, 0}, {0, 0}, found_.marks[i]};
        }

        look_for_match(std::uint32_t(p - rows_.data()), found_.far, *found_.last);
        const std::uint32_t foretold = p[-match_.distance];
        std::uint32_t offered[kCandidates] = {};
        int count = 0;
        const auto offer = [&](std::uint32_t colour) {
            if (count == kCandidates || (broken && colour == near[0])) return;
            for (int i = 0; i < count; ++i)
                if (offered[i] == colour) return;
            offered[count++] = colour;
        };
        if (small_) {
            slope_ = foresee(p);
            if (std::all_of(trusts_, trusts_ + channels_, [](int trust) { return trust == 0; })) offer(slope_);
        } else {
            slope_ = first_row_ ? slope_of(near[0], near[0], near[4]) : slope_of(near[0], near[1], near[3]);
        }
        if (match_.sure()) offer(foretold);
        for (int i = 0; i < kMemories - 1; ++i)
            if (entries[i]->times[0]) offer(entries[i]->colours[0]);
        is_sloped_ = slope_ != near[0] && slope_ != near[1];
        if (is_sloped_ && slopes_ & 1) offer(slope_);
        for (int i = 0; i < 4; ++i) offer(near[i]);
        for (const Entry* entry : entries)
            if (entry->times[1]) offer(entry->colours[1]);

        if (more) find_entries(p + 1, Coder::kEncodes ? actual : offered[0]);
        int rank = 0;
        while (rank < count && !code_candidate(rank, offered[rank], actual, near, entries, broken, foretold)) {
            if (!rank) prefetch_first_lines(near[0], near[1], near[3]);
            ++rank;
        }
        const std::uint32_t colour = rank < count ? offered[rank] : code_samples(p, actual);
        if (rank && more && !Coder::kEncodes) find_entries(p + 1, colour);  // on their way while these ones learn
        if (is_sloped_) slopes_ = slopes_ << 1 | unsigned(colour == slope_);
        match_.learn(colour == foretold);
        missed_ = missed_ << 1 | unsigned(rank == count);
        for (Entry* entry : entries) remember(*entry, colour);
        return colour;
    }

    // What a rule says of a sample of the pixel at p, which may be a neighbour: then it reads columns from 3 to the left
    // to 2 to the right of the pixel that is coded, and 2 rows above the first. Margins hold more.
    int ruled(const std::uint32_t* p, int shift, int rule) const {
        const std::uint32_t *above = p - stride_, *higher = above - stride_;
        const auto at = [shift](std::uint32_t colour) { return int(colour >> shift & 255); };
        const int w = at(p[-1]), n = at(above[0]), ne = at(above[1]), nw = at(above[-1]);
        switch (rule) {
            case 0: return clipped(w + n - nw);
            case 1: return w;
            case 2: return n;
            case 3: return clipped(2 * w - at(p[-2]));
            case 4: return clipped(2 * n - at(higher[0]));
            case 5: return ne;
            case 6: return nw;
            case 7: return clipped(w + ne - n);
            default: return clipped(n + ne - at(higher[1]));
        }
    }

    // The colour of the rules that held best at the neighbours, one for each channel; how far each is to be trusted.
    // It tries rules 36 times a channel, which makes a pixel take a third longer: hence in small tiles only.
    std::uint32_t foresee(const std::uint32_t* p) {
        const std::uint32_t* const first = rows_.data() + kRowsAbove * stride_;  // those above say nothing
        const std::uint32_t* const around[] = {p - 1, p - stride_, p - stride_ + 1, p - stride_ - 1};
        std::uint32_t colour = 0;
        for (int c = 0; c < channels_; ++c) {
            int least = std::numeric_limits<int>::max(), chosen = 0;
            for (int rule = 0; rule < kRules; ++rule) {
                int cost = 0;
                for (const std::uint32_t* q : around) {
                    if (q < first) continue;
                    const int error = std::abs(int(*q >> (8 * c) & 255) - ruled(q, 8 * c, rule));
                    cost += error ? std::min(error, kErrorMax) + kMissPenalty : 0;
                }
                if (cost < least) least = cost, chosen = rule;
            }
            foreseen_[c] = ruled(p, 8 * c, chosen);
            trusts_[c] = (least > 0) + (least >= kCloseCost) + (least >= kNearCost);
            colour |= std::uint32_t(foreseen_[c]) << (8 * c);
        }
        return colour;
    }

    bool code_candidate(int rank, std::uint32_t colour, std::uint32_t actual, const std::uint32_t* near,
                        Entry* const* entries, bool broken, std::uint32_t foretold) {
        State& s = *state_;
        int states[kMemories];
        decide_.begin();
        for (int i = 0; i < kMemories; ++i) {
            states[i] = state_of(*entries[i], colour);
            decide_.add(s.by_entry[rank][i][states[i]]);
        }
        decide_.add(s.by_pair[rank][0][states[1] * kStates + states[3]]);
        decide_.add(s.by_pair[rank][1][states[2] * kStates + states[4]]);
        decide_.add(s.by_missed[rank][states[5] * 16 + int(missed_ & 15)]);
        int equal = 0;
        for (int i = 0; i < 6; ++i) equal |= (near[i] == colour) << i;
        const int sloped = is_sloped_ && colour == slope_ ? 1 + int(slopes_ >> 1 & 1) : 0;
        decide_.add(s.by_equal[rank][equal | broken << 6 | sloped << 7]);
        decide_.add(s.by_match[rank][match_.distance && foretold == colour][match_.state()]);
        const int first = states[1];
        const int set = first == 0 ? 0 : first < 9 ? 1 + (first > 2) + (first > 5) : 4 + (first > 16);
        return decide_.template mixed<kMemories + 5>(colour == actual, s.candidate_weights[rank][set],
                                                     small_ ? kSmallCandidateRate : kCandidateRate,
                                                     s.candidate_refinements[rank][equal]);
    }

    std::uint32_t code_samples(const std::uint32_t* p, std::uint32_t actual) {
        const std::uint32_t* n = p - stride_;
        const std::uint32_t w = p[-1];
        const Order& order = kOrders[channels_ - 1];
        std::uint32_t known = 0;
        int edge_errors = 0, left_errors = 0, upper_errors = 0;  // sums over the channels that help
        for (int k = 0; k < channels_; ++k) {
            const int shift = 8 * order.channel[k], helps = order.helps[k];
            const auto sample = [shift](std::uint32_t colour) { return int(colour >> shift & 255); };
            const int left = sample(w), above = sample(n[0]), corner = sample(n[-1]), right = sample(n[1]);
            const int edge = median_edge(left, above, corner);
            if (!helps) edge_errors = left_errors = upper_errors = 0;
            const int half = helps == 2;
            const int by_edge = edge_errors >> half, by_left = left_errors >> half, by_upper = upper_errors >> half;
            const int predictions[kPredictions] = {
                clipped(edge + by_edge), clipped(left + by_left), clipped(above + by_upper),
                clipped(left + above - corner + by_left + by_upper - by_edge), helps ? edge : (left + right) >> 1};
            const int activity = std::min(7, bits_of(std::size_t(std::abs(left - corner) + std::abs(above - corner) +
                                                                 std::abs(above - right) + 2 * std::abs(by_edge))));
            const std::uint32_t alone = hash(known, std::uint32_t(k)), beside = hash(alone, w);
            const std::uint32_t contexts[kSpellings] = {alone,
                                                        beside,
                                                        hash(alone, n[0]),
                                                        hash(alone, std::uint32_t(predictions[0] >> 4)),
                                                        hash(beside, n[0]),
                                                        std::uint32_t(k * 256 + predictions[0])};
            const int value = code_sample(k, order.channel[k], sample(actual), predictions, activity, contexts);
            known |= std::uint32_t(value) << shift;
            if (channels_ >= 3 && order.channel[k] == 1) {
                const std::uint32_t gray = (known & ~kColours) | std::uint32_t(value) * kGray;
                if (code_gray(w, n, actual == gray)) return gray;
            }
            edge_errors += value - edge;
            left_errors += value - left;
            upper_errors += value - above;
        }
        return known;
    }

    // Whether a pixel, of which green is known, is gray.
    bool code_gray(std::uint32_t w, const std::uint32_t* n, bool gray) {
        const unsigned around = unsigned(is_gray(w)) | unsigned(is_gray(n[0])) << 1 | unsigned(is_gray(n[1])) << 2;
        gray = decide_.single(gray, state_->gray[around | (grays_ & 7) << 3]);
        grays_ = grays_ << 1 | unsigned(gray);
        return gray;
    }

    // upper: 0 for a sample's upper bits, else 16 more than they are.
    Line* line_of(int i, std::uint32_t context, int upper) const {
        const std::uint32_t place = (context + std::uint32_t(upper) * kNode) * kGolden;
        return &spellings_[i][place >> (32 - spelling_bits_)];
    }

    // Of the upper bits of a pixel's first sample.
    void prefetch_first_lines(std::uint32_t w, std::uint32_t n, std::uint32_t nw) const {
        const int shift = 8 * kOrders[channels_ - 1].channel[0];
        const int edge = median_edge(int(w >> shift & 255), int(n >> shift & 255), int(nw >> shift & 255));
        const std::uint32_t alone = hash(0, 0), beside = hash(alone, w);
        const std::uint32_t contexts[kSpellings] = {
            alone, beside, hash(alone, n), hash(alone, std::uint32_t(edge >> 4)), hash(beside, n), std::uint32_t(edge)};
        prefetch_lines(contexts, 0);
    }

    void prefetch_lines(const std::uint32_t* contexts, int upper) const {
        for (int i = 0; i < kSpellings; ++i) __builtin_prefetch(line_of(i, contexts[i], upper), 1);
    }

    int code_sample(int k, int channel, int actual, const int* predictions, int activity,
                    const std::uint32_t* contexts) {
        State& s = *state_;
        int value = 0;
        for (const int half : {4, 0}) {
            Line* lines[kSpellings];
            for (int i = 0; i < kSpellings; ++i) lines[i] = line_of(i, contexts[i], half ? 0 : 16 + (value >> 4));
            int node = 1;
            for (int depth = half + 3; depth >= half; --depth) {
                const int middle = value + (1 << depth);
                decide_.begin();
                for (int i = 0; i < kPredictions; ++i)
                    decide_.add(s.by_prediction[i][k][depth][difference_class(predictions[i] - middle)][activity]);
                for (Line* line : lines) decide_.add(line->chances[node]);
                const int set =
                    std::min(3, (lines[0]->chances[node].seen + 1) >> 1) + 4 * (lines[1]->chances[node].seen > 1);
                Weights& weights = s.sample_weights[k][depth][set];
                Refinement& refinement = s.sample_refinements[k][depth][activity];
                int bit = actual >> depth & 1;
                if (small_) {
                    const int difference = difference_class(foreseen_[channel] - middle);
                    decide_.add(s.by_foreseen[k][depth][difference][trusts_[channel]]);
                    decide_.add(s.by_any_foreseen[depth][difference]);
                    bit = decide_.template mixed<kPredictions + kSpellings + kForeseenInputs>(
                        bit, weights, kSmallSampleRate, refinement);
                } else {
                    bit = decide_.template mixed<kPredictions + kSpellings>(bit, weights, kSampleRate, refinement);
                }
                node = node << 1 | bit;
                value |= bit << depth;
                if (depth == kForeseen) {
                    prefetch_lines(contexts, 16 + (value >> 4));
                    prefetch_lines(contexts, 17 + (value >> 4));
                }
            }
        }
        return value;
    }

    Coder& coder_;
    Decisions<Coder> decide_;
    std::size_t height_, width_;
    int channels_;
    std::ptrdiff_t stride_;
    std::vector<std::uint32_t> rows_;
    bool small_;
    std::unique_ptr<State> state_;
    int memory_bits_, spelling_bits_;
    std::unique_ptr<Arena> arena_;
    Entry* memories_[kMemories];
    Line* spellings_[kSpellings];
    std::uint32_t* places_ = nullptr;          // of pixels, by the hash of their contexts
    std::unique_ptr<Bilevel<Coder>> bilevel_;  // instead of memories and spellings, in tiles of two colours
    struct {
        const std::uint32_t* place = nullptr;  // of the pixel
        std::uint32_t left = 0;                // the colour of its left neighbour
        std::uint32_t far = 0;                 // the greatest context
        std::uint32_t* last = nullptr;         // the place where it occurred last
        Entry* entries[kMemories];
        std::uint8_t marks[kMemories];
    } found_;
    bool first_row_ = false;
    bool is_sloped_ = false;   // whether the slope is neither the left colour nor the upper one
    std::uint32_t slope_ = 0;  // the colour that continues the neighbours' differences, or that rules foresee
    int foreseen_[kChannelsMax], trusts_[kChannelsMax];  // in small tiles: its samples, 0 for the most trusted
    unsigned slopes_ = 1;                                // whether it was right, of late: a bit each
    unsigned missed_ = 0, grays_ = 0;                    // of the last pixels coded so, one bit each
    Match match_;
    std::uint32_t recent_[8] = {};  // the last pixels' greatest contexts
    unsigned turn_ = 0;
};

}  // namespace

std::vector<std::uint8_t> encode_tile(const DecisionTables& tables, const std::uint8_t* samples, std::size_t height,
                                      std::size_t width, int channels) {
    std::vector<std::uint32_t> pixels(height * width, 0);
    for (std::uint32_t& pixel : pixels)
        for (int c = 0; c < channels; ++c) pixel |= std::uint32_t(*samples++) << (8 * c);
    std::vector<std::uint8_t> out;
    Writer writer(out);
    TileCoder<Writer>(writer, tables, height, width, channels).code(pixels.data());
    writer.finish();
    return out;
}

// The samples of a row of colours.
template <int kChannels>
void unpack(const std::uint32_t* row, std::uint8_t* samples, std::size_t width) {
    for (std::size_t x = 0; x < width; ++x)
        for (int c = 0; c < kChannels; ++c) samples[x * kChannels + std::size_t(c)] = std::uint8_t(row[x] >> (8 * c));
}

bool decode_tile(const DecisionTables& tables, const std::uint8_t* payload, std::size_t size, std::uint8_t* samples,
                 std::size_t height, std::size_t width, int channels) {
    Reader reader(payload, size);
    TileCoder<Reader> coder(reader, tables, height, width, channels);
    if (!coder.code(nullptr) || !reader.finished()) return false;
    static constexpr decltype(&unpack<1>) kUnpack[kChannelsMax] = {unpack<1>, unpack<2>, unpack<3>, unpack<4>};
    for (std::size_t y = 0; y < height; ++y)
        kUnpack[channels - 1](coder.row(y), samples + y * width * std::size_t(channels), width);
    return true;
}

}  // namespace l3c::graphics
