#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "jpeg/entropy.hpp"
#include "jpeg/notes.hpp"
#include "jpeg/occupied.hpp"

namespace l3c::jpeg {
namespace {

constexpr std::size_t kRoom = 1024;  // bytes that a block takes at most, all of them stuffed: 2 * 64 * (16 + 15) bits

// A code by its symbols, and how often each has occurred.
struct Encoder {
    explicit Encoder(const HuffmanTable& table) {
        std::uint32_t code = 0, index = 0;
        for (int length = 1; length <= kCodeLengths; ++length, code <<= 1)
            for (int i = 0; i < table.counts[length - 1]; ++i, ++code, ++index)
                codes[table.symbols[index]] = {std::uint16_t(code), std::uint8_t(length)};
    }

    struct Code {
        std::uint16_t bits;
        std::uint8_t length;  // 0: none
    };
    Code codes[256]{};
    std::uint32_t* counts = nullptr;
};

// Bits into bytes, a zero stuffed behind each 0xFF.
class BitWriter {
public:
    explicit BitWriter(std::vector<std::uint8_t>& out) : out_(out), size_(out.size()) {}
    ~BitWriter() { out_.resize(size_); }

    // Room for `count` bytes; `put` needs it.
    void reserve(std::size_t count) {
        if (out_.size() < size_ + count) out_.resize(2 * out_.size() + count);
    }

    // count: 0 .. 32.
    void put(std::uint32_t bits, int count) {
        hold_ = hold_ << count | bits;
        held_ += count;
        if (held_ < 32) return;
        held_ -= 32;
        const std::uint32_t word = std::uint32_t(hold_ >> held_);
        std::uint8_t* to = out_.data() + size_;
        if (((word & ~(word + 0x01010101u)) & 0x80808080u) == 0) [[likely]] {  // no byte is 0xFF
            for (int i = 0; i < 4; ++i) to[i] = std::uint8_t(word >> (24 - 8 * i));
            size_ += 4;
        } else {
            for (int i = 0; i < 4; ++i) byte(std::uint8_t(word >> (24 - 8 * i)));
        }
    }

    // How many bits the last byte lacks.
    int lacking() const { return -held_ & 7; }

    // Writes what is held: whole bytes.
    void flush() {
        for (; held_ >= 8; held_ -= 8) byte(std::uint8_t(hold_ >> (held_ - 8)));
    }

    void raw(const std::uint8_t* data, std::size_t count) {
        reserve(count);
        std::copy_n(data, count, out_.data() + size_);
        size_ += count;
    }

    std::size_t size() const { return size_; }

private:
    void byte(std::uint8_t value) {
        out_[size_++] = value;
        if (value == 0xFF) out_[size_++] = 0;
    }

    std::vector<std::uint8_t>& out_;
    std::size_t size_;
    std::uint64_t hold_ = 0;
    int held_ = 0;
};

// counts: symbols are counted, and nothing is written.
template <bool kCounts>
class ScanWriter {
public:
    ScanWriter(const Scan& scan, const Notes& notes, std::vector<std::uint8_t>& out, SymbolCounts* counts)
        : scan_(scan), notes_(notes), out_(out), band_(band(scan.first, scan.last)) {
        for (const ScanPlane& plane : scan.planes) {
            dc_.emplace_back(plane.dc);
            ac_.emplace_back(plane.ac);
        }
        if (counts)
            for (std::size_t i = 0; i < scan.planes.size(); ++i)
                dc_[i].counts = counts[i].dc, ac_[i].counts = counts[i].ac;
    }

    const char* write(std::size_t limit) {
        const std::size_t units = scan_.unit_rows * scan_.unit_columns;
        std::size_t per_unit = 0;
        for (const ScanPlane& plane : scan_.planes) per_unit += std::size_t(plane.horizontal) * plane.vertical;
        std::size_t interval = notes_.without_restarts ? 0 : scan_.restart;
        if (!interval || interval > units) interval = units;
        const std::size_t segments = (units + interval - 1) / interval;
        auto noted = notes_.ends.begin();
        for (std::size_t segment = 0; segment < segments; ++segment) {
            const bool last = segment + 1 == segments;
            SegmentEnd end{segment, 0, 0, 0, std::uint8_t(last ? kScanEnds : segment & 7), nullptr, 0};
            const bool odd = noted != notes_.ends.end() && noted->segment == segment;
            if (odd) end = *noted++;
            const std::size_t first = segment * interval, until = std::min(units, first + interval);
            if (end.missing > (until - first) * per_unit) return "the notes of a scan name more blocks than it has";
            block_ = first * per_unit;
            std::fill_n(before_, 4, 0);
            if (const char* wrong = write_units(first, until * per_unit - end.missing, limit)) return wrong;
            end_run(end.run_left);
            finish_segment(end, odd);
            if (wrong_) return wrong_;
            if (out_.size() > limit) return kTooLong;
            if (end.marker == kScanEnds) break;
        }
        const bool runs = next_run_ == notes_.zero_runs.size() && next_break_ == notes_.breaks.size();
        return runs && noted == notes_.ends.end() ? nullptr : "the notes of a scan do not fit it";
    }

private:
    static constexpr const char* kTooLong = "a scan is longer than its file";

    const char* write_units(std::size_t unit, std::size_t until, std::size_t limit) {
        std::size_t row = unit / scan_.unit_columns, column = unit % scan_.unit_columns;
        while (block_ < until) {
            for (std::size_t i = 0; i < scan_.planes.size(); ++i) {
                const ScanPlane& plane = scan_.planes[i];
                const std::int16_t* line =
                    plane.blocks + (row * plane.vertical * plane.columns + column * plane.horizontal) * kBlockSize;
                for (int y = 0; y < plane.vertical; ++y, line += plane.columns * kBlockSize)
                    for (int x = 0; x < plane.horizontal; ++x) {
                        if (block_ == until) return wrong_;
                        out_.reserve(kRoom);
                        write_block(int(i), line + x * kBlockSize);
                        if (wrong_) return wrong_;
                        if (out_.size() > limit) return kTooLong;
                        ++block_;
                    }
            }
            if (++column == scan_.unit_columns) column = 0, ++row;
        }
        return wrong_;
    }

    void write_block(int i, const std::int16_t* block) {
        if (!scan_.progressive) return write_sequential(i, block);
        if (scan_.first == 0) {
            if (scan_.high)
                put(std::uint32_t(block[0] >> scan_.low & 1), 1);
            else
                write_difference(i, block[0] >> scan_.low);
            return;
        }
        scan_.high ? refine_ac(block) : write_ac(block);
    }

    void write_sequential(int i, const std::int16_t* block) {
        write_difference(i, block[0]);
        std::uint64_t left = occupied(block) & band_ & ~std::uint64_t(1);
        const Encoder& code = ac_[std::size_t(i)];
        int k = 1;  // the first that is not yet coded
        for (; left; left &= left - 1) {
            const int next = std::countr_zero(left);
            for (; next - k > 15; k += 16) symbol(code, kZeroRun);
            coefficient(code, next - k, block[next]);
            k = next + 1;
        }
        for (std::uint32_t runs = zero_runs(); runs; --runs, k += 16) symbol(code, kZeroRun);
        if (k < kBlockSize) symbol(code, 0);
    }

    void write_difference(int i, int value) {
        const int difference = value - before_[i];
        before_[i] = value;
        coefficient(dc_[std::size_t(i)], 0, difference);
    }

    void put(std::uint32_t bits, int count) {
        if constexpr (!kCounts) out_.put(bits, count);
    }

    // A symbol of run and size, and the bits of a value.
    void coefficient(const Encoder& code, int run, int value) {
        const int size = std::bit_width(std::uint32_t(value < 0 ? -value : value));
        if (size > kMostSize) {
            wrong_ = "a coefficient is too large";
            return;
        }
        if constexpr (kCounts) {
            ++code.counts[run << 4 | size];
            return;
        }
        const auto [bits, length] = code.codes[run << 4 | size];
        if (!length) wrong_ = kNoCode;
        out_.put(std::uint32_t(bits) << size | (std::uint32_t(value + (value >> 31)) & ((1u << size) - 1)),
                 length + size);
    }

    void symbol(const Encoder& code, int symbol) {
        if constexpr (kCounts) {
            ++code.counts[symbol];
            return;
        }
        const auto [bits, length] = code.codes[symbol];
        if (!length) wrong_ = kNoCode;
        out_.put(bits, length);
    }

    // Those noted of this block, 4 at most.
    std::uint32_t zero_runs() {
        if (next_run_ == notes_.zero_runs.size() || notes_.zero_runs[next_run_].block != block_) return 0;
        const std::uint32_t count = notes_.zero_runs[next_run_++].count;
        if (count > kBlockSize / 16) wrong_ = "the notes of a scan have too many zeros";
        return std::min<std::uint32_t>(count, kBlockSize / 16);
    }

    void write_ac(const std::int16_t* block) {
        const Encoder& code = ac_[0];
        int k = scan_.first;
        for (std::uint64_t left = occupied(block) & band_; left; left &= left - 1) {
            const int next = std::countr_zero(left), size = magnitude(block[next]);
            if (!size) continue;
            end_run(0);
            for (; next - k > 15; k += 16) symbol(code, kZeroRun);
            coefficient(code, next - k, block[next] < 0 ? -size : size);
            k = next + 1;
        }
        if (std::uint32_t runs = zero_runs()) {
            end_run(0);
            for (; runs; --runs, k += 16) symbol(code, kZeroRun);
        }
        if (k <= scan_.last) extend_run(0, k > scan_.first);
    }

    // Correction bits of a block stand behind the symbol that passes over their coefficients.
    void refine_ac(const std::int16_t* block) {
        const Encoder& code = ac_[0];
        std::uint64_t coded = 0, fresh = 0;  // coefficients that are not zero here, and those that were until now
        for (std::uint64_t left = occupied(block) & band_; left; left &= left - 1) {
            const int k = std::countr_zero(left), size = magnitude(block[k]);
            if (size) coded |= left & -left;
            if (size == 1) fresh |= left & -left;
        }
        std::size_t before = corrections_.size();  // those of the run that goes on
        int zeros = 0, next = scan_.first;
        for (std::uint64_t left = coded; fresh; left &= left - 1) {
            const int k = std::countr_zero(left);
            zeros += k - next;
            next = k + 1;
            for (; zeros > 15; zeros -= 16) before = pass(code, kZeroRun, before);
            if (!(fresh >> k & 1)) {
                correct(block[k]);
                continue;
            }
            pass_new(code, zeros, block[k] > 0, before);
            before = 0;
            zeros = 0;
            fresh &= fresh - 1;
        }
        int k = next;
        for (std::uint32_t runs = zero_runs(); runs; --runs) {
            for (int left = 15; k <= scan_.last; ++k) {
                if (coded >> k & 1)
                    correct(block[k]);
                else if (left-- == 0)
                    break;
            }
            before = pass(code, kZeroRun, before);
            ++k;
        }
        if (k > scan_.last) return;
        const bool busy = k > scan_.first;
        for (std::uint64_t left = coded >> k << k; left; left &= left - 1) correct(block[std::countr_zero(left)]);
        extend_run(before, busy || corrections_.size() > before);
    }

    int magnitude(int value) const { return (value < 0 ? -value : value) >> scan_.low; }
    void correct(int value) { corrections_.push_back(std::uint8_t(magnitude(value) & 1)); }

    // Ends the run, writes a symbol and the block's corrections so far. before: how many belong to the run.
    std::size_t pass(const Encoder& code, int which, std::size_t before) {
        end_run_with(before);
        symbol(code, which);
        put_all(corrections_.data(), corrections_.size());
        corrections_.clear();
        return 0;
    }

    void pass_new(const Encoder& code, int zeros, bool positive, std::size_t before) {
        end_run_with(before);
        symbol(code, zeros << 4 | 1);
        put(positive, 1);
        put_all(corrections_.data(), corrections_.size());
        corrections_.clear();
    }

    // Writes bits that were kept.
    void put_all(const std::uint8_t* bits, std::size_t count) {
        for (std::size_t j = 0; j < count; j += 32) {
            const int part = int(std::min<std::size_t>(32, count - j));
            std::uint32_t word = 0;
            for (int i = 0; i < part; ++i) word = word << 1 | bits[j + i];
            out_.reserve(kRoom);
            put(word, part);
        }
    }

    // The block ends; the run before goes on or not. before: corrections of that run. busy: the block holds more than
    // its end.
    void extend_run(std::size_t before, bool busy) {
        if (run_) {
            bool ends = notes_.run_limit ? run_ == notes_.run_limit : run_ == kMostRun || before > kMostCorrections;
            ends = ends || (notes_.apart && (busy || busy_));
            if (next_break_ < notes_.breaks.size() && notes_.breaks[next_break_] == block_ - 1) {
                ends = !ends;
                ++next_break_;
            }
            if (ends) end_run_with(before);
        }
        ++run_;
        busy_ = busy;
    }

    void end_run(std::uint32_t left) { end_run_with(corrections_.size(), left); }

    // Writes the run, and the first `count` corrections, which are its blocks'. left: blocks that it has beyond.
    void end_run_with(std::size_t count, std::uint32_t left = 0) {
        if (run_) {
            const std::uint64_t run = std::uint64_t(run_) + left;
            if (run > kMostRun) {
                wrong_ = "the notes of a scan have a run of too many blocks";
                return;
            }
            const int size = std::bit_width(run) - 1;
            symbol(ac_[0], size << 4);
            put(std::uint32_t(run) & ((1u << size) - 1), size);
        }
        run_ = 0;
        put_all(corrections_.data(), count);
        corrections_.erase(corrections_.begin(), corrections_.begin() + std::ptrdiff_t(count));
        out_.reserve(kRoom);
    }

    void finish_segment(const SegmentEnd& end, bool odd) {
        out_.reserve(kRoom);
        const int count = out_.lacking();
        const std::uint32_t all = (1u << count) - 1;
        out_.put(odd ? end.padding & all : notes_.ones ? all : 0, count);
        out_.flush();
        out_.raw(end.rest, end.rest_size);
        const std::uint8_t marker[] = {0xFF, std::uint8_t(0xD0 + end.marker)};
        if (end.marker != kScanEnds) out_.raw(marker, sizeof marker);
    }

    static constexpr const char* kNoCode = "a scan's code lacks a symbol";

    const Scan& scan_;
    const Notes& notes_;
    BitWriter out_;
    std::vector<Encoder> dc_, ac_;
    const std::uint64_t band_;
    std::size_t block_ = 0, next_run_ = 0, next_break_ = 0;
    int before_[4]{};
    std::uint32_t run_ = 0;                  // blocks that have ended and are not yet written
    bool busy_ = false;                      // the last of them holds more than its end
    std::vector<std::uint8_t> corrections_;  // bits of those blocks
    const char* wrong_ = nullptr;
};

}  // namespace

const char* write_scan(const Scan& scan, const std::uint8_t* data, std::size_t size, std::size_t limit,
                       std::vector<std::uint8_t>& out) {
    Notes notes;
    if (const char* wrong = unpack_notes(data, size, most_ends(limit) + 1, notes)) return wrong;
    return ScanWriter<false>(scan, notes, out, nullptr).write(limit);
}

const char* count_symbols(const Scan& scan, const std::uint8_t* data, std::size_t size, std::size_t limit,
                          SymbolCounts* counts) {
    Notes notes;
    if (const char* wrong = unpack_notes(data, size, most_ends(limit) + 1, notes)) return wrong;
    std::vector<std::uint8_t> out;  // bits that are no symbols, and rests
    return ScanWriter<true>(scan, notes, out, counts).write(std::numeric_limits<std::size_t>::max());
}

}  // namespace l3c::jpeg
