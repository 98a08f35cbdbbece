#include "isa/sets.hpp"
#include "training/crop.hpp"

#if !defined(L3C_SIMDE)  // which does not emulate it: see set.cpp
namespace l3c::isa::avx512vnni {

training::GradientKernel gradient() { return training::gradient_of_crops; }

}  // namespace l3c::isa::avx512vnni
#endif
