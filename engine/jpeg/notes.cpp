#include "jpeg/notes.hpp"

namespace l3c::jpeg {
namespace {

// Flags of the first byte, by the field that they announce.
constexpr int kOnes = 1;
constexpr int kWithoutRestarts = 2;
constexpr int kRunLimit = 4;
constexpr int kZeroRuns = 8;
constexpr int kBreaks = 16;
constexpr int kEnds = 32;
constexpr int kApart = 64;
constexpr int kAllFlags = 127;

// Of a segment's end: flags, above which stands the marker.
constexpr int kMissing = 1;
constexpr int kRest = 2;
constexpr int kMarkerShift = 2;

constexpr std::uint64_t kMost = 0xFFFFFFFF;  // of any number

void put(std::vector<std::uint8_t>& out, std::uint64_t value) {
    for (; value > 127; value >>= 7) out.push_back(std::uint8_t(value & 127 | 128));
    out.push_back(std::uint8_t(value));
}

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            const std::uint8_t byte = this->byte();
            value |= std::uint64_t(byte & 127) << shift;
            if (byte < 128) {
                if (value > kMost || (shift && !byte)) wrong_ = true;
                return value;
            }
        }
        wrong_ = true;
        return 0;
    }

    std::uint8_t byte() {
        if (!left_) {
            wrong_ = true;
            return 0;
        }
        --left_;
        return *data_++;
    }

    const std::uint8_t* take(std::uint64_t count) {
        if (count > left_) {
            wrong_ = true;
            return data_;
        }
        data_ += count;
        left_ -= count;
        return data_ - count;
    }

    // A list's length: no more than the bytes left hold, so that memory is bounded by the notes' size.
    std::size_t count(std::size_t bytes_each) {
        const std::uint64_t value = number();
        if (value > left_ / bytes_each) wrong_ = true;
        return wrong_ ? 0 : std::size_t(value);
    }

    bool wrong() const { return wrong_; }
    std::size_t left() const { return left_; }

private:
    const std::uint8_t* data_;
    std::size_t left_;
    bool wrong_ = false;
};

}  // namespace

std::vector<std::uint8_t> pack_notes(const Notes& notes) {
    std::vector<std::uint8_t> out;
    out.push_back(std::uint8_t((notes.ones ? kOnes : 0) | (notes.without_restarts ? kWithoutRestarts : 0) |
                               (notes.run_limit ? kRunLimit : 0) | (notes.zero_runs.empty() ? 0 : kZeroRuns) |
                               (notes.breaks.empty() ? 0 : kBreaks) | (notes.ends.empty() ? 0 : kEnds) |
                               (notes.apart ? kApart : 0)));
    if (notes.run_limit) put(out, notes.run_limit);
    std::size_t next = 0;
    if (!notes.zero_runs.empty()) put(out, notes.zero_runs.size());
    for (const ZeroRuns& runs : notes.zero_runs) {
        put(out, runs.block - next);
        put(out, runs.count);
        next = runs.block + 1;
    }
    next = 0;
    if (!notes.breaks.empty()) put(out, notes.breaks.size());
    for (const std::size_t block : notes.breaks) {
        put(out, block - next);
        next = block + 1;
    }
    next = 0;
    if (!notes.ends.empty()) put(out, notes.ends.size());
    for (const SegmentEnd& end : notes.ends) {
        put(out, end.segment - next);
        next = end.segment + 1;
        const bool missing = end.missing || end.run_left;
        out.push_back(
            std::uint8_t((missing ? kMissing : 0) | (end.rest_size ? kRest : 0) | end.marker << kMarkerShift));
        out.push_back(end.padding);
        if (missing) put(out, end.missing), put(out, end.run_left);
        if (end.rest_size) put(out, end.rest_size), out.insert(out.end(), end.rest, end.rest + end.rest_size);
    }
    return out;
}

const char* unpack_notes(const std::uint8_t* data, std::size_t size, std::size_t most_ends, Notes& notes) {
    Input in(data, size);
    const int flags = in.byte();
    const char* wrong = "the notes of a scan are damaged";
    if (flags & ~kAllFlags) return wrong;
    notes.ones = flags & kOnes;
    notes.without_restarts = flags & kWithoutRestarts;
    notes.apart = flags & kApart;
    if (flags & kRunLimit) notes.run_limit = std::uint32_t(in.number());
    std::uint64_t next = 0;
    std::size_t count = flags & kZeroRuns ? in.count(2) : 0;
    notes.zero_runs.reserve(count);
    for (std::size_t left = count; left && !in.wrong(); --left) {
        next += in.number();
        notes.zero_runs.push_back({std::size_t(next++), std::uint32_t(in.number())});
    }
    next = 0;
    count = flags & kBreaks ? in.count(1) : 0;
    notes.breaks.reserve(count);
    for (std::size_t left = count; left && !in.wrong(); --left) {
        next += in.number();
        notes.breaks.push_back(std::size_t(next++));
    }
    next = 0;
    count = flags & kEnds ? in.count(3) : 0;
    if (count > most_ends) return wrong;
    notes.ends.reserve(count);
    for (std::size_t left = count; left && !in.wrong(); --left) {
        SegmentEnd end{};
        end.segment = std::size_t(next += in.number());
        ++next;
        const int kind = in.byte();
        end.padding = in.byte();
        if (kind & kMissing) end.missing = in.number(), end.run_left = std::uint32_t(in.number());
        if (kind & kRest) end.rest_size = in.number(), end.rest = in.take(end.rest_size);
        end.marker = std::uint8_t(kind >> kMarkerShift);
        if (end.marker > kScanEnds) return wrong;
        notes.ends.push_back(end);
    }
    return in.wrong() || in.left() ? wrong : nullptr;
}

}  // namespace l3c::jpeg
