//===- WriteHeader.cpp - The C header of a library ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/Format.h"
#include "dlc/Target/Interface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace dlc {

/// The text of abi.h, generated during the build.
extern const char abiHeaderText[];

/// Names the parameters for the dynamic extents of inputs: `int64_t x_dim0`.
static std::vector<std::string> extentParameters(const Function &function) {
  std::vector<std::string> names;
  StringSet<> taken;
  for (const auto *list : {&function.inputs, &function.outputs})
    for (const Argument &argument : *list)
      taken.insert(argument.cName);
  for (const Argument &input : function.inputs)
    for (unsigned d : input.freeDims()) {
      std::string dim = d < input.dims.size() && !input.dims[d].empty()
                            ? input.dims[d]
                            : fmt::format(FMT_STRING("dim{}"), d);
      std::string base = toCIdentifier(
                      fmt::format(FMT_STRING("{}_{}"), input.cName, dim)),
                  name = base;
      for (unsigned i = 2; !taken.insert(name).second; ++i)
        name = fmt::format(FMT_STRING("{}_{}"), base, i);
      names.push_back(name);
    }
  return names;
}

/// Writes the inputs or outputs of a function as comment lines.
static void writeArguments(raw_ostream &os, StringRef word,
                           const std::vector<Argument> &arguments) {
  for (const Argument &argument : arguments)
    print(os, FMT_STRING(" *   {} {}: {}{}\n"), word, argument.cName,
          argument.describe(),
          argument.name == argument.cName
              ? ""
              : fmt::format(FMT_STRING(" ('{}')"), argument.name));
}

static void writeFunction(raw_ostream &os, const Interface &interface,
                          const Function &function) {
  const std::string &prefix = interface.prefix;
  print(os, FMT_STRING("\n/* {}\n"), function.name);
  writeArguments(os, "in ", function.inputs);
  writeArguments(os, "out", function.outputs);
  std::vector<std::string> extents = extentParameters(function);
  if (!extents.empty())
    print(
        os,
        FMT_STRING(
            R"( *   {}: the extents written ?, in order. The extents of outputs follow from them;
 *   {}_library()->shapes computes them.
)"),
        join(extents, ", "), prefix);
  if (any_of(function.outputs, [](auto &o) { return o.isComputed(); }))
    os << R"( *   Extents written * follow from values: the call fills in the dlc_tensor. Its memory
 *   belongs to the context and is valid until its next call.
)";
  print(os, FMT_STRING(" */\ndlc_status {0}_{1}({0}_context *context"), prefix,
        function.cName);
  for (const std::string &extent : extents)
    print(os, FMT_STRING(", int64_t {}"), extent);
  for (const Argument &input : function.inputs)
    print(os, FMT_STRING(", const {} *{}"), cTypeOf(input.element),
          input.cName);
  for (const Argument &output : function.outputs)
    print(os, FMT_STRING(", {} *{}"),
          output.isComputed() ? "dlc_tensor" : cTypeOf(output.element),
          output.cName);
  os << ");\n";
}

/// Writes the state functions of a library whose contexts have a state.
static void writeState(raw_ostream &os, const Interface &interface) {
  print(os, FMT_STRING(R"(
/* The state of a context: parameters, running averages, what the optimiser keeps.
 * Saved as safetensors, in place of the file at once or not at all; a file that does
 * not hold exactly this state is refused, and nothing changes. */
dlc_status {0}_save({0}_context *context, const char *path);
dlc_status {0}_load({0}_context *context, const char *path);

/* One tensor of the state by its name ({0}_library()->states lists them), all of
 * its `bytes` bytes. */
dlc_status {0}_get({0}_context *context, const char *name, void *data, size_t bytes);
dlc_status {0}_set({0}_context *context, const char *name, const void *data, size_t bytes);
)"),
        interface.prefix);
}

std::string writeHeader(const Interface &interface, StringRef fileName) {
  std::string text;
  raw_string_ostream os(text);
  std::string guard = StringRef(interface.prefix).upper() + "_H";
  print(os,
        FMT_STRING(
            R"(/* {0}: made by dlc together with the library {1}. Do not edit.
 *
 * Tensors are dense, in row-major order; feature maps are channels-last.
 * Every function returns DLC_OK (0) or an error whose message {2}_error
 * gives; nothing is written then.
 */
#ifndef {3}
#define {3}

{4}
#ifdef __cplusplus
extern "C" {{
#endif

/* State of one caller, used by one thread at a time. */
typedef struct dlc_context {2}_context;

/* Makes a context; options may be null. Also on failure there is a context for the
 * message, to be destroyed (null when memory is short). */
#define {2}_create(context, options) \
  {2}_create_checked((context), (options), DLC_ABI_VERSION, 0x{5:016x}ull)
dlc_status {2}_create_checked({2}_context **context, const dlc_options *options,
    uint32_t abi_version, uint64_t interface_hash);
void {2}_destroy({2}_context *context);

/* Message of the context's last failure; "" after success. */
const char *{2}_error(const {2}_context *context);

/* Names, shapes and entry points, for programs that learn of them at run time. */
const dlc_library_info *{2}_library(void);
)"),
        fileName, interface.name, interface.prefix, guard,
        StringRef(abiHeaderText), interface.hash());
  if (interface.hasState)
    writeState(os, interface);
  for (const Function &function : interface.functions)
    writeFunction(os, interface, function);
  print(os, FMT_STRING(R"(
#ifdef __cplusplus
}}
#endif
#endif /* {} */
)"),
        guard);
  return text;
}

} // namespace dlc
