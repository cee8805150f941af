// Answers of the Open Inference Protocol over REST.

import { SluiceError } from '../../core/error.ts';
import type { InferResponse, TensorMetadata } from '../../core/tensor.ts';
import { tensorToRest } from '../../open-inference/tensor-rest.ts';
import type { RenderedError, WholeAnswer } from '../dialect.ts';
import { type InferCall, jsonLengthHeader } from './infer-body.ts';

/**
 * The answer to a call, under the name that its caller gave the model. Bytes where the caller wants at least one output as such.
 * Throws `unsupported_capability` for an output that was wanted as JSON and that JSON has no form for.
 */
export function renderInfer(response: InferResponse, call: InferCall): WholeAnswer {
  const binary: Uint8Array[] = [];
  const outputs = response.outputs.map((output) => {
    const isBinary = call.isBinary(output.name);
    if (isBinary) binary.push(output.data);
    return tensorToRest(output, isBinary, (problem) => {
      const message = `The output '${output.name}' has no form in JSON: ${problem}. Ask for it as binary data.`;
      return new SluiceError('unsupported_capability', { message, param: 'outputs' });
    });
  });
  const { parameters, version } = response;
  const { model, id } = call.request;
  const head = JSON.stringify({
    model_name: model,
    ...(version === '' ? {} : { model_version: version }),
    ...(id === '' ? {} : { id }),
    ...(parameters === undefined ? {} : { parameters }),
  });
  const json = `${head.slice(0, -1)},"outputs":[${outputs.join(',')}]}`;
  if (binary.length === 0) return { kind: 'whole', body: json };
  const start = Buffer.from(json);
  return {
    kind: 'whole',
    body: Buffer.concat([start, ...binary]),
    contentType: 'application/octet-stream',
    headers: { [jsonLengthHeader]: String(start.length) },
  };
}

/** What a model says of its tensors, under the name that the caller gave it. */
export function renderMetadata(metadata: TensorMetadata, name: string): string {
  const { versions, platform, inputs, outputs } = metadata;
  return JSON.stringify({ name, versions, platform, inputs, outputs });
}

/** `{"error": text}`, which is all that the protocol has. What went wrong inside is not the caller's to know; the id finds it. */
export function renderError(error: SluiceError, requestId: string): RenderedError {
  const message = error.reason === 'internal' ? `${error.message} The request id is ${requestId}.` : error.message;
  return { status: error.httpStatus, headers: {}, body: JSON.stringify({ error: message }) };
}
