# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One engine in a process of its own; commands come as lines of JSON.

    worker.py ENGINE THREADS

    {"load": model.onnx (dlc takes a library too), "inputs": inputs.npz, "output": result.npy,
     "work": folder, "precision": "f32" or "bf16", "loss": of a training step, or null}
        -> {"load": seconds, "memory": bytes}; the answer goes to result.npy
    {"time": seconds}  -> {"calls": n, "seconds": s}

The answer of a training step is the loss of the first three; each of them changes the
weights. `held` is what the process has grown by since the engine was imported.

Each engine is a function from a model's path, its inputs, the threads and the precision of
products to a call without arguments that returns the output, a timer of n calls or None,
and notes. An engine without a bf16 mode leaves a gap.
"""

import importlib
import inspect
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np


def resident():
    """Bytes of this process in physical memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def run_dlc(path, inputs, threads, work, precision, loss=None):
    import ctypes
    import subprocess
    sys.path.insert(0, str(Path(__file__).parents[2] / "python-frontend" / "src"))
    import dlc
    from engines import compile_command
    notes, target = {}, Path(path)
    if target.suffix != ".so":
        # A unique name, because the loader returns an already opened library for its path.
        target = Path(work) / f"dlc-{os.getpid()}-{time.monotonic_ns()}.so"
        # Time and memory of the compiler are its own; loading is what is timed.
        begin = time.perf_counter()
        subprocess.run(compile_command(os.environ["DLC"], path, target, precision, loss),
                       check=True)
        notes = {"compile": time.perf_counter() - begin,
                 "compile_memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
                 "bytes": target.stat().st_size}
    begin = time.perf_counter()
    library = dlc.load(target, threads=threads)
    function = library.step if loss else library.main
    output = function(*inputs)
    if loss:
        output = np.stack([output, function(*inputs), function(*inputs)])
        number = np.empty((), np.float32)
    notes["load"] = time.perf_counter() - begin
    if "compile" in notes:
        for file in (target, target.with_suffix(".h")):
            file.unlink()
    tensors, keep = function._describe(inputs, function.inputs)
    results, keep_too = function._describe([number if loss else output], function.outputs)
    measure = ctypes.CDLL(os.environ["DLC_MEASURE"]).time_calls
    measure.restype = ctypes.c_double
    call = ctypes.cast(library.info.call, ctypes.c_void_p)

    def timer(calls):
        seconds = measure(call, library._handle, ctypes.c_int32(function._number), tensors,
                          results, ctypes.c_int64(calls))
        assert seconds >= 0 and keep is not None and keep_too is not None
        return seconds

    return lambda: output, timer, notes


def run_onnxruntime(path, inputs, threads, work, precision):
    f32_only(precision)
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    # Bound tensors: no copy and no dictionary per call.
    binding = session.io_binding()
    for description, array in zip(session.get_inputs(), inputs):
        binding.bind_ortvalue_input(description.name,
                                    onnxruntime.OrtValue.ortvalue_from_numpy(array))
    name = session.get_outputs()[0].name
    binding.bind_output(name)
    call = session.run_with_iobinding
    call(binding)
    result = binding.get_outputs()[0].numpy()
    binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(result))

    def run():
        call(binding)
        return binding.get_outputs()[0].numpy()

    def timer(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            call(binding)
        return time.perf_counter() - begin

    return run, timer, {}


def run_openvino(path, inputs, threads, work, precision):
    import openvino
    core = openvino.Core()
    model = core.compile_model(path, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision})
    request = model.create_infer_request()
    for i, array in enumerate(inputs):
        request.set_input_tensor(i, openvino.Tensor(array, shared_memory=True))
    call = request.infer

    def run():
        call()
        return request.get_output_tensor(0).data.copy()

    return run, None, {}


def f32_only(precision):
    if precision != "f32":
        raise LookupError(f"no {precision} mode")


def graphs():
    sys.path.insert(0, str(Path(__file__).parent))
    return importlib.import_module("graphs")


def onnx_model(path):
    import onnx
    return onnx.load(path)


def load_graph(path, ops, convert):
    return graphs().evaluate(onnx_model(path), getattr(graphs(), ops)(), convert)


def train_torch(path, inputs, threads, loss, compiled):
    import torch
    from torch.nn import functional
    torch.set_num_threads(threads)
    model = onnx_model(path)
    ops = graphs().torch_ops(training=True)
    graph = graphs().evaluate(model, ops,
                              lambda a: torch.from_numpy(a.copy()).requires_grad_(a.ndim > 0))
    for name in graphs().constants_of(model):
        graph.weights[name].requires_grad_(False)
    *tensors, target = [torch.from_numpy(i) for i in inputs]
    compare = {"cross_entropy": functional.cross_entropy, "mse": functional.mse_loss}[loss]

    def value(*given):
        return compare(graph(*given), target)

    value(*tensors)  # ops create their parameters
    parameters = [w for w in graph.weights.values() if w.requires_grad]
    optimizer = torch.optim.Adam(parameters + ops.leaves, lr=1e-3, fused=True)
    if compiled:
        value = torch.compile(value)

    def step():
        optimizer.zero_grad()
        found = value(*tensors)
        found.backward()
        optimizer.step()
        return found

    return three(step, lambda found: found.item())


def three(step, number):
    """The result for training: the loss of the first three steps, then a timer."""
    answer = np.array([number(step()) for _ in range(3)], np.float32)

    def timer(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            found = step()
        number(found)
        return time.perf_counter() - begin

    return lambda: answer, timer, {}


def run_torch(path, inputs, threads, work, precision, loss=None, compiled=False):
    import torch
    if loss:
        return train_torch(path, inputs, threads, loss, compiled)
    element = torch.bfloat16 if precision == "bf16" else torch.float32
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    graph = load_graph(path, "torch_ops", 
                       lambda a: torch.from_numpy(a.copy()).to(element))
    tensors = [torch.from_numpy(i) for i in inputs]
    if compiled:
        graph = torch.compile(graph)

    def run():
        # A transposition is a view until someone needs it in order. Inputs and outputs are f32 for
        # all engines.
        with torch.inference_mode():
            return graph(*[t.to(element) for t in tensors]).float().contiguous().numpy()

    run()

    return run, None, {}


def run_torch_compile(path, inputs, threads, work, precision, loss=None):
    return run_torch(path, inputs, threads, work, precision, loss, compiled=True)


def train_jax(path, inputs, loss):
    import jax
    import jax.numpy as jnp
    model = onnx_model(path)
    graph = graphs().evaluate(model, graphs().jax_ops(training=True), jnp.asarray)
    constants = graphs().constants_of(model)
    weights = {n: w for n, w in graph.weights.items() if n not in constants}
    *given, target = [jnp.asarray(i) for i in inputs]

    def value(weights):
        y = graph(*given, given=weights)
        if loss == "mse":
            return jnp.square(y - target).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(y), target[..., None], -1).mean()

    def adam(state):
        weights, m, v, count = state
        found, g = jax.value_and_grad(value)(weights)
        count = count + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        first, second = 1 - 0.9 ** count, 1 - 0.999 ** count
        weights = jax.tree.map(
            lambda w, m, v: w - 1e-3 * (m / first) / (jnp.sqrt(v / second) + 1e-8), weights, m, v)
        return (weights, m, v, count), found

    # The memory of the old state is reused for the new one.
    adam = jax.jit(adam, donate_argnums=0)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(0))]

    def step():
        state[0], found = adam(state[0])
        return found

    return three(step, lambda found: float(found.block_until_ready()))


def run_jax(path, inputs, threads, work, precision, loss=None):
    f32_only(precision)
    # XLA's thread count follows the processors that the process may use.
    import jax
    jax.config.update("jax_platforms", "cpu")
    if loss:
        return train_jax(path, inputs, loss)
    graph = jax.jit(load_graph(path, "jax_ops", jax.numpy.asarray))
    arrays = [jax.numpy.asarray(i) for i in inputs]
    graph(*arrays).block_until_ready()

    def timer(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            graph(*arrays).block_until_ready()
        return time.perf_counter() - begin

    return lambda: np.asarray(graph(*arrays)), timer, {}


def run_iree(path, inputs, threads, work, precision):
    f32_only(precision)
    import subprocess
    from iree import compiler, runtime
    mlir = str(Path(work) / "iree.mlir")
    subprocess.run([sys.executable, "-m", "iree.compiler.tools.import_onnx", path, "-o",
                    mlir], check=True, capture_output=True)
    binary = compiler.compile_file(mlir, target_backends=["llvm-cpu"], extra_args=[
        "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3"])
    flags = "local-sync" if threads == 1 else "local-task"
    config = runtime.Config(flags)
    context = runtime.SystemContext(config=config)
    context.add_vm_module(runtime.VmModule.copy_buffer(context.instance, binary))
    name = next(m for m in context.modules if m != "hal")
    functions = getattr(context.modules, name)
    # Each function has a second version with fences for arguments.
    function = getattr(functions, next(n for n in functions.vm_module.function_names
                                       if "$" not in n and n != "__init"))
    arrays = [runtime.asdevicearray(config.device, i) for i in inputs]
    return lambda: function(*arrays).to_host(), None, {}


def run_tvm(path, inputs, threads, work, precision):
    f32_only(precision)
    os.environ["TVM_NUM_THREADS"] = str(threads)
    import onnx
    import tvm
    from tvm import relax
    from tvm.relax.frontend.onnx import from_onnx
    module = from_onnx(onnx.load(path), keep_params_in_input=False)
    target = tvm.target.Target(
        {"kind": "llvm", "mcpu": tvm.target.codegen.llvm_get_system_cpu()})
    module = relax.get_pipeline("zero")(module)
    machine = relax.VirtualMachine(tvm.compile(module, target), tvm.cpu())
    arrays = [tvm.runtime.tensor(i) for i in inputs]

    def run():
        return machine["main"](*arrays).numpy()

    return run, None, {}


def run_onednn(path, inputs, threads, work, precision):
    """oneDNN's own sgemm, for the cases that are one product of two inputs."""
    f32_only(precision)
    import ctypes
    import onnx
    model = onnx.load(path)
    if [n.op_type for n in model.graph.node] != ["MatMul"] or len(inputs) != 2:
        raise LookupError("no product of two inputs")
    os.environ["OMP_NUM_THREADS"] = str(threads)
    gemm = ctypes.CDLL("libdnnl.so.2").dnnl_sgemm
    (m, k), n = inputs[0].shape, inputs[1].shape[1]
    out = np.zeros((m, n), np.float32)
    i64, f32 = ctypes.c_int64, ctypes.c_float
    given = (ctypes.c_char(b"N"), ctypes.c_char(b"N"), i64(m), i64(n), i64(k), f32(1),
             inputs[0].ctypes.data_as(ctypes.c_void_p), i64(k),
             inputs[1].ctypes.data_as(ctypes.c_void_p), i64(n), f32(0),
             out.ctypes.data_as(ctypes.c_void_p), i64(n))

    def run():
        if gemm(*given):
            raise RuntimeError("dnnl_sgemm failed")
        return out

    return run, None, {}


def main():
    engine, threads = sys.argv[1], int(sys.argv[2])
    function = globals()["run_" + engine.replace("-", "_")]
    if engine in ("torch", "torch-compile", "jax"):
        importlib.import_module(engine.split("-")[0])
    before = resident()
    # The output of engines goes elsewhere.
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "load" in command:
                with np.load(command["inputs"]) as file:
                    inputs = [np.ascontiguousarray(file[f"x{i}"])
                              for i in range(len(file.files))]
                begin = time.perf_counter()
                more = {"loss": command["loss"]} if command["loss"] else {}
                if more and "loss" not in inspect.signature(function).parameters:
                    raise LookupError("trains no networks here")
                run, timer, notes = function(command["load"], inputs, threads,
                                             command["work"], command["precision"], **more)
                answer = np.asarray(run())
                reply = {"load": time.perf_counter() - begin, **notes}
                np.save(command["output"], answer)
                count = 1
                if timer is None:
                    def timer(calls, run=run):
                        begin = time.perf_counter()
                        for _ in range(calls):
                            run()
                        return time.perf_counter() - begin
            elif "each" in command:
                times, end = [], time.perf_counter() + command["each"]
                while time.perf_counter() < end or len(times) < 10:
                    times.append(timer(1))
                reply = {"times": times}
            else:
                # As many calls as fill the time, judged from the last count.
                seconds = timer(count)
                while seconds < command["time"] / 4 and count < 1 << 24:
                    count *= 4
                    seconds = timer(count)
                reply = {"calls": count, "seconds": seconds, "held": resident() - before,
                         "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        except Exception as error:  # a failing engine is a gap in the table
            reply = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
