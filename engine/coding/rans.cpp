#include "coding/rans.hpp"

namespace l3c {
namespace {

// A word is written only after a state has grown by its symbol's cost, so words never outnumber symbols.
std::uint64_t push(std::uint64_t x, Interval interval, std::vector<std::uint16_t>& words) {
    const std::uint64_t start = interval & 0xffff, frequency = interval >> 16;
    if (!frequency) return x;  // 65536 of 65536: a symbol that is certain costs nothing
    if (x >= frequency << 24) {
        words.push_back(std::uint16_t(x));
        x >>= 16;
    }
    const std::uint64_t quotient = x / frequency;
    return (quotient << 16) + (x - quotient * frequency) + start;
}

}  // namespace

RansEncoder::RansEncoder(std::size_t symbols) {
    for (auto& x : states_) x = kStateMin;
    words_.reserve(symbols);
}

void RansEncoder::put_before(const Interval* group, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) {
        std::uint64_t& x = states_[i % kLanes];
        x = push(x, group[i], words_);
    }
}

std::vector<std::uint8_t> RansEncoder::finish() const {
    std::vector<std::uint8_t> payload;
    payload.reserve(kLanes * kStateBytes + 2 * words_.size());
    for (const std::uint64_t x : states_)
        for (int b = 0; b < kStateBytes; ++b) payload.push_back(std::uint8_t(x >> (8 * b)));
    for (auto w = words_.rbegin(); w != words_.rend(); ++w) {
        payload.push_back(std::uint8_t(*w));
        payload.push_back(std::uint8_t(*w >> 8));
    }
    return payload;
}

std::vector<std::uint8_t> rans_encode(const Interval* intervals, const std::uint32_t* sizes, std::size_t groups) {
    std::size_t total = 0;
    for (std::size_t g = 0; g < groups; ++g) total += sizes[g];
    RansEncoder encoder(total);
    for (std::size_t g = groups; g-- > 0;) {
        total -= sizes[g];
        encoder.put_before(intervals + total, sizes[g]);
    }
    return encoder.finish();
}

Status rans_begin(const std::uint8_t* payload, std::size_t size, RansDecoder& decoder) {
    constexpr std::size_t kHead = kLanes * kStateBytes;
    if (size < kHead || (size - kHead) % 2) return Status::kTooShort;
    for (int lane = 0; lane < kLanes; ++lane) {
        std::uint64_t x = 0;
        for (int b = 0; b < kStateBytes; ++b) x |= std::uint64_t(payload[lane * kStateBytes + b]) << (8 * b);
        if (x < kStateMin) return Status::kBadState;
        decoder.states[lane] = x;
    }
    decoder.next = payload + kHead;
    decoder.end = payload + size;
    return Status::kOk;
}

Status rans_finish(const RansDecoder& decoder) {
    bool done = decoder.next == decoder.end;
    for (const std::uint64_t x : decoder.states) done = done && x == kStateMin;
    return done ? Status::kOk : Status::kNotAtEnd;
}

}  // namespace l3c
