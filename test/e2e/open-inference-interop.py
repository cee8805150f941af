"""Calls Sluice as a client of any KServe server would: grpcio, and stubs generated from the protocol's own published proto.

Usage: open-inference-interop.py STUBS_FOLDER ADDRESS API_KEY. Prints one JSON object of what it saw; the test compares.
"""

import json
import struct
import sys

stubs_folder, address, api_key = sys.argv[1:4]
sys.path.insert(0, stubs_folder)

import grpc
import open_inference_grpc_pb2 as pb
import open_inference_grpc_pb2_grpc

seen = {}
channel = grpc.insecure_channel(address)
stub = open_inference_grpc_pb2_grpc.GRPCInferenceServiceStub(channel)
key = [("authorization", "Bearer " + api_key)]

seen["live"] = stub.ServerLive(pb.ServerLiveRequest(), timeout=10).live
seen["ready"] = stub.ServerReady(pb.ServerReadyRequest(), timeout=10).ready
server = stub.ServerMetadata(pb.ServerMetadataRequest(), metadata=key, timeout=10)
seen["server"] = [server.name, server.version]
seen["model_ready"] = [
    stub.ModelReady(pb.ModelReadyRequest(name=name), metadata=key, timeout=10).ready for name in ("triton/add", "none")
]
model = stub.ModelMetadata(pb.ModelMetadataRequest(name="sum"), metadata=key, timeout=10)
seen["model"] = {
    "name": model.name,
    "platform": model.platform,
    "inputs": [[tensor.name, tensor.datatype, list(tensor.shape)] for tensor in model.inputs],
    "outputs": [[tensor.name, tensor.datatype, list(tensor.shape)] for tensor in model.outputs],
}


def infer(model_name, inputs, **fields):
    request = pb.ModelInferRequest(model_name=model_name, id="py-1", inputs=inputs, **fields)
    return stub.ModelInfer(request, metadata=key, timeout=10)


def tensor(name, datatype, shape, **contents):
    found = pb.ModelInferRequest.InferInputTensor(name=name, datatype=datatype, shape=shape)
    if contents:
        found.contents.CopyFrom(pb.InferTensorContents(**contents))
    return found


typed = infer("sum", [tensor("a", "FP32", [2], fp32_contents=[1, 2]), tensor("b", "FP32", [2], fp32_contents=[10, 20])])
seen["typed"] = [typed.id, typed.outputs[0].name, list(typed.outputs[0].contents.fp32_contents), len(typed.raw_output_contents)]
raw = infer(
    "sum",
    [tensor("a", "FP32", [2]), tensor("b", "FP32", [2])],
    raw_input_contents=[struct.pack("<2f", 1, 2), struct.pack("<2f", 10, 20)],
)
seen["raw"] = [list(struct.unpack("<2f", raw.raw_output_contents[0])), raw.outputs[0].HasField("contents")]

# Every field of the typed contents, at the edges of what it holds.
edges = {
    "BOOL": ("bool_contents", [True, False]),
    "INT8": ("int_contents", [-128, 127]),
    "INT16": ("int_contents", [-(2**15), 2**15 - 1]),
    "INT32": ("int_contents", [-(2**31), 2**31 - 1]),
    "INT64": ("int64_contents", [-(2**63), 2**63 - 1]),
    "UINT8": ("uint_contents", [0, 255]),
    "UINT16": ("uint_contents", [0, 2**16 - 1]),
    "UINT32": ("uint_contents", [0, 2**32 - 1]),
    "UINT64": ("uint64_contents", [2**53 + 1, 2**64 - 1]),
    "FP32": ("fp32_contents", [1.5, float("-inf")]),
    "FP64": ("fp64_contents", [0.1, 5e-324]),
    "BYTES": ("bytes_contents", ["Grüße".encode(), b"\xff\x00"]),
}
seen["changed"] = []
for datatype, (field, values) in edges.items():
    output = infer("triton/echo", [tensor("x", datatype, [2, 1], **{field: values})]).outputs[0]
    if list(getattr(output.contents, field)) != values or list(output.shape) != [2, 1] or output.datatype != datatype:
        seen["changed"].append(datatype)


def failure(run):
    try:
        run()
    except grpc.RpcError as error:
        return error.code().name
    return None


both = [tensor("x", "FP32", [1], fp32_contents=[1])]
seen["failures"] = [
    failure(lambda: stub.ModelInfer(pb.ModelInferRequest(model_name="sum"), timeout=10)),
    failure(lambda: infer("none", both)),
    failure(lambda: infer("triton/echo", both, raw_input_contents=[b"\0\0\0\0"])),
    failure(lambda: infer("triton/echo", [tensor("x", "FP32", [2], fp32_contents=[1])])),
]

print(json.dumps(seen))
