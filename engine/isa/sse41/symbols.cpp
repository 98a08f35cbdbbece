#include "coding/symbol_mixtures.hpp"
#include "isa/sets.hpp"

namespace l3c::isa::sse41 {

MixtureKernel mixtures() { return {mixture_intervals, mixture_symbols}; }

}  // namespace l3c::isa::sse41
