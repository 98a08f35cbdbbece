// NEON with the dot product of signed bytes: activations move down by 128 as they are loaded, and the starts of the
// sums make up for it (kCellOffset times the sum of the weights).
#include <arm_neon.h>

#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct NeonDot {
    static constexpr int kCellChannels = 4;
    static constexpr int kWideOutputs = 4;
    static constexpr int kVectors = 4;  // 4 outputs of 4 vectors: 16 of 32 registers
    static constexpr int kVectorPixels = 4;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 128;
    static constexpr bool kRuns = false;
    using Vector = int32x4_t;
    static Vector all(std::int32_t x) { return vdupq_n_s32(x); }
    static Vector load_cells(const std::int32_t* p) { return veorq_s32(vld1q_s32(p), vdupq_n_s32(0x80808080)); }
    static void store(std::int32_t* p, Vector v) { vst1q_s32(p, v); }
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t*) {
        sum_rows<NeonDot, Outputs, Vectors>(sum, start, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) {
        return vdotq_s32(sum, vreinterpretq_s8_s32(cells), vreinterpretq_s8_s32(w));
    }
    static Vector shift_right(Vector v, std::int32_t by) { return vshlq_s32(v, vdupq_n_s32(-by)); }
    static Vector cells_of(const Vector (&v)[4]) {
        const auto clipped = [](Vector a) { return vminq_s32(vmaxq_s32(a, vdupq_n_s32(0)), vdupq_n_s32(255)); };
        const Vector low = vorrq_s32(clipped(v[0]), vshlq_n_s32(clipped(v[1]), 8));
        return vorrq_s32(low, vshlq_n_s32(vorrq_s32(clipped(v[2]), vshlq_n_s32(clipped(v[3]), 8)), 16));
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::neondot::make_coder(const WaveModel& model) { return make_tile_coder<NeonDot>(model); }

}  // namespace l3c
