// The Python face of the wave coder. Types and checks only; l3c.wave.compiled gives it its documentation.
#include "bindings.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "isa/dispatch.hpp"

l3c::Architecture architecture_of(nb::handle given) {
    l3c::Architecture a{};
    for (const auto& [name, member] : l3c::kArchitectureFields) a.*member = field<int>(given, name);
    if (const char* wrong = l3c::refused(a)) throw std::invalid_argument(wrong);
    return a;
}

namespace {

// None: a network that does not learn.
l3c::Learning learning_of(nb::handle given) {
    if (given.is_none()) return {};
    l3c::Learning learning{};
    learning.learning_rate = field<float>(given, "learning_rate");
    learning.first_moment_rate = field<float>(given, "first_moment_rate");
    learning.second_moment_rate = field<float>(given, "second_moment_rate");
    learning.epsilon = field<float>(given, "epsilon");
    learning.step_pixels = field<int>(given, "step_pixels");
    learning.period = field<int>(given, "period");
    learning.learned = field<int>(given, "learned");
    learning.first_layer = field<int>(given, "first_layer");
    learning.ramp = field<int>(given, "ramp");
    for (const float share :
         {learning.learning_rate, learning.first_moment_rate, learning.second_moment_rate, learning.epsilon})
        require(share > 0 && share <= 1, "a rate of learning is out of range");
    require(learning.step_pixels > 0 && learning.period > 0 && learning.learned > 0 &&
                learning.learned <= learning.period && learning.ramp >= 0 && learning.first_layer >= l3c::kStageTwo &&
                learning.first_layer <= l3c::kHeads + 1,
            "a step of learning is out of range");
    return learning;
}

l3c::Layer layer_of(nb::handle given, const l3c::LayerSpec& spec) {
    const auto weights = field<Array<std::int8_t, nb::shape<-1, -1>>>(given, "weights");
    const auto bias = field<Table>(given, "bias");
    const auto shift = field<Array<std::uint8_t, nb::shape<-1>>>(given, "shift");
    const std::size_t outputs = spec.outputs, inputs = l3c::inputs_of(spec);
    require(weights.shape(0) == outputs && weights.shape(1) == inputs && bias.shape(0) == outputs &&
                shift.shape(0) == outputs,
            "a layer's arrays do not fit the architecture");
    l3c::Layer layer{spec.outputs, l3c::inputs_of(spec), {}, {}, {}};
    layer.weights.assign(weights.data(), weights.data() + outputs * inputs);
    layer.bias.assign(bias.data(), bias.data() + outputs);
    layer.shift.assign(shift.data(), shift.data() + outputs);
    for (const auto b : layer.bias) require(b >= -l3c::kMostBias && b <= l3c::kMostBias, "a bias is out of range");
    for (const auto s : layer.shift) require(s <= l3c::kMostShift, "a shift is out of range");
    return layer;
}

class WaveCoder {
public:
    WaveCoder(nb::handle architecture, nb::list layers, const Table& sigmoid, const Table& exponential,
              const Table& mantissa, const Table& shift, nb::handle learning, const std::string& isa)
        : isa_(isa) {
        l3c::WaveModel model{
            architecture_of(architecture), {}, tables_of(sigmoid, exponential, mantissa, shift), learning_of(learning)};
        const l3c::NetworkSpec network = l3c::network_of(model.architecture);
        require(nb::len(layers) == std::size_t(network.count), "the number of layers does not fit the architecture");
        for (int i = 0; i < network.count; ++i) model.layers.push_back(layer_of(layers[i], network.layer[i]));
        channels_ = model.architecture.channels;
        conditional_ = model.architecture.side_channels > 0;
        coder_ = l3c::make_coder(model, isa);
    }

    const std::string& isa() const { return isa_; }

    nb::bytes encode(const Array<std::uint8_t, nb::shape<-1, -1, -1>>& tile, int threads) const {
        require(tile.shape(2) == std::size_t(channels_), "the tile's channels do not fit the model");
        check_size(tile.shape(0), tile.shape(1));
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = coder_->encode(tile.data(), int(tile.shape(0)), int(tile.shape(1)), threads);
        }
        return nb::bytes(payload.data(), payload.size());
    }

    // (pixels, "") or (nothing, what is wrong with the payload).
    std::string decode(nb::bytes payload, Out<std::uint8_t, nb::shape<-1, -1, -1>> tile, int threads) const {
        require(tile.shape(2) == std::size_t(channels_), "the tile's channels do not fit the model");
        check_size(tile.shape(0), tile.shape(1));
        const auto* data = static_cast<const std::uint8_t*>(payload.data());
        const std::size_t size = payload.size();
        nb::gil_scoped_release release;
        const auto status = coder_->decode(data, size, tile.data(), int(tile.shape(0)), int(tile.shape(1)), threads);
        return status == l3c::Status::kOk ? "" : l3c::describe(status);
    }

    // The same of samples of `depth` bits.
    nb::bytes encode_deep(const Array<std::uint16_t, nb::shape<-1, -1, -1>>& tile, int depth, int usual,
                          int threads) const {
        check_deep(depth, tile.shape(2));
        require(usual >= 0 && usual <= l3c::kMostUsual, "the steps that are usually wrong: 2^0 to 2^6");
        check_size(tile.shape(0), tile.shape(1));
        for (std::size_t i = 0; i < tile.size(); ++i)
            require(tile.data()[i] >> depth == 0, "a sample has more bits than its depth");
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = coder_->encode_deep(tile.data(), {depth, usual}, int(tile.shape(0)), int(tile.shape(1)), threads);
        }
        return nb::bytes(payload.data(), payload.size());
    }

    std::string decode_deep(nb::bytes payload, int depth, Out<std::uint16_t, nb::shape<-1, -1, -1>> tile,
                            int threads) const {
        check_deep(depth, tile.shape(2));
        check_size(tile.shape(0), tile.shape(1));
        const auto* data = static_cast<const std::uint8_t*>(payload.data());
        const std::size_t size = payload.size();
        nb::gil_scoped_release release;
        const auto status =
            coder_->decode_deep(data, size, tile.data(), depth, int(tile.shape(0)), int(tile.shape(1)), threads);
        return status == l3c::Status::kOk ? "" : l3c::describe(status);
    }

private:
    void check_deep(int depth, std::size_t channels) const {
        require(depth > l3c::kByteDepth && depth <= l3c::kMostDepth, "samples of 9 to 16 bits");
        require(!conditional_, "a network with side information codes bytes only");
        require(channels == std::size_t(channels_), "the tile's channels do not fit the model");
    }
    static void check_size(std::size_t height, std::size_t width) {
        require(height >= 1 && width >= 1 && height <= 65535 && width <= 65535, "a tile's sides: 1 to 65535 pixels");
    }

    std::string isa_;
    int channels_;
    bool conditional_;
    std::unique_ptr<l3c::TileCoder> coder_;
};

// All layers, as the engine sizes everything.
std::vector<l3c::LayerSpec> layers(nb::handle architecture) {
    const l3c::NetworkSpec network = l3c::network_of(architecture_of(architecture));
    return {network.layer, network.layer + network.count};
}

std::vector<l3c::Segment> segments(const l3c::LayerSpec& layer) {
    return {layer.segment, layer.segment + layer.segments};
}

}  // namespace

void bind_wave(nb::module_& m) {
    nb::class_<l3c::Segment>(m, "Segment").def_ro("size", &l3c::Segment::size).def_ro("offset", &l3c::Segment::offset);
    nb::class_<l3c::LayerSpec>(m, "LayerSpec")
        .def_ro("name", &l3c::LayerSpec::name)
        .def_ro("outputs", &l3c::LayerSpec::outputs)
        .def_prop_ro("segments", &segments);
    m.def("wave_layers", &layers, nb::arg("architecture"));
    nb::class_<WaveCoder>(m, "WaveCoder")
        .def(nb::init<nb::handle, nb::list, const Table&, const Table&, const Table&, const Table&, nb::handle,
                      const std::string&>(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg())
        .def_prop_ro("isa", &WaveCoder::isa)
        .def("encode", &WaveCoder::encode)
        .def("decode", &WaveCoder::decode)
        .def("encode_deep", &WaveCoder::encode_deep)
        .def("decode_deep", &WaveCoder::decode_deep);
}
