#include <immintrin.h>

#include "dct/plane_coder.hpp"
#include "isa/sets.hpp"

namespace l3c::isa::avx2 {
namespace {

// Two products of a byte and a weight of at most 64 fit 16 bits.
struct Bytes {
    static constexpr int kCell = 4, kRows = 4, kVectors = 1, kSparseRows = 1, kSparseVectors = 4;
    using Weight = std::int8_t;
    struct Sums {
        __m256i low, high;
    };

    static __m256i half(const void* from, int at) { return _mm256_loadu_si256(static_cast<const __m256i*>(from) + at); }
    static Sums load(const std::int32_t* from) { return {half(from, 0), half(from, 1)}; }
    static void store(std::int32_t* to, Sums s) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), s.low);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to) + 1, s.high);
    }
    static Sums add(Sums a, Sums b) { return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
    static constexpr int weight_place(int sum, int input) { return sum * kCell + input; }
    static std::uint32_t cells_of(const std::uint8_t* bytes) {
        const __m256i zero = _mm256_cmpeq_epi32(half(bytes, 0), _mm256_setzero_si256());
        return std::uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(zero))) ^ 0xff;
    }
    static Sums dot(Sums s, const std::uint8_t* inputs, const Weight* weights) {
        std::int32_t cell;
        std::memcpy(&cell, inputs, sizeof cell);
        const __m256i x = _mm256_set1_epi32(cell), ones = _mm256_set1_epi16(1);
        return add(s, {_mm256_madd_epi16(_mm256_maddubs_epi16(x, half(weights, 0)), ones),
                       _mm256_madd_epi16(_mm256_maddubs_epi16(x, half(weights, 1)), ones)});
    }
    static Sums add_pair(Sums s, int first, int second, const std::int16_t* columns) {
        const __m256i both = _mm256_set1_epi32((first & 0xffff) | second << 16);
        return add(s, {_mm256_madd_epi16(both, half(columns, 0)), _mm256_madd_epi16(both, half(columns, 1))});
    }
    static Sums shift_right(Sums s, const std::int32_t* shift) {
        return {_mm256_srav_epi32(s.low, half(shift, 0)), _mm256_srav_epi32(s.high, half(shift, 1))};
    }
    static void activate(std::uint8_t* out, Sums s, const std::int32_t* shift) {
        const Sums v = shift_right(s, shift);
        const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(v.low, v.high), 0xd8);
        const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    }
};

}  // namespace

std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return dct::make_coder<Bytes>(model); }

}  // namespace l3c::isa::avx2
