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
    using Vector = int32x4_t;
    static Vector all(std::int32_t x) { return vdupq_n_s32(x); }
    static Vector load_cells(const std::int32_t* p) { return veorq_s32(vld1q_s32(p), vdupq_n_s32(0x80808080)); }
    static void store(std::int32_t* p, Vector v) { vst1q_s32(p, v); }
    template <int Outputs>
    static void add_products(Vector (&sum)[Outputs][kVectors], const std::int32_t* const* rows, int count, int at,
                             const std::int32_t* weights) {
        add_rows<NeonDot, Outputs>(sum, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) {
        return vdotq_s32(sum, vreinterpretq_s8_s32(cells), vreinterpretq_s8_s32(w));
    }
    static Vector shift_right(Vector v, std::int32_t by) { return vshlq_s32(v, vdupq_n_s32(-by)); }
    static Vector activation(Vector v, std::int32_t by) {
        return vminq_s32(vmaxq_s32(shift_right(v, by), vdupq_n_s32(0)), vdupq_n_s32(255));
    }
    static Vector join(Vector low, Vector high, int place) {
        return vorrq_s32(low, vshlq_s32(high, vdupq_n_s32(8 * place)));
    }
};

}  // namespace

std::unique_ptr<TileCoder> isa::neondot::make_coder(const WaveModel& model) { return make_tile_coder<NeonDot>(model); }

}  // namespace l3c
