// The Python face of the engine: l3c._engine. Types and checks only; l3c.wave.compiled gives it its documentation.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>

#include "isa/dispatch.hpp"
#include "jpeg/bindings.hpp"
#include "coding/bindings.hpp"

namespace nb = nanobind;

namespace {

template <class T, class Shape>
using Array = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
using Vector32 = Array<std::int32_t, nb::shape<-1>>;
using Floats = Array<float, nb::shape<-1>>;

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

// A field of a Python object, by its name.
template <class T>
T field(nb::handle object, const char* name) {
    T value;
    require(nb::try_cast(object.attr(name), value), name);
    return value;
}

l3c::Architecture architecture_of(nb::handle given) {
    const auto width = [&](const char* name) { return field<int>(given, name); };
    const int fitted = width("fitted"), coupled = width("coupled");
    require(fitted == 0 || fitted == l3c::kFitted, "fitted: 0 or 12 neighbours");
    require(coupled == 0 || coupled == 1, "coupled: 0 or 1");
    const l3c::Architecture a{width("channels"), width("hidden1"), width("kept"),   width("hidden2"), width("hidden3"),
                              width("head"),     width("components"), fitted != 0, coupled != 0,     width("guides")};
    if (const char* wrong = l3c::refused(a)) throw std::invalid_argument(wrong);
    return a;
}

l3c::Learning learning_of(nb::handle given) {
    if (given.is_none()) return {};
    const auto rate = [&](const char* name) { return field<float>(given, name); };
    const auto step = [&](const char* name) { return field<int>(given, name); };
    const l3c::Learning learning{rate("rate"),  rate("momentum"), rate("spread"), rate("epsilon"),
                                 step("group"), step("every"),    step("taken"),  step("first")};
    for (const float share : {learning.rate, learning.momentum, learning.spread, learning.epsilon})
        require(share > 0 && share <= 1, "a rate of learning is out of range");
    require(learning.group > 0 && learning.every > 0 && learning.taken > 0 && learning.taken <= learning.every &&
                learning.first >= l3c::kStageTwo && learning.first <= l3c::kHeads + 1,
            "a step of learning is out of range");
    return learning;
}

l3c::Layer layer_of(nb::handle arrays, const l3c::LayerSpec& spec) {
    const auto weights = nb::cast<Array<std::int8_t, nb::shape<-1, -1>>>(arrays[0]);
    const auto bias = nb::cast<Vector32>(arrays[1]);
    const auto shift = nb::cast<Array<std::uint8_t, nb::shape<-1>>>(arrays[2]);
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

void copy_table(const Vector32& from, std::int32_t* to, std::size_t count) {
    require(from.shape(0) == count, "a table has the wrong length");
    std::copy(from.data(), from.data() + count, to);
}

class WaveCoder {
public:
    WaveCoder(nb::handle architecture, nb::list layers, const Vector32& sigmoid, const Vector32& exponential,
              const Vector32& mantissa, const Vector32& shift, nb::handle learning, const std::string& isa)
        : isa_(isa) {
        l3c::WaveModel model{architecture_of(architecture), {}, {}, learning_of(learning)};
        const l3c::NetworkSpec network = l3c::network_of(model.architecture);
        require(nb::len(layers) == std::size_t(network.count), "the number of layers does not fit the architecture");
        for (int i = 0; i < network.count; ++i) model.layers.push_back(layer_of(layers[i], network.layer[i]));
        copy_table(sigmoid, model.tables.sigmoid, 384);
        copy_table(exponential, model.tables.exponential, 256);
        copy_table(mantissa, model.tables.mantissa, 128);
        copy_table(shift, model.tables.scale_shift, 128);
        channels_ = model.architecture.channels;
        coder_ = l3c::make_coder(model, isa);
    }

    const std::string& isa() const { return isa_; }

    nb::bytes encode(const Array<std::uint8_t, nb::shape<-1, -1, -1>>& tile) const {
        require(tile.shape(2) == std::size_t(channels_), "the tile's channels do not fit the model");
        check_size(tile.shape(0), tile.shape(1));
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = coder_->encode(tile.data(), int(tile.shape(0)), int(tile.shape(1)));
        }
        return nb::bytes(payload.data(), payload.size());
    }

    // (pixels, "") or (nothing, what is wrong with the payload).
    std::string decode(nb::bytes payload, nb::ndarray<std::uint8_t, nb::shape<-1, -1, -1>, nb::c_contig> tile) const {
        require(tile.shape(2) == std::size_t(channels_), "the tile's channels do not fit the model");
        check_size(tile.shape(0), tile.shape(1));
        const auto* data = static_cast<const std::uint8_t*>(payload.data());
        const std::size_t size = payload.size();
        nb::gil_scoped_release release;
        const auto status = coder_->decode(data, size, tile.data(), int(tile.shape(0)), int(tile.shape(1)));
        return status == l3c::Status::kOk ? "" : l3c::describe(status);
    }

private:
    static void check_size(std::size_t height, std::size_t width) {
        require(height >= 1 && width >= 1 && height <= 65535 && width <= 65535, "a tile's sides: 1 to 65535 pixels");
    }

    std::string isa_;
    int channels_;
    std::unique_ptr<l3c::TileCoder> coder_;
};

// [(outputs, [(inputs of a segment, whether they carry an offset), ...]), ...], as the engine sizes everything.
nb::list layers(nb::handle architecture) {
    const l3c::NetworkSpec network = l3c::network_of(architecture_of(architecture));
    nb::list found;
    for (int i = 0; i < network.count; ++i) {
        nb::list segments;
        for (int s = 0; s < network.layer[i].segments; ++s)
            segments.append(nb::make_tuple(network.layer[i].segment[s].size, network.layer[i].segment[s].offset));
        found.append(nb::make_tuple(network.layer[i].outputs, segments));
    }
    return found;
}

double gradient(nb::handle architecture, const Floats& parameters,
                const Array<std::uint8_t, nb::shape<-1, -1, -1, -1>>& crops, bool quantized,
                nb::ndarray<float, nb::shape<-1>, nb::c_contig> out, const std::string& isa) {
    const l3c::Architecture a = architecture_of(architecture);
    const std::size_t count = l3c::training::parameter_count(a);
    require(parameters.shape(0) == count && out.shape(0) == count, "the number of parameters does not fit");
    require(crops.shape(3) == std::size_t(a.channels), "the crops' channels do not fit");
    require(crops.shape(1) % 2 == 0 && crops.shape(2) % 32 == 0, "crops: even height, width a multiple of 32");
    require(crops.shape(1) <= l3c::training::kMostCropSide && crops.shape(2) <= l3c::training::kMostCropSide &&
                crops.shape(0) <= l3c::training::kMostCrops,
            "crops: at most 65536, of at most 4096 pixels a side");
    const auto compute = l3c::gradient_with(isa);
    nb::gil_scoped_release release;
    return compute(a, parameters.data(), crops.data(), int(crops.shape(0)), int(crops.shape(1)), int(crops.shape(2)),
                   quantized, out.data());
}

}  // namespace

NB_MODULE(_engine, m) {
    bind_jpeg(m);
    bind_symbols(m);
    m.def("supported_isas", &l3c::supported_isas);
    m.def("wave_layers", &layers, nb::arg("architecture"));
    m.def("wave_gradient", &gradient, nb::arg("architecture"), nb::arg("parameters"), nb::arg("crops"),
          nb::arg("quantized"), nb::arg("out"), nb::arg("isa"));
    nb::class_<WaveCoder>(m, "WaveCoder")
        .def(nb::init<nb::handle, nb::list, const Vector32&, const Vector32&, const Vector32&, const Vector32&, nb::handle,
                      const std::string&>(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg())
        .def_prop_ro("isa", &WaveCoder::isa)
        .def("encode", &WaveCoder::encode)
        .def("decode", &WaveCoder::decode);
}
