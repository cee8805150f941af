// Any ONNX graph as a model of the engine: named tensors in, named tensors out. It knows no tokens and no task.

import type * as ort from 'onnxruntime-node';
import { SluiceError } from '../../../core/error.ts';
import type { Tensor, TensorDescription } from '../../../core/tensor.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import { invalid, openSession } from '../engine/model-directory.ts';
import { orRelease } from '../engine/or-release.ts';
import type { TensorSignature } from '../engine/protocol.ts';
import { nextTurn } from '../engine/turn.ts';
import { checkInputs, chooseOutputs, refusalAt } from './check-inputs.ts';
import { datatypeOf, isShared } from './element-types.ts';
import { fromOrt, toOrt } from './ort-tensor.ts';

/**
 * Loads the graph of a directory. Rejects with `config_invalid` when it takes something that the protocol has no form for. Outputs
 * of such kinds (sequences, maps, 4-bit integers) are left out: nobody can ask for them.
 */
export async function createTensorModel(dir: string, intraOpThreads: number): Promise<LoadedModel> {
  const session = await openSession(dir, intraOpThreads);
  return orRelease(session, () => tensorModelOf(dir, session));
}

function tensorModelOf(dir: string, session: ort.InferenceSession): LoadedModel {
  const inputs = session.inputMetadata.map((value) => {
    const description = descriptionOf(value);
    if (description === undefined) throw invalid(dir, `the input ${value.name} is of a kind that cannot be sent`);
    return description;
  });
  const outputs = session.outputMetadata.map(descriptionOf).filter((output) => output !== undefined);
  if (outputs.length === 0) throw invalid(dir, 'the graph gives no tensor');
  const signature = { inputs, outputs };
  let open: ort.InferenceSession | undefined = session;
  return {
    facts: { tensors: signature },
    async infer(asked, signal) {
      await nextTurn(signal);
      if (open === undefined) throw new Error('the model was released');
      return infer(open, signature, asked.inputs, asked.outputs);
    },
    async release() {
      const last = open;
      open = undefined;
      await last?.release();
    },
  };
}

/** One run is one step: onnxruntime cannot be stopped inside it. */
async function infer(
  session: ort.InferenceSession,
  signature: TensorSignature,
  inputs: readonly Tensor[],
  outputs: readonly string[],
): Promise<readonly Tensor[]> {
  checkInputs(inputs, signature);
  const names = chooseOutputs(outputs, signature);
  const feeds: Record<string, ort.Tensor> = {};
  for (const [position, tensor] of inputs.entries()) {
    const { name, datatype } = tensor;
    if (isShared(datatype)) feeds[name] = toOrt(tensor, datatype, refusalAt(`inputs[${position}]`));
  }
  const results = await run(session, feeds, names);
  return names.map((name) => {
    const result = results[name];
    if (result === undefined || !('data' in result)) throw new SluiceError('engine_failed', { detail: `no ${name}` });
    return fromOrt(name, result as ort.Tensor);
  });
}

/** What the graph cannot compute is the fault of the tensors (their shapes are free in part), unless memory ran out. */
async function run(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
  outputs: readonly string[],
): Promise<ort.InferenceSession.ReturnType> {
  try {
    return await session.run(feeds, [...outputs]);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    if (/bad_alloc|failed to allocate|out of memory/i.test(detail))
      throw new SluiceError('engine_failed', { detail, cause });
    const message = 'The graph of the model cannot compute these inputs.';
    throw new SluiceError('invalid_request', { message, param: 'inputs', detail, cause });
  }
}

function descriptionOf(value: ort.InferenceSession.ValueMetadata): TensorDescription | undefined {
  const datatype = value.isTensor ? datatypeOf(value.type) : undefined;
  if (!value.isTensor || datatype === undefined) return undefined;
  const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1));
  return { name: value.name, datatype, shape };
}
