// Plain C++ for every machine.
#include "isa/sets.hpp"
#include "wave/tile_coder.hpp"

namespace l3c {
namespace {

struct Portable {
    static constexpr int kCellChannels = 2;  // 16-bit products in 32-bit lanes
    static constexpr int kWideOutputs = 4;
    static constexpr int kVectors = 1;  // eight pixels as one vector type
    static constexpr int kVectorPixels = 8;
    static constexpr int kBlockPixels = kVectors * kVectorPixels;
    static constexpr int kCellOffset = 0;
    static constexpr bool kRuns = false;
    using Vector = I32x8;
    static Vector all(std::int32_t x) { return all8(x); }
    static Vector load_cells(const std::int32_t* p) { return load8(p); }
    static void store(std::int32_t* p, Vector v) { store8(p, v); }
    template <int Outputs, int Vectors>
    static void products(Vector (&sum)[Outputs][Vectors], const std::int32_t* start, const std::int32_t* const* rows,
                         int count, int at, const std::int32_t* weights, const std::uint8_t*) {
        sum_rows<Portable, Outputs, Vectors>(sum, start, rows, count, at, weights);
    }
    static Vector dot(Vector sum, Vector cells, Vector w) {
        return sum + (cells & 0xffff) * ((w << 16) >> 16) + (cells >> 16) * (w >> 16);
    }
    static Vector shift_right(Vector v, std::int32_t by) { return v >> by; }
    static Vector cells_of(const Vector (&v)[2]) { return clip8(v[0], 0, 255) | (clip8(v[1], 0, 255) << 16); }
};

}  // namespace

std::unique_ptr<TileCoder> isa::portable::make_coder(const WaveModel& model) {
    return make_tile_coder<Portable>(model);
}

}  // namespace l3c
