//===- WriteHeader.cpp - The C header of a library ------------------------===//

#include "dlc/Target/Interface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace dlc {

/// abi.h as text; generated while building.
extern const char abiHeaderText[];

/// Parameters of the free extents of inputs: `int64_t x_dim0`.
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
                            : "dim" + std::to_string(d);
      std::string base = toCIdentifier(input.cName + "_" + dim), name = base;
      for (unsigned i = 2; !taken.insert(name).second; ++i)
        name = base + "_" + std::to_string(i);
      names.push_back(name);
    }
  return names;
}

static void writeFunction(raw_ostream &os, const Interface &interface,
                          const Function &function) {
  const std::string &prefix = interface.prefix;
  os << "\n/* " << function.name << "\n";
  for (auto [word, arguments] :
       {std::pair<StringRef, const std::vector<Argument> &>("in ",
                                                            function.inputs),
        {"out", function.outputs}})
    for (const Argument &argument : arguments)
      os << " *   " << word << " " << argument.cName << ": "
         << argument.describe()
         << (argument.name == argument.cName ? std::string()
                                             : " ('" + argument.name + "')")
         << "\n";
  std::vector<std::string> extents = extentParameters(function);
  if (!extents.empty())
    os << " *   " << join(extents, ", ")
       << ": the extents written ?, in order. The extents of outputs follow "
          "from "
          "them;\n *   "
       << prefix << "_library()->shapes tells them.\n";
  if (any_of(function.outputs, [](auto &o) { return o.isComputed(); }))
    os << " *   Extents written * follow from values: the call fills in the "
          "dlc_tensor. Its memory\n *   belongs to the context and is valid "
          "until "
          "its next call.\n";
  os << " */\ndlc_status " << prefix << "_" << function.cName << "(" << prefix
     << "_context *context";
  for (const std::string &extent : extents)
    os << ", int64_t " << extent;
  for (const Argument &input : function.inputs)
    os << ", const " << cTypeOf(input.element) << " *" << input.cName;
  for (const Argument &output : function.outputs)
    os << ", "
       << (output.isComputed() ? StringRef("dlc_tensor")
                               : cTypeOf(output.element))
       << " *" << output.cName;
  os << ");\n";
}

/// The functions of a library whose contexts have a state.
static void writeState(raw_ostream &os, const Interface &interface) {
  const std::string &prefix = interface.prefix;
  auto declare = [&](StringRef name, StringRef parameters) {
    os << "dlc_status " << prefix << "_" << name << "(" << prefix
       << "_context *context, " << parameters << ");\n";
  };
  os << "\n/* The state of a context: parameters, running averages, what the "
        "optimiser keeps.\n * Saved as safetensors, in place of the file at "
        "once "
        "or not at all; a file that does\n * not hold exactly this state is "
        "refused, and nothing changes. */\n";
  declare("save", "const char *path");
  declare("load", "const char *path");
  os << "\n/* One tensor of the state by its name (" << prefix
     << "_library()->states lists them), all of\n * its `bytes` bytes. */\n";
  declare("get", "const char *name, void *data, size_t bytes");
  declare("set", "const char *name, const void *data, size_t bytes");
}

std::string writeHeader(const Interface &interface, StringRef fileName) {
  std::string text;
  raw_string_ostream os(text);
  const std::string &prefix = interface.prefix;
  std::string guard = StringRef(prefix).upper() + "_H";
  os << "/* " << fileName << ": made by dlc together with the library "
     << interface.name << ". Do not edit.\n"
     << " *\n"
     << " * Tensors are dense, in row-major order; feature maps are "
        "channels-last.\n"
     << " * Every function returns DLC_OK (0) or an error whose message "
     << prefix << "_error\n * gives; nothing is written then.\n */\n"
     << "#ifndef " << guard << "\n#define " << guard << "\n\n"
     << abiHeaderText << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* State of one caller, used by one thread at a time. */\n"
     << "typedef struct dlc_context " << prefix << "_context;\n\n"
     << "/* Makes a context; options may be null. Also on failure there is a "
        "context for the\n * message, to be destroyed (null when memory is "
        "short). */\n"
     << "#define " << prefix << "_create(context, options) \\\n  " << prefix
     << "_create_checked((context), (options), DLC_ABI_VERSION, "
     << format("0x%016llxull", (unsigned long long)interface.hash()) << ")\n"
     << "dlc_status " << prefix << "_create_checked(" << prefix
     << "_context **context, const dlc_options *options,\n"
        "    uint32_t abi_version, uint64_t interface_hash);\n"
     << "void " << prefix << "_destroy(" << prefix << "_context *context);\n\n"
     << "/* Message of the context's last failure; \"\" after success. */\n"
     << "const char *" << prefix << "_error(const " << prefix
     << "_context *context);\n\n"
     << "/* Names, shapes and entry points, for programs that learn of them at "
        "run "
        "time. */\n"
     << "const dlc_library_info *" << prefix << "_library(void);\n";
  if (interface.hasState)
    writeState(os, interface);
  for (const Function &function : interface.functions)
    writeFunction(os, interface, function);
  os << "\n#ifdef __cplusplus\n}\n#endif\n#endif /* " << guard << " */\n";
  return text;
}

} // namespace dlc
