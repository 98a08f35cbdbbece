// libFuzzer's target for the engine: tiles of bytes and of deep samples under made-up models of any widths, symbols,
// graphics, and scans of JPEG files, whose bytes come back.
//
// The first bytes of an input choose what is called and with which model; the rest is what a stranger's file would hold.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "graphics/tile.hpp"
#include "jpeg/entropy.hpp"
#include "made_up.hpp"

namespace {

// Takes numbers off an input, 0 beyond its end.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
    int byte() {
        if (!left_) return 0;
        --left_;
        return *data_++;
    }
    int draw(int low, int high) { return low + (byte() | byte() << 8) % (high - low + 1); }
    const std::uint8_t* data() const { return data_; }
    std::size_t left() const { return left_; }

private:
    const std::uint8_t* data_;
    std::size_t left_;
};

const std::string& some_isa(Input& in) {
    static const auto isas = l3c::supported_isas();
    return isas[std::size_t(in.byte()) % isas.size()];
}

void require(bool good) {
    if (!good) std::abort();
}

// The same of samples of 9 to 16 bits.
void deep_tile(Input& in, const l3c::TileCoder& coder, int channels, int height, int width) {
    const int depth = in.draw(9, l3c::kMostDepth);
    std::vector<std::uint16_t> samples(std::size_t(height) * width * channels), back(samples.size());
    for (auto& v : samples) v = std::uint16_t(in.draw(0, (1 << depth) - 1));
    const auto payload = coder.encode_deep(samples.data(), {depth, in.draw(0, l3c::kMostUsual)}, height, width, 2);
    require(coder.decode_deep(payload.data(), payload.size(), back.data(), depth, height, width, 2) ==
            l3c::Status::kOk);
    require(back == samples);
    auto damaged = payload;
    for (std::size_t i = 0; i < damaged.size() && in.left(); ++i) damaged[i] ^= std::uint8_t(in.byte());
    coder.decode_deep(damaged.data(), damaged.size(), back.data(), depth, height, width, 2);
    coder.decode_deep(in.data(), in.left(), back.data(), depth, height, width, 2);
}

// Payloads are errors or pixels; pixels come back from what they are encoded as.
void tile(Input& in) {
    const std::string& isa = some_isa(in);
    const l3c::Architecture a = made_up_architecture([&](int low, int high) { return in.draw(low, high); });
    std::uint32_t state = std::uint32_t(in.draw(0, 65535));
    auto model = made_up_model(a, [&](int low, int high) {
        state = state * 1664525u + 1013904223u;
        return low + int((state >> 8) % std::uint32_t(high - low + 1));
    });
    if (in.byte() % 2) model = learning(model, in.draw(1, 7), in.draw(l3c::kStageTwo, l3c::kHeads + 1), in.draw(0, 4));
    if (in.byte() % 4 == 0) {  // numbers at their limits
        for (l3c::Layer& layer : model.layers)
            for (int o = 0; o < layer.outputs; ++o)
                layer.bias[o] = (o % 2 ? -1 : 1) * l3c::kMostBias,
                layer.shift[o] = std::uint8_t(o % (l3c::kMostShift + 1));
        model.learning.learning_rate = model.learning.step_pixels ? 1 : 0;
    }
    const auto coder = l3c::make_coder(model, isa);
    const int height = in.draw(1, 12), width = in.draw(1, 24);
    std::vector<std::uint8_t> pixels(std::size_t(height) * width * a.channels);
    for (auto& v : pixels) v = std::uint8_t(in.byte());
    const auto payload = coder->encode(pixels.data(), height, width, 2);
    auto back = pixels;
    for (std::size_t i = 0; i < back.size(); ++i)
        if (!a.side_channels || i % a.channels) back[i] = 0;
    require(coder->decode(payload.data(), payload.size(), back.data(), height, width, 2) == l3c::Status::kOk);
    require(back == pixels);
    auto damaged = payload;
    for (std::size_t i = 0; i < damaged.size() && in.left(); ++i) damaged[i] ^= std::uint8_t(in.byte());
    coder->decode(damaged.data(), damaged.size(), back.data(), height, width, 2);
    coder->decode(in.data(), in.left(), back.data(), height, width, 2);
    if (!a.side_channels) deep_tile(in, *coder, a.channels, height, width);
}

void symbols(Input& in) {
    const auto coder = l3c::mixture_coder(some_isa(in));
    const bool joint = in.byte() % 2;
    const int channels = joint ? l3c::kJointChannels : in.draw(1, 4),
              components = in.draw(1, l3c::kMaxMixtureComponents);
    const int levels = in.draw(2, 256);
    const std::size_t count = std::size_t(in.draw(0, 40));
    std::vector<std::int32_t> rows((joint ? 4 : 3) * channels * components * count);
    for (auto& v : rows) v = std::int32_t(std::uint32_t(in.draw(0, 65535)) << 16 | std::uint32_t(in.byte()));
    static const l3c::Tables tables =
        made_up_model({1, 4, 4, 4, 4, 4, 1, 0, 0, 0}, [](int low, int) { return low; }).tables;
    const l3c::MixtureMap map{rows.data(), count, channels, components, levels, joint};
    std::vector<std::uint8_t> out(channels * count);
    l3c::RansDecoder decoder;
    std::vector<std::int32_t> cumulative(levels + 1), found(count);
    for (auto& v : cumulative) v = in.draw(0, 65535);
    if (l3c::rans_begin(in.data(), in.left(), decoder) != l3c::Status::kOk) return;
    coder.symbols(tables, map, decoder, out.data());
    l3c::frequency_symbols({cumulative.data(), count, 0, levels}, decoder, found.data());
    l3c::rans_finish(decoder);
}

// Tables that are about those of the package: bits do not matter here.
l3c::graphics::DecisionTables decision_tables() {
    using namespace l3c::graphics;
    static std::int16_t stretch[kStretchSize];
    static std::uint16_t squash[kSquashSize], rates[kCountLimit + 1];
    for (int i = 0; i < kStretchSize; ++i) {
        const double p = (i + 0.5) / kStretchSize, odds = std::round(256 * std::log(p / (1 - p)));
        stretch[i] = std::int16_t(std::clamp(int(odds), -kStretchReach, kStretchReach));
    }
    for (int i = 0; i < kSquashSize; ++i)
        squash[i] = std::uint16_t(std::lround(65536 / (1 + std::exp((kStretchReach - i) / 256.0))));
    for (int i = 0; i <= kCountLimit; ++i) rates[i] = std::uint16_t(655360 / (10 * i + 14));
    return {stretch, squash, rates};
}

// Payloads are refused or pixels; pixels come back from what they are encoded as.
void graphics_tile(Input& in) {
    static const auto tables = decision_tables();
    const int height = in.draw(1, 20), width = in.draw(1, 40), channels = in.draw(1, 4), levels = in.draw(1, 256);
    std::vector<std::uint8_t> pixels(std::size_t(height) * width * channels), back(pixels.size());
    for (auto& v : pixels) v = std::uint8_t(in.byte() % levels);
    const auto payload = l3c::graphics::encode_tile(tables, pixels.data(), height, width, channels);
    require(l3c::graphics::decode_tile(tables, payload.data(), payload.size(), back.data(), height, width, channels));
    require(back == pixels);
    auto damaged = payload;
    for (std::size_t i = 0; i < damaged.size() && in.left(); ++i) damaged[i] ^= std::uint8_t(in.byte());
    l3c::graphics::decode_tile(tables, damaged.data(), damaged.size(), back.data(), height, width, channels);
    l3c::graphics::decode_tile(tables, in.data(), in.left(), back.data(), height, width, channels);
}

// Codes of distinct symbols, most of them among those that scans have.
l3c::jpeg::HuffmanTable some_table(Input& in) {
    l3c::jpeg::HuffmanTable table{};
    bool used[256]{};
    int left = 1, index = 0;
    for (auto& count : table.counts) {
        left = std::min(2 * left, 512);
        count = std::uint8_t(in.byte() % (std::min(left, 200 - index) + 1));
        left -= count;
        for (int i = 0; i < count; ++i) {
            int symbol = in.byte();
            while (used[symbol]) symbol = (symbol + 1) % 256;
            used[symbol] = true;
            table.symbols[index++] = std::uint8_t(symbol);
        }
    }
    return table;
}

// Any bytes are coefficients and notes, from which they come back; other notes are an error or some bytes.
void jpeg_scan(Input& in) {
    const bool progressive = in.byte() % 2;
    const std::size_t restart = in.draw(0, 9), unit_rows = in.draw(1, 6), unit_columns = in.draw(1, 6);
    l3c::jpeg::Scan scan{progressive, 0, 63, 0, 0, restart, unit_rows, unit_columns, {}};
    if (scan.progressive) {
        scan.first = in.draw(0, 63);
        scan.last = scan.first ? in.draw(scan.first, 63) : 0;
        scan.low = in.draw(0, 13);
        scan.high = in.byte() % 2 ? scan.low + 1 : 0;
    }
    std::vector<std::int16_t> blocks[4];
    for (std::size_t planes = scan.first ? 1 : std::size_t(in.draw(1, 4)), i = 0; i < planes; ++i) {
        const int across = planes > 1 ? in.draw(1, 4) : 1, down = planes > 1 ? in.draw(1, 4) : 1;
        const std::size_t rows = scan.unit_rows * down, columns = scan.unit_columns * across;
        blocks[i].resize(rows * columns * 64);
        scan.planes.push_back({blocks[i].data(), rows, columns, across, down, some_table(in), some_table(in)});
        if (scan.high)
            for (std::size_t k = 0; k < blocks[i].size(); k += 1 + std::size_t(in.byte() % 32))
                blocks[i][k] = std::int16_t((in.draw(0, 65535) - 32768) / (1 << scan.high) * (1 << scan.high));
    }
    const auto notes = l3c::jpeg::read_scan(scan, in.data(), in.left());
    std::vector<std::uint8_t> back;
    require(l3c::jpeg::write_scan(scan, notes.data(), notes.size(), in.left(), back) == nullptr);
    require(back == std::vector<std::uint8_t>(in.data(), in.data() + in.left()));
    back.clear();
    l3c::jpeg::write_scan(scan, in.data(), in.left(), 1 << 16, back);
    std::vector<l3c::jpeg::SymbolCounts> counts(scan.planes.size());
    l3c::jpeg::count_symbols(scan, in.data(), in.left(), in.left(), counts.data());
    require(l3c::jpeg::count_symbols(scan, notes.data(), notes.size(), in.left(), counts.data()) == nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    switch (in.byte() % 4) {
        case 0: tile(in); break;
        case 1: symbols(in); break;
        case 2: graphics_tile(in); break;
        default: jpeg_scan(in);
    }
    return 0;
}
