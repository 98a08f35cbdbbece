// AVX-VNNI: vpdpbusd of AVX-512 VNNI in 256-bit vectors; all else as AVX2.
#if defined(L3C_SIMDE)  // in software, for tests on machines without it
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#endif
#include <immintrin.h>

#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct AvxVnni {
    static constexpr int kCellChannels = 4;
    static constexpr int kWideOutputs = 4;
    static constexpr int kVectors = 2;  // 4 outputs of 2 vectors: 8 of 16 registers
    static constexpr int kVectorPixels = 8;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 0;
    static constexpr bool kRuns = false;
    using Vector = __m256i;
    static Vector all(std::int32_t x) { return _mm256_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store(std::int32_t* p, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
#if !defined(L3C_SIMDE)
#if defined(L3C_EVEX)  // to time it on processors with AVX-512 VNNI
#define L3C_DPBUSD "vpdpbusd"
#else
#define L3C_DPBUSD "%{vex%} vpdpbusd"
#endif
    // In assembly, as the other sets: ymm12 and ymm13 hold cells, ymm14 weights, rax a row.
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t*) {
        static_assert(Outputs == 4 && (Vectors == 1 || Vectors == 2));
        const std::int32_t* const* const end = rows + count;
        const std::int64_t offset = std::int64_t(at) * 4;
        for (int o = 0; o < Outputs; ++o)
            for (int v = 0; v < Vectors; ++v) sum[o][v] = all(start[o]);
        // clang-format off
#define L3C_ROWS_1 "1:\n\tmov (%[rows]), %%rax\n\tvmovdqu (%%rax,%[offset]), %%ymm12\n\t"
#define L3C_ROWS_2 L3C_ROWS_1 "vmovdqu 32(%%rax,%[offset]), %%ymm13\n\t"
#define L3C_DOT_1(place, o) \
    "vpbroadcastd " #place "(%[weights]), %%ymm14\n\t" L3C_DPBUSD " %%ymm14, %%ymm12, %" #o "\n\t"
#define L3C_DOT_2(place, left, right) L3C_DOT_1(place, left) L3C_DPBUSD " %%ymm14, %%ymm13, %" #right "\n\t"
#define L3C_NEXT "add $16, %[weights]\n\tadd $8, %[rows]\n\tcmp %[end], %[rows]\n\tjne 1b"
#define L3C_INPUTS                                                 \
    [rows] "+r"(rows), [weights] "+r"(weights)                     \
        : [end] "r"(end), [offset] "r"(offset)                     \
        : "rax", "xmm12", "xmm13", "xmm14", "cc", "memory"
        if constexpr (Vectors == 2)
            asm(L3C_ROWS_2 L3C_DOT_2(0, 0, 1) L3C_DOT_2(4, 2, 3) L3C_DOT_2(8, 4, 5) L3C_DOT_2(12, 6, 7) L3C_NEXT
                : "+x"(sum[0][0]), "+x"(sum[0][1]), "+x"(sum[1][0]), "+x"(sum[1][1]), "+x"(sum[2][0]),
                  "+x"(sum[2][1]), "+x"(sum[3][0]), "+x"(sum[3][1]), L3C_INPUTS);
        else
            asm(L3C_ROWS_1 L3C_DOT_1(0, 0) L3C_DOT_1(4, 1) L3C_DOT_1(8, 2) L3C_DOT_1(12, 3) L3C_NEXT
                : "+x"(sum[0][0]), "+x"(sum[1][0]), "+x"(sum[2][0]), "+x"(sum[3][0]), L3C_INPUTS);
        // clang-format on
#undef L3C_DPBUSD
#undef L3C_ROWS_1
#undef L3C_ROWS_2
#undef L3C_DOT_1
#undef L3C_DOT_2
#undef L3C_NEXT
#undef L3C_INPUTS
    }
#else
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t*) {
        sum_rows<AvxVnni, Outputs, Vectors>(sum, start, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) { return simde_mm256_dpbusd_epi32(sum, cells, w); }
#endif
    static Vector shift_right(Vector v, std::int32_t by) { return _mm256_sra_epi32(v, _mm_cvtsi32_si128(by)); }
    static Vector cells_of(const Vector (&v)[4]) {
        const Vector order =
            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        const Vector low = _mm256_packs_epi32(v[0], v[1]), high = _mm256_packs_epi32(v[2], v[3]);
        return _mm256_shuffle_epi8(_mm256_packus_epi16(low, high), order);
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::avxvnni::make_coder(const WaveModel& model) { return make_tile_coder<AvxVnni>(model); }

}  // namespace l3c
