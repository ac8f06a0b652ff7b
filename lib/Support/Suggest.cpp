//===- Suggest.cpp - The word that was meant ------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/Suggest.h"
#include "dlc/Support/Format.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

using namespace llvm;

namespace dlc {

namespace {
/// A word of other frameworks, the word here, and, where that alone is not it,
/// how it is used.
struct Synonym {
  StringLiteral word, here, use = "";
};
} // namespace

/// One table for options, words of --train and ops; only those that are known
/// where the question is asked count. `-` and `_` are one, and so are letters
/// of both cases.
static constexpr Synonym synonyms[] = {
    // Words of --train.
    {"lr", "rate"},
    {"learning_rate", "rate"},
    {"eta", "rate"},
    {"step_size", "rate"},
    {"criterion", "loss"},
    {"objective", "loss"},
    {"loss_fn", "loss"},
    {"optimiser", "optimizer"},
    {"opt", "optimizer"},
    {"algorithm", "optimizer"},
    {"metric", "metrics"},
    {"freeze", "frozen"},
    {"fixed", "frozen"},
    {"l2", "weight-decay"},
    {"wd", "weight-decay"},
    {"eps", "epsilon"},
    {"scheduler", "schedule"},
    {"lr_schedule", "schedule"},
    {"lr_decay", "decay"},
    {"gamma", "decay"},
    {"warmup_steps", "warmup"},
    {"total_steps", "steps"},
    {"max_steps", "steps"},
    {"max_norm", "clip-norm"},
    {"max_grad_norm", "clip-norm"},
    {"gradient_clipping", "clip-norm"},
    {"clipnorm", "clip-norm"},
    {"clipvalue", "clip-value"},
    {"label_smoothing", "smoothing"},
    {"init", "initializer"},
    {"initialiser", "initializer"},
    {"label", "target"},
    {"labels", "target"},
    // Losses and metrics.
    {"categorical_crossentropy", "cross_entropy"},
    {"sparse_categorical_crossentropy", "cross_entropy"},
    {"softmax_cross_entropy", "cross_entropy"},
    {"crossentropy", "cross_entropy"},
    {"crossentropyloss", "cross_entropy"},
    {"nll", "cross_entropy"},
    {"nll_loss", "cross_entropy"},
    {"log_loss", "cross_entropy"},
    {"binary_crossentropy", "binary_cross_entropy"},
    {"bce", "binary_cross_entropy"},
    {"bceloss", "binary_cross_entropy"},
    {"bcewithlogitsloss", "binary_cross_entropy"},
    {"sigmoid_cross_entropy", "binary_cross_entropy"},
    {"mean_squared_error", "mse"},
    {"mse", "mean_squared_error"},
    {"mseloss", "mse"},
    {"l2_loss", "mse"},
    {"squared_error", "mse"},
    {"mean_absolute_error", "mae"},
    {"mae", "mean_absolute_error"},
    {"l1", "mae"},
    {"l1loss", "mae"},
    {"l1_loss", "mae"},
    {"kl_divergence", "kl"},
    {"kullback_leibler", "kl"},
    {"kld", "kl"},
    {"kldivloss", "kl"},
    {"hinge_loss", "hinge"},
    {"acc", "accuracy"},
    {"categorical_accuracy", "accuracy"},
    {"sparse_categorical_accuracy", "accuracy"},
    {"binary_accuracy", "accuracy"},
    // Optimisers, schedules, initialisers.
    {"gd", "sgd"},
    {"gradient_descent", "sgd"},
    {"sgdm", "momentum"},
    {"nag", "nesterov"},
    {"adam_w", "adamw"},
    {"rms_prop", "rmsprop"},
    {"cosine_annealing", "cosine"},
    {"step_lr", "step"},
    {"xavier", "glorot_uniform"},
    {"xavier_uniform", "glorot_uniform"},
    {"xavier_normal", "glorot_normal"},
    {"kaiming", "he_uniform"},
    {"kaiming_uniform", "he_uniform"},
    {"kaiming_normal", "he_normal"},
    // Options.
    {"target_cpu", "cpu"},
    {"mcpu", "cpu"},
    {"march", "cpu"},
    {"arch", "cpu"},
    {"output", "o"},
    {"out", "o"},
    {"verbose", "v"},
    {"opt_level", "O"},
    {"optimize", "O"},
    {"shape", "dim"},
    {"input_shape", "dim"},
    {"dims", "dim"},
    {"external_weights", "weights"},
    {"dtype", "precision"},
    {"bf16", "precision", "precision=bf16"},
    {"time", "time-passes"},
    {"timing", "time-passes"},
    {"keep_temps", "save-temps"},
    {"training", "train"},
    {"checkpoint", "parameters"},
    {"iterations", "repeat"},
    {"runs", "repeat"},
    {"batch", "extent"},
    {"batch_size", "extent"},
    {"atol", "tolerance"},
    {"rtol", "tolerance"},
    {"compare", "expect"},
    {"reference", "expect"},
    // Processors.
    {"host", "native"},
    {"generic", "portable"},
    {"avx2", "x86-64-v3"},
    {"avx512", "x86-64-v4"},
    {"zen2", "znver2"},
    {"zen3", "znver3"},
    {"zen4", "znver4"},
    {"zen5", "znver5"},
    // Ops.
    {"relu6", "clip", "clip %x low 0.0 high 6.0"},
    {"hardtanh", "clip", "clip %x low -1.0 high 1.0"},
    {"clamp", "clip"},
    {"fc", "dense"},
    {"fully_connected", "dense"},
    {"gemm", "dense"},
    {"mm", "matmul"},
    {"bmm", "matmul"},
    {"dot", "matmul"},
    {"conv1d", "conv"},
    {"conv2d", "conv"},
    {"conv3d", "conv"},
    {"convolution", "conv"},
    {"depthwise_conv", "conv"},
    {"depthwise_conv2d", "conv"},
    {"deconv", "conv_transpose"},
    {"conv2d_transpose", "conv_transpose"},
    {"conv_transpose2d", "conv_transpose"},
    {"maxpool", "max_pool"},
    {"max_pool2d", "max_pool"},
    {"maxpool2d", "max_pool"},
    {"avgpool", "avg_pool"},
    {"average_pool", "avg_pool"},
    {"avg_pool2d", "avg_pool"},
    {"global_average_pool", "global_avg_pool"},
    {"adaptive_avg_pool2d", "global_avg_pool"},
    {"batchnorm", "batch_norm"},
    {"batch_normalization", "batch_norm"},
    {"batchnorm2d", "batch_norm"},
    {"layer_normalization", "layer_norm"},
    {"swish", "silu"},
    {"heaviside", "unit_step"},
    {"logistic", "sigmoid"},
    {"embedding", "gather"},
    {"take", "gather"},
    {"index_select", "gather"},
    {"where", "select"},
    {"concatenate", "concat"},
    {"cat", "concat"},
    {"permute", "transpose"},
    {"view", "reshape"},
    {"expand", "broadcast"},
    {"interpolate", "upsample"},
    {"resize", "upsample"},
    {"max", "maximum"},
    {"min", "minimum"},
    {"sum", "reduce_sum"},
    {"mean", "reduce_mean"},
    {"prod", "reduce_prod"},
    {"argmax", "arg_max"},
    {"argmin", "arg_min"},
    {"topk", "top_k"},
    {"nms", "non_max_suppression"},
    {"cumsum", "cumulative"},
    {"subtract", "sub"},
    {"multiply", "mul"},
    {"divide", "div"},
    {"power", "pow"},
    {"negative", "neg"},
    {"mod", "remainder"},
    {"eq", "equal"},
    {"gt", "greater"},
    {"lt", "less"},
    {"arange", "iota"},
    {"range", "iota"},
    {"while", "scan"},
    {"loop", "scan"},
};

static std::string normalize(StringRef word) {
  std::string result = word.lower();
  llvm::replace(result, '-', '_');
  return result;
}

std::string suggestName(StringRef name, ArrayRef<StringRef> known,
                        StringRef prefix) {
  auto answer = [&](StringRef word) {
    return fmt::format(FMT_STRING("; did you mean {}{}?"), prefix, word);
  };
  std::string wanted = normalize(name);
  for (StringRef one : known)
    if (normalize(one) == wanted)
      return answer(one);
  for (const Synonym &synonym : synonyms)
    if (synonym.word == wanted && is_contained(known, synonym.here))
      return answer(synonym.use.empty() ? synonym.here : synonym.use);
  StringRef best;
  unsigned least = 1 + name.size() / 3 + 1;
  for (StringRef one : known)
    if (unsigned distance = StringRef(wanted).edit_distance(normalize(one));
        distance < least) {
      least = distance;
      best = one;
    }
  return best.empty() ? "" : answer(best);
}

} // namespace dlc
