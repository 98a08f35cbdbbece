// The instruction sets, and what each gives. Each is a folder of isa/ and a row here:
//   set.cpp       whether this processor has it, and what it borrows from a narrower set; compiled for any processor
//   tiles.cpp     its struct of operations (`concept Isa`, isa/isa.hpp) and make_coder
//   symbols.cpp, gradient.cpp, dct.cpp   mixtures, gradient and coefficient models, if it has its own
//   flags.txt     the processors that may have it, and what each source is compiled with; both builds read it
#pragma once
#include <memory>

#include "coding/symbols.hpp"
#include "dct/model.hpp"
#include "training/gradient.hpp"
#include "wave/model.hpp"

// ROW(folder), fastest first.
#if defined(L3C_PORTABLE)  // for checks that need no other
#define L3C_ISAS(ROW) ROW(portable)
#elif defined(__x86_64__)
#define L3C_ISAS(ROW) \
    ROW(avx512vnni)   \
    ROW(avxvnni)      \
    ROW(avx2)         \
    ROW(sse41)        \
    ROW(portable)
#elif defined(__aarch64__)
#define L3C_ISAS(ROW) \
    ROW(neondot)      \
    ROW(portable)
#else
#define L3C_ISAS(ROW) ROW(portable)
#endif

// What each folder defines, in the namespace of its name.
#define L3C_DECLARE(set)                                                 \
    namespace l3c::isa::set {                                            \
    bool has_tiles();    /* this processor codes tiles with it */        \
    bool has_gradient(); /* this processor runs its gradient */          \
    std::unique_ptr<TileCoder> make_coder(const WaveModel& model);       \
    MixtureKernel mixtures();                                            \
    training::GradientKernel gradient();                                 \
    std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model); \
    }
L3C_ISAS(L3C_DECLARE)
#undef L3C_DECLARE
