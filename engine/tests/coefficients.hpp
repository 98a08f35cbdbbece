// Codes made-up planes of coefficients with every instruction set of this build, compares with portable C++, and decodes damaged
// payloads. For sanitizers and emulators.
#pragma once
#include <cmath>
#include <cstdio>

#include "made_up.hpp"

namespace coefficients {
namespace {

using namespace l3c::dct;

std::uint32_t state = 1;
int draw(int low, int high) {  // low..high
    state = state * 1664525u + 1013904223u;
    return low + int((state >> 8) % std::uint32_t(high - low + 1));
}

Layer made_up_layer(int outputs, int inputs, int shift) {
    Layer layer{outputs, inputs, {}, {}, {}};
    for (int w = 0; w < outputs * inputs; ++w) layer.weights.push_back(std::int8_t(draw(-kMostWeight, kMostWeight)));
    for (int o = 0; o < outputs; ++o) layer.bias.push_back(draw(-100000, 100000));
    for (int o = 0; o < outputs; ++o) layer.shift.push_back(std::uint8_t(shift));
    return layer;
}

Network made_up_network(int chroma) {
    const auto width = [] { return kGranule * (draw(0, 9) ? draw(1, 12) : draw(1, kMostWidth / kGranule)); };
    Network n;
    n.architecture = {chroma, width(), width(), width(), width(), draw(1, kMostComponents), chroma ? draw(0, 1) : 0};
    const Architecture& a = n.architecture;
    n.trunk[0] = made_up_layer(a.trunk1, a.inputs(), 8);
    n.trunk[1] = made_up_layer(a.trunk2, a.trunk1, 8);
    n.last = made_up_layer(kLasts, a.trunk2, draw(6, kMostShift));
    n.start = made_up_layer(a.hidden, a.trunk2, 7);
    for (int i = 0; i < kLasts * a.hidden; ++i) n.last_columns.push_back(draw(-10000, 10000));
    for (int i = 0; i < kBlock * 2 * a.hidden; ++i) n.columns.push_back(std::int16_t(draw(-300, 300)));
    for (int i = 0; i < kBlock * a.hidden; ++i) n.positions.push_back(draw(-10000, 10000));
    const int shift = draw(5, kMostShift);
    for (int k = 0; k < kBlock; ++k) {
        n.heads.push_back(made_up_layer(a.head, a.hidden + a.seen(), 8));
        n.heads.push_back(made_up_layer(a.outputs(), a.head, shift));
    }
    return n;
}

Model made_up_dct_model() {
    Model model{};
    model.calibrated = draw(0, 1);
    model.tables = made_up_model({1, 4, 4, 4, 4, 4, 1, 0, 0, 0}, draw).tables;
    for (int i = 0; i < kNetworks; ++i) model.networks[i] = made_up_network(i);
    for (int i = 0; i < kLogs; ++i) {
        const int most = i < kEdgeLog ? 255 : 127;
        for (int v = 0; v < 4096; ++v) {
            const int level = int(12 * std::log2(1.0 + v));
            model.logs[i].entries.push_back(std::uint8_t(level < most ? level : most));
        }
    }
    return model;
}

struct Picture {
    std::vector<std::vector<std::int16_t>> coefficients;
    std::vector<Plane> planes;

    Picture() {
        const int count = draw(1, kMostPlanes), like_luma = draw(0, 2);
        for (int i = 0; i < count; ++i) {
            Plane plane{nullptr, draw(1, 6), draw(1, 12), draw(1, kMostFactor), draw(1, kMostFactor), {}};
            const int like = i && like_luma ? 0 : 1;
            if (i > like && draw(0, 3)) plane.rows = planes[like].rows, plane.columns = planes[like].columns;
            for (auto& step : plane.steps) step = std::uint16_t(draw(1, draw(0, 5) ? 60 : 65535));
            std::vector<std::int16_t> values(std::size_t(plane.rows) * plane.columns * kBlock);
            const int most = draw(0, 2) ? 40 : 32767;
            for (std::size_t block = 0; block < values.size(); block += kBlock)
                for (int k = 0, last = draw(0, kBlock); k < last; ++k)
                    values[block + k] = std::int16_t(draw(-most - 1, most) >> draw(0, 6));
            coefficients.push_back(values);
            planes.push_back(plane);
        }
        hold();
    }
    Picture(const Picture& other) : coefficients(other.coefficients), planes(other.planes) {
        for (auto& values : coefficients) values.assign(values.size(), 1);
        hold();
    }
    void hold() {
        for (std::size_t i = 0; i < planes.size(); ++i) planes[i].coefficients = coefficients[i].data();
    }
    int count() const { return int(planes.size()); }
};

bool check(const Model& model, const std::vector<std::string>& isas) {
    const Picture picture;
    const auto expected = l3c::make_dct_coder(model, "portable")->encode(picture.planes.data(), picture.count());
    bool good = true;
    std::vector<std::unique_ptr<Coder>> coders;
    for (const auto& isa : isas) {
        coders.push_back(l3c::make_dct_coder(model, isa));
        Picture back(picture);
        const auto payload = coders.back()->encode(picture.planes.data(), picture.count());
        const auto status = coders.back()->decode(payload.data(), payload.size(), back.planes.data(), back.count());
        if (payload == expected && status == l3c::Status::kOk && back.coefficients == picture.coefficients) continue;
        std::printf("%s differs\n", isa.c_str());
        good = false;
    }
    for (int i = 0; i < 20; ++i) {
        auto damaged = expected;
        for (int n = draw(1, 9); n; --n) damaged[draw(0, int(damaged.size()) - 1)] = std::uint8_t(draw(0, 255));
        if (!draw(0, 3)) damaged.resize(draw(0, int(damaged.size())));
        Picture first(picture);
        const auto status = coders[0]->decode(damaged.data(), damaged.size(), first.planes.data(), first.count());
        for (std::size_t c = 1; c < coders.size(); ++c) {
            Picture back(picture);
            const auto other = coders[c]->decode(damaged.data(), damaged.size(), back.planes.data(), back.count());
            if (other == status && back.coefficients == first.coefficients) continue;
            std::printf("%s differs on a damaged payload\n", isas[c].c_str());
            good = false;
        }
    }
    return good;
}

// As many random models.
bool agree(int count) {
    bool good = true;
    for (int i = 0; i < count; ++i) good = check(made_up_dct_model(), l3c::supported_isas()) && good;
    return good;
}

}  // namespace
}  // namespace coefficients
