// AVX-VNNI: Intel's processors since 2021, AMD's since 2024. All but tiles is AVX2's.
#include "isa/sets.hpp"

#if defined(L3C_SIMDE)  // tiles in software, for tests on machines without it
namespace l3c::isa::avxvnni {

bool has_tiles() { return avx2::has_tiles(); }

}  // namespace l3c::isa::avxvnni
#else
#include <cpuid.h>

namespace l3c::isa::avxvnni {

bool has_tiles() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    constexpr unsigned kFeatures = 7, kMoreOfThem = 1, kAvxVnni = 1u << 4;
    return avx2::has_tiles() && __get_cpuid_count(kFeatures, kMoreOfThem, &eax, &ebx, &ecx, &edx) && (eax & kAvxVnni);
}

}  // namespace l3c::isa::avxvnni
#endif

namespace l3c::isa::avxvnni {

bool has_gradient() { return avx2::has_gradient(); }
std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return avx2::make_dct_coder(model); }
MixtureKernel mixtures() { return avx2::mixtures(); }
training::GradientKernel gradient() { return avx2::gradient(); }

}  // namespace l3c::isa::avxvnni
