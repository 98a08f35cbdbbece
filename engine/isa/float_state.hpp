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

// IEEE 754's own mode while it lives: rounding to nearest, subnormal numbers kept, no traps; then the caller's mode again.
class FloatState {
public:
#if defined(__SSE2__)
    FloatState() : before_(_mm_getcsr()) { _mm_setcsr(0x1f80); }
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
