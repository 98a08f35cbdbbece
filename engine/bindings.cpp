// The Python face of the engine: l3c._engine. Types and checks only; l3c.engine gives it its documentation.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>

#include "dispatch.hpp"
#include "jpeg_bindings.hpp"
#include "symbol_bindings.hpp"
#include "training/wave_gradient.hpp"

namespace nb = nanobind;

namespace {

template <class T, class Shape>
using Array = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
using Vector32 = Array<std::int32_t, nb::shape<-1>>;
using Floats = Array<float, nb::shape<-1>>;

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

l3c::Architecture architecture_of(const std::vector<int>& w) {
    require(w.size() == 10, "an architecture has 10 widths");
    const l3c::Architecture a{w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7] != 0, w[8] != 0, w[9]};
    require(a.channels == 1 || a.channels == 3, "channels: 1 or 3");
    for (int i = 1; i < 6; ++i) require(w[i] > 0 && w[i] <= 512 && w[i] % 4 == 0, "widths: multiples of 4, at most 512");
    require(a.components >= 1 && a.components <= l3c::kMaxComponents, "components: 1 to 8");
    require(w[7] == 0 || w[7] == l3c::kFitted, "fitted: 0 or 12 neighbours");
    require(w[8] == 0 || w[8] == 1, "coupled: 0 or 1");
    require(a.guides == 0 || (a.guides == 1 && a.channels == 3 && !a.coupled), "guides: none, or 1 of 3 channels, not coupled");
    return a;
}

l3c::Layer layer_of(nb::handle arrays, l3c::training::Shape shape) {
    const auto weights = nb::cast<Array<std::int8_t, nb::shape<-1, -1>>>(arrays[0]);
    const auto bias = nb::cast<Vector32>(arrays[1]);
    const auto shift = nb::cast<Array<std::uint8_t, nb::shape<-1>>>(arrays[2]);
    const std::size_t outputs = shape.outputs, inputs = shape.inputs;
    require(weights.shape(0) == outputs && weights.shape(1) == inputs && bias.shape(0) == outputs &&
                shift.shape(0) == outputs,
            "a layer's arrays do not fit the architecture");
    l3c::Layer layer{shape.outputs, shape.inputs, {}, {}, {}};
    layer.weights.assign(weights.data(), weights.data() + outputs * inputs);
    layer.bias.assign(bias.data(), bias.data() + outputs);
    layer.shift.assign(shift.data(), shift.data() + outputs);
    // Sums of products stay below 512 * 7 * 255 * 127 < 2^27; biases and rounding must leave them inside 32 bits.
    for (const auto b : layer.bias) require(b > -(1 << 29) && b < (1 << 29), "a bias is out of range");
    for (const auto s : layer.shift) require(s <= 24, "a shift is out of range");
    return layer;
}

void copy_table(const Vector32& from, std::int32_t* to, std::size_t count) {
    require(from.shape(0) == count, "a table has the wrong length");
    std::copy(from.data(), from.data() + count, to);
}

class WaveCoder {
public:
    WaveCoder(const std::vector<int>& widths, nb::list layers, const Vector32& sigmoid, const Vector32& exponential,
              const Vector32& mantissa, const Vector32& shift, const std::vector<float>& rates,
              const std::vector<int>& steps, const std::string& isa)
        : isa_(isa) {
        l3c::WaveModel model{architecture_of(widths), {}, {}, {}};
        l3c::training::Shape shapes[l3c::training::kMaxLayers];
        const int count = l3c::training::layer_shapes(model.architecture, shapes);
        require(nb::len(layers) == std::size_t(count), "the number of layers does not fit the architecture");
        for (int i = 0; i < count; ++i) model.layers.push_back(layer_of(layers[i], shapes[i]));
        copy_table(sigmoid, model.tables.sigmoid, 384);
        copy_table(exponential, model.tables.exponential, 256);
        copy_table(mantissa, model.tables.mantissa, 128);
        copy_table(shift, model.tables.scale_shift, 128);
        channels_ = model.architecture.channels;
        if (!rates.empty()) {
            require(rates.size() == 4 && steps.size() == 4, "learning has 4 rates and 4 whole numbers");
            require(steps[0] > 0 && steps[1] > 0 && steps[2] > 0 && steps[2] <= steps[1] && steps[3] >= 2 && steps[3] <= 5,
                    "a step of learning is out of range");
            model.learning = {rates[0], rates[1], rates[2], rates[3], steps[0], steps[1], steps[2], steps[3]};
        }
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

double gradient(const std::vector<int>& widths, const Floats& parameters,
                const Array<std::uint8_t, nb::shape<-1, -1, -1, -1>>& crops, bool quantized,
                nb::ndarray<float, nb::shape<-1>, nb::c_contig> out) {
    const l3c::Architecture a = architecture_of(widths);
    const std::size_t count = l3c::training::parameter_count(a);
    require(parameters.shape(0) == count && out.shape(0) == count, "the number of parameters does not fit");
    require(crops.shape(3) == std::size_t(a.channels), "the crops' channels do not fit");
    require(crops.shape(1) % 2 == 0 && crops.shape(2) % 32 == 0, "crops: even height, width a multiple of 32");
    nb::gil_scoped_release release;
    return l3c::training::wave_gradient(a, parameters.data(), crops.data(), int(crops.shape(0)), int(crops.shape(1)),
                                        int(crops.shape(2)), quantized, out.data());
}

}  // namespace

NB_MODULE(_engine, m) {
    bind_jpeg(m);
    bind_symbols(m);
    m.def("supported_isas", &l3c::supported_isas);
    m.def("wave_gradient", &gradient, nb::arg("widths"), nb::arg("parameters"), nb::arg("crops"), nb::arg("quantized"),
          nb::arg("out"));
    nb::class_<WaveCoder>(m, "WaveCoder")
        .def(nb::init<const std::vector<int>&, nb::list, const Vector32&, const Vector32&, const Vector32&,
                      const Vector32&, const std::vector<float>&, const std::vector<int>&, const std::string&>())
        .def_prop_ro("isa", &WaveCoder::isa)
        .def("encode", &WaveCoder::encode)
        .def("decode", &WaveCoder::decode);
}
