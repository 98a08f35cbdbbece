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
    static constexpr bool kRuns = false;
    using Vector = __m512i;
    static Vector all(std::int32_t x) { return _mm512_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm512_loadu_si512(p); }
    static void store(std::int32_t* p, Vector v) { _mm512_storeu_si512(p, v); }
    // In assembly, since GCC copies every sum once or twice a row when it may choose: the sums stay in registers; zmm16 and
    // zmm17 hold cells, zmm18 weights, rax a row.
#if !defined(L3C_SIMDE)
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t*) {
        static_assert((Outputs == 4 || Outputs == 8) && (Vectors == 1 || Vectors == 2));
        const std::int32_t* const* const end = rows + count;
        const std::int64_t offset = std::int64_t(at) * 4;
        // clang-format off
#define L3C_BEGIN(place, o) "vpbroadcastd " #place "(%[start]), %" #o "\n\t"
#define L3C_BEGIN_2(place, left, right) L3C_BEGIN(place, left) "vmovdqa32 %" #left ", %" #right "\n\t"
#define L3C_ROWS_1 "1:\n\tmov (%[rows]), %%rax\n\tvmovdqu32 (%%rax,%[offset]), %%zmm16\n\t"
#define L3C_ROWS_2 L3C_ROWS_1 "vmovdqu32 64(%%rax,%[offset]), %%zmm17\n\t"
#define L3C_DOT_1(place, o) \
    "vpbroadcastd " #place "(%[weights]), %%zmm18\n\tvpdpbusd %%zmm18, %%zmm16, %" #o "\n\t"
#define L3C_DOT_2(place, left, right) L3C_DOT_1(place, left) "vpdpbusd %%zmm18, %%zmm17, %" #right "\n\t"
#define L3C_NEXT(bytes) "add $" #bytes ", %[weights]\n\tadd $8, %[rows]\n\tcmp %[end], %[rows]\n\tjne 1b"
#define L3C_INPUTS                                                                                            \
    [rows] "+&r"(rows), [weights] "+&r"(weights)                                                              \
        : [end] "r"(end), [offset] "r"(offset), [start] "r"(start)                                            \
        : "rax", "xmm16", "xmm17", "xmm18", "cc", "memory"
        if constexpr (Outputs == 8 && Vectors == 2)
            asm(L3C_BEGIN_2(0, 0, 1) L3C_BEGIN_2(4, 2, 3) L3C_BEGIN_2(8, 4, 5) L3C_BEGIN_2(12, 6, 7)
                L3C_BEGIN_2(16, 8, 9) L3C_BEGIN_2(20, 10, 11) L3C_BEGIN_2(24, 12, 13) L3C_BEGIN_2(28, 14, 15)
                L3C_ROWS_2 L3C_DOT_2(0, 0, 1) L3C_DOT_2(4, 2, 3) L3C_DOT_2(8, 4, 5) L3C_DOT_2(12, 6, 7)
                L3C_DOT_2(16, 8, 9) L3C_DOT_2(20, 10, 11) L3C_DOT_2(24, 12, 13) L3C_DOT_2(28, 14, 15) L3C_NEXT(32)
                : "=&v"(sum[0][0]), "=&v"(sum[0][1]), "=&v"(sum[1][0]), "=&v"(sum[1][1]), "=&v"(sum[2][0]),
                  "=&v"(sum[2][1]), "=&v"(sum[3][0]), "=&v"(sum[3][1]), "=&v"(sum[4][0]), "=&v"(sum[4][1]),
                  "=&v"(sum[5][0]), "=&v"(sum[5][1]), "=&v"(sum[6][0]), "=&v"(sum[6][1]), "=&v"(sum[7][0]),
                  "=&v"(sum[7][1]), L3C_INPUTS);
        else if constexpr (Outputs == 8)
            asm(L3C_BEGIN(0, 0) L3C_BEGIN(4, 1) L3C_BEGIN(8, 2) L3C_BEGIN(12, 3)
                L3C_BEGIN(16, 4) L3C_BEGIN(20, 5) L3C_BEGIN(24, 6) L3C_BEGIN(28, 7)
                L3C_ROWS_1 L3C_DOT_1(0, 0) L3C_DOT_1(4, 1) L3C_DOT_1(8, 2) L3C_DOT_1(12, 3)
                L3C_DOT_1(16, 4) L3C_DOT_1(20, 5) L3C_DOT_1(24, 6) L3C_DOT_1(28, 7) L3C_NEXT(32)
                : "=&v"(sum[0][0]), "=&v"(sum[1][0]), "=&v"(sum[2][0]), "=&v"(sum[3][0]), "=&v"(sum[4][0]),
                  "=&v"(sum[5][0]), "=&v"(sum[6][0]), "=&v"(sum[7][0]), L3C_INPUTS);
        else if constexpr (Vectors == 2)
            asm(L3C_BEGIN_2(0, 0, 1) L3C_BEGIN_2(4, 2, 3) L3C_BEGIN_2(8, 4, 5) L3C_BEGIN_2(12, 6, 7)
                L3C_ROWS_2 L3C_DOT_2(0, 0, 1) L3C_DOT_2(4, 2, 3) L3C_DOT_2(8, 4, 5) L3C_DOT_2(12, 6, 7) L3C_NEXT(16)
                : "=&v"(sum[0][0]), "=&v"(sum[0][1]), "=&v"(sum[1][0]), "=&v"(sum[1][1]), "=&v"(sum[2][0]),
                  "=&v"(sum[2][1]), "=&v"(sum[3][0]), "=&v"(sum[3][1]), L3C_INPUTS);
        else
            asm(L3C_BEGIN(0, 0) L3C_BEGIN(4, 1) L3C_BEGIN(8, 2) L3C_BEGIN(12, 3)
                L3C_ROWS_1 L3C_DOT_1(0, 0) L3C_DOT_1(4, 1) L3C_DOT_1(8, 2) L3C_DOT_1(12, 3) L3C_NEXT(16)
                : "=&v"(sum[0][0]), "=&v"(sum[1][0]), "=&v"(sum[2][0]), "=&v"(sum[3][0]), L3C_INPUTS);
        // clang-format on
#undef L3C_BEGIN
#undef L3C_BEGIN_2
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
        sum_rows<Avx512Vnni, Outputs, Vectors>(sum, start, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) { return _mm512_dpbusd_epi32(sum, cells, w); }
#endif
    static Vector shift_right(Vector v, std::int32_t by) {
        typedef std::int32_t I32x16 __attribute__((vector_size(64)));
        I32x16 parts;
        std::memcpy(&parts, &v, sizeof parts);
        parts >>= by;
        std::memcpy(&v, &parts, sizeof parts);
        return v;
    }
    static Vector cells_of(const Vector (&v)[4]) {
        const Vector order =
            _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        const Vector low = _mm512_packs_epi32(v[0], v[1]), high = _mm512_packs_epi32(v[2], v[3]);
        return _mm512_shuffle_epi8(_mm512_packus_epi16(low, high), order);
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::avx512vnni::make_coder(const WaveModel& model) {
    return make_tile_coder<Avx512Vnni>(model);
}

}  // namespace l3c
