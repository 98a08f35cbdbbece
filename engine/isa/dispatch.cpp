#include "isa/dispatch.hpp"

#include <stdexcept>

#include "isa/float_state.hpp"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace l3c {
namespace {

// Symbols and gradients have fewer variants than tiles: those that the instruction set includes.
struct Variant {
    const char* name;
    bool (*supported)();
    std::unique_ptr<TileCoder> (*make)(const WaveModel&);
    MixtureKernel (*mixtures)();
    training::GradientKernel gradient;
};

bool always() { return true; }

#if defined(L3C_PORTABLE)  // for checks that need no other
constexpr Variant kVariants[] = {
    {"portable", always, make_coder_portable, mixture_kernel_portable, training::gradient_portable}};
#elif defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512vnni() {
#if defined(L3C_SIMDE)
    return true;
#endif
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#if defined(L3C_SIMDE)
constexpr auto gradient_wide = training::gradient_avx2;  // the other one is not emulated
#else
constexpr auto gradient_wide = training::gradient_avx512;
#endif
constexpr Variant kVariants[] = {
    {"avx512vnni", has_avx512vnni, make_coder_avx512vnni, mixture_kernel_avx2, gradient_wide},
    {"avx2", has_avx2, make_coder_avx2, mixture_kernel_avx2, training::gradient_avx2},
    {"portable", always, make_coder_portable, mixture_kernel_portable, training::gradient_portable}};
#elif defined(__aarch64__)
bool has_dot_product() {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & (1UL << 20);  // HWCAP_ASIMDDP
#else
    return true;  // every 64-bit Apple processor has it
#endif
}
constexpr Variant kVariants[] = {
    {"neondot", has_dot_product, make_coder_neondot, mixture_kernel_portable, training::gradient_portable},
    {"portable", always, make_coder_portable, mixture_kernel_portable, training::gradient_portable}};
#else
constexpr Variant kVariants[] = {
    {"portable", always, make_coder_portable, mixture_kernel_portable, training::gradient_portable}};
#endif

const Variant& variant(const std::string& isa) {
    for (const Variant& v : kVariants)
        if (v.name == isa && v.supported()) return v;
    throw std::invalid_argument("instruction set '" + isa + "' is not available on this machine");
}

// Sets the mode of the floating-point unit around every tile.
class GuardedCoder final : public TileCoder {
public:
    explicit GuardedCoder(std::unique_ptr<TileCoder> coder) : coder_(std::move(coder)) {}

    std::vector<std::uint8_t> encode(const std::uint8_t* tile, int height, int width) const override {
        const FloatState state;
        return coder_->encode(tile, height, width);
    }
    Status decode(const std::uint8_t* payload, std::size_t size, std::uint8_t* tile, int height,
                  int width) const override {
        const FloatState state;
        return coder_->decode(payload, size, tile, height, width);
    }

private:
    std::unique_ptr<TileCoder> coder_;
};

}  // namespace

std::vector<std::string> supported_isas() {
    std::vector<std::string> names;
    for (const Variant& v : kVariants)
        if (v.supported()) names.push_back(v.name);
    return names;
}

std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& isa) {
    const FloatState state;
    return std::make_unique<GuardedCoder>(variant(isa).make(model));
}

MixtureCoder mixture_coder(const std::string& isa) { return MixtureCoder(variant(isa).mixtures()); }

void MixtureCoder::intervals(const Tables& tables, const MixtureMap& map, const std::uint8_t* symbols,
                             Interval* out) const {
    const FloatState state;
    kernel_.intervals(tables, map, symbols, out);
}

Status MixtureCoder::symbols(const Tables& tables, const MixtureMap& map, RansDecoder& decoder,
                             std::uint8_t* out) const {
    const FloatState state;
    return kernel_.symbols(tables, map, decoder, out);
}

training::Gradient gradient_with(const std::string& isa) {
#if defined(__x86_64__) && !defined(L3C_PORTABLE)
    // Some processors have what gradients need of AVX-512, and not what tiles need.
    if (isa.empty() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return training::Gradient(training::gradient_avx512);
#endif
    return training::Gradient(isa.empty() ? variant(supported_isas().front()).gradient : variant(isa).gradient);
}

double training::Gradient::operator()(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count,
                                      int height, int width, bool quantized, float* gradient) const {
    const FloatState state;
    return kernel_(a, parameters, crops, count, height, width, quantized, gradient);
}

}  // namespace l3c
