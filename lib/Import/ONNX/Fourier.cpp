//===- Fourier.cpp - Discrete Fourier transforms --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transform of a short length is a product with the matrix of cosines and
// sines. A longer one is composed of two transforms of shorter lengths (Cooley
// and Tukey, 1965). If its length has no small factor, it is a convolution
// whose length is a power of two (Bluestein, 1970).
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include <cmath>
#include <complex>

using namespace mlir;

namespace dlc::onnx_import {

namespace {

/// Complex numbers, transformed over the last dimension; `im` is empty for real
/// ones.
struct Complex {
  TensorValue re, im;
};

/// The root of unity exp(-2 pi i k / n), k taken modulo n first.
struct Root {
  double re, im;
};

struct Fourier {
  Graph &g;
  Type element;

  /// X[k] = sum over j of x[j] exp(-2 pi i j k / n) for k < count, where n is
  /// the extent of the last dimension.
  Complex transform(Complex x, int64_t count);
  /// The inverse without the factor 1/n: the transform with the parts swapped.
  Complex inverse(Complex x);

private:
  Complex direct(Complex x, int64_t count);
  Complex split(Complex x, int64_t first, int64_t second);
  Complex chirp(Complex x);
  /// Builds a matrix or vector of roots of unity.
  Complex roots(ArrayRef<int64_t> shape,
                function_ref<Root(int64_t, int64_t)> at);
  Complex times(Complex x, Complex y);
  Extents shapeOf(TensorValue x, ArrayRef<int64_t> last);
};

} // namespace

/// The maximum length that is transformed by a matrix.
static constexpr int64_t longestDirect = 256;

static Root rootOf(int64_t k, int64_t n) {
  double angle = 2 * 3.14159265358979323846 * double(k % n) / double(n);
  return {std::cos(angle), -std::sin(angle)};
}

Extents Fourier::shapeOf(TensorValue x, ArrayRef<int64_t> last) {
  Extents shape = g.dims(x);
  if (!shape.empty())
    shape.pop_back();
  for (int64_t extent : last)
    shape.push_back(g.index(extent));
  return shape;
}

Complex Fourier::roots(ArrayRef<int64_t> shape,
                       function_ref<Root(int64_t, int64_t)> at) {
  SmallVector<double> re, im;
  int64_t rows = shape.size() == 2 ? shape[0] : 1;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < shape.back(); ++j) {
      Root root = at(i, j);
      re.push_back(root.re);
      im.push_back(root.im);
    }
  return {numbers(g, element, shape, re), numbers(g, element, shape, im)};
}

Complex Fourier::times(Complex x, Complex y) {
  if (!x.im)
    return {x.re * y.re, x.re * y.im};
  return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

Complex Fourier::direct(Complex x, int64_t count) {
  int64_t n = x.re.dim(-1);
  Complex w =
      roots({n, count}, [&](int64_t j, int64_t k) { return rootOf(j * k, n); });
  TensorValue re = matmulOf(g, x.re, w.re), im = matmulOf(g, x.re, w.im);
  if (!x.im)
    return {re, im};
  return {re - matmulOf(g, x.im, w.im), im + matmulOf(g, x.im, w.re)};
}

/// Cooley and Tukey, with j = second a + b and k = c + first d: transforms of
/// length `first` over a, multiplications by exp(-2 pi i b c / n), transforms
/// of length `second` over b.
Complex Fourier::split(Complex x, int64_t first, int64_t second) {
  int64_t n = first * second, rank = x.re.rank();
  auto each = [&](Complex c, auto body) -> Complex {
    return {body(c.re), c.im ? body(c.im) : c.im};
  };
  Ints swap = upTo(rank + 1);
  std::swap(swap[rank - 1], swap[rank]);
  Complex y = each(x, [&](TensorValue t) {
    return g.transpose(g.reshape(t, shapeOf(t, {first, second})), swap);
  });
  y = transform(y, first);
  y = times(y, roots({second, first},
                     [&](int64_t b, int64_t c) { return rootOf(b * c, n); }));
  y = each(y, [&](TensorValue t) { return g.transpose(t, swap); });
  y = transform(y, second);
  return each(y, [&](TensorValue t) {
    Extents shape = g.dims(x.re);
    return g.reshape(g.transpose(t, swap), shape);
  });
}

/// Bluestein: j k = (j j + k k - (k - j) (k - j)) / 2 makes the sum a
/// convolution with exp(pi i j j / n), whose length is the next power of two
/// that is large enough.
Complex Fourier::chirp(Complex x) {
  int64_t n = x.re.dim(-1), size = int64_t(llvm::PowerOf2Ceil(2 * n - 1));
  auto turn = [&](int64_t j) { return rootOf(j * j % (2 * n), 2 * n); };
  Complex w = roots({n}, [&](int64_t, int64_t j) { return turn(j); });
  Complex y = times(x, w);
  auto pad = [&](TensorValue t) {
    return cropOrPad(g, t, t.rank() - 1, g.index(0), g.index(size));
  };
  y = transform({pad(y.re), pad(y.im)}, size);
  // The spectrum of the conjugate chirp, computed at compile time.
  std::vector<std::complex<double>> filter(size);
  for (int64_t j = 0; j < n; ++j) {
    Root root = turn(j);
    filter[j] = {root.re, -root.im};
    filter[(size - j) % size] = filter[j];
  }
  for (int64_t half = 1; half < size; half *= 2) {
    // Stockham's ordering needs no bit reversal.
    std::vector<std::complex<double>> next(size);
    int64_t blocks = size / (2 * half);
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t k = 0; k < half; ++k) {
        Root root = rootOf(k, 2 * half);
        std::complex<double> even = filter[b * half + k];
        std::complex<double> odd = filter[(b + blocks) * half + k] *
                                   std::complex<double>(root.re, root.im);
        next[b * 2 * half + k] = even + odd;
        next[b * 2 * half + k + half] = even - odd;
      }
    filter = std::move(next);
  }
  y = times(y, roots({size}, [&](int64_t, int64_t k) {
              return Root{filter[k].real() / double(size),
                          filter[k].imag() / double(size)};
            }));
  y = inverse(y);
  auto cut = [&](TensorValue t) {
    return g.slice(t, -1, g.index(0), g.index(n));
  };
  return times({cut(y.re), cut(y.im)}, w);
}

Complex Fourier::transform(Complex x, int64_t count) {
  if (g.failed)
    return {{&g, Value()}, {&g, Value()}};
  int64_t n = x.re.dim(-1);
  if (n <= longestDirect)
    return direct(x, count);
  // The largest factor up to 32, else the smallest one up to longestDirect.
  // Without one, a convolution.
  int64_t first = 1;
  for (int64_t factor = 2; factor <= 32; ++factor)
    if (n % factor == 0)
      first = factor;
  for (int64_t factor = 33; first == 1 && factor <= longestDirect; ++factor)
    if (n % factor == 0)
      first = factor;
  Complex y = first > 1 ? split(x, first, n / first) : chirp(x);
  if (count == n)
    return y;
  auto cut = [&](TensorValue t) {
    return g.slice(t, -1, g.index(0), g.index(count));
  };
  return {cut(y.re), cut(y.im)};
}

Complex Fourier::inverse(Complex x) {
  Complex y = transform({x.im, x.re}, x.re.dim(-1));
  return {y.im, y.re};
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// Returns the real (0) or imaginary (1) part of numbers whose last dimension
/// holds both.
static TensorValue partOf(Graph &g, TensorValue x, int64_t part) {
  return g.squeeze(g.slice(x, -1, g.index(part), g.index(1)), {x.rank() - 1});
}

/// Returns the transform of x over an axis of `length` elements; the last
/// dimension of x holds the parts of a number.
static TensorValue dft(Node &n, TensorValue x, int64_t axis, int64_t length,
                       bool isInverse, bool isOnesided) {
  Graph &g = n.g;
  Type element = x.element();
  Type type = element.isF64() ? element : g.f32();
  int64_t half = length / 2 + 1, parts = x.dim(-1);
  // Missing elements are zeros, surplus ones are cropped.
  x = cropOrPad(g, g.cast(x, type), axis, g.index(0),
                g.index(isInverse && isOnesided ? half : length));
  auto part = [&](int64_t p) { return g.moveAxis(partOf(g, x, p), axis, -1); };
  Complex signal{part(0), parts == 2 ? part(1) : TensorValue()};
  Fourier f{g, type};
  Complex y;
  if (isInverse && isOnesided) {
    // The other half is the complex conjugate of this one, mirrored.
    Ints mirror;
    for (int64_t k = length - half; k > 0; --k)
      mirror.push_back(k);
    auto whole = [&](TensorValue t, double sign) {
      return mirror.empty()
                 ? t
                 : g.concat(
                       {t, g.gather(t, g.ints(mirror), t.rank() - 1) * sign},
                       t.rank() - 1);
    };
    if (!signal.im)
      signal.im = signal.re * 0.0;
    y = f.inverse({whole(signal.re, 1), whole(signal.im, -1)});
  } else if (isInverse) {
    if (!signal.im)
      signal.im = signal.re * 0.0;
    y = f.inverse(signal);
  } else {
    y = f.transform(signal, isOnesided ? half : length);
  }
  auto toResult = [&](TensorValue t) {
    if (isInverse)
      t = t * (1.0 / double(length));
    return g.unsqueeze(g.cast(g.moveAxis(t, -1, axis), element), {t.rank()});
  };
  if (g.failed)
    return {&g, Value()};
  if (isInverse && isOnesided)
    return toResult(y.re);
  return g.concat({toResult(y.re), toResult(y.im)}, y.re.rank());
}

/// The maximum length of a transform: its roots are constants of the library.
static constexpr int64_t longest = 1 << 20;

static bool checkSignal(Node &n, TensorValue x) {
  if (x && x.rank() >= 2 && x.isFloat() && (x.dim(-1) == 1 || x.dim(-1) == 2))
    return true;
  n.fail("has a signal of shape " + dl::toString(x.shape()) +
         ", expected floats with a last extent of 1 (real) or 2 (complex)");
  return false;
}

static bool checkLength(Node &n, int64_t length) {
  if (length >= 1 && length <= longest)
    return true;
  n.fail("transforms " +
         (ShapedType::isDynamic(length) ? Twine("an unknown number of")
                                        : Twine(length)) +
         " elements, expected 1 to 2^20 that are known while compiling");
  return false;
}

void importDFT(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  if (!checkSignal(n, x))
    return;
  bool isInverse = n.integer("inverse", 0),
       isOnesided = n.integer("onesided", 0);
  int64_t axis = n.version < 20 ? n.integer("axis", 1) : -2;
  if (n.version >= 20)
    if (auto given = n.knownInts(2, "axis"))
      axis = given->empty() ? axis : given->front();
  auto given = n.knownInts(1, "dft_length");
  axis = n.axis(axis, x.rank());
  if (g.failed)
    return;
  if (axis == x.rank() - 1) {
    n.fail("transforms the last dimension, which holds real and imaginary "
           "parts");
    return;
  }
  int64_t length = x.dim(axis);
  if (given && !given->empty())
    length = given->front();
  else if (isInverse && isOnesided && !ShapedType::isDynamic(length))
    length = 2 * (length - 1);
  if (checkLength(n, length))
    n.yield(dft(n, x, axis, length, isInverse, isOnesided));
}

void importSTFT(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  if (x.rank() == 2)
    x = g.unsqueeze(x, {2});
  if (!checkSignal(n, x))
    return;
  auto step = n.knownInts(1, "frame_step"),
       given = n.knownInts(3, "frame_length");
  if (g.failed)
    return;
  int64_t length = given && !given->empty() ? given->front()
                   : n.has(2)               ? n.in(2).dim(0)
                                            : x.dim(1);
  if (!checkLength(n, length))
    return;
  if (x.rank() != 3 || !step || step->size() != 1 || step->front() < 1 ||
      (n.has(2) &&
       (n.in(2).rank() != 1 || !dl::mayEqual(n.in(2).dim(0), length))) ||
      (!ShapedType::isDynamic(x.dim(1)) && x.dim(1) < length)) {
    n.fail("has a signal of shape " + dl::toString(x.shape()) +
           " and frames of " + Twine(length) +
           " elements, expected [N, length, 1 or 2], frames no longer than "
           "that, a step of 1 or more and a window as long as a frame");
    return;
  }
  int64_t pace = step->front();
  Extent frames =
      g.div(g.max(g.add(g.sub(g.dim(x, 1), g.index(length)), g.index(pace)),
                  g.index(0)),
            g.index(pace));
  Extents shape{frames, g.index(length)};
  TensorValue at =
      g.iota(shape, 0, g.i64()) * double(pace) + g.iota(shape, 1, g.i64());
  TensorValue framed = g.gather(x, at, 1);
  if (n.has(2))
    framed = framed * g.unsqueeze(n.in(2), {1});
  n.yield(dft(n, framed, 2, length, false, n.integer("onesided", 1)));
}

} // namespace dlc::onnx_import
