// SSE4.1: all x86-64 processors since 2008 (Intel) or 2011 (AMD). Coefficients are those of portable C++.
#include "isa/sets.hpp"

namespace l3c::isa::sse41 {

bool has_tiles() { return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1"); }
bool has_gradient() { return has_tiles(); }
std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return portable::make_dct_coder(model); }

}  // namespace l3c::isa::sse41
