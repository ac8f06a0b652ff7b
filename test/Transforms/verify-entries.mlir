// A library's functions take and give tensors: other public functions have no place in it.
// RUN: dlc-opt %s --split-input-file --verify-diagnostics --dlc-linalg-pipeline -o %t.null

// expected-error @below {{public function 'scalar' takes or gives 'index', expected only ranked tensors}}
func.func @scalar(%i: index) -> index {
  return %i : index
}
// -----
func.func private @inner(%i: index) -> index {
  return %i : index
}
