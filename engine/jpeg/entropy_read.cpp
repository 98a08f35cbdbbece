#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "jpeg/entropy.hpp"
#include "jpeg/notes.hpp"
#include "jpeg/occupied.hpp"

namespace l3c::jpeg {

bool is_code(const HuffmanTable& table) {
    std::uint32_t left = 1, symbols = 0;
    for (int length = 0; length < kCodeLengths; ++length) {
        left <<= 1;
        if (table.counts[length] > left) return false;
        left -= table.counts[length];
        symbols += table.counts[length];
    }
    return symbols <= 256;
}

namespace {

constexpr int kNear = 10;      // bits of the longest code found by one look: 2 KB a table, 4 KB with coefficients
constexpr int kUniform = 128;  // flag above the bits of a padding
constexpr int kHeld = 57;      // bits of a word that begins within a byte
// Zero bytes behind a segment: a block takes at most 64 * (16 + 15) bits, then the end is noticed.
constexpr std::size_t kSlack = 512;

// Bits of a segment, the most significant first; zeros beyond its end.
class Bits {
public:
    void begin(const std::uint8_t* data, std::size_t size) {
        data_ = data;
        at = 0;
        total = 8 * std::uint64_t(size);
    }

    // The next bits, the first at the top; kHeld of them count.
    std::uint64_t peek() const {
        std::uint64_t word;
        std::memcpy(&word, data_ + (at >> 3), 8);
        if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
        return word << (at & 7);
    }

    // count: 0 .. 16.
    std::uint32_t take(int count) {
        const std::uint32_t value = std::uint32_t(peek() >> 32 >> (32 - count));
        at += std::uint64_t(count);
        return value;
    }

    bool over() const { return at > total; }

    std::uint64_t at = 0, total = 0;

private:
    const std::uint8_t* data_ = nullptr;
};

// The number that `size` bits stand for; those whose first bit is 0 are negative.
int signed_value(std::uint32_t bits, int size) {
    return size && !(bits >> (size - 1)) ? int(bits) - (1 << size) + 1 : int(bits);
}

// A code, by its first bits.
class Decoder {
public:
    explicit Decoder(const HuffmanTable& table) {
        std::uint32_t code = 0, index = 0;
        for (int length = 1; length <= kCodeLengths; ++length) {
            offset_[length] = int(index) - int(code);
            for (int i = 0; i < table.counts[length - 1]; ++i, ++code, ++index) {
                symbols_[index] = table.symbols[index];
                if (length <= kNear)
                    std::fill_n(near_ + (code << (kNear - length)), 1 << (kNear - length),
                                std::uint16_t(length << 8 | table.symbols[index]));
            }
            limit_[length] = code << (kCodeLengths - length);
            code <<= 1;
        }
    }

    // The symbol that these bits begin with, and its code's length; -1: none.
    int symbol(std::uint64_t bits, int& length) const {
        const std::uint16_t found = near_[bits >> (64 - kNear)];
        length = found >> 8;
        return found ? found & 255 : far_symbol(bits, length);
    }

private:
    int far_symbol(std::uint64_t bits, int& length) const {
        const std::uint32_t value = std::uint32_t(bits >> (64 - kCodeLengths));
        for (length = kNear + 1; length <= kCodeLengths; ++length)
            if (value < limit_[length]) return symbols_[offset_[length] + int(value >> (kCodeLengths - length))];
        return -1;
    }

    std::uint16_t near_[1 << kNear]{};  // length << 8 | symbol; 0: a longer code, or none
    // Of 16 bits: smaller ones that begin with no shorter code begin with one of this length.
    std::uint32_t limit_[kCodeLengths + 1]{};
    int offset_[kCodeLengths + 1]{};
    std::uint8_t symbols_[256]{};
};

// Coefficients whose code and value lie within the first bits: one look for both.
class CoefficientDecoder {
public:
    explicit CoefficientDecoder(const HuffmanTable& table) : decoder_(table) {
        for (std::uint64_t i = 0; i < 1 << kNear; ++i) {
            int length;
            const std::uint64_t bits = i << (64 - kNear);
            const int symbol = decoder_.symbol(bits, length), size = symbol & 15;
            if (symbol == 0 && length <= kNear) near_[i] = {0, 0, std::uint8_t(length)};
            if (symbol < 0 || length > kNear || !size || length + size > kNear) continue;
            const int value = signed_value(std::uint32_t(bits << length >> 32 >> (32 - size)), size);
            near_[i] = {std::int16_t(value), std::uint8_t(symbol >> 4), std::uint8_t(length + size)};
        }
    }

    struct Found {
        std::int16_t value;
        std::uint8_t run, length;  // length 0: not here; value 0: the block ends
    };

    Found coefficient(std::uint64_t bits) const { return near_[bits >> (64 - kNear)]; }
    int symbol(std::uint64_t bits, int& length) const { return decoder_.symbol(bits, length); }

private:
    Decoder decoder_;
    Found near_[1 << kNear]{};
};

bool is_restart(std::uint8_t code) { return code >= 0xD0 && code <= 0xD7; }

// A run of blocks that have ended, in a progressive scan. length: so far. corrections: bits in it. left: blocks to come.
// busy: its last block holds more than the end.
struct Run {
    std::uint32_t length = 0, left = 0;
    std::uint64_t corrections = 0;
    bool busy = false;
};

// A scan, segment by segment, and what will be noted of it.
class ScanReader {
public:
    ScanReader(const Scan& scan, const std::uint8_t* data, std::size_t size)
        : scan_(scan), data_(data), size_(size), plain_(new std::uint8_t[size + kSlack]) {
        for (const ScanPlane& plane : scan.planes) {
            dc_.emplace_back(plane.dc);
            ac_.emplace_back(plane.ac);
        }
    }

    std::vector<std::uint8_t> read() {
        const std::size_t units = scan_.unit_rows * scan_.unit_columns;
        std::size_t per_unit = 0;
        for (const ScanPlane& plane : scan_.planes) per_unit += std::size_t(plane.horizontal) * plane.vertical;
        std::size_t interval = scan_.restart;
        if (interval && interval < units && !has_restarts()) {
            interval = 0;
            notes_.without_restarts = true;
        }
        if (!interval || interval > units) interval = units;
        segments_ = (units + interval - 1) / interval;
        for (std::size_t segment = 0; segment < segments_; ++segment) {
            const std::size_t first = segment * interval, last = std::min(units, first + interval);
            block_ = first * per_unit;
            begin_segment();
            read_units(first, last);
            if (end_segment(segment, last * per_unit - block_, segment + 1 == segments_)) break;
        }
        finish();
        return pack_notes(notes_);
    }

private:
    bool has_restarts() const {
        for (const std::uint8_t* at = data_; (at = find(at));)
            if (++at < data_ + size_ && is_restart(*at)) return true;
        return false;
    }

    const std::uint8_t* find(const std::uint8_t* at) const {
        return at < data_ + size_
                   ? static_cast<const std::uint8_t*>(std::memchr(at, 0xFF, std::size_t(data_ + size_ - at)))
                   : nullptr;
    }

    // Takes the stuffed zeros out of what comes before the next marker.
    void begin_segment() {
        const std::uint8_t *at = data_ + start_, *end = data_ + size_;
        std::uint8_t* out = plain_.get();
        for (;;) {
            const std::uint8_t* next = find(at);
            const bool stuffed = next && next + 1 < end && next[1] == 0;
            const std::uint8_t* until = !next ? end : stuffed ? next + 1 : next;
            out = std::copy(at, until, out);
            at = until;
            if (!stuffed) break;
            ++at;
        }
        coded_end_ = std::size_t(at - data_);
        bits_.begin(plain_.get(), std::size_t(out - plain_.get()));
        std::memset(out, 0, kSlack);
        run_ = {};
        std::fill_n(before_, 4, 0);
    }

    void read_units(std::size_t first, std::size_t last) {
        std::size_t row = first / scan_.unit_columns, column = first % scan_.unit_columns;
        for (std::size_t unit = first; unit < last; ++unit) {
            for (std::size_t i = 0; i < scan_.planes.size(); ++i) {
                const ScanPlane& plane = scan_.planes[i];
                std::int16_t* line =
                    plane.blocks + (row * plane.vertical * plane.columns + column * plane.horizontal) * kBlockSize;
                for (int y = 0; y < plane.vertical; ++y, line += plane.columns * kBlockSize)
                    for (int x = 0; x < plane.horizontal; ++x) {
                        const std::uint64_t start = bits_.at;
                        if (!read_block(int(i), line + x * kBlockSize)) {
                            bits_.at = start;
                            return;
                        }
                        ++block_;
                    }
            }
            if (++column == scan_.unit_columns) column = 0, ++row;
        }
    }

    // Whether the block could be read; where not, it is as before.
    bool read_block(int i, std::int16_t* block) {
        if (!scan_.progressive) return read_sequential(i, block);
        if (scan_.first == 0) return scan_.high ? refine_dc(block) : read_dc(i, block);
        return scan_.high ? refine_ac(i, block) : read_ac(i, block);
    }

    bool read_sequential(int i, std::int16_t* block) {
        int value;
        if (!read_difference(i, value)) return false;
        const CoefficientDecoder& code = ac_[std::size_t(i)];
        std::uint32_t zero_runs = 0;
        std::uint64_t hold = bits_.peek();
        int used = 0;  // of `hold`
        for (int k = 1; k < kBlockSize; ++k) {
            if (used > kHeld - kCodeLengths - kMostSize) {
                bits_.at += std::uint64_t(used);
                hold = bits_.peek();
                used = 0;
            }
            const std::uint64_t bits = hold << used;
            const auto found = code.coefficient(bits);
            if (found.length) [[likely]] {
                used += found.length;
                if (!found.value) break;
                k += found.run;
                if (k >= kBlockSize) return forget(block);
                block[k] = found.value;
                zero_runs = 0;
                continue;
            }
            int length;
            const int symbol = code.symbol(bits, length), size = symbol & 15;
            used += length;
            if (symbol == 0) break;
            if (symbol < 0 || (!size && symbol != kZeroRun)) return forget(block);
            k += symbol >> 4;
            if (!size) {
                ++zero_runs;
                continue;
            }
            if (k >= kBlockSize) return forget(block);
            block[k] = std::int16_t(signed_value(std::uint32_t(bits << length >> 32 >> (32 - size)), size));
            used += size;
            zero_runs = 0;
        }
        bits_.at += std::uint64_t(used);
        if (bits_.over()) return forget(block);
        before_[i] = value;
        block[0] = std::int16_t(value);
        if (zero_runs) notes_.zero_runs.push_back({block_, zero_runs});
        return true;
    }

    bool forget(std::int16_t* block) const {
        std::fill(block + scan_.first, block + scan_.last + 1, std::int16_t(0));
        return false;
    }

    // The DC value, in units of what the scan leaves out.
    bool read_difference(int i, int& value) {
        const std::uint64_t bits = bits_.peek();
        int length;
        const int size = dc_[std::size_t(i)].symbol(bits, length);
        if (size < 0 || size > kMostSize) return false;
        bits_.at += std::uint64_t(length + size);
        value = before_[i] + (size ? signed_value(std::uint32_t(bits << length >> 32 >> (32 - size)), size) : 0);
        const int whole = value * (1 << scan_.low);
        return whole >= INT16_MIN && whole <= INT16_MAX;
    }

    bool read_dc(int i, std::int16_t* block) {
        int value;
        if (!read_difference(i, value) || bits_.over()) return false;
        before_[i] = value;
        block[0] = std::int16_t(value * (1 << scan_.low));
        return true;
    }

    bool refine_dc(std::int16_t* block) {
        const std::uint32_t bit = bits_.take(1);
        if (bits_.over()) return false;
        block[0] = std::int16_t(block[0] | int(bit << scan_.low));
        return true;
    }

    // The symbol of a run's length, and its bits. 0: not one.
    std::uint32_t read_run(int symbol) {
        const int size = symbol >> 4;
        return (1u << size) + bits_.take(size);
    }

    bool read_ac(int i, std::int16_t* block) {
        if (run_.left) return go_on(0);
        std::uint32_t zero_runs = 0, run = 0;
        bool coded = false;
        for (int k = scan_.first; k <= scan_.last; ++k) {
            const std::uint64_t bits = bits_.peek();
            int length;
            const int symbol = ac_[std::size_t(i)].symbol(bits, length), size = symbol & 15;
            if (symbol < 0) return forget(block);
            bits_.at += std::uint64_t(length);
            if (!size && symbol != kZeroRun) {
                run = read_run(symbol);
                break;
            }
            coded = true;
            k += symbol >> 4;
            if (!size) {
                ++zero_runs;
                continue;
            }
            const int value = signed_value(std::uint32_t(bits << length >> 32 >> (32 - size)), size) * (1 << scan_.low);
            if (k > scan_.last || value < INT16_MIN || value > INT16_MAX) return forget(block);
            block[k] = std::int16_t(value);
            bits_.at += std::uint64_t(size);
            zero_runs = 0;
        }
        if (bits_.over()) return forget(block);
        end_block(run, coded, zero_runs, 0);
        return true;
    }

    // A block within a run that began earlier.
    bool go_on(std::uint32_t corrections) {
        decide(false, corrections);
        ++run_.length;
        --run_.left;
        run_.corrections += corrections;
        run_.busy = corrections != 0;
        return true;
    }

    bool refine_ac(int i, std::int16_t* block) {
        const std::uint64_t known = occupied(block) & band(scan_.first, scan_.last);
        if (!run_.left) {
            std::int16_t kept[kBlockSize];
            std::copy_n(block, kBlockSize, kept);
            if (refine(i, block, known)) return true;
            std::copy_n(kept, kBlockSize, block);
            return false;
        }
        const std::uint32_t corrections = std::uint32_t(std::popcount(known));
        if (bits_.at + corrections > bits_.total) return false;
        correct(block, known);
        return go_on(corrections);
    }

    // known: coefficients that are not zero so far.
    bool refine(int i, std::int16_t* block, std::uint64_t known) {
        std::uint32_t zero_runs = 0, run = 0;
        bool coded = false;
        int k = scan_.first;
        for (; k <= scan_.last; ++k) {
            int length;
            const int symbol = ac_[std::size_t(i)].symbol(bits_.peek(), length), size = symbol & 15;
            if (symbol < 0 || size > 1) return false;
            bits_.at += std::uint64_t(length);
            if (!size && symbol != kZeroRun) {
                run = read_run(symbol);
                break;
            }
            coded = true;
            const int value = size ? (bits_.take(1) ? 1 : -1) * (1 << scan_.low) : 0;
            k = pass(block, known, k, symbol >> 4);
            zero_runs = size ? 0 : zero_runs + 1;
            if (!size) continue;
            if (k > scan_.last) return false;
            block[k] = std::int16_t(value);
        }
        const std::uint64_t left = run ? known & band(k, kBlockSize - 1) : 0;
        correct(block, left);
        if (bits_.over()) return false;
        end_block(run, coded, zero_runs, std::uint32_t(std::popcount(left)));
        return true;
    }

    // Corrects known coefficients from k on up to the one behind so many zeros, or the last. Returns that place.
    int pass(std::int16_t* block, std::uint64_t known, int k, int zeros) {
        for (;;) {
            const std::uint64_t left = known & band(k, kBlockSize - 1);
            const int next = left ? std::countr_zero(left) : scan_.last + 1;
            if (zeros < next - k) return k + zeros;
            if (!left) return next;
            zeros -= next - k;
            correct(block, left & -left);
            k = next + 1;
            if (k > scan_.last) return k;
        }
    }

    // One bit for each of these coefficients.
    void correct(std::int16_t* block, std::uint64_t which) {
        const int unit = 1 << scan_.low;
        while (which) {
            std::uint64_t bits = bits_.peek();
            int count = 0;
            for (; which && count < kHeld; which &= which - 1, ++count, bits <<= 1) {
                std::int16_t& value = block[std::countr_zero(which)];
                if (bits >> 63 && !(value & unit)) value = std::int16_t(value + (value > 0 ? unit : -unit));
            }
            bits_.at += std::uint64_t(count);
        }
    }

    // A block that began no run's middle. run: the one that it begins, 0: none. coded: whether anything came before that.
    void end_block(std::uint32_t run, bool coded, std::uint32_t zero_runs, std::uint32_t corrections) {
        if (zero_runs) notes_.zero_runs.push_back({block_, zero_runs});
        if (run && !coded && run_.length) decide(true, corrections);
        run_ = run ? Run{1, run - 1, corrections, coded || corrections} : Run{};
        longest_ = std::max(longest_, run);
    }

    // The block before ended in a run, and this one might go on with it: whether a new one begins, and what the rules say.
    void decide(bool ends, std::uint32_t corrections) {
        const bool expected = run_.length == kMostRun || run_.corrections > kMostCorrections;
        if (ends != expected) notes_.breaks.push_back(block_ - 1);
        if (ends != (expected || run_.busy || corrections)) if_apart_.push_back(block_ - 1);
        if (ends) ended_.push_back({block_ - 1, run_.length});
    }

    // What follows the last block; returns whether the scan ends here.
    bool end_segment(std::size_t segment, std::size_t missing, bool last) {
        const std::size_t whole = std::size_t((bits_.at + 7) / 8);
        const int count = int(whole * 8 - bits_.at);
        const std::uint8_t padding = count ? std::uint8_t(plain_[whole - 1] & ((1 << count) - 1)) : 0;
        std::size_t rest = coded_end_;
        if (whole * 8 != bits_.total) {
            rest = start_;
            for (std::size_t i = 0; i < whole; ++i) rest += data_[rest] == 0xFF ? 2 : 1;
        }
        std::size_t end = rest;
        std::uint8_t marker = kScanEnds;
        const bool stops = last || notes_.ends.size() + std::min(all_ones_, all_zeros_) >= most_ends(size_);
        for (const std::uint8_t* at = data_ + rest;;) {
            at = stops ? nullptr : find(at);
            if (!at) {
                end = size_;
                break;
            }
            if (++at < data_ + size_ && is_restart(*at)) {
                end = std::size_t(at - 1 - data_);
                marker = *at & 7;
                break;
            }
        }
        const std::uint8_t expected = marker_behind(segment);
        const bool plain = !missing && !run_.left && rest == end && marker == expected;
        const bool ones = padding == (1 << count) - 1, zeros = padding == 0;
        if (!plain || (!ones && !zeros))
            notes_.ends.push_back({segment, missing, run_.left, padding, marker, data_ + rest, end - rest});
        else if (count)
            ++(ones ? all_ones_ : all_zeros_);
        paddings_.push_back(std::uint8_t(plain && ones != zeros ? padding | kUniform : 0));
        start_ = end + (marker == kScanEnds ? 0 : 2);
        return marker == kScanEnds;
    }

    std::uint8_t marker_behind(std::size_t segment) const {
        return std::uint8_t(segment + 1 == segments_ ? kScanEnds : segment & 7);
    }

    // Chooses the kind of padding and the rule of runs that leave the least to be noted.
    void finish() {
        notes_.ones = all_ones_ >= all_zeros_;
        std::vector<SegmentEnd> odd;
        std::swap(odd, notes_.ends);
        notes_.ends.reserve(odd.size() + std::min(all_ones_, all_zeros_));
        auto next = odd.begin();
        for (std::size_t segment = 0; segment < paddings_.size(); ++segment) {
            const int padding = paddings_[segment] & ~kUniform;
            if (next != odd.end() && next->segment == segment)
                notes_.ends.push_back(*next++);
            else if (paddings_[segment] & kUniform && notes_.ones == (padding == 0))
                notes_.ends.push_back({segment, 0, 0, std::uint8_t(padding), marker_behind(segment), nullptr, 0});
        }
        std::vector<std::size_t> breaks;
        for (const auto& [block, length] : ended_)
            if (length != longest_) breaks.push_back(block);
        if (if_apart_.size() < notes_.breaks.size() && if_apart_.size() <= breaks.size()) {
            notes_.apart = true;
            notes_.breaks = std::move(if_apart_);
        } else if (breaks.size() < notes_.breaks.size()) {
            notes_.run_limit = longest_;
            notes_.breaks = std::move(breaks);
        }
    }

    struct Ended {
        std::size_t block;
        std::uint32_t length;
    };

    const Scan& scan_;
    const std::uint8_t* data_;
    std::size_t size_, segments_ = 0, start_ = 0, coded_end_ = 0, block_ = 0;
    std::vector<Decoder> dc_;
    std::vector<CoefficientDecoder> ac_;
    std::unique_ptr<std::uint8_t[]> plain_;  // a segment's bytes without stuffed zeros
    Bits bits_;
    int before_[4]{};
    Run run_;
    std::uint32_t longest_ = 0;
    std::size_t all_ones_ = 0, all_zeros_ = 0;
    std::vector<Ended> ended_;
    std::vector<std::size_t> if_apart_;   // breaks, were blocks that hold more than their end never part of a run
    std::vector<std::uint8_t> paddings_;  // of segments with nothing else to note: kUniform and bits that are all alike
    Notes notes_;
};

}  // namespace

std::vector<std::uint8_t> read_scan(const Scan& scan, const std::uint8_t* data, std::size_t size) {
    return ScanReader(scan, data, size).read();
}

}  // namespace l3c::jpeg
