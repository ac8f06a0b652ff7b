//===- fuzz-onnx.cpp - Mutated ONNX models --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The importer on models that are changed field by field: what is left is a
// model to protobuf, and often one to ONNX.
//
//===----------------------------------------------------------------------===//

#include "Mutate.h"
#include "Report.h"
#include "dlc/Import/ONNX.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/STLExtras.h"
#include <google/protobuf/message.h>

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using namespace dlc::fuzz;

namespace {

/// All messages of a model, by type or all.
void collect(Message *message, std::vector<Message *> &found) {
  found.push_back(message);
  const Reflection *reflection = message->GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor *field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!field->is_repeated()) {
      collect(reflection->MutableMessage(message, field), found);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i)
      collect(reflection->MutableRepeatedMessage(message, field, i), found);
  }
}

/// A string of the same field elsewhere: names of values, operators,
/// attributes.
std::string otherText(Random &random, const std::vector<Message *> &all,
                      const FieldDescriptor *field, const std::string &old) {
  if (below(random, 8) == 0)
    return "";
  bool isName = llvm::StringRef(field->name()) != "op_type" &&
                llvm::StringRef(field->name()) != "raw_data";
  for (int i = 0; i < 50; ++i) {
    Message *other = all[below(random, all.size())];
    const Reflection *reflection = other->GetReflection();
    std::vector<const FieldDescriptor *> fields;
    reflection->ListFields(*other, &fields);
    for (const FieldDescriptor *f : fields) {
      if (f->cpp_type() != FieldDescriptor::CPPTYPE_STRING ||
          (f != field &&
           (!isName || f->name() == "op_type" || f->name() == "raw_data")))
        continue;
      if (f->is_repeated()) {
        int count = reflection->FieldSize(*other, f);
        return reflection->GetRepeatedString(*other, f, below(random, count));
      }
      std::string text = reflection->GetString(*other, f);
      if (text != old)
        return text;
    }
  }
  return old + "x";
}

void mutateRepeated(Random &random, Message *message,
                    const FieldDescriptor *field) {
  const Reflection *reflection = message->GetReflection();
  int count = reflection->FieldSize(*message, field);
  switch (below(random, 3)) {
  case 0:
    reflection->SwapElements(message, field, below(random, count), count - 1);
    reflection->RemoveLast(message, field);
    return;
  case 1:
    reflection->SwapElements(message, field, below(random, count),
                             below(random, count));
    return;
  default:
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && count < 64) {
      Message *added = reflection->AddMessage(message, field);
      added->CopyFrom(reflection->GetRepeatedMessage(*message, field,
                                                     below(random, count)));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      reflection->AddInt64(message, field, otherNumber(random, count));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->AddString(
          message, field,
          reflection->GetRepeatedString(*message, field, below(random, count)));
    }
  }
}

/// Changes the value of a field, or of one of its elements.
void mutateValue(Random &random, Message *message, const FieldDescriptor *field,
                 const std::vector<Message *> &all) {
  const Reflection *r = message->GetReflection();
  bool many = field->is_repeated();
  int i = many ? below(random, r->FieldSize(*message, field)) : 0;
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32: {
    int64_t old = many ? r->GetRepeatedInt32(*message, field, i)
                       : r->GetInt32(*message, field);
    int32_t to = below(random, 3) ? int32_t(below(random, 24))
                                  : int32_t(otherNumber(random, old));
    many ? r->SetRepeatedInt32(message, field, i, to)
         : r->SetInt32(message, field, to);
    return;
  }
  case FieldDescriptor::CPPTYPE_INT64: {
    int64_t old = many ? r->GetRepeatedInt64(*message, field, i)
                       : r->GetInt64(*message, field);
    many ? r->SetRepeatedInt64(message, field, i, otherNumber(random, old))
         : r->SetInt64(message, field, otherNumber(random, old));
    return;
  }
  case FieldDescriptor::CPPTYPE_FLOAT: {
    static const float numbers[] = {0, -1, 0.5, 1e38f, -1e-38f, 3};
    float to = numbers[below(random, std::size(numbers))];
    many ? r->SetRepeatedFloat(message, field, i, to)
         : r->SetFloat(message, field, to);
    return;
  }
  case FieldDescriptor::CPPTYPE_ENUM: {
    const auto *values = field->enum_type();
    const auto *to = values->value(below(random, values->value_count()));
    if (!many)
      r->SetEnum(message, field, to);
    return;
  }
  case FieldDescriptor::CPPTYPE_STRING: {
    std::string old = many ? r->GetRepeatedString(*message, field, i)
                           : r->GetString(*message, field);
    std::string to = otherText(random, all, field, old);
    if (field->type() == FieldDescriptor::TYPE_BYTES && !old.empty()) {
      to = old;
      below(random, 2) ? to.resize(below(random, to.size() + 8))
                       : void(to[below(random, to.size())] = char(random()));
    }
    many ? r->SetRepeatedString(message, field, i, to)
         : r->SetString(message, field, to);
    return;
  }
  default:
    return;
  }
}

void mutate(Random &random, onnx::ModelProto &model) {
  std::vector<Message *> all;
  collect(&model, all);
  for (int attempt = 0; attempt < 20; ++attempt) {
    Message *message = all[below(random, all.size())];
    const Reflection *reflection = message->GetReflection();
    std::vector<const FieldDescriptor *> fields;
    reflection->ListFields(*message, &fields);
    if (fields.empty())
      continue;
    const FieldDescriptor *field = fields[below(random, fields.size())];
    bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    switch (below(random, 10)) {
    case 0:
      if (message != &model)
        reflection->ClearField(message, field);
      return;
    case 1: // a message of the same kind from elsewhere
      for (int i = 0; i < 50 && message != &model; ++i) {
        Message *other = all[below(random, all.size())];
        if (other != message &&
            other->GetDescriptor() == message->GetDescriptor()) {
          std::unique_ptr<Message> copy(other->New());
          copy->CopyFrom(*other);
          message->CopyFrom(*copy);
          return;
        }
      }
      continue;
    case 2:
    case 3:
      if (!field->is_repeated())
        continue;
      mutateRepeated(random, message, field);
      return;
    default:
      if (isMessage)
        continue;
      mutateValue(random, message, field, all);
      return;
    }
  }
}

} // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  Random random(seed);
  onnx::ModelProto model;
  // Now and then bytes: what is no protobuf at all.
  if (below(random, 50) == 0 || !model.ParseFromArray(data, size))
    return LLVMFuzzerMutate(data, size, room);
  for (size_t i = 0, n = 1 + below(random, 3); i < n; ++i)
    mutate(random, model);
  std::string bytes = model.SerializeAsString();
  if (bytes.size() > room)
    return size;
  return put(bytes, data, room);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  mlir::MLIRContext &mlir = context();
  Listener listener(bytes, ".onnx");
  mlir::OwningOpRef<mlir::ModuleOp> module =
      dlc::importONNX(bytes, "-", dlc::ImportOptions(), &mlir);
  if (!module && !listener.heardError())
    listener.silent();
  return count(module ? *module : mlir::ModuleOp(), bytes, ".onnx");
}
