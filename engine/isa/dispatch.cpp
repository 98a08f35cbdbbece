#include "isa/dispatch.hpp"

#include <stdexcept>

#include "isa/float_state.hpp"

namespace l3c {
namespace {

struct Entry {
    const char* name;
    bool (*has_tiles)();
    bool (*has_gradient)();
    std::unique_ptr<TileCoder> (*make_coder)(const WaveModel&);
    MixtureKernel (*mixtures)();
    training::GradientKernel (*gradient)();
    std::unique_ptr<dct::Coder> (*make_dct_coder)(const dct::Model&);
};

#define L3C_ENTRY(set)       \
    {#set,                   \
     isa::set::has_tiles,    \
     isa::set::has_gradient, \
     isa::set::make_coder,   \
     isa::set::mixtures,     \
     isa::set::gradient,     \
     isa::set::make_dct_coder},
constexpr Entry kEntries[] = {L3C_ISAS(L3C_ENTRY)};
#undef L3C_ENTRY

const Entry& entry_of(const std::string& name) {
    for (const Entry& entry : kEntries)
        if (entry.name == name && entry.has_tiles()) return entry;
    throw std::invalid_argument("instruction set '" + name + "' is not available on this machine");
}

// Sets the mode of the floating-point unit around every tile.
class GuardedCoder final : public TileCoder {
public:
    explicit GuardedCoder(std::unique_ptr<TileCoder> coder) : coder_(std::move(coder)) {}

    std::vector<std::uint8_t> encode(const std::uint8_t* tile, int height, int width, int threads) const override {
        const FloatState state;
        return coder_->encode(tile, height, width, threads);
    }
    Status decode(const std::uint8_t* payload, std::size_t size, std::uint8_t* tile, int height, int width,
                  int threads) const override {
        const FloatState state;
        return coder_->decode(payload, size, tile, height, width, threads);
    }
    std::vector<std::uint8_t> encode_deep(const std::uint16_t* tile, SampleDepth depth, int height, int width,
                                          int threads) const override {
        const FloatState state;
        return coder_->encode_deep(tile, depth, height, width, threads);
    }
    Status decode_deep(const std::uint8_t* payload, std::size_t size, std::uint16_t* tile, int depth, int height,
                       int width, int threads) const override {
        const FloatState state;
        return coder_->decode_deep(payload, size, tile, depth, height, width, threads);
    }

private:
    std::unique_ptr<TileCoder> coder_;
};

// The same around coefficients.
class GuardedDctCoder final : public dct::Coder {
public:
    explicit GuardedDctCoder(std::unique_ptr<dct::Coder> coder) : coder_(std::move(coder)) {}

    std::vector<std::uint8_t> encode(const dct::Plane* planes, int count) const override {
        const FloatState state;
        return coder_->encode(planes, count);
    }
    Status decode(const std::uint8_t* payload, std::size_t size, const dct::Plane* planes, int count) const override {
        const FloatState state;
        return coder_->decode(payload, size, planes, count);
    }

private:
    std::unique_ptr<dct::Coder> coder_;
};

}  // namespace

std::vector<std::string> supported_isas() {
    std::vector<std::string> names;
    for (const Entry& entry : kEntries)
        if (entry.has_tiles()) names.push_back(entry.name);
    return names;
}

std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& name) {
    const FloatState state;
    return std::make_unique<GuardedCoder>(entry_of(name).make_coder(model));
}

std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model, const std::string& name) {
    return std::make_unique<GuardedDctCoder>(entry_of(name).make_dct_coder(model));
}

MixtureCoder mixture_coder(const std::string& name) { return MixtureCoder(entry_of(name).mixtures()); }

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

training::Gradient gradient_with(const std::string& name) {
    if (!name.empty()) return training::Gradient(entry_of(name).gradient());
    const Entry* fastest = kEntries;
    while (!fastest->has_gradient()) ++fastest;  // the last one, portable, has
    return training::Gradient(fastest->gradient());
}

double training::Gradient::operator()(const Architecture& a, const float* parameters, const std::uint8_t* crops,
                                      int count, int height, int width, bool quantized, float* gradient) const {
    const FloatState state;
    return kernel_(a, parameters, crops, count, height, width, quantized, gradient);
}

}  // namespace l3c
