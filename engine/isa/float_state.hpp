// The mode of the floating-point unit in which all that codes or computes gradients runs, whatever the caller's is.
//
// Compilers move floating-point instructions across a change of the mode, which they do not see: to be set only by functions
// that have none themselves, around calls that are not inlined.
#pragma once
#include <cstdint>
#if defined(__SSE2__)
#include <xmmintrin.h>
#elif !defined(__aarch64__)
#include <cfenv>
#endif

namespace l3c {
namespace {

#if defined(__x86_64__)
// Callers that used AVX may leave the upper halves of registers in use, as libjxl's decoder does. Instructions of SSE then merge
// with them, at less than half of their speed.
inline void release_upper_halves() {
    if (__builtin_cpu_supports("avx"))
        asm volatile("vzeroupper"
                     :
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15");
}
#endif

// IEEE 754's own mode while it lives: rounding to nearest, subnormal numbers kept, no traps; then the caller's mode again.
class FloatState {
public:
#if defined(__SSE2__)
    FloatState() : before_(_mm_getcsr()) {
        _mm_setcsr(0x1f80);
#if defined(__x86_64__)
        release_upper_halves();
#endif
    }
    ~FloatState() { _mm_setcsr(before_); }

private:
    unsigned before_;
#elif defined(__aarch64__)
    FloatState() {
        asm volatile("mrs %0, fpcr" : "=r"(before_));
        asm volatile("msr fpcr, %0" : : "r"(std::uint64_t(0)));
    }
    ~FloatState() { asm volatile("msr fpcr, %0" : : "r"(before_)); }

private:
    std::uint64_t before_;
#else
    FloatState() {
        std::fegetenv(&before_);
        std::fesetenv(FE_DFL_ENV);
    }
    ~FloatState() { std::fesetenv(&before_); }

private:
    std::fenv_t before_;
#endif
public:
    FloatState(const FloatState&) = delete;
    FloatState& operator=(const FloatState&) = delete;
};

}  // namespace
}  // namespace l3c
