//===- StructConstant.cpp - Constants of the runtime's structs ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "StructConstant.h"
#include "llvm/IR/DataLayout.h"

using namespace llvm;

namespace dlc {

void StructConstant::report(const Twine &what) {
  if (problem.empty())
    problem = (type->hasName() ? type->getName() : "a struct").str() + ": " +
              what.str();
}

void StructConstant::set(uint64_t offset, Constant *value) {
  const StructLayout *places = layout.getStructLayout(type);
  if (offset >= places->getSizeInBytes())
    return report("no field at offset " + Twine(offset));
  unsigned number = places->getElementContainingOffset(offset);
  if (places->getElementOffset(number) != offset)
    return report("no field begins at offset " + Twine(offset));
  if (fields[number])
    return report("the field at offset " + Twine(offset) + " is set twice");
  if (value->getType() != type->getElementType(number))
    return report("the field at offset " + Twine(offset) +
                  " is set to a value of another type");
  fields[number] = value;
}

Constant *StructConstant::finish() {
  for (auto [number, field] : enumerate(fields))
    if (!field)
      report("the field at offset " +
             Twine(uint64_t(
                 layout.getStructLayout(type)->getElementOffset(number))) +
             " is not set");
  if (!problem.empty())
    return Constant::getNullValue(type);
  return ConstantStruct::get(type, fields);
}

} // namespace dlc
