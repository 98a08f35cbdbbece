// AVX-512 with VNNI: four channels of 8 bits a cell; vpdpbusd multiplies unsigned by signed bytes without saturation.
#if defined(L3C_SIMDE)  // in software, for tests on machines without it
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#else
#include <immintrin.h>
#endif

#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct Avx512Vnni {
    static constexpr int kCellChannels = 4;
    static constexpr int kWideOutputs = 8;
    static constexpr int kVectors = 2;  // 8 outputs of 2 vectors: 16 of 32 registers
    static constexpr int kVectorPixels = 16;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 0;
    using Vector = __m512i;
    static Vector all(std::int32_t x) { return _mm512_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm512_loadu_si512(p); }
    static void store(std::int32_t* p, Vector v) { _mm512_storeu_si512(p, v); }
    template <int Outputs>
    static void add_products(Vector (&sum)[Outputs][kVectors], const std::int32_t* const* rows, int count, int at,
                             const std::int32_t* weights) {
        add_rows<Avx512Vnni, Outputs>(sum, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) { return _mm512_dpbusd_epi32(sum, cells, w); }
    static Vector shift_right(Vector v, std::int32_t by) {
        typedef std::int32_t I32x16 __attribute__((vector_size(64)));
        I32x16 parts;
        std::memcpy(&parts, &v, sizeof parts);
        parts >>= by;
        std::memcpy(&v, &parts, sizeof parts);
        return v;
    }
    static Vector activation(Vector v, std::int32_t by) {
        return _mm512_min_epi32(_mm512_max_epi32(shift_right(v, by), _mm512_setzero_si512()), all(255));
    }
    static Vector join(Vector low, Vector high, int place) {
        return _mm512_or_si512(low, _mm512_sll_epi32(high, _mm_cvtsi32_si128(8 * place)));
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::avx512vnni::make_coder(const WaveModel& model) {
    return make_tile_coder<Avx512Vnni>(model);
}

}  // namespace l3c
