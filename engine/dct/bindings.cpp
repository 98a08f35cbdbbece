// The Python face of the coefficient coder. Types and checks only; l3c.dct.compiled gives it its documentation.
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include "isa/dispatch.hpp"

namespace {

using namespace l3c::dct;

using Bytes = Array<std::uint8_t, nb::shape<-1>>;

Architecture dct_architecture_of(nb::handle given, int chroma) {
    Architecture a{};
    a.chroma = field<int>(given, "chroma");
    require(a.chroma == chroma, "the networks are not for luma, then chroma");
    a.components = field<int>(given, "components");
    a.related = field<int>(given, "related");
    require(a.related >= 0 && a.related <= a.chroma, "only chroma is predicted from other planes");
    require(a.components >= 1 && a.components <= kMostComponents, "components are out of bounds");
    const auto width = [&](const char* name) {
        const int value = field<int>(given, name);
        require(value >= kGranule && value <= kMostWidth && value % kGranule == 0, name);
        return value;
    };
    a.trunk1 = width("trunk1"), a.trunk2 = width("trunk2"), a.hidden = width("hidden"), a.head = width("head");
    return a;
}

Layer dct_layer_of(nb::handle given, int outputs, int inputs) {
    const auto weights = field<Array<std::int8_t, nb::shape<-1, -1>>>(given, "weights");
    const auto bias = field<Table>(given, "bias");
    const auto shift = field<Bytes>(given, "shift");
    require(weights.shape(0) == std::size_t(outputs) && weights.shape(1) == std::size_t(inputs) &&
                bias.shape(0) == std::size_t(outputs) && shift.shape(0) == std::size_t(outputs),
            "a layer's arrays do not fit the architecture");
    Layer layer{outputs, inputs, {}, {}, {}};
    layer.weights.assign(weights.data(), weights.data() + weights.size());
    layer.bias.assign(bias.data(), bias.data() + bias.size());
    layer.shift.assign(shift.data(), shift.data() + shift.size());
    for (const int w : layer.weights) require(w >= -kMostWeight && w <= kMostWeight, "a weight is out of range");
    for (const auto s : layer.shift) require(s <= kMostShift, "a shift is out of range");
    return layer;
}

template <class T>
std::vector<T> numbers_of(nb::handle given, const char* name, std::size_t count) {
    const auto array = field<nb::ndarray<const T, nb::c_contig, nb::device::cpu>>(given, name);
    require(array.size() == count, name);
    return {array.data(), array.data() + count};
}

Network network_of(nb::handle given, int chroma) {
    Network n;
    const Architecture a = n.architecture = dct_architecture_of(given.attr("architecture"), chroma);
    const nb::object trunk = given.attr("trunk"), heads = given.attr("heads");
    require(nb::len(trunk) == 2 && nb::len(heads) == std::size_t(kBlock), "the layers do not fit the architecture");
    n.trunk[0] = dct_layer_of(trunk[0], a.trunk1, a.inputs());
    n.trunk[1] = dct_layer_of(trunk[1], a.trunk2, a.trunk1);
    n.last = dct_layer_of(given.attr("last"), kLasts, a.trunk2);
    n.start = dct_layer_of(given.attr("start"), a.hidden, a.trunk2);
    n.last_columns = numbers_of<std::int32_t>(given, "last_columns", std::size_t(kLasts) * a.hidden);
    n.columns = numbers_of<std::int16_t>(given, "columns", std::size_t(kBlock) * 2 * a.hidden);
    n.positions = numbers_of<std::int32_t>(given, "positions", std::size_t(kBlock) * a.hidden);
    for (int k = 0; k < kBlock; ++k) {
        const nb::object head = heads[k];
        n.heads.push_back(dct_layer_of(head[0], a.head, a.hidden + a.seen()));
        n.heads.push_back(dct_layer_of(head[1], a.outputs(), a.head));
    }
    return n;
}

class DctCoder {
public:
    DctCoder(nb::list networks, nb::list logs, const Table& sigmoid, const Table& exponential, const Table& mantissa,
             const Table& shift, bool calibrated, const std::string& isa)
        : isa_(isa) {
        require(nb::len(networks) == std::size_t(kNetworks), "a model has two networks");
        require(nb::len(logs) == std::size_t(kLogs), "the number of tables of logarithms is wrong");
        Model model;
        for (int i = 0; i < kNetworks; ++i) model.networks[i] = network_of(networks[i], i);
        for (int i = 0; i < kLogs; ++i) {
            const auto table = nb::cast<Bytes>(logs[i]);
            require(table.size() > 0, "a table of logarithms is empty");
            model.logs[i].entries.assign(table.data(), table.data() + table.size());
        }
        model.calibrated = calibrated;
        model.tables = tables_of(sigmoid, exponential, mantissa, shift);
        coder_ = l3c::make_dct_coder(model, isa);
    }

    const std::string& isa() const { return isa_; }

    nb::bytes encode(nb::list given) const {
        Planes planes(given);
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = coder_->encode(planes.planes, planes.count);
        }
        return nb::bytes(payload.data(), payload.size());
    }

    std::string decode(nb::bytes payload, nb::list given) const {
        Planes planes(given);
        const auto* data = static_cast<const std::uint8_t*>(payload.data());
        const std::size_t size = payload.size();
        nb::gil_scoped_release release;
        const auto status = coder_->decode(data, size, planes.planes, planes.count);
        return status == l3c::Status::kOk ? "" : l3c::describe(status);
    }

private:
    // Of objects with coefficients, steps, horizontal and vertical; the caller keeps these alive.
    struct Planes {
        Plane planes[kMostPlanes];
        int count;

        explicit Planes(nb::list given) : count(int(nb::len(given))) {
            require(count <= kMostPlanes, "at most 4 planes");
            for (int i = 0; i < count; ++i) {
                const auto coefficients = field<Out<std::int16_t, nb::shape<-1, -1, kBlock>>>(given[i], "coefficients");
                const auto steps = field<Array<std::uint16_t, nb::shape<kBlock>>>(given[i], "steps");
                const std::size_t rows = coefficients.shape(0), columns = coefficients.shape(1);
                require(rows >= 1 && columns >= 1 && rows <= kMostSide && columns <= kMostSide,
                        "a plane's sides: 1 to 65536 blocks");
                Plane& plane = planes[i];
                plane.coefficients = coefficients.data();
                plane.rows = int(rows), plane.columns = int(columns);
                plane.horizontal = field<int>(given[i], "horizontal");
                plane.vertical = field<int>(given[i], "vertical");
                for (const int factor : {plane.horizontal, plane.vertical})
                    require(factor >= 1 && factor <= kMostFactor, "sampling factors: 1 to 4");
                for (int k = 0; k < kBlock; ++k) {
                    require(steps.data()[k] >= 1, "a quantization step is 0");
                    plane.steps[k] = steps.data()[k];
                }
            }
        }
    };

    std::string isa_;
    std::unique_ptr<Coder> coder_;
};

}  // namespace

void bind_dct(nb::module_& m) {
    nb::class_<DctCoder>(m, "DctCoder")
        .def(nb::init<nb::list, nb::list, const Table&, const Table&, const Table&, const Table&, bool,
                      const std::string&>())
        .def_prop_ro("isa", &DctCoder::isa)
        .def("encode", &DctCoder::encode)
        .def("decode", &DctCoder::decode);
}
