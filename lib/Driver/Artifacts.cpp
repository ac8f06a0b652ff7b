//===- Artifacts.cpp - Output files, whole or absent ----------------------===//

#include "Artifacts.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace dlc {

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError("cannot write '" + path + "': " + code.message());
}

Artifacts::~Artifacts() {
  for (const File &file : files) {
    sys::fs::remove(file.temporary);
    sys::DontRemoveFileOnSignal(file.temporary);
  }
}

Expected<std::string> Artifacts::reserve(StringRef path, bool keep) {
  if (sys::fs::is_directory(path))
    return createStringError("cannot write '" + path +
                             "': it is a folder, expected a file name");
  StringRef folder = sys::path::parent_path(path);
  if (!folder.empty() && !sys::fs::is_directory(folder))
    return createStringError("cannot write '" + path +
                             "': there is no folder '" + folder +
                             "'; create it first");
  SmallString<128> temporary;
  if (std::error_code code =
          sys::fs::createUniqueFile(path + ".tmp-%%%%%%%%", temporary,
                                    sys::fs::all_read | sys::fs::all_write))
    return cannotWrite(path, code);
  sys::RemoveFileOnSignal(temporary);
  files.push_back({path.str(), std::string(temporary), keep});
  return std::string(temporary);
}

Error Artifacts::write(StringRef path,
                       function_ref<Error(raw_pwrite_stream &)> writer) {
  auto run = [&](raw_fd_ostream &os) -> Error {
    SmallString<0> text; // object files want a stream that seeks
    raw_svector_ostream buffer(text);
    if (Error error = writer(buffer))
      return error;
    os << text;
    os.flush();
    if (os.has_error()) {
      std::error_code code = os.error();
      os.clear_error();
      return cannotWrite(path, code);
    }
    return Error::success();
  };
  if (path == "-")
    return run(outs());
  Expected<std::string> temporary = reserve(path);
  if (!temporary)
    return temporary.takeError();
  std::error_code code;
  raw_fd_ostream os(*temporary, code);
  if (code)
    return cannotWrite(path, code);
  return run(os);
}

Error Artifacts::commit() {
  for (const File &file : files)
    if (file.keep)
      if (std::error_code code = sys::fs::rename(file.temporary, file.path))
        return cannotWrite(file.path, code);
  return Error::success();
}

} // namespace dlc
