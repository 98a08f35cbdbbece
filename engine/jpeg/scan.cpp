#include "jpeg/scan.hpp"

namespace l3c {
namespace {

constexpr int kNoCode = -1;   // no symbol has these bits
constexpr int kDcSizes = 11;  // bits of a difference of DC coefficients at most (T.81, table F.1), and of AC ones (F.2)
constexpr int kAcSizes = 10;
constexpr int kLimit = 2048;  // DC coefficients of 8-bit samples are in -2048 .. 2047

class Bits {
public:
    Bits(const std::uint8_t* data, std::size_t size) : data_(data), left_(8 * std::uint64_t(size)) {}

    // 0 past the end, which `over` tells.
    int take() {
        if (left_ == 0) {
            over_ = true;
            return 0;
        }
        --left_;
        const int bit = *data_ >> shift_ & 1;
        if (shift_-- == 0) {
            shift_ = 7;
            ++data_;
        }
        return bit;
    }

    // A number of `size` bits; those whose first bit is 0 stand for negative ones.
    int number(int size) {
        int value = 0;
        for (int i = 0; i < size; ++i) value = value << 1 | take();
        return size == 0 || value >> (size - 1) ? value : value - (1 << size) + 1;
    }

    int symbol(const PrefixCode& code) {
        int value = 0, first = 0, index = 0;
        for (int length = 0; length < kCodeBits; ++length) {
            value |= take();
            const int count = code.counts[length];
            if (value - first < count) return code.symbols[index + value - first];
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        return kNoCode;
    }

    bool over() const { return over_; }
    std::uint64_t left() const { return left_; }

private:
    const std::uint8_t* data_;
    std::uint64_t left_;
    int shift_ = 7;
    bool over_ = false;
};

const char* read_block(Bits& bits, const PrefixCode& dc, const PrefixCode& ac, int& before, std::int16_t* out) {
    const int size = bits.symbol(dc);
    if (size < 0 || size > kDcSizes) return "the scan has a wrong code";
    before += bits.number(size);
    if (before < -kLimit || before >= kLimit) return "the scan has a coefficient out of range";
    out[0] = std::int16_t(before);
    for (int k = 1; k < kBlock; ++k) {
        const int symbol = bits.symbol(ac);
        if (symbol == 0) break;
        const int length = symbol & 15;
        if (symbol < 0 || length > kAcSizes || (length == 0 && symbol != 0xF0)) return "the scan has a wrong code";
        k += symbol >> 4;
        if (k >= kBlock) return "the scan has a block of too many coefficients";
        out[k] = std::int16_t(bits.number(length));
    }
    return bits.over() ? "the scan ends early" : nullptr;
}

}  // namespace

const char* read_scan(const std::uint8_t* data, std::size_t size, const PrefixCode& dc, const PrefixCode& ac,
                      const std::uint8_t* component, std::size_t per_unit, std::size_t units, std::int16_t* out) {
    Bits bits(data, size);
    int before[kPlanes] = {};
    for (std::size_t unit = 0; unit < units; ++unit)
        for (std::size_t i = 0; i < per_unit; ++i, out += kBlock)
            if (const char* wrong = read_block(bits, dc, ac, before[component[i]], out)) return wrong;
    return bits.left() < 8 ? nullptr : "the scan is too long";
}

}  // namespace l3c
