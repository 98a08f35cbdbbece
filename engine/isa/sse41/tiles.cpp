// SSE4.1: as AVX2, with vectors of half its width.
#include <smmintrin.h>

#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct Sse41 {
    static constexpr int kCellChannels = 4;
    static constexpr int kWideOutputs = 4;
    static constexpr int kVectors = 2;  // sums in 16 bits of 4 outputs and 2 vectors: 8 of 16 registers
    static constexpr int kVectorPixels = 4;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 0;
    static constexpr bool kRuns = true;
    using Vector = __m128i;
    static Vector all(std::int32_t x) { return _mm_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
    static void store(std::int32_t* p, Vector v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t* runs) {
        for (int o = 0; o < Outputs; ++o)
            for (int v = 0; v < Vectors; ++v) sum[o][v] = all(start[o]);
        const Vector ones = _mm_set1_epi16(1);
        for (const std::int32_t* const* const end = rows + count; rows != end; ++runs) {
            Vector run[Outputs][Vectors]{};
            for (const std::int32_t* const* const last = rows + *runs; rows != last; ++rows, weights += Outputs) {
                Vector cells[Vectors];
                for (int v = 0; v < Vectors; ++v) cells[v] = load_cells(*rows + at + v * kVectorPixels);
#pragma GCC unroll 8
                for (int o = 0; o < Outputs; ++o) {
                    const Vector w = all(weights[o]);
#pragma GCC unroll 8
                    for (int v = 0; v < Vectors; ++v)
                        run[o][v] = _mm_add_epi16(run[o][v], _mm_maddubs_epi16(cells[v], w));
                }
            }
#pragma GCC unroll 8
            for (int o = 0; o < Outputs; ++o)
#pragma GCC unroll 8
                for (int v = 0; v < Vectors; ++v) sum[o][v] = _mm_add_epi32(sum[o][v], _mm_madd_epi16(run[o][v], ones));
        }
    }
    static Vector shift_right(Vector v, std::int32_t by) { return _mm_sra_epi32(v, _mm_cvtsi32_si128(by)); }
    static Vector cells_of(const Vector (&v)[4]) {
        const Vector order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        const Vector low = _mm_packs_epi32(v[0], v[1]), high = _mm_packs_epi32(v[2], v[3]);
        return _mm_shuffle_epi8(_mm_packus_epi16(low, high), order);
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::sse41::make_coder(const WaveModel& model) { return make_tile_coder<Sse41>(model); }

}  // namespace l3c
