//===- Link.cpp - Objects into libraries and archives ---------------------===//

#include "dlc/Target/Emit.h"
#include "lld/Common/Driver.h"
#include "llvm/ObjCopy/CommonConfig.h"
#include "llvm/ObjCopy/ELF/ELFConfig.h"
#include "llvm/ObjCopy/ELF/ELFObjcopy.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace dlc {

/// libc and libm by the names that they run under: no development package of
/// them is needed to link.
static std::vector<std::string> findSystemLibraries() {
  static constexpr StringLiteral folders[] = {"/lib/x86_64-linux-gnu",
                                              "/usr/lib/x86_64-linux-gnu",
                                              "/lib64",
                                              "/usr/lib64",
                                              "/lib",
                                              "/usr/lib"};
  for (StringRef folder : folders) {
    SmallString<64> libc(folder), libm(folder);
    sys::path::append(libc, "libc.so.6");
    sys::path::append(libm, "libm.so.6");
    if (sys::fs::exists(libc) && sys::fs::exists(libm))
      return {std::string(libm), std::string(libc)};
  }
  return {};
}

static Error runLinker(ArrayRef<std::string> arguments) {
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string out, err;
  raw_string_ostream outStream(out), errStream(err);
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result = lld::lldMain(pointers, outStream, errStream, drivers);
  if (result.retCode != 0)
    return createStringError("linking failed: " + StringRef(err).rtrim());
  return Error::success();
}

/// What the parts of an object file share is nobody else's.
static Error hideShared(StringRef path) {
  Expected<object::OwningBinary<object::ObjectFile>> object =
      object::ObjectFile::createObjectFile(path);
  if (!object)
    return object.takeError();
  objcopy::CommonConfig common;
  common.InputFilename = common.OutputFilename = path;
  objcopy::ELFConfig elf;
  elf.LocalizeHidden = true;
  SmallString<0> bytes;
  raw_svector_ostream buffer(bytes);
  if (Error error = objcopy::elf::executeObjcopyOnBinary(
          common, elf, *cast<object::ELFObjectFileBase>(object->getBinary()),
          buffer))
    return error;
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (!code) {
    os << bytes;
    os.flush();
    code = os.error();
    os.clear_error();
  }
  return code ? createFileError(path, code) : Error::success();
}

Error linkObject(ArrayRef<std::string> objects, StringRef output) {
  std::vector<std::string> arguments = {"ld.lld", "-r", "-o", output.str(),
                                        "--threads=1"};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  if (Error error = runLinker(arguments))
    return error;
  return hideShared(output);
}

Error linkLibrary(ArrayRef<std::string> objects, StringRef output,
                  StringRef soname) {
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-o",
                                        output.str(),
                                        "-soname",
                                        soname.str(),
                                        "--hash-style=gnu",
                                        "--as-needed",
                                        "-Bsymbolic",
                                        "--gc-sections",
                                        "-z",
                                        "relro",
                                        "-z",
                                        "now",
                                        "--build-id=sha1",
                                        "--threads=1"};
  std::vector<std::string> system = findSystemLibraries();
  if (!system.empty()) {
    arguments.insert(arguments.end(), system.begin(), system.end());
    // Whatever a kernel calls must be there: better known now than at load.
    arguments.push_back("--no-undefined");
  }
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  return runLinker(arguments);
}

Error writeArchive(ArrayRef<std::string> objects, StringRef output) {
  // Members are named after the archive, which still has a temporary name.
  std::vector<NewArchiveMember> members;
  std::string names[] = {
      (sys::path::stem(sys::path::stem(output)) + ".o").str(),
      (sys::path::stem(sys::path::stem(output)) + ".weights.o").str()};
  for (auto [object, name] : zip(objects, names)) {
    Expected<NewArchiveMember> member =
        NewArchiveMember::getFile(object, /*Deterministic=*/true);
    if (!member)
      return member.takeError();
    member->MemberName = name;
    members.push_back(std::move(*member));
  }
  return llvm::writeArchive(output, members, SymtabWritingMode::NormalSymtab,
                            object::Archive::K_GNU, /*Deterministic=*/true,
                            /*Thin=*/false);
}

} // namespace dlc
