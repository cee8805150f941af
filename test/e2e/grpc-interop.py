"""Calls a Sluice gRPC server as a business service in Python would: only grpcio and stubs generated from our proto.

Usage: grpc-interop.py STUBS_FOLDER ADDRESS API_KEY. Prints one JSON object of what it saw; the test compares.
"""

import json
import struct
import sys

stubs_folder, address, api_key = sys.argv[1:4]
sys.path.insert(0, stubs_folder)

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from sluice.inference.v1 import inference_pb2 as pb
from sluice.inference.v1 import inference_pb2_grpc

seen = {}
channel = grpc.insecure_channel(address)
inference = inference_pb2_grpc.InferenceStub(channel)
key = [("authorization", "Bearer " + api_key)]


def ask(model):
    return pb.PredictRequest(model=model, messages=[pb.Message(role=pb.ROLE_USER, text="Hello?")])


# The plain client: a model and a text in, text out.
answer, call = inference.Predict.with_call(ask("chat"), metadata=key + [("x-sluice-request-id", "py-1")], timeout=10)
seen["predict"] = {
    "text": answer.text,
    "finish": pb.FinishReason.Name(answer.ending.finish_reason),
    "target": answer.answerer.target,
    "output_tokens": answer.ending.usage.output_tokens,
    "request_id": dict(call.initial_metadata()).get("x-sluice-request-id"),
}
tokens = list(inference.PredictStream(ask("chat"), metadata=key, timeout=10))
seen["stream"] = {"text": "".join(token.text for token in tokens), "parts": [token.WhichOneof("part") for token in tokens]}

# Everything else that the contract has.
rich = ask("tools")
rich.sampling.temperature = 0.5
rich.sampling.stop.extend(["END"])
rich.tools.add().function.CopyFrom(pb.FunctionTool(name="weather", parameters_json='{"type":"object"}'))
rich.tool_choice.mode = pb.ToolChoice.MODE_REQUIRED
rich.extra_json = '{"user":"u1"}'
parts = list(inference.PredictStream(rich, metadata=key, timeout=10))
seen["tool_call"] = {
    "name": next(token.tool_call_start.name for token in parts if token.WhichOneof("part") == "tool_call_start"),
    "arguments": "".join(token.tool_call_delta.arguments_delta for token in parts),
}
embedded = inference.Embed(pb.EmbedRequest(model="embed", input=["four", "sevens"]), metadata=key, timeout=10)
seen["embed"] = [list(embedding.values) for embedding in embedded.embeddings]
ranked = inference.Rank(pb.RankRequest(model="rank", query="q", documents=["long one", "short"], top_n=1), metadata=key, timeout=10)
seen["rank"] = [[result.index, result.score] for result in ranked.results]
judged = inference.Moderate(pb.ModerateRequest(model="guard", input=[pb.ModerationInput(text="Hello?")]), metadata=key, timeout=10)
seen["moderate"] = [[category.name, category.flagged, category.score] for category in judged.results[0].categories]
heard = inference.Transcribe(pb.TranscribeRequest(model="ears", audio=b"RIFF", file_name="a.wav"), metadata=key, timeout=10)
seen["transcribe"] = [heard.text, heard.HasField("segments")]
counted = inference.CountTokens(ask("chat"), metadata=key, timeout=10)
seen["count"] = [counted.input_tokens, pb.Usage.Source.Name(counted.source)]
tensor = pb.Tensor(name="x", datatype="INT32", shape=[2], data=struct.pack("<2i", -1, 7))
inferred = inference.Infer(pb.InferRequest(model="net", inputs=[tensor]), metadata=key, timeout=10)
seen["infer"] = [inferred.outputs[0].name, list(struct.unpack("<2i", inferred.outputs[0].data))]
seen["models"] = [model.id for model in inference.ListModels(pb.ListModelsRequest(), metadata=key, timeout=10).models]


def failure(run):
    try:
        run()
    except grpc.RpcError as error:
        detail = pb.ErrorDetail()
        detail.ParseFromString(dict(error.trailing_metadata()).get("sluice-error-bin", b""))
        return {"code": error.code().name, "reason": detail.reason, "param": detail.param}
    return None


seen["no_key"] = failure(lambda: inference.Predict(ask("chat"), timeout=10))
seen["bad_key"] = failure(lambda: inference.Predict(ask("chat"), metadata=[("authorization", "Bearer no")], timeout=10))
seen["no_messages"] = failure(lambda: inference.Predict(pb.PredictRequest(model="chat"), metadata=key, timeout=10))
seen["no_documents"] = failure(lambda: inference.Rank(pb.RankRequest(model="rank", query="q"), metadata=key, timeout=10))
seen["broken_stream"] = failure(lambda: list(inference.PredictStream(ask("broken"), metadata=key, timeout=10)))
# Whoever notices first, the client or the server, answers: only the code is the same.
seen["deadline"] = failure(lambda: list(inference.PredictStream(ask("endless"), metadata=key, timeout=0.2)))["code"]

# A reader that leaves in the middle.
endless = inference.PredictStream(ask("endless"), metadata=key, timeout=60)
next(endless)
endless.cancel()

# What operators' tools use.
health = health_pb2_grpc.HealthStub(channel)
names = ["", "sluice.inference.v1.Inference"]
seen["health"] = [health_pb2.HealthCheckResponse.ServingStatus.Name(health.Check(health_pb2.HealthCheckRequest(service=name)).status) for name in names]
database = ProtoReflectionDescriptorDatabase(channel)
seen["services"] = sorted(database.get_services())
service = DescriptorPool(database).FindServiceByName("sluice.inference.v1.Inference")
seen["methods"] = [[method.name, method.input_type.name, method.output_type.name] for method in service.methods]

print(json.dumps(seen))
