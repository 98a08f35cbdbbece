#include "coding/symbol_mixtures.hpp"

namespace l3c {

MixtureKernel mixture_kernel_portable() { return {mixture_intervals, mixture_symbols}; }

}  // namespace l3c
