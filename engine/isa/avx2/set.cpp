// AVX2 with FMA: all x86-64 processors since 2013 (Intel) or 2015 (AMD), but the smallest ones.
#include "isa/sets.hpp"

namespace l3c::isa::avx2 {

bool has_tiles() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_gradient() { return has_tiles(); }

}  // namespace l3c::isa::avx2
