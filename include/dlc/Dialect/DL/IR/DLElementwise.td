//===- DLElementwise.td - Element-wise ops ----------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic, comparison, logic and activations. The entry of an op here is all that
// it needs. It contains the scalar expression in the small language of Scalar.h; one
// pattern lowers all of them. The derivative follows, in the language of Formula.h: the
// cotangent of an operand from the cotangent `g` of the result `y`.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLELEMENTWISE_TD
#define DLC_DIALECT_DL_IR_DLELEMENTWISE_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

/// The derivative of an op that is 0 wherever it exists.
defvar flat = "return {};";

/// Numbers of the formulas below, to more digits than an f64 has.
defvar sqrtHalf = "0.70710678118654752440";         // sqrt(1/2)
defvar sqrtTwoOverPi = "0.79788456080286535588";    // sqrt(2/pi)
defvar twoOverSqrtPi = "1.12837916709551257390";    // 2/sqrt(pi): erf's slope at 0
defvar oneOverSqrtTwoPi = "0.39894228040143267794"; // 1/sqrt(2 pi): the normal density at 0
/// The factor of the cubic term in the tanh form of gelu (Hendrycks and Gimpel,
/// 2016).
defvar geluCubic = "0.044715";
/// The constants of selu (Klambauer et al., 2017): with them mean 0 and variance
/// 1 are a fixed point of a layer of normalised weights.
defvar seluAlpha = "1.67326324235437728482";
defvar seluScale = "1.05070098735548049342";
/// The slope of the piecewise linear sigmoid (Howard et al., 2019), which is
/// min(max(x + 3, 0), 6) / 6.
defvar hardSlope = "(1.0 / 6.0)";

/// Without a `gradient` the op is not differentiable.
class DL_Elementwise<string mnemonic, string expression, string gradient = "",
                     list<Trait> traits = []>
    : DL_InferredOp<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<DL_ElementwiseOpInterface>],
          !if(!empty(gradient), [DL_NotDifferentiable], []), traits)> {
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, ::std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      if (::llvm::failed(::dlc::dl::checkTensors(loc, getOperationName(), operands)))
        return ::llvm::failure();
      $cppClass::Adaptor op(operands, attributes, properties, regions);
      return ::dlc::dl::inferElementwise(context, loc, $cppClass::getOperationName(),
                                         operands, resultElementType(op), types);
    }
    ::mlir::Value $cppClass::buildScalar(::mlir::OpBuilder &builder,
                                         ::mlir::Location loc,
                                         ::mlir::ValueRange args) {
      using namespace ::dlc::dl::scalar;
      auto in = [&](unsigned i) {
        return Scalar(builder, loc, args[i],
                      ::mlir::getElementTypeOrSelf((*this)->getOperand(i))
                          .isUnsignedInteger(64));
      };
      }] # expression # [{
    }
    ::mlir::Value $cppClass::buildGradient(::mlir::OpBuilder &builder,
                                           ::mlir::Location loc, unsigned operand,
                                           ::mlir::Value cotangent) {
      using namespace ::dlc::dl::formula;
      auto of = [&](unsigned i) {
        return TensorExpr(builder, loc, (*this)->getOperand(i));
      };
      TensorExpr g(builder, loc, cotangent), y(builder, loc, (*this)->getResult(0));
      (void)of, (void)g, (void)y;
      }] # !if(!empty(gradient), flat, gradient) # [{
    }
  }];
}

/// The element type of the result: that of the first operand ...
defvar keepsElementType = [{
  static ::mlir::Type resultElementType(Adaptor op) {
    return ::mlir::getElementTypeOrSelf(op.getOperands()[0].getType());
  }
}];
/// ... or i1.
defvar yieldsBool = [{
  static ::mlir::Type resultElementType(Adaptor op) {
    return ::mlir::IntegerType::get(op.getOperands()[0].getContext(), 1);
  }
}];

class DL_Unary<string mnemonic, string formula, string expression,
               string gradient = "", Type operand = DL_FloatTensor>
    : DL_Elementwise<mnemonic, "auto x = in(0); return " # expression # ";",
          !cond(!empty(gradient): "", !eq(gradient, flat): flat,
                true: "auto x = of(0); (void)x; return " # gradient # ";")> {
  let summary = formula;
  let arguments = (ins operand:$x);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = !strconcat(compatibleDeclaration, keepsElementType);
}

/// `gradients` are those of a and b.
class DL_Binary<string mnemonic, string formula, string expression,
                list<string> gradients = [], list<Trait> traits = [],
                Type operand = DL_NumberTensor>
    : DL_Elementwise<mnemonic,
                     "auto a = in(0); auto b = in(1); return " # expression # ";",
                     !if(!empty(gradients), "",
                         "auto a = of(0), b = of(1); (void)a, (void)b;"
                         "if (operand == 0) return " # !head(gradients) #
                         "; return " # !head(!tail(gradients)) # ";"),
                     traits> {
  let summary = formula;
  let description = [{
    Operands are broadcast as in NumPy: shapes are aligned at their last
    dimension, and a static extent of 1 is repeated to that of the other. A type
    that both operands share is written once.
  }];
  let arguments = (ins operand:$a, operand:$b);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat =
      "$a `,` $b attr-dict `:` custom<SharedType>(type($a), type($b))";
  let extraClassDeclaration = !strconcat(compatibleDeclaration, keepsElementType);
}

class DL_Comparison<string mnemonic, string formula, string expression>
    : DL_Binary<mnemonic, formula, expression> {
  let extraClassDeclaration = !strconcat(compatibleDeclaration, yieldsBool);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

def DL_AddOp : DL_Binary<"add", "y = a + b", "a + b", ["g", "g"], [Commutative]> {
  let hasFolder = 1;
}
def DL_SubOp : DL_Binary<"sub", "y = a - b", "a - b", ["g", "-g"]>;
def DL_MulOp : DL_Binary<"mul", "y = a b", "a * b", ["g * b", "g * a"],
                           [Commutative]> {
  let hasFolder = 1;
}
def DL_DivOp : DL_Binary<"div", "y = a / b (integers: rounded towards zero)",
                         "a / b", ["g / b", "-g * y / b"]> {
  let description = [{
    Integer division by zero yields 0. The only quotient that overflows, that of the
    least integer by -1, wraps. So no input traps.
  }];
}
def DL_RemainderOp : DL_Binary<"remainder",
    "y = a - b trunc(a / b), with the sign of a", "remainder(a, b)",
    ["g", "-g * select((a / b) < 0.0, ceil(a / b), floor(a / b))"]> {
  let description = [{
    The remainder of C's `%` and `fmod`. Integer division by zero yields 0.
  }];
}
def DL_PowOp : DL_Binary<"pow", "y = a to the power b", "pow(a, b)",
    // For an exponent of 0 the derivative is 0, not 0 times infinity. The logarithm
    // is taken of positive bases only.
    ["g * select(b == 0.0, 0.0, b * pow(a, b - 1.0))",
     "g * select(a > 0.0, y * log(a), 0.0)"], [],
                         DL_FloatTensor>;
def DL_MaximumOp : DL_Binary<"maximum", "y = max(a, b), NaN if either is", "max(a, b)",
    ["half(g, a > b, a == b)", "half(g, b > a, a == b)"], [Commutative]>;
def DL_MinimumOp : DL_Binary<"minimum", "y = min(a, b), NaN if either is", "min(a, b)",
    ["half(g, a < b, a == b)", "half(g, b < a, a == b)"], [Commutative]>;
def DL_NegOp : DL_Unary<"neg", "y = -x", "-x",
    "-g", DL_NumberTensor>;
def DL_AbsOp : DL_Unary<"abs", "y = |x|", "abs(x)",
    "g * sign(x)", DL_NumberTensor>;
def DL_ExpOp : DL_Unary<"exp", "y = e to the power x", "exp(x)",
    "g * y">;
def DL_Expm1Op : DL_Unary<"expm1", "y = e to the power x, less 1, accurate near 0", "expm1(x)",
    "g * (y + 1.0)">;
def DL_LogOp : DL_Unary<"log", "y = ln x", "log(x)",
    "g / x">;
def DL_Log1pOp : DL_Unary<"log1p", "y = ln(1 + x), accurate near 0", "log1p(x)",
    "g / (1.0 + x)">;
def DL_SqrtOp : DL_Unary<"sqrt", "y = x to the power 1/2", "sqrt(x)",
    "0.5 * g / y">;
def DL_RsqrtOp : DL_Unary<"rsqrt", "y = x to the power -1/2", "1.0 / sqrt(x)",
    "-0.5 * g * y * y * y">;
def DL_ReciprocalOp : DL_Unary<"reciprocal", "y = 1 / x", "1.0 / x",
    "-g * y * y">;
def DL_SquareOp : DL_Unary<"square", "y = x x", "x * x",
    "2.0 * g * x", DL_NumberTensor>;
def DL_SinOp : DL_Unary<"sin", "y = sin x (radians)", "sin(x)",
    "g * cos(x)">;
def DL_CosOp : DL_Unary<"cos", "y = cos x (radians)", "cos(x)",
    "-g * sin(x)">;
def DL_TanOp : DL_Unary<"tan", "y = tan x (radians)", "tan(x)",
    "g * (1.0 + y * y)">;
def DL_AsinOp : DL_Unary<"asin", "y = arcsin x (radians)", "asin(x)",
    "g * rsqrt(1.0 - x * x)">;
def DL_AcosOp : DL_Unary<"acos", "y = arccos x (radians)", "acos(x)",
    "-g * rsqrt(1.0 - x * x)">;
def DL_AtanOp : DL_Unary<"atan", "y = arctan x (radians)", "atan(x)",
    "g / (1.0 + x * x)">;
def DL_SinhOp : DL_Unary<"sinh", "y = (exp x - exp(-x)) / 2", "sinh(x)",
    "g * cosh(x)">;
def DL_CoshOp : DL_Unary<"cosh", "y = (exp x + exp(-x)) / 2", "cosh(x)",
    "g * sinh(x)">;
def DL_AsinhOp : DL_Unary<"asinh", "y = the x with sinh y = x", "asinh(x)",
    "g * rsqrt(x * x + 1.0)">;
def DL_AcoshOp : DL_Unary<"acosh", "y >= 0 with cosh y = x", "acosh(x)",
    "g * rsqrt((x - 1.0) * (x + 1.0))">;
def DL_AtanhOp : DL_Unary<"atanh", "y = ln((1 + x) / (1 - x)) / 2", "atanh(x)",
    "g / (1.0 - x * x)">;
def DL_ErfOp : DL_Unary<"erf", "y = 2/sqrt(pi) integral from 0 to x of exp(-t t) dt",
                        "erf(x)",
    !strconcat(twoOverSqrtPi, " * g * exp(-x * x)")>;
def DL_FloorOp : DL_Unary<"floor", "y = the largest integer <= x", "floor(x)",
    flat>;
def DL_CeilOp : DL_Unary<"ceil", "y = the smallest integer >= x", "ceil(x)",
    flat>;
def DL_RoundOp : DL_Unary<"round", "y = the nearest integer, ties to even", "round(x)",
    flat>;

def DL_ClipOp : DL_Elementwise<"clip", [{
    auto x = in(0);
    if (getLow())
      x = max(x, getLow()->convertToDouble());
    if (getHigh())
      x = min(x, getHigh()->convertToDouble());
    return x;
  }], [{
    auto x = of(0);
    if (getLow())
      g = select(x > getLow()->convertToDouble(), g, 0.0);
    if (getHigh())
      g = select(x < getHigh()->convertToDouble(), g, 0.0);
    return g;
  }]> {
  let summary = "y = min(max(x, low), high); either bound may be absent";
  let arguments = (ins DL_NumberTensor:$x, OptionalAttr<F64Attr>:$low,
                       OptionalAttr<F64Attr>:$high);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x oilist(`low` custom<Number>($low) | `high` custom<Number>($high)) attr-dict `:` type($x)
  }];
  let extraClassDeclaration = !strconcat(compatibleDeclaration, keepsElementType);
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Comparison, logic, choice
//===----------------------------------------------------------------------===//

def DL_EqualOp : DL_Comparison<"equal", "y = (a = b)", "a == b">;
def DL_NotEqualOp : DL_Comparison<"not_equal", "y = (a != b)", "a != b">;
def DL_LessOp : DL_Comparison<"less", "y = (a < b)", "a < b">;
def DL_LessEqualOp : DL_Comparison<"less_equal", "y = (a <= b)", "a <= b">;
def DL_GreaterOp : DL_Comparison<"greater", "y = (a > b)", "a > b">;
def DL_GreaterEqualOp : DL_Comparison<"greater_equal", "y = (a >= b)", "a >= b">;
def DL_AndOp : DL_Binary<"and", "y = a and b (of integers: bit by bit)", "a & b", [], [Commutative], DL_BitTensor>;
def DL_OrOp : DL_Binary<"or", "y = a or b (of integers: bit by bit)", "a | b", [], [Commutative], DL_BitTensor>;
def DL_XorOp : DL_Binary<"xor", "y = either a or b (of integers: bit by bit)", "a ^ b", [], [Commutative], DL_BitTensor>;
def DL_NotOp : DL_Unary<"not", "y = not x (of integers: bit by bit)", "~x", "", DL_BitTensor>;
class DL_Shift<string mnemonic, string formula, string function>
    : DL_Binary<mnemonic, formula, function # [{(a, b,
          ::mlir::getElementTypeOrSelf(getA()).getIntOrFloatBitWidth())}], [], [],
          DL_IntegerTensor> {
  let description = [{
    A shift by at least the width of the type, or by a negative number, shifts all
    bits out. Right shifts of signed integers keep the sign.
  }];
}
def DL_ShiftLeftOp : DL_Shift<"shift_left", "y = a times 2 to the power b", "shiftLeft">;
def DL_ShiftRightOp : DL_Shift<"shift_right", "y = floor(a / 2 to the power b)", "shiftRight">;

def DL_SelectOp : DL_Elementwise<"select", "return select(in(0), in(1), in(2));", [{
    if (operand == 0)
      return {};
    return operand == 1 ? select(of(0), g, 0.0) : select(of(0), 0.0, g);
  }]> {
  let summary = "y = a where the condition holds, else b";
  let arguments = (ins DL_BoolTensor:$condition, DL_Tensor:$a, DL_Tensor:$b);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $condition `,` $a `,` $b attr-dict `:` type($condition) `,`
    custom<SharedType>(type($a), type($b))
  }];
  let extraClassDeclaration = compatibleDeclaration # [{
    static ::mlir::Type resultElementType(Adaptor op) {
      return ::mlir::getElementTypeOrSelf(op.getA().getType());
    }
  }];
}

def DL_CastOp : DL_Elementwise<"cast", "return in(0).cast(getTo(), !getOverflow());", [{
    if (!g.isFloat() || !of(0).isFloat())
      return {};
    return g.cast(of(0).element());
  }]> {
  let summary = "y = x in another element type";
  let description = [{
    - Float to integer rounds towards zero and saturates; to integers of less than a
    byte it wraps. NaN becomes 0.
    - Integer to a narrower integer wraps.
    - Anything to i1 is whether it differs from zero.
    - f64 and integers become narrower floats through f32, rounded to nearest, ties to
    even. A number too large for a float of 8 or 4 bits becomes its largest number,
    or with `overflow` infinity, or NaN if the type has no infinity.
  }];
  let arguments = (ins DL_Tensor:$x, TypeAttr:$to, UnitAttr:$overflow);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x `to` $to (`overflow` $overflow^)? attr-dict `:` type($x)";
  let extraClassDeclaration = compatibleDeclaration # [{
    static ::mlir::Type resultElementType(Adaptor op) { return op.getTo(); }
  }];
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

def DL_LinearOp : DL_Unary<"linear", "y = x, the linear activation", "x",
    "g"> {
  let hasFolder = 1;
}
def DL_UnitStepOp : DL_Unary<"unit_step", "y = 0 for x < 0, 0.5 at 0, 1 for x > 0",
    "select(x < 0.0, x.constant(0.0), select(x > 0.0, x.constant(1.0), select(x == 0.0, x.constant(0.5), x)))",
    flat> {
  let description = [{The Heaviside step with the symmetric value at zero. NaN stays NaN.}];
}
def DL_SignOp : DL_Unary<"sign", "y = -1 for x < 0, 0 at 0, 1 for x > 0",
    "select(x > 0.0, x.constant(1.0), select(x < 0.0, x.constant(-1.0), select(x == 0.0, x.constant(0.0), x)))",
    flat, DL_NumberTensor> {
  let description = [{The sign of -0 is 0, that of NaN is NaN.}];
}
def DL_PiecewiseLinearOp : DL_Unary<"piecewise_linear",
    "y = 0 for x <= -1/2, x + 1/2 between, 1 for x >= 1/2",
    "min(max(x + 0.5, 0.0), 1.0)",
    "select(abs(x) < 0.5, g, 0.0)">;
def DL_SigmoidOp : DL_Unary<"sigmoid", "y = 1 / (1 + exp(-x)), the logistic function",
    // For negative x the numerator is the exponential itself, which is more accurate
    // than two divisions.
    "select(x < 0.0, exp(-abs(x)), x.constant(1.0)) / (1.0 + exp(-abs(x)))",
    "g * y * (1.0 - y)">;
def DL_LogSigmoidOp : DL_Unary<"log_sigmoid",
    "y = ln(1 / (1 + exp(-x))), computed without overflow",
    "min(x, 0.0) - log1p(exp(-abs(x)))",
    "g * sigmoid(-x)">;
def DL_TanhOp : DL_Unary<"tanh", "y = tanh x = 2 sigmoid(2 x) - 1", "tanh(x)",
    "g * (1.0 - y * y)">;
def DL_ReluOp : DL_Unary<"relu", "y = max(x, 0)", "max(x, 0.0)",
    "select(y > 0.0, g, 0.0)"> {
  let hasFolder = 1;
}
def DL_GeluOp : DL_Unary<"gelu", "y = x/2 (1 + erf(x / sqrt 2))",
    !strconcat("0.5 * x * (1.0 + erf(x * ", sqrtHalf, "))"),
    !strconcat("g * (0.5 * (1.0 + erf(", sqrtHalf, " * x)) + ", oneOverSqrtTwoPi,
               " * x * exp(-0.5 * x * x))")> {
  let description = [{The Gaussian error linear unit (Hendrycks and Gimpel, 2016), exact.}];
}
defvar geluTanh = !strconcat("tanh(", sqrtTwoOverPi, " * (x + ", geluCubic,
                             " * x * x * x))");
def DL_GeluTanhOp : DL_Unary<"gelu_tanh",
    "y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x x x)))",
    !strconcat("0.5 * x * (1.0 + ", geluTanh, ")"),
    !strconcat("geluTanh(g, x, ", geluTanh, ", ", sqrtTwoOverPi, ", ", geluCubic,
               ")")>;
def DL_SiluOp : DL_Unary<"silu", "y = x sigmoid(x)", "x / (1.0 + exp(-x))",
    "silu(g, x, sigmoid(x))"> {
  let description = [{Also called swish. At minus infinity the value is NaN, as the formula gives, not the limit 0.}];
}
def DL_SoftplusOp : DL_Unary<"softplus", "y = ln(1 + exp x), computed without overflow",
    "max(x, 0.0) + log1p(exp(-abs(x)))",
    "g * sigmoid(x)">;
def DL_SoftsignOp : DL_Unary<"softsign", "y = x / (1 + |x|)", "x / (1.0 + abs(x))",
    "g / square(1.0 + abs(x))">;
def DL_MishOp : DL_Unary<"mish", "y = x tanh(ln(1 + exp x))",
    "x * tanh(max(x, 0.0) + log1p(exp(-abs(x))))",
    "mish(g, x, tanh(softplus(x)))">;
def DL_SeluOp : DL_Unary<"selu", "y = s x for x > 0, s a (exp x - 1) otherwise",
    !strconcat(seluScale, " * select(x > 0.0, x, ", seluAlpha,
               " * expm1(min(x, 0.0)))"),
    !strconcat(seluScale, " * g * select(x > 0.0, 1.0, ", seluAlpha,
               " * exp(min(x, 0.0)))")> {
  let description = [{The constants a = 1.67326... and s = 1.05070... of Klambauer et al., 2017.}];
}
defvar hardSigmoid =
    !strconcat("min(max(x * ", hardSlope, " + 0.5, 0.0), 1.0)");
def DL_HardSigmoidOp : DL_Unary<"hard_sigmoid", "y = min(max(x/6 + 1/2, 0), 1)",
    hardSigmoid,
    !strconcat("select(abs(x) < 3.0, g * ", hardSlope, ", 0.0)")>;
def DL_HardSwishOp : DL_Unary<"hard_swish", "y = x min(max(x/6 + 1/2, 0), 1)",
    !strconcat("x * ", hardSigmoid),
    !strconcat("select(abs(x) < 3.0, g * (x * (2 * ", hardSlope,
               ") + 0.5), select(x > 0.0, g, 0.0))")>;

class DL_AlphaActivation<string mnemonic, string formula, string expression,
                         string gradient, string alpha>
    : DL_Elementwise<mnemonic, "auto x = in(0); double alpha = getAlpha().convertToDouble(); return "
                               # expression # ";",
                     "auto x = of(0); double alpha = getAlpha().convertToDouble(); return "
                               # gradient # ";"> {
  let summary = formula;
  let arguments = (ins DL_FloatTensor:$x, DefaultValuedAttr<F64Attr, alpha>:$alpha);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x (`alpha` $alpha^)? attr-dict `:` type($x)";
  let extraClassDeclaration = !strconcat(compatibleDeclaration, keepsElementType);
}

def DL_LeakyReluOp : DL_AlphaActivation<"leaky_relu", "y = x for x >= 0, alpha x otherwise",
    "select(x >= 0.0, x, alpha * x)",
    "select(x >= 0.0, g, alpha * g)", "0.01">;
def DL_EluOp : DL_AlphaActivation<"elu", "y = x for x > 0, alpha (exp x - 1) otherwise",
    "select(x > 0.0, x, alpha * expm1(min(x, 0.0)))",
    "g * select(x > 0.0, 1.0, alpha * exp(min(x, 0.0)))", "1.0">;

#endif // DLC_DIALECT_DL_IR_DLELEMENTWISE_TD
