#include "dct/plane_coder.hpp"
#include "isa/sets.hpp"

namespace l3c::isa::portable {
namespace {

// Vectors of what compilers have. Two products of a byte and a weight of at most 64 fit 16 bits.
struct Plain {
    static constexpr int kCell = 2, kRows = 2, kVectors = 1, kSparseRows = 1, kSparseVectors = 1;
    using Weight = std::int16_t;
    typedef std::int16_t I16x8 __attribute__((vector_size(16)));
    struct Sums {
        I32x8 low, high;
    };

    static I16x8 load_words(const std::int16_t* from) {
        I16x8 v;
        std::memcpy(&v, from, sizeof v);
        return v;
    }
    static Sums load(const std::int32_t* from) { return {load8(from), load8(from + kVector)}; }
    static void store(std::int32_t* to, Sums s) {
        store8(to, s.low);
        store8(to + kVector, s.high);
    }
    static Sums add(Sums a, Sums b) { return {a.low + b.low, a.high + b.high}; }
    static constexpr int weight_place(int sum, int input) { return input * dct::kSums + sum; }
    static std::uint32_t cells_of(const std::uint8_t* bytes) {
        std::uint32_t mask = 0;
        for (int i = 0; i < 32; ++i) mask |= std::uint32_t(bytes[i] != 0) << i / kCell;
        return mask;
    }
    static Sums dot(Sums s, const std::uint8_t* inputs, const Weight* weights) {
        const std::int16_t first = inputs[0], second = inputs[1];
        const I16x8 low = first * load_words(weights) + second * load_words(weights + dct::kSums);
        const I16x8 high = first * load_words(weights + kVector) + second * load_words(weights + dct::kSums + kVector);
        return {s.low + __builtin_convertvector(low, I32x8), s.high + __builtin_convertvector(high, I32x8)};
    }
    static Sums add_pair(Sums s, int first, int second, const std::int16_t* columns) {
        std::int32_t v[dct::kSums];
        store(v, s);
        for (int i = 0; i < dct::kSums; ++i) v[i] += first * columns[2 * i] + second * columns[2 * i + 1];
        return load(v);
    }
    static Sums shift_right(Sums s, const std::int32_t* shift) {
        return {s.low >> load8(shift), s.high >> load8(shift + kVector)};
    }
    static void activate(std::uint8_t* out, Sums s, const std::int32_t* shift) {
        const Sums v = shift_right(s, shift);
        const I32x8 low = clip8(v.low, 0, 255), high = clip8(v.high, 0, 255);
        for (int i = 0; i < kVector; ++i) out[i] = std::uint8_t(low[i]), out[kVector + i] = std::uint8_t(high[i]);
    }
};

}  // namespace

std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return dct::make_coder<Plain>(model); }

}  // namespace l3c::isa::portable
