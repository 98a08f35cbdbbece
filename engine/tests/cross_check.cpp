// Codes made-up tiles and coefficients with every instruction set of this build and compares bytes, pixels and coefficients with portable C++.
// Stands alone, so that it runs under an emulator: see `make cross-check`.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "coefficients.hpp"
#include "made_up.hpp"

namespace {

std::uint32_t state = 1;
int draw(int low, int high) {  // low..high
    state = state * 1664525u + 1013904223u;
    return low + int((state >> 8) % std::uint32_t(high - low + 1));
}

bool check(const l3c::WaveModel& model, const std::string& isa, int height, int width) {
    std::vector<std::uint8_t> tile(std::size_t(height) * width * model.architecture.channels), back(tile.size());
    for (auto& v : tile) v = std::uint8_t(draw(0, 3) ? draw(90, 130) : draw(0, 255));
    const int channels = model.architecture.channels;
    for (std::size_t i = 0; model.architecture.side_channels && i < tile.size(); i += channels) back[i] = tile[i];
    const auto expected = l3c::make_coder(model, "portable")->encode(tile.data(), height, width, 1);
    const auto coder = l3c::make_coder(model, isa);
    const auto payload = coder->encode(tile.data(), height, width, 3);
    const auto status = coder->decode(payload.data(), payload.size(), back.data(), height, width, 2);
    const bool equal = payload == expected && status == l3c::Status::kOk && back == tile;
    if (!equal) std::printf("%s differs at %d x %d\n", isa.c_str(), height, width);
    return equal;
}

// The same of samples of 9 to 16 bits, for networks without side information.
bool check_deep(const l3c::WaveModel& model, const std::string& isa, int height, int width) {
    if (model.architecture.side_channels) return true;
    const int depth = draw(9, l3c::kMostDepth), usual = draw(0, l3c::kMostUsual), middle = 1 << (depth - 1),
              near = draw(1, middle - 1);
    std::vector<std::uint16_t> tile(std::size_t(height) * width * model.architecture.channels), back(tile.size());
    const bool repeats = draw(0, 1);
    for (std::size_t i = 0; i < tile.size(); ++i)
        tile[i] = repeats && i && draw(0, 2) ? tile[i - 1]
                  : draw(0, 3)               ? std::uint16_t(draw(middle - near, middle + near))
                                             : std::uint16_t(draw(0, 2 * middle - 1));
    const l3c::SampleDepth of{depth, usual};
    const auto expected = l3c::make_coder(model, "portable")->encode_deep(tile.data(), of, height, width, 1);
    const auto coder = l3c::make_coder(model, isa);
    const auto payload = coder->encode_deep(tile.data(), of, height, width, 3);
    const auto status = coder->decode_deep(payload.data(), payload.size(), back.data(), depth, height, width, 2);
    const bool equal = payload == expected && status == l3c::Status::kOk && back == tile;
    if (!equal) std::printf("%s differs at %d x %d, %d bits\n", isa.c_str(), height, width, depth);
    return equal;
}

// Of made-up parameters on a crop: finite everywhere, and about what portable C++ finds.
bool check_gradient(const l3c::Architecture& a, const std::string& isa) {
    constexpr int kHeight = 4, kWidth = 32;
    std::vector<float> parameters(l3c::training::parameter_count(a)), found(parameters.size()),
        expected(parameters.size());
    std::vector<std::uint8_t> crop(std::size_t(kHeight) * kWidth * a.channels);
    for (float& p : parameters) p = float(draw(-1000, 1000)) * 2e-5f;
    for (auto& v : crop) v = std::uint8_t(draw(90, 130));
    const auto cost = [&](const std::string& name, std::vector<float>& out) {
        return l3c::gradient_with(name)(a, parameters.data(), crop.data(), 1, kHeight, kWidth, false, out.data());
    };
    const double bits = cost(isa, found), right = cost("portable", expected);
    double far = 0, size = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        far += std::fabs(found[i] - expected[i]), size += std::fabs(expected[i]);
    const bool good = std::fabs(bits - right) <= 1e-3 * right && far <= 1e-2 * size + 1e-6 && bits > 0;
    if (!good) std::printf("%s: gradients are %g apart of %g, costs %g and %g\n", isa.c_str(), far, size, bits, right);
    return good;
}

void print(const l3c::Architecture& a) {
    std::printf("of channels %d, widths %d %d %d %d %d, components %d, fitted %d, coupled %d, side channels %d\n",
                a.channels, a.hidden1, a.cached, a.hidden2, a.hidden3, a.head, a.components, a.fitted, a.coupled,
                a.side_channels);
}

// Random architectures of every kind on every instruction set, at rest and learning.
bool check_random(int count, const std::vector<std::string>& isas) {
    bool good = true;
    for (int i = 0; i < count; ++i) {
        const l3c::Architecture a = made_up_architecture(draw);
        auto model = made_up_model(a, draw);
        if (draw(0, 2)) model = learning(model, draw(1, 7), draw(l3c::kStageTwo, l3c::kHeads + 1), draw(0, 4));
        const int height = draw(1, 9), width = draw(1, 40);
        for (const auto& isa : isas)
            if (!check(model, isa, height, width) || !check_deep(model, isa, height, width) || !check_gradient(a, isa))
                print(a), good = false;
    }
    return good;
}

int finish(bool good) {
    for (const auto& isa : l3c::supported_isas()) std::printf("%s ", isa.c_str());
    std::printf(good ? "agree\n" : "FAILED\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

// Arguments: how many random architectures, if any (-N: N and nothing else); instruction sets that must be among those of
// this machine.
int main(int count, char** required) {
    const auto supported = l3c::supported_isas();
    const int random = count > 1 ? std::atoi(required[1]) : 0;
    bool good = check_random(std::abs(random), supported);
    good = coefficients::agree(1 + std::abs(random) / 5) && good;
    for (int i = random ? 2 : 1; i < count; ++i) {
        bool found = false;
        for (const auto& isa : supported) found = found || isa == required[i];
        if (!found) std::printf("%s is not available here\n", required[i]);
        good = good && found;
    }
    if (random < 0) return finish(good);
    const l3c::Architecture architectures[] = {{3, 32, 24, 96, 64, 32, 4, 0, 0, 0},
                                               {1, 16, 12, 44, 20, 16, 3, l3c::kFitted, 0, 0},
                                               {3, 16, 12, 44, 20, 16, 3, l3c::kFitted, 1, 0},
                                               {3, 16, 12, 44, 20, 16, 3, l3c::kFitted, 0, 1}};
    const int sizes[][2] = {{1, 1}, {3, 100}, {100, 3}, {37, 53}, {64, 200}, {130, 131}};
    for (const auto& a : architectures) {
        const auto model = made_up_model(a, draw);
        const l3c::WaveModel models[] = {model, learning(model, 1, 2), learning(model, 3, 4), learning(model, 5, 5, 7)};
        for (const auto& isa : supported)
            for (const auto& size : sizes)
                for (const auto& each : models) {
                    good = check(each, isa, size[0], size[1]) && good;
                    good = check_deep(each, isa, size[0], size[1]) && good;
                }
    }
    return finish(good);
}
