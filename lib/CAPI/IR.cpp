//===- IR.cpp - Builds dl modules from other languages --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/CAPI/IR.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Support/Format.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace {
const char catalogue[] = {
#include "dlc/CAPI/Catalogue.inc"
};

/// Tensors of up to this many bytes are stored inline as elements; larger ones
/// as a resource, which is written once and not inspected.
constexpr size_t inlineBytes = 256;
constexpr int64_t maxElements = int64_t(1) << 45;
} // namespace

struct dlc_ir {
  struct OpenRegion {
    std::unique_ptr<Region> region;
    OpBuilder::InsertPoint outside;
  };

  dlc_ir()
      : context(MLIRContext::Threading::DISABLED), builder(&context),
        handler(&context, [this](Diagnostic &said) { return hear(said); }) {
    context
        .loadDialect<dlc::dl::DLDialect, arith::ArithDialect, func::FuncDialect,
                     math::MathDialect, ml_program::MLProgramDialect,
                     scf::SCFDialect, tensor::TensorDialect>();
    module = ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToEnd(module->getBody());
  }

  LogicalResult hear(Diagnostic &said) {
    if (said.getSeverity() != DiagnosticSeverity::Error)
      return success();
    if (!message.empty())
      message += '\n';
    if (auto place = said.getLocation()->findInstanceOf<NameLoc>())
      message += fmt::format(FMT_STRING("{}: "), place.getName().getValue());
    message += said.str();
    return success();
  }

  int fail(StringRef text) {
    emitError(builder.getUnknownLoc()) << text;
    return -1;
  }

  Location at(const char *place) {
    if (!place || !*place)
      return builder.getUnknownLoc();
    return NameLoc::get(builder.getStringAttr(place));
  }

  int32_t keep(Value value) {
    values.push_back(value);
    return values.size() - 1;
  }

  Value find(int32_t number) {
    if (number >= 0 && size_t(number) < values.size() && values[number])
      return values[number];
    fail(fmt::format(FMT_STRING("there is no value {}"), number));
    return {};
  }

  /// Whether later ops may use a value: it belongs to the open function itself
  /// or to an open region.
  bool isVisible(Value value) {
    Region *region = value.getParentRegion();
    return (function && region == &function.getBody()) ||
           llvm::any_of(open, [&](const OpenRegion &around) {
             return around.region.get() == region;
           });
  }

  /// Clears the numbers of the values in a region that is being deleted.
  void forget(Region &gone) {
    for (Value &value : values)
      if (value && gone.isAncestor(value.getParentRegion()))
        value = {};
  }

  LogicalResult find(int count, const int32_t *numbers,
                     SmallVectorImpl<Value> &found) {
    for (int i = 0; i < count; ++i) {
      found.push_back(find(numbers[i]));
      if (!found.back())
        return failure();
      if (!isVisible(found.back())) {
        fail(fmt::format(
            FMT_STRING("value {} is of a function or region that has ended"),
            numbers[i]));
        return failure();
      }
    }
    return success();
  }

  Type parse(const char *text) {
    if (!text) {
      fail("a type is missing");
      return {};
    }
    Type type = parseType(text, &context);
    if (!type)
      message = fmt::format(FMT_STRING("'{}' is no type: {}"), text, message);
    return type;
  }

  LogicalResult parseTypes(int count, const char *const *texts,
                           SmallVectorImpl<Type> &types) {
    for (int i = 0; i < count; ++i) {
      types.push_back(parse(texts[i]));
      if (!types.back())
        return failure();
    }
    return success();
  }

  /// Returns the elements as an attribute, or null if their number is not that
  /// of the type.
  TypedAttr elements(const char *text, const void *data, size_t bytes,
                     StringRef name) {
    auto type = dyn_cast_or_null<RankedTensorType>(parse(text));
    if (!type || !type.hasStaticShape()) {
      if (message.empty())
        fail(fmt::format(FMT_STRING("'{}' is no tensor of known extents"),
                         text));
      return {};
    }
    int64_t count = 1;
    for (int64_t extent : type.getShape())
      if (llvm::MulOverflow(count, extent, count) || count > maxElements) {
        fail(fmt::format(FMT_STRING("'{}' has more elements than 2^45"), text));
        return {};
      }
    if (!type.getElementType().isIntOrFloat()) {
      fail(fmt::format(FMT_STRING("'{}' is no tensor of numbers"), text));
      return {};
    }
    if (!data)
      return cast<TypedAttr>(builder.getZeroAttr(type));
    unsigned bits = type.getElementTypeBitWidth();
    size_t expected = size_t(type.getNumElements()) * ((bits + 7) / 8);
    if (bytes != expected) {
      fail(fmt::format(FMT_STRING("'{}' has {} bytes of elements, {} takes {}"),
                       name, bytes, text, expected));
      return {};
    }
    ArrayRef<char> raw(static_cast<const char *>(data), bytes);
    if (bits == 1) { // one byte per element
      SmallVector<bool> truths;
      for (char c : raw)
        truths.push_back(c);
      return DenseElementsAttr::get(type, truths);
    }
    if (bytes <= inlineBytes)
      return DenseElementsAttr::getFromRawBuffer(type, raw);
    return DenseResourceElementsAttr::get(
        type, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(raw, 64));
  }

  LogicalResult check(OperationState &state);
  LogicalResult infer(OperationState &state, RegisteredOperationName info);
  /// Erases an op that fails to verify, and the numbers of the values in it.
  void drop(Operation *op) {
    for (Region &region : op->getRegions())
      forget(region);
    op->erase();
  }
  Operation *create(const char *name, int count, const int32_t *operands,
                    const char *attributes, const char *const *types,
                    int typeCount, int regionCount, const char *place);

  MLIRContext context;
  OpBuilder builder;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function; // the one that is open
  std::vector<Value> values;
  std::vector<OpenRegion> open;
  std::vector<std::unique_ptr<Region>> ended;
  std::string message, text;
};

/// Returns the catalogue's entry of this name.
static const llvm::json::Object *entryOf(StringRef name) {
  static const llvm::json::Value *all = [] {
    auto parsed = llvm::json::parse(catalogue);
    return new llvm::json::Value(parsed ? std::move(*parsed) : nullptr);
  }();
  for (const llvm::json::Value &entry : *all->getAsArray())
    if (entry.getAsObject()->getString("name") == name)
      return entry.getAsObject();
  return nullptr;
}

/// Checks what type inference relies on and the verifier would check too late:
/// the number of operands and the mandatory attributes.
LogicalResult dlc_ir::check(OperationState &state) {
  StringRef name = state.name.getStringRef();
  const llvm::json::Object *entry = entryOf(name);
  if (!entry)
    return emitError(state.location)
           << "types of the results of '" << name << "' must be given";
  size_t least = 0, most = 0;
  for (const llvm::json::Value &operand : *entry->getArray("operands")) {
    StringRef count = *operand.getAsObject()->getString("count");
    least += count == "one";
    most += count == "variadic" ? 1 << 30 : 1;
  }
  if (state.operands.size() < least || state.operands.size() > most)
    return emitError(state.location)
           << "'" << name << "' has " << state.operands.size()
           << " operands, expected " << least
           << (most > least ? " or more" : "");
  if (*entry->getBoolean("segments")) {
    auto sizes = dyn_cast_or_null<DenseI32ArrayAttr>(
        state.attributes.get("operandSegmentSizes"));
    size_t sum = 0;
    for (int32_t size : sizes ? sizes.asArrayRef() : ArrayRef<int32_t>())
      sum += size < 0 ? 1 << 30 : size;
    if (!sizes || sum != state.operands.size() ||
        size_t(sizes.size()) != entry->getArray("operands")->size())
      return emitError(state.location)
             << "operandSegmentSizes of '" << name
             << "' do not say which operands are there";
  }
  for (const llvm::json::Value &value : *entry->getArray("attributes")) {
    const llvm::json::Object *attribute = value.getAsObject();
    StringRef key = *attribute->getString("name");
    if (!*attribute->getBoolean("optional") && !attribute->get("default") &&
        !state.attributes.get(key))
      return emitError(state.location)
             << "'" << name << "' has no '" << key << "', which it needs";
  }
  return success();
}

LogicalResult dlc_ir::infer(OperationState &state,
                            RegisteredOperationName info) {
  auto interface = info.getInterface<InferTypeOpInterface>();
  if (!interface)
    return success(); // no results, or left to the verifier
  if (failed(check(state)))
    return failure();
  DictionaryAttr dictionary = state.attributes.getDictionary(&context);
  std::vector<char> storage(info.getOpPropertyByteSize());
  OpaqueProperties properties(storage.empty() ? nullptr : storage.data());
  if (properties) {
    info.initOpProperties(properties, OpaqueProperties(nullptr));
    auto complain = [&] {
      return emitError(state.location)
             << "'" << state.name.getStringRef() << "' ";
    };
    if (failed(info.setOpPropertiesFromAttribute(state.name, properties,
                                                 dictionary, complain)))
      return failure();
  }
  LogicalResult inferred = interface->inferReturnTypes(
      &context, state.location, state.operands, dictionary, properties,
      state.regions, state.types);
  if (properties)
    info.destroyOpProperties(properties);
  if (failed(inferred) && message.empty())
    emitError(state.location)
        << "'" << state.name.getStringRef() << "' does not take these operands";
  return inferred;
}

Operation *dlc_ir::create(const char *name, int count, const int32_t *operands,
                          const char *attributes, const char *const *types,
                          int typeCount, int regionCount, const char *place) {
  OperationState state(at(place), name);
  std::optional<RegisteredOperationName> info = state.name.getRegisteredInfo();
  if (!info) {
    emitError(state.location) << "there is no op '" << name << "'";
    return nullptr;
  }
  if (regionCount < 0 || size_t(regionCount) > ended.size()) {
    emitError(state.location) << "'" << name << "' wants " << regionCount
                              << " regions, " << ended.size() << " have ended";
    return nullptr;
  }
  if (failed(find(count, operands, state.operands)))
    return nullptr;
  if (attributes) {
    auto dictionary =
        dyn_cast_or_null<DictionaryAttr>(parseAttribute(attributes, &context));
    if (!dictionary) {
      emitError(state.location)
          << "attributes of '" << name << "' are no dictionary: " << attributes;
      return nullptr;
    }
    state.addAttributes(dictionary.getValue());
  }
  size_t first = ended.size() - regionCount;
  for (size_t i = first; i < ended.size(); ++i)
    state.addRegion(std::move(ended[i]));
  ended.resize(first);

  Operation *op = nullptr;
  if (succeeded(types ? parseTypes(typeCount, types, state.types)
                      : infer(state, *info)))
    op = builder.create(state);
  else // the regions are deleted with the state
    for (std::unique_ptr<Region> &region : state.regions) {
      forget(*region);
      region->dropAllReferences();
    }
  // Ops in a region are verified together with the op of the region.
  if (op && open.empty() && failed(mlir::verify(op)))
    return drop(op), nullptr;
  return op;
}

/// Begins a call: clears the message of the previous one.
static dlc_ir &begin(dlc_ir *ir) {
  ir->message.clear();
  return *ir;
}

dlc_ir *dlc_ir_create(void) { return new (std::nothrow) dlc_ir; }

void dlc_ir_destroy(dlc_ir *ir) {
  if (!ir)
    return;
  dlc_ir_abandon(ir);
  delete ir;
}

const char *dlc_ir_message(dlc_ir *ir) { return ir->message.c_str(); }

const char *dlc_ir_catalogue(void) { return catalogue; }

int dlc_ir_global(dlc_ir *ir, const char *name, const char *type,
                  int is_mutable, const void *data, size_t bytes,
                  const char *place) {
  dlc_ir &own = begin(ir);
  if (!name || !*name)
    return own.fail("a global has no name");
  if (own.module->lookupSymbol(name))
    return own.fail(fmt::format(FMT_STRING("there is a '{}' already"), name));
  TypedAttr value = own.elements(type, data, bytes, name);
  if (!value)
    return -1;
  OpBuilder::InsertionGuard guard(own.builder);
  own.builder.setInsertionPointToStart(own.module->getBody());
  for (Operation &op : *own.module->getBody())
    if (isa<ml_program::GlobalOp>(op))
      own.builder.setInsertionPointAfter(&op);
  ml_program::GlobalOp::create(own.builder, own.at(place), name,
                               value.getType(), bool(is_mutable), value,
                               own.builder.getStringAttr("private"));
  return 0;
}

int dlc_ir_begin_function(dlc_ir *ir, const char *name, int is_public,
                          int count, const char *const *types,
                          const char *const *names, int32_t *values) {
  dlc_ir &own = begin(ir);
  if (!name || !*name)
    return own.fail("a function has no name");
  if (own.function)
    return own.fail(fmt::format(FMT_STRING("function '{}' has not ended"),
                                own.function.getSymName()));
  if (own.module->lookupSymbol(name))
    return own.fail(fmt::format(FMT_STRING("there is a '{}' already"), name));
  SmallVector<Type> inputs;
  if (failed(own.parseTypes(count, types, inputs)))
    return -1;
  own.builder.setInsertionPointToEnd(own.module->getBody());
  own.function = func::FuncOp::create(own.builder, own.at(name), name,
                                      own.builder.getFunctionType(inputs, {}));
  if (!is_public)
    own.function.setPrivate();
  Block *block = own.function.addEntryBlock();
  for (int i = 0; i < count; ++i) {
    if (names && names[i] && *names[i])
      own.function.setArgAttr(i, dlc::dl::nameAttr,
                              own.builder.getStringAttr(names[i]));
    values[i] = own.keep(block->getArgument(i));
  }
  own.builder.setInsertionPointToEnd(block);
  return 0;
}

int dlc_ir_end_function(dlc_ir *ir, int count, const int32_t *values,
                        const char *const *names) {
  dlc_ir &own = begin(ir);
  if (!own.function || !own.open.empty())
    return own.fail(own.function ? "a region has not ended"
                                 : "no function has begun");
  if (!own.ended.empty())
    return own.fail("a region has ended that no op took");
  SmallVector<Value> results;
  if (failed(own.find(count, values, results)))
    return -1;
  func::ReturnOp::create(own.builder, own.function.getLoc(), results);
  own.function.setFunctionType(own.builder.getFunctionType(
      own.function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (int i = 0; i < count; ++i)
    if (names && names[i] && *names[i])
      own.function.setResultAttr(i, dlc::dl::nameAttr,
                                 own.builder.getStringAttr(names[i]));
  own.function = {};
  own.builder.setInsertionPointToEnd(own.module->getBody());
  return 0;
}

void dlc_ir_abandon(dlc_ir *ir) {
  dlc_ir &own = begin(ir);
  auto leave = [&](Region &region) {
    own.forget(region);
    region.dropAllReferences();
  };
  for (dlc_ir::OpenRegion &left : own.open)
    leave(*left.region);
  for (std::unique_ptr<Region> &left : own.ended)
    leave(*left);
  own.open.clear();
  own.ended.clear();
  if (own.function) {
    own.forget(own.function.getBody());
    own.function->dropAllReferences();
    own.function.erase();
  }
  own.function = {};
  own.builder.setInsertionPointToEnd(own.module->getBody());
}

int dlc_ir_begin_region(dlc_ir *ir, int count, const char *const *types,
                        int32_t *values) {
  dlc_ir &own = begin(ir);
  if (!own.function)
    return own.fail("no function has begun");
  SmallVector<Type> arguments;
  if (failed(own.parseTypes(count, types, arguments)))
    return -1;
  own.open.push_back(
      {std::make_unique<Region>(), own.builder.saveInsertionPoint()});
  Block &block = own.open.back().region->emplaceBlock();
  for (int i = 0; i < count; ++i)
    values[i] =
        own.keep(block.addArgument(arguments[i], own.builder.getUnknownLoc()));
  own.builder.setInsertionPointToEnd(&block);
  return 0;
}

int dlc_ir_end_region(dlc_ir *ir) {
  dlc_ir &own = begin(ir);
  if (own.open.empty())
    return own.fail("no region has begun");
  own.builder.restoreInsertionPoint(own.open.back().outside);
  own.ended.push_back(std::move(own.open.back().region));
  own.open.pop_back();
  return 0;
}

int dlc_ir_op(dlc_ir *ir, const char *name, int count, const int32_t *operands,
              const char *attributes, const char *const *types, int type_count,
              int regions, const char *place, int32_t *results, int capacity) {
  dlc_ir &own = begin(ir);
  if (!own.function)
    return own.fail("no function has begun");
  if (!name)
    return own.fail("an op has no name");
  Operation *op = own.create(name, count, operands, attributes, types,
                             type_count, regions, place);
  if (!op)
    return -1;
  if (op->getNumResults() > unsigned(capacity)) {
    unsigned found = op->getNumResults();
    own.drop(op);
    return own.fail(
        fmt::format(FMT_STRING("'{}' has {} results, there is room for {}"),
                    name, found, capacity));
  }
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    results[i] = own.keep(result);
  return op->getNumResults();
}

int dlc_ir_constant(dlc_ir *ir, const char *type, const void *data,
                    size_t bytes, const char *place, int32_t *value) {
  dlc_ir &own = begin(ir);
  if (!own.function)
    return own.fail("no function has begun");
  TypedAttr elements = own.elements(type, data, bytes, "constant");
  if (!elements)
    return -1;
  *value =
      own.keep(arith::ConstantOp::create(own.builder, own.at(place), elements));
  return 0;
}

const char *dlc_ir_type(dlc_ir *ir, int32_t value) {
  dlc_ir &own = begin(ir);
  Value found = own.find(value);
  if (!found)
    return nullptr;
  own.text.clear();
  llvm::raw_string_ostream(own.text) << found.getType();
  return own.text.c_str();
}

const char *dlc_ir_text(dlc_ir *ir, int64_t elide) {
  dlc_ir &own = begin(ir);
  if (own.function) {
    own.fail(fmt::format(FMT_STRING("function '{}' has not ended"),
                         own.function.getSymName()));
    return nullptr;
  }
  if (failed(mlir::verify(*own.module)))
    return nullptr;
  OpPrintingFlags flags;
  if (elide > 0)
    flags.elideLargeElementsAttrs(elide).elideLargeResourceString(elide);
  else // IR to be compiled keeps locations for messages and reports
    flags.enableDebugInfo();
  own.text.clear();
  llvm::raw_string_ostream out(own.text);
  own.module->print(out, flags);
  return own.text.c_str();
}
