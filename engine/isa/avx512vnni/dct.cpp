#if !defined(L3C_SIMDE)
#include <immintrin.h>

#include "dct/plane_coder.hpp"
#include "isa/sets.hpp"

namespace l3c::isa::avx512vnni {
namespace {

struct Vnni {
    static constexpr int kCell = 4, kRows = 8, kVectors = 2, kSparseRows = 4, kSparseVectors = 4;
    using Weight = std::int8_t;
    using Sums = __m512i;

    static Sums load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
    static void store(std::int32_t* to, Sums s) { _mm512_storeu_si512(to, s); }
    static Sums add(Sums a, Sums b) { return _mm512_add_epi32(a, b); }
    static constexpr int weight_place(int sum, int input) { return sum * kCell + input; }
    static std::uint32_t cells_of(const std::uint8_t* bytes) {
        const __m512i cells = _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)));
        return _mm512_test_epi32_mask(cells, cells) & 0xff;
    }
    static Sums dot(Sums s, const std::uint8_t* inputs, const Weight* weights) {
        std::int32_t cell;
        std::memcpy(&cell, inputs, sizeof cell);
        return _mm512_dpbusd_epi32(s, _mm512_set1_epi32(cell), _mm512_loadu_si512(weights));
    }
    static Sums add_pair(Sums s, int first, int second, const std::int16_t* columns) {
        const __m512i both = _mm512_set1_epi32((first & 0xffff) | second << 16);
        return _mm512_dpwssd_epi32(s, both, _mm512_loadu_si512(columns));
    }
    static Sums shift_right(Sums s, const std::int32_t* shift) { return _mm512_srav_epi32(s, load(shift)); }
    static void activate(std::uint8_t* out, Sums s, const std::int32_t* shift) {
        const __m512i v = _mm512_max_epi32(shift_right(s, shift), _mm512_setzero_si512());
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtusepi32_epi8(v));
    }
};

}  // namespace

std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return dct::make_coder<Vnni>(model); }

}  // namespace l3c::isa::avx512vnni

#endif
