// Eight numbers side by side, on every machine: what mixtures are computed in. Types say what they hold: I32x8 is eight 32-bit
// integers. Compilers make of them what the instruction set has, one vector, two or four; the bits are the same.
#pragma once
#include <cstdint>
#include <cstring>

namespace l3c {
namespace {

constexpr int kVector = 8;
typedef std::int32_t I32x8 __attribute__((vector_size(32)));
typedef std::uint32_t U32x8 __attribute__((vector_size(32)));
typedef float F32x8 __attribute__((vector_size(32)));
typedef std::int32_t I32x4 __attribute__((vector_size(16)));
typedef double F64x4 __attribute__((vector_size(32)));

inline I32x8 load8(const std::int32_t* p) {
    I32x8 v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store8(std::int32_t* p, I32x8 v) { std::memcpy(p, &v, sizeof v); }
inline void store8(float* p, F32x8 v) { std::memcpy(p, &v, sizeof v); }
inline I32x8 all8(std::int32_t x) { return I32x8{x, x, x, x, x, x, x, x}; }
inline F32x8 all8f(float x) { return F32x8{x, x, x, x, x, x, x, x}; }
inline I32x8 min8(I32x8 a, I32x8 b) { return a < b ? a : b; }
inline I32x8 max8(I32x8 a, I32x8 b) { return a > b ? a : b; }
inline I32x8 clip8(I32x8 v, std::int32_t low, std::int32_t high) { return min8(max8(v, all8(low)), all8(high)); }
inline F32x8 floats8(I32x8 v) { return __builtin_convertvector(v, F32x8); }

}  // namespace
}  // namespace l3c
