// AVX2: four channels of 8 bits a cell. vpmaddubsw adds two products of unsigned and signed bytes in 16 bits, where it
// would saturate; the weights of a pair of neighbouring inputs sum to at most 128 in magnitude, so it never does.
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
    using Vector = __m256i;
    static Vector all(std::int32_t x) { return _mm256_set1_epi32(x); }
    static Vector load_cells(const std::int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store(std::int32_t* p, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
    // In assembly, since GCC moves the sums about between registers and memory when it may choose: the sums of 4 outputs
    // times 2 vectors stay in registers; ymm12 and ymm13 hold cells, ymm14 weights, ymm15 products, rax a row.
    template <int Outputs>
    static void add_products(Vector (&sum)[Outputs][kVectors], const std::int32_t* const* rows, int count, int at,
                             const std::int32_t* weights) {
        static_assert(Outputs == 4);
        const std::int32_t* const* const end = rows + count;
        const std::int64_t offset = std::int64_t(at) * 4;
        const Vector ones = _mm256_set1_epi16(1);
        // clang-format off
#define L3C_PRODUCT(cells, to)                                                       \
    "vpmaddubsw %%ymm14, %%" #cells ", %%ymm15\n\tvpmaddwd %[ones], %%ymm15, %%ymm15\n\t" \
    "vpaddd %%ymm15, %" #to ", %" #to "\n\t"
#define L3C_OUTPUT(place, left, right) \
    "vpbroadcastd " #place "(%[weights]), %%ymm14\n\t" L3C_PRODUCT(ymm12, left) L3C_PRODUCT(ymm13, right)
        asm("1:\n\tmov (%[rows]), %%rax\n\t"
            "vmovdqu (%%rax,%[offset]), %%ymm12\n\tvmovdqu 32(%%rax,%[offset]), %%ymm13\n\t"
            L3C_OUTPUT(0, 0, 1) L3C_OUTPUT(4, 2, 3) L3C_OUTPUT(8, 4, 5) L3C_OUTPUT(12, 6, 7)
            "add $16, %[weights]\n\tadd $8, %[rows]\n\tcmp %[end], %[rows]\n\tjne 1b"
            : "+x"(sum[0][0]), "+x"(sum[0][1]), "+x"(sum[1][0]), "+x"(sum[1][1]), "+x"(sum[2][0]), "+x"(sum[2][1]),
              "+x"(sum[3][0]), "+x"(sum[3][1]), [rows] "+r"(rows), [weights] "+r"(weights)
            : [end] "r"(end), [offset] "r"(offset), [ones] "x"(ones)
            : "rax", "ymm12", "ymm13", "ymm14", "ymm15", "cc", "memory");
// clang-format on
#undef L3C_PRODUCT
#undef L3C_OUTPUT
    }
    static Vector shift_right(Vector v, std::int32_t by) { return _mm256_sra_epi32(v, _mm_cvtsi32_si128(by)); }
    static Vector activation(Vector v, std::int32_t by) {
        return _mm256_min_epi32(_mm256_max_epi32(shift_right(v, by), _mm256_setzero_si256()), all(255));
    }
    static Vector join(Vector low, Vector high, int place) {
        return _mm256_or_si256(low, _mm256_sll_epi32(high, _mm_cvtsi32_si128(8 * place)));
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::avx2::make_coder(const WaveModel& model) { return make_tile_coder<Avx2>(model); }

}  // namespace l3c
