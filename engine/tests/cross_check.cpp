// Codes made-up tiles with every instruction set of this build and compares bytes and pixels with portable C++.
// Stands alone, so that it runs under an emulator: see `make cross-check`.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "dispatch.hpp"
#include "training/wave_gradient.hpp"

namespace {

std::uint32_t state = 1;
int draw(int low, int high) {  // low..high
    state = state * 1664525u + 1013904223u;
    return low + int((state >> 8) % std::uint32_t(high - low + 1));
}

l3c::WaveModel made_up_model(const l3c::Architecture& a) {
    l3c::WaveModel model{a, {}, {}, {}};
    l3c::training::Shape shapes[l3c::training::kMaxLayers];
    for (int i = 0, n = l3c::training::layer_shapes(a, shapes); i < n; ++i) {
        l3c::Layer layer{shapes[i].outputs, shapes[i].inputs, {}, {}, {}};
        for (int w = 0; w < layer.outputs * layer.inputs; ++w) layer.weights.push_back(std::int8_t(draw(-64, 64)));
        for (int o = 0; o < layer.outputs; ++o) layer.bias.push_back(draw(-100000, 100000));
        for (int o = 0; o < layer.outputs; ++o) layer.shift.push_back(std::uint8_t(draw(6, 12)));
        model.layers.push_back(layer);
    }
    for (int i = 0; i < 384; ++i) {
        const int here = int(65536 / (1 + std::exp(12 - i / 16.0))), next = int(65536 / (1 + std::exp(12 - (i + 1) / 16.0)));
        model.tables.sigmoid[i] = here << 11 | (next - here);
    }
    for (int i = 0; i < 256; ++i) model.tables.exponential[i] = int(32768 * std::exp(-i / 16.0));
    for (int i = 0; i < 128; ++i) model.tables.mantissa[i] = 2048 + 16 * i, model.tables.scale_shift[i] = 4 + i / 12;
    return model;
}

// The same layers, learning.
l3c::WaveModel learning(l3c::WaveModel model, int every, int first) {
    model.learning = {1e-3f, 0.1f, 0.01f, 1e-8f, 64, every, 1, first};
    return model;
}

bool check(const l3c::WaveModel& model, const std::string& isa, int height, int width) {
    std::vector<std::uint8_t> tile(std::size_t(height) * width * model.architecture.channels), back(tile.size());
    for (auto& v : tile) v = std::uint8_t(draw(0, 3) ? draw(90, 130) : draw(0, 255));
    const int channels = model.architecture.channels;
    for (std::size_t i = 0; model.architecture.guides && i < tile.size(); i += channels) back[i] = tile[i];
    const auto expected = l3c::make_coder(model, "portable")->encode(tile.data(), height, width);
    const auto coder = l3c::make_coder(model, isa);
    const auto payload = coder->encode(tile.data(), height, width);
    const auto status = coder->decode(payload.data(), payload.size(), back.data(), height, width);
    const bool equal = payload == expected && status == l3c::Status::kOk && back == tile;
    if (!equal) std::printf("%s differs at %d x %d\n", isa.c_str(), height, width);
    return equal;
}

}  // namespace

// Arguments: instruction sets that must be among those of this machine.
int main(int count, char** required) {
    const auto supported = l3c::supported_isas();
    bool good = true;
    for (int i = 1; i < count; ++i) {
        bool found = false;
        for (const auto& isa : supported) found = found || isa == required[i];
        if (!found) std::printf("%s is not to be had here\n", required[i]);
        good = good && found;
    }
    const l3c::Architecture architectures[] = {{3, 32, 24, 96, 64, 32, 4, false, false, 0},
                                                {1, 16, 12, 44, 20, 16, 3, true, false, 0},
                                                {3, 16, 12, 44, 20, 16, 3, true, true, 0},
                                                {3, 16, 12, 44, 20, 16, 3, true, false, 1}};
    const int sizes[][2] = {{1, 1}, {3, 100}, {100, 3}, {37, 53}, {64, 200}, {130, 131}};
    for (const auto& a : architectures) {
        const auto model = made_up_model(a);
        const l3c::WaveModel models[] = {model, learning(model, 1, 2), learning(model, 3, 4), learning(model, 5, 5)};
        for (const auto& isa : supported)
            for (const auto& size : sizes)
                for (const auto& each : models) good = check(each, isa, size[0], size[1]) && good;
    }
    for (const auto& isa : supported) std::printf("%s ", isa.c_str());
    std::printf(good ? "agree\n" : "FAILED\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
