//===- Link.cpp - Links objects into libraries and archives ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Runtime/abi.h"
#include "dlc/Support/Format.h"
#include "dlc/Target/Emit.h"
#include "lld/Common/Driver.h"
#include "llvm/ObjCopy/CommonConfig.h"
#include "llvm/ObjCopy/ELF/ELFConfig.h"
#include "llvm/ObjCopy/ELF/ELFObjcopy.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace dlc {

/// Finds libc and libm under their run-time names, so that linking needs no
/// development packages.
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

/// Returns a path under which this process opens its own file again.
static std::string pathOf(int file) {
  return fmt::format(FMT_STRING("/proc/self/fd/{}"), file);
}

namespace {
/// A pipe whose content is collected in memory. LLD maps a regular output file,
/// and a full disk would end the process; to any other file it writes bytes.
class Pipe {
public:
  explicit Pipe(size_t expected) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
      return;
    writeEnd = ends[1];
    bytes.reserve(expected);
    reader = std::thread([this, file = ends[0]] {
      constexpr size_t step = 1 << 16;
      for (;;) {
        size_t size = bytes.size();
        bytes.resize_for_overwrite(size + step);
        ssize_t got = ::read(file, bytes.data() + size, step);
        bytes.truncate(size + std::max<ssize_t>(got, 0));
        if (got == 0 || (got < 0 && errno != EINTR))
          break;
      }
      close(file);
    });
  }
  ~Pipe() { finish(); }

  std::string path() const { return pathOf(writeEnd); }

  SmallString<0> finish() {
    if (reader.joinable()) {
      close(writeEnd);
      reader.join();
    }
    return std::move(bytes);
  }

private:
  int writeEnd = -1;
  std::thread reader;
  SmallString<0> bytes;
};

/// A text in memory that the linker can read as a file.
class TextFile {
public:
  explicit TextFile(StringRef text) : file(memfd_create("dlc", MFD_CLOEXEC)) {
    isWritten = file >= 0 && ::write(file, text.data(), text.size()) ==
                                 static_cast<ssize_t>(text.size());
  }
  ~TextFile() {
    if (file >= 0)
      close(file);
  }

  explicit operator bool() const { return isWritten; }
  std::string path() const { return pathOf(file); }

private:
  int file;
  bool isWritten;
};
} // namespace

/// Runs LLD and returns its output; `arguments` contain no output path.
static Expected<SmallString<0>> runLinker(std::vector<std::string> arguments,
                                          ArrayRef<std::string> objects) {
  // Reserve enough for a large library, which is then not reallocated
  // repeatedly.
  uint64_t total = 1 << 20;
  for (const std::string &object : objects) {
    uint64_t size = 0;
    (void)sys::fs::file_size(object, size);
    total += size;
  }
  Pipe output(total);
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  arguments.insert(arguments.end(), {"-o", output.path(), "--threads=1"});
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string out, err;
  raw_string_ostream outStream(out), errStream(err);
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result = lld::lldMain(pointers, outStream, errStream, drivers);
  if (result.retCode != 0)
    return createStringError("linking failed: " + StringRef(err).rtrim());
  return output.finish();
}

/// Makes hidden symbols, which the parts of an object file share, local.
static Expected<SmallString<0>> hideShared(StringRef bytes) {
  auto object = object::ObjectFile::createObjectFile(
      MemoryBufferRef(bytes, "linked object"));
  if (!object)
    return object.takeError();
  objcopy::CommonConfig common;
  common.InputFilename = common.OutputFilename = "linked object";
  objcopy::ELFConfig elf;
  elf.LocalizeHidden = true;
  SmallString<0> result;
  raw_svector_ostream buffer(result);
  if (Error error = objcopy::elf::executeObjcopyOnBinary(
          common, elf, *cast<object::ELFObjectFileBase>(object->get()), buffer))
    return error;
  return result;
}

Expected<SmallString<0>> linkObject(ArrayRef<std::string> objects) {
  Expected<SmallString<0>> linked = runLinker({"ld.lld", "-r"}, objects);
  if (!linked)
    return linked.takeError();
  return hideShared(*linked);
}

Expected<SmallString<0>> linkLibrary(ArrayRef<std::string> objects,
                                     StringRef soname) {
  TextFile versions(DLC_ABI_SYMBOLS " { *; };");
  if (!versions)
    return createStringError("no memory to link");
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-soname",
                                        soname.str(),
                                        "--version-script=" + versions.path(),
                                        "--hash-style=gnu",
                                        "--as-needed",
                                        "-Bsymbolic",
                                        "--gc-sections",
                                        "-z",
                                        "relro",
                                        "-z",
                                        "now",
                                        "--build-id=sha1"};
  std::vector<std::string> system = findSystemLibraries();
  if (!system.empty()) {
    arguments.insert(arguments.end(), system.begin(), system.end());
    // Report undefined symbols now rather than when the library is loaded.
    arguments.push_back("--no-undefined");
  }
  return runLinker(std::move(arguments), objects);
}

Expected<std::unique_ptr<MemoryBuffer>>
makeArchive(ArrayRef<std::string> objects, StringRef name) {
  std::vector<NewArchiveMember> members;
  std::string names[] = {(sys::path::stem(name) + ".o").str(),
                         (sys::path::stem(name) + ".weights.o").str()};
  for (auto [object, name] : zip(objects, names)) {
    Expected<NewArchiveMember> member =
        NewArchiveMember::getFile(object, /*Deterministic=*/true);
    if (!member)
      return member.takeError();
    member->MemberName = name;
    members.push_back(std::move(*member));
  }
  return writeArchiveToBuffer(members, SymtabWritingMode::NormalSymtab,
                              object::Archive::K_GNU, /*Deterministic=*/true,
                              /*Thin=*/false);
}

} // namespace dlc
