//===- Convolution.cpp - Convolutions and pooling -------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace dlc::onnx_import {

namespace {
/// The attributes of a window in dl's form.
struct Window {
  SmallVector<NamedAttribute> attributes;
  Ints kernel, strides, dilations, low, high;
  bool isExplicit = true;
};
} // namespace

static Window readWindow(Node &n, const Ints &kernel,
                         bool hasDilations = true) {
  Graph &g = n.g;
  size_t rank = kernel.size();
  auto list = [&](StringRef name, size_t count, int64_t otherwise) {
    Ints values = n.ints(name).value_or(Ints(count, otherwise));
    if (values.size() != count) {
      n.fail(name + " has " + Twine(values.size()) + " values, expected " +
             Twine(count));
      values.assign(count, otherwise);
    }
    return values;
  };
  Window w;
  w.kernel = kernel;
  w.strides = list("strides", rank, 1);
  w.dilations = hasDilations ? list("dilations", rank, 1) : Ints(rank, 1);
  Ints pads = list("pads", 2 * rank, 0);
  w.low.assign(pads.begin(), pads.begin() + rank);
  w.high.assign(pads.begin() + rank, pads.end());
  w.attributes = {g.attr("strides", w.strides),
                  g.attr("dilations", w.dilations)};
  std::string mode = n.string("auto_pad", "NOTSET");
  auto automatic = [&](dl::AutoPadding padding) {
    w.isExplicit = false;
    w.attributes.push_back(g.b.getNamedAttr(
        "auto_padding", dl::AutoPaddingAttr::get(g.b.getContext(), padding)));
  };
  if (mode == "SAME_UPPER")
    automatic(dl::AutoPadding::same);
  else if (mode == "SAME_LOWER")
    automatic(dl::AutoPadding::same_lower);
  else if (mode == "VALID")
    automatic(dl::AutoPadding::valid);
  else if (mode == "NOTSET")
    w.attributes.push_back(g.attr("padding", pads));
  else
    n.fail("auto_pad is '" + mode +
           "', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  return w;
}

/// [F, C, window...] -> [window..., C, F]
static TensorValue filterOf(Graph &g, TensorValue w) {
  Ints permutation;
  for (int64_t d = 2; d < w.rank(); ++d)
    permutation.push_back(d);
  permutation.push_back(1);
  permutation.push_back(0);
  return w.rank() < 3
             ? g.fail("its filter has shape " + dl::toString(w.shape()) +
                      ", expected [F, C, window...]")
             : g.transpose(w, permutation);
}

TensorValue refineFilter(Node &n, TensorValue x, TensorValue filter,
                         bool isTransposed) {
  Ints extents(std::min<int64_t>(2, filter.rank()), ShapedType::kDynamic);
  if (auto kernel = n.ints("kernel_shape"))
    llvm::append_range(extents, *kernel);
  int64_t groups = n.integer("group", 1);
  int64_t channels = x.rank() > 1 ? x.dim(1) : ShapedType::kDynamic;
  if (isTransposed && !extents.empty())
    extents[0] = channels;
  else if (extents.size() > 1 && channels >= 0 && groups > 0)
    extents[1] = channels / groups;
  extents.resize(filter.rank(), ShapedType::kDynamic);
  return n.g.refine(filter, extents,
                    "the filter has another shape than " +
                        dl::toString(extents) +
                        ", which follows from kernel_shape and the input");
}

/// Returns the kernel extents of a filter, after refining its type.
static std::optional<Ints> kernelOf(Node &n, TensorValue x, TensorValue &filter,
                                    bool isTransposed = false) {
  filter = refineFilter(n, x, filter, isTransposed);
  Ints kernel(filter.shape().drop_front(std::min<int64_t>(2, filter.rank())));
  if (auto given = n.ints("kernel_shape"); given && *given != kernel) {
    n.fail("kernel_shape is not the shape of the filter " +
           dl::toString(filter.shape()));
    return std::nullopt;
  }
  if (llvm::any_of(kernel, ShapedType::isDynamic)) {
    n.fail("the extents of its filter are not known");
    return std::nullopt;
  }
  return kernel;
}

TensorValue convolve(Node &n, TensorValue x, TensorValue w, TensorValue bias) {
  Graph &g = n.g;
  auto kernel = kernelOf(n, x, w);
  if (!kernel)
    return {&g, Value()};
  Window window = readWindow(n, *kernel);
  window.attributes.push_back(g.attr("groups", n.integer("group", 1)));
  SmallVector<Value> operands{g.channelsLast(x).value, filterOf(g, w).value};
  if (bias)
    operands.push_back(bias.value);
  return g.channelsFirst(g.op<dl::ConvOp>(operands, window.attributes));
}

void importConv(Node &n) {
  TensorValue bias = n.has(2) ? n.in(2) : TensorValue();
  n.yield(convolve(n, n.in(0), n.in(1), bias));
}

/// Convolves each channel with its past values: the state, or zeros.
void importCausalConvWithState(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), w = n.in(1);
  std::string activation = n.string("activation", "none");
  bool isSilu = activation == "silu" || activation == "swish";
  if (!isSilu && activation != "none") {
    n.fail("activation is '" + activation + "', expected none, silu or swish");
    return;
  }
  if (x.rank() != 3 || w.rank() != 3 || w.dim(1) != 1 ||
      ShapedType::isDynamic(w.dim(0)) || w.dim(2) < 1 ||
      !dl::mayEqual(x.dim(1), w.dim(0))) {
    n.fail("x and w have shapes " + dl::toString(x.shape()) + " and " +
           dl::toString(w.shape()) + ", expected [N, C, L] and [C, 1, k]");
    return;
  }
  int64_t before = w.dim(2) - 1;
  Extent length = g.dim(x, 2);
  if (n.has(3))
    x = before ? g.concat({n.in(3), x}, 2) : x;
  else
    x = cropOrPad(g, x, 2, g.index(-before), g.add(length, g.index(before)));
  SmallVector<Value> operands{g.channelsLast(x).value, filterOf(g, w).value};
  if (n.has(2))
    operands.push_back(n.in(2).value);
  TensorValue y =
      g.channelsFirst(g.op<dl::ConvOp>(operands, {g.attr("groups", w.dim(0))}));
  n.yield(0, isSilu ? g.op<dl::SiluOp>(y) : y);
  if (n.wants(1))
    n.yield(1, g.slice(x, 2, length, g.index(before)));
}

void importConvTranspose(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), w = n.in(1);
  auto kernel = kernelOf(n, x, w, /*isTransposed=*/true);
  if (!kernel)
    return;
  Window window = readWindow(n, *kernel);
  size_t rank = kernel->size();
  Ints more = n.ints("output_padding").value_or(Ints(rank, 0));
  auto wanted = n.ints("output_shape");
  if (more.size() != rank || (wanted && wanted->size() != rank)) {
    n.fail("output_padding or output_shape do not have " + Twine(rank) +
           " values");
    return;
  }
  std::string mode = n.string("auto_pad", "NOTSET");
  if (wanted || StringRef(mode).starts_with("SAME")) {
    for (size_t d = 0; d < rank; ++d) {
      int64_t extent = x.dim(d + 2);
      if (ShapedType::isDynamic(extent)) {
        n.fail("its padding follows from an unknown extent");
        return;
      }
      int64_t full = (extent - 1) * window.strides[d] +
                     (window.kernel[d] - 1) * window.dilations[d] + 1 + more[d];
      int64_t total =
          full - (wanted ? (*wanted)[d] : extent * window.strides[d]);
      int64_t half = std::max<int64_t>(total, 0) / 2;
      int64_t rest = std::max<int64_t>(total, 0) - half;
      window.low[d] = mode == "SAME_UPPER" ? half : rest;
      window.high[d] = mode == "SAME_UPPER" ? rest : half;
      more[d] -= std::min<int64_t>(total, 0);
    }
  }
  Ints padding = window.low;
  llvm::append_range(padding, window.high);
  SmallVector<Value> operands{g.channelsLast(x).value, filterOf(g, w).value};
  if (n.has(2))
    operands.push_back(n.in(2).value);
  n.yield(g.channelsFirst(g.op<dl::ConvTransposeOp>(
      operands,
      {g.attr("strides", window.strides), g.attr("dilations", window.dilations),
       g.attr("padding", padding), g.attr("output_padding", more),
       g.attr("groups", n.integer("group", 1))})));
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

static Window readPool(Node &n, bool hasDilations) {
  auto kernel = n.ints("kernel_shape");
  if (!kernel)
    n.fail("attribute 'kernel_shape' is missing");
  Window window = readWindow(n, kernel.value_or(Ints()), hasDilations);
  window.attributes.push_back(n.g.attr("window", window.kernel));
  if (n.integer("ceil_mode", 0))
    window.attributes.push_back(n.g.flag("ceil_mode"));
  return window;
}

/// Returns the attributes of a window, restricted to some of its dimensions.
static SmallVector<NamedAttribute> pick(Graph &g, const Window &w,
                                        ArrayRef<int64_t> dims) {
  size_t rank = w.kernel.size();
  SmallVector<NamedAttribute> result;
  for (NamedAttribute attribute : w.attributes) {
    auto list = dyn_cast<DenseI64ArrayAttr>(attribute.getValue());
    if (!list) {
      result.push_back(attribute);
      continue;
    }
    Ints picked;
    for (size_t side = 0; side < list.asArrayRef().size(); side += rank)
      for (int64_t d : dims)
        picked.push_back(list[side + d]);
    result.push_back(g.attr(attribute.getName(), picked));
  }
  return result;
}

/// Pools over a window of any rank. dl has up to three spatial dimensions, so
/// the window is pooled over some dimensions, then over the others, while the
/// remaining ones are part of the batch. `pool` takes a channels-last tensor
/// and the attributes of the pooled dimensions.
static TensorValue
inParts(Node &n, TensorValue x, const Window &w,
        function_ref<TensorValue(TensorValue, ArrayRef<NamedAttribute>)> pool) {
  Graph &g = n.g;
  int64_t rank = w.kernel.size();
  if (rank <= 3 || g.failed)
    return g.channelsFirst(pool(g.channelsLast(x), w.attributes));
  if (x.rank() != rank + 2)
    return n.fail("has a window of " + Twine(rank) + " extents over " +
                  dl::toString(x.shape()) +
                  ", expected [N, C, spatial...] with an extent for each");
  for (int64_t first = 0; first < rank && !g.failed; first += 3) {
    Ints dims, order{0};
    for (int64_t d = 0; d < rank; ++d)
      if (d >= first && d < first + 3)
        dims.push_back(d);
      else
        order.push_back(d + 2);
    int64_t images = order.size();
    for (int64_t d : dims)
      order.push_back(d + 2);
    order.push_back(1);
    TensorValue moved = g.transpose(x, order);
    if (!moved)
      return moved;
    Extents shape = g.dims(moved);
    Extents flat{g.product(ArrayRef<Extent>(shape).take_front(images))};
    flat.append(shape.begin() + images, shape.end());
    TensorValue y = pool(g.reshape(moved, flat), pick(g, w, dims));
    if (!y)
      return y;
    for (size_t d = 0; d < dims.size(); ++d)
      shape[images + d] = g.dim(y, d + 1);
    x = g.transpose(g.reshape(y, shape), invertPermutationVector(order));
  }
  return x;
}

void importMaxPool(Node &n) {
  Graph &g = n.g;
  Window window = readPool(n, true);
  TensorValue x = n.in(0);
  Type element = x.element();
  // f32 represents integers of up to 8 bits exactly.
  TensorValue wide = x.isFloat() ? x : g.cast(x, g.f32());
  n.yield(0, g.cast(inParts(n, wide, window,
                            [&](TensorValue last, auto attributes) {
                              return g.op<dl::MaxPoolOp>({last.value},
                                                         attributes);
                            }),
                    element));
  if (!n.wants(1))
    return;
  if (window.kernel.size() > 3) {
    n.fail("has an output of indices for more than 3 spatial dimensions");
    return;
  }
  TensorValue last = g.channelsLast(wide);
  TensorValue positions =
      g.channelsFirst(g.op<dl::ArgMaxPoolOp>({last.value}, window.attributes));
  if (!positions)
    return;
  // The position within one channel, to which image and channel are added.
  Extents extents = g.dims(x);
  ArrayRef<Extent> spatial = ArrayRef<Extent>(extents).drop_front(2);
  auto scalar = [&](Extent e) { return g.fromElements({e}, true, g.i64()); };
  if (n.integer("storage_order", 0)) {
    // Column-major: reverse the digits of the position.
    TensorValue rest = positions, swapped = g.number(g.i64(), 0);
    Extent weight = g.product(spatial);
    for (size_t d = spatial.size(); d-- > 0;) {
      weight = g.div(weight, spatial[d]);
      TensorValue digit = g.op<dl::RemainderOp>(rest, scalar(spatial[d]));
      rest = rest / scalar(spatial[d]);
      // The weight of dimension d is the product of the extents before it.
      swapped = swapped + digit * scalar(weight);
    }
    positions = swapped;
  }
  Extents shape = g.dims(positions);
  TensorValue image = g.iota(shape, 0, g.i64()),
              channel = g.iota(shape, 1, g.i64());
  n.yield(1, positions + (image * scalar(extents[1]) + channel) *
                             scalar(g.product(spatial)));
}

void importAveragePool(Node &n) {
  Graph &g = n.g;
  Window window = readPool(n, true);
  if (n.integer("count_include_pad", 0))
    window.attributes.push_back(g.flag("count_padding"));
  n.yield(inParts(n, n.in(0), window, [&](TensorValue last, auto attributes) {
    return g.op<dl::AvgPoolOp>({last.value}, attributes);
  }));
}

/// Returns the p-th root of a sum of p-th powers.
static TensorValue rootOf(Graph &g, TensorValue sum, int64_t p) {
  if (p == 1)
    return sum;
  return p == 2 ? g.op<dl::SqrtOp>(sum) : pow(sum, 1.0 / double(p));
}
static TensorValue powerOf(Graph &g, TensorValue x, int64_t p) {
  if (p == 2)
    return g.op<dl::SquareOp>(x);
  TensorValue size = g.op<dl::AbsOp>(x);
  return p == 1 ? size : pow(size, g.number(x.element(), double(p)));
}

/// Computes sums over windows as a depthwise convolution with ones.
void importLpPool(Node &n) {
  Graph &g = n.g;
  auto kernel = n.ints("kernel_shape");
  if (!kernel) {
    n.fail("attribute 'kernel_shape' is missing");
    return;
  }
  Window window = readWindow(n, *kernel);
  int64_t p = n.integer("p", 2);
  TensorValue x = n.in(0);
  if (n.integer("ceil_mode", 0) && window.isExplicit) {
    // Add the padding that a partial last window needs.
    Ints padding = window.low;
    for (size_t d = 0; d < kernel->size(); ++d) {
      int64_t extent = x.dim(d + 2), stride = window.strides[d];
      if (ShapedType::isDynamic(extent)) {
        n.fail("ceil_mode over an unknown extent");
        return;
      }
      int64_t effectiveKernel =
          (window.kernel[d] - 1) * window.dilations[d] + 1;
      int64_t room = extent + window.low[d] + window.high[d] - effectiveKernel;
      int64_t positions = room < 0 ? 0 : llvm::divideCeil(room, stride) + 1;
      if ((positions - 1) * stride >= extent + window.low[d])
        --positions;
      padding.push_back(std::max(window.high[d], (positions - 1) * stride +
                                                     effectiveKernel - extent -
                                                     window.low[d]));
    }
    window.attributes = {g.attr("strides", window.strides),
                         g.attr("dilations", window.dilations),
                         g.attr("padding", padding)};
  }
  int64_t channels = x.dim(1);
  if (ShapedType::isDynamic(channels)) {
    n.fail("the number of channels is not known");
    return;
  }
  // Temporary: gives the callback the shape of the ones; not an attribute of
  // dl.conv.
  window.attributes.push_back(g.attr("window", *kernel));
  TensorValue sum = inParts(
      n, powerOf(g, x, p), window,
      [&](TensorValue last, ArrayRef<NamedAttribute> attributes) {
        Ints shape(
            cast<DenseI64ArrayAttr>(attributes.back().getValue()).asArrayRef());
        shape.append({1, channels});
        SmallVector<NamedAttribute> own(attributes.drop_back());
        own.push_back(g.attr("groups", channels));
        TensorValue ones = g.number(x.element(), 1, shape);
        return g.op<dl::ConvOp>({last.value, ones.value}, own);
      });
  n.yield(rootOf(g, sum, p));
}

static Ints spatialAxes(TensorValue x) {
  Ints axes;
  for (int64_t d = 2; d < x.rank(); ++d)
    axes.push_back(d);
  return axes;
}
void importGlobalAveragePool(Node &n) {
  Graph &g = n.g;
  n.yield(g.channelsFirst(g.op<dl::GlobalAvgPoolOp>(g.channelsLast(n.in(0)))));
}
void importGlobalMaxPool(Node &n) {
  Graph &g = n.g;
  n.yield(g.channelsFirst(g.op<dl::GlobalMaxPoolOp>(g.channelsLast(n.in(0)))));
}
void importGlobalLpPool(Node &n) {
  Graph &g = n.g;
  int64_t p = n.integer("p", 2);
  TensorValue x = n.in(0);
  n.yield(rootOf(
      g, g.reduce<dl::ReduceSumOp>(powerOf(g, x, p), spatialAxes(x), true), p));
}

/// Puts each element back at the position at which it was the maximum.
void importMaxUnpool(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), positions = n.in(1);
  Window window = readPool(n, false);
  if (g.failed)
    return;
  Extents inferred{g.dim(x, 0), g.dim(x, 1)}, shape;
  for (size_t d = 0; d < window.kernel.size(); ++d)
    inferred.push_back(g.add(
        g.mul(g.sub(g.dim(x, d + 2), g.index(1)), g.index(window.strides[d])),
        g.index(window.kernel[d] - window.low[d] - window.high[d])));
  // Positions refer to the inferred shape, even if a larger one is given.
  TensorValue zero =
      g.broadcast(g.number(x.element(), 0), {g.product(inferred)});
  Extent count = g.product(g.dims(x));
  TensorValue flat =
      g.op<dl::ScatterOp>({zero.value, g.reshape(positions, {count}).value,
                           g.reshape(x, {count}).value},
                          {});
  TensorValue y = g.reshape(flat, inferred);
  if (n.has(2)) {
    shape = n.extentsOf(2, "output_shape");
    for (size_t d = 0; d < std::min(shape.size(), inferred.size()); ++d) {
      Extents rest = g.dims(y);
      rest[d] = g.sub(shape[d], inferred[d]);
      if (getConstantIntValue(rest[d]).value_or(1) != 0)
        y = g.concat({y, g.broadcast(g.number(x.element(), 0), rest)}, d);
    }
  }
  n.yield(y);
}

//===----------------------------------------------------------------------===//
// Across channels
//===----------------------------------------------------------------------===//

/// y = x / (bias + alpha/size * sum of squares of `size` channels around)^beta
void importLRN(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t size = n.integer("size", 0);
  if (size < 1) {
    n.fail("size is " + Twine(size) + ", expected 1 or more");
    return;
  }
  TensorValue last = g.channelsLast(x);
  Extents shape = g.dims(last);
  Extents flat{g.product(ArrayRef<Extent>(shape).drop_back()), shape.back(),
               g.index(1)};
  // The mean over a window of channels is the sum divided by its size.
  TensorValue mean =
      g.op<dl::AvgPoolOp>({g.reshape(g.op<dl::SquareOp>(last), flat).value},
                          {g.attr("window", Ints{size}),
                           g.attr("padding", Ints{(size - 1) / 2, size / 2}),
                           g.flag("count_padding")});
  TensorValue base =
      g.reshape(mean, shape) * n.real("alpha", 1e-4) + n.real("bias", 1);
  TensorValue scale = pow(base, g.number(x.element(), n.real("beta", 0.75)));
  n.yield(g.channelsFirst(last / scale));
}

} // namespace dlc::onnx_import
