// AVX-512 with VNNI. Symbols are coded as with AVX2: eight mixtures fill its vectors.
#include "isa/sets.hpp"

namespace l3c::isa::avx512vnni {

#if defined( \
    L3C_SIMDE)  // tiles in software, for tests on machines without it; gradients and coefficients are not emulated
bool has_tiles() { return true; }
bool has_gradient() { return avx2::has_gradient(); }
training::GradientKernel gradient() { return avx2::gradient(); }
std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return avx2::make_dct_coder(model); }
#else
bool has_tiles() {
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
// Some processors have what gradients need of AVX-512, and not what tiles need.
bool has_gradient() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"); }
#endif
MixtureKernel mixtures() { return avx2::mixtures(); }

}  // namespace l3c::isa::avx512vnni
