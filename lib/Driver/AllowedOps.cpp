//===- AllowedOps.cpp - What a .mlir file may hold ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model is untrusted input, and its library runs inside a program: none of
// its ops may reach memory, files or functions other than the model's own. This
// table therefore lists each op that a model may contain, with the check that
// keeps it in bounds. All others are rejected when the file is read, before any
// pass. `dlc --list-mlir-ops` prints the table and docs/mlir-input.md contains
// it; a test compares the two.
//
//===----------------------------------------------------------------------===//

#include "AllowedOps.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Driver/Compile.h"
#include "dlc/Support/Format.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace dlc {

namespace {
struct AllowedOps {
  /// The check that keeps the ops in bounds.
  StringLiteral check;
  StringLiteral dialect;
  /// Op names without the dialect prefix, separated by spaces; `*`: every op of
  /// the dialect.
  StringLiteral ops;
};
} // namespace

static constexpr AllowedOps table[] = {
    {"no extents or indices of their own", "builtin", "module"},
    {"has a body; calls do not recurse, and what they grow to is bounded when "
     "the file is read",
     "func", "func call return"},
    {"type and size of the value are compared with the global's when the file "
     "is read",
     "ml_program", "global global_load global_load_const global_store"},
    {"shapes by the op's verifier and, where extents are `?`, by checks before "
     "a call computes anything; indices out of range are clamped or refused, "
     "as the op's entry says",
     "dl", "*"},
    {"a condition of the model's own, which ends a call with its message",
     "codegen", "require"},
    {"computes scalars: touches no memory", "arith",
     "addf addi addui_extended andi bitcast cmpf cmpi constant divf extf extsi "
     "extui index_cast index_castui maximumf maxnumf maxsi maxui minimumf "
     "minnumf minsi minui mulf muli mulsi_extended mului_extended negf ori "
     "remf select sitofp subf subi truncf trunci uitofp xori"},
    {"a divisor of 0, a quotient out of range, a shift beyond the width and a "
     "number that no integer holds are given a value first "
     "(define-arithmetic)",
     "arith",
     "ceildivsi ceildivui divsi divui floordivsi fptosi fptoui remsi remui "
     "shli "
     "shrsi shrui"},
    {"computes scalars: touches no memory", "math",
     "absf absi acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos "
     "cosh ctlz ctpop cttz erf erfc exp exp2 expm1 floor fma fpowi ipowi "
     "isfinite isinf isnan isnormal log log10 log1p log2 powf round roundeven "
     "rsqrt sin sinh sqrt tan tanh trunc"},
    {"types of carried values by the verifier; a step below 1 is taken for 1, "
     "bounds and steps beyond 2^60 for 2^60 (define-arithmetic); a loop that "
     "compares without sign is refused; nothing bounds the time of scf.while: "
     "limit that of the calling process",
     "scf", "condition for if while yield"},
    {"nothing is read or written: shapes are compared by the verifier and, "
     "where extents are `?`, before a call computes anything",
     "tensor",
     "bitcast cast collapse_shape concat empty expand_shape from_elements "
     "generate pad rank reshape splat yield"},
    {"indices, offsets and extents that are not constant are compared with the "
     "tensor's extents at run time, before the access",
     "tensor", "dim extract extract_slice insert insert_slice"},
    {"extents of operands that share a loop are compared when the file is read "
     "and, where they are `?`, at run time; an operand's index is a sum of "
     "loops times constants from 1 to 4096, a result's is one loop per "
     "dimension",
     "linalg",
     "abs add batch_matmul batch_matvec batch_reduce_matmul batch_vecmat "
     "broadcast ceil contract conv_1d conv_1d_ncw_fcw conv_1d_nwc_wcf conv_2d "
     "conv_2d_nchw_fchw conv_2d_nchw_fchw_q conv_2d_ngchw_fgchw "
     "conv_2d_ngchw_gfchw conv_2d_ngchw_gfchw_q conv_2d_nhwc_fhwc "
     "conv_2d_nhwc_fhwc_q conv_2d_nhwc_hwcf conv_2d_nhwc_hwcf_q "
     "conv_2d_nhwgc_gfhwc conv_2d_nhwgc_gfhwc_q conv_3d conv_3d_ncdhw_fcdhw "
     "conv_3d_ndhwc_dhwcf conv_3d_ndhwc_dhwcf_q copy depthwise_conv_1d_ncw_cw "
     "depthwise_conv_1d_nwc_wc depthwise_conv_1d_nwc_wcm "
     "depthwise_conv_2d_nchw_chw depthwise_conv_2d_nhwc_hwc "
     "depthwise_conv_2d_nhwc_hwc_q depthwise_conv_2d_nhwc_hwcm "
     "depthwise_conv_2d_nhwc_hwcm_q depthwise_conv_3d_ncdhw_cdhw "
     "depthwise_conv_3d_ndhwc_dhwc depthwise_conv_3d_ndhwc_dhwcm div "
     "div_unsigned dot elementwise erf exp fill floor generic index log map "
     "matmul matvec max min mul negf pooling_nchw_max pooling_nchw_sum "
     "pooling_ncw_max pooling_ncw_sum pooling_ndhwc_max pooling_ndhwc_min "
     "pooling_ndhwc_sum pooling_nhwc_max pooling_nhwc_max_unsigned "
     "pooling_nhwc_min pooling_nhwc_min_unsigned pooling_nhwc_sum "
     "pooling_nwc_max pooling_nwc_max_unsigned pooling_nwc_min "
     "pooling_nwc_min_unsigned pooling_nwc_sum powf quantized_batch_matmul "
     "quantized_matmul reciprocal reduce round rsqrt select sqrt "
     "square "
     "sub tanh transpose vecmat yield"},
    {"what it lowers to in linalg, tensor, arith and scf is checked as above",
     "tosa",
     "abs add add_shape apply_scale argmax arithmetic_right_shift avg_pool2d "
     "bitwise_and bitwise_not bitwise_or bitwise_xor cast ceil clamp clz "
     "concat "
     "concat_shape cond_if const const_shape conv2d conv3d cos "
     "depthwise_conv2d "
     "dim div_ceil_shape div_floor_shape equal erf exp exp2_shape fft2d floor "
     "gather greater greater_equal identity intdiv log log2_ceil_shape "
     "log2_floor_shape logical_and logical_left_shift logical_not logical_or "
     "logical_right_shift logical_xor matmul max_pool2d max_shape maximum "
     "min_shape minimum mod_shape mul mul_shape negate pad pow reciprocal "
     "reduce_all reduce_any reduce_max reduce_min reduce_product reduce_sum "
     "rescale reshape resize reverse rfft2d rsqrt select sigmoid sin "
     "slice slice_shape sub sub_shape table tanh tile transpose "
     "transpose_conv2d while_loop yield"},
};

/// The allowed ops by full name. `name.*` stands for every op of a dialect.
static const llvm::StringMap<bool> &allowedOps() {
  static const llvm::StringMap<bool> all = [] {
    llvm::StringMap<bool> all;
    for (const AllowedOps &entry : table) {
      SmallVector<StringRef> names;
      entry.ops.split(names, ' ');
      for (StringRef name : names)
        all[fmt::format(FMT_STRING("{}.{}"), entry.dialect, name)] = true;
    }
    return all;
  }();
  return all;
}

void printAllowedOps(llvm::raw_ostream &os) {
  for (const AllowedOps &entry : table)
    print(os, FMT_STRING("| `{}` | {} | {} |\n"), entry.dialect, entry.ops,
          entry.check);
}

namespace {
class AllowanceChecker {
public:
  explicit AllowanceChecker(ModuleOp module) : module(module) {}

  LogicalResult run() {
    module->walk([&](Operation *op) {
      checkOp(op);
      // The verifier's own memo.
      op->removeDiscardableAttr(
          linalg::LinalgDialect::kMemoizedIndexingMapsAttrName);
      checkAttributes(op, op->getDiscardableAttrs());
      (void)reportTypeFaults(op, [&](Operation *op) { return fail(op); });
    });
    if (count > maxReported)
      module.emitError() << "and " << count - maxReported
                         << " more that are not allowed";
    if (count)
      llvm::WithColor::note(llvm::errs(), "dlc")
          << "a model may hold what dlc --list-mlir-ops prints; "
             "--allow-native-code takes anything from files that are trusted "
             "as programs are\n";
    return success(count == 0);
  }

private:
  static constexpr unsigned maxReported = 100;

  InFlightDiagnostic fail(Operation *op) {
    return ++count > maxReported ? InFlightDiagnostic() : op->emitError();
  }

  void checkOp(Operation *op) {
    StringRef name = op->getName().getStringRef();
    if (!allowedOps().contains(name) &&
        !allowedOps().contains(fmt::format(
            FMT_STRING("{}.*"), op->getName().getDialectNamespace())))
      fail(op) << "op '" << name << "' is not allowed in a model";
    else if (isa<ModuleOp>(op) && op != module)
      fail(op) << "a module inside a module is not allowed in a model";
    // The checks of indices assume a signed comparison.
    if (auto loop = dyn_cast<scf::ForOp>(op); loop && loop.getUnsignedCmp())
      fail(op) << "an scf.for that compares without sign is not allowed in a "
                  "model";
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function)
      return;
    if (function.isDeclaration())
      fail(op) << "function '" << function.getName()
               << "' has no body, expected one: a model calls nothing outside "
                  "of itself";
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      checkAttributes(op, function_interface_impl::getArgAttrs(function, i));
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      checkAttributes(op, function_interface_impl::getResultAttrs(function, i));
  }

  /// Discardable attributes can make passes or LLVM assume facts (`llvm.`,
  /// `codegen.`, `dlc.`, `bufferization.`) or become LLVM attributes
  /// (`passthrough`). Those of dialects that dlc does not have are ignored and
  /// therefore harmless.
  template <typename Attributes>
  void checkAttributes(Operation *op, Attributes attributes) {
    for (NamedAttribute attribute : attributes) {
      auto [dialect, rest] = attribute.getName().getValue().split('.');
      if (dialect == "dl" ||
          (!rest.empty() &&
           !llvm::is_contained(module.getContext()->getAvailableDialects(),
                               dialect) &&
           dialect != "dlc"))
        continue;
      fail(op) << "attribute '" << attribute.getName().getValue()
               << "' is not allowed in a model";
    }
  }

  ModuleOp module;
  unsigned count = 0;
};
} // namespace

LogicalResult checkAllowed(ModuleOp module) {
  return AllowanceChecker(module).run();
}

} // namespace dlc
