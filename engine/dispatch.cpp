#include "dispatch.hpp"

#include <stdexcept>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace l3c {
namespace {

struct Variant {
    const char* name;
    bool (*supported)();
    std::unique_ptr<TileCoder> (*make)(const WaveModel&);
};

bool always() { return true; }

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512vnni() {
#if defined(L3C_SIMDE)
    return true;
#endif
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
constexpr Variant kVariants[] = {{"avx512vnni", has_avx512vnni, make_coder_avx512vnni},
                                 {"avx2", has_avx2, make_coder_avx2},
                                 {"portable", always, make_coder_portable}};
#elif defined(__aarch64__)
bool has_dot_product() {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & (1UL << 20);  // HWCAP_ASIMDDP
#else
    return true;  // every 64-bit Apple processor has it
#endif
}
constexpr Variant kVariants[] = {{"neondot", has_dot_product, make_coder_neondot},
                                 {"portable", always, make_coder_portable}};
#else
constexpr Variant kVariants[] = {{"portable", always, make_coder_portable}};
#endif

}  // namespace

std::vector<std::string> supported_isas() {
    std::vector<std::string> names;
    for (const Variant& v : kVariants)
        if (v.supported()) names.push_back(v.name);
    return names;
}

std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& isa) {
    for (const Variant& v : kVariants)
        if (v.name == isa && v.supported()) return v.make(model);
    throw std::invalid_argument("instruction set '" + isa + "' is not to be had on this machine");
}

}  // namespace l3c
