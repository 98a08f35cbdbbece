// NEON with the dot product of bytes: 64-bit ARM since 2018. Symbols and gradients are those of portable C++.
#include "isa/sets.hpp"

#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace l3c::isa::neondot {

bool has_tiles() {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & (1UL << 20);  // HWCAP_ASIMDDP
#else
    return true;  // every 64-bit Apple processor has it
#endif
}
bool has_gradient() { return portable::has_gradient(); }
std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model) { return portable::make_dct_coder(model); }
MixtureKernel mixtures() { return portable::mixtures(); }
training::GradientKernel gradient() { return portable::gradient(); }

}  // namespace l3c::isa::neondot
