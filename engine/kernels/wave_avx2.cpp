// AVX2: two channels of 16 bits a cell, since its products of bytes saturate.
#include <immintrin.h>

#include "wave_tile.hpp"

namespace l3c {
namespace {

struct Avx2 {
    static constexpr int kGroup = 2, kWide = 6, kVectors = 2, kWidth = 8, kBlock = 16, kOffset = 0;
    using Vector = __m256i;
    static Vector all(std::int32_t x) { return _mm256_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store(std::int32_t* p, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
    static Vector dot(Vector sum, Vector cells, Vector w) {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(cells, w));
    }
    static Vector shift_right(Vector v, std::int32_t by) { return _mm256_sra_epi32(v, _mm_cvtsi32_si128(by)); }
    static Vector activation(Vector v, std::int32_t by) {
        return _mm256_min_epi32(_mm256_max_epi32(shift_right(v, by), _mm256_setzero_si256()), all(255));
    }
    static Vector join(Vector low, Vector high, int) { return _mm256_or_si256(low, _mm256_slli_epi32(high, 16)); }
};

}  // namespace

std::unique_ptr<TileCoder> make_coder_avx2(const WaveModel& model) { return std::make_unique<Coder<Avx2>>(model); }

}  // namespace l3c
