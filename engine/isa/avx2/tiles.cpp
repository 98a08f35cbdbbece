// AVX2: four channels of 8 bits a cell. vpmaddubsw adds two products of unsigned and signed bytes in 16 bits, where it
// would saturate; the weights of a pair of neighbouring inputs sum to at most 128 in magnitude, so it never does. Nor do sums
// of runs of rows, whose weights are small enough together.
#include <immintrin.h>

#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct Avx2 {
    static constexpr int kCellChannels = 4;
    static constexpr int kWideOutputs = 4;
    static constexpr int kVectors = 2;  // 4 outputs of 2 vectors: 8 of 16 registers
    static constexpr int kVectorPixels = 8;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 0;
    static constexpr bool kRuns = true;
    using Vector = __m256i;
    static Vector all(std::int32_t x) { return _mm256_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store(std::int32_t* p, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
    // In assembly, since GCC moves the sums about between registers and memory when it may choose. ymm0 to ymm7 hold sums of a run
    // in 16 bits, of 4 outputs times 2 vectors; ymm12 and ymm13 cells, ymm14 weights, ymm15 products; rax a row, ecx rows left.
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t* runs) {
        static_assert(Outputs == 4 && (Vectors == 1 || Vectors == 2));
        const std::int32_t* const* const end = rows + count;
        const std::int64_t offset = std::int64_t(at) * 4;
        const Vector ones = _mm256_set1_epi16(1);
        for (int o = 0; o < Outputs; ++o)
            for (int v = 0; v < Vectors; ++v) sum[o][v] = all(start[o]);
        // clang-format off
#define L3C_LOAD_1 "mov (%[rows]), %%rax\n\tvmovdqu (%%rax,%[offset]), %%ymm12\n\t"
#define L3C_LOAD_2 L3C_LOAD_1 "vmovdqu 32(%%rax,%[offset]), %%ymm13\n\t"
#define L3C_FIRST_1(place, to) \
    "vpbroadcastd " #place "(%[weights]), %%ymm14\n\tvpmaddubsw %%ymm14, %%ymm12, %%ymm" #to "\n\t"
#define L3C_FIRST_2(place, left, right) L3C_FIRST_1(place, left) "vpmaddubsw %%ymm14, %%ymm13, %%ymm" #right "\n\t"
#define L3C_MORE_1(place, to)                                                                              \
    "vpbroadcastd " #place "(%[weights]), %%ymm14\n\tvpmaddubsw %%ymm14, %%ymm12, %%ymm15\n\t" \
    "vpaddw %%ymm15, %%ymm" #to ", %%ymm" #to "\n\t"
#define L3C_MORE_2(place, left, right)                                                      \
    L3C_MORE_1(place, left) "vpmaddubsw %%ymm14, %%ymm13, %%ymm14\n\tvpaddw %%ymm14, %%ymm" #right ", %%ymm" #right "\n\t"
#define L3C_WIDEN(place, from)                                                                                     \
    "vpmaddwd %[ones], %%ymm" #from ", %%ymm" #from "\n\tvpaddd " #place "(%[sum]), %%ymm" #from ", %%ymm" #from \
    "\n\tvmovdqa %%ymm" #from ", " #place "(%[sum])\n\t"
#define L3C_NEXT "3:\n\tadd $16, %[weights]\n\tadd $8, %[rows]\n\tdec %%ecx\n\tjnz 2b\n\t"
#define L3C_RUN "inc %[runs]\n\tcmp %[end], %[rows]\n\tjne 1b"
#define L3C_OPERANDS                                                                                                    \
    : [rows] "+r"(rows), [weights] "+r"(weights), [runs] "+r"(runs)                                                     \
    : [end] "r"(end), [offset] "r"(offset), [sum] "r"(&sum[0][0]), [ones] "x"(ones)                                     \
    : "rax", "rcx", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm12", "xmm13", "xmm14", "xmm15", \
      "cc", "memory"
        if constexpr (Vectors == 2)
            asm volatile("1:\n\tmovzbl (%[runs]), %%ecx\n\t" L3C_LOAD_2
                L3C_FIRST_2(0, 0, 1) L3C_FIRST_2(4, 2, 3) L3C_FIRST_2(8, 4, 5) L3C_FIRST_2(12, 6, 7)
                "jmp 3f\n2:\n\t" L3C_LOAD_2
                L3C_MORE_2(0, 0, 1) L3C_MORE_2(4, 2, 3) L3C_MORE_2(8, 4, 5) L3C_MORE_2(12, 6, 7)
                L3C_NEXT
                L3C_WIDEN(0, 0) L3C_WIDEN(32, 1) L3C_WIDEN(64, 2) L3C_WIDEN(96, 3)
                L3C_WIDEN(128, 4) L3C_WIDEN(160, 5) L3C_WIDEN(192, 6) L3C_WIDEN(224, 7)
                L3C_RUN L3C_OPERANDS);
        else
            asm volatile("1:\n\tmovzbl (%[runs]), %%ecx\n\t" L3C_LOAD_1
                L3C_FIRST_1(0, 0) L3C_FIRST_1(4, 1) L3C_FIRST_1(8, 2) L3C_FIRST_1(12, 3)
                "jmp 3f\n2:\n\t" L3C_LOAD_1
                L3C_MORE_1(0, 0) L3C_MORE_1(4, 1) L3C_MORE_1(8, 2) L3C_MORE_1(12, 3)
                L3C_NEXT
                L3C_WIDEN(0, 0) L3C_WIDEN(32, 1) L3C_WIDEN(64, 2) L3C_WIDEN(96, 3)
                L3C_RUN L3C_OPERANDS);
        // clang-format on
#undef L3C_LOAD_1
#undef L3C_LOAD_2
#undef L3C_FIRST_1
#undef L3C_FIRST_2
#undef L3C_MORE_1
#undef L3C_MORE_2
#undef L3C_WIDEN
#undef L3C_NEXT
#undef L3C_RUN
#undef L3C_OPERANDS
    }
    static Vector shift_right(Vector v, std::int32_t by) { return _mm256_sra_epi32(v, _mm_cvtsi32_si128(by)); }
    static Vector cells_of(const Vector (&v)[4]) {
        const Vector order =
            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        const Vector low = _mm256_packs_epi32(v[0], v[1]), high = _mm256_packs_epi32(v[2], v[3]);
        return _mm256_shuffle_epi8(_mm256_packus_epi16(low, high), order);
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::avx2::make_coder(const WaveModel& model) { return make_tile_coder<Avx2>(model); }

}  // namespace l3c
