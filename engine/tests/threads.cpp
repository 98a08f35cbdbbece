// Coders and gradients used by several threads at once, and threads that share a tile, for ThreadSanitizer: results are those of
// one thread.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "made_up.hpp"

namespace {

std::uint32_t state = 1;
int draw(int low, int high) {
    state = state * 1664525u + 1013904223u;
    return low + int((state >> 8) % std::uint32_t(high - low + 1));
}

constexpr int kThreads = 4, kTimes = 3, kHeight = 40, kWidth = 100;

// work(i) by all threads at once, some times.
template <class Work>
void at_once(Work work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&work, i] {
            for (int n = 0; n < kTimes; ++n) work(i);
        });
    for (auto& thread : threads) thread.join();
}

void require(bool good, const char* what) {
    if (good) return;
    std::printf("%s differs\n", what);
    std::exit(EXIT_FAILURE);
}

// A tile of noise, whose payload is long enough for several streams, by as many threads.
void share_a_tile(const l3c::WaveModel& model, const std::string& isa) {
    constexpr int height = 140, width = 420;
    const auto coder = l3c::make_coder(model, isa);
    std::vector<std::uint8_t> tile(std::size_t(height) * width * model.architecture.channels);
    for (auto& v : tile) v = std::uint8_t(draw(0, 255));
    const auto expected = coder->encode(tile.data(), height, width, 1);
    require(expected[0] > 1 && coder->encode(tile.data(), height, width, kThreads) == expected, "a shared payload");
    auto back = tile;
    for (std::size_t i = 0; i < back.size(); ++i)
        if (!model.architecture.side_channels || i % model.architecture.channels) back[i] = 0;
    const auto status = coder->decode(expected.data(), expected.size(), back.data(), height, width, kThreads);
    require(status == l3c::Status::kOk && back == tile, "a shared tile");
}

}  // namespace

int main() {
    const l3c::Architecture architectures[] = {{3, 16, 12, 44, 20, 16, 3, l3c::kFitted, 1, 0},
                                               {3, 8, 8, 12, 8, 8, 2, l3c::kFitted, 0, 1}};
    for (const auto& a : architectures)
        for (const auto& isa : l3c::supported_isas())
            for (const bool learns : {false, true}) {
                auto model = made_up_model(a, draw);
                if (learns) model = learning(model, 1, l3c::kStageTwo);
                if (isa != "portable") share_a_tile(model, isa);
                const auto coder = l3c::make_coder(model, isa);
                std::vector<std::uint8_t> tile(std::size_t(kHeight) * kWidth * a.channels);
                for (auto& v : tile) v = std::uint8_t(draw(90, 130));
                const auto expected = coder->encode(tile.data(), kHeight, kWidth, 1);
                at_once([&](int i) {
                    auto back = tile;
                    require(coder->encode(tile.data(), kHeight, kWidth, 1 + i % 3) == expected, "a payload");
                    coder->decode(expected.data(), expected.size(), back.data(), kHeight, kWidth, 1 + i % 3);
                    require(back == tile, "a tile");
                });
            }
    const auto& a = architectures[0];
    std::vector<float> parameters(l3c::training::parameter_count(a));
    for (float& p : parameters) p = float(draw(-1000, 1000)) * 1e-4f;
    std::vector<std::uint8_t> crop(std::size_t(4) * 32 * a.channels, 100);
    std::vector<float> gradients[kThreads];
    at_once([&](int i) {
        gradients[i].assign(parameters.size(), 0);
        l3c::gradient_with("")(a, parameters.data(), crop.data(), 1, 4, 32, true, gradients[i].data());
    });
    for (const auto& found : gradients) require(found == gradients[0], "a gradient");
    std::printf("threads agree\n");
}
